"""LanguageModelService: the only way to a model for anything but a reply."""

import json
from collections.abc import Mapping
from typing import Any

import grpc

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation.completion import Completions, CompletionWanted
from services.conversation.context_window import PromptMessage
from services.conversation.model_gate import Priority
from services.conversation.proto_forms import usage_proto
from services.runtime.deadline import remaining_s
from services.runtime.errors import DeadlineMissing, InvalidField

_ROLES = ("system", "user", "assistant")

type _Context[A] = grpc.aio.ServicerContext[Any, A]


class LanguageModelServicer(conversation_pb2_grpc.LanguageModelServiceServicer):
    """Completes prompts. A repeated request is completed again: nothing is stored, nothing is charged here."""

    def __init__(self, completions: Completions) -> None:
        self._completions = completions

    async def Complete(self, request: pb.CompleteRequest, context: _Context[pb.CompleteResponse]) -> pb.CompleteResponse:
        """Complete a prompt."""
        left_s = remaining_s()
        if left_s is None:
            raise DeadlineMissing("every call needs a deadline")
        completion = await self._completions.complete(_wanted(request), left_s)
        return pb.CompleteResponse(text=completion.text, usage=usage_proto(completion.usage))


def _wanted(request: pb.CompleteRequest) -> CompletionWanted:
    for number, message in enumerate(request.messages):
        if message.role not in _ROLES:
            raise InvalidField(f"messages[{number}].role", "must be system, user or assistant")
    return CompletionWanted(
        priority=Priority.BACKGROUND if request.priority == pb.PRIORITY_BACKGROUND else Priority.INTERACTIVE,
        messages=tuple(PromptMessage(message.role, message.text) for message in request.messages),
        feature=request.feature,
        json_schema=_schema(request.json_schema),
        max_completion_tokens=request.max_completion_tokens,
    )


def _schema(text: str) -> Mapping[str, Any] | None:
    if not text:
        return None
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidField("json_schema", "is not JSON") from None
    if not isinstance(schema, dict):
        raise InvalidField("json_schema", "is not a JSON object")
    return schema

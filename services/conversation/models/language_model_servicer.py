"""LanguageModelService: the only way to a model for anything but a reply."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import grpc

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation.models.answer_schema import AnswerSchema
from services.conversation.models.background_budget import BackgroundBudget
from services.conversation.models.completion import Completions, CompletionWanted
from services.conversation.models.model_gate import Priority
from services.conversation.proto_forms import accepted_images, usage_proto
from services.conversation.turn import Usage
from services.conversation.window.context_window import PromptMessage
from services.runtime import failures
from services.runtime.deadline import remaining_s
from services.runtime.errors import DeadlineMissing, DependencyUnavailable, InvalidField

_ROLES = ("system", "user", "assistant")

type _Context[A] = grpc.aio.ServicerContext[Any, A]


class LanguageModelServicer(conversation_pb2_grpc.LanguageModelServiceServicer):
    """Completes prompts. A repeated request is completed again. Background work of a guild is counted, and refused when its day is used up."""

    def __init__(self, completions: Completions, budget: BackgroundBudget) -> None:
        self._completions = completions
        self._budget = budget

    async def Complete(self, request: pb.CompleteRequest, context: _Context[pb.CompleteResponse]) -> pb.CompleteResponse:
        """Complete a prompt."""
        left_s = remaining_s()
        if left_s is None:
            raise DeadlineMissing("every call needs a deadline")
        wanted = _wanted(request)
        counted = request.guild_id if wanted.priority is Priority.BACKGROUND else ""
        if counted:
            await self._budget.require(counted)
        spent: list[Usage] = []
        try:
            completion = await self._completions.complete(wanted, left_s, spent)
        finally:
            if counted and spent:
                await asyncio.shield(self._count(counted, wanted.feature, spent))  # what was used is counted even if the caller went away
        return pb.CompleteResponse(text=completion.text, usage=usage_proto(completion.usage))

    async def _count(self, guild_id: str, feature: str, spent: Sequence[Usage]) -> None:
        try:
            for usage in spent:
                await self._budget.spend(guild_id, feature, usage)
        except DependencyUnavailable as error:  # the answer was made and paid for: it is not thrown away
            failures.ended(error, failures.Place.BACKGROUND, "background usage was not counted", guild_id=guild_id, feature=feature)


def _wanted(request: pb.CompleteRequest) -> CompletionWanted:
    for number, message in enumerate(request.messages):
        if message.role not in _ROLES:
            raise InvalidField(f"messages[{number}].role", "must be system, user or assistant")
    return CompletionWanted(
        priority=Priority.BACKGROUND if request.priority == pb.PRIORITY_BACKGROUND else Priority.INTERACTIVE,
        messages=tuple(
            PromptMessage(message.role, message.text, accepted_images(message.images, f"messages[{number}].images"))
            for number, message in enumerate(request.messages)
        ),
        feature=request.feature,
        schema=_schema(request.json_schema),
        max_completion_tokens=request.max_completion_tokens,
    )


def _schema(text: str) -> AnswerSchema | None:
    if not text:
        return None
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidField("json_schema", "is not JSON") from None
    if not isinstance(schema, dict):
        raise InvalidField("json_schema", "is not a JSON object")
    return AnswerSchema(schema)

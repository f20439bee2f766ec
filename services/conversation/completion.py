"""Model calls that are no reply: extraction, summaries. Through the same gate, and first to give way there."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from services.conversation import model_metrics
from services.conversation.context_window import PromptMessage, prompt_tokens
from services.conversation.language_model import End, LanguageModel, ModelCall, Text, worth_another_model
from services.conversation.model_gate import ModelGate, Priority
from services.conversation.turn import Usage
from services.runtime.errors import ContextTooLong, ModelUnavailable, Overloaded, ParlourError

_WAY_BACK_S = 0.05


@dataclass(frozen=True, slots=True)
class CompletionWanted:
    """The completion that is asked for; max_completion_tokens 0 is the model's own limit."""

    priority: Priority
    messages: Sequence[PromptMessage]
    feature: str
    json_schema: Mapping[str, Any] | None = None
    max_completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer and what it used."""

    text: str
    usage: Usage


class Completions:
    """Completes prompts."""

    def __init__(self, models: Sequence[LanguageModel], gate: ModelGate) -> None:
        self._models = models
        self._gate = gate

    async def complete(self, wanted: CompletionWanted, left_s: float) -> Completion:
        """Return the completion of the first model that answers within left_s.

        A background call is cancelled and run again when a person needs its slot. Raises Overloaded where no slot came free in time,
        ModelUnavailable, RateLimited, ContextTooLong, ContentRefused.
        """
        stop_at = time.monotonic() + left_s - _WAY_BACK_S
        try:
            async with asyncio.timeout(left_s - _WAY_BACK_S):
                return await self._admitted(wanted, stop_at)
        except TimeoutError:
            raise Overloaded("no language model was free in time") from None

    async def _admitted(self, wanted: CompletionWanted, stop_at: float) -> Completion:
        if wanted.priority is Priority.BACKGROUND:
            return await self._gate.run_in_background(lambda: self._first_that_answers(wanted, stop_at))
        async with self._gate.slot(wait_s=stop_at - time.monotonic()):
            return await self._first_that_answers(wanted, stop_at)

    async def _first_that_answers(self, wanted: CompletionWanted, stop_at: float) -> Completion:
        failure: ParlourError = ModelUnavailable("the models file names no model")
        # Models that can keep to a schema go first when there is one.
        for model in sorted(self._models, key=lambda model: wanted.json_schema is not None and not _keeps_schemas(model)):
            try:
                return await _complete(model, wanted, stop_at)
            except ParlourError as error:
                if not worth_another_model(error):
                    raise
                model_metrics.fallbacks.labels(model.name, error.reason).inc()
                failure = error
        raise failure


async def _complete(model: LanguageModel, wanted: CompletionWanted, stop_at: float) -> Completion:
    endpoint = model.endpoint
    messages, schema = wanted.messages, wanted.json_schema
    if schema is not None and not _keeps_schemas(model):
        messages = (*messages, PromptMessage("user", f"Answer with one JSON value of this schema and nothing else: {json.dumps(schema)}"))
        schema = None
    limit = min(endpoint.max_completion_tokens, wanted.max_completion_tokens or endpoint.max_completion_tokens)
    prompt = prompt_tokens(messages)
    if prompt > endpoint.context_window_tokens - limit:
        raise ContextTooLong(f"the prompt needs {prompt} tokens, {model.name} takes {endpoint.context_window_tokens - limit}")
    texts: list[Text] = []
    end = End(truncated=True)
    async with aclosing(model.stream(ModelCall(messages, limit, stop_at, schema))) as parts:
        async for part in parts:
            if isinstance(part, Text):
                texts.append(part)
            else:
                end = part
    used = Usage(
        model.name,
        prompt if end.prompt_tokens is None else end.prompt_tokens,
        end.cached_prompt_tokens,
        sum(text.tokens for text in texts) if end.completion_tokens is None else end.completion_tokens,
    )
    model_metrics.count_tokens(used, wanted.feature)
    return Completion("".join(text.text for text in texts), used)


def _keeps_schemas(model: LanguageModel) -> bool:
    return "json_schema" in model.endpoint.capabilities

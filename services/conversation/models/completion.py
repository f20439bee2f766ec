"""Model calls that are no reply: extraction, summaries. Through the same gate, and first to give way there."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from services.conversation.models import model_metrics
from services.conversation.models.answer_schema import AnswerSchema, WrongAnswer
from services.conversation.models.generated import Generated
from services.conversation.models.images import with_mentions
from services.conversation.models.language_model import LanguageModel, ModelCall
from services.conversation.models.model_gate import ModelGate, Priority
from services.conversation.models.provider_errors import telling, worth_another_model
from services.conversation.turn import Usage
from services.conversation.window.context_window import PromptMessage, prompt_tokens
from services.runtime import failures
from services.runtime.errors import ContextTooLong, ModelUnavailable, Overloaded, ParlourError

_WAY_BACK_S = 0.05
_QUOTED_CHARS_MAX = 4000


@dataclass(frozen=True, slots=True)
class CompletionWanted:
    """The completion that is asked for; max_completion_tokens 0 is the model's own limit."""

    priority: Priority
    messages: Sequence[PromptMessage]
    feature: str
    schema: AnswerSchema | None = None
    max_completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer, and what the model that gave it used, its wrong first answer included. With a schema, `text` is JSON that keeps to it."""

    text: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class _Asking:
    """One request for a completion under way."""

    wanted: CompletionWanted
    stop_at: float
    spent: list[Usage]


class Completions:
    """Completes prompts."""

    def __init__(self, models: Sequence[LanguageModel], gate: ModelGate) -> None:
        self._models = models
        self._gate = gate

    async def complete(self, wanted: CompletionWanted, left_s: float, spent: list[Usage] | None = None) -> Completion:
        """Return the completion of the first model that answers within left_s.

        A background call is cancelled and run again when a person needs its slot. `spent` is given what every call used, failed ones included.
        Raises Overloaded where no slot came free in time, ModelUnavailable (also where no answer keeps to the schema), RateLimited, ContextTooLong,
        ContentRefused.
        """
        # Generation stops a little before we do: what came by then is an answer.
        asking = _Asking(wanted, time.monotonic() + left_s - 2 * _WAY_BACK_S, [] if spent is None else spent)
        try:
            async with asyncio.timeout(left_s - _WAY_BACK_S):
                return await self._admitted(asking)
        except TimeoutError:
            raise Overloaded("no language model was free in time") from None

    async def _admitted(self, asking: _Asking) -> Completion:
        if asking.wanted.priority is Priority.BACKGROUND:
            return await self._gate.run_in_background(lambda: self._first_that_answers(asking))
        async with self._gate.slot(wait_s=asking.stop_at - time.monotonic()):
            return await self._first_that_answers(asking)

    async def _first_that_answers(self, asking: _Asking) -> Completion:
        failed: list[ParlourError] = []
        for model in sorted(self._models, key=lambda model: _unfitness(model, asking.wanted)):
            try:
                return await _through_its_gate(model, asking)
            except ParlourError as error:
                if not worth_another_model(error):
                    raise
                model_metrics.fallbacks.labels(model.name, error.reason).inc()
                failures.ended(error, failures.Place.MODEL, "model failed on a completion", model=model.name)
                failed.append(error)
        raise telling(failed)


def _unfitness(model: LanguageModel, wanted: CompletionWanted) -> tuple[bool, bool]:
    """Models that see go first where there are pictures, and those that can keep to a schema where there is one; else the file's order."""
    blind = any(message.images for message in wanted.messages) and not model.sees
    return blind, wanted.schema is not None and not _keeps_schemas(model)


async def _through_its_gate(model: LanguageModel, asking: _Asking) -> Completion:
    if asking.wanted.priority is Priority.BACKGROUND:
        return await model.gate.run_in_background(lambda: _complete(model, asking))
    async with model.gate.slot(wait_s=model.slot_wait_s(asking.stop_at)):
        return await _complete(model, asking)


async def _complete(model: LanguageModel, asking: _Asking) -> Completion:
    """Ask a model, and a second time where its answer breaks the schema. One that was cut off would be cut off again."""
    schema = asking.wanted.schema
    messages = _shown(model, asking.wanted)
    answer = await _ask(model, messages, asking)
    used = answer.usage(model.name)
    if schema is None:
        return Completion(answer.text, used)
    try:
        return Completion(schema.read(answer.text), used)
    except WrongAnswer as wrong:
        if answer.truncated:
            raise _unusable(model, "the answer was cut off before its end") from None
        model_metrics.retries.labels(model.name, "wrong_schema").inc()
        problem = wrong.problem
    again = PromptMessage("user", f"That answer cannot be used: {problem}. Answer again, with one JSON value of the schema and nothing else.")
    try:
        second = await _ask(model, (*messages, PromptMessage("assistant", answer.text[:_QUOTED_CHARS_MAX]), again), asking)
        return Completion(schema.read(second.text), _sum(used, second.usage(model.name)))
    except (WrongAnswer, ContextTooLong):
        # What is wrong with it may quote the answer, and that the prompt: it is not told on.
        raise _unusable(model, "the answer does not keep to the schema") from None


def _unusable(model: LanguageModel, problem: str) -> ModelUnavailable:
    model_metrics.errors.labels(model.name, "WRONG_SCHEMA").inc()
    return ModelUnavailable(f"{model.name}: {problem}", metadata={"model": model.name})


def _shown(model: LanguageModel, wanted: CompletionWanted) -> Sequence[PromptMessage]:
    """Return the messages as this model takes them: one that cannot see or keep to a schema is told in words."""
    messages = wanted.messages
    if not model.sees:
        messages = [PromptMessage(message.role, with_mentions(message.text, message.images)) for message in messages]
    if wanted.schema is None or _keeps_schemas(model):
        return messages
    words = f"Answer with one JSON value of this schema and nothing else: {json.dumps(wanted.schema.schema)}"
    return (*messages, PromptMessage("user", words))


async def _ask(model: LanguageModel, messages: Sequence[PromptMessage], asking: _Asking) -> Generated:
    """Return a model's answer; what it used is counted however the call ends, if the model began to answer."""
    endpoint, wanted = model.endpoint, asking.wanted
    limit = min(endpoint.max_completion_tokens, wanted.max_completion_tokens or endpoint.max_completion_tokens)
    images = sum(len(message.images) for message in messages)
    answer = Generated(prompt_tokens(messages, model.counter) + images * endpoint.image_tokens, images)
    if answer.prompt_tokens > endpoint.context_window_tokens - limit:
        room = endpoint.context_window_tokens - limit
        raise ContextTooLong(f"the prompt needs {answer.prompt_tokens} tokens, {model.name} takes {room}")
    schema = wanted.schema.schema if wanted.schema is not None and _keeps_schemas(model) else None
    try:
        async with aclosing(model.stream(ModelCall(messages, limit, asking.stop_at, schema))) as parts:
            async for part in parts:
                answer.take((part,))
    finally:
        if answer.begun:
            used = answer.usage(model.name)
            asking.spent.append(used)
            model_metrics.count_tokens(used, wanted.feature)
    return answer


def _sum(first: Usage, second: Usage) -> Usage:
    return replace(
        first,
        prompt_tokens=first.prompt_tokens + second.prompt_tokens,
        cached_prompt_tokens=first.cached_prompt_tokens + second.cached_prompt_tokens,
        completion_tokens=first.completion_tokens + second.completion_tokens,
        reasoning_tokens=first.reasoning_tokens + second.reasoning_tokens,
        images=first.images + second.images,
    )


def _keeps_schemas(model: LanguageModel) -> bool:
    return "json_schema" in model.endpoint.capabilities

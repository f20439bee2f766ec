"""Generates a reply: models in order of preference, the next one only while nobody has seen a word."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from services.conversation.models import model_metrics
from services.conversation.models.coalesce import coalesced
from services.conversation.models.generated import Generated
from services.conversation.models.language_model import LanguageModel, ModelCall
from services.conversation.models.provider_errors import finds_fault_with_the_prompt, smaller_prompt_tokens, telling, worth_another_model
from services.conversation.reply_events import Delta, Finished, Started
from services.conversation.window.context_window import Prompt
from services.runtime import failures
from services.runtime.errors import ContextTooLong, ParlourError


@dataclass(frozen=True, slots=True)
class Asked:
    """A model's call with the prompt it was made of, the pictures in it, and what is told when the model begins to answer."""

    call: ModelCall
    prompt: Prompt
    images: int
    started: Started


@dataclass(frozen=True, slots=True)
class Narrower:
    """What a provider made of the first prompt: it takes no more than so many tokens (None: any number), or it cannot use the pictures."""

    prompt_tokens_max: int | None = None
    pictures: bool = True


type Ask = Callable[[LanguageModel, Narrower], Asked]
"""Makes a model's call. Raises ContextTooLong."""


async def generate(
    models: Sequence[LanguageModel], ask: Ask, *, stop_at: float, delta_interval_s: float
) -> AsyncGenerator[Started | Delta | Finished, None]:
    """Yield Started, Deltas and Finished of the first model that answers. Raises what the failures of all of them come to, and what broke off a reply
    of which a part was yielded."""
    failed: list[ParlourError] = []
    for model in models:
        begun = False
        try:
            async with model.gate.slot(wait_s=model.slot_wait_s(stop_at)), aclosing(_of_model(model, ask, delta_interval_s)) as events:
                async for event in events:
                    begun = True
                    yield replace(event, fell_back=model is not models[0]) if isinstance(event, Started) else event
            return
        except ParlourError as error:
            if begun or not worth_another_model(error):
                raise
            failures.ended(error, failures.Place.MODEL, "model failed before its first text", model=model.name)
            model_metrics.fallbacks.labels(model.name, error.reason).inc()
            failed.append(error)
    raise telling(failed)


async def _of_model(model: LanguageModel, ask: Ask, delta_interval_s: float) -> AsyncGenerator[Started | Delta | Finished, None]:
    """Stream from one model. A prompt that its provider finds too long, or whose pictures it cannot use, is made narrower once."""
    asked = ask(model, Narrower())
    begun = False
    try:
        async with aclosing(_stream(model, asked, delta_interval_s)) as events:
            async for event in events:
                begun = True
                yield event
        return
    except ParlourError as error:
        narrower = None if begun else _narrower(error, asked)
        if narrower is None:
            raise
    again = ask(model, narrower)
    model_metrics.retries.labels(model.name, "context_too_long" if narrower.pictures else "pictures").inc()
    async with aclosing(_stream(model, again, delta_interval_s)) as events:
        async for event in events:
            yield event


def _narrower(error: ParlourError, asked: Asked) -> Narrower | None:
    """Return what to ask for after a failure, None where nothing narrower would help. An address of a picture may be no longer good."""
    if isinstance(error, ContextTooLong):
        return Narrower(smaller_prompt_tokens(error, asked.prompt.tokens, asked.call.max_completion_tokens))
    if asked.images and finds_fault_with_the_prompt(error):
        return Narrower(pictures=False)
    return None


async def _stream(model: LanguageModel, asked: Asked, delta_interval_s: float) -> AsyncGenerator[Started | Delta | Finished, None]:
    """Stream one call; what it used is counted however it ends, if the model began to answer."""
    generated = Generated(asked.prompt.tokens, asked.images)
    called_at = time.monotonic()
    try:
        async with aclosing(coalesced(model.stream(asked.call), delta_interval_s)) as batches:
            async for batch in batches:
                first = not generated.texts
                text = generated.take(batch)
                if not text:
                    continue
                if first:
                    model_metrics.first_token_seconds.labels(model.name).observe(time.monotonic() - called_at)
                    yield asked.started
                yield Delta(text, generated.completion_tokens)
        yield Finished(generated.text, generated.usage(model.name), stored=False, truncated=generated.truncated)
    finally:
        if generated.begun:
            model_metrics.count_tokens(generated.usage(model.name), "reply")

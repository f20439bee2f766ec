"""A turn's reply: prompt, model, stream, and the one transaction that keeps it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from services.conversation import model_metrics
from services.conversation.coalesce import coalesced
from services.conversation.context_window import Parts, Prompt, Said, Shares, build_prompt
from services.conversation.language_model import End, LanguageModel, ModelCall, Text, worth_another_model
from services.conversation.model_gate import ModelGate
from services.conversation.models_file import ModelEndpoint
from services.conversation.persona import DEFAULT, system_text
from services.conversation.store import Background, Begun, TurnStore
from services.conversation.turn import NOT_STORED, Ending, NewTurn, TurnState, Usage
from services.conversation.unstored import UnstoredEndings
from services.runtime.errors import DeadlineExceeded, DependencyUnavailable, ModelUnavailable, ParlourError, StaleFence, UnknownModel
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)
_NO_HISTORY = "the conversation so far (it cannot be read now)"
_COMMIT_MIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """The reply that is asked for. `models` in order of preference; limits of 0 are no limits."""

    turn_id: str
    fence: int
    message: NewTurn
    models: Sequence[str]
    account_id: str = ""
    hold_id: str = ""
    max_prompt_tokens: int = 0
    max_completion_tokens: int = 0
    memories: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """A model has begun to answer."""

    model: str
    prompt_tokens: int
    left_out: Sequence[str] = ()
    fell_back: bool = False


@dataclass(frozen=True, slots=True)
class Delta:
    """More text; completion_tokens counts from the start of the reply."""

    text: str
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole reply."""

    text: str
    usage: Usage
    stored: bool
    truncated: bool


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """Times in seconds: how long before the deadline generation stops, and how far apart deltas are at least."""

    end_before_s: float
    delta_interval_s: float
    shares: Shares


@dataclass(slots=True)
class _Generated:
    """What a model has said so far."""

    prompt: Prompt
    texts: list[str] = field(default_factory=list)
    completion_tokens: int = 0
    end: End | None = None

    def take(self, batch: Sequence[Text | End]) -> str:
        """Take in what came; return its text."""
        texts = [part.text for part in batch if isinstance(part, Text)]
        self.texts += texts
        self.completion_tokens += sum(part.tokens for part in batch if isinstance(part, Text))
        self.end = next((part for part in batch if isinstance(part, End)), self.end)
        return "".join(texts)

    def usage(self, model: str) -> Usage:
        """Return the provider's count, or ours where it reports none."""
        end = self.end or End(truncated=True)
        prompt_tokens = self.prompt.tokens if end.prompt_tokens is None else end.prompt_tokens
        completion_tokens = self.completion_tokens if end.completion_tokens is None else end.completion_tokens
        return Usage(model, prompt_tokens, min(end.cached_prompt_tokens, prompt_tokens), completion_tokens)


class Replies:
    """Answers turns."""

    def __init__(
        self,
        store: TurnStore,
        models: Mapping[str, LanguageModel],
        gate: ModelGate,
        unstored: UnstoredEndings,
        limits: ReplyLimits,
        *,
        assistant_name: str,
    ) -> None:
        self._store = store
        self._models = models
        self._gate = gate
        self._unstored = unstored
        self._limits = limits
        self._assistant_name = assistant_name

    async def reply(self, wanted: Wanted, left_s: float) -> AsyncGenerator[Started | Delta | Finished, None]:
        """Yield Started, Deltas and Finished; generation stops end_before_s before the left_s are over.

        Before Finished, reply, usage and settlement job are stored together. A turn that has ended is replayed. Closing the iterator stops the
        model at once. Raises StaleFence, NotFound, UnknownModel, Overloaded, ModelUnavailable, RateLimited, ContextTooLong, ContentRefused.
        """
        deadline_at = time.monotonic() + left_s
        models = self._known(wanted.models)
        begun, background = await self._background(wanted)
        if begun is not None and begun.turn.state != TurnState.ACCEPTED:
            for event in _replayed(begun):
                yield event
            return
        parts = self._parts(wanted, background)
        stop_at = deadline_at - self._limits.end_before_s
        finished: Finished | None = None
        events = self._generate(wanted, models, parts, stop_at, history_known=background is not None)
        async with self._gate.slot(wait_s=max(0.0, stop_at - time.monotonic())), aclosing(events):
            async for event in events:
                if isinstance(event, Finished):
                    finished = event  # kept below, where the slot is free for the next person
                else:
                    yield event
        assert finished is not None
        yield await self._keep(wanted, finished, deadline_at)

    def _known(self, names: Sequence[str]) -> list[LanguageModel]:
        models = [self._models[name] for name in names if name in self._models]
        if not models:
            raise UnknownModel(names[0] if names else "")
        return models

    async def _background(self, wanted: Wanted) -> tuple[Begun | None, Background | None]:
        if wanted.fence == NOT_STORED:
            return None, None
        try:
            return await self._store.background(wanted.turn_id, wanted.fence)
        except (DependencyUnavailable, DeadlineExceeded) as error:
            _log.warning("answering without the conversation so far", problem=error.message)
            return None, None

    def _parts(self, wanted: Wanted, background: Background | None) -> Parts:
        message = wanted.message
        replied_to = message.replied_to
        return Parts(
            system=system_text(background.persona if background else DEFAULT, self._assistant_name),
            message=Said("user", message.user_id, message.user_name, message.text),
            memories=wanted.memories,
            history=background.history if background else (),
            replied_to=Said("user", replied_to["author_id"], replied_to["author_name"], replied_to["text"]) if replied_to else None,
        )

    async def _generate(
        self, wanted: Wanted, models: Sequence[LanguageModel], parts: Parts, stop_at: float, *, history_known: bool
    ) -> AsyncGenerator[Started | Delta | Finished, None]:
        """Stream from the first model that answers: the next one is asked only while nobody has seen a word."""
        failure: ParlourError = ModelUnavailable("no model was asked")
        for model in models:
            generated: _Generated | None = None
            try:
                call, prompt = self._call(wanted, model.endpoint, parts, stop_at)
                generated = _Generated(prompt)
                left_out = prompt.left_out if history_known else (*prompt.left_out, _NO_HISTORY)
                started = Started(model.name, prompt.tokens, left_out, fell_back=model is not models[0])
                async with aclosing(self._stream(model, call, generated, started)) as events:
                    async for event in events:
                        yield event
            except ParlourError as error:
                if (generated is not None and generated.texts) or not worth_another_model(error):
                    raise
                _log.warning("model failed before its first text", model=model.name, reason=error.reason, problem=error.message)
                model_metrics.fallbacks.labels(model.name, error.reason).inc()
                failure = error
                continue
            yield self._finished(model, generated)
            return
        raise failure

    def _call(self, wanted: Wanted, endpoint: ModelEndpoint, parts: Parts, stop_at: float) -> tuple[ModelCall, Prompt]:
        completion = min(endpoint.max_completion_tokens, wanted.max_completion_tokens or endpoint.max_completion_tokens)
        window = endpoint.context_window_tokens - completion
        prompt = build_prompt(parts, min(window, wanted.max_prompt_tokens or window), self._limits.shares)
        return ModelCall(prompt.messages, completion, stop_at), prompt

    async def _stream(self, model: LanguageModel, call: ModelCall, generated: _Generated, started: Started) -> AsyncGenerator[Started | Delta, None]:
        called_at = time.monotonic()
        async with aclosing(coalesced(model.stream(call), self._limits.delta_interval_s)) as batches:
            async for batch in batches:
                first = not generated.texts
                text = generated.take(batch)
                if not text:
                    continue
                if first:
                    model_metrics.first_token_seconds.labels(model.name).observe(time.monotonic() - called_at)
                    yield started
                yield Delta(text, generated.completion_tokens)

    @staticmethod
    def _finished(model: LanguageModel, generated: _Generated) -> Finished:
        usage = generated.usage(model.name)
        model_metrics.count_tokens(usage, "reply")
        truncated = generated.end is None or generated.end.truncated
        return Finished("".join(generated.texts), usage, stored=False, truncated=truncated)

    async def _keep(self, wanted: Wanted, finished: Finished, deadline_at: float) -> Finished:
        """Store the reply; while the database is away, say that it is not kept."""
        if wanted.fence == NOT_STORED:
            return finished
        ending = Ending(
            wanted.turn_id,
            wanted.fence,
            TurnState.FINISHED,
            finished.text,
            finished.usage,
            wanted.account_id,
            wanted.hold_id,
            finished.truncated,
        )
        try:
            async with asyncio.timeout(max(_COMMIT_MIN_S, deadline_at - time.monotonic() - _COMMIT_MIN_S)):
                ended = await self._store.end(ending)
        except (DependencyUnavailable, DeadlineExceeded, TimeoutError):
            self._unstored.keep(ending)
            return finished
        if ended.turn.state != TurnState.FINISHED or ended.reply_text != finished.text:
            raise StaleFence("the turn was ended by somebody else meanwhile")
        return replace(finished, stored=True)


def _replayed(begun: Begun) -> list[Started | Delta | Finished]:
    usage = begun.turn.usage
    events: list[Started | Delta | Finished] = [Started(usage.model, usage.prompt_tokens)]
    if begun.reply_text:
        events.append(Delta(begun.reply_text, usage.completion_tokens))
    truncated = begun.turn.truncated or begun.turn.state != TurnState.FINISHED
    return [*events, Finished(begun.reply_text, usage, stored=True, truncated=truncated)]

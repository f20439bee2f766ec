"""A turn's reply: prompt, model, stream, and the one transaction that keeps it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from services.conversation.message_store import Conversation
from services.conversation.models.generation import Ask, Asked, Narrower, generate
from services.conversation.models.images import Image, Shown, fitting, told_left_out, with_mentions
from services.conversation.models.language_model import LanguageModel, ModelCall
from services.conversation.models.model_gate import ModelGate
from services.conversation.personas.persona import DEFAULT, system_text
from services.conversation.personas.spoken_preferences import Heeded, SpokenPreferences
from services.conversation.reply_events import Delta, Finished, Generated, Started
from services.conversation.store import Background, Begun, TurnStore
from services.conversation.topics.older_messages import Older, OlderMessages, may_not_fit
from services.conversation.turn import NOT_STORED, Ending, NewTurn, Quoted, TurnState
from services.conversation.unstored import UnstoredEndings
from services.conversation.window.context_window import PartReport, Parts, Prompt, Said, Shares
from services.conversation.window.window_metrics import build_measured
from services.runtime import failures
from services.runtime.errors import ContextTooLong, DeadlineExceeded, DependencyUnavailable, StaleFence, UnknownModel

_NO_HISTORY = "the conversation so far (it cannot be read now)"
_OF_THE_STORE = frozenset({"rules", "relationship", "summaries", "recent", "older"})
_COMMIT_MIN_S = 0.5
_BACKGROUND_SHARE = 0.3
"""Of the turn's time: where the database says nothing, the rest has to do for the model."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The reply that is asked for. `models` in order of preference; limits of 0 are no limits, nor is None of `max_images`."""

    turn_id: str
    fence: int
    message: NewTurn
    models: Sequence[str]
    account_id: str = ""
    hold_id: str = ""
    max_prompt_tokens: int = 0
    max_completion_tokens: int = 0
    memories: Sequence[str] = ()
    max_images: int | None = None
    lease_id: str = ""


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """Times in seconds: how long before the deadline generation stops, how far apart deltas are at least, how long the conversation so far is
    waited for."""

    end_before_s: float
    delta_interval_s: float
    shares: Shares
    store_wait_s: float


class Replies:
    """Answers turns."""

    def __init__(
        self,
        store: TurnStore,
        models: Mapping[str, LanguageModel],
        gate: ModelGate,
        unstored: UnstoredEndings,
        limits: ReplyLimits,
        older: OlderMessages,
        preferences: SpokenPreferences,
        *,
        assistant_name: str,
    ) -> None:
        self._store = store
        self._models = models
        self._gate = gate
        self._unstored = unstored
        self._limits = limits
        self._older = older
        self._preferences = preferences
        self._assistant_name = assistant_name

    async def reply(self, wanted: Wanted, left_s: float) -> AsyncGenerator[Started | Delta | Generated | Finished, None]:
        """Yield Started, Deltas, Generated and Finished; generation stops end_before_s before the left_s are over.

        Before Finished, reply, usage and settlement job are stored together. A turn that has ended is replayed. Closing the iterator stops the
        model at once. Raises StaleFence, NotFound, UnknownModel, Overloaded, ModelUnavailable, RateLimited, ContextTooLong, ContentRefused.
        """
        deadline_at = time.monotonic() + left_s
        models = self._known(wanted.models)
        heeded = await self._preferences.heed(wanted.message, stored=wanted.fence != NOT_STORED)
        begun, background = await self._background(wanted, min(self._limits.store_wait_s, left_s * _BACKGROUND_SHARE))
        if begun is not None and begun.turn.state != TurnState.ACCEPTED:
            for event in _replayed(begun):
                yield event
            return
        parts = self._parts(wanted, background, heeded)
        if background is not None and may_not_fit(parts, _narrowest(wanted, models)):
            parts = _with_older(parts, await self._relevant(wanted.message))
        stop_at = deadline_at - self._limits.end_before_s
        finished: Finished | None = None
        ask = self._asked(wanted, parts, background, stop_at)
        events = generate(models, ask, stop_at=stop_at, delta_interval_s=self._limits.delta_interval_s)
        async with self._gate.slot(wait_s=max(0.0, stop_at - time.monotonic())), aclosing(events):
            async for event in events:
                if isinstance(event, Finished):
                    finished = event  # kept below, where the slot is free for the next person
                elif isinstance(event, Started) and heeded is not None:
                    yield replace(event, persona_change=heeded.text)
                else:
                    yield event
        assert finished is not None
        yield Generated(finished.usage)
        yield await self._keep(wanted, finished, deadline_at)

    def _known(self, names: Sequence[str]) -> list[LanguageModel]:
        models = [self._models[name] for name in names if name in self._models]
        if not models:
            raise UnknownModel(names[0] if names else "")
        return models

    async def _background(self, wanted: Wanted, wait_s: float) -> tuple[Begun | None, Background | None]:
        if wanted.fence == NOT_STORED:
            return None, None
        try:
            async with asyncio.timeout(wait_s):
                return await self._store.background(wanted.turn_id, wanted.fence)
        except (DependencyUnavailable, DeadlineExceeded, TimeoutError) as error:
            late = DeadlineExceeded("the conversation could not be read in time") if isinstance(error, TimeoutError) else error
            failures.ended(late, failures.Place.TURN, "answering without the conversation so far", turn_id=wanted.turn_id)
            return None, None

    async def _relevant(self, message: NewTurn) -> Older:
        """Return what was said earlier on the topic of the message."""
        replied_to = message.replied_to["text"] if message.replied_to else ""
        return await self._older.relevant(Conversation(message.guild_id, message.channel_id), message.message_id, message.text, replied_to)

    def _parts(self, wanted: Wanted, background: Background | None, heeded: Heeded | None) -> Parts:
        message = wanted.message
        persona = background.persona if background else DEFAULT
        replied_to = message.replied_to
        return Parts(
            system=system_text(heeded.over(persona) if heeded else persona, self._assistant_name),
            message=Said("user", message.user_id, message.called, with_mentions(message.text, message.images)),
            relationship=background.relationship if background else "",
            rules=background.rules if background else "",
            memories=wanted.memories,
            history=background.history if background else (),
            summaries=background.summaries if background else (),
            unavailable=_OF_THE_STORE if background is None else frozenset(),
            history_is_whole=background is None or background.history_is_whole,
            replied_to=_said(Quoted(**replied_to, from_assistant=message.replied_to_own)) if replied_to else None,
            reply_chain=[_said(quoted) for quoted in message.reply_chain],
            thread_starter=_said(message.thread_starter) if message.thread_starter else None,
            files=message.text_files,
        )

    def _asked(self, wanted: Wanted, parts: Parts, background: Background | None, stop_at: float) -> Ask:
        def ask(model: LanguageModel, narrower: Narrower) -> Asked:
            call, prompt, shown = self._call(wanted, model, parts, background, stop_at, narrower)
            left_out = prompt.left_out if background is not None else (*prompt.left_out, _NO_HISTORY)
            return Asked(call, prompt, len(shown.images), Started(model.name, prompt.tokens, left_out, parts=prompt.parts))

        return ask

    def _call(
        self, wanted: Wanted, model: LanguageModel, parts: Parts, background: Background | None, stop_at: float, narrower: Narrower
    ) -> tuple[ModelCall, Prompt, Shown]:
        """Build a model's prompt, narrower where a provider could not take the first one. Raises ContextTooLong."""
        endpoint = model.endpoint
        completion = min(endpoint.max_completion_tokens, wanted.max_completion_tokens or endpoint.max_completion_tokens)
        window = endpoint.context_window_tokens - completion
        budget = min(window, wanted.max_prompt_tokens or window, window if narrower.prompt_tokens_max is None else narrower.prompt_tokens_max)
        shown = _pictures(model, wanted.message.images, background, budget, wanted.max_images)
        if not narrower.pictures:
            shown = shown.without_images()
        image_tokens = len(shown.images) * endpoint.image_tokens
        try:
            prompt = build_measured(parts, budget - image_tokens, self._limits.shares, model.counter)
        except ContextTooLong:
            if not image_tokens:
                raise
            shown, image_tokens = shown.without_images(), 0  # the words go first
            prompt = build_measured(parts, budget, self._limits.shares, model.counter)
        # Pictures come with the last message, earlier ones too: what stands before it stays the same from turn to turn.
        messages = (*prompt.messages[:-1], replace(prompt.messages[-1], images=shown.images))
        reports = (*prompt.parts[:-1], _pictures_report(model, shown, background, image_tokens), prompt.parts[-1])
        prompt = replace(prompt, messages=messages, tokens=prompt.tokens + image_tokens, left_out=(*prompt.left_out, *shown.told), parts=reports)
        return ModelCall(messages, completion, stop_at), prompt, shown

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
            wanted.lease_id,
        )
        try:
            async with asyncio.timeout(max(_COMMIT_MIN_S, deadline_at - time.monotonic() - _COMMIT_MIN_S)):
                ended = await self._store.end(ending)
        except (DependencyUnavailable, DeadlineExceeded, TimeoutError) as error:
            late = DeadlineExceeded("the reply could not be stored in time") if isinstance(error, TimeoutError) else error
            failures.ended(late, failures.Place.TURN, "a reply is not stored yet", turn_id=wanted.turn_id)
            self._unstored.keep(ending)
            return finished
        if ended.turn.state != TurnState.FINISHED or ended.reply_text != finished.text:
            raise StaleFence("the turn was ended by somebody else meanwhile")
        return replace(finished, stored=True)


def _said(quoted: Quoted) -> Said:
    role = "assistant" if quoted.from_assistant else "user"
    return Said(role, quoted.author_id, quoted.author_name, quoted.text, message_id=quoted.message_id)


def _pictures(model: LanguageModel, own: Sequence[Image], background: Background | None, budget_tokens: int, images_max: int | None) -> Shown:
    """Return the pictures that a model is shown. While the guild's settings cannot be read they are not passed on: it may not want that."""
    if background is None or not background.images_allowed or not model.sees:
        allowed = background is not None and background.images_allowed
        return Shown((), len(own), told_left_out(len(own), sees=model.sees, allowed=allowed))
    return fitting(own, background.earlier_images, tokens_each=model.endpoint.image_tokens, budget_tokens=budget_tokens, images_max=images_max)


def _pictures_report(model: LanguageModel, shown: Shown, background: Background | None, tokens: int) -> PartReport:
    reason = "" if shown.images else "empty"
    if shown.left_out:
        usable = model.sees and background is not None and background.images_allowed
        reason = "budget" if usable else "unavailable" if background is None else "unsupported"
    return PartReport("images", len(shown.images), shown.left_out, tokens, reason)


def _narrowest(wanted: Wanted, models: Sequence[LanguageModel]) -> int:
    """Return the least that a prompt may be for any of the models: half of it may go to pictures."""
    windows = (
        model.endpoint.context_window_tokens - min(model.endpoint.max_completion_tokens, wanted.max_completion_tokens or 10**9) for model in models
    )
    budget = min(*windows, wanted.max_prompt_tokens or 10**9)
    return budget // 2 if wanted.message.images else budget


def _with_older(parts: Parts, older: Older) -> Parts:
    return replace(parts, older=older.shown, unavailable=parts.unavailable if older.available else parts.unavailable | {"older"})


def _replayed(begun: Begun) -> list[Started | Delta | Finished]:
    usage = begun.turn.usage
    events: list[Started | Delta | Finished] = [Started(usage.model, usage.prompt_tokens)]
    if begun.reply_text:
        events.append(Delta(begun.reply_text, usage.completion_tokens))
    truncated = begun.turn.truncated or begun.turn.state != TurnState.FINISHED
    return [*events, Finished(begun.reply_text, usage, stored=True, truncated=truncated)]

"""From a request to the assistant to an answer in Discord."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.stream_edits import StreamedReply
from services.gateway.discord.surroundings import Completion
from services.gateway.notices import words
from services.gateway.stopping import Why
from services.runtime import failures

ORIGIN = "discord"
LAST_WORDS_S = 1.5
"""How long an answer that is cut by the end of the process has to say so."""
_UNANSWERED = {"ignored": "ignored_here", "empty": "asked_nothing", "rate_limited": "slow_down", "blocked": "not_allowed"}
"""What is said to who expects an answer where their message is ignored, by the reason."""


class CourierLike(Protocol):
    """Brings apologies to where their turns came from: services.gateway.orphans.Courier."""

    async def deliver(self, turn: conversation_pb2.OrphanedTurn, text: str) -> None:
        """Say `text` in the channel of the turn."""


class CouriersLike(Protocol):
    """Knows who brings apologies where: services.gateway.orphans.Couriers."""

    def connect(self, origin: str, courier: CourierLike) -> None:
        """From now on `courier` takes the apologies of an origin."""

    def disconnect(self, origin: str) -> None:
        """It no longer does."""


class AssistantLike(Protocol):
    """What answers messages: services.gateway.assistant.Assistant."""

    @property
    def couriers(self) -> CouriersLike:
        """Where the bot offers to bring apologies."""

    def handle(
        self, request: gateway_pb2.HandleMessageRequest, *, origin: str = ..., complete: Completion | None = ..., again: bool = ...
    ) -> AsyncIterator[gateway_pb2.HandleMessageResponse]:
        """Yield the events of an answer. `complete` is called once it is known that the message is for the assistant.

        `again`: another gateway took the message over; see that it does not die with that one.
        """

    async def stop_answer(self, request: gateway_pb2.StopAnswerRequest) -> gateway_pb2.StopAnswerResponse:
        """Stop an answer under way."""

    async def withdraw(self, request: gateway_pb2.WithdrawMessagesRequest) -> gateway_pb2.WithdrawMessagesResponse:
        """Take deleted messages out of their conversation."""

    async def still_mine(self, turn_id: str) -> bool:
        """Return whether the answer of a turn may still be shown by this gateway."""

    async def given(self, message: gateway_pb2.IncomingMessage) -> gateway_pb2.Final | None:
        """Return the answer that another gateway has given to a message; None where it is not known."""

    async def edited(self, message: gateway_pb2.IncomingMessage, *, request_id: str) -> bool:
        """Store the new text of a message without answering it anew."""


type Presents = Callable[[gateway_pb2.Final], AnswerPage]
"""Decides what is shown of a final answer: its text, buttons and files."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a message. `shown`: there was an answer, and Discord has all of it. `final` is None where the assistant failed or ignored it.

    `reason` says why it was ignored. `taken_over`: another gateway answers it now; these
    messages of it are there. `wrote_late`: we may have written over what that one wrote.
    """

    shown: bool
    ignored: bool = False
    reason: str = ""
    final: gateway_pb2.Final | None = None
    taken_over: tuple[str, ...] | None = None
    wrote_late: bool = False

    @property
    def withdrawn(self) -> bool:
        """Its message was deleted meanwhile: what was posted of the answer has to go."""
        return self.final is not None and self.final.reason == Why.WITHDRAWN


class _Gathered:
    """The events of one answer, gathered."""

    def __init__(self, reply: StreamedReply, begun: Callable[[], None]) -> None:
        self._reply = reply
        self._begun = begun
        self.text = ""
        self.notices: list[str] = []
        self.ignored = False
        self.duplicate = False
        self.reason = ""
        self.final: gateway_pb2.Final | None = None

    @property
    def is_empty(self) -> bool:
        """There was nothing to show when the events ended."""
        return self.final is None and not self.text.strip() and not self.notices

    def take(self, event: gateway_pb2.HandleMessageResponse) -> None:
        kind = event.WhichOneof("event")
        if kind == "ignored":
            self.ignored = True
            self.reason = event.ignored.reason
            self.duplicate = event.ignored.reason == "duplicate"  # another gateway has answered it, also where an answer is expected
            return
        self._begun()
        match kind:
            case "typing":
                self._reply.start_typing()
            case "delta":
                self.text += event.delta.text
                self._reply.show(self.text)
            case "notice":
                self.notices.append(event.notice.text)
            case "final":
                self.final = event.final
                self.text = event.final.text or self.text


async def answer(
    assistant: AssistantLike,
    message: gateway_pb2.IncomingMessage,
    reply: StreamedReply,
    presents: Presents,
    *,
    expected: bool = False,
    again: Sequence[dict[str, Any]] = (),
    complete: Completion | None = None,
    taken_over: bool = False,
    begun: Callable[[], None] = lambda: None,
    spared: Callable[[gateway_pb2.Final], bool] = lambda final: False,
) -> Answered:
    """Hand a message to the assistant and show its answer.

    `expected`: the person waits for an answer in any case, as after a slash command. `again`: the rows that stand under an answer of the model's.
    `taken_over`: another gateway took this message over before. `begun` is called with each sign that there will be an answer.
    A final answer that is `spared` is returned and not shown, if nothing of it was.
    """
    gathered = _Gathered(reply, begun)

    async def shown() -> Answered:
        final = gathered.final
        if final is not None and (final.reason == Why.WITHDRAWN or (spared(final) and not reply.has_text)):
            return Answered(False, final=final)
        page = _last_page(gathered, presents, again)
        return Answered(await reply.finish(page.text, gathered.notices, components=page.components, files=page.files), final=final)

    answered: Answered | None = None
    try:
        request = gateway_pb2.HandleMessageRequest(message=message)
        async with _last_words(gathered, reply), events_of(assistant, request, complete, again=taken_over) as events:
            async for event in events:
                gathered.take(event)
                if gathered.final is not None:
                    # Here and not behind the loop: asking for the next event is what tells other gateways that the message is answered.
                    answered = await shown()
                elif reply.refused:
                    break  # nobody reads on: that stops the model, and what was delivered is charged
    except Exception as error:
        failures.ended(error, failures.Place.DISCORD, "the assistant failed on a message from Discord")
        gathered.notices.append(words("something_broke"))
        gathered.ignored = not (reply.begun or expected or message.mentions_assistant)
    if answered is not None:
        return answered
    if gathered.duplicate or (gathered.ignored and not expected):
        return Answered(False, ignored=True, reason=gathered.reason)
    if gathered.is_empty and not expected:
        return Answered(False)  # this gateway is stopping: another one answers it, or says that it got lost
    return await shown()


@asynccontextmanager
async def _last_words(gathered: _Gathered, reply: StreamedReply) -> AsyncIterator[None]:
    """Say of an answer that is cancelled, because the process ends, that it is cut off. What is halted is somebody else's."""
    try:
        yield
    except asyncio.CancelledError:
        if gathered.text and not reply.halted:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await reply.finish(f"{gathered.text}\n\n{words('cut')}")
        raise


def _last_page(gathered: _Gathered, presents: Presents, again: Sequence[dict[str, Any]]) -> AnswerPage:
    final = gathered.final
    page = presents(final) if final is not None else AnswerPage(gathered.text)
    text = page.text if page.text.strip() else gathered.text
    if not text.strip() and not gathered.notices:
        text = words(_UNANSWERED.get(gathered.reason, "something_broke"))
    rows = (*page.components, *again) if final is not None and has_regenerate(final) else page.components
    return AnswerPage(text, rows, page.files)


def has_regenerate(final: gateway_pb2.Final) -> bool:
    """Return whether an answer is one that the model could give differently."""
    return final.outcome in (gateway_pb2.Final.OUTCOME_ANSWERED, gateway_pb2.Final.OUTCOME_CUT) or final.stopped


@asynccontextmanager
async def events_of(
    assistant: AssistantLike, request: gateway_pb2.HandleMessageRequest, complete: Completion | None = None, *, again: bool = False
) -> AsyncIterator[AsyncIterator[gateway_pb2.HandleMessageResponse]]:
    """Hand a request to the assistant and read its events; leaving stops the answer."""
    events = assistant.handle(request, origin=ORIGIN, complete=complete, again=again)
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()

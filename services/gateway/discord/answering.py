"""From a request to the assistant to an answer in Discord."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.stream_edits import StreamedReply
from services.gateway.notices import words
from services.runtime.telemetry import get_logger

ORIGIN = "discord"

_log = get_logger(__name__)


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

    def handle(self, request: gateway_pb2.HandleMessageRequest, *, origin: str = ...) -> AsyncIterator[gateway_pb2.HandleMessageResponse]:
        """Yield the events of an answer."""


class _Answer:
    """The events of one answer, gathered."""

    def __init__(self, reply: StreamedReply) -> None:
        self._reply = reply
        self.text = ""
        self.notices: list[str] = []
        self.ignored = False

    def take(self, event: gateway_pb2.HandleMessageResponse) -> None:
        match event.WhichOneof("event"):
            case "ignored":
                self.ignored = True
            case "typing":
                self._reply.start_typing()
            case "delta":
                self.text += event.delta.text
                self._reply.show(self.text)
            case "notice":
                self.notices.append(event.notice.text)
            case "final":
                self.text = event.final.text or self.text


async def answer(assistant: AssistantLike, message: gateway_pb2.IncomingMessage, reply: StreamedReply, *, expected: bool = False) -> bool:
    """Hand a message to the assistant and show its answer. Returns whether there was one to show and Discord has all of it.

    `expected`: the person waits for an answer in any case, as after a slash command.
    """
    gathered = _Answer(reply)
    request = gateway_pb2.HandleMessageRequest(message=message)
    try:
        async with _events(assistant, request) as events:
            async for event in events:
                gathered.take(event)
    except Exception as error:
        _log.exception("the assistant failed on a message from Discord", problem=type(error).__name__)
        gathered.notices.append(words("something_broke"))
        gathered.ignored = not (reply.begun or expected or message.mentions_assistant)
    if gathered.ignored and not expected:
        return False
    return await reply.finish(gathered.text if gathered.text.strip() or gathered.notices else words("something_broke"), gathered.notices)


@asynccontextmanager
async def _events(
    assistant: AssistantLike, request: gateway_pb2.HandleMessageRequest
) -> AsyncIterator[AsyncIterator[gateway_pb2.HandleMessageResponse]]:
    events = assistant.handle(request, origin=ORIGIN)
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()

"""The events of an answer, and their way from the turn that makes them to whoever reads them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from parlour.gateway.v1 import gateway_pb2

Event = gateway_pb2.HandleMessageResponse
Final = gateway_pb2.Final


def ignored(reason: str) -> Event:
    """The message is not answered."""
    return Event(ignored=gateway_pb2.Ignored(reason=reason))


def typing() -> Event:
    """An answer is on its way."""
    return Event(typing=gateway_pb2.Typing())


def delta(text: str) -> Event:
    """More text."""
    return Event(delta=gateway_pb2.Delta(text=text))


def notice(kind: str, text: str) -> Event:
    """Something to say beside the answer."""
    return Event(notice=gateway_pb2.Notice(kind=kind, text=text))


def refused(turn_id: str, text: str, reason: str, *, retry_after_s: float | None = None) -> Final:
    """Nothing could be answered; the text says why."""
    return Final(turn_id=turn_id, text=text, outcome=Final.OUTCOME_REFUSED, reason=reason, retry_after_s=retry_after_s or 0.0)


def replayed(final: Final) -> Final:
    """The same answer, given again."""
    repeated = Final()
    repeated.CopyFrom(final)
    repeated.replayed = True
    return repeated


class EventSink(Protocol):
    """Takes the events of an answer, as Relay does."""

    async def send(self, event: Event, taken: Callable[[], None] = ...) -> None:
        """Hand over one event and wait until it is dealt with."""


class Relay:
    """Hands events from one task to one reader.

    Room for one: `send` returns when the reader has dealt with the event and asks for the next, so that a slow reader slows the turn instead of
    growing a queue. What a reader has taken counts as delivered: `taken` is called at that moment, because later the turn may be cancelled.
    """

    def __init__(self) -> None:
        self._events: asyncio.Queue[tuple[Event, Callable[[], None]] | None] = asyncio.Queue(1)

    async def send(self, event: Event, taken: Callable[[], None] = lambda: None) -> None:
        """Hand over one event and wait until it is dealt with."""
        await self._events.put((event, taken))
        await self._events.join()

    def end(self) -> None:
        """No event will follow. To be called once, after the last `send` returned or its task ended."""
        if self._events.full():
            self._events.get_nowait()
        self._events.put_nowait(None)

    async def read(self) -> AsyncIterator[Event]:
        """Yield the events until the end."""
        while (handed := await self._events.get()) is not None:
            event, taken = handed
            taken()
            yield event
            self._events.task_done()

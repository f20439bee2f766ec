"""The gate before the language models: so many calls at once, people first, background work gives way."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum

from prometheus_client import Counter, Gauge

from services.runtime.errors import Overloaded

_slots_used = Gauge("parlour_conversation_gate_slots_used", "Calls to language models under way", ["priority"])
_waiting = Gauge("parlour_conversation_gate_waiting", "Calls that wait for a slot", ["priority"])
_preempted = Counter("parlour_conversation_gate_preempted_total", "Background calls that gave way to a person")


class Priority(StrEnum):
    """Who waits for the answer."""

    INTERACTIVE = "interactive"
    BACKGROUND = "background"


class ModelGate:
    """`slots` calls at once; at most `waiting_max` wait in each of two lines, of which the interactive one goes first."""

    def __init__(self, *, slots: int, waiting_max: int) -> None:
        self._free = slots
        self._waiting_max = waiting_max
        self._lines: dict[Priority, deque[asyncio.Future[None]]] = {priority: deque() for priority in Priority}
        self._yielding: set[asyncio.Task[object]] = set()  # background calls under way, at most one a slot

    @asynccontextmanager
    async def slot(self, *, wait_s: float) -> AsyncIterator[None]:
        """Hold a slot for a person, who waits at most wait_s for it. Raises Overloaded when too many wait, or after that time."""
        try:
            async with asyncio.timeout(wait_s):
                await self._acquire(Priority.INTERACTIVE)
        except TimeoutError:
            raise Overloaded(f"no language model was free for {wait_s:.1f} s") from None
        try:
            yield
        finally:
            self._release(Priority.INTERACTIVE)

    async def run_in_background[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Run a call in a slot that it loses when a person needs it: it is then cancelled and run again from the start.

        Raises Overloaded when too many wait; how long it goes on is limited by the caller's own deadline.
        """
        again = False
        while True:
            await self._acquire(Priority.BACKGROUND, first=again)
            task: asyncio.Task[T] = asyncio.ensure_future(call())
            self._yielding.add(task)
            try:
                await asyncio.wait({task})
                if not task.cancelled():
                    return task.result()
            finally:
                self._yielding.discard(task)
                await _ended(task)
                self._release(Priority.BACKGROUND)
            _preempted.inc()
            again = True

    async def _acquire(self, priority: Priority, *, first: bool = False) -> None:
        if self._free and not any(self._lines.values()):
            self._take(priority)
            return
        line = self._lines[priority]
        if len(line) >= self._waiting_max:
            raise Overloaded(f"{len(line)} calls wait for a language model")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.appendleft(turn) if first else line.append(turn)
        self._publish_waiting()
        if priority is Priority.INTERACTIVE:
            self._preempt_one()
        try:
            await turn
        except asyncio.CancelledError:
            self._leave(line, turn, priority)
            raise

    def _leave(self, line: deque[asyncio.Future[None]], turn: asyncio.Future[None], priority: Priority) -> None:
        if turn.done() and not turn.cancelled():
            self._release(priority)  # it was given a slot in the moment in which it gave up
        elif turn in line:
            line.remove(turn)
            self._publish_waiting()

    def _preempt_one(self) -> None:
        if self._yielding:
            # Out of the set at once: the next person who waits needs another one to give way.
            self._yielding.pop().cancel()

    def _take(self, priority: Priority) -> None:
        self._free -= 1
        _slots_used.labels(priority).inc()

    def _release(self, priority: Priority) -> None:
        self._free += 1
        _slots_used.labels(priority).dec()
        for next_priority in Priority:
            line = self._lines[next_priority]
            while line and self._free:
                turn = line.popleft()
                if not turn.done():
                    self._take(next_priority)
                    turn.set_result(None)
        self._publish_waiting()

    def _publish_waiting(self) -> None:
        for priority, line in self._lines.items():
            _waiting.labels(priority).set(len(line))


async def _ended(task: asyncio.Task[object] | asyncio.Task[None]) -> None:
    """Cancel a task that still runs, and wait until it has let go of its connection."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})

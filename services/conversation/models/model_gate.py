"""The gate before the language models: so many calls at once, people first, background work gives way.

There is one for the whole instance and one before each model whose `slots` the models file names. Background work has no slots of its own: while
people take all of them it waits, and its caller's deadline bounds that; its callers are jobs, which try again.
"""

import asyncio
import bisect
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from prometheus_client import Counter, Gauge, Histogram

from services.runtime.errors import Overloaded

_slots_used = Gauge("parlour_conversation_gate_slots_used", "Calls to language models under way", ["gate", "priority"])
_waiting = Gauge("parlour_conversation_gate_waiting", "Calls that wait for a slot", ["gate", "priority"])
_preempted = Counter("parlour_conversation_gate_preempted_total", "Background calls that gave way to a person", ["gate"])
_wait_seconds = Histogram(
    "parlour_conversation_gate_wait_seconds",
    "How long calls waited for a slot that they got",
    ["gate", "priority"],
    buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 25, 60),
)

INSTANCE = "all"
"""The label of the gate before all models; the others have the name of their model."""


class Priority(StrEnum):
    """Who waits for the answer."""

    INTERACTIVE = "interactive"
    BACKGROUND = "background"


@dataclass(order=True, slots=True)
class _Waiter:
    """A call that waits for its turn; `number` says who came first."""

    number: int
    turn: asyncio.Future[None] = field(compare=False)


class ModelGate:
    """`slots` calls at once (None: any number); at most `waiting_max` wait in each of two lines, of which the interactive one goes first."""

    def __init__(self, *, slots: int | None, waiting_max: int, name: str = INSTANCE) -> None:
        self._free = slots
        self._waiting_max = waiting_max
        self._name = name
        self._numbers = count()
        self._lines: dict[Priority, list[_Waiter]] = {priority: [] for priority in Priority}
        self._yielding: dict[int, asyncio.Task[object]] = {}  # background calls under way by their numbers, at most one a slot

    @asynccontextmanager
    async def slot(self, *, wait_s: float) -> AsyncIterator[None]:
        """Hold a slot for a person, who waits at most wait_s for it. Raises Overloaded when too many wait, or after that time."""
        if self._free is None:
            yield
            return
        try:
            async with asyncio.timeout(wait_s):
                await self._acquire(Priority.INTERACTIVE, next(self._numbers))
        except TimeoutError:
            raise Overloaded(f"no language model was free for {wait_s:.1f} s") from None
        try:
            yield
        finally:
            self._release(Priority.INTERACTIVE)

    async def run_in_background[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Run a call in a slot that it loses when a person needs it: it is then cancelled, and run again from the start, before all that came later.

        Raises Overloaded when too many wait (a call that gave way is never refused for that); how long it goes on is limited by the caller's own
        deadline.
        """
        if self._free is None:
            return await call()
        number = next(self._numbers)
        again = False
        while True:
            await self._acquire(Priority.BACKGROUND, number, again=again)
            task: asyncio.Task[T] = asyncio.ensure_future(call())
            self._yielding[number] = task
            try:
                await asyncio.wait({task})
                if not task.cancelled():
                    return task.result()
            finally:
                self._yielding.pop(number, None)
                try:
                    await _ended(task)
                finally:
                    self._release(Priority.BACKGROUND)
            _preempted.labels(self._name).inc()
            again = True

    async def _acquire(self, priority: Priority, number: int, *, again: bool = False) -> None:
        began_at = time.monotonic()
        if self._free and not any(self._lines.values()):
            self._take(priority)
        else:
            await self._wait(priority, number, again=again)
        _wait_seconds.labels(self._name, priority).observe(time.monotonic() - began_at)

    async def _wait(self, priority: Priority, number: int, *, again: bool) -> None:
        line = self._lines[priority]
        if len(line) >= self._waiting_max and not again:
            raise Overloaded(f"{len(line)} calls wait for a language model")
        waiter = _Waiter(number, asyncio.get_running_loop().create_future())
        bisect.insort(line, waiter)
        self._publish_waiting()
        if priority is Priority.INTERACTIVE:
            self._preempt_one()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            self._leave(line, waiter, priority)
            raise

    def _leave(self, line: list[_Waiter], waiter: _Waiter, priority: Priority) -> None:
        if waiter.turn.done() and not waiter.turn.cancelled():
            self._release(priority)  # it was given a slot in the moment in which it gave up
        elif waiter in line:
            line.remove(waiter)
            self._publish_waiting()

    def _preempt_one(self) -> None:
        if self._yielding:
            # The one that came last: who has given way before is the older for it, and is done in the end. It leaves the set at once: the next person
            # who waits needs another one to give way.
            self._yielding.pop(max(self._yielding)).cancel()

    def _take(self, priority: Priority) -> None:
        assert self._free
        self._free -= 1
        _slots_used.labels(self._name, priority).inc()

    def _release(self, priority: Priority) -> None:
        assert self._free is not None
        self._free += 1
        _slots_used.labels(self._name, priority).dec()
        for next_priority in Priority:
            line = self._lines[next_priority]
            while line and self._free:
                waiter = line.pop(0)
                if not waiter.turn.done():
                    self._take(next_priority)
                    waiter.turn.set_result(None)
        self._publish_waiting()

    def _publish_waiting(self) -> None:
        for priority, line in self._lines.items():
            _waiting.labels(self._name, priority).set(len(line))


async def _ended(task: asyncio.Task[object] | asyncio.Task[None]) -> None:
    """Cancel a task that still runs, and wait until it has let go of its connection."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})

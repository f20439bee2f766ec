"""One turn at a time for each person in each place, in order of arrival; different people side by side.

Everything is bounded: who does not fit is refused at once. No library does this: asyncio's locks and queues know neither keys nor priorities.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum

from prometheus_client import Counter, Gauge

from services.gateway.settings import GatewaySettings
from services.gateway.turn_pace import TurnPace
from services.gateway.waiting_time import WaitingTime
from services.runtime.errors import Overloaded

_waiting = Gauge("parlour_gateway_queue_waiting", "Turns that wait", ["priority"])
_running = Gauge("parlour_gateway_queue_running", "Turns under way")
_refused = Counter("parlour_gateway_queue_refused_total", "Turns refused because a queue was full", ["limit"])


class Priority(IntEnum):
    """Who goes first."""

    INTERACTIVE = 0  # a person waits
    BACKGROUND = 1  # nobody does


@dataclass(slots=True, eq=False)
class _Ticket[K: Hashable]:
    key: K
    priority: Priority
    granted: asyncio.Future[None]


class TurnQueue[K: Hashable]:
    """Grants turns.

    At most `running_max` run at once, one for each key, and no more than `pace` says; `waiting_max` wait, `waiting_per_key_max` of them for one key.
    Who would wait for more than `wait_s_max` seconds, by how fast the line moves, is refused like one for whom there is no room.
    Tickets are plain dictionary entries and no BoundedMap, because one that waits must never be evicted; the limits above bound them.
    """

    def __init__(
        self,
        *,
        running_max: int,
        waiting_per_key_max: int,
        waiting_max: int,
        wait_s_max: float = float("inf"),
        pace: TurnPace | None = None,
        waiting_time: WaitingTime | None = None,
    ) -> None:
        self._pace = pace or TurnPace(running_max=running_max, running_min=running_max, slow_s=float("inf"))
        self._waiting_time = waiting_time or WaitingTime()
        self._wait_s_max = wait_s_max
        self._waiting_per_key_max = waiting_per_key_max
        self._waiting_max = waiting_max
        self._running: set[K] = set()
        # In order of arrival; a dictionary, because a cancelled ticket leaves from the middle.
        self._waiting: dict[Priority, dict[_Ticket[K], None]] = {priority: {} for priority in Priority}
        self._waiting_by_key: dict[K, int] = {}

    @property
    def running(self) -> int:
        """Turns under way."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Turns that wait."""
        return sum(len(tickets) for tickets in self._waiting.values())

    @property
    def keys(self) -> int:
        """Keys that the queue remembers: none that is idle."""
        return len(self._running | self._waiting_by_key.keys())

    def took(self, step: str, seconds: float) -> None:
        """Take note of how long a step of a turn took; where that makes room, turns that wait begin."""
        self._pace.took(step, seconds, len(self._running))
        self._grant_next()

    @asynccontextmanager
    async def turn(self, key: K, priority: Priority = Priority.INTERACTIVE) -> AsyncIterator[None]:
        """Wait for the key's turn and hold it inside the block. Raises Overloaded at once when there is no room to wait."""
        if self._may_start(key):
            self._start(key)
        else:
            await self._wait(key, priority)
        try:
            yield
        finally:
            self._finish(key)

    def _may_start(self, key: K) -> bool:
        # Nobody waiting can be overtaken here: a free place and a free key are granted as soon as they come free.
        return key not in self._running and len(self._running) < self._pace.limit

    def _start(self, key: K) -> None:
        self._running.add(key)
        _running.inc()

    def _finish(self, key: K) -> None:
        self._running.discard(key)
        _running.dec()
        self._waiting_time.ended(waiting=self.waiting)
        self._grant_next()

    async def _wait(self, key: K, priority: Priority) -> None:
        self._refuse_if_full(key)
        ticket = _Ticket(key, priority, asyncio.get_running_loop().create_future())
        self._enter(ticket)
        try:
            await ticket.granted
        except asyncio.CancelledError:
            # The turn may have been granted in the same step of the loop: then it goes to the next one.
            if ticket.granted.done() and not ticket.granted.cancelled():
                self._finish(key)
            else:
                self._leave(ticket)
            raise

    def _refuse_if_full(self, key: K) -> None:
        if self._waiting_by_key.get(key, 0) >= self._waiting_per_key_max:
            _refused.labels("person").inc()
            raise Overloaded(f"{self._waiting_per_key_max} messages of one person wait")
        if self.waiting >= self._waiting_max:
            _refused.labels("total").inc()
            raise Overloaded(f"{self._waiting_max} messages wait")
        # Who waits for nothing but an earlier message of their own is no part of the line.
        if len(self._running) >= self._pace.limit and (wait_s := self._waiting_time.behind(self.waiting)) > self._wait_s_max:
            _refused.labels("time").inc()
            raise Overloaded(f"it would wait for {wait_s:.0f} s")

    def _enter(self, ticket: _Ticket[K]) -> None:
        self._waiting[ticket.priority][ticket] = None
        self._waiting_by_key[ticket.key] = self._waiting_by_key.get(ticket.key, 0) + 1
        _waiting.labels(ticket.priority.name.lower()).inc()

    def _leave(self, ticket: _Ticket[K]) -> None:
        del self._waiting[ticket.priority][ticket]
        left = self._waiting_by_key[ticket.key] - 1
        if left:
            self._waiting_by_key[ticket.key] = left
        else:
            del self._waiting_by_key[ticket.key]
        _waiting.labels(ticket.priority.name.lower()).dec()

    def _grant_next(self) -> None:
        while (ticket := self._next()) is not None:
            self._leave(ticket)
            self._start(ticket.key)
            ticket.granted.set_result(None)

    def _next(self) -> _Ticket[K] | None:
        """The first ticket still wanted, people before background, whose key is free."""
        if len(self._running) >= self._pace.limit:
            return None
        for tickets in self._waiting.values():
            for ticket in tickets:
                # One that was cancelled in this step of the loop has yet to leave: nobody would end a turn granted to it.
                if ticket.key not in self._running and not ticket.granted.done():
                    return ticket
        return None


def paced_queue(settings: GatewaySettings) -> TurnQueue[tuple[str, str]]:
    """Return the queue of a gateway, by person and guild, whose pace is that of the services it needs."""
    pace = TurnPace(running_max=settings.running_max, running_min=settings.running_min, slow_s=settings.slow_begin_s)
    return TurnQueue(
        running_max=settings.running_max,
        waiting_per_key_max=settings.waiting_per_user_max,
        waiting_max=settings.waiting_max,
        wait_s_max=settings.wait_s_max,
        pace=pace,
    )

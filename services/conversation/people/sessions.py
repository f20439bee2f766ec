"""Sessions: what is hot of a person in a guild from their first turn until they have been quiet for a while (an hour, unless settings say otherwise).

All that must last is written by turns and jobs. A session saves work meanwhile (names that are known cause no write), and its end is the time to
count what it held: a job then brings the person's relationship up to date. A process that is killed loses nothing: a periodic job finds what nobody
counted.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from services.conversation.people.relationship import Person
from services.runtime import failures
from services.runtime.bounded_map import BoundedMap
from services.runtime.telemetry import get_logger

_active = Gauge("parlour_conversation_sessions_active", "People whose session is under way in this process")
_ended = Counter("parlour_conversation_sessions_ended_total", "Sessions that ended", ["reason"])
_uncommitted = Counter("parlour_conversation_sessions_uncommitted_total", "Ended sessions left to the periodic job")
_turns = Histogram("parlour_conversation_session_turns", "Turns of a session", buckets=(1, 2, 5, 10, 20, 50, 100))
_log = get_logger(__name__)


@dataclass(slots=True)
class Session:
    """A person's session: times in seconds of the injected clock, and the names (display name, nickname) that were last stored."""

    started_at_s: float
    last_active_at_s: float
    turns: int = 0
    names: tuple[str, str] | None = None


class Sessions:
    """The sessions of this process, at most size_max: the one that was quiet for longest makes room.

    `commit` makes durable jobs of sessions that ended, at most size_max of them at once.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Person]], Awaitable[None]],
        *,
        size_max: int,
        idle_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commit = commit
        self._size_max = size_max
        self._idle_s = idle_s
        self._clock = clock
        self._hot: BoundedMap[Person, Session] = BoundedMap(
            "conversation_sessions", size_max=size_max, ttl_s=idle_s, clock=clock, on_evict=self._dropped
        )
        self._to_commit: dict[Person, None] = {}

    def __len__(self) -> int:
        return len(self._hot)

    def get(self, person: Person) -> Session | None:
        """Return the session under way, or None; looking at it does not prolong it."""
        session = self._hot.peek(person)
        return None if session is None or self._is_idle(session) else session

    def turn(self, person: Person) -> Session:
        """Note a turn: it begins a session, or goes on with the one under way."""
        now = self._clock()
        session = self._hot.peek(person)
        if session is not None and self._is_idle(session):
            self._hot.pop(person)
            self._dropped(person, session)
            session = None
        if session is None:
            session = Session(now, now)
        session.last_active_at_s = now
        session.turns += 1
        self._hot.put(person, session)
        _active.set(len(self._hot))
        return session

    def sweep(self) -> int:
        """Drop sessions that have been idle; return how many."""
        dropped = self._hot.sweep()
        _active.set(len(self._hot))
        return dropped

    async def commit_ended(self) -> None:
        """Hand sessions that ended to `commit`. Raises what it raises: then they are handed over the next time."""
        people = list(self._to_commit)
        if not people:
            return
        await self._commit(people)
        for person in people:
            self._to_commit.pop(person, None)

    @asynccontextmanager
    async def running(self, interval_s: float, stop_s: float) -> AsyncIterator[None]:
        """Sweep and commit every interval_s while the block runs; at its end, commit all within stop_s."""
        sweeping = asyncio.create_task(self._sweep_forever(interval_s), name="sweep sessions")
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
            await self._stop(stop_s)

    async def _sweep_forever(self, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            self.sweep()
            await self._try_commit()

    async def _stop(self, stop_s: float) -> None:
        for person in self._hot:
            session = self._hot.pop(person)
            if session is not None:
                self._end(person, session, "stopped")
        _active.set(0)
        try:
            async with asyncio.timeout(stop_s):
                await self._try_commit()
        except TimeoutError:
            _log.warning("sessions are left to the periodic job", sessions=len(self._to_commit))

    async def _try_commit(self) -> None:
        try:
            await self.commit_ended()
        except Exception as error:  # whatever it is: sessions have to be swept all the same
            failures.ended(error, failures.Place.BACKGROUND, "sessions could not be committed yet", sessions=len(self._to_commit))

    def _dropped(self, person: Person, session: Session) -> None:
        self._end(person, session, "idle" if self._is_idle(session) else "evicted")

    def _end(self, person: Person, session: Session, reason: str) -> None:
        _ended.labels(reason).inc()
        _turns.observe(session.turns)
        if len(self._to_commit) >= self._size_max:
            _uncommitted.inc()
            return
        self._to_commit[person] = None

    def _is_idle(self, session: Session) -> bool:
        return self._clock() - session.last_active_at_s >= self._idle_s

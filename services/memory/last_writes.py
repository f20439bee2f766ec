"""Which position of the primary's log each scope's last write lies before, so that nobody reads on a replica what was there before their own write.

A write is numbered when its transaction has ended. A position that is asked for after that lies behind the write; the first such one is what a
replica must have replayed. So a write costs nothing here, and one question to the primary serves every write before it.
"""

import bisect
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from prometheus_client import Counter

from services.runtime.bounded_map import BoundedMap
from services.runtime.database import Database
from services.runtime.errors import DependencyUnavailable

SCOPES_MAX = 100_000
SCOPE_TTL_S = 3_600.0
SAMPLES_MAX = 4_096
_LOW_BITS = 32

# The end of what is inserted may lie behind what is flushed, and a replica gets only what is flushed, which on an idle primary takes for as long as
# nobody commits. A commit that waits for the disk is flushed when it returns; with synchronous_commit off only the inserted end is sure to cover it.
_POSITION = (
    "SELECT pg_walfile_name(pg_current_wal_insert_lsn()), CASE WHEN current_setting('synchronous_commit') = 'off'"
    " THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END::text"
)
_TIMELINE_DIGITS = 8  # with which the name of a log file begins

_asked = Counter("parlour_memory_positions_total", "Questions to the primary for its position", ["result"])


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a write-ahead log. `timeline` counts promotions; 0 where it is not known. `lsn` is in bytes and comparable on one timeline alone."""

    timeline: int
    lsn: int

    def __str__(self) -> str:
        """The consistency token: timeline and log sequence number as in the names of log files, 16 and 8 hexadecimal digits."""
        return f"{self.timeline:08X}{self.lsn >> _LOW_BITS:08X}/{self.lsn & 0xFFFFFFFF:08X}"

    @staticmethod
    def parse(token: str) -> "Position":
        """Return the position that a token names. PostgreSQL's own form, such as 0/16B3748, has no timeline. Raises ValueError."""
        high, _, low = token.partition("/")
        timeline, log = divmod(int(high, 16), 1 << _LOW_BITS)
        return Position(timeline, (log << _LOW_BITS) + int(low, 16))


@dataclass(frozen=True, slots=True)
class Sample:
    """Where the primary was: behind all writes up to number `upto`, and behind everything committed before `asked_at_s` by the clock."""

    upto: int
    asked_at_s: float
    position: Position


class LastWrites:
    """Numbers of the last writes by scope, and positions of the primary. One for each primary in a process (`last_writes`)."""

    def __init__(
        self,
        *,
        scopes_max: int = SCOPES_MAX,
        samples_max: int = SAMPLES_MAX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self.number = 0
        """How many transactions wrote."""
        # No scope is held to be written earlier than those that were dropped.
        self._floor = 0
        self._by_scope: BoundedMap[uuid.UUID, int] = BoundedMap(
            "memory_last_writes", size_max=scopes_max, ttl_s=SCOPE_TTL_S, clock=clock, on_evict=self._dropped
        )
        self._samples: list[Sample] = []  # in the order in which they were asked for
        self._samples_max = samples_max

    def _dropped(self, _scope_id: uuid.UUID, number: int) -> None:
        self._floor = max(self._floor, number)

    def wrote(self, scope_ids: Collection[uuid.UUID]) -> None:
        """Note that a transaction which wrote to these scopes has ended, or may have."""
        if not scope_ids:
            return
        self.number += 1
        for scope_id in scope_ids:
            self._by_scope.put(scope_id, self.number)

    async def position(self, database: Database) -> Position:
        """Ask the primary how far it is: behind everything committed so far. Inside a transaction it would come too early.

        Raises DependencyUnavailable.
        """
        upto, asked_at_s = self.number, self._clock()
        try:
            async with database.connection() as connection:
                row = await (await connection.execute(_POSITION)).fetchone()
        except BaseException:
            _asked.labels("failed").inc()
            raise
        if row is None:
            raise DependencyUnavailable("database", "it does not say how far it is")
        _asked.labels("answered").inc()
        position = Position(int(row[0][:_TIMELINE_DIGITS], 16), Position.parse(row[1]).lsn)
        self.reached(upto, asked_at_s, position)
        return position

    def reached(self, upto: int, asked_at_s: float, position: Position) -> None:
        """Note where the primary was when it was asked, after the write number `upto`."""
        if self._samples and self._samples[-1].position.timeline != position.timeline:
            # Another primary: its position covers what it has of the writes before, and positions on another timeline say nothing about it.
            self._samples.clear()
        bisect.insort(self._samples, Sample(upto, asked_at_s, position), key=lambda sample: sample.asked_at_s)
        if len(self._samples) > self._samples_max:
            del self._samples[: len(self._samples) // 4]  # older writes are then held to be as late as the oldest sample left

    @property
    def latest(self) -> Sample | None:
        """The newest of what is known about the primary."""
        return self._samples[-1] if self._samples else None

    @property
    def oldest(self) -> Sample | None:
        """The oldest of what is known about the primary."""
        return self._samples[0] if self._samples else None

    def settled(self, scope_ids: Collection[uuid.UUID]) -> bool:
        """Return whether a position is known that covers the last writes to all of these scopes."""
        return self._last_number(scope_ids) <= (self._samples[-1].upto if self._samples else 0)

    def needed(self, scope_ids: Collection[uuid.UUID], *, since_s: float, token: Position | None = None) -> Position:
        """Return what a replica must have replayed to serve these scopes.

        That is: the last writes to them, everything committed by `since_s` of the clock, and what the token names. Only for settled scopes. With
        nothing known about the primary and no token it is the beginning of the log.
        """
        found = token or Position(0, 0)
        for index in {self._first_behind(self._last_number(scope_ids)), self._first_since(since_s)}:
            if index is not None:
                found = later(found, self._samples[index].position)
        return found

    def _last_number(self, scope_ids: Collection[uuid.UUID]) -> int:
        return max(self._floor, *(self._by_scope.get(scope_id, 0) for scope_id in scope_ids), 0)

    def _first_behind(self, number: int) -> int | None:
        index = bisect.bisect_left(self._samples, number, key=lambda sample: sample.upto)
        return index if number and index < len(self._samples) else None

    def _first_since(self, since_s: float) -> int | None:
        """Return the oldest sample that is new enough, else the newest: what is known, where the primary has not answered since."""
        if not self._samples:
            return None
        return min(bisect.bisect_left(self._samples, since_s, key=lambda sample: sample.asked_at_s), len(self._samples) - 1)


def later(one: Position, other: Position) -> Position:
    """Return a position from which on a replica has both.

    It is on the newer timeline. A newer timeline continues the older one up to the promotion, so who is on it and as far as a position of the older
    one has everything up to there that was not lost in the promotion.
    """
    return Position(max(one.timeline, other.timeline), max(one.lsn, other.lsn))


_by_database: WeakKeyDictionary[Database, LastWrites] = WeakKeyDictionary()


def last_writes(database: Database) -> LastWrites:
    """Return the last writes that this process made to a primary.

    They are found by the database instead of being handed to everybody who writes: a writer that was forgotten would be a stale read.
    """
    found = _by_database.get(database)
    if found is None:
        found = _by_database[database] = LastWrites()
    return found


def keep_last_writes(database: Database, writes: LastWrites) -> None:
    """Set what `last_writes` returns for a primary, before anybody writes to it."""
    _by_database[database] = writes

"""Reads go to a replica that has what they must see, else to the primary.

What a replica does wrong, or does not do in time, costs the read some milliseconds and a metric, never its answer: it is read again on the primary.
A replica that failed several times in a row is left alone for a while.
"""

import asyncio
import re
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.last_writes import LastWrites, Position, last_writes
from services.memory.primary_watch import PrimaryWatch
from services.memory.replica_standing import Reason, Standing, Unfit, judge
from services.memory.scope_lock import confine
from services.runtime import deadline, spans
from services.runtime.breaker import Breaker, Outcome, Permit
from services.runtime.database import Database
from services.runtime.errors import CircuitOpen, DeadlineExceeded, DependencyUnavailable, ParlourError, StaleVersion

PRIMARY = "primary"
GRACE_S = 0.05
"""What a replica is given beyond the wait, to say that it lags."""

_SHARE_OF_DEADLINE_TO_WAIT = 1 / 5
_SHARE_OF_DEADLINE_TO_READ = 1 / 2

# Without the right to read all statistics received_tli is NULL, and the timeline is that of the last restart point, which may be minutes behind.
_STANDING = (
    "SELECT pg_is_in_recovery() AS in_recovery, coalesce(pg_last_wal_replay_lsn(), '0/0')::text AS replayed,"
    " coalesce((SELECT received_tli FROM pg_stat_wal_receiver), (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline)"
    " FROM pg_control_checkpoint() c, pg_control_recovery() r)) AS timeline, (SELECT system_identifier FROM pg_control_system()) AS system_identifier"
)

_reads = Counter("parlour_memory_reads_total", "Reads by who served them and why", ["served_by", "reason"])
_waits = Histogram(
    "parlour_memory_replica_wait_seconds",
    "How long reads waited until a replica was as far as they need, or until they gave up",
    ["replica"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
_behind = Gauge(
    "parlour_memory_replica_behind_bytes", "How much of the primary's log a replica has not replayed, when it was last asked", ["replica"]
)
_left = Gauge("parlour_memory_replica_reads_left", "Reads on a replica that nobody waits for any more and that have not ended", ["replica"])

_LOOKUP = {"db.system.name": "postgresql", "db.operation.name": "lookup"}
type _Ask = Callable[[], Awaitable[Standing]]
type _Check = Callable[[_Ask], Awaitable[None]]
type _Run[T] = Callable[[Database, _Check | None], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a read may try with replicas, in seconds.

    wait_s: until a replica is as far as the read needs, at most a fifth of the time left. poll_s: between two looks. read_s: for the read itself, at
    most half of the time left. lag_max_s: how old an answer may be for those who wrote nothing. rest_s and failures_max: of the circuit.
    """

    wait_s: float = 0.1
    poll_s: float = 0.003
    read_s: float = 2.0
    lag_max_s: float = 5.0
    rest_s: float = 2.0
    failures_max: int = 3


@dataclass(frozen=True, slots=True)
class Served[T]:
    """What was read, and who served it: "primary" or a replica's name."""

    value: T
    served_by: str


@dataclass(eq=False)
class Replica:
    """A replica under the name that metrics and answers give it; its address stays in `database`."""

    name: str
    database: Database
    breaker: Breaker
    reading: int = 0
    left: set["asyncio.Task[Any]"] = field(default_factory=set)

    async def probe(self) -> None:
        """Ask for a sign of life; with it, one that could not be reached is read from again. Raises DependencyUnavailable."""
        await self.database.ping()
        self.breaker.reached()

    def leave(self, task: "asyncio.Task[Any]") -> None:
        """Cancel a read without waiting for its end, which a replica that hangs may put off by seconds: the driver bounds it."""
        self.left.add(task)
        _left.labels(self.name).set(len(self.left))
        task.add_done_callback(self._ended)
        task.cancel()

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self.left.discard(task)
        _left.labels(self.name).set(len(self.left))
        if not task.cancelled():
            task.exception()  # which is nobody's any more


def replica_addresses(urls: str) -> list[str]:
    """Return the addresses in a list separated by commas; a comma may also lie within an address, between two hosts of it."""
    return [url.strip(" ,") for url in re.split(r",(?=\s*postgres(?:ql)?://)", urls) if url.strip(" ,")]


class Replicas:
    """Routes reads over a primary and its replicas; without any the primary serves everything."""

    def __init__(
        self,
        primary: Database,
        databases: Sequence[Database] = (),
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._primary = primary
        self._limits = limits or Limits()
        self._clock = clock
        self._watch = PrimaryWatch(primary, lag_max_s=self._limits.lag_max_s, clock=clock)
        self.replicas = [
            Replica(
                name, database, Breaker(f"memory-{name}", "read", failures_max=self._limits.failures_max, open_s=self._limits.rest_s, clock=clock)
            )
            for number, database in enumerate(databases, 1)
            if (name := f"replica-{number}")
        ]
        self._turn = deque(self.replicas)

    @property
    def _writes(self) -> LastWrites:
        return last_writes(self._primary)

    async def look[T](
        self, scope_ids: Collection[uuid.UUID], token: str, work: Callable[[psycopg.AsyncConnection], Awaitable[T]], *, after: str = ""
    ) -> Served[T]:
        """Do `work`, which only reads, on a connection in autocommit mode of a server that has all these scopes' reader must see.

        `work` may be done twice: on a replica and, where that fails, on the primary. `after` names who served an earlier part of the same answer, and
        serves this one too if it can. Raises what `work` raises on the primary, DependencyUnavailable.
        """

        async def run(database: Database, check: _Check | None) -> T:
            async with database.connection() as connection:
                if check is not None:
                    await check(lambda: _standing_of(connection))
                return await work(connection)

        return await self._route(scope_ids, token, run, after)

    async def read[T](
        self, scope_ids: Collection[uuid.UUID], token: str, work: Callable[[AsyncSession], Awaitable[T]], *, after: str = ""
    ) -> Served[T]:
        """Do `work` in a read-only transaction that sees these scopes alone; in all else like `look`."""

        async def run(database: Database, check: _Check | None) -> T:
            async with database.read() as session:
                if check is not None:  # before the transaction takes a role that may not ask
                    await check(lambda: _standing_in(session))
                await confine(session, scope_ids)
                return await work(session)

        return await self._route(scope_ids, token, run, after)

    async def close(self) -> None:
        """End what is still under way in the background. The databases are closed by whoever made them."""
        tasks = [task for replica in self.replicas for task in replica.left]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._watch.close()

    async def _route[T](self, scope_ids: Collection[uuid.UUID], token: str, run: _Run[T], after: str) -> Served[T]:
        with spans.leaf("memory lookup", _LOOKUP, spans.INTERNAL) as span:
            served = await self._served(scope_ids, token, run, after)
            if span is not None:
                span.add({"parlour.memory.served_by": served.served_by})
            return served

    async def _served[T](self, scope_ids: Collection[uuid.UUID], token: str, run: _Run[T], after: str) -> Served[T]:
        if not self.replicas:
            return await self._on_primary(run, Reason.NO_REPLICA)
        if after == PRIMARY:
            return await self._on_primary(run, Reason.SAME_AS_BEFORE)
        try:
            needed = await self._needed(scope_ids, token)
            replica, permit = self._choose(after)
            value = await self._on_replica(replica, permit, needed, run)
        except Unfit as unfit:
            return await self._on_primary(run, unfit.reason)
        _reads.labels(replica.name, Reason.FIT).inc()
        return Served(value, replica.name)

    async def _on_primary[T](self, run: _Run[T], reason: Reason) -> Served[T]:
        _reads.labels(PRIMARY, reason).inc()
        return Served(await run(self._primary, None), PRIMARY)

    async def _needed(self, scope_ids: Collection[uuid.UUID], token: str) -> Position:
        """Return what a replica must have replayed. Raises Unfit where that is not known and only the primary can serve."""
        await self._watch.known(wait_s=self._wait_s())
        if not self._writes.settled(scope_ids):
            self._watch.ask()  # for the next one
            raise Unfit(Reason.UNSETTLED)
        since_s = self._clock() - self._limits.lag_max_s
        return self._writes.needed(scope_ids, since_s=since_s, token=Position.parse(token) if token else None)

    def _choose(self, after: str) -> tuple[Replica, Permit]:
        """Return the replica that is least in use, each in turn among equals, with its circuit's permit. Raises Unfit where all are left alone."""
        self._turn.rotate(-1)
        for replica in sorted(self._turn, key=lambda one: (one.name != after, one.reading)):
            if after and replica.name != after:
                break
            with suppress(CircuitOpen):
                return replica, replica.breaker.admit()
        raise Unfit(Reason.RESTING)

    async def _on_replica[T](self, replica: Replica, permit: Permit, needed: Position, run: _Run[T]) -> T:
        """Read on a replica. Raises Unfit, whatever went wrong."""
        outcome = Outcome.NEUTRAL
        replica.reading += 1
        try:
            value = await self._attempt(replica, needed, run)
            outcome = Outcome.ALIVE
            return value
        except Unfit as unfit:
            outcome = self._outcome(unfit.reason, needed)
            raise
        finally:
            replica.reading -= 1
            permit.report(outcome)

    def _outcome(self, reason: Reason, needed: Position) -> Outcome:
        latest = self._writes.latest
        if reason in (Reason.LAGS, Reason.OTHER_TIMELINE) and (latest is None or needed > latest.position):
            return Outcome.NEUTRAL  # a token named what the primary has, as far as we know, not reached: that is not the replica's fault
        return reason.outcome

    async def _attempt[T](self, replica: Replica, needed: Position, run: _Run[T]) -> T:
        """Read in a task of its own, which is left when it takes too long: one that hangs does not answer its cancellation either."""
        fit: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        wait_s = self._wait_s()
        read_s = self._read_s()
        task = asyncio.ensure_future(run(replica.database, self._check(replica, needed, wait_s, fit)))
        try:
            either: list[asyncio.Future[Any]] = [task, fit]
            await asyncio.wait(either, timeout=wait_s + GRACE_S, return_when=asyncio.FIRST_COMPLETED)
            if fit.done() and not task.done():
                await asyncio.wait({task}, timeout=read_s)
        except asyncio.CancelledError:
            replica.leave(task)
            raise
        if not task.done():
            replica.leave(task)
            raise Unfit(Reason.SLOW if fit.done() else Reason.UNREACHABLE)
        fit.cancel()
        try:
            return task.result()
        except Unfit:
            raise
        except Exception as error:  # whatever it is: the primary is asked the same, and what it says is the answer
            raise Unfit(_reason(error)) from error

    def _check(self, replica: Replica, needed: Position, wait_s: float, fit: "asyncio.Future[None]") -> _Check:
        """Return what a read does first on its own connection: make sure that the server behind it is as far as needed, or wait for it."""
        begun_s = self._clock()

        async def check(ask: _Ask) -> None:
            try:
                while (reason := self._judged(replica, needed, await ask())) is Reason.LAGS:
                    if self._clock() + self._limits.poll_s > begun_s + wait_s:
                        break
                    await asyncio.sleep(self._limits.poll_s)
            finally:
                _waits.labels(replica.name).observe(self._clock() - begun_s)
            if reason is not Reason.FIT:
                raise Unfit(reason)
            if not fit.done():
                fit.set_result(None)

        return check

    def _judged(self, replica: Replica, needed: Position, standing: Standing) -> Reason:
        latest = self._writes.latest
        if latest is not None:
            _behind.labels(replica.name).set(max(0, latest.position.lsn - standing.replayed.lsn))
        return judge(standing, needed, self._watch.system_identifier)

    def _wait_s(self) -> float:
        left_s = deadline.remaining_s()
        return self._limits.wait_s if left_s is None else max(0.0, min(self._limits.wait_s, left_s * _SHARE_OF_DEADLINE_TO_WAIT))

    def _read_s(self) -> float:
        left_s = deadline.remaining_s()
        return self._limits.read_s if left_s is None else max(0.0, min(self._limits.read_s, left_s * _SHARE_OF_DEADLINE_TO_READ))


async def _standing_of(connection: psycopg.AsyncConnection) -> Standing:
    row = await (await connection.execute(_STANDING)).fetchone()
    if row is None:
        raise DependencyUnavailable("database", "it does not say how far it is")
    return Standing.of(*row)


async def _standing_in(session: AsyncSession) -> Standing:
    return Standing.of(*(await session.execute(text(_STANDING))).one())


def _reason(error: Exception) -> Reason:
    match error:
        case StaleVersion():
            return Reason.CANCELLED
        case DeadlineExceeded():
            return Reason.SLOW
        case DependencyUnavailable():
            return Reason.UNREACHABLE
        case ParlourError():
            return Reason.MISSING
    return Reason.BROKEN

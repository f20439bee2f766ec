"""Group commit: what waits for one shard is decided and written together, one batch after the other.

There is no timer: while one batch commits, the next one gathers. Any number of instances may serve a shard. As long as an instance is the only one
that writes, it decides on what it remembers, a large batch even while the one before is being written, and the head of the shard is compared as the
batch is written. Where the head is another's, what was decided in vain is decided again with the head locked, and so are the next batches.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
from opentelemetry import context, trace
from prometheus_client import Counter, Gauge, Histogram

from services.credit import metrics, store
from services.credit.accounts import Account
from services.credit.batch import Changes, Outcome, decide_batch
from services.credit.chain import Batch, seal
from services.credit.database_clock import DatabaseClock
from services.credit.decisions import Terms
from services.credit.memory import Keyed, Memory
from services.credit.operations import Operation
from services.credit.posting import Limits
from services.credit.pricing import PriceList
from services.credit.store import Loaded
from services.credit.waiting import Waiting, WaitingBatch, keyed, spanned
from services.credit.writing import Written, write, written
from services.runtime import failures, spans
from services.runtime.database import Database, only_reads
from services.runtime.errors import DependencyUnavailable, Overloaded, ParlourError, StaleVersion

_ATTEMPTS_MAX = 10
_PAUSE_S = 0.05
_AHEAD_MIN = 64
"""Operations that are worth a batch of their own while another is being written; fewer wait for it and gather."""
_LOCKED_BATCHES = 16
"""Batches that are decided under the lock after another instance was met."""
_LOCK = b"SELECT 1 FROM shards WHERE shard = %s FOR UPDATE"
_WRITTEN = b"SELECT hash FROM batches WHERE shard = %s AND batch_seq = %s"

_sizes = Histogram("parlour_credit_batch_operations", "Operations that were written together", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
_seconds = Histogram(
    "parlour_credit_batch_duration_seconds", "How long a batch took", buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2, 10)
)
_waiting = Gauge("parlour_credit_batch_waiting", "Operations that wait for their batch")
_reloads = Counter("parlour_credit_batch_reloads_total", "Batches that had to be decided again on what was read anew", ["cause"])
_unknown = Counter("parlour_credit_batch_unknown_outcomes_total", "Batches whose connection was lost while they were written", ["resolved"])


@dataclass(frozen=True, slots=True)
class ShardLimits:
    """What one shard may take on: operations that wait, operations in a batch, remembered accounts and requests, seconds to find out what became of
    a batch."""

    queue_max: int = 4_000
    batch_max: int = 200
    accounts_max: int = 20_000
    requests_max: int = 4_000
    resolve_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Ruling:
    """What every shard decides by. `ahead` puts the clock forward, in tests."""

    prices: PriceList
    limits: Limits
    ahead: timedelta = timedelta(0)


@dataclass(slots=True)
class _Draft:
    """A batch that is decided in memory."""

    batch: WaitingBatch
    terms: Terms
    outcomes: list[Outcome]
    changes: Changes
    remembered: Mapping[int, Account]
    counted: metrics.Tally = field(default_factory=dict)


@dataclass(slots=True)
class _Flight:
    """A batch that is being written."""

    draft: _Draft
    sealed: Batch
    writing: asyncio.Task[bool]


class Shard:
    """One chain of batches, and the queue before it. Make it inside the running loop."""

    def __init__(self, number: int, database: Database, ruling: Ruling, limits: ShardLimits) -> None:
        self._number = number
        self._database = database
        self.ruling = ruling
        self._limits = limits
        self._queue: deque[Waiting] = deque()
        self._running: asyncio.Task[None] | None = None
        self._crowd: asyncio.Future[None] | None = None
        self._memory = Memory(limits.accounts_max, limits.requests_max)
        self._writer = database.keep()
        self._clock = DatabaseClock()
        self._decided_at = datetime.min.replace(tzinfo=UTC)
        self._locked_batches = 1  # the first batch reads the head

    def submit(self, key: int, operation: Operation) -> asyncio.Future[Outcome]:
        """Have an operation decided and written in one of the next batches; a caller who goes away does not stop it. Raises Overloaded."""
        if len(self._queue) >= self._limits.queue_max:
            raise Overloaded(f"{len(self._queue)} operations wait for shard {self._number}")
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.append(Waiting(key, operation, answer, spans.cause()))
        _waiting.inc()
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        elif len(self._queue) == _AHEAD_MIN and self._crowd is not None:
            _wake(self._crowd)
        return answer

    async def drain(self) -> None:
        """Wait until nothing waits."""
        while self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        context.attach(trace.set_span_in_context(trace.INVALID_SPAN))  # the task was begun by one caller, and works for others too
        flight: _Flight | None = None
        try:
            while self._queue or flight is not None:
                flight = await self._step(flight)
        finally:
            self._running = None

    async def _step(self, flight: _Flight | None) -> _Flight | None:
        if flight is not None and not await self._is_crowded(flight):
            await self._land(flight)
            return None
        batch = self._take()
        _sizes.observe(len(batch))
        try:
            return await self._take_off(batch, flight)
        except BaseException as error:  # whatever goes wrong, nobody is left without an answer
            self._fail([*(flight.draft.batch if flight is not None else []), *batch], error)
            if not isinstance(error, Exception):
                raise
            return None

    async def _is_crowded(self, flight: _Flight) -> bool:
        """Wait until a batch is written or enough has gathered for another; return whether the latter came first."""
        if len(self._queue) < _AHEAD_MIN:
            self._crowd = crowd = asyncio.get_running_loop().create_future()
            flight.writing.add_done_callback(lambda _: _wake(crowd))
            await crowd
        return len(self._queue) >= _AHEAD_MIN and not flight.writing.done()

    def _take(self) -> WaitingBatch:
        batch = [self._queue.popleft()]
        while self._queue and len(batch) < self._limits.batch_max and not (batch[0].operation.alone or self._queue[0].operation.alone):
            batch.append(self._queue.popleft())
        _waiting.dec(len(batch))
        return batch

    async def _take_off(self, batch: WaitingBatch, before: _Flight | None) -> _Flight | None:
        """Decide a batch while the one before is being written, then have it written; return it if it is on its way."""
        # What a member has used is told by the database alone.
        asks = any(waiting.operation.member_key or waiting.unsure for waiting in batch)
        if self._locked_batches or asks or self._memory.head is None:
            if before is not None:
                await self._land(before)
            self._locked_batches = max(0, self._locked_batches - 1)
            await self._commit_locked(batch)
            return None
        try:
            draft = await self._draft(batch)
        except Exception as error:
            if before is not None:
                await self._land(before)
            if isinstance(error, ParlourError):
                self._fail(batch, error)
            else:  # what is remembered does not fit what was read: another instance has written meanwhile
                self._memory.forget()
                await self._commit_locked(batch)
            return None
        sealed, statement = self._seal(draft)
        if before is not None and not await self._land(before):
            await self._commit_locked(batch)  # what it was decided on did not come true
            return None
        if sealed is None or statement is None:
            self._answer_sure(draft)
            return None
        # Sent at once, before those run who have just been answered.
        return _Flight(draft, sealed, asyncio.Task(self._send(batch, sealed, statement), loop=asyncio.get_running_loop(), eager_start=True))

    async def _land(self, flight: _Flight) -> bool:
        """Wait until a batch is written, and answer it; return whether it was written as it was decided."""
        try:
            done = await flight.writing
        except psycopg.errors.UniqueViolation:  # a request was repeated, or an account opened elsewhere
            _reloads.labels("met_on_writing").inc()
            done = False
        except (psycopg.errors.RaiseException, StaleVersion):
            _reloads.labels("written_elsewhere").inc()
            self._locked_batches = _LOCKED_BATCHES
            done = False
        except Exception as error:
            self._fail(flight.draft.batch, error)
            return False
        if not done:
            self._memory.forget()
            await self._commit_locked(flight.draft.batch)
            return False
        self._answer_sure(flight.draft)
        return True

    def _answer_sure(self, draft: _Draft) -> None:
        """Answer what was decided in memory and written, or written before.

        Of what is kept nowhere only the books can tell: another instance may have changed them, and a repetition that is not remembered may have been
        answered otherwise.
        """
        for waiting, outcome in zip(reversed(draft.batch), reversed(draft.outcomes), strict=True):
            if not (outcome.kept or outcome.replayed or outcome.moved):
                waiting.unsure = True
                self._queue.appendleft(waiting)
                _waiting.inc()
        _answer(draft)

    async def _draft(self, batch: WaitingBatch) -> _Draft:
        """Decide a batch on what is remembered, and what has to be read for it. Raises ParlourError before anything is decided."""
        operations = keyed(batch)
        remembered = self._memory.accounts_of(operations)
        wanted, now = self._memory.wanted(operations, remembered), self._clock.now()
        if now is not None and not wanted.rows:
            # Nothing has to be read: a repetition that is not remembered is met as the batch is written.
            return self._decide(batch, operations, Loaded(now), remembered)
        async with self._database.connection() as connection:
            loaded = await store.load(connection, wanted)
        self._clock.read(loaded.now)
        return self._decide(batch, operations, loaded, remembered)

    def _decide(self, batch: WaitingBatch, operations: Keyed, loaded: Loaded, remembered: Mapping[int, Account]) -> _Draft:
        self._decided_at = now = max(loaded.now + self.ruling.ahead, loaded.head_decided_at or self._decided_at)
        terms = Terms(self.ruling.prices, now, self.ruling.limits)
        outcomes, changes = decide_batch(operations, self._memory.books(loaded, remembered), terms)
        return _Draft(batch, terms, outcomes, changes, remembered)

    def _seal(self, draft: _Draft) -> tuple[Batch, Written] | tuple[None, None]:
        """Close a batch: from here on, memory holds what it leaves. There is nothing to write where it changed nothing."""
        draft.counted = metrics.tally(draft.outcomes, draft.changes)
        if draft.changes.empty:
            self._memory.keep(draft.changes, None, draft.remembered)
            return None, None
        assert self._memory.head is not None
        prices, changes = draft.terms.prices, draft.changes
        sealed = seal(self._memory.head, draft.terms.now, prices.price_version, changes.records, changes.tape.journal)
        statement = written(changes, sealed)
        self._memory.keep(changes, sealed, draft.remembered)
        return sealed, statement

    async def _send(self, batch: WaitingBatch, sealed: Batch, statement: Written) -> bool:
        with spanned(batch):
            return await self._write(sealed, statement)

    async def _write(self, sealed: Batch, statement: Written) -> bool:
        """Write a batch; return whether it was. Raises where the database refused it, and where nobody can tell."""
        started_s = time.monotonic()
        try:
            async with self._writer.connection() as connection:
                row = await (await write(connection, statement)).fetchone()
            assert row is not None
            self._clock.read(row[1])
        except DependencyUnavailable as error:
            if only_reads(error):
                raise
            return await self._was_written(sealed)
        _seconds.observe(time.monotonic() - started_s)
        return True

    async def _commit_locked(self, batch: WaitingBatch) -> None:
        """Decide and write a batch with the shard's head locked, and answer every operation, whatever happens."""
        with spanned(batch):
            await self._commit_again(batch)

    async def _commit_again(self, batch: WaitingBatch) -> None:
        try:
            for _ in range(_ATTEMPTS_MAX):
                batch = await self._try_locked(batch)
                if not batch:
                    return
        except BaseException as error:
            self._fail(batch, error)
            if isinstance(error, asyncio.CancelledError):
                raise
        else:
            self._fail(batch, StaleVersion("the accounts were changed by others again and again"))

    async def _try_locked(self, batch: WaitingBatch) -> WaitingBatch:
        """Decide and write a batch once; return what has to be tried again."""
        draft, sealed, started_s = None, None, time.monotonic()
        try:
            # A pipeline on a connection in autocommit mode is one transaction, committed as it ends: what is sent before an answer is awaited
            # travels together, and neither BEGIN nor COMMIT is a message of its own.
            async with self._database.connection() as connection, connection.pipeline():
                draft = await self._draft_locked(connection, batch)
                sealed, statement = self._seal(draft)
                if statement is not None:
                    await write(connection, statement)
        except psycopg.errors.UniqueViolation:
            # Somebody else opened the same account meanwhile: what concerns it is sent to where it is now.
            self._memory.forget()
            _reloads.labels("opened_elsewhere").inc()
            elsewhere = await self._opened_elsewhere(draft.changes.opened if draft is not None else {})
            for waiting in batch:
                if waiting.key in elsewhere and not waiting.answer.done():
                    waiting.answer.set_result(Outcome(waiting.operation, moved=True))
            return [waiting for waiting in batch if waiting.key not in elsewhere]
        except (psycopg.errors.RaiseException, StaleVersion):
            self._memory.forget()
            _reloads.labels("changed_by_hand").inc()
            return batch
        except DependencyUnavailable as error:
            if sealed is None or draft is None or only_reads(error):
                raise
            if not await self._was_written(sealed):
                self._memory.forget()
                return batch
        assert draft is not None
        _seconds.observe(time.monotonic() - started_s)
        for waiting in batch:
            waiting.unsure = False
        _answer(draft)
        return []

    async def _opened_elsewhere(self, opened: Mapping[int, str]) -> set[int]:
        """Which keys of accounts that were about to be opened are not those that others have given them."""
        async with self._database.connection() as connection:
            found = await store.find_keys(connection, list(opened.values()))
        return {key for key, account_id in opened.items() if found.get(account_id, key) != key}

    async def _draft_locked(self, connection: psycopg.AsyncConnection, batch: WaitingBatch) -> _Draft:
        operations = keyed(batch)
        remembered = self._memory.accounts_of(operations)
        loaded = await store.load(connection, self._memory.wanted(operations, remembered), lock=self._number)
        if loaded.head != self._memory.head:
            self._memory.forget(loaded.head)
            remembered = {}
            loaded = await store.load(connection, self._memory.wanted(operations, remembered), lock=self._number)
        return self._decide(batch, operations, loaded, remembered)

    def _fail(self, batch: WaitingBatch, error: BaseException) -> None:
        """Answer a batch that could not be written, or of which nobody can tell: what is in memory may be wrong from here on."""
        self._memory.forget()
        self._locked_batches = max(1, self._locked_batches)
        if not isinstance(error, ParlourError):
            failures.ended(error, failures.Place.BACKGROUND, "a batch failed", shard=self._number)
            error = DependencyUnavailable("ledger", type(error).__name__)
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_exception(error)

    async def _was_written(self, sealed: Batch) -> bool:
        """Ask until the database answers. The lock waits for a commit that is still under way. Raises DependencyUnavailable."""
        give_up_at_s, pause_s = time.monotonic() + self._limits.resolve_s, _PAUSE_S
        while True:
            try:
                async with self._database.connection() as connection, connection.transaction():
                    await connection.execute(_LOCK, [self._number])
                    row = await (await connection.execute(_WRITTEN, [sealed.shard, sealed.batch_seq])).fetchone()
            except ParlourError:
                if time.monotonic() > give_up_at_s:
                    _unknown.labels("never").inc()
                    raise
            else:
                found = row is not None and row[0] == sealed.hash
                _unknown.labels("written" if found else "not_written").inc()
                return found
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, 1.0)


def _wake(crowd: asyncio.Future[None]) -> None:
    if not crowd.done():
        crowd.set_result(None)


def _answer(draft: _Draft) -> None:
    metrics.publish(draft.counted)
    for waiting, outcome in zip(draft.batch, draft.outcomes, strict=True):
        if not waiting.unsure and not waiting.answer.done():
            waiting.answer.set_result(outcome)

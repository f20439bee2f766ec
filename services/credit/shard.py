"""Group commit: what waits for one shard is decided and written together, one batch after the other.

There is no timer: while one batch commits, the next one gathers. A shard's head is locked for the length of a batch, so that any number of instances may
serve it, and tells whether another instance has written since: if not, the accounts that this instance remembers are the books' own, and are not read
again.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from prometheus_client import Counter, Gauge, Histogram

from services.credit import metrics, store
from services.credit.accounts import Account
from services.credit.batch import Books, Changes, Outcome, decide_batch
from services.credit.chain import Batch, Head, seal
from services.credit.decisions import Terms
from services.credit.identifiers import hold_seq
from services.credit.operations import Operation
from services.credit.posting import Limits
from services.credit.pricing import PriceList
from services.credit.store import Loaded, Wanted
from services.credit.tiers import DAY_S
from services.credit.writing import write
from services.runtime.bounded_map import BoundedMap
from services.runtime.database import Database
from services.runtime.errors import DependencyUnavailable, NotFound, Overloaded, ParlourError, StaleVersion
from services.runtime.telemetry import get_logger

_ATTEMPTS_MAX = 10
_PAUSE_S = 0.05
_LOCK = b"SELECT batch_seq, hash, decided_at FROM shards WHERE shard = %s FOR UPDATE"
_WRITTEN = b"SELECT hash FROM batches WHERE shard = %s AND batch_seq = %s"

_sizes = Histogram("parlour_credit_batch_operations", "Operations that were written together", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
_seconds = Histogram(
    "parlour_credit_batch_duration_seconds", "How long a batch took", buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2, 10)
)
_waiting = Gauge("parlour_credit_batch_waiting", "Operations that wait for their batch")
_reloads = Counter("parlour_credit_batch_reloads_total", "Batches for which the remembered accounts were read again", ["cause"])
_unknown = Counter("parlour_credit_batch_unknown_outcomes_total", "Batches whose connection was lost while they were written", ["resolved"])
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ShardLimits:
    """What one shard may take on: operations that wait, operations in a batch, remembered accounts, seconds to find out what became of a batch."""

    queue_max: int = 4_000
    batch_max: int = 400
    accounts_max: int = 5_000
    resolve_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Ruling:
    """What every shard decides by. `ahead` puts the clock forward, in tests."""

    prices: PriceList
    limits: Limits
    ahead: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Waiting:
    key: int
    operation: Operation
    answer: asyncio.Future[Outcome]


class Shard:
    """One chain of batches, and the queue before it. Make it inside the running loop."""

    def __init__(self, number: int, database: Database, ruling: Ruling, limits: ShardLimits) -> None:
        self._number = number
        self._database = database
        self.ruling = ruling
        self._limits = limits
        self._queue: deque[_Waiting] = deque()
        self._running: asyncio.Task[None] | None = None
        self._head: Head | None = None
        self._accounts = self._new_accounts()

    def _new_accounts(self) -> BoundedMap[int, Account]:
        return BoundedMap("credit_accounts", size_max=self._limits.accounts_max)

    def submit(self, key: int, operation: Operation) -> asyncio.Future[Outcome]:
        """Have an operation decided and written in one of the next batches; a caller who goes away does not stop it. Raises Overloaded."""
        if len(self._queue) >= self._limits.queue_max:
            raise Overloaded(f"{len(self._queue)} operations wait for shard {self._number}")
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(key, operation, answer))
        _waiting.inc()
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return answer

    async def drain(self) -> None:
        """Wait until nothing waits."""
        while self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        try:
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._limits.batch_max))]
                _waiting.dec(len(batch))
                started_s = time.monotonic()
                await self._commit(batch)
                _sizes.observe(len(batch))
                _seconds.observe(time.monotonic() - started_s)
        finally:
            self._running = None

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Answer every operation of a batch, whatever happens."""
        try:
            for _ in range(_ATTEMPTS_MAX):
                batch = await self._try(batch)
                if not batch:
                    return
            raise StaleVersion("the accounts were changed by others again and again")
        except BaseException as error:
            self._forget()
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error if isinstance(error, ParlourError) else DependencyUnavailable("credit", type(error).__name__))
            if not isinstance(error, ParlourError):
                _log.error("a batch failed", shard=self._number, exc_info=error)
            if isinstance(error, asyncio.CancelledError):
                raise

    async def _try(self, batch: list[_Waiting]) -> list[_Waiting]:
        """Decide and write a batch; return what has to be tried again."""
        attempt = _Attempt()
        try:
            await self._decide_and_write(batch, attempt)
        except psycopg.errors.UniqueViolation:
            # Somebody else opened the same account meanwhile: what concerns it is sent to where it is now.
            self._forget("opened_elsewhere")
            moved = [waiting for waiting in batch if waiting.key in attempt.changes.opened]
            _answer(moved, [Outcome(waiting.operation, moved=True) for waiting in moved])
            return [waiting for waiting in batch if waiting.key not in attempt.changes.opened]
        except psycopg.errors.RaiseException:
            self._forget("changed_by_hand")
            return batch
        except StaleVersion:
            self._forget("race")
            return batch
        except DependencyUnavailable:
            if attempt.sealed is None:
                raise
            # Only the database knows whether the batch was written.
            written = await self._was_written(attempt.sealed)
            _unknown.labels("written" if written else "not_written").inc()
            if not written:
                self._forget("connection_lost")
                return batch
        self._written(attempt)
        _answer(batch, attempt.outcomes)
        return []

    async def _decide_and_write(self, batch: list[_Waiting], attempt: "_Attempt") -> None:
        # A pipeline on a connection in autocommit mode is one transaction, committed as it ends: what is sent before an answer is awaited
        # travels together, and neither BEGIN nor COMMIT is a message of its own.
        async with self._database.connection() as connection, connection.pipeline():
            remembered = self._remembered(batch)
            loaded = await store.load(connection, self._wanted(batch, remembered), self.ruling.ahead, lock=self._number)
            if loaded.head != self._head:
                _reloads.labels("written_elsewhere" if self._head is not None else "first").inc()
                self._accounts, remembered = self._new_accounts(), {}
                loaded = await store.load(connection, self._wanted(batch, remembered), self.ruling.ahead, lock=self._number)
                self._head = loaded.head
            assert loaded.head is not None
            assert loaded.head_decided_at is not None
            now = max(loaded.now, loaded.head_decided_at)
            terms = Terms(self.ruling.prices, now, self.ruling.limits)
            books = self._books(loaded, remembered)
            attempt.remembered = remembered
            attempt.outcomes, attempt.changes = decide_batch([(waiting.key, waiting.operation) for waiting in batch], books, terms)
            if not attempt.changes.empty:
                attempt.seal(loaded.head, terms)
                assert attempt.sealed is not None
                await write(connection, attempt.changes, attempt.sealed)

    def _remembered(self, batch: Sequence[_Waiting]) -> dict[int, Account]:
        """The accounts of a batch that are in memory."""
        found = {waiting.key: self._accounts.get(waiting.key) for waiting in batch}
        return {key: account for key, account in found.items() if account is not None}

    @staticmethod
    def _wanted(batch: Sequence[_Waiting], remembered: Mapping[int, Account]) -> Wanted:
        accounts, holds, members, requests = set(), [], [], []
        since_day = int(time.time() // DAY_S) - 2
        for waiting in batch:
            key, operation = waiting.key, waiting.operation
            account = remembered.get(key)
            if account is None:
                accounts.add(key)
            if operation.request_key:
                requests.append((key, operation.request_key))
            if operation.hold_id and (seq := _seq_of(key, operation.hold_id)) and (account is None or seq not in account.holds):
                holds.append((key, seq))
            if operation.member_key:
                members.append((key, operation.member_key, since_day))
        return Wanted(sorted(accounts), holds, members, requests)

    @staticmethod
    def _books(loaded: Loaded, remembered: Mapping[int, Account]) -> Books:
        accounts = {**remembered, **loaded.accounts}
        for key, hold in loaded.holds:
            accounts[key].holds.setdefault(hold.seq, hold)
        for key, member in loaded.members:
            accounts[key].members[member.key, member.day] = member
        return Books(accounts, dict(loaded.records))

    def _written(self, attempt: "_Attempt") -> None:
        metrics.count(attempt.outcomes, attempt.changes)
        for key, account in attempt.changes.accounts.items():
            account.written()
            if key not in attempt.remembered:
                self._accounts.put(key, account)
        if attempt.sealed is not None:
            self._head = attempt.sealed.head

    def _forget(self, cause: str = "failed") -> None:
        """Trust nothing that is in memory: what failed has changed it."""
        _reloads.labels(cause).inc()
        self._head = None
        self._accounts = self._new_accounts()

    async def _was_written(self, sealed: Batch) -> bool:
        """Ask until the database answers. The lock waits for a commit that is still under way. Raises DependencyUnavailable."""
        give_up_at_s, pause_s = time.monotonic() + self._limits.resolve_s, _PAUSE_S
        while True:
            try:
                async with self._database.connection() as connection, connection.transaction():
                    await connection.execute(_LOCK, [self._number])
                    row = await (await connection.execute(_WRITTEN, [sealed.shard, sealed.batch_seq])).fetchone()
                    return row is not None and row[0] == sealed.hash
            except ParlourError:
                if time.monotonic() > give_up_at_s:
                    _unknown.labels("never").inc()
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, 1.0)


class _Attempt:
    """How far one attempt at a batch has come."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.changes = Changes()
        self.sealed: Batch | None = None
        self.remembered: Mapping[int, Account] = {}

    def seal(self, head: Head, terms: Terms) -> None:
        self.sealed = seal(head, terms.now, terms.prices.price_version, self.changes.records, self.changes.tape.journal)


def _answer(batch: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
    for waiting, outcome in zip(batch, outcomes, strict=True):
        if not waiting.answer.done():
            waiting.answer.set_result(outcome)


def _seq_of(key: int, given: str) -> int:
    try:
        return hold_seq(key, given)
    except NotFound:  # the decision says so
        return 0

"""Erasing a person from all services: a durable job that goes on where it was cut off, tries again without end, and leaves a receipt.

What was said and done up to the moment of the request goes; a person who talks anew afterwards is served like anybody else. The stages, each of
bounded transactions whose counts are noted with them:

1. RECORDED: the tombstone is in the database, and is written to the file outside it before anything is erased.
2. TEXTS: the person's messages with the replies to them, turns, and all that is kept by person. Summaries that covered the messages are emptied in
   the same transaction, by triggers, and made again of what is left, by jobs. What a turn used is told to credit before it goes; where credit cannot
   be reached in a moment, what the gateway has not charged is not charged at all.
3. WAITING: for the transactions and jobs that ran by then, which may hold what they read before.
4. AGAIN: the second once more, for what those wrote, and what was made of messages that are gone.
5. OTHERS: in other people's messages, quotes of the person are emptied and mentions replaced. Every message of everybody's is looked through.
6. MEMORY, then 7. CREDIT: the same in the other services, under request ids of the erasure's.
8. The receipt. Its hash is SHA-256, in hexadecimal digits, over a line "service.table=count" for each table, in the order of their names, each
   ended by a line feed, then the erasure's id, a line feed, and the time in microseconds of Unix time.

The person's id is kept until then, and after it only its hash: see tombstones.py.
"""

import asyncio
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

import prometheus_client
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from parlour.credit.v1 import credit_pb2
from parlour.memory.v1 import memory_pb2
from services.conversation import tables
from services.conversation.guilds.ignored_people import ignoring_guilds, stop_ignoring
from services.conversation.message_store import Conversation
from services.conversation.privacy import erasure_store
from services.conversation.privacy.erasure_store import Subject
from services.conversation.privacy.tombstones import Tombstone, TombstoneFile, subject_hash
from services.conversation.turn import Turn
from services.conversation.turn_rows import turn_of
from services.credit.client import CreditClient
from services.memory.client import MemoryClient
from services.runtime import failures
from services.runtime.database import Database
from services.runtime.errors import DeadlineExceeded, InvalidField, NotFound, Overloaded, ParlourError, RequestIdReused
from services.runtime.jobs import Jobs
from services.runtime.telemetry import get_logger

TASK = "erase_subject"
JOB_S = 900.0
_MEMORY_S = 600.0
_CREDIT_S = 30.0
_SETTLE_S = 5.0
_POLL_S = 0.05
_FOREVER = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_erasures, _tombstones = tables.erasures, tables.tombstones
_begun = prometheus_client.Counter("parlour_conversation_erasures_begun_total", "Erasures of people that were begun", ["why"])
_rows = prometheus_client.Counter("parlour_conversation_erased_rows_total", "Rows erased with the person they belonged to", ["table"])
_seconds = prometheus_client.Histogram(
    "parlour_conversation_erasure_duration_seconds",
    "From the request for an erasure to its receipt",
    buckets=(0.5, 1, 5, 30, 120, 600, 3_600, 86_400),
)
_open = prometheus_client.Gauge("parlour_conversation_erasures_open", "Erasures without a receipt yet")
_oldest_s = prometheus_client.Gauge("parlour_conversation_erasure_oldest_seconds", "Age of the oldest erasure without a receipt yet")
_unsettled = prometheus_client.Counter("parlour_conversation_erased_unsettled_total", "Turns erased before credit could be told what they used")
_log = get_logger(__name__)

_TOMBSTONE = sa.text("""
    INSERT INTO tombstones AS t (subject_hash, before_time, opted_out)
    VALUES (:subject_hash, coalesce(:before_time, clock_timestamp()), :opted_out OR EXISTS (SELECT FROM opt_outs WHERE user_id = :user_id))
    ON CONFLICT (subject_hash) DO UPDATE
        SET before_time = greatest(t.before_time, excluded.before_time), opted_out = t.opted_out OR excluded.opted_out
    RETURNING before_time, opted_out
""")
_BEGIN = sa.text("""
    INSERT INTO erasures (erasure_id, request_hash, subject_hash, user_id, before_time)
    VALUES (:erasure_id, :request_hash, :subject_hash, :user_id, :before_time)
""")
_NOTE = sa.text("UPDATE erasures SET erased = CAST(:erased AS jsonb) WHERE erasure_id = :erasure_id")
_FINISH = sa.text("""
    UPDATE erasures SET complete_time = clock_timestamp(), backups_expire_time = clock_timestamp() + make_interval(days => :backup_days),
        user_id = '', walked = NULL, awaited = NULL
    WHERE erasure_id = :erasure_id RETURNING complete_time, erased, begun_at
""")
_FORGET_PLACES = sa.text("DELETE FROM erased_places WHERE erasure_id = :erasure_id")
_MEASURE = sa.text("""
    SELECT count(*) AS open, coalesce(extract(epoch FROM now() - min(begun_at)), 0) AS oldest_s FROM erasures WHERE complete_time IS NULL
""")
_DELETE_OLD = sa.text("DELETE FROM erasures WHERE complete_time < now() - make_interval(days => :days)")
_DELETE_OLD_TOMBSTONES = sa.text("DELETE FROM tombstones WHERE before_time < now() - make_interval(days => :days) AND NOT opted_out")


class Stage(IntEnum):
    """How far an erasure has come: the stage that is next."""

    RECORDED = 0
    TEXTS = 1
    WAITING = 2
    AGAIN = 3
    OTHERS = 4
    MEMORY = 5
    CREDIT = 6
    RECEIPT = 7


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an erasure stands; without complete_time it is under way."""

    erasure_id: str
    erased: Mapping[str, int]
    complete_time: datetime | None
    backups_expire_time: datetime | None
    receipt_hash: str


@dataclass(frozen=True, slots=True)
class ErasureLimits:
    """`batch_max` bounds the rows of one transaction that deletes, `walk_max` the messages that one looks through, `wait_s` a wait for jobs under way
    (then the queue tries again later), `backup_days` how long backups live, `keep_days` how long receipts and tombstones are kept."""

    batch_max: int
    walk_max: int
    wait_s: float
    backup_days: int
    keep_days: int


def receipt_hash(erasure_id: str, erased: Mapping[str, int], complete_time: datetime) -> str:
    """Return what tells a receipt from any other; the module says what it is made of."""
    lines = "".join(f"{table}={rows}\n" for table, rows in sorted(erased.items()))
    microseconds = (complete_time - _EPOCH) // timedelta(microseconds=1)
    return hashlib.sha256(f"{lines}{erasure_id}\n{microseconds}".encode()).hexdigest()


class Erasures:
    """Begins erasures, runs them, and tells how far they are.

    `settle` tells credit what a turn used; `follow_changes` has a conversation indexed and summed up again, in the transaction it is given;
    `editing_persona` wraps a transaction that changes a persona (guild, user), `editing_guild` one that changes a guild's settings, so that no
    instance goes on with what it keeps of it.
    """

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        memory: MemoryClient,
        credit: CreditClient,
        limits: ErasureLimits,
        *,
        file: TombstoneFile | None,
        settle: Callable[[Turn], Awaitable[None]],
        follow_changes: Callable[[AsyncSession, Conversation], Awaitable[None]],
        editing_persona: Callable[[str, str], AbstractAsyncContextManager[None]],
        editing_guild: Callable[[str], AbstractAsyncContextManager[None]],
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._memory = memory
        self._credit = credit
        self._limits = limits
        self._file = file
        self._settle = settle
        self._follow_changes = follow_changes
        self._editing_persona = editing_persona
        self._editing_guild = editing_guild

    async def begin(self, request_id: str, user_id: str) -> Progress:
        """Record the wish, its tombstone and its job together; a repeated request answers how far its erasure is.

        Raises RequestIdReused for another person, and InvalidField for the assistant, who is nobody.
        """
        if user_id == "assistant":
            raise InvalidField("user_id", "is the assistant's")
        request_hash = hashlib.sha256(request_id.encode()).digest()
        async with self._database.write() as session:
            # Two calls with one request id take turns.
            await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"erase:{request_hash.hex()}", 0))))
            known = (await session.execute(sa.select(_erasures).where(_erasures.c.request_hash == request_hash))).one_or_none()
            if known is None:
                known = await self.record(session, user_id, request_hash, None)
                _begun.labels("request").inc()
        if bytes(known.subject_hash) != subject_hash(user_id):
            raise RequestIdReused(request_id)
        return _progress(known)

    async def record(self, session: AsyncSession, user_id: str, request_hash: bytes, tombstone: Tombstone | None) -> sa.Row[Any]:
        """Record an erasure with its tombstone and its job; `tombstone` is that of an earlier erasure which a restore has undone."""
        erasure_id, subject = uuid.uuid4().hex, subject_hash(user_id)
        values = {
            "subject_hash": subject,
            "user_id": user_id,
            "before_time": tombstone.before_time if tombstone else None,
            "opted_out": bool(tombstone and tombstone.opted_out),
        }
        before_time = (await session.execute(_TOMBSTONE, values)).one().before_time
        begun = {"erasure_id": erasure_id, "request_hash": request_hash, "subject_hash": subject, "user_id": user_id, "before_time": before_time}
        await session.execute(_BEGIN, begun)
        # One erasure of a person at a time.
        await self._jobs.enqueue(session, TASK, lock=f"erase:{subject.hex()[:32]}", erasure_id=erasure_id)
        return (await session.execute(sa.select(_erasures).where(_erasures.c.erasure_id == erasure_id))).one()

    async def get(self, erasure_id: str) -> Progress:
        """Tell how far an erasure has come. Raises NotFound."""
        async with self._database.read() as session:
            row = (await session.execute(sa.select(_erasures).where(_erasures.c.erasure_id == erasure_id))).one_or_none()
        if row is None:
            raise NotFound("erasure")
        return _progress(row)

    def register(self) -> None:
        """Register the jobs."""

        @self._jobs.task(name=TASK, retries_max=_FOREVER, backoff_s=1.0, backoff_max_s=300.0, timeout_s=JOB_S)
        async def erase_subject(*, erasure_id: str) -> None:
            await self.run(erasure_id)

        @self._jobs.periodic(cron="* * * * *", name="measure_erasures")
        async def measure_erasures() -> None:
            await self.measure()

        @self._jobs.periodic(cron="23 4 * * *", name="forget_erasures")
        async def forget_erasures() -> None:
            await self.delete_old()

    async def run(self, erasure_id: str) -> None:
        """Do what is left of an erasure. Raises what stands in the way: then it goes on from there when it is run again."""
        stages: Mapping[Stage, Callable[[Subject], Awaitable[None]]] = {
            Stage.RECORDED: self._write_tombstone,
            Stage.TEXTS: self._erase_own,
            Stage.WAITING: self._wait,
            Stage.AGAIN: self._erase_own,
            Stage.OTHERS: self._walk_others,
            Stage.MEMORY: self._erase_memory,
            Stage.CREDIT: self._erase_credit,
            Stage.RECEIPT: self._finish,
        }
        while True:
            async with self._database.read() as session:
                row = (await session.execute(sa.select(_erasures).where(_erasures.c.erasure_id == erasure_id))).one_or_none()
            if row is None or row.complete_time is not None:
                return
            await stages[Stage(row.stage)](Subject(erasure_id, row.user_id, row.before_time))

    async def _write_tombstone(self, subject: Subject) -> None:
        if self._file is not None:
            async with self._database.read() as session:
                wanted = sa.select(_tombstones).where(_tombstones.c.subject_hash == subject_hash(subject.user_id))
                row = (await session.execute(wanted)).one()
            tombstone = Tombstone(bytes(row.subject_hash), row.before_time, row.opted_out)
            await asyncio.to_thread(self._file.append, tombstone)
        async with self._at(subject, Stage.RECORDED) as (session, _):
            await _set(session, subject, walked=await erasure_store.first_step(session, subject), stage=int(Stage.TEXTS))

    async def _walk_others(self, subject: Subject) -> None:
        async with self._at(subject, Stage.OTHERS) as (session, row):
            step, changed, places = await erasure_store.walk_others(session, subject, row.walked, self._limits.walk_max)
            await _note(session, row, "conversation", {"messages": changed})
            for where in places:
                await self._follow_changes(session, where)
            if step is None:
                await _set(session, subject, stage=int(Stage.MEMORY))
            else:
                await _set(session, subject, walked=step)

    async def _erase_own(self, subject: Subject) -> None:
        """One batch of the person's messages, or, where none is left, of their turns, or, where none of either is, the rest."""
        async with self._database.read() as session:
            stage = Stage(await session.scalar(sa.select(_erasures.c.stage).where(_erasures.c.erasure_id == subject.erasure_id)) or 0)
            unsettled = await erasure_store.unsettled_turns(session, subject, self._limits.batch_max)
            persona_guilds = await erasure_store.persona_guilds(session, subject)
            ignoring = await ignoring_guilds(session, subject.user_id)
        await self._settle_all([turn_of(row) for row in unsettled])
        async with self._at(subject, stage) as (session, row):
            counts = await erasure_store.erase_messages(session, subject, self._limits.batch_max)
            if not counts.total():
                counts = await erasure_store.erase_turns(session, subject, self._limits.batch_max)
            await _note(session, row, "conversation", counts)
        if not counts.total():
            await self._erase_rest(subject, stage, persona_guilds, ignoring)

    async def _erase_rest(self, subject: Subject, stage: Stage, persona_guilds: Sequence[str], ignoring: Sequence[str]) -> None:
        async with AsyncExitStack() as editing:
            for guild_id in persona_guilds:
                await editing.enter_async_context(self._editing_persona(guild_id, subject.user_id))
            for guild_id in ignoring:
                await editing.enter_async_context(self._editing_guild(guild_id))
            async with self._at(subject, stage) as (session, row):
                counts = await erasure_store.erase_state(session, subject) + await erasure_store.tidy_places(session, subject)
                counts += await stop_ignoring(session, subject.user_id, ignoring)
                await _note(session, row, "conversation", counts)
                for where in await erasure_store.touched_places(session, subject):
                    await self._follow_changes(session, where)
                if stage == Stage.TEXTS:
                    await _set(session, subject, awaited=await erasure_store.running_now(session), stage=int(Stage.WAITING))
                else:
                    await _set(session, subject, stage=int(Stage.OTHERS))

    async def _settle_all(self, turns: list[Turn]) -> None:
        async def settle(turn: Turn) -> None:
            try:
                async with asyncio.timeout(_SETTLE_S):
                    await self._settle(turn)
            except (ParlourError, TimeoutError) as error:
                _unsettled.inc()
                late = DeadlineExceeded("a turn could not be settled in time") if isinstance(error, TimeoutError) else error
                failures.ended(late, failures.Place.JOB, "a turn is erased before credit was told what it used", turn_id=turn.turn_id)

        await asyncio.gather(*(settle(turn) for turn in turns))

    async def _wait(self, subject: Subject) -> None:
        until = asyncio.get_running_loop().time() + self._limits.wait_s
        while True:
            async with self._at(subject, Stage.WAITING) as (session, row):
                if not await erasure_store.still_running(session, row.awaited):
                    return await _set(session, subject, stage=int(Stage.AGAIN))
            if asyncio.get_running_loop().time() >= until:
                raise Overloaded("jobs that may hold what is being erased still run")
            await asyncio.sleep(_POLL_S)

    async def _erase_memory(self, subject: Subject) -> None:
        request = memory_pb2.EraseSubjectRequest(request_id=f"{subject.erasure_id}:memory", user_id=subject.user_id)
        erased = (await self._memory.erase_subject(request, timeout_s=_MEMORY_S)).erased_by_table
        async with self._at(subject, Stage.MEMORY) as (session, row):
            await _note(session, row, "memory", erased)
            await _set(session, subject, stage=int(Stage.CREDIT))

    async def _erase_credit(self, subject: Subject) -> None:
        request = credit_pb2.EraseSubjectRequest(request_id=f"{subject.erasure_id}:credit", user_id=subject.user_id)
        erased = (await self._credit.erase_subject(request, timeout_s=_CREDIT_S)).erased_by_table
        async with self._at(subject, Stage.CREDIT) as (session, row):
            await _note(session, row, "credit", erased)
            await _set(session, subject, stage=int(Stage.RECEIPT))

    async def _finish(self, subject: Subject) -> None:
        async with self._at(subject, Stage.RECEIPT) as (session, _):
            values = {"erasure_id": subject.erasure_id, "backup_days": self._limits.backup_days}
            done = (await session.execute(_FINISH, values)).one()
            hashed = receipt_hash(subject.erasure_id, done.erased, done.complete_time)
            await _set(session, subject, receipt_hash=hashed)
            await session.execute(_FORGET_PLACES, values)
        _seconds.observe((done.complete_time - done.begun_at).total_seconds())
        _log.info("a person was erased", erasure_id=subject.erasure_id, erased=done.erased, receipt_hash=hashed)

    @asynccontextmanager
    async def _at(self, subject: Subject, stage: Stage) -> AsyncIterator[tuple[AsyncSession, sa.Row[Any]]]:
        """A transaction that alone works on the erasure, which is at this stage. Raises Overloaded where another run has gone on meanwhile."""
        async with self._database.write() as session:
            row = (await session.execute(sa.select(_erasures).where(_erasures.c.erasure_id == subject.erasure_id).with_for_update())).one()
            if row.stage != stage or row.complete_time is not None:
                raise Overloaded("the erasure has gone on meanwhile")
            yield session, row

    async def measure(self) -> None:
        """Publish how many erasures are under way, and how long the oldest."""
        async with self._database.read() as session:
            row = (await session.execute(_MEASURE)).one()
        _open.set(row.open)
        _oldest_s.set(float(row.oldest_s))

    async def delete_old(self) -> None:
        """Drop receipts and tombstones that nobody will ask for again; who had opted out stays known by the hash."""
        async with self._database.write() as session:
            await session.execute(_DELETE_OLD, {"days": self._limits.keep_days})
            await session.execute(_DELETE_OLD_TOMBSTONES, {"days": self._limits.keep_days})


async def _set(session: AsyncSession, subject: Subject, **values: object) -> None:
    await session.execute(sa.update(_erasures).where(_erasures.c.erasure_id == subject.erasure_id).values(**values))


async def _note(session: AsyncSession, row: sa.Row[Any], service: str, counts: Mapping[str, int]) -> None:
    """Add to what the receipt will say."""
    erased = Counter(row.erased)
    for table, rows in counts.items():
        erased[f"{service}.{table}"] += rows
        _rows.labels(f"{service}.{table}").inc(rows)
    await session.execute(_NOTE, {"erasure_id": row.erasure_id, "erased": json.dumps(erased)})


def _progress(row: sa.Row[Any]) -> Progress:
    return Progress(row.erasure_id, row.erased, row.complete_time, row.backups_expire_time, row.receipt_hash)

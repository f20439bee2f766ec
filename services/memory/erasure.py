"""Erasing a person: whatever they own and whatever they wrote goes, in every scope, and a receipt says how much that was.

It works under row level security like everything else: the scopes are listed from their table, which holds no content, and each transaction is
confined to a page of them. Every transaction is bounded, and what it erased is counted in it, so an erasure that was cut off goes on, and ends with
the receipt it would have had, when its request is repeated. It takes time in proportion to the number of scopes and memories of everybody.

The receipt is kept under the request's id with a hash of whose it is (SHA-256 of the user id), which is also the tombstone: a trigger drops
messages that the person wrote before, however late they arrive. Its own hash is SHA-256, in hexadecimal digits, over a line "table=count" for each
table, in the order of their names, each ended by a line feed, then the request id, a line feed, and the time in microseconds of Unix time.
"""

import asyncio
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import prometheus_client
import psycopg
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.operations import ERASED
from services.memory.scope_lock import confine, count, lock_known_scopes, writing
from services.runtime.database import Database
from services.runtime.errors import Overloaded, RequestIdReused
from services.runtime.telemetry import get_logger

JOB_POLL_S = 0.1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_rows = prometheus_client.Counter("parlour_memory_erased_rows_total", "Rows erased with the person they belonged to", ["table"])
_seconds = prometheus_client.Histogram(
    "parlour_memory_erasure_duration_seconds", "How long erasing a person took, by how it ended", ["result"], buckets=(0.1, 0.5, 1, 5, 30, 120, 600)
)
_log = get_logger(__name__)

_FIND = text("SELECT subject_hash, erased, finished_at, scopes_done_to FROM erasures WHERE request_id = :request_id")
_LOCK = text("SELECT erased, finished_at, scopes_done_to FROM erasures WHERE request_id = :request_id FOR UPDATE")
# Every write holds a lock on the scopes' table until its end. Waiting for all of them here, for a moment, means: what was written without knowing
# of the erasure is committed, and in sight, before the search for it begins.
_LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', CAST(CAST(:milliseconds AS bigint) AS text), true)")
_WRITERS_ENDED = text("LOCK TABLE scopes IN SHARE MODE")
_BEGIN = text(
    "INSERT INTO erasures (request_id, subject_hash, begun_at) VALUES (:request_id, :subject_hash, clock_timestamp()) ON CONFLICT DO NOTHING"
)
_NOTE = text("UPDATE erasures SET erased = CAST(:erased AS jsonb) WHERE request_id = :request_id")
_PAGE_DONE = text("UPDATE erasures SET scopes_done_to = :scope_id WHERE request_id = :request_id")
_FINISH = text("UPDATE erasures SET finished_at = clock_timestamp() WHERE request_id = :request_id RETURNING finished_at")
_FORGET_IDS = text("DELETE FROM erased_memories WHERE request_id = :request_id")
_DELETE_OLD = text("DELETE FROM erasures WHERE begun_at < now() - make_interval(days => :days)")

_THEIR_JOBS = "(args ->> 'user_id' = :user_id OR args ->> 'scope_id' IN (SELECT CAST(scope_id AS text) FROM scopes WHERE user_id = :user_id))"
_DELETE_JOBS = f"DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND {_THEIR_JOBS}"  # noqa: S608 -- a text of our own
_RUNNING_JOBS = text(f"SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND {_THEIR_JOBS}")  # noqa: S608

_SCOPES = text(
    "SELECT scope_id, user_id FROM scopes WHERE CAST(:after AS uuid) IS NULL OR scope_id > CAST(:after AS uuid) ORDER BY scope_id LIMIT :scopes_max"
)
_THEIRS = """
    SELECT scope_id, memory_id FROM memories
    WHERE scope_id = ANY(:scope_ids) AND (user_id = :user_id OR provenance ->> 'author_id' = :user_id)
    UNION
    SELECT scope_id, memory_id FROM memory_versions WHERE scope_id = ANY(:scope_ids) AND provenance ->> 'author_id' = :user_id
"""
_THEIR_MEMORIES = text(f"{_THEIRS} LIMIT :batch_max")
_TOUCHED = text(
    f"SELECT scope_id FROM ({_THEIRS}) theirs UNION"  # noqa: S608
    " SELECT scope_id FROM observed_messages WHERE scope_id = ANY(:scope_ids) AND author_id = :user_id"
)
_DELETE_BY_MEMORY = {
    table: f"DELETE FROM {table} WHERE memory_id = ANY(:ids)"  # noqa: S608 -- names of our own
    for table in ("memory_terms", "memory_traits", "memory_embeddings", "memory_versions", "memories")
}
_NOTE_IDS = text("INSERT INTO erased_memories (request_id, memory_id) SELECT :request_id, unnest(CAST(:ids AS uuid[])) ON CONFLICT DO NOTHING")
_DELETE_MESSAGES = """
    DELETE FROM observed_messages WHERE (scope_id, message_id) IN (
        SELECT scope_id, message_id FROM observed_messages
        WHERE scope_id = ANY(:scope_ids) AND (author_id = :user_id OR scope_id = ANY(:own)) LIMIT :batch_max)
"""
_DELETE_SCOPES = {
    "embedded_scopes": "DELETE FROM embedded_scopes WHERE scope_id = ANY(:own)",
    "scopes": "DELETE FROM scopes WHERE scope_id = ANY(:own)",
}

_THEIR_PLANS = "SELECT plan_id FROM forget_plans WHERE user_id = :user_id ORDER BY plan_id LIMIT :batch_max"
_DELETE_PLANS = {
    "forget_plan_items": f"DELETE FROM forget_plan_items WHERE plan_id IN ({_THEIR_PLANS})",  # noqa: S608
    "forget_plans": f"DELETE FROM forget_plans WHERE plan_id IN ({_THEIR_PLANS})",  # noqa: S608
}
_DELETE_ITEMS = "DELETE FROM forget_plan_items i USING erased_memories e WHERE e.request_id = :request_id AND e.memory_id = i.memory_id"

_OPERATIONS_PAGE = text("SELECT request_id FROM operations WHERE request_id > :after ORDER BY request_id LIMIT :batch_max")
# The request stays known, so that a late repetition does not store again what it brought; what it was and named is gone.
_BLANK_OPERATIONS = """
    UPDATE operations o SET result = CAST(:erased AS jsonb), payload_hash = ''
    WHERE o.request_id = ANY(:request_ids) AND jsonb_typeof(o.result -> 'ids') = 'array' AND EXISTS (
        SELECT FROM jsonb_array_elements_text(o.result -> 'ids') given JOIN erased_memories e
            ON e.memory_id = CASE WHEN pg_input_is_valid(given, 'uuid') THEN CAST(given AS uuid) END
        WHERE e.request_id = :request_id)
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many rows of each table were erased, and when the last of them was."""

    request_id: str
    erased: Mapping[str, int]
    erased_at: datetime

    @property
    def hash(self) -> str:
        """What tells this receipt from any other; the module says what it is made of."""
        lines = "".join(f"{table}={rows}\n" for table, rows in sorted(self.erased.items()))
        microseconds = (self.erased_at - _EPOCH) // timedelta(microseconds=1)
        return hashlib.sha256(f"{lines}{self.request_id}\n{microseconds}".encode()).hexdigest()


def subject_hash(user_id: str) -> bytes:
    """Return what a tombstone knows a person by; the trigger on observed_messages makes the same."""
    return hashlib.sha256(user_id.encode()).digest()


class Erasure:
    """Erases people from one database.

    `batch_max` bounds the memories, messages, plans or results of requests of one transaction, `scopes_max` the scopes it is confined to,
    `writers_wait_s` the wait for writes under way, in which no other begins, `jobs_wait_s` the wait for jobs of the person's that run,
    `keep_days` how long receipts and tombstones are kept.
    """

    def __init__(self, database: Database, *, batch_max: int, scopes_max: int, writers_wait_s: float, jobs_wait_s: float, keep_days: int) -> None:
        self._database = database
        self._batch_max = batch_max
        self._scopes_max = scopes_max
        self._writers_wait_s = writers_wait_s
        self._jobs_wait_s = jobs_wait_s
        self._keep_days = keep_days

    async def erase(self, request_id: str, user_id: str) -> Receipt:
        """Erase a person; a repeated request goes on where it was cut off, and once it is done answers the first receipt.

        Raises RequestIdReused for another person, Overloaded while a job of theirs runs, or a write takes too long.
        """
        begun = await self._begun(request_id, user_id)
        if begun.finished_at is not None:
            return Receipt(request_id, begun.erased, begun.finished_at)
        started_s, result = asyncio.get_running_loop().time(), "cut off"
        try:
            await self._erase_jobs(request_id, user_id)
            while await self._erase_from_scopes(request_id, user_id):
                pass
            while await self._erase_plans(request_id, user_id):
                pass
            await self._blank_operations(request_id)
            receipt = await self._finish(request_id)
            result = "done"
        finally:
            _seconds.labels(result).observe(asyncio.get_running_loop().time() - started_s)
        _log.info("a person was erased", erased=dict(receipt.erased), receipt_hash=receipt.hash)
        return receipt

    async def _begun(self, request_id: str, user_id: str) -> Row[Any]:
        subject = subject_hash(user_id)
        async with writing(self._database, []) as session:
            found = (await session.execute(_FIND, {"request_id": request_id})).first()
            if found is None:
                await _wait_for_writers(session, self._writers_wait_s)
                await session.execute(_BEGIN, {"request_id": request_id, "subject_hash": subject})
                found = (await session.execute(_FIND, {"request_id": request_id})).one()
        if bytes(found.subject_hash) != subject:
            raise RequestIdReused(request_id)
        return found

    async def _erase_jobs(self, request_id: str, user_id: str) -> None:
        """Remove jobs that wait for their turn, and wait for those that run: they may hold what they read before."""
        until_s = asyncio.get_running_loop().time() + self._jobs_wait_s
        while True:
            async with writing(self._database, []) as session:
                if await _locked(session, request_id) is None:
                    return
                deleted = await _deleted(session, _DELETE_JOBS, {"user_id": user_id})
                await _note(session, request_id, {"procrastinate_jobs": deleted})
                running = await session.scalar(_RUNNING_JOBS, {"user_id": user_id})
            if not running:
                return
            if asyncio.get_running_loop().time() >= until_s:
                raise Overloaded("a background job of this person's is running")
            await asyncio.sleep(JOB_POLL_S)

    async def _erase_from_scopes(self, request_id: str, user_id: str) -> bool:
        """Erase one batch from the first scopes that are not done; return whether there may be more."""
        async with writing(self._database, []) as session:
            row = await _locked(session, request_id)
            if row is None:
                return False
            page = list(await session.execute(_SCOPES, {"after": row.scopes_done_to, "scopes_max": self._scopes_max}))
            if not page:
                return False
            scope_ids = [scope.scope_id for scope in page]
            own = [scope.scope_id for scope in page if scope.user_id == user_id]
            await confine(session, scope_ids)
            parameters = {"user_id": user_id, "scope_ids": scope_ids, "own": own, "batch_max": self._batch_max}
            touched = set((await session.execute(_TOUCHED, parameters)).scalars()) | set(own)
            counts: Counter[str] = Counter()
            if touched:
                await lock_known_scopes(session, touched)
                counts = await _erase_content(session, request_id, parameters)
            if counts["memories"] < self._batch_max and counts["observed_messages"] < self._batch_max:
                counts.update(await _deleted_from(session, _DELETE_SCOPES, parameters))
                await session.execute(_PAGE_DONE, {"request_id": request_id, "scope_id": scope_ids[-1]})
            await _note(session, request_id, counts)
        return True

    async def _erase_plans(self, request_id: str, user_id: str) -> bool:
        async with writing(self._database, []) as session:
            if await _locked(session, request_id) is None:
                return False
            counts = await _deleted_from(session, _DELETE_PLANS, {"user_id": user_id, "batch_max": self._batch_max})
            await _note(session, request_id, counts)
        return counts["forget_plans"] == self._batch_max

    async def _blank_operations(self, request_id: str) -> None:
        after: str | None = ""
        while after is not None:
            async with writing(self._database, []) as session:
                if await _locked(session, request_id) is None:
                    return
                page = list((await session.execute(_OPERATIONS_PAGE, {"after": after, "batch_max": self._batch_max})).scalars())
                blanked = await _deleted(session, _BLANK_OPERATIONS, {"request_id": request_id, "request_ids": page, "erased": ERASED})
                await _note(session, request_id, {"operations": blanked})
            after = page[-1] if page else None

    async def _finish(self, request_id: str) -> Receipt:
        async with writing(self._database, []) as session:
            if await _locked(session, request_id) is not None:
                items = await _deleted(session, _DELETE_ITEMS, {"request_id": request_id})
                await _note(session, request_id, {"forget_plan_items": items})
                await session.execute(_FORGET_IDS, {"request_id": request_id})
                await session.execute(_FINISH, {"request_id": request_id})
            done = (await session.execute(_FIND, {"request_id": request_id})).one()
        return Receipt(request_id, done.erased, done.finished_at)

    async def delete_old(self) -> None:
        """Drop receipts and tombstones that nobody will ask for again."""
        async with writing(self._database, []) as session:
            await session.execute(_DELETE_OLD, {"days": self._keep_days})


async def _wait_for_writers(session: AsyncSession, wait_s: float) -> None:
    await session.execute(_LOCK_TIMEOUT, {"milliseconds": max(1, round(wait_s * 1000))})
    try:
        await session.execute(_WRITERS_ENDED)
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise Overloaded("a write is under way") from error
        raise


async def _locked(session: AsyncSession, request_id: str) -> Row[Any] | None:
    """Return the erasure, which only one transaction at a time works on; None where a repetition has finished it meanwhile."""
    row = (await session.execute(_LOCK, {"request_id": request_id})).first()
    return row if row is not None and row.finished_at is None else None


async def _erase_content(session: AsyncSession, request_id: str, parameters: Mapping[str, Any]) -> Counter[str]:
    """Erase one batch of memories and one of messages in scopes that are locked; return how many rows that was, by table."""
    theirs = list(await session.execute(_THEIR_MEMORIES, parameters))
    ids = [row.memory_id for row in theirs]
    await session.execute(_NOTE_IDS, {"request_id": request_id, "ids": ids})
    counts = await _deleted_from(session, _DELETE_BY_MEMORY, {"ids": ids})
    for scope_id, erased in _by_scope(theirs).items():
        await count(session, scope_id, -erased)
    counts["observed_messages"] = await _deleted(session, _DELETE_MESSAGES, parameters)
    return counts


def _by_scope(rows: Collection[Row[Any]]) -> Counter[uuid.UUID]:
    return Counter(row.scope_id for row in rows)


async def _deleted_from(session: AsyncSession, statements: Mapping[str, str], parameters: Mapping[str, Any]) -> Counter[str]:
    return Counter({table: await _deleted(session, statement, parameters) for table, statement in statements.items()})


async def _deleted(session: AsyncSession, statement: str, parameters: Mapping[str, Any]) -> int:
    return int(await session.scalar(text(f"WITH gone AS ({statement} RETURNING 1) SELECT count(*) FROM gone"), parameters) or 0)  # noqa: S608


async def _note(session: AsyncSession, request_id: str, counts: Mapping[str, int]) -> None:
    """Add to what the receipt will say."""
    row = (await session.execute(_FIND, {"request_id": request_id})).one()
    erased = {table: row.erased.get(table, 0) + counts.get(table, 0) for table in row.erased.keys() | counts.keys()}
    await session.execute(_NOTE, {"request_id": request_id, "erased": json.dumps(erased)})
    for table, rows in counts.items():
        _rows.labels(table).inc(rows)

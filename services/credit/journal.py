"""Reads the journal as it was written: batches in the order of their chains, each with its entries, a bounded part at a time.

Entries have no index but one on ranges of time. So a part is a window of time: the next batches of every shard that were decided up to one moment,
and the entries of that time. Read this way the journal is read once, whatever the number of shards.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import psycopg

from services.credit.accounts import Entry, EntryKind, SystemAccount
from services.credit.chain import SHARDS, Batch, Head, OperationRecord
from services.runtime.bounded_connection import longer_statements
from services.runtime.database import Database

type Positions = Mapping[int, int]
"""A place in every shard's chain: the number of a batch, 0 before the first."""

START: Positions = dict.fromkeys(range(SHARDS), 0)

_BATCHES_MAX = 250  # of one shard in one window


@dataclass(frozen=True, slots=True)
class Reach:
    """How much is read at once: operations in a window of the journal (one batch in any case), seconds for a statement."""

    operations_max: int = 5_000
    statement_s: float = 30.0


@dataclass(frozen=True, slots=True)
class WholeBatch:
    """A batch with its entries."""

    batch: Batch
    entries: Sequence[Entry]


@asynccontextmanager
async def snapshot(database: Database, reach: Reach) -> AsyncIterator[psycopg.AsyncConnection]:
    """Open a read-only transaction that sees the books as they are at its first statement, each of whose statements takes a limited time."""
    async with database.connection() as connection, connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        limit_ms = int(reach.statement_s * 1000)
        await connection.execute(f"SET LOCAL statement_timeout = {limit_ms}".encode())
        await connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = {2 * limit_ms}".encode())
        with longer_statements(connection, reach.statement_s):
            yield connection


async def read_heads(connection: psycopg.AsyncConnection) -> dict[int, Head]:
    """Return the end of every shard's chain, as the shards say it."""
    cursor = await connection.execute("SELECT shard, batch_seq, hash FROM shards ORDER BY shard")
    return {shard: Head(shard, batch_seq, digest) for shard, batch_seq, digest in await cursor.fetchall()}


async def read_last_batches(connection: psycopg.AsyncConnection, before: datetime | None = None) -> dict[int, Head]:
    """Return the last batch of every shard (that was decided before a time), or what stands before the first."""
    cursor = await connection.execute(_LAST, {"shards": list(range(SHARDS)), "before": before})
    found = {shard: Head(shard, batch_seq, digest) for shard, batch_seq, digest in await cursor.fetchall()}
    return {shard: found.get(shard, Head(shard)) for shard in range(SHARDS)}


async def read_previous(connection: psycopg.AsyncConnection, after: Positions) -> dict[int, Head]:
    """Return what the first batch after each position must follow: the batch there, and nothing where it is gone."""
    cursor = await connection.execute(_AT, {"shards": list(after), "seqs": list(after.values())})
    found = {shard: Head(shard, after[shard], digest) for shard, digest in await cursor.fetchall()}
    return {shard: Head(shard) for shard, seq in after.items() if not seq} | found


async def read_window(connection: psycopg.AsyncConnection, after: Positions, upto: Positions, operations_max: int) -> list[WholeBatch]:
    """Return the next batches after a place, each shard's in order, with their entries: none at the end."""
    place = {"shards": list(after), "after": list(after.values()), "upto": [upto[shard] for shard in after], "limit": _BATCHES_MAX}
    cursor = await connection.execute(_BATCHES, place)
    batches = _window([Batch(*row) for row in await cursor.fetchall()], operations_max)
    if not batches:
        return []
    entries: dict[tuple[int, int], list[Entry]] = {(batch.shard, batch.batch_seq): [] for batch in batches}
    cursor = await connection.execute(_ENTRIES, _ranges(batches))
    for shard, batch_seq, key, seq, leg, system, grant, amount, kind, hold in await cursor.fetchall():
        # What is stored may have been tampered with: a name that is none of ours is compared like any other.
        entry = Entry(key, seq, leg, cast(SystemAccount | None, system), grant, amount, cast(EntryKind, kind), hold)
        entries.setdefault((shard, batch_seq), []).append(entry)
    return [WholeBatch(batch, entries[batch.shard, batch.batch_seq]) for batch in batches]


async def read_operations(connection: psycopg.AsyncConnection, batches: Iterable[Batch]) -> dict[tuple[int, int], list[OperationRecord]]:
    """Return what is kept of these batches' operations, by shard and number."""
    found: dict[tuple[int, int], list[OperationRecord]] = {}
    cursor = await connection.execute(_OPERATIONS, {**_ranges(list(batches)), "count": SHARDS})
    for shard, batch_seq, *row in await cursor.fetchall():
        found.setdefault((shard, batch_seq), []).append(OperationRecord(*row))
    return found


async def read_erased(connection: psycopg.AsyncConnection, batches: Iterable[Batch]) -> dict[tuple[int, int], int]:
    """Return how many of these batches' operations were erased with their account."""
    cursor = await connection.execute(_ERASED, _ranges(list(batches)))
    return {(shard, batch_seq): operations for shard, batch_seq, operations in await cursor.fetchall()}


def _window(batches: Iterable[Batch], operations_max: int) -> list[Batch]:
    """Choose the batches that were decided up to one moment, up to which every shard's next ones were read, and within the limit.

    A shard's batches are in the order of time unless somebody tampered with them; then the latest time so far stands for theirs, so that a shard's
    batches are chosen in order all the same, and always one at least.
    """
    by_shard: dict[int, list[tuple[datetime, Batch]]] = {}
    for batch in batches:
        placed = by_shard.setdefault(batch.shard, [])
        placed.append((max(placed[-1][0], batch.decided_at) if placed else batch.decided_at, batch))
    cut_off = [placed[-1][0] for placed in by_shard.values() if len(placed) == _BATCHES_MAX]
    chosen: list[Batch] = []
    operations = 0
    for at, batch in sorted((item for placed in by_shard.values() for item in placed), key=lambda item: (item[0], item[1].shard, item[1].batch_seq)):
        operations += batch.operations
        if (cut_off and at > min(cut_off)) or (chosen and operations > operations_max):
            break
        chosen.append(batch)
    return chosen


def _ranges(batches: Sequence[Batch]) -> dict[str, object]:
    numbers: dict[int, list[int]] = {}
    for batch in batches:
        numbers.setdefault(batch.shard, []).append(batch.batch_seq)
    return {
        "shards": list(numbers),
        "first": [min(found) for found in numbers.values()],
        "last": [max(found) for found in numbers.values()],
        "since": min(batch.decided_at for batch in batches),
        "until": max(batch.decided_at for batch in batches),
    }


_COLUMNS = "shard, batch_seq, decided_at, price_version, operations, operations_hash, previous_hash, hash"
_LAST = b"""
    SELECT b.* FROM unnest(%(shards)s::smallint[]) AS place (number) CROSS JOIN LATERAL (
        SELECT shard, batch_seq, hash FROM batches
        WHERE shard = place.number AND (%(before)s::timestamptz IS NULL OR decided_at < %(before)s) ORDER BY batch_seq DESC LIMIT 1) b
"""
_AT = b"""
    SELECT b.shard, b.hash FROM unnest(%(shards)s::smallint[], %(seqs)s::bigint[]) AS place (shard, batch_seq) JOIN batches b USING (shard, batch_seq)
"""
_BATCHES = f"""
    SELECT b.* FROM unnest(%(shards)s::smallint[], %(after)s::bigint[], %(upto)s::bigint[]) AS place (number, after, upto) CROSS JOIN LATERAL (
        SELECT {_COLUMNS} FROM batches
        WHERE shard = place.number AND batch_seq > place.after AND batch_seq <= place.upto ORDER BY batch_seq LIMIT %(limit)s) b
    ORDER BY b.shard, b.batch_seq
""".encode()  # noqa: S608 -- the columns are a constant
_WINDOW = "unnest(%(shards)s::smallint[], %(first)s::bigint[], %(last)s::bigint[]) AS w (number, first, last)"
_ENTRIES = f"""
    SELECT e.shard, e.batch_seq, e.account_key, e.operation_seq, e.leg, e.system_account, e.grant_seq, e.amount_microcredits, e.kind, e.hold_seq
    FROM entries e JOIN {_WINDOW} ON e.shard = w.number AND e.batch_seq BETWEEN w.first AND w.last
    WHERE e.created_at BETWEEN %(since)s AND %(until)s
""".encode()  # noqa: S608
_OPERATIONS = f"""
    SELECT w.number, o.batch_seq, o.account_key, o.request_key, o.operation_seq, o.method, o.payload_hash, o.refusal, o.result
    FROM operations o JOIN {_WINDOW} ON o.account_key %% %(count)s = w.number AND o.batch_seq BETWEEN w.first AND w.last
    WHERE o.created_at BETWEEN %(since)s AND %(until)s
""".encode()  # noqa: S608
_ERASED = f"""
    SELECT o.shard, o.batch_seq, o.operations
    FROM erased_operations o JOIN {_WINDOW} ON o.shard = w.number AND o.batch_seq BETWEEN w.first AND w.last
""".encode()  # noqa: S608

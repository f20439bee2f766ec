"""Compares the books with themselves: accounts with their entries, usage with charges, holds with held amounts, the journal with its chain.

A run looks at a bounded part at a time, each part as it is at one moment, and never changes the books. A full run takes all accounts, by key, and the
whole journal. Any other takes the batches since the last run, the accounts that they concern, and those on which something is overdue.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from services.credit.chain import SHARDS, Head
from services.credit.checks import OVERDUE_S, Discrepancy, check_accounts, parameters
from services.credit.journal import START, Positions, Reach, WholeBatch, read_erased, read_operations, read_previous, read_window, snapshot
from services.credit.journal_check import Ends, JournalCheck, missing_batches, operation_problems, read_ends
from services.credit.pricing import PriceList
from services.runtime.database import Database

_NEXT_ACCOUNTS = b"SELECT account_key FROM accounts WHERE account_key > %s ORDER BY account_key LIMIT %s"
_WITHOUT_ACCOUNT = b"SELECT key FROM unnest(%s::bigint[]) key WHERE NOT EXISTS (SELECT FROM accounts WHERE account_key = key)"
_KEPT_SINCE = b"SELECT clock_timestamp() - make_interval(days => %s)"
_OVERDUE = b"""
    SELECT account_key FROM holds WHERE state = 'active' AND expires_at < clock_timestamp() - make_interval(secs => %(overdue_s)s)
    UNION
    SELECT account_key FROM transfers WHERE finished_at IS NULL AND created_at < clock_timestamp() - make_interval(secs => %(overdue_s)s)
    UNION
    SELECT account_key FROM leased_turns WHERE finished_at IS NULL AND created_at < clock_timestamp() - make_interval(secs => %(overdue_s)s)
    LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a run takes at once: accounts whose rows one snapshot compares, changed accounts it remembers, days that operations are kept."""

    accounts_max: int = 1_000
    changed_max: int = 100_000
    kept_days: int = 30
    reach: Reach = field(default_factory=Reach)


@dataclass(slots=True)
class Step:
    """What one part of a run looked at and found. `reached` tells, now and then, how far the journal and the accounts it concerns were looked at."""

    accounts: int = 0
    batches: int = 0
    entries: int = 0
    found: list[Discrepancy] = field(default_factory=list)
    reached: Positions = field(default_factory=dict)


class Examination:
    """Looks at the books of one database, step by step. Without prices no cost is computed again; with `events`, what happened is found as well."""

    def __init__(self, database: Database, prices: PriceList | None = None, extent: Extent | None = None, *, events: bool = True) -> None:
        self._database = database
        self._extent = extent or Extent()
        self._given = parameters(prices, SHARDS)
        self._events = events

    async def of_everything(self) -> AsyncIterator[Step]:
        """Look at all accounts and the whole journal."""
        ends = await self._ends()
        yield Step(found=ends.problems())
        async for step in self._all_accounts():
            yield step
        check = JournalCheck(START, {shard: Head(shard) for shard in START})
        async for step, _ in self._windows(check, ends):
            yield step
        yield Step(found=check.transit_problems(ends.on_their_way), reached=ends.upto)

    async def of_changes(self) -> AsyncIterator[Step]:
        """Look at what was written since the last run, and at what is overdue."""
        ends = await self._ends()
        after = {shard: min(ends.reconciled.get(shard, 0), ends.upto[shard]) for shard in START}
        async with self._snapshot() as connection:
            previous = await read_previous(connection, after)
            changed = await _keys(connection, _OVERDUE, {"overdue_s": OVERDUE_S, "limit": self._extent.changed_max})
        yield Step(found=ends.problems() + missing_batches(previous, after))
        check = JournalCheck(after, previous)
        async for step, keys in self._windows(check, ends):
            yield step
            changed |= keys
            if len(changed) >= self._extent.changed_max:
                async for accounts in self._accounts(changed):
                    yield accounts
                changed.clear()
                yield Step(reached=dict(check.reached))
        async for accounts in self._accounts(changed):
            yield accounts
        yield Step(reached=check.reached)

    def _snapshot(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection]:
        return snapshot(self._database, self._extent.reach)

    async def _ends(self) -> Ends:
        async with self._snapshot() as connection:
            return await read_ends(connection)

    async def _all_accounts(self) -> AsyncIterator[Step]:
        last_key = 0
        while True:
            async with self._snapshot() as connection:
                rows = await (await connection.execute(_NEXT_ACCOUNTS, [last_key, self._extent.accounts_max])).fetchall()
                if not rows:
                    return
                keys = [int(row[0]) for row in rows]
                found = await check_accounts(connection, keys, self._given, events=self._events)
            last_key = keys[-1]
            yield Step(accounts=len(keys), found=found)

    async def _accounts(self, keys: Iterable[int]) -> AsyncIterator[Step]:
        ordered, size = sorted(keys), self._extent.accounts_max
        for start in range(0, len(ordered), size):
            chunk = ordered[start : start + size]
            async with self._snapshot() as connection:
                found = await check_accounts(connection, chunk, self._given, events=self._events)
            yield Step(accounts=len(chunk), found=found)

    async def _windows(self, check: JournalCheck, ends: Ends) -> AsyncIterator[tuple[Step, set[int]]]:
        """Look at the journal up to its end; tell also which accounts each part of it concerns."""
        while True:
            async with self._snapshot() as connection:
                window = await read_window(connection, check.reached, ends.upto, self._extent.reach.operations_max)
                if not window:
                    return
                step = Step(batches=len(window), entries=sum(len(whole.entries) for whole in window))
                step.found += [problem for whole in window for problem in check.take(whole)]
                keys = {entry.account_key for whole in window for entry in whole.entries}
                step.found += await _without_account(connection, keys)
                keys |= await self._compare_operations(connection, window, step)
            yield step, keys

    async def _compare_operations(self, connection: psycopg.AsyncConnection, window: Sequence[WholeBatch], step: Step) -> set[int]:
        """Compare batches with their operations, as long as these are kept; return the accounts that these concern."""
        row = await (await connection.execute(_KEPT_SINCE, [self._extent.kept_days])).fetchone()
        kept_since: datetime = row[0] if row is not None else window[-1].batch.decided_at
        batches = [whole.batch for whole in window if whole.batch.decided_at >= kept_since]
        if not batches:
            return set()
        kept = await read_operations(connection, batches)
        erased = await read_erased(connection, batches)
        for batch in batches:
            place = batch.shard, batch.batch_seq
            step.found += operation_problems(batch, kept.get(place, []), erased.get(place, 0))
        return {record.account_key for records in kept.values() for record in records}


async def check_books(database: Database, prices: PriceList | None = None) -> list[Discrepancy]:
    """Return everything in which the books disagree with themselves. It reads the whole journal."""
    found: list[Discrepancy] = []
    async for step in Examination(database, prices, events=False).of_everything():
        found += step.found
    return found


async def check_books_at(database_url: str) -> list[Discrepancy]:
    """The same, for a caller that has only the address."""
    database = Database(database_url, pool_size=1, application_name="parlour-credit-check")
    try:
        return await check_books(database)
    finally:
        await database.close()


async def _keys(connection: psycopg.AsyncConnection, query: bytes, given: dict[str, object]) -> set[int]:
    return {int(row[0]) for row in await (await connection.execute(query, given)).fetchall()}


async def _without_account(connection: psycopg.AsyncConnection, keys: Iterable[int]) -> list[Discrepancy]:
    rows = await (await connection.execute(_WITHOUT_ACCOUNT, [sorted(keys)])).fetchall()
    return [Discrepancy("entries_have_no_account", int(row[0]), "account") for row in rows]

"""The one door to the books: it has operations decided and written, and reads what needs no decision."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import Row, func, select, tuple_

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import ledger, metrics, operations, store
from services.credit.accounts import Account, SystemAccount
from services.credit.batch import KnownKeys, commit_batch
from services.credit.decisions import Terms, balance_message, hold_message, timestamp
from services.credit.identifiers import account_kind, entry_id, hold_id, hold_seq, operation_id, page_start, page_token
from services.credit.ledger import Limits
from services.credit.operations import Operation
from services.credit.pricing import PriceList
from services.credit.tables import account_keys, entries, notes
from services.runtime.bounded_map import BoundedMap
from services.runtime.database import Database
from services.runtime.errors import InvalidField, NotFound

PAGE_SIZE = 50
_SYSTEM = "system:"


class Teller:
    """Answers what is asked of the ledger."""

    def __init__(self, database: Database, prices: PriceList, limits: Limits | None = None, *, accounts_known_max: int = 100_000) -> None:
        self._database = database
        self._prices = prices
        self._limits = limits or Limits()
        self._known_keys: KnownKeys = BoundedMap("credit_account_keys", size_max=accounts_known_max)

    async def execute(self, operation: Operation) -> bytes:
        """Decide and write one operation; return its response, account ids left out.

        Repeating a request id returns the first response, or raises the first refusal. Raises what the operation is refused with, and
        DependencyUnavailable.
        """
        outcomes, changes = await commit_batch(self._database, [operation], self._prices, self._limits, self._known_keys)
        metrics.count(outcomes, changes)
        if (error := outcomes[0].error) is not None:
            raise error
        return outcomes[0].response

    async def balance(self, account_id: str) -> pb.Balance:
        """Return an account's balance as it stands by the database's clock, opening the account where nobody has. Raises InvalidField."""
        if account_id.startswith(_SYSTEM):
            return await self._system_balance(account_id)
        account_kind(account_id)
        async with self._snapshot() as connection:
            loaded = await self._load(connection, account_id)
        if loaded is None:
            request = pb.GetBalanceRequest(account_id=account_id)
            return pb.GetBalanceResponse.FromString(await self.execute(operations.open_account(request))).balance
        account, terms = loaded
        return balance_message(ledger.settle_due(account, terms.now).account, terms)

    async def hold(self, account_id: str, given_hold_id: str) -> pb.Hold:
        """Return a hold as it stands by the database's clock. Raises InvalidField and NotFound."""
        account_kind(account_id)
        async with self._snapshot() as connection:
            loaded = await self._load(connection, account_id, given_hold_id)
        if loaded is None:
            raise NotFound("hold")
        account, terms = loaded
        hold = account.holds.get(hold_seq(account.key, given_hold_id))
        if hold is None:
            raise NotFound("hold")
        return hold_message(account, hold, terms.now)

    async def entries(self, account_id: str, page_size: int, token: str) -> tuple[list[pb.Entry], str]:
        """Return a page of an account's entries, newest first, and the token of the next page. Raises InvalidField and NotFound."""
        account_kind(account_id)
        async with self._database.read() as session:
            key = await session.scalar(select(account_keys.c.account_key).where(account_keys.c.account_id == account_id))
            if key is None:
                raise NotFound("account")
            size = page_size or PAGE_SIZE
            rows = (await session.execute(_page(key, page_start(key, token), size + 1))).all()
        page = rows[:size]
        more = page_token(key, page[-1].operation_seq, page[-1].leg) if len(rows) > size else ""
        return [_entry_message(account_id, row) for row in page], more

    async def settle_due(self, account_key: int) -> None:
        """Expire the account's holds and grants whose time is over."""
        await self.execute(operations.settle_due(account_key))

    async def _system_balance(self, account_id: str) -> pb.Balance:
        """Sum the entries of a system account: for operators, who seldom ask."""
        name = account_id.removeprefix(_SYSTEM)
        if name not in set(SystemAccount):
            raise InvalidField("account_id", f"is not one of the system accounts {', '.join(SystemAccount)}")
        async with self._database.read() as session:
            total = await session.scalar(select(func.sum(entries.c.amount_microcredits)).where(entries.c.system_account == name))
        return pb.Balance(posted_microcredits=int(total or 0), available_microcredits=int(total or 0))

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[psycopg.AsyncConnection]:
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    async def _load(self, connection: psycopg.AsyncConnection, account_id: str, given_hold_id: str = "") -> tuple[Account, Terms] | None:
        key = (await store.find_keys(connection, [account_id])).get(account_id)
        if key is None:
            return None
        holds = [(key, hold_seq(key, given_hold_id))] if given_hold_id else []
        loaded = await store.load(connection, [key], [], holds, lock=False)
        return loaded.accounts[key], Terms(self._prices, loaded.now, self._limits)


def _page(key: int, start: tuple[int, int], limit: int) -> Any:
    place = tuple_(entries.c.operation_seq, entries.c.leg)
    note = (notes.c.account_key == entries.c.account_key) & (notes.c.operation_seq == entries.c.operation_seq)
    return (
        select(entries, notes.c.note)
        .join(notes, note, isouter=True)
        .where(entries.c.account_key == key, entries.c.system_account.is_(None), place < start)
        .order_by(entries.c.operation_seq.desc(), entries.c.leg.desc())
        .limit(limit)
    )


def _entry_message(account_id: str, row: Row[Any]) -> pb.Entry:
    return pb.Entry(
        entry_id=entry_id(row.account_key, row.operation_seq, row.leg),
        account_id=account_id,
        amount_microcredits=row.amount_microcredits,
        kind=row.kind,
        operation_id=operation_id(row.account_key, row.operation_seq),
        hold_id=hold_id(row.account_key, row.hold_seq) if row.hold_seq is not None else "",
        note=row.note or "",
        create_time=timestamp(row.created_at),
    )

"""What is asked of the books without changing them: balances, holds, grants, entries. Read at one moment, past the shards' queues."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Row, func, select, tuple_

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import ledger, store
from services.credit.accounts import Account, SystemAccount
from services.credit.forms import grant_message, show_balance, show_hold, timestamp
from services.credit.identifiers import LEASES, entry_id, hold_id, hold_seq, operation_id, page_start, page_token, stored_kind
from services.credit.pricing import PriceList
from services.credit.store import Wanted
from services.credit.tables import account_keys, entries, notes
from services.runtime.database import Database
from services.runtime.errors import InvalidField, NotFound

PAGE_SIZE = 50
SYSTEM = "system:"


class Reader:
    """Shows accounts as they stand by the database's clock: what is due counts as settled, whether or not it is."""

    def __init__(self, database: Database, prices: PriceList) -> None:
        self._database = database
        self._prices = prices
        self.ahead = timedelta(0)

    async def balance(self, account_id: str) -> pb.Balance:
        """Return an account's balance. Raises InvalidField, and NotFound where nobody has opened it."""
        if account_id == LEASES:
            return await self._leased()
        if account_id.startswith(SYSTEM):
            return await self._system_balance(account_id)
        account, now = await self._account(account_id)
        balance = pb.Balance()
        show_balance(balance, account, self._prices, now)
        return balance

    async def grants(self, account_id: str) -> list[pb.Grant]:
        """Return an account's grants that have credits left, in the order in which they are spent. Raises InvalidField and NotFound."""
        account, _ = await self._account(account_id)
        return [grant_message(account, grant) for grant in account.in_burn_order() if grant.remaining]

    async def hold(self, account_id: str, given_hold_id: str) -> pb.Hold:
        """Return a hold. Raises InvalidField and NotFound."""
        try:
            account, now = await self._account(account_id, given_hold_id)
        except NotFound:
            raise NotFound("hold") from None
        hold = account.holds.get(hold_seq(account.key, given_hold_id))
        if hold is None:
            raise NotFound("hold")
        shown = pb.Hold()
        show_hold(shown, account, hold, now)
        return shown

    async def entries(self, account_id: str, page_size: int, token: str) -> tuple[list[pb.Entry], str]:
        """Return a page of an account's entries, newest first, and the token of the next page. Raises InvalidField and NotFound."""
        stored_kind(account_id)
        async with self._database.read() as session:
            key = await session.scalar(select(account_keys.c.account_key).where(account_keys.c.account_id == account_id))
            if key is None:
                raise NotFound("account")
            size = page_size or PAGE_SIZE
            rows = (await session.execute(_page(key, page_start(key, token), size + 1))).all()
        page = rows[:size]
        more = page_token(key, page[-1].operation_seq, page[-1].leg) if len(rows) > size else ""
        return [_entry_message(account_id, row) for row in page], more

    async def _account(self, account_id: str, given_hold_id: str = "") -> tuple[Account, datetime]:
        stored_kind(account_id)
        async with self._snapshot() as connection:
            key = (await store.find_keys(connection, [account_id])).get(account_id)
            if key is None:
                raise NotFound("account")
            holds = [(key, hold_seq(key, given_hold_id))] if given_hold_id else []
            loaded = await store.load(connection, Wanted([key], holds))
        account, now = loaded.accounts[key], loaded.now + self.ahead
        ledger.settle_due(account, self._prices.tier(account.tier), now, [])
        return account, now

    async def _leased(self) -> pb.Balance:
        """What all leases have left; before there was one, nothing."""
        try:
            account, now = await self._account(LEASES)
        except NotFound:
            return pb.Balance()
        balance = pb.Balance()
        show_balance(balance, account, self._prices, now)
        return balance

    async def _system_balance(self, account_id: str) -> pb.Balance:
        """Sum the entries of a system account: for operators, who seldom ask."""
        name = account_id.removeprefix(SYSTEM)
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

"""The door to the leases: it joins the operations that a settlement takes, and goes on with settlements that were cut off."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import metrics, operations, store
from services.credit.identifiers import LEASES
from services.credit.operations import Operation
from services.runtime.database import Database
from services.runtime.errors import NotFound

_UNFINISHED = """
    SELECT t.account_key, t.turn_seq, t.turn_id, t.person_key, least(t.cost_microcredits, t.bound_microcredits), t.charged_to_person_microcredits
    FROM leased_turns t WHERE {which} AND t.finished_at IS NULL
    ORDER BY t.turn_seq
"""
_OF_REQUEST = _UNFINISHED.format(
    which="t.account_key = (SELECT account_key FROM account_keys WHERE account_id = %(leases)s) AND t.turn_id = ANY(%(turns)s)"
).encode()
_CUT_OFF = (_UNFINISHED.format(which="t.created_at < now() - interval '10 s' + %(ahead)s::interval") + "LIMIT %(limit)s").encode()
_OPEN = b"SELECT count(*), coalesce(sum(amount_microcredits), 0) FROM leases WHERE state = 'open'"
_LOST = b"SELECT count(*) FROM leases WHERE state = 'open' AND expires_at <= %s"
_NOW = b"SELECT clock_timestamp()"


class LeaseDesk:
    """Has leases acquired, prolonged, settled and closed. `execute` has an operation decided and written."""

    def __init__(self, database: Database, execute: Callable[[Operation], Awaitable[bytes]]) -> None:
        self._database = database
        self._execute = execute

    async def acquire(self, request: pb.AcquireLeaseRequest) -> pb.AcquireLeaseResponse:
        """Fund an instance. Raises LimitReached and RequestIdReused."""
        return pb.AcquireLeaseResponse.FromString(await self._execute(operations.acquire_lease(request)))

    async def renew(self, request: pb.RenewLeaseRequest) -> pb.RenewLeaseResponse:
        """Prolong a lease. Raises NotFound, LimitReached and RequestIdReused."""
        return pb.RenewLeaseResponse.FromString(await self._of_a_lease(operations.renew_lease(request)))

    async def record_usage(self, request: pb.RecordUsageRequest) -> pb.RecordUsageResponse:
        """Record what a turn on a lease used. Raises NotFound, UnknownModel, InvalidField and RequestIdReused."""
        operations.record_leased_usage(request)
        person_key = (await self._keys([request.account_id])).get(request.account_id, 0)
        return pb.RecordUsageResponse.FromString(await self._of_a_lease(operations.record_leased_usage(request, person_key)))

    async def settle(self, request: pb.SettleLeaseRequest) -> pb.SettleLeaseResponse:
        """Settle turns, each exactly once, and close the lease if that is asked for.

        Nobody's account is opened for it: where none is there, the lease pays. Where this ends in between, a repetition goes on, and so does the job
        `finish_leased_turns`. Raises NotFound, InvalidField, RequestIdReused and Overloaded.
        """
        operations.settle_lease(request)
        keys = await self._keys({turn.account_id for turn in request.turns})
        await self._of_a_lease(operations.take_in_turns(request, keys))
        turn_ids = list(dict.fromkeys(turn.turn_id for turn in request.turns))
        await self._ask(await self._unfinished(_OF_REQUEST, {"leases": LEASES, "turns": turn_ids}))
        response = pb.SettleLeaseResponse.FromString(await self._of_a_lease(operations.settle_lease(request)))
        for settled, turn_id in zip(response.turns, turn_ids, strict=True):
            settled.turn_id = turn_id
        return response

    async def finish(self, *, ahead: timedelta = timedelta(0), limit: int = 1_000) -> int:
        """Go on with settlements that were begun a while ago; return how many turns that were."""
        found = await self._unfinished(_CUT_OFF, {"ahead": ahead, "limit": limit})
        await self._ask(found)
        if found:
            await self._of_a_lease(operations.finish_leased_turns([turn_id for _, _, turn_id, *_ in found]))
        return len(found)

    async def close_lost(self, days: int, *, ahead: timedelta = timedelta(0)) -> int:
        """Close the leases that expired more than so many days ago; return how many that were."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(_NOW)).fetchone()
            assert row is not None
            lost_before: datetime = row[0] + ahead - timedelta(days=days)
            row = await (await connection.execute(_LOST, [lost_before])).fetchone()
        lost = int(row[0]) if row is not None else 0
        if lost:
            await self._of_a_lease(operations.close_lost_leases(lost_before))
        return lost

    async def count_open(self) -> None:
        """Tell Prometheus how many leases are open, and of how much."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(_OPEN)).fetchone()
        if row is not None:
            metrics.leases_open.set(row[0])
            metrics.leased.set(int(row[1]))

    async def _ask(self, unfinished: Iterable[tuple[Any, ...]]) -> None:
        """Ask the people who were not asked yet: those of one batch pay together."""
        asking = [
            self._execute(operations.ask_person(person_key, leases_key, seq, due))
            for leases_key, seq, _, person_key, due, charged in unfinished
            if charged is None
        ]
        await asyncio.gather(*asking)

    async def _unfinished(self, query: bytes, given: dict[str, object]) -> Sequence[tuple[Any, ...]]:
        async with self._database.connection() as connection:
            return await (await connection.execute(query, given)).fetchall()

    async def _keys(self, account_ids: Iterable[str]) -> dict[str, int]:
        async with self._database.connection() as connection:
            return await store.find_keys(connection, list(account_ids))

    async def _of_a_lease(self, operation: Operation) -> bytes:
        """The account of leases is there as soon as one was acquired. Raises NotFound."""
        try:
            return await self._execute(operation)
        except NotFound as missing:
            raise NotFound("lease" if missing.metadata["what"] == "account" else missing.metadata["what"]) from None

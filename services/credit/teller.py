"""The one door to the books: it finds the shard of an operation, and joins the operations that one request takes."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import operations, store
from services.credit.chain import SHARDS
from services.credit.decisions import Transfer
from services.credit.identifiers import KEY_MAX, account_kind
from services.credit.lease_desk import LeaseDesk
from services.credit.operations import Operation
from services.credit.posting import Limits
from services.credit.pricing import PriceList
from services.credit.shard import Ruling, Shard, ShardLimits
from services.runtime.bounded_map import BoundedMap
from services.runtime.database import Database
from services.runtime.errors import (
    AccountClosed,
    AccountFrozen,
    InsufficientCredit,
    LimitReached,
    NotFound,
    PermissionRefused,
    RateLimited,
    StaleVersion,
)

_MOVES_MAX = 3
_UNSPONSORED = (NotFound, InsufficientCredit, LimitReached, AccountFrozen, AccountClosed, RateLimited, PermissionRefused)
"""What the pool says when the person's own account is to pay."""

_ON_THEIR_WAY = b"""
    SELECT t.account_key, t.operation_seq, t.recipient_key, t.parts, coalesce(n.note, '')
    FROM transfers t LEFT JOIN notes n USING (account_key, operation_seq)
    WHERE t.finished_at IS NULL AND (t.account_key = %(sender)s OR (%(sender)s IS NULL AND t.created_at < clock_timestamp() - interval '10 s'))
    LIMIT %(limit)s
"""


class Teller:
    """Has operations decided and written. Make it inside the running loop."""

    def __init__(
        self,
        database: Database,
        prices: PriceList,
        limits: Limits | None = None,
        *,
        shard_limits: ShardLimits | None = None,
        accounts_known_max: int = 100_000,
        new_key: Callable[[], int] = lambda: 1 + secrets.randbelow(KEY_MAX),
    ) -> None:
        self._database = database
        self._new_key = new_key
        self.ahead = timedelta(0)
        ruling = Ruling(prices, limits or Limits())
        self._shards = [Shard(number, database, ruling, shard_limits or ShardLimits()) for number in range(SHARDS)]
        # The keys of accounts, by id. A key never changes, but erasure takes it from its id: then a shard says that the account has moved.
        self._known_keys: BoundedMap[str, int] = BoundedMap("credit_account_keys", size_max=accounts_known_max)
        self.leases = LeaseDesk(database, self.execute)

    async def execute(self, operation: Operation) -> bytes:
        """Decide and write one operation; return its response, account ids left out.

        Repeating a request id returns the first response, or raises the first refusal. Raises what the operation is refused with, Overloaded and
        DependencyUnavailable.
        """
        return (await self._decided(operation))[1]

    async def _decided(self, operation: Operation) -> tuple[int, bytes]:
        """The same, with the key of the account that it was decided on: what is remembered may be a key that was never written."""
        for _ in range(_MOVES_MAX):
            account = operation.account
            key = account if isinstance(account, int) else self._known_keys.get(account) or await self._find(account, operation.opens)
            outcome = await self._shards[key % SHARDS].submit(key, operation)
            if outcome.error is not None:
                raise outcome.error
            if not outcome.moved:
                return key, outcome.response
            if isinstance(account, int):
                raise AccountClosed("the account was erased")
            if self._known_keys.get(account) == key:
                self._known_keys.pop(account)
        raise StaleVersion("the account was opened and erased again and again")

    async def _find(self, account_id: str, opens: bool) -> int:
        """Return the key of an account, or a new one where it may be opened. Raises NotFound."""
        async with self._database.connection() as connection:
            key = (await store.find_keys(connection, [account_id])).get(account_id)
        key = key or self._known_keys.get(account_id)
        if key is None:
            if not opens:
                raise NotFound("account")
            key = self._new_key()
        self._known_keys.put(account_id, key)
        return key

    async def place_hold(self, request: pb.PlaceHoldRequest) -> pb.PlaceHoldResponse:
        """Set credits aside on the sponsor's account where it pays, else on the person's own."""
        own = operations.place_hold(request)
        if request.sponsor_account_id:
            member_key, _ = await self._decided(operations.open_account(request.account_id))
            try:
                pool = operations.place_hold(request, pool=True, member_key=member_key)
                response = pb.PlaceHoldResponse.FromString(await self.execute(pool))
            except _UNSPONSORED:
                pass
            else:
                response.hold.account_id = response.balance.account_id = request.sponsor_account_id
                return response
        response = pb.PlaceHoldResponse.FromString(await self.execute(own))
        response.hold.account_id = response.balance.account_id = request.account_id
        return response

    async def transfer(self, request: pb.TransferRequest) -> pb.TransferResponse:
        """Send credits, and have them arrive; where this ends in between, the job `finish_transfers` goes on."""
        operations.transfer(request)
        recipient_key, refusal = 0, None
        try:
            recipient_key, _ = await self._decided(operations.prepare_receive(request.to_account_id))
        except (AccountClosed, LimitReached) as refused:
            refusal = refused
        sender_key, answer = await self._decided(operations.transfer(request, recipient_key, refusal))
        response = pb.TransferResponse.FromString(answer)
        response.balance.account_id = request.from_account_id
        await self.finish_transfers(sender_key)
        return response

    async def finish_transfers(self, sender_key: int | None = None, limit: int = 1_000) -> int:
        """Have credits arrive that are on their way: of one sender, or of all whose transfer was begun a while ago. Return how many that was."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_ON_THEIR_WAY, {"sender": sender_key, "limit": limit})
            found = await cursor.fetchall()
        for key, seq, recipient_key, parts, note in found:
            sent = Transfer(key, seq, recipient_key, tuple(_part(*part) for part in parts), note)
            try:
                await self.execute(operations.receive(sent))
            except AccountClosed:
                await self.execute(operations.receive(sent, returned=True))
        return len(found)

    async def settle_due(self, account_key: int) -> None:
        """Expire the account's holds and grants whose time is over."""
        await self.execute(operations.settle_due(account_key))

    async def erase(self, user_id: str) -> bool:
        """End a person's account and cut its link to them; return whether there was one."""
        account_id = f"user:{user_id}"
        account_kind(account_id, "user_id")
        try:
            await self.execute(operations.erase(account_id))
        except NotFound:
            return False
        self._known_keys.pop(account_id)
        return True

    async def drain(self) -> None:
        """Wait until everything that was taken on is written."""
        for shard in self._shards:
            await shard.drain()

    def put_clock_ahead(self, by: timedelta) -> None:
        """Decide as if the database's clock were ahead: for tests."""
        self.ahead = by
        for shard in self._shards:
            shard.ruling = Ruling(shard.ruling.prices, shard.ruling.limits, by)


def _part(expires_at: str | None, amount: Any) -> tuple[datetime | None, int]:
    return datetime.fromisoformat(expires_at) if expires_at is not None else None, int(amount)

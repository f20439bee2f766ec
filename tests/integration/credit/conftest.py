"""A credit service on a real database, driven at its servicers."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.admin_servicer import CreditAdminServicer
from services.credit.auditor import Auditor
from services.credit.checks import Discrepancy
from services.credit.erasure import Erasure
from services.credit.posting import Limits
from services.credit.pricing import PriceList
from services.credit.reading import Reader
from services.credit.reconcile import check_books
from services.credit.servicer import CreditServicer
from services.credit.shard import ShardLimits
from services.credit.teller import Teller
from services.local.postgres import Postgres
from services.runtime.database import LOOKED_UP, Database

ALLOWANCE = 1_000_000

_numbers = itertools.count(1)  # request ids differ between the instances of one test

TABLES = (
    *("accounts", "account_keys", "grants", "holds", "entries", "notes", "operations", "usage_records", "batches", "transfers", "pool_members"),
    *("findings", "erased_operations", "erasures", "leases", "leased_turns"),
)


@pytest.fixture(scope="session")
def shared_database(postgres: Postgres, cloned_database: Callable[[str], tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The url of one clone for all tests of the ledger, and the one of its superuser."""
    name, url = cloned_database("credit")
    yield url, postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def credit_database_url(shared_database: tuple[str, str]) -> str:
    """An empty ledger: emptying one takes a tenth of the time that cloning one takes."""
    url, superuser_url = shared_database
    empty_ledger(superuser_url)
    return url


def empty_ledger(superuser_url: str) -> None:
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")  # the journal refuses deletion otherwise
        connection.execute("ALTER TABLE entries ENABLE TRIGGER entries_append_only")
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}".encode())
        connection.execute("UPDATE shards SET batch_seq = 0, hash = decode(repeat('00', 32), 'hex'), decided_at = 'epoch'")
        connection.execute("UPDATE reconciled SET batch_seq = 0")


@pytest.fixture
def prices() -> PriceList:
    """Model "small" costs 1 a prompt token and 2 a completion token, "large" ten times that."""
    small = {
        "prompt_microcredits_per_million_tokens": 1_000_000,
        "cached_prompt_microcredits_per_million_tokens": 500_000,
        "completion_microcredits_per_million_tokens": 2_000_000,
        "image_microcredits": 100,
    }
    return PriceList.model_validate(
        {
            "price_version": "test-1",
            "default_tier": "free",
            "models": {
                "small": {"price": small, "endpoint": {"ignored": True}},
                "large": {"price": {name: 10 * price for name, price in small.items()}},
                "other": {"price": small},
            },
            "tiers": {
                "free": {"models": ["large", "small"], "allowance_microcredits": ALLOWANCE, "grace_s": 600},
                "strict": {"models": ["small"], "grace_s": 600, "capture_policy": "strict"},
                "extend": {"models": ["small"], "grace_s": 600, "capture_policy": "extend", "overdraft_microcredits": 50},
                "daily": {"models": ["small"], "allowance_microcredits": 100, "allowance_period": "day"},
                "daily_more": {"models": ["small"], "allowance_microcredits": 250, "allowance_period": "day"},
                "monthly": {"models": ["small"], "allowance_microcredits": 300, "allowance_period": "month"},
                "paced": {"models": ["small"], "holds_per_minute_max": 2, "holds_per_day_max": 3},
            },
        }
    )


def leased_turn(turn_id: str = "turn-1", account: str = "user:1", bound: int = 500, used: int | None = 100, model: str = "small") -> pb.LeasedTurn:
    """A turn that was taken on a lease and used so many prompt tokens; None: nobody knows."""
    usage = pb.Usage(model=model, prompt_tokens=used) if used is not None else None
    return pb.LeasedTurn(turn_id=turn_id, account_id=account, upper_bound_microcredits=bound, usage=usage)


class Credit:
    """The service and its database, with the calls that tests make most."""

    def __init__(self, database: Database, prices: PriceList, limits: Limits, shard_limits: ShardLimits | None = None) -> None:
        self.database = database
        self.ahead = timedelta(0)
        self.teller = Teller(database, prices, limits, shard_limits=shard_limits)
        self.reader = Reader(database, prices)
        self.rpc = CreditServicer(self.teller, self.reader)
        self.prices = prices
        self.auditor = Auditor(database, prices)
        self.admin = CreditAdminServicer(self.teller, self.auditor, Erasure(database, self.teller))

    def request_id(self) -> str:
        return f"request-{next(_numbers)}"

    async def hold(self, account: str = "user:1", amount: int = 100, request_id: str = "", **fields: Any) -> pb.PlaceHoldResponse:
        request = pb.PlaceHoldRequest(request_id=request_id or self.request_id(), account_id=account, amount_microcredits=amount, **fields)
        return await self.rpc.PlaceHold(request, None)

    async def quote(self, account: str = "user:1", **quote: Any) -> pb.PlaceHoldResponse:
        request = pb.PlaceHoldRequest(request_id=self.request_id(), account_id=account, quote=pb.Quote(**quote))
        return await self.rpc.PlaceHold(request, None)

    async def capture(self, hold: pb.Hold, amount: int | None = None, request_id: str = "", **fields: Any) -> pb.CaptureHoldResponse:
        request = pb.CaptureHoldRequest(request_id=request_id or self.request_id(), account_id=hold.account_id, hold_id=hold.hold_id, **fields)
        if amount is not None:
            request.amount_microcredits = amount
        return await self.rpc.CaptureHold(request, None)

    async def release(self, hold: pb.Hold, request_id: str = "", reason: str = "") -> pb.ReleaseHoldResponse:
        request = pb.ReleaseHoldRequest(request_id=request_id or self.request_id(), account_id=hold.account_id, hold_id=hold.hold_id, reason=reason)
        return await self.rpc.ReleaseHold(request, None)

    async def record(self, hold: pb.Hold, turn_id: str = "turn-1", **usage: Any) -> pb.RecordUsageResponse:
        request = pb.RecordUsageRequest(
            turn_id=turn_id, account_id=hold.account_id, hold_id=hold.hold_id, usage=pb.Usage(**({"model": "small"} | usage))
        )
        return await self.rpc.RecordUsage(request, None)

    async def acquire(self, instance: str = "gateway-0", amount: int = 10_000, ttl_s: int = 600, request_id: str = "") -> pb.AcquireLeaseResponse:
        ids = {"request_id": request_id or self.request_id(), "instance_id": instance}
        return await self.rpc.AcquireLease(pb.AcquireLeaseRequest(**ids, amount_microcredits=amount, ttl_s=ttl_s), None)

    async def renew(self, lease_id: str, ttl_s: int = 600, request_id: str = "") -> pb.RenewLeaseResponse:
        request = pb.RenewLeaseRequest(request_id=request_id or self.request_id(), lease_id=lease_id, ttl_s=ttl_s)
        return await self.rpc.RenewLease(request, None)

    async def settle(self, lease_id: str, *turns: pb.LeasedTurn, close: bool = False, request_id: str = "") -> pb.SettleLeaseResponse:
        request = pb.SettleLeaseRequest(request_id=request_id or self.request_id(), lease_id=lease_id, turns=turns, close=close)
        return await self.rpc.SettleLease(request, None)

    async def record_leased(self, lease_id: str, turn_id: str, account: str = "user:1", **usage: Any) -> pb.RecordUsageResponse:
        request = pb.RecordUsageRequest(turn_id=turn_id, account_id=account, lease_id=lease_id, usage=pb.Usage(**({"model": "small"} | usage)))
        return await self.rpc.RecordUsage(request, None)

    async def grant(self, account: str = "user:1", amount: int = 100, source: str = "purchase", **fields: Any) -> pb.CreateGrantResponse:
        request = pb.CreateGrantRequest(request_id=self.request_id(), account_id=account, amount_microcredits=amount, source=source, **fields)
        return await self.admin.CreateGrant(request, None)

    async def transfer(self, amount: int, sender: str = "user:1", to: str = "user:2", note: str = "") -> pb.TransferResponse:
        request = pb.TransferRequest(request_id=self.request_id(), from_account_id=sender, to_account_id=to, amount_microcredits=amount, note=note)
        return await self.rpc.Transfer(request, None)

    async def refund(self, hold: pb.Hold, amount: int, request_id: str = "", reason: str = "") -> pb.RefundCaptureResponse:
        ids = {"request_id": request_id or self.request_id(), "account_id": hold.account_id, "hold_id": hold.hold_id}
        return await self.admin.RefundCapture(pb.RefundCaptureRequest(**ids, amount_microcredits=amount, reason=reason), None)

    async def revoke(self, grant: pb.Grant, request_id: str = "", note: str = "") -> pb.RevokeGrantResponse:
        ids = {"request_id": request_id or self.request_id(), "account_id": grant.account_id, "grant_id": grant.grant_id}
        return await self.admin.RevokeGrant(pb.RevokeGrantRequest(**ids, note=note), None)

    async def set_tier(self, tier: str, account: str = "user:1", request_id: str = "") -> pb.SetTierResponse:
        return await self.admin.SetTier(pb.SetTierRequest(request_id=request_id or self.request_id(), account_id=account, tier=tier), None)

    async def set_pool(self, daily: int, account: str = "guild:1", request_id: str = "") -> pb.SetPoolResponse:
        ids = {"request_id": request_id or self.request_id(), "account_id": account}
        return await self.admin.SetPool(pb.SetPoolRequest(**ids, member_daily_microcredits=daily), None)

    async def freeze(self, account: str = "user:1", frozen: bool = True, request_id: str = "") -> pb.FreezeAccountResponse:
        request = pb.FreezeAccountRequest(request_id=request_id or self.request_id(), account_id=account, frozen=frozen)
        return await self.admin.FreezeAccount(request, None)

    async def close(self, account: str = "user:1", request_id: str = "", reason: str = "") -> pb.CloseAccountResponse:
        request = pb.CloseAccountRequest(request_id=request_id or self.request_id(), account_id=account, reason=reason)
        return await self.admin.CloseAccount(request, None)

    async def grants(self, account: str = "user:1") -> list[pb.Grant]:
        return list((await self.rpc.ListGrants(pb.ListGrantsRequest(account_id=account), None)).grants)

    async def balance(self, account: str = "user:1") -> pb.Balance:
        return (await self.rpc.GetBalance(pb.GetBalanceRequest(account_id=account), None)).balance

    async def state(self, hold: pb.Hold) -> str:
        request = pb.GetHoldRequest(account_id=hold.account_id, hold_id=hold.hold_id)
        stored = (await self.rpc.GetHold(request, None)).hold
        return pb.Hold.State.Name(stored.state).removeprefix("STATE_")

    async def entries(self, account: str = "user:1", **fields: Any) -> pb.ListEntriesResponse:
        return await self.rpc.ListEntries(pb.ListEntriesRequest(account_id=account, **fields), None)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            return await (await connection.execute(query.encode())).fetchall()

    async def run(self, statement: str) -> int:
        async with self.database.connection() as connection:
            return (await connection.execute(statement.encode())).rowcount

    def put_clock_ahead(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead += timedelta(seconds=seconds)
        self.teller.put_clock_ahead(self.ahead)
        self.reader.ahead = self.ahead

    async def discrepancies(self) -> list[Discrepancy]:
        return await check_books(self.database, self.prices)

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row, to see that nothing was written."""
        return {table: await self.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


@pytest.fixture
def open_empty_ledger(shared_database: tuple[str, str], prices: PriceList) -> Callable[[Limits, int], list[Credit]]:
    """Empties the ledger and opens some instances on it, for whoever has an event loop of their own."""

    def open_empty(limits: Limits, instances: int) -> list[Credit]:
        url, superuser_url = shared_database
        empty_ledger(superuser_url)
        return [Credit(Database(url, pool_size=8, pool_wait_s=20, planner=LOOKED_UP), prices, limits) for _ in range(instances)]

    return open_empty


@pytest.fixture
async def make_credit(credit_database_url: str, prices: PriceList) -> AsyncIterator[Callable[..., Awaitable[Credit]]]:
    """Makes further instances of the service on the same database."""
    databases = []

    async def make(prices: PriceList = prices, limits: Limits | None = None, shard_limits: ShardLimits | None = None) -> Credit:
        database = Database(credit_database_url, pool_size=8, pool_wait_s=20, planner=LOOKED_UP)
        databases.append(database)
        return Credit(database, prices, limits or Limits(), shard_limits)

    yield make
    for database in databases:
        await database.close()


@pytest.fixture
async def credit(make_credit: Callable[..., Awaitable[Credit]]) -> AsyncIterator[Credit]:
    """The service. When the test is over, the books must balance."""
    credit = await make_credit()
    yield credit
    assert await credit.discrepancies() == []

"""R3.4: what is repeated, what is refused before it begins, and that both can be seen."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from prometheus_client import REGISTRY

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from services.runtime import errors
from services.runtime.channel import Remote
from services.runtime.health import Health
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings

CREDIT = "parlour.credit.v1.CreditService"
ADMIN = "parlour.credit.v1.CreditAdminService"
PATH = f"/{CREDIT}/GetBalance"


class Ledger(credit_pb2_grpc.CreditServiceServicer):
    """Fails as it is told."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def GetBalance(self, request: credit_pb2.GetBalanceRequest, context: grpc.aio.ServicerContext[Any, Any]) -> credit_pb2.GetBalanceResponse:
        self.calls += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return credit_pb2.GetBalanceResponse()


class Admin(credit_pb2_grpc.CreditAdminServiceServicer):
    """Fails always."""

    calls = 0

    async def CreateGrant(
        self, request: credit_pb2.CreateGrantRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> credit_pb2.CreateGrantResponse:
        self.calls += 1
        raise errors.DependencyUnavailable("database", "away")


class Pair:
    """A server and a channel to it whose breaker does not get in the way."""

    def __init__(self, port: int, ledger: Ledger, admin: Admin) -> None:
        self.ledger, self.admin = ledger, admin
        self.remote = Remote("ledger", f"127.0.0.1:{port}", retried=[CREDIT], failures_max=1_000)
        self.stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(self.remote.channel)
        self.admin_stub: credit_pb2_grpc.CreditAdminServiceAsyncStub = credit_pb2_grpc.CreditAdminServiceStub(self.remote.channel)

    async def balance(self, timeout_s: float = 5) -> None:
        await self.remote.unary(self.stub.GetBalance, credit_pb2.GetBalanceRequest(account_id="user:1"), timeout_s=timeout_s)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    server = Server("credit", ServiceSettings.model_validate({"listen": "127.0.0.1:0", "in_flight_max": 2}), Health())
    ledger, admin = Ledger(), Admin()
    server.add(credit_pb2_grpc.add_CreditServiceServicer_to_server, ledger, CREDIT)
    server.add(credit_pb2_grpc.add_CreditAdminServiceServicer_to_server, admin, ADMIN)
    await server.start()
    made = Pair(server.port, ledger, admin)
    yield made
    await made.remote.close()
    await server.stop(0)


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_dependency_that_is_away_is_asked_three_times_and_that_is_counted(pair: Pair) -> None:
    before = value("parlour_rpc_server_repeats_total", method=PATH)
    pair.ledger.error = errors.DependencyUnavailable("database", "away")
    with pytest.raises(errors.DependencyUnavailable):
        await pair.balance()
    assert pair.ledger.calls == 3
    assert value("parlour_rpc_server_repeats_total", method=PATH) == before + 2


@pytest.mark.parametrize("error", [errors.ModelUnavailable("none"), errors.CircuitOpen("database", retry_after_s=1)])
async def test_what_is_for_later_is_not_repeated_by_the_channel(pair: Pair, error: errors.ParlourError) -> None:
    pair.ledger.error = error
    with pytest.raises(type(error)):
        await pair.balance()
    assert pair.ledger.calls == 1


async def test_a_refusal_is_not_repeated(pair: Pair) -> None:
    pair.ledger.error = errors.InsufficientCredit()
    with pytest.raises(errors.InsufficientCredit):
        await pair.balance()
    assert pair.ledger.calls == 1


async def test_what_is_not_named_as_safe_is_never_repeated(pair: Pair) -> None:
    request = credit_pb2.CreateGrantRequest(request_id="r", account_id="user:1", amount_microcredits=1, source="test")
    with pytest.raises(errors.DependencyUnavailable):
        await pair.remote.unary(pair.admin_stub.CreateGrant, request, timeout_s=5)
    assert pair.admin.calls == 1


async def test_an_outage_is_not_answered_with_three_times_the_load(pair: Pair) -> None:
    pair.ledger.error = errors.DependencyUnavailable("database", "away")
    for _ in range(40):
        with pytest.raises(errors.DependencyUnavailable):
            await pair.balance()
    # Ten of the throttle's twenty tokens may be spent on attempts that fail; the first attempts spend them, too.
    assert pair.ledger.calls <= 40 + 10


async def test_a_repeat_ends_with_the_deadline(pair: Pair) -> None:
    pair.ledger.gate.clear()
    with pytest.raises(errors.DeadlineExceeded):
        await pair.balance(timeout_s=0.3)
    assert pair.ledger.calls == 1


async def test_what_is_refused_before_it_begins_is_counted_by_why(pair: Pair) -> None:
    before = {why: value("parlour_rpc_refused_total", why=why) for why in ("no_deadline", "too_late", "full")}
    with pytest.raises(grpc.aio.AioRpcError):
        await pair.stub.GetBalance(credit_pb2.GetBalanceRequest(account_id="user:1"))
    with pytest.raises(errors.DeadlineExceeded):
        await pair.balance(timeout_s=0.09)
    pair.ledger.gate.clear()
    waiting = [asyncio.create_task(pair.balance()) for _ in range(2)]
    async with asyncio.timeout(5):
        while pair.ledger.calls < 2:
            await asyncio.sleep(0.001)
    assert value("parlour_rpc_in_flight") == value("parlour_rpc_in_flight_max") == 2
    with pytest.raises(errors.Overloaded):
        await pair.balance()
    pair.ledger.gate.set()
    await asyncio.gather(*waiting)
    assert {why: value("parlour_rpc_refused_total", why=why) - before[why] for why in before} == {"no_deadline": 1, "too_late": 1, "full": 1}


async def test_calls_that_an_open_breaker_does_not_make_are_counted(pair: Pair) -> None:
    remote = Remote("resting", "127.0.0.1:1", failures_max=1)
    stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(remote.channel)
    for expected in (errors.DependencyUnavailable, errors.CircuitOpen, errors.CircuitOpen):
        with pytest.raises(expected):
            await remote.unary(stub.GetBalance, credit_pb2.GetBalanceRequest(account_id="user:1"), timeout_s=3)
    assert value("parlour_breaker_refusals_total", target="resting", method_class="unary") == 2
    assert value("parlour_breaker_state", target="resting", method_class="unary", state="open") == 1
    await remote.close()


FAILING = """
import asyncio
from services.runtime.entrypoint import run
from services.runtime.settings import ServiceSettings

async def fail():
    await asyncio.sleep(0.2)
    raise ValueError("-".join(("secret", "sentinel")))

async def start(settings, parts):
    parts.spawn(fail(), "watch the clock")
    parts.spawn(fail(), "watch the other clock")

run("credit", ServiceSettings, start, callers={})
"""


def test_a_service_whose_part_fails_stops_and_ends_with_a_status_so_that_it_is_started_anew() -> None:
    command = [sys.executable, "-c", FAILING, "serve"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env={"PATH": ""}, check=False)
    assert ended.returncode == 1, ended.stderr
    lines = [line for line in ended.stderr.splitlines() if "PART_FAILED" in line]
    assert len(lines) == 2
    for line, part in zip(lines, ("watch the clock", "watch the other clock"), strict=True):
        assert '"level": "error"' in line
        assert part in line
        assert "ValueError" in line
    assert "secret-sentinel" not in ended.stderr
    assert '"event": "stopping"' in ended.stderr
    assert "never retrieved" not in ended.stderr

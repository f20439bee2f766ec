"""The guard around every call and the remote that makes them, over a real socket."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import REGISTRY

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from services.local.addresses import free_port
from services.runtime import deadline, errors
from services.runtime.channel import Remote
from services.runtime.health import Health, serve_probes
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings
from services.runtime.telemetry import trace_id

CREDIT = "parlour.credit.v1.CreditService"
ADMIN = "parlour.credit.v1.CreditAdminService"


class Ledger(credit_pb2_grpc.CreditServiceServicer):
    """A servicer that does what a test tells it to."""

    def __init__(self) -> None:
        self.calls = 0
        self.seen: list[object] = []
        self.error: Exception | None = None
        self.fail_first = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.cancelled = asyncio.Event()

    async def GetBalance(self, request, context):
        self.calls += 1
        self.seen.append((deadline.remaining_s(), trace_id()))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        if self.calls <= self.fail_first:
            raise errors.DependencyUnavailable("database", "away")
        if self.error is not None:
            raise self.error
        return credit_pb2.GetBalanceResponse(balance=credit_pb2.Balance(account_id=request.account_id))


class Admin(credit_pb2_grpc.CreditAdminServiceServicer):
    def __init__(self) -> None:
        self.sent = 0
        self.error: Exception | None = None
        self.closed = asyncio.Event()

    async def ExportEntries(self, request, context):
        if self.error is not None:
            raise self.error
        try:
            while True:
                self.sent += 1
                yield credit_pb2.ExportEntriesResponse()
                await asyncio.sleep(0.001)
        finally:
            self.closed.set()


class Stack:
    def __init__(self, ledger: Ledger, admin: Admin, server: Server, health: Health) -> None:
        self.ledger = ledger
        self.admin = admin
        self.server = server
        self.health = health
        self.address = f"127.0.0.1:{server.port}"
        self.remote = Remote("credit", self.address, retried=[CREDIT], failures_max=3, open_s=0.2)
        self.stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(self.remote.channel)
        self.admin_stub: credit_pb2_grpc.CreditAdminServiceAsyncStub = credit_pb2_grpc.CreditAdminServiceStub(self.remote.channel)

    async def balance(self, account_id: str = "user:1", timeout_s: float = 5) -> credit_pb2.GetBalanceResponse:
        return await self.remote.unary(self.stub.GetBalance, credit_pb2.GetBalanceRequest(account_id=account_id), timeout_s=timeout_s)


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    settings = ServiceSettings(listen="127.0.0.1:0", in_flight_max=2, message_bytes_max=1024, reflection=True)
    health = Health()
    server = Server("credit", settings, health)
    ledger, admin = Ledger(), Admin()
    server.add(credit_pb2_grpc.add_CreditServiceServicer_to_server, ledger, CREDIT)
    server.add(credit_pb2_grpc.add_CreditAdminServiceServicer_to_server, admin, ADMIN)
    await server.start()
    running = Stack(ledger, admin, server, health)
    yield running
    await running.remote.close()
    await server.stop(0)


async def test_a_call_is_answered(stack):
    assert (await stack.balance()).balance.account_id == "user:1"


async def test_a_call_without_a_deadline_is_refused_by_name(stack):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stack.stub.GetBalance(credit_pb2.GetBalanceRequest(account_id="user:1"))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert stack.ledger.calls == 0


async def test_a_call_with_too_little_time_is_refused_before_it_starts(stack):
    with pytest.raises(errors.DeadlineExceeded):
        await stack.balance(timeout_s=0.09)
    assert stack.ledger.calls == 0


async def test_the_deadline_is_handed_on_minus_the_margin(stack):
    with deadline.limited(2):
        await stack.balance(timeout_s=60)
    left_s, _ = stack.ledger.seen[0]
    assert 1.5 < left_s < 2 - deadline.MARGIN_S


async def test_a_bad_field_is_refused_by_name_before_the_servicer_sees_it(stack):
    with pytest.raises(errors.InvalidField) as refused:
        await stack.balance(account_id="")
    assert refused.value.field == "account_id"
    assert stack.ledger.calls == 0


async def test_a_message_over_the_size_limit_is_refused(stack):
    with pytest.raises(errors.InvalidField) as refused:
        await stack.balance(account_id="x" * 2000)
    assert refused.value.field == "request"


async def test_text_that_is_not_utf8_is_refused_by_name(stack):
    raw = stack.remote.channel.unary_unary(f"/{CREDIT}/GetBalance")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await raw(b"\x0a\x03\xed\xa0\x80", timeout=2)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.details() == "account_id: is not valid UTF-8"


async def test_a_domain_error_arrives_as_itself(stack):
    stack.ledger.error = errors.InsufficientCredit(available_microcredits=3, required_microcredits=5)
    with pytest.raises(errors.InsufficientCredit) as refused:
        await stack.balance()
    assert refused.value.available_microcredits == 3


async def test_an_unexpected_error_tells_nothing_of_its_insides(stack):
    stack.ledger.error = ValueError("secret-sentinel")
    with pytest.raises(errors.Internal) as failed:
        await stack.balance()
    assert "secret-sentinel" not in str(failed.value)
    assert "trace" in failed.value.message


async def test_a_call_that_nobody_wrote_yet_says_so(stack):
    with pytest.raises(errors.Unimplemented, match="SetTier is not there yet"):
        await stack.remote.unary(stack.admin_stub.SetTier, credit_pb2.SetTierRequest(request_id="r", account_id="user:1", tier="free"), timeout_s=5)


async def test_an_unavailable_service_is_asked_again(stack):
    stack.ledger.fail_first = 2
    assert (await stack.balance()).balance.account_id == "user:1"
    assert stack.ledger.calls == 3


async def test_repeated_failure_opens_the_breaker_and_recovery_closes_it(stack):
    stack.ledger.error = errors.Internal("broken")
    for _ in range(3):
        with pytest.raises(errors.Internal):
            await stack.balance()
    calls = stack.ledger.calls
    with pytest.raises(errors.CircuitOpen):
        await stack.balance()
    assert stack.ledger.calls == calls
    assert stack.remote.breaker_state == "open"
    stack.ledger.error = None
    async with asyncio.timeout(5):
        while stack.remote.breaker_state == "open":
            await asyncio.sleep(0.01)
    await stack.balance()
    assert stack.remote.breaker_state == "closed"


async def test_a_refusal_says_that_the_target_is_alive(stack):
    stack.ledger.error = errors.InsufficientCredit()
    for _ in range(10):
        with pytest.raises(errors.InsufficientCredit):
            await stack.balance()
    assert stack.remote.breaker_state == "closed"


async def test_a_full_server_refuses_at_once_and_stays_healthy(stack):
    stack.ledger.gate.clear()
    waiting = [asyncio.create_task(stack.balance()) for _ in range(2)]
    async with asyncio.timeout(5):
        while stack.ledger.calls < 2:
            await asyncio.sleep(0.001)
    with pytest.raises(errors.Overloaded) as refused:
        await stack.balance()
    assert refused.value.retry_after_s == 1
    health = health_pb2_grpc.HealthStub(stack.remote.channel)
    assert (await health.Check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING
    stack.ledger.gate.set()
    await asyncio.gather(*waiting)
    assert REGISTRY.get_sample_value("parlour_rpc_in_flight") == 0


async def test_cancelling_the_caller_cancels_the_servicer(stack):
    stack.ledger.gate.clear()
    waiting = asyncio.create_task(stack.balance())
    async with asyncio.timeout(5):
        while stack.ledger.calls < 1:
            await asyncio.sleep(0.001)
        waiting.cancel()
        await stack.ledger.cancelled.wait()
    assert stack.remote.breaker_state == "closed"


async def test_closing_a_stream_cancels_it_at_the_server(stack):
    stream = stack.remote.stream(stack.admin_stub.ExportEntries, credit_pb2.ExportEntriesRequest(), timeout_s=10)
    received = 0
    async for _ in stream:
        received += 1
        if received == 3:
            break
    await stream.aclose()
    async with asyncio.timeout(5):
        await stack.admin.closed.wait()


async def test_a_stream_that_is_answered_closes_the_breaker_while_it_is_still_read(stack):
    def export() -> AsyncGenerator[credit_pb2.ExportEntriesResponse]:
        return stack.remote.stream(stack.admin_stub.ExportEntries, credit_pb2.ExportEntriesRequest(), timeout_s=10)

    stack.admin.error = errors.Internal("broken")
    for _ in range(3):
        with pytest.raises(errors.Internal):
            await anext(export())
    stack.admin.error = None
    async with asyncio.timeout(5):
        while stack.remote.breaker_state == "open":
            await asyncio.sleep(0.01)
    async with aclosing(export()) as probe, aclosing(export()) as other:
        await anext(probe)
        await anext(other)
        assert stack.remote.breaker_state == "closed"


async def test_the_trace_goes_with_the_call(stack):
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    with trace.get_tracer("test").start_as_current_span("turn"):
        here = trace_id()
        await stack.balance()
    assert stack.ledger.seen[-1][1] == here != ""


async def test_a_dead_port_fails_as_an_unavailable_dependency():
    remote = Remote("credit", "127.0.0.1:1", retried=[CREDIT])
    stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(remote.channel)
    with pytest.raises(errors.DependencyUnavailable) as failed:
        await remote.unary(stub.GetBalance, credit_pb2.GetBalanceRequest(account_id="user:1"), timeout_s=3)
    assert failed.value.target == "credit"
    await remote.close()


async def test_an_address_in_use_is_an_os_error(stack):
    second = Server("credit", ServiceSettings(listen=stack.address), Health())
    with pytest.raises(OSError, match="cannot listen"):
        await second.start()


async def test_health_tells_of_dependencies_without_failing_the_process():
    health = Health()
    up = True

    async def probe() -> None:
        if not up:
            raise ConnectionError

    health.watch("database", probe)
    await health.probe_all()
    assert health.dependencies() == {"database": True}
    up = False
    await health.probe_all()
    assert health.dependencies() == {"database": False}


async def test_the_port_for_probes_tells_of_health_until_the_stop_and_serves_nothing_else(stack):
    address = f"127.0.0.1:{free_port()}"
    probes = await serve_probes(stack.health, address)
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            check = health_pb2_grpc.HealthStub(channel).Check
            assert (await check(health_pb2.HealthCheckRequest(), timeout=5)).status == health_pb2.HealthCheckResponse.SERVING
            assert (await check(health_pb2.HealthCheckRequest(service=CREDIT), timeout=5)).status == health_pb2.HealthCheckResponse.SERVING
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await credit_pb2_grpc.CreditServiceStub(channel).GetBalance(credit_pb2.GetBalanceRequest(account_id="user:1"), timeout=5)
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
            await stack.health.stopping()
            assert (await check(health_pb2.HealthCheckRequest(), timeout=5)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(OSError, match="cannot listen"):
            await serve_probes(stack.health, address)
    finally:
        await probes.stop(None)
    assert stack.ledger.calls == 0

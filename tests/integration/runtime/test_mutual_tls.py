"""Mutual TLS over real sockets: who is let in, who is not and what both sides are told, and certificates that are renewed meanwhile."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import REGISTRY

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from services.console.development_certificates import Authority, files_in, issue, new_authority, write_certificates
from services.runtime import errors
from services.runtime.callers import allowed
from services.runtime.channel import Remote
from services.runtime.health import Health
from services.runtime.security import Tls, TlsFiles, UnusableTls, own_tls, tls_files
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings

CREDIT = "parlour.credit.v1.CreditService"
CALLERS = allowed(CREDIT, {"GetBalance": ["gateway"], "GetHold": []})
SETTINGS: dict[str, Any] = {"listen": "127.0.0.1:0", "reflection": True}
ROOT = Path(__file__).resolve().parents[3]


class Ledger(credit_pb2_grpc.CreditServiceServicer):
    """Counts what reaches it; GetBalance waits for its gate."""

    def __init__(self) -> None:
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def GetBalance(
        self, request: credit_pb2.GetBalanceRequest, context: "grpc.aio.ServicerContext[object, object]"
    ) -> credit_pb2.GetBalanceResponse:
        self.calls += 1
        await self.gate.wait()
        return credit_pb2.GetBalanceResponse(balance=credit_pb2.Balance(account_id=request.account_id))


class Stack:
    """A server with the certificate of credit, and remotes with any other."""

    def __init__(self, folder: Path, server: Server, ledger: Ledger, tls: Tls) -> None:
        self.folder = folder
        self.server = server
        self.ledger = ledger
        self.tls = tls
        self.address = f"127.0.0.1:{server.port}"
        self.remotes: list[Remote] = []

    def remote(self, tls: Tls, address: str = "") -> Remote:
        remote = Remote("credit", address or self.address, failures_max=100, tls=tls)
        self.remotes.append(remote)
        return remote

    def as_one(self, name: str) -> Remote:
        return self.remote(Tls(files_in(self.folder, name)))


async def balance(remote: Remote, account_id: str = "user:1", timeout_s: float = 30) -> str:
    stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(remote.channel)
    answer = await remote.unary(stub.GetBalance, credit_pb2.GetBalanceRequest(account_id=account_id), timeout_s=timeout_s)
    return answer.balance.account_id


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    write_certificates(tmp_path, ["credit", "gateway", "memory"], datetime.now(UTC), days=1)
    tls, ledger = Tls(files_in(tmp_path, "credit")), Ledger()
    server = Server("credit", ServiceSettings(**SETTINGS), Health(), tls, callers=CALLERS)
    server.add(credit_pb2_grpc.add_CreditServiceServicer_to_server, ledger, CREDIT)
    await server.start()
    running = Stack(tmp_path, server, ledger, tls)
    yield running
    ledger.gate.set()
    for remote in running.remotes:
        await remote.close()
    await server.stop(0)


def written(folder: Path, authority: Authority, name: str, *, trusted: Path, days: float = 1, ago: timedelta = timedelta()) -> TlsFiles:
    """Files of a certificate that another authority, or another time, made."""
    issued = issue(authority, name, ["127.0.0.1"], datetime.now(UTC) - ago, days=days)
    folder.mkdir()
    (folder / "cert.pem").write_bytes(issued.certificate)
    (folder / "key.pem").write_bytes(issued.key)
    return TlsFiles(trusted, folder / "cert.pem", folder / "key.pem")


async def test_a_caller_that_the_table_names_is_served(stack: Stack) -> None:
    assert await balance(stack.as_one("gateway")) == "user:1"


async def test_a_caller_that_it_does_not_name_is_refused_by_name_and_counted(stack: Stack) -> None:
    labels = {"method": f"/{CREDIT}/GetBalance", "caller": "memory"}
    before = REGISTRY.get_sample_value("parlour_rpc_callers_refused_total", labels) or 0
    with pytest.raises(errors.PermissionRefused, match=f"memory may not call /{CREDIT}/GetBalance"):
        await balance(stack.as_one("memory"))
    assert stack.ledger.calls == 0
    assert (REGISTRY.get_sample_value("parlour_rpc_callers_refused_total", labels) or 0) == before + 1


async def test_who_may_not_call_is_refused_before_anything_of_the_request_is_read(stack: Stack) -> None:
    method: Any = stack.as_one("memory").channel.unary_unary(f"/{CREDIT}/GetBalance")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await method(b"\xff\xff no message at all", timeout=30)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_method_that_names_nobody_is_refused_to_everybody(stack: Stack) -> None:
    remote = stack.as_one("gateway")
    stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(remote.channel)
    with pytest.raises(errors.PermissionRefused):
        await remote.unary(stub.GetHold, credit_pb2.GetHoldRequest(account_id="user:1", hold_id="1"), timeout_s=30)


async def test_each_caller_has_a_pace_of_its_own_where_the_service_is_told_to_keep_one(tmp_path: Path) -> None:
    write_certificates(tmp_path, ["credit", "gateway", "memory"], datetime.now(UTC), days=1)
    tls, everybody = Tls(files_in(tmp_path, "credit")), allowed(CREDIT, {"GetBalance": ["gateway", "memory"]})
    slow: dict[str, Any] = {**SETTINGS, "calls_per_second": 0.01, "calls_burst": 2}
    server = Server("credit", ServiceSettings(**slow), Health(), tls, callers=everybody)
    server.add(credit_pb2_grpc.add_CreditServiceServicer_to_server, Ledger(), CREDIT)
    await server.start()
    running = Stack(tmp_path, server, Ledger(), tls)
    gateway, memory = running.as_one("gateway"), running.as_one("memory")
    try:
        assert [await balance(gateway) for _ in range(2)] == ["user:1"] * 2
        with pytest.raises(errors.RateLimited, match="gateway") as refused:
            await balance(gateway)
        assert 90 < (refused.value.retry_after_s or 0) <= 100
        assert await balance(memory) == "user:1"
    finally:
        await gateway.close()
        await memory.close()
        await server.stop(0)


async def test_health_can_be_asked_with_any_certificate_of_the_authority(stack: Stack) -> None:
    stub: Any = health_pb2_grpc.HealthStub(stack.as_one("memory").channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=30)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("what", ["expired", "foreign", "none"])
async def test_who_shows_no_good_certificate_gets_a_typed_error_in_one_line(stack: Stack, tmp_path: Path, what: str) -> None:
    tls = Tls(files_in(stack.folder, "gateway"))
    if what == "foreign":
        tls = _unchecked(tls, written(tmp_path / "foreign", new_authority(datetime.now(UTC)), "gateway", trusted=stack.folder / "ca.pem"))
    elif what == "expired":
        tls = _unchecked(
            tls, written(tmp_path / "old", _authority_of(stack.folder), "gateway", trusted=stack.folder / "ca.pem", ago=timedelta(days=2))
        )
    else:
        tls.channel_credentials = lambda: grpc.ssl_channel_credentials(tls.material.ca)  # type: ignore[method-assign]
    with pytest.raises(errors.DependencyUnavailable, match="closed the connection during the TLS handshake") as failed:
        await balance(stack.remote(tls))
    assert (failed.value.target, len(failed.value.message.splitlines())) == ("credit", 1)
    assert stack.ledger.calls == 0


async def test_a_server_that_an_authority_of_ours_did_not_sign_is_not_called(stack: Stack, tmp_path: Path) -> None:
    tls = Tls(files_in(stack.folder, "gateway"))
    other = write_certificates(tmp_path / "other", ["gateway"], datetime.now(UTC), days=1)
    assert other
    foreign = Tls(files_in(tmp_path / "other", "gateway"))
    with pytest.raises(errors.DependencyUnavailable, match="the TLS handshake failed: unable to get local issuer certificate"):
        await balance(stack.remote(foreign))
    assert await balance(stack.remote(tls)) == "user:1"


async def test_a_caller_without_tls_is_not_understood(stack: Stack) -> None:
    remote = Remote("credit", stack.address)
    stack.remotes.append(remote)
    with pytest.raises(errors.DependencyUnavailable):
        await balance(remote, timeout_s=5)


async def test_renewed_files_are_used_by_server_and_client_without_a_restart(stack: Stack) -> None:
    """The first certificates are of an authority that nobody trusts any longer afterwards, so that only renewed ones can meet."""
    client = Tls(files_in(stack.folder, "gateway"))
    remote = stack.remote(client)
    stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(remote.channel)
    request = credit_pb2.GetBalanceRequest(account_id="user:1")
    stack.ledger.gate.clear()
    under_way = asyncio.create_task(remote.unary(stub.GetBalance, request, timeout_s=60))
    while not stack.ledger.calls:
        await asyncio.sleep(0.01)
    for path in (stack.folder / "ca.pem", stack.folder / "ca-key.pem"):
        path.unlink()
    write_certificates(stack.folder, ["credit", "gateway"], datetime.now(UTC), days=3, force=True)
    assert stack.tls.look()
    with pytest.raises(errors.DependencyUnavailable):  # a new connection with what was in force before: the server is another one already
        await balance(stack.remote(client))
    assert client.look()
    stack.ledger.gate.set()
    assert (await under_way).balance.account_id == "user:1"
    assert (await remote.unary(stub.GetBalance, request, timeout_s=30)).balance.account_id == "user:1"
    left_s = REGISTRY.get_sample_value("parlour_tls_certificate_expiry_seconds")
    assert left_s is not None
    assert 2.9 * 86_400 < left_s <= 3 * 86_400


async def test_changed_files_that_cannot_be_used_leave_those_before_in_force_and_are_told_of_once(stack: Stack) -> None:
    before = REGISTRY.get_sample_value("parlour_tls_reloads_total", {"result": "unusable"}) or 0
    (stack.folder / "credit.pem").write_bytes((stack.folder / "gateway.pem").read_bytes())
    assert not stack.tls.look()
    assert not stack.tls.look()
    assert (REGISTRY.get_sample_value("parlour_tls_reloads_total", {"result": "unusable"}) or 0) == before + 1
    assert await balance(stack.as_one("gateway")) == "user:1"


@pytest.mark.parametrize(
    ("cert", "key", "problem"),
    [
        ("credit.pem", "gateway-key.pem", "do not fit together: key values mismatch"),
        ("nowhere.pem", "credit-key.pem", "cannot be read: no such file or directory"),
        ("credit-key.pem", "credit-key.pem", "do not fit together"),
    ],
)
def test_files_that_do_not_fit_are_named_without_their_contents(tmp_path: Path, cert: str, key: str, problem: str) -> None:
    write_certificates(tmp_path, ["credit", "gateway"], datetime.now(UTC), days=1)
    with pytest.raises(UnusableTls, match=problem) as unusable:
        Tls(TlsFiles(tmp_path / "ca.pem", tmp_path / cert, tmp_path / key))
    assert "-----" not in str(unusable.value)
    assert len(str(unusable.value).splitlines()) == 1


def test_the_metric_counts_down_to_the_end_of_the_certificate_and_beyond(tmp_path: Path) -> None:
    write_certificates(tmp_path, ["credit"], datetime.now(UTC), days=1)
    now = [datetime.now(UTC).timestamp()]
    tls = Tls(files_in(tmp_path, "credit"), clock=lambda: now[0])
    before = REGISTRY.get_sample_value("parlour_tls_certificate_expiry_seconds")
    now[0] += 86_400 * 2
    after = REGISTRY.get_sample_value("parlour_tls_certificate_expiry_seconds")
    assert before is not None
    assert after is not None
    assert 86_300 < before <= 86_400
    assert after == pytest.approx(before - 86_400 * 2)
    assert not tls.look()  # which says so, and goes on with what there is


def test_an_expired_certificate_is_not_started_with(tmp_path: Path) -> None:
    write_certificates(tmp_path, ["credit"], datetime.now(UTC) - timedelta(days=2), days=1)
    with pytest.raises(UnusableTls, match="certificate has expired"):
        Tls(files_in(tmp_path, "credit"))


def test_a_service_does_not_listen_to_others_without_tls_unless_told_to() -> None:
    with pytest.raises(UnusableTls, match=r"PARLOUR_CREDIT_LISTEN is 0\.0\.0\.0:0, which others can reach, and no certificate is given"):
        own_tls("credit", None, listen="0.0.0.0:0")
    assert own_tls("credit", None, listen="0.0.0.0:0", plaintext=True) is None
    assert own_tls("credit", None, listen="127.0.0.1:0") is None


def test_a_service_does_not_start_with_the_certificate_of_another(tmp_path: Path) -> None:
    write_certificates(tmp_path, ["gateway"], datetime.now(UTC), days=1)
    with pytest.raises(UnusableTls, match="belongs to 'gateway', and this is 'credit'"):
        own_tls("credit", files_in(tmp_path, "gateway"), listen="127.0.0.1:0")
    with pytest.raises(UnusableTls, match="belongs to nobody: it has no URI that begins with spiffe://elsewhere/"):
        own_tls("credit", files_in(tmp_path, "gateway"), listen="127.0.0.1:0", identity_prefix="spiffe://elsewhere/")
    with pytest.raises(UnusableTls, match="go together"):
        tls_files("/ca.pem", "/cert.pem", "")


async def test_a_service_that_cannot_start_says_so_in_one_line(tmp_path: Path) -> None:
    write_certificates(tmp_path, ["gateway"], datetime.now(UTC), days=1)
    files = files_in(tmp_path, "gateway")
    environment = {"PARLOUR_CREDIT_DATABASE_URL": "postgresql://nowhere:1/credit", "PARLOUR_MODELS_FILE": "/nowhere", "PATH": os.environ["PATH"]}
    environment |= {"PARLOUR_TLS_CA": str(files.ca), "PARLOUR_TLS_CERT": str(files.cert), "PARLOUR_TLS_KEY": str(files.key)}
    unknown = {"PARLOUR_CREDIT_ALLOWED_CALLERS": "CreditService/PlaceHold=gatway"}
    wrong, misspelt = await asyncio.gather(_ended(environment), _ended(environment | unknown))
    assert "belongs to 'gateway', and this is 'credit'" in wrong[-1]
    assert "PARLOUR_CREDIT_ALLOWED_CALLERS does not fit: 'gatway' is not a caller" in misspelt[-1]
    assert len(misspelt) == 2  # that it cannot start, and why


async def _ended(environment: dict[str, str]) -> list[str]:
    """The lines of a credit service that ends at its start."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.credit", "serve"),
        cwd=ROOT,
        env=environment | {"PYTHONPATH": f"{ROOT}:{ROOT / 'protos'}"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode == 2
    return told.decode().splitlines()


def _authority_of(folder: Path) -> Authority:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = serialization.load_pem_private_key((folder / "ca-key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes()), key)


def _unchecked(tls: Tls, files: TlsFiles) -> Tls:
    """Have a client show what it would refuse to start with."""
    ca, key, cert = files.ca.read_bytes(), files.key.read_bytes(), files.cert.read_bytes()
    tls.channel_credentials = lambda: grpc.ssl_channel_credentials(ca, key, cert)  # type: ignore[method-assign]
    return tls

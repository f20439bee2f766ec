"""A whole stack with mutual TLS, debug logs and traces, told secrets that must come out nowhere."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.gateway.v1 import gateway_pb2
from services.local.addresses import free_port, free_port_base
from services.local.certificates import certificate_environment
from tests.fakes.model_server import Answer as Scripted
from tests.fakes.model_server import ModelServer
from tests.fakes.trace_collector import TraceCollector
from tests.processes import told
from tests.running_stack import ROOT, SERVICES, Person, RunningStack, eventually

API_KEY = "sk-sentinel-4f1c9a7be2"
DISCORD_TOKEN = "sentinel-discord-9b27de.Gx1"
SAID = "sentinelword"
ANSWERED = gateway_pb2.Final.OUTCOME_ANSWERED


@dataclass
class Secure:
    """The stack, and who it is called as."""

    stack: RunningStack
    model_port: int
    collector_port: int
    probe_port: int
    errors: list[str] = field(default_factory=list)

    def channel(self, service: str, name: str) -> grpc.aio.Channel:
        folder = self.stack.data_dir / "tls"
        files = ((folder / file).read_bytes() for file in ("ca.pem", f"{name}-key.pem", f"{name}.pem"))
        return grpc.aio.secure_channel(self.stack.address(service), grpc.ssl_channel_credentials(*files))

    async def parlour(self, *words: str, tls: bool = True) -> str:
        """What the parlour command says to an operator, or to somebody who has no certificate."""
        environment = {"PATH": os.environ["PATH"], "COLUMNS": "200", "PYTHONPATH": f"{ROOT}:{ROOT / 'protos'}"}
        environment |= certificate_environment(self.stack.data_dir / "tls", "operator") if tls else {}
        command = [sys.executable, "-m", "services.console", "--port-base", str(self.stack.port_base), *words]
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        told, _ = await process.communicate()
        assert (process.returncode == 0) is tls, told
        return " ".join(told.decode().split())

    def metrics(self, service: str) -> str:
        port = self.stack.port_base + 50 + SERVICES.index(service)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def served(self, service: str, method: str) -> bool:
        """Whether a service has served a call well."""
        lines = [line for line in self.metrics(service).splitlines() if line.startswith("parlour_rpc_server_duration_seconds_count{")]
        return any(f"/{method}" in line and 'code="OK"' in line for line in lines)


@pytest.fixture(scope="module")
def secure() -> Iterator[Secure]:
    data_dir = Path(tempfile.mkdtemp(prefix="parlour-tls-"))
    data_dir.chmod(0o755)
    model_port, collector_port, probe_port = free_port(), free_port(), free_port()
    environment = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
        "OPENAI_API_KEY": API_KEY,
        "PARLOUR_MODEL": "scripted",
        "PARLOUR_LOG_LEVEL": "debug",
        "PARLOUR_GATEWAY_TURN_S": "15",
        "PARLOUR_CREDIT_HEALTH_LISTEN": f"127.0.0.1:{probe_port}",
        "DISCORD_TOKEN": DISCORD_TOKEN,
        "PARLOUR_DISCORD_API_URL": f"http://127.0.0.1:{free_port()}/api/v10",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector_port}",
    }
    stack = RunningStack(data_dir, free_port_base(), environment, ("--tls",))
    stack.start(timeout_s=120)
    yield Secure(stack, model_port, collector_port, probe_port)
    if stack.process.poll() is None:
        stack.stop()
    shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture
async def model(secure: Secure) -> AsyncIterator[ModelServer]:
    async with ModelServer(port=secure.model_port) as server:
        yield server


async def test_a_turn_is_answered_charged_stored_and_learnt_from_under_mutual_tls(secure: Secure, model: ModelServer) -> None:
    async with secure.channel("gateway", "tools") as channel:
        person = Person(channel)
        assert (await person.ask("remember that my cat is called Miso")).final.remembered
        answer = await person.ask("What is my cat called, and is my sister Zelda well?")
    assert (answer.final.outcome, answer.final.memories_used, answer.notices) == (ANSWERED, 1, [])
    assert answer.final.charged_microcredits > 0
    for service, method in (("credit", "RecordUsage"), ("memory", "ObserveMessages")):  # what jobs call after the turn
        await eventually(lambda service=service, method=method: secure.served(service, method), method)  # type: ignore[misc]
    assert all("parlour_rpc_callers_refused_total{" not in secure.metrics(service) for service in SERVICES)


async def test_a_probe_without_a_certificate_is_told_of_health_alone(secure: Secure) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{secure.probe_port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)).status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            credit: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(channel)
            await credit.GetBalance(credit_pb2.GetBalanceRequest(account_id="user:1"), timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_who_is_not_allowed_a_call_is_refused_it_and_named_in_the_log(secure: Secure) -> None:
    async with secure.channel("credit", "tools") as channel:
        stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GetBalance(credit_pb2.GetBalanceRequest(account_id="user:1"), timeout=10)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "tools may not call /parlour.credit.v1.CreditService/GetBalance" in secure.stack.log("credit")


async def test_whom_an_operator_blocks_is_met_with_silence_until_it_is_taken_back(secure: Secure, model: ModelServer) -> None:
    async with secure.channel("gateway", "tools") as channel:
        person = Person(channel)

        async def ignored() -> bool:
            return (await person.ask("/help")).events[-1].WhichOneof("event") == "ignored"

        assert not await ignored()
        assert "as one that speaks TLS does; then set PARLOUR_TLS_CA" in await secure.parlour("blocks", tls=False)
        assert "is answered any more until" in await secure.parlour("block", "user", person.user_id, "--reason", "spam", "--until", "2h")
        await eventually(ignored, "the gateway knows of the block")
        assert "spam" in await secure.parlour("blocks")
        asked = await person.ask("How are you?")
        assert (len(model.requests), [event.WhichOneof("event") for event in asked.events]) == (0, ["ignored"])
        assert asked.events[0].ignored.reason == "blocked"
        assert "is answered again" in await secure.parlour("unblock", "user", person.user_id)

        async def answered() -> bool:
            return not await ignored()

        await eventually(answered, "the gateway knows of its end")


async def test_secrets_come_out_nowhere(secure: Secure, model: ModelServer) -> None:
    """Last, because the stack is stopped: what is kept for the end, as traces are, counts too."""
    async with TraceCollector(secure.collector_port) as collector:
        seen: dict[str, str] = {}
        async with secure.channel("gateway", "tools") as channel:
            person = Person(channel, guild_id="g1")
            assert (await person.ask(f"What do you think of {SAID}one?")).final.outcome == ANSWERED
            # A provider that repeats what it was given, as providers do.
            said = f"Incorrect API key provided: {API_KEY}. Prompt: {SAID}two"
            model.next(*[Scripted(status=401, error_message=said)] * 3)
            seen["a refusal"] = str((await person.ask(f"{SAID}two?")).final)
            await person.ask(f"remember that my favourite word is {SAID}three")
            children = psutil.Process(secure.stack.process.pid).children(recursive=True)
            for process, (name, words) in told(children, lambda one: (one.name(), one.cmdline())):
                if name == "postgres" and "-D" in words:
                    process.send_signal(signal.SIGKILL)
                    break
            await asyncio.gather(*(person.ask(f"{SAID}four {number}") for number in range(3)), return_exceptions=True)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await person.stub.HandleMessage(gateway_pb2.HandleMessageRequest(message=person.message(SAID * 4_000)), timeout=10).read()
            seen["an error of gRPC"] = f"{refused.value.details()} {refused.value.trailing_metadata()}"
        for service in SERVICES:
            seen[f"metrics of {service}"] = await asyncio.to_thread(secure.metrics, service)
        for process in psutil.Process(secure.stack.process.pid).children(recursive=True):
            seen[f"process {process.pid}"] = f"{process.name()} {process.cmdline()}"
        await asyncio.to_thread(secure.stack.stop)
    seen |= {f"log {path.name}": path.read_text(errors="replace") for path in (secure.stack.data_dir / "logs").iterdir()}
    seen |= {f"trace {number}": text for number, text in enumerate(collector.received)}
    seen["what the stack says"] = "\n".join(secure.stack.lines)

    # What was to go wrong went wrong, and is told of.
    assert "MODEL_UNAVAILABLE" in seen["a refusal"]
    assert "401" in seen["log conversation.log"]
    assert "DEPENDENCY_UNAVAILABLE" in seen["log conversation.log"] + seen["log gateway.log"] + seen["log credit.log"]
    assert any(text for name, text in seen.items() if name.startswith("trace"))
    assert all(len(seen[f"log {service}.log"]) > 0 for service in SERVICES)
    keys = [line for path in (secure.stack.data_dir / "tls").glob("*-key.pem") for line in path.read_text().splitlines() if "-----" not in line]
    secrets = {"the API key": [API_KEY], "the Discord token": [DISCORD_TOKEN], "what was said": [SAID], "a TLS key": keys}
    assert [
        (what, name, _around(text, secret)) for what, found in secrets.items() for secret in found for name, text in seen.items() if secret in text
    ] == []


def _around(text: str, secret: str) -> str:
    at = text.index(secret)
    return text[max(0, at - 200) : at + 200]

"""A real stack in child processes, for end-to-end tests and benches: started as a person starts it, killed as a machine kills it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import psutil

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.local.postgres import Postgres

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("credit", "memory", "conversation", "gateway")
OURS = ("OPENAI_", "PARLOUR_", "DISCORD_", "OTEL_")


@dataclass
class RunningStack:
    """One stack: `python -m services.local up` and everything below it."""

    data_dir: Path
    port_base: int
    environment: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    process: "subprocess.Popen[str]" = field(init=False)
    lines: list[str] = field(default_factory=list)

    def start(self, timeout_s: float = 60) -> float:
        """Start it and return how many seconds it took to be ready."""
        outer = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        command = [sys.executable, "-m", "services.local", "up", "--data-dir", str(self.data_dir), "--port-base", str(self.port_base)]
        command += self.arguments
        started_s = time.monotonic()
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=outer | dict(self.environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.strip() == "parlour is ready":
                return time.monotonic() - started_s
            if time.monotonic() - started_s > timeout_s:
                break
        raise AssertionError("the stack did not start:\n" + "\n".join(self.lines))

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)

    def address(self, service: str) -> str:
        """Where a service listens."""
        return f"127.0.0.1:{self.port_base + SERVICES.index(service)}"

    def database_url(self, service: str) -> str:
        """A service's database, as its owner."""
        return Postgres(self.data_dir / "postgres").url(service, user=service)

    def process_of(self, service: str) -> psutil.Process:
        """The process that runs a service now."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            if _runs(child, f"services.{service}"):
                return child
        raise ProcessLookupError(service)

    def kill(self, service: str) -> None:
        """kill -9."""
        victim = self.process_of(service)
        victim.kill()
        give_up_at_s = time.monotonic() + 10
        while _lives(victim):
            assert time.monotonic() < give_up_at_s, f"{service} outlives kill -9"
            time.sleep(0.01)

    def log(self, service: str) -> str:
        """What a service has logged."""
        return (self.data_dir / "logs" / f"{service}.log").read_text()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE  # who started it may be stopped, and take no notice of its end
    except psutil.NoSuchProcess:
        return False


def _runs(process: psutil.Process, module: str) -> bool:
    try:
        return module in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


Event = gateway_pb2.HandleMessageResponse


class Person:
    """Somebody who talks to the assistant, through the gateway's API."""

    def __init__(self, channel: grpc.aio.Channel, user_id: str | None = None, guild_id: str = "") -> None:
        self.stub: gateway_pb2_grpc.AssistantServiceAsyncStub = gateway_pb2_grpc.AssistantServiceStub(channel)
        self.user_id = user_id or uuid.uuid4().hex[:16]
        self.guild_id = guild_id

    @property
    def account_id(self) -> str:
        return f"user:{self.user_id}"

    def message(self, text: str, message_id: str | None = None) -> gateway_pb2.IncomingMessage:
        return gateway_pb2.IncomingMessage(
            message_id=message_id or uuid.uuid4().hex,
            guild_id=self.guild_id,
            channel_id=f"channel-{self.guild_id or self.user_id}",
            user_id=self.user_id,
            user_name="Ada",
            text=text,
            mentions_assistant=True,
        )

    async def say(self, text: str, *, message_id: str | None = None, timeout_s: float = 70) -> AsyncIterator[Event]:
        """Say something and yield the events of the answer."""
        request = gateway_pb2.HandleMessageRequest(message=self.message(text, message_id))
        async for event in self.stub.HandleMessage(request, timeout=timeout_s):
            yield event

    async def ask(self, text: str, *, message_id: str | None = None, timeout_s: float = 70) -> "Answer":
        """Say something and return the whole answer."""
        return Answer([event async for event in self.say(text, message_id=message_id, timeout_s=timeout_s)])


@dataclass
class Answer:
    """An answer as its events."""

    events: list[Event]

    @property
    def final(self) -> gateway_pb2.Final:
        last = self.events[-1]
        assert last.WhichOneof("event") == "final", last
        return last.final

    @property
    def notices(self) -> list[str]:
        return [event.notice.kind for event in self.events if event.WhichOneof("event") == "notice"]

    @property
    def streamed(self) -> str:
        return "".join(event.delta.text for event in self.events if event.WhichOneof("event") == "delta")


async def eventually(condition: Callable[[], object], what: str, timeout_s: float = 30) -> None:
    """Wait until a condition holds; it may be a coroutine function."""
    end = time.monotonic() + timeout_s
    while True:
        result = condition()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return
        assert time.monotonic() < end, f"not within {timeout_s} s: {what}"
        await asyncio.sleep(0.05)

"""A database server and two instances of the credit service, each of which can be ended in any way and started again."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.credit.pricing import PriceList, load_price_list
from services.local.addresses import free_port
from services.local.child import Command, spawn, stop
from services.local.postgres import Postgres
from services.local.watchdog import Watchdog
from services.runtime.errors import ParlourError
from services.runtime.migrations import migrate
from services.runtime.status import error_from_rpc
from tests.fakes.database_proxy import DatabaseProxy
from tests.running_stack import OURS

OWNER = "credit"
INSTANCES = 2
_READY_WAIT_S = 60.0
_CALL_S = 20.0

MODELS = """
price_version = "chaos-1"
default_tier = "free"
[models.small.price]
prompt_microcredits_per_million_tokens = 1_000_000
cached_prompt_microcredits_per_million_tokens = 500_000
completion_microcredits_per_million_tokens = 2_000_000
[tiers.free]
models = ["small"]
allowance_microcredits = 1_000_000
[tiers.strict]
models = ["small"]
capture_policy = "strict"
[tiers.extend]
models = ["small"]
capture_policy = "extend"
overdraft_microcredits = 50
"""


async def until(condition: Callable[[], Any], what: str, wait_max_s: float = _READY_WAIT_S) -> None:
    """Return when a condition holds; it may be a coroutine function."""
    end = time.monotonic() + wait_max_s
    while True:
        holds = condition()
        if asyncio.iscoroutine(holds):
            holds = await holds
        if holds:
            return
        assert time.monotonic() < end, f"not within {wait_max_s:.0f} s: {what}"
        await asyncio.sleep(0.02)


class DatabaseServer:
    """PostgreSQL with everything on that keeps a commit."""

    def __init__(self, folder: Path, watchdog: Watchdog) -> None:
        self.postgres = Postgres(folder / "data", settings={})
        self._watchdog = watchdog
        self._log_path = folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.postgres.prepare()
        self._process = spawn(self._command, self._log_path, self._watchdog)
        self.postgres.wait_ready(self._process, self._log_path)

    @property
    def _command(self) -> Command:
        """The server, which takes its user by itself: Popen would fork for that, and a process that uses gRPC must not be forked."""
        command = self.postgres.command()
        setpriv = shutil.which("setpriv")
        if command.uid is None or setpriv is None:
            return command
        account = [f"--reuid={command.uid}", f"--regid={command.gid}", "--clear-groups"]
        return replace(command, argv=[setpriv, *account, "--", *command.argv], uid=None, gid=None)

    async def restart_at_once(self) -> None:
        """`pg_ctl stop -m immediate`, as good as a crash of the server, and a start."""
        process = self._process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        await until(lambda: process.poll() is not None, "the database has stopped")
        self._watchdog.forget(process.pid)
        await asyncio.to_thread(self.start)

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, self._command, self._watchdog)

    def create(self, database: str) -> None:
        self.postgres.create_database(database, owner=OWNER)
        migrate(self.postgres.url(database, user=OWNER), "services.credit")


@dataclass
class Instance:
    """One process of the service, which reaches its database through a proxy."""

    number: int
    folder: Path
    port: int
    environment: dict[str, str]
    watchdog: Watchdog
    process: "subprocess.Popen[bytes] | None" = None
    channel: grpc.aio.Channel = field(init=False)

    def __post_init__(self) -> None:
        options = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 100), ("grpc.use_local_subchannel_pool", 1)]
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.port}", options=options)
        self._stubs = pb_grpc.CreditServiceStub(self.channel), pb_grpc.CreditAdminServiceStub(self.channel)

    @property
    def command(self) -> Command:
        outer = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return Command(f"credit {self.number}", [sys.executable, "-m", "services.credit", "serve"], {**outer, **self.environment})

    @property
    def log_path(self) -> Path:
        return self.folder / f"credit-{self.number}.log"

    async def start(self) -> None:
        """Start the process; return when it serves."""
        self.process = spawn(self.command, self.log_path, self.watchdog)
        health = health_pb2_grpc.HealthStub(self.channel)

        async def serves() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.log_path.read_text()[-2000:]
            try:
                answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=2)
            except grpc.aio.AioRpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

        await until(serves, "the service serves")

    async def kill(self) -> None:
        """kill -9, and a start."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.watchdog.forget(self.process.pid)
        await self.start()

    async def stop(self) -> None:
        await self.channel.close()
        if self.process is not None:
            await asyncio.to_thread(stop, self.process, self.command, self.watchdog)

    async def call(self, method: str, request: Message) -> Any:
        """Call the service once. Raises ParlourError."""
        call = next(found for stub in self._stubs if (found := getattr(stub, method, None)) is not None)
        try:
            return await call(request, timeout=_CALL_S)
        except grpc.aio.AioRpcError as error:
            raise error_from_rpc(error, "credit") from None


@dataclass
class World:
    """Everything that can fail."""

    server: DatabaseServer
    instances: list[Instance]
    proxies: list[DatabaseProxy]
    prices: PriceList
    url: str
    superuser_url: str

    async def call(self, door: int, method: str, request: Message) -> Any:
        """Call one of the instances. Raises ParlourError."""
        return await self.instances[door % len(self.instances)].call(method, request)

    def last_words(self) -> str:
        return "\n".join(instance.log_path.read_text(errors="replace")[-3000:] for instance in self.instances)


@contextlib.asynccontextmanager
async def opened(folder: Path, server: DatabaseServer, watchdog: Watchdog, name: str) -> AsyncIterator[World]:
    """A new ledger on the server, and two instances of the service on it."""
    server.create(name)
    models = folder / "models.toml"
    models.write_text(MODELS)
    proxies = [DatabaseProxy(folder / f"p{number}", server.postgres.socket_folder) for number in range(INSTANCES)]
    instances = []
    for number, proxy in enumerate(proxies):
        await proxy.start()
        port = free_port()
        environment = {
            "PARLOUR_CREDIT_LISTEN": f"127.0.0.1:{port}",
            "PARLOUR_CREDIT_DATABASE_URL": f"postgresql://{OWNER}@/{name}?host={quote(str(proxy.folder), safe='')}",
            "PARLOUR_CREDIT_POOL_WAIT_S": "5",
            "PARLOUR_CREDIT_IN_FLIGHT_MAX": "1000",
            "PARLOUR_MODELS_FILE": str(models),
            "PARLOUR_LOG_LEVEL": "warning",
        }
        instances.append(Instance(number, folder, port, environment, watchdog))
    try:
        await asyncio.gather(*(instance.start() for instance in instances))
        urls = server.postgres.url(name, user=OWNER), server.postgres.url(name)
        yield World(server, instances, proxies, load_price_list(models), *urls)
    finally:
        for instance in instances:
            await instance.stop()
        for proxy in proxies:
            await proxy.stop()
        with contextlib.suppress(Exception):
            server.postgres.drop_database(name)


UNDECIDED = {"DEPENDENCY_UNAVAILABLE", "DEADLINE_EXCEEDED", "OVERLOADED", "STALE_VERSION", "CIRCUIT_OPEN", "INTERNAL"}
"""What leaves open whether the operation was carried out, or says that it may be tried again."""


def undecided(error: ParlourError) -> bool:
    return error.reason in UNDECIDED

"""The stack with a proxy on every way between its parts, each part a process of its own that can be paused.

Each database has a server of its own, so that one can be broken alone, and memory has a replica.
"""

import asyncio
import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote

import aiohttp
import grpc
import psutil
import psycopg
import redis.asyncio as redis
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.local.addresses import free_port
from services.local.child import Command, spawn
from services.local.databases import EXTENSIONS
from services.local.postgres import NOT_DURABLE, Postgres
from services.local.valkey import Valkey
from services.local.watchdog import Watchdog
from services.runtime.migrations import migrate
from tests.chaos.matrix.cells import Dependency, Fault
from tests.chaos.matrix.full_servers import DISCORD_FULL, MODEL_FULL, POSTGRES_FULL, OverloadedService
from tests.chaos.matrix.told import SETTINGS, models_text
from tests.fakes.discord_server import FakeDiscord
from tests.fakes.fault_proxy import Connected, Endpoint, FaultProxy, Full
from tests.fakes.fault_proxy import Fault as WayFault
from tests.running_stack import OURS
from tests.streaming_replica import StreamingReplica

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("credit", "memory", "conversation", "gateway")
DATABASES = ("credit", "memory", "conversation")
MODELS = ("first", "second")
SOCKET = ".s.PGSQL.5432"
_READY_WAIT_S = 60.0
_migrating = threading.Lock()  # Alembic keeps what it works on in globals

_REPLIES = re.compile(r'^parlour_rpc_server_duration_seconds_count\{[^}]*method="[^"]*/Reply"[^}]*\} (\S+)$', re.MULTILINE)


@dataclass
class _Part:
    """A process of the stack."""

    command: Command
    log_path: Path
    process: psutil.Process

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        try:
            return self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def tree(self) -> list[psutil.Process]:
        """The process and what it has started; the processes of a database are in sessions of their own."""
        return [self.process, *self.process.children(recursive=True)]


@dataclass
class MatrixStack:
    """One such stack in a folder; `started` makes it."""

    folder: Path
    watchdog: Watchdog
    discord: FakeDiscord
    parts: dict[str, _Part] = field(default_factory=dict)
    proxies: dict[Dependency, list[FaultProxy]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in (*SERVICES, *MODELS, "metrics")})
    seen_ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in (*SERVICES, *MODELS, "discord")})
    servers: dict[str, Postgres] = field(default_factory=dict)
    _pace_s: float = 0.0
    _refusing: list[OverloadedService] = field(default_factory=list)

    @property
    def gateway_address(self) -> str:
        """Where people speak to the assistant."""
        return f"127.0.0.1:{self.ports['gateway']}"

    def database_url(self, service: str) -> str:
        """A service's database, past the proxy."""
        return self.servers[service].url(service, user=service)

    def log(self, service: str) -> str:
        """What a service has logged."""
        return (self.folder / f"{service}.log").read_text(errors="replace")

    async def start(self) -> None:
        """Start everything and wait until the gateway reaches the others."""
        await asyncio.gather(*(asyncio.to_thread(self._start_database, name) for name in DATABASES))
        replica = await asyncio.to_thread(self._start_replica)
        valkey = self._start_valkey()
        for model in MODELS:
            self._spawn(f"model-{model}", "tests.fakes.model_server", "--port", str(self.ports[model]))
        self._make_proxies(replica, valkey)
        for refusing in self._refusing:
            await refusing.start()
        for proxy in self._distinct_proxies():
            await proxy.start()
        for service in SERVICES:
            self._spawn(service, f"services.{service}", "serve", environment=self._environment(service, valkey))
        for service in SERVICES:
            await self._until(partial(_serves, f"127.0.0.1:{self.ports[service]}"), f"{service} serves")
        for service in ("credit", "memory", "conversation"):
            await self._until(partial(_serves, self.gateway_address, f"dependency.{service}"), f"the gateway reaches {service}")

    def _start_database(self, service: str) -> None:
        folder = self.folder / f"pg-{service}"
        folder.mkdir(mode=0o755)
        server = self.servers[service] = Postgres(folder / "data", settings=NOT_DURABLE | {"shared_buffers": "32MB"})
        server.prepare()
        log_path = self.folder / f"pg-{service}.log"
        process = spawn(server.command(), log_path, self.watchdog)
        server.wait_ready(process, log_path)
        self.parts[f"pg-{service}"] = _Part(server.command(), log_path, psutil.Process(process.pid))
        server.create_database(service, owner=service, extensions=EXTENSIONS.get(service, ()))
        with _migrating:
            migrate(server.url(service, user=service), f"services.{service}")

    def _start_replica(self) -> Path:
        replica = StreamingReplica(self.servers["memory"], self.folder / "pg-replica", self.watchdog)
        replica.start()
        process = replica._process
        assert process is not None
        self.parts["pg-replica"] = _Part(replica.server.command(), self.folder / "pg-replica" / "log", psutil.Process(process.pid))
        return replica.server.socket_folder

    def _start_valkey(self) -> Path:
        server = Valkey(self.folder / "valkey", self.folder)
        server.prepare()
        log_path = self.folder / "valkey.log"
        process = spawn(server.command(), log_path, self.watchdog)
        server.wait_ready(process, log_path)
        self.parts["valkey"] = _Part(server.command(), log_path, psutil.Process(process.pid))
        return server.socket

    def _make_proxies(self, replica: Path, valkey: Path) -> None:
        refusing = {service: OverloadedService(service) for service in DATABASES}
        self._refusing = list(refusing.values())
        for name in DATABASES:
            full = Full(stand_in=refusing[name].endpoint, connected=Connected.SENT_AWAY)
            self.proxies[Dependency(name)] = [FaultProxy(self._seen(name), ("127.0.0.1", self.ports[name]), full=full)]
            database = FaultProxy(self._seen_socket(name), self.servers[name].socket_folder / SOCKET, full=POSTGRES_FULL)
            self.proxies[Dependency(f"{name}_database")] = [database]
        self.proxies[Dependency.MEMORY_REPLICA] = [FaultProxy(self._seen_socket("replica"), replica / SOCKET, full=POSTGRES_FULL)]
        self.proxies[Dependency.REDIS] = [FaultProxy(self.folder / "p-valkey.sock", valkey)]
        models = [FaultProxy(self._seen(name), ("127.0.0.1", self.ports[name]), full=MODEL_FULL) for name in MODELS]
        self.proxies[Dependency.MODEL], self.proxies[Dependency.EVERY_MODEL] = models[:1], models
        self.proxies[Dependency.DISCORD] = [FaultProxy(self._seen("discord"), ("127.0.0.1", self.discord.port), full=DISCORD_FULL)]

    def _seen(self, name: str) -> Endpoint:
        return ("127.0.0.1", self.seen_ports[name])

    def _seen_socket(self, name: str) -> Path:
        return self.folder / f"p-{name}" / SOCKET

    def _distinct_proxies(self) -> Iterable[FaultProxy]:
        return {id(proxy): proxy for proxies in self.proxies.values() for proxy in proxies}.values()

    def _environment(self, service: str, valkey: Path) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        models = self.folder / "models.toml"
        models.write_text(models_text({name: self.seen_ports[name] for name in MODELS}))
        told = {
            "PARLOUR_REDIS_URL": f"unix://{quote(str(self.folder / 'p-valkey.sock'))}",
            "PARLOUR_MODELS_FILE": str(models),
            "PARLOUR_CONVERSATION_METRICS_LISTEN": f"127.0.0.1:{self.ports['metrics']}",
            "PARLOUR_DATA_DIR": str(self.folder),
            "PARLOUR_LOG_LEVEL": "info",
            "PYTHONUNBUFFERED": "1",
            "DISCORD_TOKEN": self.discord.token,
            "PARLOUR_DISCORD_API_URL": f"http://127.0.0.1:{self.seen_ports['discord']}/api/v10",
            "PARLOUR_DISCORD_GATEWAY_URL": f"ws://127.0.0.1:{self.seen_ports['discord']}/gateway",
            "PARLOUR_MEMORY_REPLICA_URLS": f"postgresql://memory@/memory?host={quote(str(self._seen_socket('replica').parent), safe='')}",
            "PARLOUR_CONVERSATION_TOMBSTONES_FILE": str(self.folder / "tombstones.jsonl"),
        }
        for name in SERVICES:
            told[f"PARLOUR_{name.upper()}_ADDRESS"] = f"127.0.0.1:{self.seen_ports[name]}"
            told[f"PARLOUR_{name.upper()}_LISTEN"] = f"127.0.0.1:{self.ports[name]}"
        for name in DATABASES:
            host = quote(str(self._seen_socket(name).parent), safe="")
            told[f"PARLOUR_{name.upper()}_DATABASE_URL"] = f"postgresql://{name}@/{name}?host={host}"
        return outer | SETTINGS | told

    def _spawn(self, name: str, module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        base = environment or {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        base["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "protos")])
        command = Command(name, [sys.executable, "-m", module, *arguments], base)
        log_path = self.folder / f"{name}.log"
        process = spawn(command, log_path, self.watchdog)
        self.parts[name] = _Part(command, log_path, psutil.Process(process.pid))

    async def _until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + _READY_WAIT_S
        while not await condition():
            ended = [name for name in SERVICES if name in self.parts and not self.parts[name].runs]
            if ended or loop.time() > end:
                last = "\n".join(self.log(name)[-1500:] for name in ended or SERVICES)
                raise AssertionError(f"not within {_READY_WAIT_S:.0f} s: {what}; ended: {ended}\n{last}")
            await asyncio.sleep(0.05)

    def paused_parts(self, dependency: Dependency) -> list[_Part]:
        """The processes that a dependency consists of."""
        names = {
            Dependency.MEMORY_REPLICA: ["pg-replica"],
            Dependency.REDIS: ["valkey"],
            Dependency.MODEL: ["model-first"],
            Dependency.EVERY_MODEL: ["model-first", "model-second"],
        }
        database = dependency.removesuffix("_database")
        fallback = [f"pg-{database}"] if database != dependency else [str(dependency)]
        return [self.parts[name] for name in names.get(dependency, fallback)]

    async def inject(self, dependency: Dependency, fault: Fault) -> None:
        """Break a dependency from now on."""
        if fault is Fault.PAUSED:
            self._signal(dependency, signal.SIGSTOP)
        elif fault is Fault.FULL and dependency is Dependency.REDIS:
            await self._redis_memory_max("1")
        else:
            for proxy in self.proxies[dependency]:
                await proxy.inject(WayFault(fault))

    async def clear(self, dependency: Dependency, fault: Fault) -> None:
        """Mend it."""
        if fault is Fault.PAUSED:
            self._signal(dependency, signal.SIGCONT)
        elif fault is Fault.FULL and dependency is Dependency.REDIS:
            await self._redis_memory_max("64mb")
        else:
            for proxy in self.proxies[dependency]:
                await proxy.clear()

    def _signal(self, dependency: Dependency, number: signal.Signals) -> None:
        for part in self.paused_parts(dependency):
            for process in part.tree():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    async def _redis_memory_max(self, amount: str) -> None:
        async with redis.Redis(unix_socket_path=str(self.folder / "valkey.sock")) as client:
            await client.config_set("maxmemory", amount)

    async def pace_models(self, delta_delay_s: float) -> None:
        """Let the models wait so long before each delta."""
        if delta_delay_s == self._pace_s:
            return
        self._pace_s = delta_delay_s
        async with aiohttp.ClientSession() as session:
            for model in MODELS:
                script = {"default": {"delta_delay_s": delta_delay_s}}
                async with session.post(f"http://127.0.0.1:{self.ports[model]}/_script", json=script) as answer:
                    answer.raise_for_status()

    async def replies_served(self) -> float:
        """How many replies conversation has handed over to their end, as its metrics say."""
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.ports['metrics']}/metrics") as answer:
            return sum(float(count) for count in _REPLIES.findall(await answer.text()))

    async def query(self, service: str, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """Ask a service's database, past the proxy."""
        async with await psycopg.AsyncConnection.connect(self.database_url(service), autocommit=True) as connection:
            return await (await connection.execute(statement, parameters)).fetchall()

    async def stop(self) -> None:
        """End everything at once: nothing of it is needed any more."""
        for part in self.parts.values():
            for process in part.tree():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)
        await asyncio.gather(*(asyncio.to_thread(_end, part, self.watchdog) for part in self.parts.values()))
        for proxy in self._distinct_proxies():
            await proxy.stop()
        for service in self._refusing:
            await service.stop()


def _end(part: _Part, watchdog: Watchdog) -> None:
    # PostgreSQL ends at once by SIGQUIT, and takes its processes and its shared memory with it.
    number = signal.SIGQUIT if part.command.name == "postgres" else signal.SIGKILL
    with contextlib.suppress(psutil.NoSuchProcess):
        part.process.send_signal(number)
        try:
            part.process.wait(10)
        except psutil.TimeoutExpired:
            part.process.kill()
    watchdog.forget(part.process.pid)


async def _serves(address: str, part: str = "") -> bool:
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]
                health_pb2.HealthCheckRequest(service=part), timeout=1
            )
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


_STARTS_MAX = 3
_TAKEN = "Address already in use"


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[MatrixStack]:
    """Start such a stack in an empty folder with a short path, and stop it afterwards.

    A port that was free when it was chosen may be somebody else's when a service has started: then all of it is started again.
    """
    watchdog = Watchdog()
    folder.chmod(0o755)
    watchdog.remove_folder(str(folder))
    try:
        async with FakeDiscord() as discord:
            discord.gateway.heartbeat_interval_ms = 1_000
            stack = await _started(folder, watchdog, discord)
            try:
                yield stack
            finally:
                await stack.stop()
    finally:
        watchdog.close()


async def _started(folder: Path, watchdog: Watchdog, discord: FakeDiscord) -> MatrixStack:
    for number in range(_STARTS_MAX):
        place = folder / f"{number}"
        place.mkdir(mode=0o755)
        stack = MatrixStack(place, watchdog, discord)
        try:
            await stack.start()
        except BaseException as problem:
            await stack.stop()
            if _TAKEN not in str(problem) or number == _STARTS_MAX - 1:
                raise
        else:
            return stack
    raise AssertionError("unreachable")

"""Two processes of every service on one PostgreSQL and one Valkey, as a deployment with two replicas: each finds both of every other service.

A caller's channel knows both addresses, takes turns between them, and leaves out one that says by its health that it is about to stop
(services/runtime/channel.py). People's channel is made in the same way.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from services.local.addresses import SERVICES, Addresses, free_port
from services.local.child import Command, signal_group, spawn, stop
from services.local.databases import create_and_migrate
from services.local.environment import DATABASES, service_environment
from services.local.model_choice import choose, models_toml
from services.local.valkey import Valkey
from services.local.watchdog import Watchdog
from services.runtime.channel import service_config
from tests.chaos.bank.world import DatabaseServer, until
from tests.chaos.kills.victims import serves
from tests.running_stack import OURS, ROOT

INSTANCES = 2
START_WAIT_S = 90.0


@dataclass
class ServiceProcess:
    """One of them."""

    service: str
    number: int
    folder: Path
    environment: Mapping[str, str]
    watchdog: Watchdog
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def name(self) -> str:
        return f"{self.service} {self.number}"

    @property
    def address(self) -> str:
        return self.environment[f"PARLOUR_{self.service.upper()}_LISTEN"]

    @property
    def log_path(self) -> Path:
        return self.folder / f"{self.service}-{self.number}.log"

    @property
    def _command(self) -> Command:
        return Command(self.name, [sys.executable, "-m", f"services.{self.service}", "serve"], self.environment)

    async def start(self) -> None:
        """Start it; return when it serves."""
        process = self.process = spawn(self._command, self.log_path, self.watchdog)

        async def up() -> bool:
            assert process.poll() is None, self.log_path.read_text(errors="replace")[-4000:]
            return await serves(self.address)

        await until(up, f"{self.name} serves", START_WAIT_S)

    async def terminate(self, wait_s: float) -> float:
        """SIGTERM, as a deployment does; return how many seconds it took to be gone. Raises AssertionError where it is not within `wait_s`."""
        process, loop = self.process, asyncio.get_running_loop()
        assert process is not None
        started_s = loop.time()
        signal_group(process.pid, signal.SIGTERM)
        await until(lambda: process.poll() is not None, f"{self.name} is gone", wait_s)
        self.watchdog.forget(process.pid)
        self.process = None
        return loop.time() - started_s

    async def end(self) -> None:
        """Stop it, however long it takes to be killed."""
        process, self.process = self.process, None
        if process is not None:
            await asyncio.to_thread(stop, process, self._command, self.watchdog)


@dataclass
class Pairs:
    """All of them."""

    server: DatabaseServer
    instances: list[ServiceProcess]

    def of(self, service: str) -> list[ServiceProcess]:
        """The processes of a service."""
        return [one for one in self.instances if one.service == service]

    def database_url(self, service: str) -> str:
        """A service's database, for its superuser."""
        return self.server.postgres.url(service)

    async def gateways_reach_everything(self) -> bool:
        """Whether each gateway sees every service that it needs."""
        seen = [serves(one.address, f"dependency.{name}") for one in self.of("gateway") for name in (*DATABASES, "redis")]
        return all(await asyncio.gather(*seen))

    def channel(self) -> grpc.aio.Channel:
        """A person's channel to the gateways, which leaves out one that is about to stop."""
        return channel_to(one.address for one in self.of("gateway"))


def channel_to(addresses: Iterable[str]) -> grpc.aio.Channel:
    """A channel that takes turns between these addresses, and leaves out one that is about to stop."""
    options = [("grpc.service_config", service_config([])), ("grpc.max_reconnect_backoff_ms", 500), ("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.insecure_channel(_target(addresses), options=options)


def _target(addresses: Iterable[str]) -> str:
    return "ipv4:" + ",".join(addresses)


@asynccontextmanager
async def pairs(model_url: str, settings: Mapping[str, str]) -> AsyncIterator[Pairs]:
    """Start everything, each service told `settings` as well, and stop it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="parlour-chaos-pairs-"))
    folder.chmod(0o755)
    watchdog = Watchdog()
    watchdog.remove_folder(str(folder))
    server, valkey_process, made = DatabaseServer(folder, watchdog), None, None
    try:
        server.start()
        await asyncio.to_thread(create_and_migrate, server.postgres)
        valkey = Valkey(folder / "valkey", server.postgres.socket_folder)
        valkey.prepare()
        valkey_process = spawn(valkey.command(), folder / "valkey.log", watchdog)
        valkey.wait_ready(valkey_process, folder / "valkey.log")
        made = Pairs(server, _instances(folder, server, valkey, watchdog, model_url, settings))
        await asyncio.gather(*(one.start() for one in made.instances))
        await until(made.gateways_reach_everything, "the gateways reach the services", START_WAIT_S)
        yield made
    finally:
        for one in reversed(made.instances if made else []):
            await one.end()
        if valkey_process is not None:
            stop(valkey_process, valkey.command(), watchdog)
        server.stop()
        watchdog.close()
        shutil.rmtree(folder, ignore_errors=True)


def _instances(
    folder: Path, server: DatabaseServer, valkey: Valkey, watchdog: Watchdog, model_url: str, settings: Mapping[str, str]
) -> list[ServiceProcess]:
    models = folder / "models.toml"
    choice = choose({"OPENAI_BASE_URL": model_url, "PARLOUR_MODEL": "scripted"}, embedded=False, ollama_models=lambda *_: [])
    models.write_text(models_toml(choice, model_url, ""))
    outer = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    common = service_environment(
        {**outer, **settings, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "protos")])},
        Addresses(),
        database_urls={name: server.postgres.url(name, user=name) for name in DATABASES},
        redis_url=valkey.url,
        models_file=str(models),
        data_folder=str(folder),
    )
    listens = {service: [f"127.0.0.1:{free_port()}" for _ in range(INSTANCES)] for service in SERVICES}
    for service, addresses in listens.items():
        common[f"PARLOUR_{service.upper()}_ADDRESS"] = _target(addresses)
        common[f"PARLOUR_{service.upper()}_METRICS_LISTEN"] = ""
    return [
        ServiceProcess(service, number, folder, common | _own(service, number, address, folder), watchdog)
        for service, addresses in listens.items()
        for number, address in enumerate(addresses)
    ]


def _own(service: str, number: int, address: str, folder: Path) -> dict[str, str]:
    """What is another one's in no case: where it listens, and the folder of its journal."""
    return {f"PARLOUR_{service.upper()}_LISTEN": address, "PARLOUR_DATA_DIR": str(folder / f"{service}-{number}")}

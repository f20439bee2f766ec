"""Further gateways beside a running stack, each a process of its own that can be killed, paused and started again."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.local.addresses import free_port
from services.local.child import Command, signal_group, spawn, stop
from services.local.watchdog import Watchdog
from tests.fakes.discord_server import FakeDiscord
from tests.running_stack import RunningStack


@dataclass
class GatewayProcess:
    """One gateway; what it is told is what the stack tells its own, and `environment`."""

    name: str
    folder: Path
    environment: dict[str, str]
    watchdog: Watchdog
    process: "subprocess.Popen[bytes] | None" = field(default=None)
    paused: bool = False

    @property
    def _command(self) -> Command:
        return Command(self.name, [sys.executable, "-m", "services.gateway", "serve"], self.environment)

    @property
    def log(self) -> str:
        """What it has logged."""
        path = self.folder / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def start(self, *, timeout_s: float = 30.0) -> None:
        """Start it; return when it serves."""
        self.process = spawn(self._command, self.folder / f"{self.name}.log", self.watchdog)
        async with asyncio.timeout(timeout_s):
            while not await self._serves():
                assert self.process.poll() is None, self.log[-4000:]
                await asyncio.sleep(0.05)

    async def _serves(self) -> bool:
        async with grpc.aio.insecure_channel(self.environment["PARLOUR_GATEWAY_LISTEN"]) as channel:
            try:
                found = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.aio.AioRpcError:
                return False
        return bool(found.status == health_pb2.HealthCheckResponse.SERVING)

    def pause(self) -> None:
        """SIGSTOP: it does nothing, and its connections stay."""
        assert self.process is not None
        signal_group(self.process.pid, signal.SIGSTOP)
        self.paused = True

    def resume(self) -> None:
        """SIGCONT."""
        assert self.process is not None
        signal_group(self.process.pid, signal.SIGCONT)
        self.paused = False

    async def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        signal_group(self.process.pid, signal.SIGKILL)
        await asyncio.to_thread(self.process.wait)
        self.watchdog.forget(self.process.pid)
        self.process = None

    async def end(self) -> None:
        """Stop it as a deployment does."""
        if self.process is None:
            return
        if self.paused:
            self.resume()
        process, self.process = self.process, None
        await asyncio.to_thread(stop, process, self._command, self.watchdog)


@asynccontextmanager
async def gateways(stack: RunningStack, discord: FakeDiscord, folder: Path, *changes: Mapping[str, str]) -> AsyncIterator[list[GatewayProcess]]:
    """Start a gateway for each of `changes` to the environment, all in the same Discord, and stop them in the end."""
    watchdog = Watchdog()
    base = stack.process_of("gateway").environ()
    base = {name: value for name, value in base.items() if not name.startswith(("DISCORD_", "PARLOUR_DISCORD_", "PARLOUR_GATEWAY_METRICS"))}
    made = []
    for number, change in enumerate(changes):
        environment = base | {
            "PARLOUR_GATEWAY_LISTEN": f"127.0.0.1:{free_port()}",
            "PARLOUR_GATEWAY_METRICS_LISTEN": "",
            "PARLOUR_GATEWAY_OUTAGE_INSTANCE": f"gateway-{number}",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "DISCORD_TOKEN": discord.token,
            "PARLOUR_DISCORD_API_URL": discord.api_url,
            "PARLOUR_DISCORD_GATEWAY_URL": discord.gateway_url,
            "PARLOUR_GATEWAY_DISCORD_IDENTIFY_INTERVAL_S": "0",
            **change,
        }
        made.append(GatewayProcess(f"gateway-{number}", folder, environment, watchdog))
    try:
        await asyncio.gather(*(one.start() for one in made))
        yield made
    finally:
        await asyncio.gather(*(one.end() for one in made))
        watchdog.close()

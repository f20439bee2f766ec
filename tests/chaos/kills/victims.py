"""The processes of a running stack, each of which can be killed, and how one knows that it is well again."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import grpc
import psutil
import psycopg
import redis.asyncio as redis
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.running_stack import SERVICES, RunningStack

ENGINES = ("postgres", "valkey")
VICTIMS = (*SERVICES, *ENGINES)
PAUSE_S = 2.0
"""From the moment that the last victim is well to the next kill."""
WELL_WAIT_S = 90.0
_PROBE_S = 1.0


class StackProcesses:
    """A stack's processes, by name."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack

    def pid(self, name: str) -> int:
        """The process that runs a part now. Raises ProcessLookupError while there is none."""
        if name in SERVICES:
            return self._stack.process_of(name).pid
        if name == "postgres":
            return self._postgres_pid()
        for child in psutil.Process(self._stack.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.name().startswith("valkey-server") and child.status() != psutil.STATUS_ZOMBIE:
                    return child.pid
        raise ProcessLookupError(name)

    def _postgres_pid(self) -> int:
        """The postmaster; the others are its children, and go when it is gone."""
        try:
            pid = int((self._stack.data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                raise ProcessLookupError("postgres")
        except (OSError, ValueError, psutil.NoSuchProcess):
            raise ProcessLookupError("postgres") from None
        return pid

    async def is_well(self, name: str) -> bool:
        """Whether a part does what it is there for."""
        if name in SERVICES:
            return await serves(self._stack.address(name))
        return await (self._postgres_answers() if name == "postgres" else self._valkey_answers())

    async def everything_is_well(self) -> bool:
        """Whether all parts are, and the gateway sees the services that it needs."""
        parts = [f"dependency.{name}" for name in ("credit", "memory", "conversation", "redis")]
        seen = await asyncio.gather(*(serves(self._stack.address("gateway"), part) for part in parts))
        return all(seen) and all(await asyncio.gather(*(self.is_well(name) for name in VICTIMS)))

    async def _postgres_answers(self) -> bool:
        try:
            async with await psycopg.AsyncConnection.connect(self._stack.database_url("credit"), autocommit=True) as connection:
                await connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    async def _valkey_answers(self) -> bool:
        try:
            url = self._stack.process_of("gateway").environ()["PARLOUR_REDIS_URL"]
        except (ProcessLookupError, psutil.NoSuchProcess):
            return False
        client = redis.from_url(url, socket_timeout=_PROBE_S)
        try:
            return bool(await client.ping())
        except (redis.RedisError, OSError):
            return False
        finally:
            await client.aclose()


async def serves(address: str, part: str = "") -> bool:
    """Whether a service says that it serves, or that it reaches a part it depends on."""
    async with grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]
                health_pb2.HealthCheckRequest(service=part), timeout=_PROBE_S
            )
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@dataclass(frozen=True)
class Absence:
    """From the kill of a part until it is well again, by the monotonic clock."""

    name: str
    began_s: float
    ended_s: float

    @property
    def seconds(self) -> float:
        return self.ended_s - self.began_s


@dataclass
class Killer:
    """Kills one part after the other, chosen by chance: each PAUSE_S after the last one is well again. It stops when `is_over`."""

    processes: StackProcesses
    dice: random.Random
    is_over: Callable[[], bool]
    say: Callable[[str], None]
    killed: Counter[str] = field(default_factory=Counter)
    absences: list[Absence] = field(default_factory=list)

    async def run(self) -> None:
        """Kill until it is over. Raises TimeoutError where a victim does not get well."""
        left: list[str] = []
        while not self.is_over():
            if not left:  # each once before one is met again, in another order each time
                left = self.dice.sample(VICTIMS, len(VICTIMS))
            await self.kill(left.pop())
            await self._pause()

    async def kill(self, name: str) -> None:
        """kill -9 one part, and wait until it is well again."""
        before = self.processes.pid(name)
        os.kill(before, signal.SIGKILL)
        started_s = time.monotonic()
        self.killed[name] += 1
        async with asyncio.timeout(WELL_WAIT_S):
            await _until(lambda: self._another(name, before))
            await _until(lambda: self.processes.is_well(name))
        self.absences.append(Absence(name, started_s, time.monotonic()))
        self.say(f"killed {name}, away for {self.absences[-1].seconds:.1f} s")

    def cause_at(self, time_s: float) -> str:
        """Which part was away at a time, or was the last to come back."""
        cause = ""
        for absence in self.absences:
            if absence.began_s <= time_s:
                cause = f"{absence.name} {'away' if time_s < absence.ended_s else 'back'}"
        return cause

    async def _another(self, name: str, before: int) -> bool:
        try:
            return self.processes.pid(name) != before
        except ProcessLookupError:
            return False

    async def _pause(self) -> None:
        end = time.monotonic() + PAUSE_S
        while time.monotonic() < end and not self.is_over():
            await asyncio.sleep(0.05)


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    while not await condition():
        await asyncio.sleep(0.1)

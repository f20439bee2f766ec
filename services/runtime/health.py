"""Health by the standard gRPC protocol: the process as a whole (""), and each dependency by name ("dependency.database").

A dependency that is down does not make the process NOT_SERVING: it still answers with what it has, and says so. Only a start that is not done
and a stop do.
"""

import asyncio
from collections.abc import Awaitable, Callable

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from prometheus_client import Gauge

from services.runtime.telemetry import get_logger

Probe = Callable[[], Awaitable[None]]
PROBES_MAX = 64
"""Calls that the port for probes serves at once; a probe takes milliseconds."""

_up = Gauge("parlour_dependency_up", "1 while a dependency answers", ["dependency"])
_log = get_logger(__name__)
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """Watches dependencies and answers health checks."""

    def __init__(self, *, probe_timeout_s: float = 1.0) -> None:
        self._servicer = health.aio.HealthServicer()
        self._probes: dict[str, Probe] = {}
        self._up: dict[str, bool] = {}
        self._probe_timeout_s = probe_timeout_s

    def add_to(self, server: grpc.aio.Server) -> None:
        """Serve the health protocol on a server."""
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    def watch(self, dependency: str, probe: Probe) -> None:
        """Ask a dependency regularly whether it is well: `probe` raises if it is not."""
        self._probes[dependency] = probe

    def is_up(self, dependency: str) -> bool:
        """Return whether the last probe of a dependency was answered."""
        return self._up.get(dependency, False)

    def dependencies(self) -> dict[str, bool]:
        """Return every watched dependency and whether it is up."""
        return {name: self.is_up(name) for name in self._probes}

    async def probe_all(self) -> None:
        """Ask every dependency once, side by side."""
        await asyncio.gather(*(self._probe(name, probe) for name, probe in self._probes.items()))

    async def _probe(self, name: str, probe: Probe) -> None:
        try:
            async with asyncio.timeout(self._probe_timeout_s):
                await probe()
        except Exception as error:  # whatever a client library raises means: not well
            await self._set(name, False, _problem(error))
        else:
            await self._set(name, True, "")

    async def _set(self, name: str, up: bool, problem: str) -> None:
        if self._up.get(name) != up:
            log = _log.info if up else _log.error
            log("dependency is up" if up else "dependency is down", dependency=name, problem=problem)
        self._up[name] = up
        _up.labels(name).set(up)
        await self._servicer.set(f"dependency.{name}", _SERVING if up else _NOT_SERVING)

    async def probe_forever(self, interval_s: float) -> None:
        """Ask every dependency each `interval_s` seconds."""
        while True:
            await self.probe_all()
            await asyncio.sleep(interval_s)

    async def serving(self, service: str = "") -> None:
        """Say that a service, or the whole process, accepts calls."""
        await self._servicer.set(service, _SERVING)

    async def stopping(self) -> None:
        """Say that no new calls should come."""
        await self._servicer.enter_graceful_shutdown()


async def serve_probes(health: Health, listen: str) -> grpc.aio.Server:
    """Serve the health protocol and nothing else, in plaintext, for probes that hold no certificate. Raises OSError where the address is taken."""
    server = grpc.aio.server(maximum_concurrent_rpcs=PROBES_MAX, options=[("grpc.so_reuseport", 0)])
    health.add_to(server)
    try:
        server.add_insecure_port(listen)
    except RuntimeError as error:
        raise OSError(f"cannot listen on {listen}") from error
    await server.start()
    return server


def _problem(error: Exception) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        return f"{error.code().name}: {error.details()}"
    return str(error) or type(error).__name__

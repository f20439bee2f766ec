"""One reading of a stack, over gRPC and from its metrics: every question is asked once, side by side, each with a limit in time."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.console.doctor.discord_application import Application, read_application
from services.console.doctor.metrics_page import MetricsPage, NoMetrics, fetched
from services.runtime.security import Tls

SERVICES = ("credit", "memory", "conversation", "gateway")
DEPENDENCIES: Mapping[str, tuple[str, ...]] = {
    "credit": ("database",),
    "memory": ("database",),
    "conversation": ("database",),
    "gateway": ("credit", "memory", "conversation", "redis", "discord"),
}
"""What is asked for by name where a service shows no metrics; one that it does not have is left out."""

type Connect = Callable[[str], grpc.Channel]


@dataclass(frozen=True)
class Service:
    """What one service said. `problem` says why it did not answer, empty where it did; `dependencies`: which of them answer it."""

    name: str
    address: str
    metrics_address: str
    problem: str = ""
    serving: bool = False
    dependencies: Mapping[str, bool] = field(default_factory=dict)
    metrics: MetricsPage | None = None
    metrics_problem: str = ""

    @property
    def version(self) -> str:
        """Its version, empty where it does not say."""
        if self.metrics is None:
            return ""
        return next((sample.labels.get("version", "") for sample in self.metrics.of("parlour_build_info")), "")


@dataclass(frozen=True)
class Stack:
    """All that was read. `status` is what the gateway says of its features, None where it does not; `tls`: what the calls were made with;
    `discord`: what Discord says of the bot, None where nobody has its token."""

    services: Mapping[str, Service]
    status: gateway_pb2.GetStatusResponse | None = None
    tls: Tls | None = None
    discord: Application | None = None


def read_stack(
    addresses: Mapping[str, str],
    metrics_addresses: Mapping[str, str],
    *,
    tls: Tls | None = None,
    discord_token: str = "",
    discord_url: str = "",
    timeout_s: float = 2.0,
) -> Stack:
    """Ask every service, all at once, and Discord where there is a token."""

    def connect(address: str) -> grpc.Channel:
        return grpc.insecure_channel(address) if tls is None else grpc.secure_channel(address, tls.channel_credentials())

    with ThreadPoolExecutor(len(SERVICES) + 2) as pool:
        status = pool.submit(_status, connect, addresses["gateway"], timeout_s)
        discord = pool.submit(read_application, discord_token, discord_url, timeout_s=timeout_s) if discord_token else None
        services = pool.map(lambda name: _service(name, connect, addresses[name], metrics_addresses[name], timeout_s), SERVICES)
        read = {service.name: service for service in services}
        return Stack(read, status.result(), tls, discord.result() if discord is not None else None)


def _service(name: str, connect: Connect, address: str, metrics_address: str, timeout_s: float) -> Service:
    metrics, metrics_problem = None, ""
    try:
        metrics = fetched(metrics_address, timeout_s=timeout_s)
    except NoMetrics as problem:
        metrics_problem = str(problem)
    with connect(address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        try:
            whole = _check(health, "", timeout_s)
        except grpc.RpcError as error:
            return Service(name, address, metrics_address, _words(error), metrics=metrics, metrics_problem=metrics_problem)
        return Service(
            name,
            address,
            metrics_address,
            serving=whole == health_pb2.HealthCheckResponse.SERVING,
            dependencies=_dependencies(health, name, metrics, timeout_s),
            metrics=metrics,
            metrics_problem=metrics_problem,
        )


def _dependencies(health: health_pb2_grpc.HealthStub, service: str, metrics: MetricsPage | None, timeout_s: float) -> dict[str, bool]:
    """What the health protocol says, and of what it could not be asked for by name, the metrics."""
    found = {} if metrics is None else {sample.labels["dependency"]: sample.value == 1 for sample in metrics.of("parlour_dependency_up")}
    for dependency in sorted({*found, *DEPENDENCIES[service]}):
        try:
            found[dependency] = _check(health, f"dependency.{dependency}", timeout_s) == health_pb2.HealthCheckResponse.SERVING
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                break  # it has just gone away
    return found


def _check(health: health_pb2_grpc.HealthStub, what: str, timeout_s: float) -> int:
    return int(health.Check(health_pb2.HealthCheckRequest(service=what), timeout=timeout_s).status)  # type: ignore[attr-defined]


def _status(connect: Connect, address: str, timeout_s: float) -> gateway_pb2.GetStatusResponse | None:
    with connect(address) as channel:
        try:
            return gateway_pb2_grpc.AssistantServiceStub(channel).GetStatus(gateway_pb2.GetStatusRequest(), timeout=timeout_s)
        except grpc.RpcError:
            return None


def _words(error: grpc.RpcError) -> str:
    code = error.code()
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "it does not answer in time"
    if code is grpc.StatusCode.UNAVAILABLE:
        details = error.details() or ""
        return "nothing answers there" if "refused" in details else f"it cannot be reached: {details.rstrip('.')[:160]}"
    return f"it refuses to say how it is: {code.name.lower().replace('_', ' ')}"

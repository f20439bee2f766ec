"""Which features work now, from the breakers and the health probes."""

from collections.abc import Callable, Mapping

from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlour.gateway.v1 import gateway_pb2
from services.runtime.channel import Remote
from services.runtime.errors import DependencyUnavailable
from services.runtime.health import Health

MEANING: Mapping[str, str] = {
    "credit": "Questions are not answered, because what they cost cannot be held. Memories can be listed and changed.",
    "memory": "Answers come without memories. Nothing can be remembered, listed or forgotten.",
    "conversation": "Questions are not answered. Memories and credits can be asked for.",
    "redis": "Two gateways may work on one person's messages at once; each message is still answered once.",
    "discord": "Nobody is answered in Discord. The API works.",
}
"""What it means for people while a feature does not work."""

ON_LEASE = "Questions are answered on the lease, a few for each person, and settled when credit can be reached. Credits cannot be asked for."
"""The same of credit while the outage allowance lasts."""


class Status:
    """Describes the features of one gateway. `breakers` gives, by feature, the state of the way to it: closed, half_open or open."""

    def __init__(
        self,
        health: Health,
        breakers: Mapping[str, Callable[[], str]],
        *,
        instance_id: str,
        version: str,
        outage: Callable[[], gateway_pb2.OutageStatus] = gateway_pb2.OutageStatus,
    ) -> None:
        self._health = health
        self._breakers = breakers
        self._instance_id = instance_id
        self._version = version
        self._outage = outage

    def describe(self) -> gateway_pb2.GetStatusResponse:
        """Return every feature that this gateway is set up with."""
        watched = self._health.dependencies()
        names = [name for name in MEANING if name in watched or name in self._breakers]
        outage = self._outage()
        meanings = {**MEANING, "credit": ON_LEASE} if outage.active else MEANING
        return gateway_pb2.GetStatusResponse(
            features=[self._feature(name, watched.get(name, True), meanings[name]) for name in names],
            instance_id=self._instance_id,
            version=self._version,
            outage=outage,
        )

    def _feature(self, name: str, answers: bool, meaning: str) -> gateway_pb2.FeatureStatus:
        state = self._breakers[name]() if name in self._breakers else ""
        healthy = answers and state in ("", "closed")
        return gateway_pb2.FeatureStatus(name=name, healthy=healthy, detail="" if healthy else meaning, breaker=state)


async def probe_service(remote: Remote, *, timeout_s: float = 1.0) -> None:
    """Ask another service whether it serves. Raises DependencyUnavailable, or what the call fails with, if it does not."""
    stub = health_pb2_grpc.HealthStub(remote.channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout_s)  # type: ignore[attr-defined]
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise DependencyUnavailable("service", "is not serving")
    remote.reached()

"""Where everything of one stack listens, counted from one port."""

import random
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from services.local.failure import StackFailure

SERVICES = ("credit", "memory", "conversation", "gateway")
DEFAULT_PORT_BASE = 50051
OUTGOING_WAIT_S = 3.0
METRICS_OFFSET = 50
PORT_BASE_MAX = 65535 - METRICS_OFFSET - len(SERVICES)
_LOOPBACK = "127.0.0.1"
_NOT_LENT = range(20_000, 32_000)
"""Ports that systems do not lend to outgoing connections: Linux lends from 32768, others from 49152."""
_TRIES = 1_000


@dataclass(frozen=True)
class Addresses:
    """The loopback addresses of a stack: services from `port_base`, their metrics 50 further on."""

    port_base: int = DEFAULT_PORT_BASE

    def service(self, name: str) -> str:
        """Where a service answers gRPC."""
        return f"{_LOOPBACK}:{self.port_base + SERVICES.index(name)}"

    def metrics(self, name: str) -> str:
        """Where a service shows its metrics."""
        return f"{_LOOPBACK}:{self.port_base + METRICS_OFFSET + SERVICES.index(name)}"

    def all(self) -> list[str]:
        """Every address that must be free."""
        return [self.service(name) for name in SERVICES] + [self.metrics(name) for name in SERVICES]


def require_free(addresses: Addresses) -> None:
    """Raise StackFailure, naming the port, when something listens where the stack should.

    A port may also be lent to an outgoing connection for a moment: that is waited for, at most OUTGOING_WAIT_S.
    """
    end = time.monotonic() + OUTGOING_WAIT_S
    for address in addresses.all():
        host, _, port = address.rpartition(":")
        while (problem := _taken(host, int(port))) is not None:
            if _answers(host, int(port)) or time.monotonic() > end:
                other = addresses.port_base + 1000 if addresses.port_base + 1000 <= PORT_BASE_MAX else 20051
                raise StackFailure(f"Port {port} is taken ({problem}): stop what uses it, or start the stack elsewhere, as with --port-base {other}.")
            time.sleep(0.05)


def _taken(host: str, port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return None


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def free_port() -> int:
    """A loopback port that nothing listens on now, and that no outgoing connection is lent before somebody listens. Raises StackFailure."""
    return free_port_base(offsets=(0,))


def free_port_base(offsets: Sequence[int] | None = None) -> int:
    """A port such that nothing listens on it plus each offset; by default, on those that a stack of this port base needs. Raises StackFailure."""
    wanted = offsets if offsets is not None else [int(address.rpartition(":")[2]) - DEFAULT_PORT_BASE for address in Addresses().all()]
    choices = random.SystemRandom()
    for _ in range(_TRIES):
        base = choices.choice(_NOT_LENT)
        if all(_taken(_LOOPBACK, base + offset) is None for offset in wanted):
            return base
    raise StackFailure(f"No port between {_NOT_LENT.start} and {_NOT_LENT.stop} is free.")

"""The figures of one run: the service beside what bounds it, by turns, so that a busy moment of the machine meets both."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.local.addresses import free_port
from services.memory.scopes import Scope, Visibility
from tests.bench.credit.figures import Bound
from tests.bench.credit.load import in_child
from tests.bench.credit.server import DurableServer
from tests.bench.memory import calls, replica_share
from tests.bench.memory.calls import Addresses, Calls
from tests.bench.memory.fill import Place, fill
from tests.bench.memory.server import create, memory_service

SCOPES = 1_000
MEMORIES_EACH = 100
LARGE_MEMORIES = 50_000
ROUNDS = 3
SECONDS = 10.0
_VECTORS = 1_000
_LARGE = Scope(Visibility.GUILD, "large", "", "large")
_DATABASE = "memory"

BOUNDS = {
    "search_vs_floor": Bound(False, 1.8, 1.8),
    "search_vs_floor_large": Bound(False, 1.8, 1.8),
    "add_vs_embedding": Bound(True, 0.7, 0.7),
    "replica_share": Bound(True, 0.95, 0.95),
    "stale_reads": Bound(False, 0, 0),
}


@dataclass
class Measured:
    """Everything that one run measured."""

    calls: Calls
    replicas: Mapping[str, float]

    def figures(self) -> dict[str, float]:
        """The ratios, and what they are made of."""
        small, large, adds = self.calls.small, self.calls.large, self.calls.adds
        return {
            "search_vs_floor": round(small.ratio, 2),
            "search_vs_floor_large": round(large.ratio, 2),
            "add_vs_embedding": round(adds.ratio, 2),
            "add_alone_vs_embedding": round(adds.ratio_alone, 2),
            **{f"{name}_{part}_ms_p50": value for name, shape in (("small", small), ("large", large)) for part, value in _parts(shape).items()},
            "added_texts_per_second": round(statistics.median(adds.added)),
            "embedded_texts_per_second": round(statistics.median(adds.embedded)),
            "searches": len(small.search_ms),
            "searches_large": len(large.search_ms),
            **self.replicas,
        }


def _parts(shape: calls.Searches) -> dict[str, float]:
    parts = {"search": shape.search_ms, "embedding": shape.embedding_ms, "cosine": shape.cosine_ms, "echo": shape.echo_ms}
    return {name: round(statistics.median(values), 2) for name, values in parts.items()}


def measure(server: DurableServer, seconds: float, reads: int, progress: Callable[[str], None]) -> Measured:
    """Fill a database, and measure searches and batches on it; `seconds` for each of both shapes of search, and for batches, in each round.

    Then `reads` searches with writes among them, beside a replica.
    """
    url = create(server, _DATABASE)
    progress(f"filling in {SCOPES:,} scopes of {MEMORIES_EACH} memories and one of {LARGE_MEMORIES:,}")
    small = [calls.scope_of(number) for number in range(SCOPES)]
    places = [Place(scope, MEMORIES_EACH) for scope in small] + [Place(_LARGE, LARGE_MEMORIES)]
    fill(server.postgres.url(_DATABASE), places, in_child(calls.vectors_of, _VECTORS))
    server.settle(_DATABASE)
    progress("searches and batches over gRPC, beside embedding, a bare cosine query and echoes")
    service_port, echo_port, collector_port = free_port(), free_port(), free_port()
    addresses = Addresses(f"127.0.0.1:{service_port}", f"127.0.0.1:{echo_port}", server.postgres.url(_DATABASE))
    with server.beside("tests.bench.peers", str(echo_port), str(collector_port)), memory_service(server, url, service_port):
        measured = in_child(calls.measure, addresses, small, _LARGE, ROUNDS, seconds)
    progress(f"{reads:,} searches with writes among them, beside a replica")
    return Measured(measured, replica_share.measure(server, reads=reads))

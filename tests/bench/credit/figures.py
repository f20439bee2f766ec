"""The figures of one run: the engine and its calls beside what bounds them, in turns, so that a busy moment of the machine meets both."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.local.addresses import free_port
from tests.bench.credit import calls, engine, pgbench_floor
from tests.bench.credit.calls import Addresses, Calls, Plan
from tests.bench.credit.engine import Run
from tests.bench.credit.fill import Size, fill
from tests.bench.credit.load import in_child
from tests.bench.credit.server import OWNER, DurableServer

ACCOUNTS = 10_000
ROUNDS = 3
_SECONDS = 30
_CALLED_ACCOUNTS = 1_000
_REMEMBERED_ACCOUNTS = 100_000


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure must come to, and what it should."""

    at_least: bool
    bound: float
    aim: float

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"

    def holds(self, value: float) -> bool:
        """Whether a figure keeps it."""
        return value >= self.bound if self.at_least else value <= self.bound


BOUNDS = {
    "engine_vs_pgbench": Bound(True, 2.0, 3),
    "hot_account_vs_pgbench": Bound(True, 12, 25),
    "unary_vs_echo": Bound(True, 0.3, 0.45),
    "idle_pair_vs_floor": Bound(False, 2.5, 1.8),
}

type Progress = Callable[[str], None]


@dataclass
class Race:
    """The engine and pgbench on the same number of accounts, round by round."""

    accounts: int
    engine: list[Run] = field(default_factory=list)
    pgbench: list[float] = field(default_factory=list)

    @property
    def engine_rate(self) -> float:
        return statistics.median(run.pairs_per_second for run in self.engine)

    @property
    def ratio(self) -> float:
        return self.engine_rate / statistics.median(self.pgbench)


@dataclass
class Measured:
    """Everything that one run measured, as it was measured."""

    seconds: float
    uniform: Race
    hot: Race
    calls: Calls
    bytes_per_account: int

    @property
    def void(self) -> bool:
        """Whether the machine was too slow, or too busy, for the run to mean anything."""
        return statistics.median(self.uniform.pgbench) < pgbench_floor.VOID_BELOW

    def figures(self) -> dict[str, float]:
        """The four ratios, what they are made of, and what one would like to know besides."""
        over = self.calls
        unary, echoes, pair_ms = (statistics.median(rounds) for rounds in (over.unary_calls_per_second, over.echo_calls_per_second, over.pair_ms))
        return {
            "engine_vs_pgbench": round(self.uniform.ratio, 2),
            "hot_account_vs_pgbench": round(self.hot.ratio, 2),
            "unary_vs_echo": round(unary / echoes, 3),
            "idle_pair_vs_floor": round(pair_ms / over.floor_ms, 2),
            "engine_pairs_per_second": round(self.uniform.engine_rate),
            "pgbench_pairs_per_second": round(statistics.median(self.uniform.pgbench)),
            "hot_account_pairs_per_second": round(self.hot.engine_rate),
            "hot_account_pgbench_pairs_per_second": round(statistics.median(self.hot.pgbench)),
            "engine_cpu_us_per_operation": round(statistics.median(run.cpu_us_per_operation for run in self.uniform.engine), 1),
            "unary_calls_per_second": round(unary),
            "echo_calls_per_second": round(echoes),
            "idle_pair_ms_p50": round(pair_ms, 2),
            "echo_ms_p50": round(statistics.median(over.echo_ms), 3),
            "commit_ms_p50": round(statistics.median(over.commit_ms), 3),
            "bytes_per_remembered_account": self.bytes_per_account,
        }

    def rounds(self) -> dict[str, Sequence[float]]:
        """Each round of the figures that have rounds."""
        over = self.calls
        return {
            "engine_pairs_per_second": [round(run.pairs_per_second) for run in self.uniform.engine],
            "pgbench_pairs_per_second": [round(rate) for rate in self.uniform.pgbench],
            "hot_account_pairs_per_second": [round(run.pairs_per_second) for run in self.hot.engine],
            "hot_account_pgbench_pairs_per_second": [round(rate) for rate in self.hot.pgbench],
            "engine_cpu_us_per_operation": [round(run.cpu_us_per_operation, 1) for run in self.uniform.engine],
            "unary_calls_per_second": [round(rate) for rate in over.unary_calls_per_second],
            "echo_calls_per_second": [round(rate) for rate in over.echo_calls_per_second],
            "idle_pair_ms_p50": [round(ms, 2) for ms in over.pair_ms],
            "echo_ms_p50": [round(ms, 3) for ms in over.echo_ms],
            "commit_ms_p50": [round(ms, 3) for ms in over.commit_ms],
        }


def measure(server: DurableServer, seconds: float | None, progress: Progress) -> Measured:
    """Measure everything. Raises AssertionError where the books do not balance after a run of the engine."""
    seconds = seconds or _SECONDS
    server.postgres.create_database("floor", owner=OWNER)
    uniform, hot = Race(ACCOUNTS), Race(1)
    for race in (uniform, hot):
        in_child(engine.open_accounts, server.create(f"credit_{race.accounts}"), server.models_file, race.accounts)
        server.settle(f"credit_{race.accounts}")
    for number in range(1, ROUNDS + 1):
        for race in (uniform, hot):
            progress(f"round {number} of {ROUNDS}: {race.accounts:,} account{'s' if race.accounts > 1 else ''}, pgbench and the engine")
            race.pgbench.append(pgbench_floor.pairs_per_second(server.postgres, race.accounts, seconds))
            race.engine.append(_engine_round(server, race.accounts, seconds))
    progress("calls over gRPC, beside echoes and commits")
    plan = Plan(_CALLED_ACCOUNTS, _CALLED_ACCOUNTS, ROUNDS, seconds=max(1.5, seconds / 3), alone=max(100, round(20 * seconds)))
    with server.copied(f"credit_{ACCOUNTS}") as url:
        measured_calls = over_grpc(server, url, plan)
    progress("the memory of remembered accounts")
    return Measured(seconds, uniform, hot, measured_calls, _bytes_per_account(server, seconds))


def _engine_round(server: DurableServer, accounts: int, seconds: float) -> Run:
    with server.copied(f"credit_{accounts}") as url:
        run = in_child(engine.run, url, server.models_file, accounts, seconds)
        assert not (found := in_child(engine.check, url, server.models_file)), found[:5]
    return run


def over_grpc(server: DurableServer, url: str, plan: Plan) -> Calls:
    """Start the service on a database, and the echo beside it, and measure both."""
    service_port, echo_port, collector_port = free_port(), free_port(), free_port()
    addresses = Addresses(f"127.0.0.1:{service_port}", f"127.0.0.1:{echo_port}", server.postgres.url("floor"))
    with server.beside("tests.bench.peers", str(echo_port), str(collector_port)), server.credit_service(url, service_port):
        return in_child(calls.measure, addresses, plan)


def _bytes_per_account(server: DurableServer, seconds: float) -> int:
    accounts = _REMEMBERED_ACCOUNTS if seconds >= _SECONDS else _REMEMBERED_ACCOUNTS // 5
    url = server.create("credit_memory")
    fill(url, Size(round(accounts * 1.05)))
    server.settle("credit_memory")
    grown = in_child(engine.bytes_per_account, url, server.models_file, accounts)
    server.postgres.drop_database("credit_memory")
    return grown

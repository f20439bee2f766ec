"""How the figures move as accounts and the journal grow. What an operation costs must not grow with the journal."""

import statistics
from dataclasses import dataclass

from tests.bench.credit import engine, pgbench_floor
from tests.bench.credit.calls import Calls, Plan
from tests.bench.credit.engine import CALLERS
from tests.bench.credit.figures import ACCOUNTS, ROUNDS, Progress, Race, over_grpc
from tests.bench.credit.fill import Size, fill
from tests.bench.credit.load import in_child
from tests.bench.credit.server import OWNER, DurableServer

_JOURNAL = 10_000_000
SIZES = (Size(1_000), Size(100_000), Size.with_journal(100_000, _JOURNAL), Size(1_000_000), Size.with_journal(1_000_000, _JOURNAL))
_SECONDS = 10
_ALONE = 200
_CALLED_ACCOUNTS = 100
_CHECKED_ENTRIES_MAX = 1_000_000  # a check reads the whole journal
_MADE_UP = {"batch_is_not_its_entries"}  # see fill


@dataclass(frozen=True)
class Grown:
    """What was measured on one database."""

    size: Size
    race: Race
    calls: Calls
    checked: bool

    @property
    def void(self) -> bool:
        """Whether the machine was too slow, or too busy, for the run to mean anything."""
        return statistics.median(self.race.pgbench) < pgbench_floor.VOID_BELOW

    def figures(self) -> dict[str, float | bool]:
        """The figures, by name."""
        over = self.calls
        pair_ms = statistics.median(over.pair_ms)
        return {
            "accounts": self.size.accounts,
            "entries_before": self.size.entries,
            "engine_pairs_per_second": round(self.race.engine_rate),
            "pgbench_pairs_per_second": round(statistics.median(self.race.pgbench)),
            "engine_vs_pgbench": round(self.race.ratio, 2),
            "idle_pair_ms_p50": round(pair_ms, 2),
            "idle_first_pair_ms_p50": round(statistics.median(over.first_pair_ms), 2),
            "idle_floor_ms_p50": round(over.floor_ms, 2),
            "idle_pair_vs_floor": round(pair_ms / over.floor_ms, 2),
            "books_checked": self.checked,
            "void": self.void,
        }


def measure(server: DurableServer, seconds: float | None, progress: Progress) -> list[Grown]:
    """Measure on one database after the other. Raises AssertionError where the books of one that is checked do not balance."""
    server.postgres.create_database("floor", owner=OWNER)
    return [_measure(server, size, seconds or _SECONDS, progress) for size in SIZES]


def _measure(server: DurableServer, size: Size, seconds: float, progress: Progress) -> Grown:
    name = "credit_grown"
    progress(f"{size.accounts:,} accounts, {size.entries:,} entries: filling")
    url = server.create(name)
    fill(url, size)
    server.settle(name)
    progress(f"{size.accounts:,} accounts, {size.entries:,} entries: measuring")
    race = Race(size.accounts)
    for _ in range(ROUNDS):
        race.pgbench.append(pgbench_floor.pairs_per_second(server.postgres, ACCOUNTS, seconds))
        race.engine.append(in_child(engine.run, url, server.models_file, size.accounts, seconds))
    alone = over_grpc(server, url, Plan(size.accounts, _CALLED_ACCOUNTS, ROUNDS, seconds=0, alone=_ALONE))
    checked = size.entries <= _CHECKED_ENTRIES_MAX
    if checked:
        found = [discrepancy for discrepancy in in_child(engine.check, url, server.models_file) if discrepancy.kind not in _MADE_UP]
        assert not found, found[:5]
    server.postgres.drop_database(name)
    return Grown(size, race, alone, checked)


def markdown(grown: list[Grown]) -> str:
    """The table for docs/credit.md."""
    head = ["accounts", "entries before", f"pairs/s, {CALLERS} callers", "pgbench, pairs/s", "ratio"]
    head += ["idle pair, ms", "first pair of an account, ms", "floor, ms"]
    lines = [f"| {' | '.join(head)} |", f"|{'---:|' * len(head)}"]
    for one in grown:
        f = one.figures()
        cells = [f"{f['accounts']:,}", f"{f['entries_before']:,}", f"{f['engine_pairs_per_second']:,}", f"{f['pgbench_pairs_per_second']:,}"]
        cells += [f"{f['engine_vs_pgbench']:.2f}{' (void)' if one.void else ''}", f"{f['idle_pair_ms_p50']:.2f}"]
        cells += [f"{f['idle_first_pair_ms_p50']:.2f}", f"{f['idle_floor_ms_p50']:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)

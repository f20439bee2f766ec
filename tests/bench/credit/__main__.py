"""`make bench-credit`: the credit engine and its calls beside what bounds them, as a table, a plot under out/ and, as the last line, one JSON object.

`--growth` (`make bench-credit-growth`) shows how they move as accounts and the journal grow, as a Markdown table.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.credit import calls, engine, figures, growth, pgbench_floor
from tests.bench.credit.figures import ACCOUNTS, BOUNDS, Measured
from tests.bench.credit.server import durable_server

_errors = Console(stderr=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.credit", description=__doc__)
    parser.add_argument("--seconds", type=float, help="how long each measurement takes: 30, or 10 with --growth")
    parser.add_argument("--growth", action="store_true", help="with more and more accounts, and with an old journal")
    arguments = parser.parse_args()
    with durable_server() as server:
        if arguments.growth:
            return show_growth(growth.measure(server, arguments.seconds, _errors.print))
        measured = figures.measure(server, arguments.seconds, _errors.print)
    show(measured)
    plot(measured, Path("out/bench-credit.png"))
    print(json.dumps({**measured.figures(), "void": measured.void, "seconds": measured.seconds, "rounds": measured.rounds()}))
    return 0 if not measured.void and all(bound.holds(measured.figures()[name]) for name, bound in BOUNDS.items()) else 1


def show(measured: Measured) -> None:
    """Print the table."""
    table = Table(
        *("figure", "measured", "bound", "aim", "rounds"),
        title=f"Credit: {engine.CALLERS} callers in process on {ACCOUNTS:,} accounts and on one, {calls.IN_FLIGHT} calls in flight over gRPC",
        caption="Everything is on, fsync and synchronous_commit too; no traces are exported. The books balanced after every run of the engine.",
    )
    rounds = measured.rounds()
    for name, value in measured.figures().items():
        bound = BOUNDS.get(name)
        kept = "" if bound is None else f"{bound}{'' if bound.holds(value) else ', missed'}"
        table.add_row(name, f"{value:,}", kept, "" if bound is None else f"{bound.aim:g}", "  ".join(f"{one:,}" for one in rounds.get(name, ())))
    if measured.void:
        table.title = f"VOID: pgbench did fewer than {pgbench_floor.VOID_BELOW:,} pairs/s, so this run says nothing\n{table.title}"
    Console(width=max(130, Console().width)).print(table)


def show_growth(grown: list[growth.Grown]) -> int:
    """Print the Markdown table and the figures."""
    print(growth.markdown(grown))
    print(json.dumps([one.figures() for one in grown]))
    return 0 if not any(one.void for one in grown) else 1


def plot(measured: Measured, path: Path) -> None:
    """Draw throughput beside its floor, and one caller's wait beside what it is made of."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    path.parent.mkdir(exist_ok=True)
    found = measured.figures()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.2), layout="constrained", width_ratios=(3, 2))
    pairs = {
        "echo calls over gRPC": "echo_calls_per_second",
        "credit calls over gRPC": "unary_calls_per_second",
        "pgbench, one account": "hot_account_pgbench_pairs_per_second",
        "engine, one account": "hot_account_pairs_per_second",
        f"pgbench, {ACCOUNTS:,} accounts": "pgbench_pairs_per_second",
        f"engine, {ACCOUNTS:,} accounts": "engine_pairs_per_second",
    }
    bars = left.barh(list(pairs), [found[name] for name in pairs.values()], color=["#8d99ae", "#2b6777"] * 3)
    left.bar_label(bars, fmt="{:,.0f}", padding=4)
    left.set_xlim(0, 1.2 * max(found[name] for name in pairs.values()))
    left.set_title("a second (pairs of hold and capture, or calls)")
    right.bar(["floor"], [2 * found["echo_ms_p50"]], color="#8d99ae", label="2 echoes")
    right.bar(["floor"], [2 * found["commit_ms_p50"]], bottom=[2 * found["echo_ms_p50"]], color="#52ab98", label="2 commits")
    right.bar_label(right.bar(["hold and capture"], [found["idle_pair_ms_p50"]], color="#2b6777"), fmt="%.2f ms")
    right.margins(y=0.15)
    right.legend()
    right.set_title("one caller, p50" + (" (void run)" if measured.void else ""))
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    sys.exit(main())

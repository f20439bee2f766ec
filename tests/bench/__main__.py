"""`make bench`: the figures of a turn, as a table, a plot under out/ and, as the last line, one JSON object."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import turn

BOUNDS = {
    "turn_overhead_ms_p50": ("<= 60", lambda value: value <= 60),
    "turns_per_second_vs_echo": (">= 0.004", lambda value: value >= 1 / 250),
}


def main() -> int:
    figures = turn.run()
    table = Table("figure", "measured", "bound", title="A turn, model aside")
    for name, value in figures.items():
        table.add_row(name, f"{value:g}", BOUNDS[name][0] if name in BOUNDS else "")
    Console().print(table)
    plot(figures, Path("out/bench-turn.png"))
    print(json.dumps(figures))
    return 0 if all(holds(figures[name]) for name, (_, holds) in BOUNDS.items()) else 1


def plot(figures: dict[str, float], path: Path) -> None:
    """Draw the latencies beside the floor, on a logarithmic scale."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    path.parent.mkdir(exist_ok=True)
    names = ["echo_ms_p50", "turn_overhead_ms_p50", "turn_overhead_ms_p99"]
    figure, axes = pyplot.subplots(figsize=(7, 3), layout="constrained")
    bars = axes.barh([name.replace("_", " ") for name in names], [figures[name] for name in names], color=["#8d99ae", "#2b6777", "#52ab98"])
    axes.bar_label(bars, fmt="%.2f ms", padding=4)
    axes.set_xscale("log")
    axes.set_xlim(0.1, figures["turn_overhead_ms_p99"] * 6)
    axes.set_title(f"One turn at a time; {figures['turns_per_second']:g} turns/s with {turn.IN_FLIGHT} people")
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    sys.exit(main())

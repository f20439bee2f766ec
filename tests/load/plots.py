"""The pictures of a run: how latencies went over time, the percentile curve, and memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

from hdrh.histogram import HdrHistogram
from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from tests.load.results import Findings, merged
from tests.load.tally import TICKS_PER_S, Outcome, percentile_ms

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OVER_TIME, PERCENTILES, MEMORY = "latency-over-time.png", "latency-percentiles.png", "memory.png"
_GREEN, _BLUE, _GREY, _RED, _ORANGE = "#52ab98", "#2b6777", "#8d99ae", "#c8553d", "#e09f3e"
_BESIDE: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "frameon": False}
_CURVE_MIN = 20
"""Fewer values than this make no curve."""
_PHASES_NAMED_MAX = 24


def draw(found: Findings, folder: Path, title: str) -> list[Path]:
    """Write the pictures into a folder and return where they are."""
    made = [_over_time(found, folder / OVER_TIME, title), _percentiles(found, folder / PERCENTILES, title)]
    if len(found.resident_mb) > 1:
        made.append(_memory(found, folder / MEMORY, title))
    return made


def _over_time(found: Findings, path: Path, title: str) -> Path:
    figure, (latency, rate, trouble) = pyplot.subplots(
        3, 1, figsize=(10, 7), sharex=True, layout="constrained", gridspec_kw={"height_ratios": [3, 2, 2]}
    )
    in_flight = trouble.twinx()
    began_s = 0.0
    for part, tally in enumerate(found.tallies):
        at_s = [began_s + (number + 0.5) * tally.window_s for number in range(len(tally.windows))]
        for percentile, colour in ((50, _GREEN), (90, _BLUE), (99, _RED)):
            values = [percentile_ms(window.answers, percentile) or float("nan") for window in tally.windows]
            latency.plot(at_s, values, color=colour, lw=1.4, marker=".", ms=3, label=f"p{percentile}" if part == 0 else None)
        due = [window.due / tally.window_s for window in tally.windows]
        asked = [window.asked / tally.window_s for window in tally.windows]
        turns = [window.turns / tally.window_s for window in tally.windows]
        rate.step(at_s, due, where="mid", color=_GREY, lw=1.0, label="messages due" if part == 0 else None)
        rate.step(at_s, asked, where="mid", color=_ORANGE, lw=1.2, label="of those, turns" if part == 0 else None)
        rate.step(at_s, turns, where="mid", color=_BLUE, lw=1.4, label="turns answered" if part == 0 else None)
        errors = [window.errors / tally.window_s for window in tally.windows]
        trouble.bar(at_s, errors, width=tally.window_s, color=_RED, label="errors" if part == 0 else None)
        in_flight.plot(at_s, [window.in_flight for window in tally.windows], color=_ORANGE, lw=1.2, label="most in flight" if part == 0 else None)
        began_s += tally.seconds
    _name_phases(found, (latency, rate, trouble))
    latency.set(yscale="log", ylabel="from when it was due, ms", title=title)
    _plain_logarithmic(latency)
    latency.set_ylim(top=latency.get_ylim()[1] * 1.6)  # room for the phases' names
    rate.set(ylabel="per second", ylim=(0, None))
    trouble.set(ylabel="errors per second", xlabel="seconds of sending", xlim=(0, began_s))
    trouble.set_ylim(0, max(1.0, trouble.get_ylim()[1]))
    in_flight.set(ylabel="in flight", ylim=(0, None))
    for axes in (latency, rate, trouble):
        axes.grid(alpha=0.25)
    latency.legend(**_BESIDE)
    rate.legend(**_BESIDE)
    handles = [*trouble.get_legend_handles_labels()[0], *in_flight.get_legend_handles_labels()[0]]
    in_flight.legend(handles, [str(handle.get_label()) for handle in handles], loc="upper left", bbox_to_anchor=(1.06, 1), frameon=False)
    in_flight.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _saved(figure, path)


def _name_phases(found: Findings, axes: Sequence["Axes"]) -> None:
    """Mark where phases begin, unless there are too many to tell apart."""
    named = [phase for part in found.phases for phase in part]
    if not 1 < len(named) <= _PHASES_NAMED_MAX:
        return
    began_s = 0.0
    for phase in named:
        for each in axes:
            each.axvline(began_s, color="black", lw=0.5, alpha=0.4)
        axes[0].text(
            began_s + phase.seconds / 2, 0.985, phase.name, ha="center", va="top", fontsize=7, transform=axes[0].get_xaxis_transform(), alpha=0.8
        )
        began_s += phase.seconds


def _percentiles(found: Findings, path: Path, title: str) -> Path:
    """The curve that HdrHistogram's own plotter draws: the further to the right, the rarer."""
    figure, axes = pyplot.subplots(figsize=(10, 4.5), layout="constrained")
    curves = {
        "answer, whole": (merged([tally.answers for tally in found.tallies]), _RED),
        "answer, first text": (merged([tally.first_texts for tally in found.tallies]), _BLUE),
        "command": (merged([tally.others[Outcome.COMMAND] for tally in found.tallies]), _GREEN),
        "not for the assistant": (merged([tally.others[Outcome.IGNORED] for tally in found.tallies]), _GREY),
        "refusal": (merged([tally.others[Outcome.REFUSED] for tally in found.tallies]), _ORANGE),
    }
    if found.half is not None:
        curves = {"answer, at half of the peak": (found.half.answers, "black"), **curves}
    rarest = 10.0
    for name, (of, colour) in curves.items():
        if of.get_total_count() < _CURVE_MIN:
            continue
        once_in, values_ms = _curve(of)
        rarest = max(rarest, once_in[-1])
        axes.plot(once_in, values_ms, color=colour, lw=1.6, label=f"{name} ({of.get_total_count():,})")
    axes.set(xscale="log", yscale="log", xlim=(1, rarest * 1.1), ylabel="from when it was due, ms", xlabel="percentile", title=title)
    shown = [(1, "0"), (2, "50"), (10, "90"), (100, "99"), (1_000, "99.9"), (10_000, "99.99"), (100_000, "99.999")]
    axes.set_xticks([at for at, _ in shown if at <= rarest * 1.1], [f"{name} %" for at, name in shown if at <= rarest * 1.1])
    axes.xaxis.set_minor_locator(NullLocator())
    _plain_logarithmic(axes)
    axes.grid(alpha=0.25)
    axes.legend(**_BESIDE)
    return _saved(figure, path)


def _plain_logarithmic(axes: "Axes") -> None:
    """Numbers as people write them, at 1, 2 and 5 of each power of ten."""
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _curve(of: HdrHistogram) -> tuple[list[float], list[float]]:
    """Return one in how many took longer, and how long that is in milliseconds; as far as there are values for it."""
    once_in, values_ms = [], []
    total = of.get_total_count()
    for item in of.get_percentile_iterator(10):
        left = 1 - item.percentile_level_iterated_to / 100
        if left <= 0 or 1 / left > total:
            break
        once_in.append(1 / left)
        values_ms.append(item.value_iterated_to * 1000 / TICKS_PER_S)
    return once_in, values_ms


def _memory(found: Findings, path: Path, title: str) -> Path:
    figure, axes = pyplot.subplots(figsize=(10, 4), layout="constrained")
    for name in found.resident_mb[0][1]:
        axes.plot([at_s for at_s, _ in found.resident_mb], [taken[name] for _, taken in found.resident_mb], lw=1.6, label=name)
    axes.set(xlabel="seconds of the run", ylabel="resident, MB", ylim=(0, None), title=title)
    axes.grid(alpha=0.25)
    axes.legend(**_BESIDE)
    return _saved(figure, path)


def _saved(figure: "Figure", path: Path) -> Path:
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
    return path

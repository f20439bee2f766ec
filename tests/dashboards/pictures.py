"""Draws a dashboard from what Prometheus answered, about as Grafana would: the same panels in the same order."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from observability.panels import Dashboard, Unit
from tests.dashboards.answers import Answered

_ACROSS = 3
_LEGEND_MAX = 6
_SCALES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def draw(board: Dashboard, answers: Sequence[Answered], file: Path) -> None:
    """Write the picture as a PNG."""
    mpl.rcParams.update({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False})
    down = math.ceil(len(answers) / _ACROSS)
    figure = Figure(figsize=(5.2 * _ACROSS, 2.9 * down), layout="constrained")
    figure.suptitle(board.title, fontsize=13)
    axes = list(figure.subplots(down, _ACROSS, squeeze=False).flat)
    for axis, answered in zip(axes, answers, strict=False):
        _draw(axis, answered)
    for axis in axes[len(answers) :]:
        axis.set_visible(False)
    figure.savefig(file, dpi=80)


def _draw(axis: Axes, answered: Answered) -> None:
    lines = []
    for query, found in answered.series:
        for labels, values in found:
            finite = [(time_s, value) for time_s, value in values if math.isfinite(value)]
            if finite:
                start_s = values[0][0]
                (line,) = axis.plot([time_s - start_s for time_s, _ in finite], [value for _, value in finite], linewidth=1.2)
                lines.append((finite[-1][1], line, named(query.legend, labels)))
    lines.sort(key=lambda one: -one[0])
    axis.set_title(answered.panel.title, fontsize=9, loc="left")
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.25)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, answered.panel.unit)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f} s"))
    handles = [line for _, line, _ in lines[:_LEGEND_MAX]]
    names = [name for _, _, name in lines[:_LEGEND_MAX]]
    if len(lines) > _LEGEND_MAX:
        names[-1] += f" (and {len(lines) - _LEGEND_MAX} more)"
    axis.legend(handles, names, fontsize=6, frameon=False, loc="upper left")


def named(legend: str, labels: Mapping[str, str]) -> str:
    """Fill a legend in, as Grafana does; a series without labels of its own is the 0 of what has not happened yet."""
    filled = re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), legend).strip(" ,")
    return filled.rpartition("/")[2] or "nothing yet"


def shown(value: float, unit: Unit) -> str:
    """Write a number in its unit."""
    if unit is Unit.SHARE:
        return f"{value * 100:.3g} %"
    if unit is Unit.SECONDS:
        return f"{value * 1000:.3g} ms" if abs(value) < 1 else f"{value:.3g} s"
    for scale, letter in _SCALES:
        if abs(value) >= scale:
            return f"{value / scale:.3g} {letter}{'B' if unit is Unit.BYTES else ''}"
    return f"{value:.3g}"

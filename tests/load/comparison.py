"""What changed between two runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TOLERANCE = 0.1
"""A change of less than this share is told as none: two runs of the same differ by as much on a machine that does nothing else."""
_MORE_IS_BETTER = frozenset({"turns_per_second_peak", "turns_per_second_vs_echo"})
_NEITHER = frozenset({"messages", "turns", "in_flight_max", "echoes_per_second", "cores_busy"})
"""They say what was done, not how well."""
_FLOORS = {
    "resident_mb_grown": 10.0,
    "cpu_ms_per_turn": 0.5,
    "generator_late_ms_p99": 5.0,
    "queries_per_turn": 0.5,
    "queries_per_turn_with_jobs": 0.5,
    "job_queue_queries_per_turn": 0.5,
}
"""Smaller changes of these, in their own units, are none: a job more or less that happened to run."""


@dataclass(frozen=True)
class Change:
    """One figure of both runs; None where a run has it not."""

    name: str
    before: float | None
    after: float | None

    @property
    def ratio(self) -> float | None:
        """After for each before; None where that says nothing."""
        return self.after / self.before if self.before and self.before > 0 and self.after is not None else None

    @property
    def verdict(self) -> str:
        """better, worse, same, other (neither good nor bad), or only in one."""
        if self.before is None or self.after is None:
            return "only in one"
        figure, *part = self.name.split(" ")
        if abs(self.after - self.before) <= max(TOLERANCE * abs(self.before), _FLOORS.get(figure, 0.0)):
            return "same"
        if figure in _NEITHER or part in (["generator"], ["model"]):
            return "other"
        return "better" if (self.after > self.before) == (figure in _MORE_IS_BETTER) else "worse"


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Compare the figures of two results files."""
    old, new = dict(_flat(before["figures"])), dict(_flat(after["figures"]))
    return [Change(name, old.get(name, _absent(name)), new.get(name, _absent(name))) for name in dict.fromkeys([*old, *new])]


def _absent(name: str) -> float | None:
    """An error that a run did not see happened 0 times in it; of other figures nothing is known."""
    return 0.0 if name.startswith("error_counts ") else None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Say in which ways the two were not measured alike, so that nobody takes a change for what it is not."""
    found = []
    for part in ("machine", "settings"):
        old, new = before[part], after[part]
        unlike = [name for name in dict.fromkeys([*old, *new]) if name != "load_average_before" and old.get(name) != new.get(name)]
        found += [f"{part} {name.replace('_', ' ')}: {old.get(name)} and {new.get(name)}" for name in unlike]
    return found


def _flat(figures: Mapping[str, Any], of: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{of}{name} ")
        elif isinstance(value, int | float):
            yield f"{of}{name}", float(value)

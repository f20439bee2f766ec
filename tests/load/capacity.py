"""How much a machine can do, from what a turn costs: what docs/scaling.md reckons with. Pure."""

from collections.abc import Mapping

type PerTurn = Mapping[str, float]
"""Milliseconds of a core, by part."""


def turns_per_second(cores: float, idle: Mapping[str, float], cpu_ms_per_turn: PerTurn) -> float:
    """Return how many turns a second the cores are enough for, jobs included: what an idle stack leaves of them, over what a turn takes.

    `idle` is in cores. It says nothing of locks, waits and of what one process cannot spread over cores, so that a run may find less.
    """
    taken_s = sum(cpu_ms_per_turn.values()) / 1000
    return max(0.0, cores - sum(idle.values())) / taken_s if taken_s else 0.0


def error(predicted: float, measured: float) -> float:
    """Return how far the model is off, as a share of what was measured."""
    return abs(predicted - measured) / measured if measured else 0.0


def instances(turns_a_second: float, cpu_ms_a_turn: float, *, busy_max: float = 0.7) -> int:
    """Return how many processes of a service are needed, each a core that is busy for `busy_max` of the time. At least 1."""
    needed = turns_a_second * cpu_ms_a_turn / 1000 / busy_max
    return max(1, -int(-needed // 1))

"""The resident sets of a stack's services while it works, and whether they still grow.

Growth is the last tenth of the work against the tenth before, each as the median of its samples, in percent; of several services, that of the one
that grew most. Memory that is taken once (modules, models, pools, maps that fill up to their limits) is taken long before; what is left is what every
further person costs for good. Nothing is done to the processes before they are looked at.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psutil

TENTHS = 10


@dataclass(frozen=True)
class Sample:
    """How many people had spoken, or which share of all once that is known, and what was resident then, in bytes by service."""

    done: float
    resident: Mapping[str, int]


@dataclass
class Residence:
    """What was sampled."""

    processes: Mapping[str, psutil.Process]
    samples: list[Sample] = field(default_factory=list)

    def sample(self, done: float) -> None:
        """Look once. Raises psutil.NoSuchProcess where a service has died."""
        self.samples.append(Sample(done, {name: process.memory_info().rss for name, process in self.processes.items()}))

    def as_shares_of(self, all_done: int) -> None:
        """Say how much there was to do in all."""
        self.samples = [Sample(sample.done / max(1, all_done), sample.resident) for sample in self.samples]

    def by_tenth(self, service: str) -> list[float]:
        """The median of each tenth of the work, in MB; a tenth without a sample has that of the one before."""
        return by_tenth([(sample.done, sample.resident[service] / 1e6) for sample in self.samples])

    def growth_percent(self, service: str) -> float:
        """How much the last tenth is above the one before."""
        return growth_percent(self.by_tenth(service))


def by_tenth(samples: Sequence[tuple[float, float]]) -> list[float]:
    """Medians of the values of each tenth, by how much of the work was done at each."""
    medians: list[float] = []
    for tenth in range(TENTHS):
        values = [value for done, value in samples if min(int(done * TENTHS), TENTHS - 1) == tenth]
        medians.append(statistics.median(values) if values else medians[-1] if medians else 0.0)
    return medians


def growth_percent(medians: Sequence[float]) -> float:
    """How much the last value is above the one before, in percent; a fall is negative."""
    return (medians[-1] / medians[-2] - 1) * 100 if medians[-2] else 0.0

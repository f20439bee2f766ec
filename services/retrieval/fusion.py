"""Several scores for the same candidates, made comparable and added. Pure.

Each arm's scores are expressed in standard deviations from the mean over everything that was searched, not only the candidates: an arm in
which hardly anything matches then speaks loudly where it does. Ranks (reciprocal rank fusion) were considered: they lose by how much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation of an arm's scores over all that was searched."""

    mean: float
    deviation: float

    @classmethod
    def of_sums(cls, count: int, total: float, squares: float) -> "Spread":
        """From the number of items searched and the sums of their scores and of the squares; items without a score count as 0."""
        if count <= 0:
            return cls(0.0, 0.0)
        mean = total / count
        return cls(mean, max(squares / count - mean * mean, 0.0) ** 0.5)

    def standardised(self, score: float, deviation_min: float) -> float:
        """Return the score in standard deviations from the mean. `deviation_min` keeps noise among few items from looking like a signal."""
        return (score - self.mean) / max(self.deviation, deviation_min)


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of scoring: its spread, its weight in the sum, and the least deviation it is divided by."""

    spread: Spread
    weight: float = 1.0
    deviation_min: float = 1e-6


def fused(scores_by_arm: Mapping[str, Sequence[float]], arms: Mapping[str, Arm]) -> list[float]:
    """Return one score for each candidate: the weighted sum of its standardised scores. Every arm scores every candidate, in one order."""
    columns = [
        [arms[name].weight * arms[name].spread.standardised(score, arms[name].deviation_min) for score in scores]
        for name, scores in scores_by_arm.items()
    ]
    return [sum(column) for column in zip(*columns, strict=True)]


def ranked(scores: Sequence[float]) -> list[int]:
    """Return the candidates' positions, best score first; equal ones keep their order."""
    return sorted(range(len(scores)), key=lambda index: -scores[index])

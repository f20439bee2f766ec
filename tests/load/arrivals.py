"""When messages come: a Poisson process with bursts, made ahead, whatever becomes of the messages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCHEDULED_MAX = 1_000_000
"""Messages in one schedule at most: some 20 MB of it, and ten a second for a day."""


@dataclass(frozen=True)
class Phase:
    """A stretch of time with one rate."""

    name: str
    rate_per_s: float
    seconds: float


@dataclass(frozen=True)
class Bursts:
    """Somebody says something and others join in. Of all that begins, `share` is followed by 1 to `followers_max` more within moments."""

    share: float = 0.15
    followers_max: int = 7
    gap_s: float = 0.3
    """Between one of a burst and the next, on average."""

    @property
    def size_mean(self) -> float:
        """Messages for each beginning, those that no one joins included."""
        return 1 + self.share * (1 + self.followers_max) / 2


@dataclass(frozen=True)
class Arrivals:
    """`at_s`: seconds from the beginning, ascending; `burst`: the number of the burst that each belongs to; `phase`: that of its phase."""

    at_s: NDArray[np.float64]
    burst: NDArray[np.int64]
    phase: NDArray[np.int64]


def arrivals(phases: Sequence[Phase], bursts: Bursts, dice: np.random.Generator) -> Arrivals:
    """Return when messages come in these phases, one after the other; the same for the same dice.

    Beginnings are a Poisson process of rate_per_s / size_mean, so that messages come at rate_per_s on average. What of a burst would fall behind
    its phase's end comes at its beginning: no phase lends messages to the next one. Raises ValueError where that would be too many messages.
    """
    expected = sum(phase.rate_per_s * phase.seconds for phase in phases)
    if expected > SCHEDULED_MAX:
        raise ValueError(f"{expected:,.0f} messages are too many for one schedule, {SCHEDULED_MAX:,} at most: take a lower rate or fewer minutes")
    made: list[tuple[NDArray[np.float64], NDArray[np.int64]]] = []
    began_s, first_burst = 0.0, 0
    for phase in phases:
        at_s, burst = _in_phase(phase, bursts, dice)
        made.append((began_s + at_s, first_burst + burst))
        began_s += phase.seconds
        first_burst += int(burst.max()) + 1 if burst.size else 0
    which = np.repeat(np.arange(len(made)), [at_s.size for at_s, _ in made])
    return Arrivals(np.concatenate([at_s for at_s, _ in made]), np.concatenate([burst for _, burst in made]), which)


def _in_phase(phase: Phase, bursts: Bursts, dice: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    beginnings = int(dice.poisson(phase.rate_per_s / bursts.size_mean * phase.seconds))
    starts_s = dice.uniform(0, phase.seconds, beginnings)
    followers = np.where(dice.random(beginnings) < bursts.share, dice.integers(1, bursts.followers_max + 1, beginnings), 0)
    sizes = followers + 1
    burst = np.repeat(np.arange(beginnings), sizes)
    gaps_s = dice.exponential(bursts.gap_s, burst.size)
    first = np.cumsum(sizes) - sizes
    gaps_s[first] = 0.0  # who begins waits for nobody
    waited_s = np.cumsum(gaps_s)
    after_start_s = waited_s - np.repeat(waited_s[first], sizes)
    at_s = (np.repeat(starts_s, sizes) + after_start_s) % phase.seconds
    order = np.argsort(at_s, kind="stable")
    return at_s[order], burst[order]

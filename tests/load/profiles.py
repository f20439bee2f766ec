"""How the rate goes over time: steady, a spike, a soak; and when a step of the search for the limit has broken."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.load.arrivals import Phase


class Profile(StrEnum):
    """What a run is for."""

    STEADY = "steady"
    SPIKE = "spike"
    """Calm, then four times as much for a fifth of the time, then calm again."""
    SOAK = "soak"
    """Hours, in waves around the rate; memory is looked at."""
    STEP = "step"
    """More and more until it breaks, then half of the best for the latencies."""


SPIKE_TIMES = 4.0
SPIKE_SHARE = 0.2
SOAK_WAVE_S = 600.0
SOAK_WAVE_PARTS = 10
SOAK_SWING = 0.5
"""How far the waves of a soak go above and below the rate, as a share of it."""
STEP_GROWTH = 1.3
"""Times as much in the next step."""


def phases(profile: Profile, rate_per_s: float, seconds: float) -> list[Phase]:
    """Return the phases of a run whose average rate, but for the spike, is `rate_per_s`.

    Raises ValueError for the steps, which are made one by one.
    """
    match profile:
        case Profile.STEADY:
            return [Phase("steady", rate_per_s, seconds)]
        case Profile.SPIKE:
            calm_s = seconds * (1 - SPIKE_SHARE) / 2
            return [
                Phase("before", rate_per_s, calm_s),
                Phase("spike", rate_per_s * SPIKE_TIMES, seconds * SPIKE_SHARE),
                Phase("after", rate_per_s, calm_s),
            ]
        case Profile.SOAK:
            waves = max(1, round(seconds / SOAK_WAVE_S))
            # Waves of a long soak are longer: a schedule names its phases by numbers up to 255.
            parts = SOAK_WAVE_PARTS * min(waves, 20)
            heights = [1 + SOAK_SWING * math.sin(2 * math.pi * (part + 0.5) / SOAK_WAVE_PARTS) for part in range(parts)]
            return [Phase("soak", rate_per_s * height, seconds / parts) for height in heights]
        case Profile.STEP:
            raise ValueError("steps are made one by one, each by what came of the one before")


@dataclass(frozen=True)
class Step:
    """What came of one rate."""

    rate_per_s: float
    messages_per_s: float
    """What chance made of it in the schedule."""
    turns_offered_per_s: float
    """Of those, what the model was to answer."""
    turns_per_s: float
    """Answers that came while the step lasted."""
    p99_ms: float
    errors_share: float
    """Of all messages: refused, cut, failed or not sent."""
    sustained_turns_per_s: float = 0.0
    """The same answers over the time until the jobs that they caused were done as well: what could go on for ever."""


@dataclass(frozen=True)
class Bounds:
    """When a step is broken."""

    p99_ms_max: float = 3_000.0
    errors_share_max: float = 0.01
    growth_min: float = 0.03
    """By so much more than the best before, as a share, throughput has to grow."""
    kept_up_min: float = 0.9
    """A step that answers this share of what it was offered has kept up, even if chance gave it fewer messages than the step before."""


def broken(step: Step, before: Sequence[Step], bounds: Bounds) -> str | None:
    """Say why a step is broken, or None where it holds."""
    if step.errors_share > bounds.errors_share_max:
        return f"{step.errors_share:.1%} of the messages were refused or failed, more than {bounds.errors_share_max:.1%}"
    if step.p99_ms > bounds.p99_ms_max:
        return f"p99 is {step.p99_ms:,.0f} ms, more than {bounds.p99_ms_max:,.0f} ms"
    best = max((one.turns_per_s for one in before), default=0.0)
    kept_up = step.turns_per_s >= bounds.kept_up_min * step.turns_offered_per_s
    if step.turns_per_s < best * (1 + bounds.growth_min) and not kept_up:
        return f"throughput stopped growing: {step.turns_per_s:.1f} turns/s of {step.turns_offered_per_s:.1f} offered, after {best:.1f}"
    return None


def half_of_peak(steps: Sequence[Step]) -> tuple[float, float]:
    """Return the most turns a second that any step reached, and the rate of messages that offers half of it.

    Of how many messages are turns, the steps tell. Raises ValueError without a step, and where nothing was answered.
    """
    if not steps:
        raise ValueError("there was time for no step")
    peak = max(step.turns_per_s for step in steps)
    if not peak:
        raise ValueError("no step was answered")
    offered_share = sum(step.turns_offered_per_s for step in steps) / sum(step.messages_per_s for step in steps)
    return peak, peak / 2 / offered_share

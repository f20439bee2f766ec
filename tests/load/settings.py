"""What a run is told."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.load.mix import Mix
from tests.load.profiles import Bounds, Profile

USERS_MAX = 1_000_000
RATE_MAX = 5_000.0
MINUTES_MAX = 24 * 60.0
TURNS_PER_USER_MAX = 300.0
"""What a person's free credits of a month pay for, with room to spare: beyond it the run would measure refusals."""
STEP_S_MIN = 3.0


@dataclass(frozen=True)
class LoadSettings:
    """One run. Rates are messages a second, of all kinds."""

    users: int
    rate_per_s: float
    minutes: float
    mix: Mix
    profile: Profile
    seed: int
    step_s: float
    out: Path
    model_first_s: float = 0.0
    """How long the scripted model thinks before its first delta."""
    model_delta_s: float = 0.0
    """Between two of its twenty deltas."""
    bounds: Bounds = field(default_factory=Bounds)

    def __post_init__(self) -> None:
        """Raises ValueError with a sentence that says what does not fit."""
        if not 2 <= self.users <= USERS_MAX:
            raise ValueError(f"{self.users:,} users: there can be 2 to {USERS_MAX:,}")
        if not 0 < self.rate_per_s <= RATE_MAX:
            raise ValueError(f"a rate of {self.rate_per_s:g} messages a second: it can be more than 0, up to {RATE_MAX:,.0f}")
        if not 0 < self.minutes <= MINUTES_MAX:
            raise ValueError(f"{self.minutes:g} minutes: it can be more than 0, up to {MINUTES_MAX:,.0f}")
        if not STEP_S_MIN <= self.step_s <= self.seconds:
            raise ValueError(f"steps of {self.step_s:g} s: they take {STEP_S_MIN:g} s at least, and no longer than the run of {self.seconds:g} s")
        if not (0 <= self.model_first_s <= 30 and 0 <= self.model_delta_s <= 1):
            raise ValueError("the model can take up to 30 s to its first word, and up to 1 s from one to the next")
        turns = self.rate_per_s * self.mix.turns_share * self.seconds / self.users
        if self.profile is not Profile.STEP and turns > TURNS_PER_USER_MAX:
            raise ValueError(
                f"each user would ask {turns:,.0f} times, and their free credits are enough for about {TURNS_PER_USER_MAX:,.0f}: "
                f"take {int(self.users * turns / TURNS_PER_USER_MAX) + 1:,} users or more"
            )

    @property
    def seconds(self) -> float:
        return self.minutes * 60

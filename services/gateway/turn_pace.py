"""How many turns run at once: as many as may while they begin quickly, fewer while they do not.

A turn begins by asking conversation and credit, which takes tens of milliseconds. Where it takes far longer, they have more to do than they can, and
every further turn makes all of them slower, until each runs out of time and nobody is answered; before that, those who are refused wait for it. So
the limit falls by a share when a beginning is slow, and rises again over the time since, as CUBIC finds TCP's rate (RFC 9438): quickly towards what
was too many, slowly around it, quickly beyond. The time of the model says nothing and is left out: a slow model is no reason to let people wait.
"""

import time
from collections.abc import Callable

from prometheus_client import Gauge

STEPS = ("begin", "hold")
"""The steps of a turn that are its beginning."""

RISE_S = 10.0
"""So long after it was lowered, the limit is again what was too many."""
_KEPT = 0.7
_limit = Gauge("parlour_gateway_queue_running_limit", "Turns that may be under way at once now; fewer than the setting while they begin slowly")


class TurnPace:
    """Finds the limit, between `running_min`, where it starts, and `running_max`. A beginning is slow when it takes more than `slow_s` seconds."""

    def __init__(self, *, running_max: int, running_min: int, slow_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._running_max = running_max
        self._running_min = min(running_min, running_max)
        self._slow_s = slow_s
        self._clock = clock
        self._lowered_at_s = self._rises_from_s = float("-inf")
        self._too_many = running_max
        self.limit = self._running_min
        """Turns that may run at once."""
        _limit.set(self.limit)

    def took(self, step: str, seconds: float, running: int) -> None:
        """Take note of how long a step of a turn took while so many ran; steps that are no beginning change nothing."""
        if step not in STEPS:
            return
        if seconds > self._slow_s:
            self._lower(seconds, running)
        elif running >= self.limit:
            # By one for each: those that wait come in one after the other, however long ago the limit was reached last.
            self.limit = max(self.limit, min(self.limit + 1, self._allowed()))
        _limit.set(self.limit)

    def _allowed(self) -> int:
        """The limit by the time since it was too high: RFC 9438, section 4.2, where K, the time of the plateau, is given."""
        from_plateau = (self._clock() - self._rises_from_s - RISE_S) / RISE_S
        return int(min(self._running_max, self._too_many * (1 + (1 - _KEPT) * from_plateau**3)))

    def _lower(self, seconds: float, running: int) -> None:
        now = self._clock()
        # Where no more run than always may, it is not their number that is slow; and those that end together are slow together.
        if running <= self._running_min or now - self._lowered_at_s < self._slow_s:
            return
        now_too_many = min(self.limit, running)
        # What began before the limit was lowered last does not tell that it is still too high: it rises again to where it was then.
        if now - seconds >= self._lowered_at_s:
            self._rises_from_s, self._too_many = now, now_too_many
        self._lowered_at_s = now
        self.limit = max(self._running_min, int(now_too_many * _KEPT))

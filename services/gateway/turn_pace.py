"""How many turns run at once: as many as may while they begin quickly, fewer while they do not.

A turn begins by asking conversation and credit, which takes tens of milliseconds. Where it takes far longer, they have more to do than they can, and
every further turn makes all of them slower, until each runs out of time and nobody is answered. So the limit falls by a share when a beginning is
slow, and rises by one when one is quick and the limit is reached: additive increase, multiplicative decrease, as TCP finds its rate (RFC 5681). The
time of the model says nothing and is left out: a slow model is no reason to let people wait.
"""

import time
from collections.abc import Callable

from prometheus_client import Gauge

STEPS = ("begin", "hold")
"""The steps of a turn that are its beginning."""

_DECREASE = 0.7
_limit = Gauge("parlour_gateway_queue_running_limit", "Turns that may be under way at once now; below the setting while turns begin slowly")


class TurnPace:
    """Finds the limit, between `running_min` and `running_max`. A beginning is slow when it takes more than `slow_s` seconds."""

    def __init__(self, *, running_max: int, running_min: int, slow_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._running_max = running_max
        self._running_min = min(running_min, running_max)
        self._slow_s = slow_s
        self._clock = clock
        self._lowered_at_s = float("-inf")
        self.limit = running_max
        """Turns that may run at once."""
        _limit.set(self.limit)

    def took(self, step: str, seconds: float, running: int) -> None:
        """Take note of how long a step of a turn took while so many ran; steps that are no beginning change nothing."""
        if step not in STEPS:
            return
        if seconds > self._slow_s:
            self._lower(running)
        elif running >= self.limit:
            self.limit = min(self._running_max, self.limit + 1)
        _limit.set(self.limit)

    def _lower(self, running: int) -> None:
        # Those that began with this one were slow for the same reason: what a lower limit does is seen once they are through.
        now = self._clock()
        if now - self._lowered_at_s >= self._slow_s:
            self._lowered_at_s = now
            self.limit = max(self._running_min, int(min(self.limit, running) * _DECREASE))

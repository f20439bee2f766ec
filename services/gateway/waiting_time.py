"""How long somebody who joins the line would wait: by how many are before, and by how fast the line moved just now."""

import time
from collections.abc import Callable

_WEIGHT = 0.05
"""Of the newest interval in the mean: about the last forty count."""

_KNOWN_AFTER = 10
"""Intervals before the mean says anything."""


class WaitingTime:
    """Learns from the ends of turns, as long as others wait for them. Idle times say nothing about how fast a line would move."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ended_at_s: float | None = None
        self._interval_s = 0.0
        self._intervals = 0

    def ended(self, *, waiting: int) -> None:
        """Note the end of a turn that so many wait for."""
        now = self._clock()
        if self._ended_at_s is not None:
            interval_s = now - self._ended_at_s
            self._intervals += 1
            # A plain mean at first, so that the first interval does not weigh for long.
            self._interval_s += (interval_s - self._interval_s) * max(_WEIGHT, 1 / self._intervals)
        self._ended_at_s = now if waiting else None

    def behind(self, waiting: int) -> float:
        """Return how many seconds a turn would wait behind so many; 0 while that is not known."""
        return self._interval_s * (waiting + 1) if self._intervals >= _KNOWN_AFTER else 0.0

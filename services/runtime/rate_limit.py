"""How often something may happen, for each of very many: a bucket of tokens that fills steadily, kept as one number.

The form is the generic cell rate algorithm: the time at which the bucket would be full again. The packages limits and aiolimiter were considered: one
keeps windows instead of buckets for what is in memory, the other has one bucket that waits, and neither bounds how many it keeps.
"""

import time
from collections.abc import Callable

from services.runtime.bounded_map import BoundedMap


class RateLimit:
    """Lets each key do `burst` things at once and `per_second` in the long run. Not thread-safe: it belongs to one event loop.

    `name` is that of its map. At most `keys_max` are known at once; who was forgotten has a full bucket again, so that it must hold everybody who is
    active within `burst / per_second` seconds. A `per_second` of 0: no limit.
    """

    def __init__(self, name: str, *, per_second: float, burst: float, keys_max: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval_s = 1 / per_second if per_second > 0 else 0.0
        self._depth_s = burst * self._interval_s
        self._clock = clock
        self._full_at: BoundedMap[str, float] = BoundedMap(name, size_max=keys_max, ttl_s=max(self._depth_s, 1.0), clock=clock)

    def wait_s(self, key: str, cost: float = 1.0) -> float:
        """Return how long the key must wait before it may do a thing of this cost; 0: it may now."""
        if not self._interval_s:
            return 0.0
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now)
        return max(0.0, full_at + cost * self._interval_s - now - self._depth_s)

    def take(self, key: str, cost: float = 1.0) -> float:
        """Do a thing of this cost where there are tokens for it, and return 0; else take nothing and return the seconds to wait."""
        wait_s = self.wait_s(key, cost)
        if self._interval_s and wait_s <= 0:
            now = self._clock()
            self._full_at.put(key, max(self._full_at.get(key, now), now) + cost * self._interval_s)
            return 0.0
        return wait_s

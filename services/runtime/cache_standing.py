"""The second way to take back what instances keep, for when Redis cannot be told: a number in the owner's database.

Every instance asks for it all the time, and uses what it keeps only within `lease_s` of having heard. Who raises it and waits for `lease_s` knows
that every instance has heard of it, or uses nothing: also one that cannot be reached, or stands still.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from prometheus_client import Counter

from services.runtime.telemetry import get_logger

_CONFIRMED_PER_LEASE = 3
_MARGIN = 1.1
"""For clocks that run differently, and what is in flight."""

_log = get_logger(__name__)
_confirmations = Counter("parlour_cache_confirmations_total", "Questions for the epoch of what caches keep, by result", ["result"])


class Standing:
    """What this instance knows of the epoch. `read` and `advance` ask the database for it, and raise it there; they may raise ParlourError.

    `clock` counts seconds and never goes back.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[int]],
        advance: Callable[[], Awaitable[None]],
        *,
        lease_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._advance = advance
        self._lease_s = lease_s
        self._clock = clock
        self._epoch: int | None = None
        self._until_s = 0.0

    @property
    def epoch(self) -> int | None:
        """The epoch; None where nothing was heard of it for too long, so that nothing kept may be used."""
        return self._epoch if self._clock() < self._until_s else None

    async def confirm(self) -> None:
        """Ask for the epoch. Raises what `read` raises."""
        asked_at_s = self._clock()
        self._epoch = await self._read()
        self._until_s = asked_at_s + self._lease_s

    @asynccontextmanager
    async def confirming(self) -> AsyncIterator[None]:
        """Ask for the epoch again and again while the block runs; while the database is away, nothing that is kept is used."""
        asking = asyncio.create_task(self._confirm_forever(), name="confirm what is kept")
        try:
            yield
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _confirm_forever(self) -> None:
        told = False
        while True:
            try:
                async with asyncio.timeout(self._lease_s):
                    await self.confirm()
                _confirmations.labels("confirmed").inc()
                told = False
            except Exception as problem:
                _confirmations.labels("failed").inc()
                if not told:  # not twice a second, for as long as the database is away
                    _log.warning("what is kept cannot be confirmed", problem=getattr(problem, "message", "") or type(problem).__name__)
                told = True
            await asyncio.sleep(self._lease_s / _CONFIRMED_PER_LEASE)

    async def withdraw(self, *, wait: bool = True) -> None:
        """Take back what every instance keeps: when this returns, none uses it (without `wait`: within a lease). Raises what `advance` raises."""
        await self._advance()
        if wait:
            await asyncio.sleep(self._lease_s * _MARGIN)

"""The lease that keeps two gateways from answering one person in one place at the same time.

It saves work and makes nothing safe: the fence of the turn does that. So where Redis is away, turns go on in local order.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from prometheus_client import Counter

from services.runtime.errors import Overloaded
from services.runtime.guarded_redis import RedisUnavailable
from services.runtime.redis_lease import Lease, RedisLeases

_without = Counter("parlour_gateway_turns_without_lease_total", "Turns taken in local order only, because Redis was away")
_lost = Counter("parlour_gateway_leases_lost_total", "Leases that ran out before their turn ended")


class PersonLeases:
    """Leases on (person, place). Without Redis (`leases` None), every lease is granted."""

    def __init__(self, leases: RedisLeases | None, *, ttl_s: float, wait_s: float) -> None:
        self._leases = leases
        self._ttl_s = ttl_s
        self._wait_s = wait_s
        self._releasing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def held(self, user_id: str, guild_id: str) -> AsyncIterator[None]:
        """Hold the lease inside the block. Raises Overloaded when another gateway keeps it for longer than the wait."""
        lease = await self._acquire(lease_name(user_id, guild_id))
        if lease is None:
            yield
            return
        renewing = asyncio.create_task(self._keep(lease))
        try:
            yield
        finally:
            renewing.cancel()
            # Nobody waits for it: a lease that could not be given back runs out.
            task = asyncio.create_task(self._release(lease))
            self._releasing.add(task)
            task.add_done_callback(self._releasing.discard)

    async def _acquire(self, key: str) -> Lease | None:
        """The lease; None where Redis cannot be asked."""
        if self._leases is None:
            return None
        try:
            lease = await self._leases.acquire(key, self._wait_s)
        except RedisUnavailable:
            _without.inc()
            return None
        if lease is None:
            raise Overloaded("another gateway is answering this person")
        return lease

    async def _keep(self, lease: Lease) -> None:
        assert self._leases is not None
        while True:
            await asyncio.sleep(self._ttl_s / 3)
            with suppress(RedisUnavailable):
                if not await self._leases.renew(lease):
                    _lost.inc()
                    return

    async def _release(self, lease: Lease) -> None:
        assert self._leases is not None
        with suppress(RedisUnavailable):
            await self._leases.release(lease)

    async def drain(self) -> None:
        """Wait until every lease that is no longer needed is given back."""
        if self._releasing:
            await asyncio.wait(self._releasing)


def lease_name(user_id: str, guild_id: str) -> str:
    """Return what the lease of a person in a guild is called: a digest, because Redis keeps the names of leases for a day and erases nobody."""
    return hashlib.sha256(f"{guild_id}/{user_id}".encode()).hexdigest()[:32]

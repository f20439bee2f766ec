"""A lease on a name in Redis, with a token that rises with every grant.

A lease saves work between instances; it does not make anything safe (a paused holder keeps believing in it): what must be safe checks a fence in its
own database. redis-py's Lock was considered: it has no rising token.
"""

import asyncio
import secrets
from dataclasses import dataclass

import redis.asyncio as redis
from prometheus_client import Counter
from redis.commands.core import AsyncScript

from services.runtime.guarded_redis import GuardedRedis, RedisUnavailable

_results = Counter("parlour_lease_requests_total", "Requests for a lease by result", ["result"])
_ACQUIRE = """
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('get', KEYS[1]) == ARGV[1] then
  local token = redis.call('incr', KEYS[2])
  redis.call('pexpire', KEYS[2], ARGV[3])
  return token
end
return 0
"""
_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
_TOKEN_TTL_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Lease:
    """What was granted: a token that is greater than every earlier one for this key."""

    key: str
    token: int
    secret: str


class RedisLeases:
    """Leases under one prefix. Keys carry a hash tag, so that both keys of a lease lie in one slot of a cluster."""

    def __init__(self, client: "redis.Redis", *, ttl_s: float = 30.0, prefix: str = "parlour:lease", poll_s: float = 0.05) -> None:
        self._redis = GuardedRedis(client, "lease")
        self._ttl_ms = int(ttl_s * 1000)
        self._prefix = prefix
        self._poll_s = poll_s
        self._acquire = client.register_script(_ACQUIRE)
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)

    async def acquire(self, key: str, wait_s: float = 0.0) -> Lease | None:
        """Return the lease, waiting `wait_s` seconds at most; None while somebody else holds it. Raises RedisUnavailable."""
        secret = secrets.token_hex(8)
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + wait_s
        while True:
            token = await self._run(self._acquire, [self._name(key), f"{self._name(key)}:token"], [secret, self._ttl_ms, _TOKEN_TTL_MS])
            if token:
                _results.labels("granted").inc()
                return Lease(key, token, secret)
            if loop.time() >= give_up_at:
                _results.labels("taken").inc()
                return None
            await asyncio.sleep(self._poll_s)

    async def renew(self, lease: Lease) -> bool:
        """Prolong a lease; False if it is no longer ours. Raises RedisUnavailable."""
        return bool(await self._run(self._renew, [self._name(lease.key)], [lease.secret, self._ttl_ms]))

    async def release(self, lease: Lease) -> bool:
        """Give a lease up; False if it was no longer ours. Raises RedisUnavailable."""
        return bool(await self._run(self._release, [self._name(lease.key)], [lease.secret]))

    def _name(self, key: str) -> str:
        return f"{self._prefix}:{{{key}}}"

    async def _run(self, script: AsyncScript, keys: list[str], arguments: list[str | int]) -> int:
        try:
            return int(await self._redis.ask(lambda _: script(keys=keys, args=arguments)))
        except RedisUnavailable:
            _results.labels("unavailable").inc()
            raise

"""Redis behind a breaker, for those who can do without it: while it is away, nobody waits for it again and again."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio as redis
from prometheus_client import Counter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.runtime import spans
from services.runtime.breaker import Breaker, Outcome
from services.runtime.deadline import STALLED_S
from services.runtime.errors import CircuitOpen

_requests = Counter(
    "parlour_redis_requests_total", "What was asked of Redis, by use: answered, failed, or not asked while it is given time", ["use", "result"]
)


class RedisUnavailable(Exception):
    """Redis could not be asked: there is none, it failed, or it is given time to recover."""


def connect(url: str, *, timeout_s: float, connections_max: int, connected: "Callable[[Any], Awaitable[None]] | None" = None) -> "redis.Redis":
    """Return a client whose commands fail after `timeout_s` seconds and are not repeated.

    One that finds `connections_max` connections in use waits so long for one: many people at once are no sign that Redis is unwell.
    `connected` is called with each new connection, instead of what makes it ready.
    """
    limits = {"max_connections": connections_max, "timeout": timeout_s, "socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    retry = Retry(NoBackoff(), 0)
    return redis.Redis.from_pool(redis.BlockingConnectionPool.from_url(url, retry=retry, redis_connect_func=connected, **limits))


class _Stalled(RedisUnavailable):
    """It failed far later than it could have: we were paused, as by a stopped process, and that tells nothing about Redis."""


class GuardedRedis:
    """One use of Redis, named for its breaker, which gives it `open_s` seconds; `client` None: there is none.

    A command that failed because this process was paused is said once more: each must have the same effect when it runs twice.
    """

    def __init__(self, client: "redis.Redis | None", use: str, *, open_s: float = 3.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self._span = f"redis {use}"
        self._attributes = {"db.system.name": "redis", "db.operation.name": use}
        self._breaker = Breaker("redis", use, failures_max=3, open_s=open_s)
        self._answered, self._failed, self._resting = (_requests.labels(use, result) for result in ("answered", "failed", "resting"))
        self._clock = clock
        self._stalled_s = _longest_s(client) + STALLED_S if client is not None else 0.0

    async def ask(self, call: Callable[["redis.Redis"], Awaitable[Any]]) -> Any:
        """Return what Redis says. Raises RedisUnavailable; a caller that is cancelled counts for nothing."""
        with spans.leaf(self._span, self._attributes):
            try:
                return await self._ask(call)
            except _Stalled:
                return await self._ask(call)

    async def _ask(self, call: Callable[["redis.Redis"], Awaitable[Any]]) -> Any:
        if self.client is None:
            raise RedisUnavailable("no Redis")
        try:
            permit = self._breaker.admit()
        except CircuitOpen as error:
            self._resting.inc()
            raise RedisUnavailable("Redis is given time") from error
        outcome, started_s = Outcome.NEUTRAL, self._clock()
        try:
            answer = await call(self.client)
            outcome = Outcome.ALIVE
            self._answered.inc()
            return answer
        except (RedisError, OSError) as error:
            self._failed.inc()
            if self._clock() - started_s > self._stalled_s:
                raise _Stalled(f"{type(error).__name__} after a pause of this process") from error
            outcome = Outcome.UNWELL
            raise RedisUnavailable(f"{type(error).__name__}: {error}") from error
        finally:
            permit.report(outcome)


def _longest_s(client: "redis.Redis") -> float:
    """Return what a command of a client of `connect` takes at most: to wait for a connection, to make one, to be answered."""
    pool = client.connection_pool
    waits = (getattr(pool, "timeout", 0.0), pool.connection_kwargs.get("socket_connect_timeout"), pool.connection_kwargs.get("socket_timeout"))
    return sum(wait or 0.0 for wait in waits)

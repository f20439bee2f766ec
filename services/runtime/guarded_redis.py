"""Redis behind a breaker, for those who can do without it: while it is away, nobody waits for it again and again."""

from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from services.runtime.breaker import Breaker, Outcome
from services.runtime.errors import CircuitOpen


class RedisUnavailable(Exception):
    """Redis could not be asked: there is none, it failed, or it is given time to recover."""


class GuardedRedis:
    """One use of Redis, named for its breaker; `client` None: there is none."""

    def __init__(self, client: "redis.Redis | None", use: str) -> None:
        self.client = client
        self._breaker = Breaker("redis", use, failures_max=3, open_s=3.0)

    async def ask(self, call: Callable[["redis.Redis"], Awaitable[Any]]) -> Any:
        """Return what Redis says. Raises RedisUnavailable; a caller that is cancelled counts for nothing."""
        if self.client is None:
            raise RedisUnavailable("no Redis")
        try:
            permit = self._breaker.admit()
        except CircuitOpen as error:
            raise RedisUnavailable("Redis is given time") from error
        outcome = Outcome.NEUTRAL
        try:
            answer = await call(self.client)
            outcome = Outcome.ALIVE
            return answer
        except (RedisError, OSError) as error:
            outcome = Outcome.UNWELL
            raise RedisUnavailable(f"{type(error).__name__}: {error}") from error
        finally:
            permit.report(outcome)

"""When a shard may IDENTIFY: at the pace and as often as Discord allows, over all processes of the bot.

Discord refuses a second IDENTIFY within five seconds in one bucket (shard_id % max_concurrency), and resets the token of a bot that sends more than
a day's number of them (https://discord.com/developers/docs/topics/gateway#session-start-limit-object). With Redis, processes share the pace through
`parlour:identify:<application>:<bucket>`, which is set for as long as the bucket is taken; without it each process keeps the pace by itself.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import nextcord
import redis.asyncio as redis
from nextcord.http import HTTPClient, Route
from prometheus_client import Counter, Gauge
from redis.exceptions import RedisError

from services.runtime.telemetry import get_logger

MARGIN = 1.05  # two IDENTIFYs may travel at different speeds
POLL_S = 0.1
IN_PLACE_MAX_S = 45.0  # nextcord gives a connection 60 s to come about

_identifies = Counter("parlour_gateway_discord_identifies_total", "IDENTIFYs sent to Discord, by how their pace was kept", ["pace"])
_remaining = Gauge("parlour_gateway_discord_identifies_remaining", "IDENTIFYs that Discord said were left for the day")
_log = get_logger(__name__)


class IdentifyLater(ConnectionError):
    """There is no IDENTIFY to be had soon; the connection is to be tried again later. An OSError, which nextcord takes for a failed connection."""


@dataclass(frozen=True, slots=True)
class StartLimit:
    """What Discord allows. `remaining` None: it did not say. `reset_after_s` counts from when it was asked."""

    remaining: int | None = None
    reset_after_s: float = 0.0
    max_concurrency: int = 1


def start_limit(answer: Mapping[str, Any]) -> StartLimit:
    """Read the session_start_limit of GET /gateway/bot, times in milliseconds there; what is missing or no number says nothing."""
    found = answer.get("session_start_limit")
    limit: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    remaining, reset_after_ms, concurrency = (_number(limit.get(name)) for name in ("remaining", "reset_after", "max_concurrency"))
    return StartLimit(
        remaining=None if remaining is None else int(remaining),
        reset_after_s=max(0.0, (reset_after_ms or 0.0) / 1000),
        max_concurrency=max(1, int(concurrency or 1)),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


async def asked_of_discord(http: HTTPClient) -> StartLimit:
    """Ask Discord. A server that cannot say limits nothing: the connection itself will show whether Discord is there."""
    try:
        return start_limit(dict(await http.request(Route("GET", "/gateway/bot"))))
    except (nextcord.HTTPException, aiohttp.ClientError, OSError, RuntimeError, TypeError, ValueError):
        return StartLimit()


class IdentifyPace:
    """Grants IDENTIFYs. `interval_s`: between two in one bucket; 0: no pace at all. Times are by `clock`."""

    def __init__(
        self,
        client: "redis.Redis | None",
        *,
        interval_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._interval_s = interval_s * MARGIN
        self._clock = clock
        self._sleep = sleep
        self._free_at: dict[int, float] = {}  # by bucket, of which there are as many as Discord says
        self._closed_until = 0.0

    async def opened(self, ask: Callable[[], Awaitable[StartLimit]]) -> StartLimit:
        """Wait until the day has an IDENTIFY left; return what is allowed then. Says so in one line when it has to wait."""
        while True:
            limit = await self._asked(ask)
            if (wait_s := self._closed_until - self._clock()) <= 0:
                return limit
            await self._sleep(wait_s)

    async def granted(self, application_id: int, shard_id: int, ask: Callable[[], Awaitable[StartLimit]]) -> None:
        """Wait for a shard's turn to IDENTIFY. Raises IdentifyLater where that takes longer than a connection can be kept waiting."""
        limit = await self._asked(ask)
        if self._closed_until > self._clock():
            raise IdentifyLater("no IDENTIFY is left for now")
        if not self._interval_s:
            _identifies.labels("none").inc()
            return
        bucket = shard_id % limit.max_concurrency
        give_up_at = self._clock() + IN_PLACE_MAX_S
        while not (pace := await self._taken(application_id, bucket)):
            if self._clock() >= give_up_at:
                raise IdentifyLater(f"bucket {bucket} of IDENTIFYs is busy")
            await self._sleep(POLL_S)
        _identifies.labels(pace).inc()

    async def _asked(self, ask: Callable[[], Awaitable[StartLimit]]) -> StartLimit:
        if self._closed_until > self._clock():
            return StartLimit(remaining=0, reset_after_s=self._closed_until - self._clock())
        limit = await ask()
        if limit.remaining is not None:
            _remaining.set(limit.remaining)
        if limit.remaining is not None and limit.remaining <= 0:
            # Something is waited for in any case: asking again at once would be asked again at once.
            self._closed_until = self._clock() + max(1.0, limit.reset_after_s)
            _log.error("Discord allows no more connections for now: waiting until it does", wait_s=round(limit.reset_after_s))
        return limit

    async def _taken(self, application_id: int, bucket: int) -> str:
        """Take the bucket, if it is free; return by what pace, or "" where it is not free."""
        now = self._clock()
        if now < self._free_at.get(bucket, now):
            return ""
        shared = await self._taken_for_all(application_id, bucket)
        if shared is False:
            return ""
        self._free_at[bucket] = now + self._interval_s
        return "local" if shared is None else "shared"

    async def _taken_for_all(self, application_id: int, bucket: int) -> bool | None:
        """Take the bucket in Redis; None where Redis cannot be asked."""
        if self._client is None:
            return None
        name = f"parlour:identify:{application_id}:{bucket}"
        try:
            return bool(await self._client.set(name, "taken", nx=True, px=max(1, int(self._interval_s * 1000))))
        except (RedisError, OSError) as error:
            _log.warning("IDENTIFYs are paced by this process alone", problem=type(error).__name__)
            return None

"""What searches of hot scopes found, kept in Redis: ids, versions and scores, never a text.

The key is a hash of everything that shapes a result, among it every scope in sight with its version, which each write raises. So nothing has to be
invalidated: after an edit the next search asks for another key. The rows are read from the database each time, under row level security, and what is
no longer recalled is left out.

Scopes are hot when this instance searched the same ones within the last `hot_s`: whoever comes once pays no round trip to Redis.
"""

import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import redis.asyncio as redis
from prometheus_client import Counter

from services.memory.ranking import Found
from services.retrieval.terms import normalised
from services.runtime.bounded_map import BoundedMap
from services.runtime.guarded_redis import GuardedRedis, RedisUnavailable

PREFIX = "parlour:memory:results:"
FORMAT = 1
"""Raise it when a search ranks differently, so that no release answers what another one ranked."""

_requests = Counter("parlour_memory_result_cache_total", "Searches by what the cache of results did for them", ["result"])


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that a result follows from, save what the scopes hold. `options` are the service's own settings of a search."""

    query: str
    limit: int
    model: str
    start: datetime | None = None
    end: datetime | None = None
    kinds: tuple[str, ...] = ()
    options: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """One memory that a search found, as it is kept."""

    memory_id: uuid.UUID
    version: int
    score: float
    score_by_arm: Mapping[str, float]


def key_of(shape: Shape, versions: Mapping[uuid.UUID, int]) -> str:
    """Return the key of a result. `versions` has every scope in sight that was ever written to."""
    parts = [
        FORMAT,
        normalised(shape.query),
        shape.limit,
        shape.model,
        shape.start.isoformat() if shape.start is not None else None,
        shape.end.isoformat() if shape.end is not None else None,
        sorted(shape.kinds),
        list(shape.options),
        sorted((str(scope_id), version) for scope_id, version in versions.items()),
    ]
    return PREFIX + hashlib.blake2b(json.dumps(parts).encode(), digest_size=32).hexdigest()


class ResultCache:
    """Results by key. Without a client, and whenever Redis is away or slow, nothing is found and nothing is kept, and the searches go on."""

    def __init__(self, client: "redis.Redis | None", *, ttl_s: int, bytes_max: int, hot_s: float, scopes_max: int) -> None:
        self._ttl_s = ttl_s
        self._bytes_max = bytes_max
        self._searched: BoundedMap[frozenset[uuid.UUID], bool] = BoundedMap("searched_scopes", size_max=scopes_max, ttl_s=hot_s)
        self._redis = GuardedRedis(client, "result_cache")

    def key(self, shape: Shape, versions: Mapping[uuid.UUID, int]) -> str | None:
        """Return the key of a search's result; None where its scopes are not hot, so that its result is neither looked for nor kept."""
        if self._redis.client is None:
            return None
        scopes = frozenset(versions)
        hot = self._searched.get(scopes, False)
        self._searched.put(scopes, True)
        if not hot:
            _requests.labels("cold").inc()
            return None
        return key_of(shape, versions)

    async def get(self, key: str) -> list[Kept] | None:
        """Return what was kept under a key; None where nothing is, or Redis does not say."""
        value = await self._run(lambda client: client.get(key))
        kept = _decoded(value) if value is not None else None
        if kept is not None:
            _requests.labels("hit").inc()
        elif value is not None:
            _requests.labels("unreadable").inc()
        else:
            _requests.labels("miss").inc()
        return kept

    async def put(self, key: str, found: Sequence[Found]) -> None:
        """Keep a result for `ttl_s`, unless it takes more than `bytes_max`."""
        value = _encoded(found)
        if len(value) > self._bytes_max:
            _requests.labels("too_large").inc()
        elif await self._run(lambda client: client.set(key, value, ex=self._ttl_s)):
            _requests.labels("kept").inc()

    async def _run[T](self, call: "Callable[[redis.Redis], Awaitable[T]]") -> T | None:
        try:
            answer: T = await self._redis.ask(call)
        except RedisUnavailable:
            if self._redis.client is not None:
                _requests.labels("unavailable").inc()
            return None
        return answer


def _encoded(found: Sequence[Found]) -> bytes:
    rows = [[one.memory.memory_id.hex, one.memory.version, one.score, dict(one.score_by_arm)] for one in found]
    return json.dumps(rows, separators=(",", ":")).encode()


def _decoded(value: bytes | str) -> list[Kept] | None:
    try:
        return [Kept(uuid.UUID(hex=memory_id), int(version), float(score), dict(arms)) for memory_id, version, score, arms in json.loads(value)]
    except (ValueError, TypeError, AttributeError):
        return None

"""What a plain "yes", "undo" or "more" refers to: what was last offered to a person, last done for them, and last shown to them.

It is kept in Redis, so that a person may go on after a restart and with another gateway; without Redis, in this process. Ids and times are kept,
never a text, and the keys are digests: Redis erases nobody. What a button carries needs none of this.
"""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import redis.asyncio as redis
from prometheus_client import Counter

from parlour.gateway.v1 import gateway_pb2
from services.runtime.bounded_map import BoundedMap
from services.runtime.guarded_redis import GuardedRedis, RedisUnavailable

_without = Counter("parlour_gateway_offers_without_redis_total", "Looks at what was offered or done that went without Redis")


class Slot(StrEnum):
    """What is kept of a person, one of each in a place."""

    ASKED = "asked"  # a question that waits for a yes or a no
    DONE = "done"  # what an undo takes back
    LISTED = "listed"  # where a list goes on


@dataclass(frozen=True, slots=True)
class Offer:
    """One of them. `about` says which command made it, `token` is its id there; times are seconds by the wall clock.

    `turn_id` is the turn that made it, `seen_message_id` the newest message of the person that conversation knew then (empty: none; None: it could
    not say), `instance_id` the gateway.
    """

    about: str
    token: str
    at_s: float
    until_s: float
    turn_id: str
    seen_message_id: str | None = None
    instance_id: str = ""


class Offers:
    """Keeps offers until their time is over, in this process `keep_s` seconds at most. `client` None: no Redis. Raises nothing."""

    def __init__(self, client: "redis.Redis | None", *, keep_s: float, wall_clock: Callable[[], float] = time.time) -> None:
        self._now_s = wall_clock
        self._redis = GuardedRedis(client, "offers")
        self._here: BoundedMap[_Key, Offer] = BoundedMap("gateway_offers", ttl_s=keep_s)
        self._dropped_at_s: BoundedMap[_Key, float] = BoundedMap("gateway_offers_dropped", ttl_s=keep_s)

    async def put(self, slot: Slot, message: gateway_pb2.IncomingMessage, offer: Offer) -> None:
        """Keep an offer in place of the one before."""
        key, left_ms = _key(slot, message), int((offer.until_s - self._now_s()) * 1000)
        if left_ms <= 0:
            return
        self._dropped_at_s.pop(key)
        if await self._ask(lambda client: client.set(_name(key), json.dumps(asdict(offer)), px=left_ms)) is _NO_REDIS:
            self._here.put(key, offer)
        else:
            self._here.pop(key)

    async def get(self, slot: Slot, message: gateway_pb2.IncomingMessage) -> Offer | None:
        """Return the offer that stands."""
        key = _key(slot, message)
        there = await self._ask(lambda client: client.get(_name(key)))
        known = [offer for offer in (self._here.get(key), _read(there)) if offer is not None]
        newest = max(known, key=lambda offer: offer.at_s, default=None)
        if newest is None or newest.until_s <= self._now_s() or newest.at_s <= self._dropped_at_s.get(key, 0.0):
            return None
        return newest

    async def drop(self, slot: Slot, message: gateway_pb2.IncomingMessage) -> None:
        """Keep it no longer."""
        key = _key(slot, message)
        self.drop_here(slot, message)
        await self._ask(lambda client: client.delete(_name(key)))

    def drop_here(self, slot: Slot, message: gateway_pb2.IncomingMessage) -> None:
        """Take no notice of it in this process any more: for what happens too often to tell Redis of it."""
        key = _key(slot, message)
        self._here.pop(key)
        self._dropped_at_s.put(key, self._now_s())

    async def _ask(self, command: Callable[["redis.Redis"], Awaitable[Any]]) -> object:
        """What Redis says; _NO_REDIS where it cannot be asked."""
        try:
            return await self._redis.ask(command)
        except RedisUnavailable:
            if self._redis.client is not None:
                _without.inc()
            return _NO_REDIS


_NO_REDIS = object()
_Key = tuple[Slot, str, str, str]


def _key(slot: Slot, message: gateway_pb2.IncomingMessage) -> _Key:
    """A question is answered where it was asked; what was done can be undone anywhere in the guild."""
    return (slot, message.user_id, message.guild_id, "" if slot is Slot.DONE else message.channel_id)


def _name(key: _Key) -> str:
    slot, *where = key
    return f"parlour:offer:{slot}:{hashlib.sha256('/'.join(where).encode()).hexdigest()[:32]}"


def _read(value: object) -> Offer | None:
    """What Redis holds, or None for anything else, such as what another release wrote."""
    if not isinstance(value, str | bytes):
        return None
    try:
        return Offer(**json.loads(value))
    except (TypeError, ValueError):
        return None

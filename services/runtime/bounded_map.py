"""The one map type for anything keyed by a user, a guild, a channel or a message.

It holds at most `size_max` items, drops the least recently used one when full and what was idle for `ttl_s`. Built on cachetools:
on LRUCache, because a look at a TTLCache takes three times as long, and renews nothing.
"""

import asyncio
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar, overload

from cachetools import Cache, LRUCache
from prometheus_client import Counter, Gauge

SIZE_MAX = 10_000
TTL_S = 7 * 86_400.0

_evictions = Counter("parlour_map_evictions_total", "Items dropped from a bounded map", ["map", "cause"])
_size = Gauge("parlour_map_items", "Items in a bounded map", ["map"])
_maps: "weakref.WeakSet[BoundedMap[object, object]]" = weakref.WeakSet()
_Default = TypeVar("_Default")


@dataclass(slots=True)
class _Item[V]:
    used_at_s: float
    value: V


class _Items[K, V](LRUCache[K, _Item[V]]):
    """Tells its owner what it drops for want of room, and finds what has been idle without renewing it."""

    def __init__(self, size_max: int, dropped: Callable[[K, V, str], None]) -> None:
        super().__init__(maxsize=size_max)
        self._dropped = dropped

    def popitem(self) -> tuple[K, _Item[V]]:
        key, item = super().popitem()
        self._dropped(key, item.value, "size")
        return key, item

    def idle_since(self, time_s: float) -> list[K]:
        return [key for key in self if self.peek(key).used_at_s <= time_s]

    def peek(self, key: K) -> _Item[V]:
        return Cache.__getitem__(self, key)  # LRUCache's own would count as a use


class BoundedMap[K, V]:
    """A map with a size limit and an idle time limit.

    `get` and `put` renew an item's time. `on_evict` is called with key and value of what is dropped (not of what is popped).
    Not thread-safe: it belongs to one event loop.
    """

    def __init__(
        self,
        name: str,
        *,
        size_max: int = SIZE_MAX,
        ttl_s: float = TTL_S,
        clock: Callable[[], float] = time.monotonic,
        on_evict: Callable[[K, V], None] | None = None,
    ) -> None:
        self.name = name
        self._on_evict = on_evict
        self._evicted = {cause: _evictions.labels(name, cause) for cause in ("size", "idle")}
        self._clock = clock
        self._ttl_s = ttl_s
        self._items: _Items[K, V] = _Items(size_max, self._drop)
        _maps.add(self)  # type: ignore[arg-type]

    def _drop(self, key: K, value: V, cause: str) -> None:
        self._evicted[cause].inc()
        if self._on_evict is not None:
            self._on_evict(key, value)

    @overload
    def get(self, key: K) -> V | None: ...
    @overload
    def get(self, key: K, default: _Default) -> V | _Default: ...
    def get(self, key: K, default: object = None) -> object:
        """Return the item and renew its time, or the default."""
        try:
            item = self._items[key]
        except KeyError:
            return default
        now = self._clock()
        if now - item.used_at_s >= self._ttl_s:
            return default
        item.used_at_s = now
        return item.value

    def put(self, key: K, value: V) -> None:
        """Store an item, dropping the least recently used one when full."""
        self._items[key] = _Item(self._clock(), value)

    def get_or_create(self, key: K, factory: Callable[[], V]) -> V:
        """Return the item, made by `factory` if it is not there."""
        found = self.get(key)
        if found is None:
            found = factory()
            self.put(key, found)
        return found

    def peek(self, key: K) -> V | None:
        """Return the item, idle or not, or None; its time is not renewed."""
        return self._items.peek(key).value if key in self._items else None

    def pop(self, key: K) -> V | None:
        """Remove and return the item, or None."""
        item = self._items.pop(key, None)
        return item.value if item is not None else None

    def sweep(self) -> int:
        """Drop what has been idle for too long; return how many items that was."""
        idle = self._items.idle_since(self._clock() - self._ttl_s)
        for key in idle:
            self._drop(key, self._items.pop(key).value, "idle")
        return len(idle)

    def __contains__(self, key: object) -> bool:
        return key in self._items and self._clock() - self._items.peek(key).used_at_s < self._ttl_s  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[K]:
        return iter(list(self._items))


def all_maps() -> list[BoundedMap[object, object]]:
    """Return every bounded map of this process."""
    return list(_maps)


def sweep_all() -> int:
    """Sweep every map and publish its size; return how many items were dropped."""
    dropped = 0
    for bounded in all_maps():
        dropped += bounded.sweep()
        _size.labels(bounded.name).set(len(bounded))
    return dropped


async def sweep_forever(interval_s: float) -> None:
    """Sweep every `interval_s` seconds, so that idle items go even from a map that nobody touches."""
    while True:
        await asyncio.sleep(interval_s)
        sweep_all()

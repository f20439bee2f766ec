"""A cache of small values in front of the database that owns them, exact across instances: values here, generations of them in Redis.

What is promised, of a value read by `get` and edited within `editing`, by any number of instances on one database and one Redis:

- A read that begins after an edit has ended never answers what was before that edit.
- While Redis answers the editor, reads and edits are as if there were no cache: once anybody was answered a newer value, nobody who asks after
  that is answered an older one. While it does not, reads that run beside the edit may still be answered either.

How: a reader asks Redis for the generations of the value's keys at each read (one round trip), and uses what it keeps if that was read from the
database under the same ones. An editor puts a mark in their place before the commit; under a mark everybody reads the database and keeps nothing.
After the commit he puts new ones there. One who dies in between leaves the mark, which expires: then there is no generation, and what was kept under
the old one is never used again.

- Redis away for the reader: it reads the database.
- Redis away for the editor: the edit is done all the same, since losing Redis must not cost a feature. Then, before it ends, everything that all
  instances keep is taken back through the database, which takes a lease (see cache_standing): edits take that much longer while Redis is away.
- Redis emptied: no generations, so nothing kept is used. Redis set back to an older state: it was restarted for that, so connections are new, and
  nothing kept over an older one is used.
- The editor's commit has an unknown end, or he is cancelled: he is answered an error, and repeats the edit (see requests), which ends as above.

What is not promised: anything where two servers both believe they are the one Redis, or one is set back behind a proxy that keeps connections open,
or for edits that go around `editing`: there a value may be up to `ttl_s` old. Without Redis there is no cache, and every instance must do without.

aiocache and cashews were considered: their invalidation across instances is sent and not awaited, so that what was overtaken can be stored after it.
"""

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import Counter

from services.runtime.bounded_map import BoundedMap
from services.runtime.cache_generations import Generations, edited
from services.runtime.cache_standing import Standing

_reads = Counter("parlour_cache_reads_total", "Reads through a cache: hit, miss, or why it was passed by", ["cache", "result"])
_edits = Counter("parlour_cache_edits_total", "Edits of what a cache keeps, by how the instances were told", ["cache", "told"])


@dataclass(frozen=True, slots=True)
class _Kept[V]:
    """A value, and all that must still be so for it to be used."""

    value: V
    generations: tuple[bytes, ...]
    connections: int
    epoch: int
    loaded_at_s: float


class Cache[V]:
    """Values by the keys they depend on: at most `size_max` of them, none older than `ttl_s`. Without `generations` every read is a load.

    Evictions are in the metrics of the bounded map `cache_<name>`.
    """

    def __init__(
        self,
        name: str,
        generations: Generations | None,
        standing: Standing,
        *,
        size_max: int,
        ttl_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._generations = generations
        self._standing = standing
        self._ttl_s = ttl_s
        self._clock = clock
        self._kept: BoundedMap[tuple[str, ...], _Kept[V]] = BoundedMap(f"cache_{name}", size_max=size_max, ttl_s=ttl_s, clock=clock)

    async def get(self, keys: Sequence[str], load: Callable[[], Awaitable[V]]) -> V:
        """Return the value that depends on `keys`, and on nothing that is edited otherwise; `load` reads it. Raises what `load` raises."""
        epoch = self._standing.epoch
        if self._generations is None or epoch is None:
            return await self._passed_by("off" if self._generations is None else "unconfirmed", load)
        connections = self._generations.connections
        generations = await self._generations.observe(keys)
        if generations is None:
            return await self._passed_by("unavailable", load)
        if edited(generations):
            return await self._passed_by("edited", load)
        kept = self._kept.get(tuple(keys))
        if kept is not None and self._current(kept, generations):
            _reads.labels(self._name, "hit").inc()
            return kept.value
        _reads.labels(self._name, "miss").inc()
        loaded_at_s = self._clock()
        value = await load()
        # What was noted before the value was read: whatever was edited or lost meanwhile, it is not used.
        self._kept.put(tuple(keys), _Kept(value, generations, connections, epoch, loaded_at_s))
        return value

    @asynccontextmanager
    async def editing(self, keys: Sequence[str], *, wait: bool = True) -> AsyncIterator[None]:
        """Edit what depends on any of `keys`: the block commits. When this has returned, no instance answers what was before.

        Without `wait`, an edit while Redis is away ends at once, and others may answer what was before for up to a lease: for edits that nobody is
        told of. Raises what the block raises, and what `Standing.withdraw` does: then the edit may be stored, and is to be repeated.
        """
        if self._generations is None:
            yield
            return
        edit_id = secrets.token_hex(8)
        await self._generations.begin(keys, edit_id)
        try:
            yield
        except BaseException:
            # It may be stored for all that, its answer lost. Whoever edits is not told that it is done, so nothing has to be waited for.
            await self._generations.finish(keys, edit_id)
            raise
        if await self._generations.finish(keys, edit_id):
            _edits.labels(self._name, "generation").inc()
            return
        await self._standing.withdraw(wait=wait)
        _edits.labels(self._name, "epoch").inc()

    def _current(self, kept: _Kept[V], generations: tuple[bytes, ...]) -> bool:
        assert self._generations is not None
        return (
            kept.generations == generations
            and kept.connections == self._generations.connections
            and kept.epoch == self._standing.epoch
            and self._clock() - kept.loaded_at_s < self._ttl_s
        )

    async def _passed_by(self, why: str, load: Callable[[], Awaitable[V]]) -> V:
        _reads.labels(self._name, why).inc()
        return await load()

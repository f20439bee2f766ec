"""The order in which a person's messages came: each one goes on when those before it are through.

A place is taken at once when a message arrives, before anything is asked about it, so that no look-up can let a later message overtake it. One that
turns out not to be meant for us leaves without waiting. `TurnQueue` then bounds how many are answered at once.
"""

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge

from services.runtime.errors import Overloaded

_waiting = Gauge("parlour_gateway_line_waiting", "Messages that wait for an earlier one of the same person")
_refused = Counter("parlour_gateway_line_refused_total", "Messages refused because too many waited in line", ["limit"])


class Place[K: Hashable]:
    """A message's place among those of its person."""

    def __init__(self, order: "ArrivalOrder[K]", key: K, name: str) -> None:
        self.key = key
        self.name = name
        self.waits = False
        self._order = order
        self._first = asyncio.Event()

    @property
    def is_first(self) -> bool:
        """Every message that came before it is through."""
        return self._first.is_set()

    def step_up(self) -> None:
        """Nobody is before it any more."""
        self._first.set()

    @property
    def head(self) -> "Place[K]":
        """The first place of the key: what this one waits for, or itself."""
        return self._order.head(self)

    async def first(self, *, even_if_many: bool = False) -> None:
        """Wait until every message that came before is through.

        Raises Overloaded at once where too many wait already: of the same person (unless `even_if_many`), or in all.
        """
        if not self.is_first:
            with self._order.waiting_counted(self, even_if_many=even_if_many):
                await self._first.wait()

    def leave(self) -> None:
        """The message is through, or nobody is going to answer it. Leaving twice changes nothing."""
        self._order.left(self)


class ArrivalOrder[K: Hashable]:
    """Places by key. At most `waiting_per_key_max` messages of one key wait, and `waiting_max` in all.

    Places are plain dictionary entries and no BoundedMap, because one that waits must never be evicted; the limits bound those that wait, and
    whoever takes places bounds those that were not decided on yet.
    """

    def __init__(self, *, waiting_per_key_max: int, waiting_max: int) -> None:
        self._waiting_per_key_max = waiting_per_key_max
        self._waiting_max = waiting_max
        self._places: dict[K, dict[Place[K], None]] = {}
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Messages that wait for an earlier one."""
        return self._waiting

    @property
    def keys(self) -> int:
        """Keys with a place: none that is idle."""
        return len(self._places)

    def head(self, place: Place[K]) -> Place[K]:
        """Return the first place of a place's key."""
        return next(iter(self._places.get(place.key, {})), place)

    def arrive(self, key: K, name: str = "", *, ahead: bool = False) -> Place[K]:
        """Take a place behind all those of the key, or `ahead` of them; `leave` it in any case. `name` tells what it is for.

        One ahead does not hold up those that had their turn before it came.
        """
        place = Place(self, key, name)
        places = self._places.get(key, {})
        self._places[key] = {place: None} | places if ahead else places | {place: None}
        if ahead or not places:
            place.step_up()
        return place

    def left(self, place: Place[K]) -> None:
        """Remove a place and let the next one step up."""
        places = self._places.get(place.key, {})
        if place not in places:
            return
        del places[place]
        if places:
            next(iter(places)).step_up()
        else:
            del self._places[place.key]

    @contextmanager
    def waiting_counted(self, place: Place[K], *, even_if_many: bool) -> Iterator[None]:
        """Count a place among those that wait. Raises Overloaded where a limit is reached."""
        if not even_if_many and sum(other.waits for other in self._places[place.key]) >= self._waiting_per_key_max:
            _refused.labels("person").inc()
            raise Overloaded(f"{self._waiting_per_key_max} messages of one person wait")
        if self._waiting >= self._waiting_max:
            _refused.labels("total").inc()
            raise Overloaded(f"{self._waiting_max} messages wait")
        place.waits = True
        self._waiting += 1
        _waiting.inc()
        try:
            yield
        finally:
            place.waits = False
            self._waiting -= 1
            _waiting.dec()

"""When a message is this gateway's to answer: its person's earlier ones are through, and no other gateway answers it."""

import asyncio
from contextlib import AsyncExitStack

from services.gateway.arrival_order import ArrivalOrder, Place
from services.gateway.message_claims import Claim, MessageClaims
from services.gateway.person_lease import lease_name
from services.runtime.errors import Overloaded

type Person = tuple[str, str]
"""A user in a guild."""


class MessageOrder:
    """The line of each person in each place, and the claims on messages that other gateways see too.

    `shared` messages are those that all gateways see and answer in one place; who calls the API needs the answer from the gateway that was called.
    A claim is held by an AsyncExitStack, until the answer is where it belongs. `watch_s`: how long a message is watched that another gateway has.
    """

    def __init__(self, claims: MessageClaims, *, waiting_per_user_max: int, waiting_max: int, watch_s: float) -> None:
        self.claims = claims
        self._order: ArrivalOrder[Person] = ArrivalOrder(waiting_per_key_max=waiting_per_user_max, waiting_max=waiting_max)
        self._watch_s = watch_s

    def arrive(self, person: Person, turn_id: str, *, again: bool = False) -> Place[Person]:
        """Take a message's place in line; `leave` it in any case. One that comes `again` goes first: what came before it is through."""
        return self._order.arrive(person, turn_id, ahead=again)

    async def first(self, place: Place[Person], *, shared: bool) -> None:
        """Wait until the person's earlier messages are through. Raises Overloaded where there are too many of them, and this gateway answers them.

        Those that another gateway answers are no reason to refuse: after a pause of this one, a person's whole backlog is there at once.
        """
        if not shared or place.is_first:
            await place.first()
            return
        line = lease_name(*place.key)
        await self.claims.announce(place.name, line)
        try:
            await self._first(place)
        except BaseException:
            self.claims.withdraw(place.name, line)
            raise

    async def _first(self, place: Place[Person]) -> None:
        try:
            await place.first()
        except Overloaded:
            if await self.claims.holds(place.head.name):
                raise
            await place.first(even_if_many=True)

    async def claimed(self, place: Place[Person], held: AsyncExitStack) -> Claim | None:
        """Wait until a shared message is this gateway's to answer. None where another one answers it."""
        try:
            async with asyncio.timeout(self._watch_s):
                claim = await held.enter_async_context(self.claims.claimed(place.name, lease_name(*place.key)))
        except TimeoutError:
            return None
        return claim if claim.mine else None

    async def claimed_at_once(self, place: Place[Person], held: AsyncExitStack) -> Claim | None:
        """Claim a shared message to say that it is not answered. None where another gateway works on it, or has answered it."""
        claim = await held.enter_async_context(self.claims.claimed(place.name, lease_name(*place.key), watch=False))
        return claim if claim.mine else None

"""Turns that were accepted and never finished: each gets its apology, also after a crash."""

from typing import Protocol

from parlour.conversation.v1 import conversation_pb2


class Courier(Protocol):
    """Brings an apology to where its turn came from; the Discord bot is one."""

    async def deliver(self, turn: conversation_pb2.OrphanedTurn, text: str) -> None:
        """Say `text` in the channel of the turn. Raises whatever fails: the turn is then claimed again later."""


class Couriers:
    """Who brings apologies to which origin, while connected."""

    def __init__(self) -> None:
        self._by_origin: dict[str, Courier] = {}

    def connect(self, origin: str, courier: Courier) -> None:
        """From now on `courier` takes the apologies of turns from `origin`, such as "discord"."""
        self._by_origin[origin] = courier

    def disconnect(self, origin: str) -> None:
        """Leave the unfinished turns of `origin` to others."""
        self._by_origin.pop(origin, None)

    def get(self, origin: str) -> Courier | None:
        """Return the courier of an origin, if one is connected."""
        return self._by_origin.get(origin)

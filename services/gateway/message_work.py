"""One message that is being answered: what was asked, by when, in which place in line, and who reads the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from parlour.gateway.v1 import gateway_pb2
from services.gateway.arrival_order import Place
from services.gateway.assistant_turn import AssistantTurn
from services.gateway.commands.parsing import Command
from services.gateway.events import Final, Relay
from services.gateway.message_claims import Claim
from services.gateway.message_order import Person
from services.gateway.stopping import StopSwitch
from services.gateway.turn_record import TurnRecord
from services.runtime.errors import RateLimited

API = "api"
"""Where a message comes from that was handed to this gateway alone."""

type Completion = Callable[[gateway_pb2.IncomingMessage], Awaitable[None]]
"""Adds to a message what is costly to look up, such as what it replies to; it has limits of its own and raises nothing."""


@dataclass(slots=True, eq=False)
class Work:
    """One message being answered. `done` is set with the last event, or None where its reader went away first."""

    request: gateway_pb2.HandleMessageRequest
    origin: str
    said: str
    command: Command | None
    deadline_at: float
    record: TurnRecord
    place: Place[Person]
    complete: Completion | None = None
    relay: Relay = field(default_factory=Relay)
    stop: StopSwitch = field(default_factory=StopSwitch)
    done: "asyncio.Future[Final | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    turn: AssistantTurn | None = None
    limited: RateLimited | None = None
    claim: Claim | None = None
    claimed: AsyncExitStack = field(default_factory=AsyncExitStack)
    """Holds the claim until the answer is where it belongs."""

    @property
    def is_shared(self) -> bool:
        """Other gateways may see the message too, and would answer it in the same place. A pressed button is answered to whoever took the press."""
        return self.origin != API and self.request.WhichOneof("action") is None

    @property
    def superseded(self) -> bool:
        """Another gateway has taken the message over, and settles its turn."""
        return self.claim is not None and self.claim.lost

    @property
    def message(self) -> gateway_pb2.IncomingMessage:
        """The message to answer."""
        return self.request.message

"""Turns that were accepted and never finished: each gets its apology, also after a crash."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from prometheus_client import Counter

from parlour.conversation.v1 import conversation_pb2
from services.gateway import notices, requests
from services.gateway.answer_parts import message_id_of
from services.gateway.assistant_turn import Services
from services.gateway.message_claims import MessageClaims
from services.gateway.person_lease import lease_name
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.runtime import failures
from services.runtime.errors import ParlourError
from services.runtime.telemetry import get_logger

_apologised = Counter("parlour_gateway_orphans_apologised_total", "Unfinished turns that were apologised for", ["origin"])
_log = get_logger(__name__)


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


class OrphanPoll:
    """Looks for unfinished turns and apologises for them.

    "api" turns are always looked for: their apology is stored, so that repeating the message finds it. Those of another origin only while its
    courier is connected. Nothing is asked while conversation is known to be away: polls must not open the circuit that people's turns need. The
    words are delivered before the turn is ended: a crash in between repeats them rather than losing them. A message that a gateway has claimed, to
    answer it after all, is left to that one.
    """

    def __init__(
        self,
        services: Services,
        settlement: Settlement,
        settings: GatewaySettings,
        couriers: Couriers,
        *,
        claims: MessageClaims | None = None,
        is_up: Callable[[], bool] = lambda: True,
    ) -> None:
        self._services = services
        self._settlement = settlement
        self._settings = settings
        self._couriers = couriers
        self._claims = claims or MessageClaims.alone(settings.claim_done_s)
        self._is_up = is_up

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await asyncio.sleep(self._settings.orphan_poll_s)
            if self._is_up():
                await self.poll_once()

    async def poll_once(self) -> int:
        """Claim and apologise once; return for how many turns."""
        apologised = 0
        for origin in ("api", "discord"):
            courier = self._couriers.get(origin)
            if courier is None and origin != "api":
                continue
            for turn in await self._claim(origin):
                apologised += await self._apologise(turn, courier) if courier is None else await self._claimed(turn, courier)
        return apologised

    async def _claim(self, origin: str) -> Sequence[conversation_pb2.OrphanedTurn]:
        request = conversation_pb2.ClaimOrphanedTurnsRequest(claimant=self._settings.instance_id, origin=origin, limit=self._settings.orphans_max)
        try:
            return (await self._services.conversation.claim_orphaned_turns(request, timeout_s=self._settings.begin_s)).turns
        except ParlourError as error:
            failures.ended(error, failures.Place.BACKGROUND, "unfinished turns could not be asked for", origin=origin)
            return ()

    async def _claimed(self, turn: conversation_pb2.OrphanedTurn, courier: Courier) -> bool:
        message_id = message_id_of(turn.message.message_id)
        turn_id = f"{message_id}:{turn.message.attempt}"
        if self._claims.concerns_us(turn_id):
            return False
        line = lease_name(turn.message.user_id, turn.message.guild_id)
        async with self._claims.claimed(turn_id, line, watch=False) as claim:
            if claim.answered:  # in this turn's stead by another part of the message, or by a gateway that could not store it
                return await self._apologise(turn, None)
            apologised = claim.mine and await self._apologise(turn, courier)
            if apologised:
                claim.done()
            return apologised

    async def _apologise(self, turn: conversation_pb2.OrphanedTurn, courier: Courier | None) -> bool:
        text = notices.words("orphaned")
        try:
            if courier is not None:
                async with asyncio.timeout(self._settings.deliver_s):
                    await courier.deliver(_of_message(turn), text)
        except Exception as error:  # whatever Discord answers: the claim runs out and the turn is claimed again
            _log.warning("apology not delivered", turn_id=turn.turn_id, problem=type(error).__name__)
            return False
        await self._release(turn)
        state = await self._settlement.end(
            conversation_pb2.EndTurnRequest(turn_id=turn.turn_id, fence=turn.fence, state=conversation_pb2.TURN_STATE_APOLOGISED, text=text)
        )
        _apologised.labels(turn.message.origin or "api").inc()
        _log.info("apologised for an unfinished turn", turn_id=turn.turn_id, stored=state is not None)
        return state is not None

    async def _release(self, turn: conversation_pb2.OrphanedTurn) -> None:
        """Free the turn's hold, whose id died with its gateway."""
        settings = self._settings
        request = requests.place_hold(
            turn.message,
            prompt_tokens=settings.prompt_tokens_max,
            completion_tokens=settings.completion_tokens_max,
            images=len(turn.message.images) + settings.earlier_images_max,
            ttl_s=settings.hold_ttl_s,
            pools=settings.pools,
        )
        await self._settlement.free(turn.turn_id, request, "ORPHANED")


def _of_message(turn: conversation_pb2.OrphanedTurn) -> conversation_pb2.OrphanedTurn:
    """Return a turn under the id of its message, which is known where it came from: a turn may be of a part only."""
    known = conversation_pb2.OrphanedTurn()
    known.CopyFrom(turn)
    known.message.message_id = message_id_of(turn.message.message_id)
    return known

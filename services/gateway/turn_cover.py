"""What a turn is paid from: a hold on somebody's credits or, while credit cannot be reached, this gateway's lease. It is settled either way."""

import asyncio
from collections.abc import Sequence

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from services.credit.client import CreditClient
from services.gateway import requests
from services.gateway.outage.allowance import Asked, Grant, Refusal
from services.gateway.outage.outage_turns import NotTaken, OutageTurns
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settled, Settlement
from services.gateway.turn_record import TurnRecord
from services.runtime import failures
from services.runtime.errors import Category, CircuitOpen, DeadlineExceeded, HoldNotActive, ParlourError

_WORDS = {Refusal.TURNS_USED: "outage_turns_used", Refusal.BARRED: "account_frozen", Refusal.REPEATED: "orphaned", Refusal.OFF: "credit_unavailable"}


class TurnCover:
    """Covers one turn. `turn` is what conversation is asked to begin; the most that the hold covers follows from it and the settings."""

    def __init__(
        self,
        credit: CreditClient,
        outage: OutageTurns | None,
        settings: GatewaySettings,
        settlement: Settlement,
        turn: conversation_pb2.BeginTurnRequest,
        record: TurnRecord,
    ) -> None:
        self._credit = credit
        self._outage = outage
        self._settings = settings
        self._settlement = settlement
        self._turn = turn
        self._turn_id = f"{turn.message_id}:{turn.attempt}"
        self._own_account_id = requests.account_of(turn.user_id)
        self._record = record
        self.prompt_tokens_max = requests.prompt_tokens(turn, usual=settings.prompt_tokens_max, for_files_max=settings.text_file_prompt_tokens_max)
        self.images_max = len(turn.images) + settings.earlier_images_max
        """What is covered is told to conversation, which shows no more."""
        self.refused_words = "credit_unavailable"
        """The key of what a person is told while nothing covers their turn."""
        self._hold: credit_pb2.PlaceHoldResponse | None = None
        self._grant: Grant | None = None
        self._asked: credit_pb2.PlaceHoldRequest | None = None
        """Set while nobody knows whether the hold was placed."""
        self._maybe_placed: credit_pb2.PlaceHoldRequest | None = None
        """Set where credit could not be reached, or failed: the hold may have been placed before that."""
        self._holding: asyncio.Task[None] | None = None
        self._taking: asyncio.Task[Refusal | None] | None = None
        self._settling: asyncio.Task[Settled] | None = None

    @property
    def is_covered(self) -> bool:
        """Whether the model may be called."""
        return self._hold is not None or self._grant is not None

    @property
    def account_id(self) -> str:
        """Who pays; empty while nobody does."""
        return self._hold.hold.account_id if self._hold is not None else self._grant.account_id if self._grant is not None else ""

    @property
    def hold_id(self) -> str:
        """The hold, if it is one."""
        return self._hold.hold.hold_id if self._hold is not None else ""

    @property
    def lease_id(self) -> str:
        """The lease, if it is that."""
        return self._grant.lease_id if self._grant is not None else ""

    @property
    def models(self) -> Sequence[str]:
        """The models that are covered, in order of preference."""
        return self._hold.models if self._hold is not None else self._grant.models if self._grant is not None else ()

    @property
    def is_own(self) -> bool:
        """Whether the person pays, or nobody does yet."""
        return self.account_id in ("", self._own_account_id)

    @property
    def is_first_of_outage(self) -> bool:
        """Whether the person is answered without their credits for the first time in this outage."""
        return self._grant is not None and self._grant.first

    def start(self) -> None:
        """Begin to place the hold."""
        self._holding = asyncio.create_task(self._place_hold())
        self._holding.add_done_callback(_note_failure)

    def give_up(self) -> None:
        """Leave the hold, placed or not, to others."""
        if self._holding is not None:
            self._holding.cancel()
        if self._taking is not None:
            self._taking.add_done_callback(self._lose)

    def _lose(self, _: object) -> None:
        if self._outage is not None and self._grant is not None:
            self._outage.lost(self._grant)

    async def covered(self) -> None:
        """Return when the turn is covered. Raises what the hold was refused with, or what credit is away with where the lease is no help."""
        assert self._holding is not None
        try:
            await self._holding
        except ParlourError as error:
            if self._outage is None or not _is_away(error):
                raise
            # A task of its own: written down or not has to be known, so that a turn that is stopped meanwhile is ended like any other.
            self._taking = asyncio.create_task(self._take(self._outage))
            with self._record.step("lease"):
                refusal = await asyncio.shield(self._taking)
            if refusal is not None:
                self.refused_words = _WORDS.get(refusal, "emergency")
                raise error from None
            failures.ended(error, failures.Place.TURN, "answering on the lease", turn_id=self._turn_id)

    async def _take(self, outage: OutageTurns) -> Refusal | None:
        asked = Asked(self._turn_id, self._own_account_id, self.prompt_tokens_max, self._settings.completion_tokens_max, self.images_max)
        try:
            self._grant = await outage.take(asked)
        except NotTaken as refused:
            return refused.refusal
        return None

    def _hold_request(self) -> credit_pb2.PlaceHoldRequest:
        settings = self._settings
        return requests.place_hold(
            self._turn,
            prompt_tokens=self.prompt_tokens_max,
            completion_tokens=settings.completion_tokens_max,
            images=self.images_max,
            ttl_s=settings.hold_ttl_s,
            pools=settings.pools,
        )

    async def _place_hold(self) -> None:
        request = self._asked = self._hold_request()
        try:
            with self._record.step("hold"):
                placed = await self._credit.place_hold(request, timeout_s=self._settings.hold_s)
        except DeadlineExceeded:
            raise
        except ParlourError as error:
            self._asked, self._maybe_placed = None, request if error.failure.unwell else None
            if self._outage is not None and error.failure.category is Category.FEATURE:
                self._outage.refused(self._own_account_id, error)
            raise
        if self._outage is not None:
            self._outage.answered(self._own_account_id, placed)
        if placed.hold.state != credit_pb2.Hold.STATE_ACTIVE:
            raise HoldNotActive(credit_pb2.Hold.State.Name(placed.hold.state))
        self._hold, self._asked = placed, None

    def free_later(self, reason: str) -> None:
        """Free in the background what was held, or may have been."""
        self._settlement.free_later(self._turn_id, self._hold_request(), reason)

    def settle_meanwhile(self, usage: conversation_pb2.ModelUsage) -> None:
        """Begin to charge what a reply used that is being stored: the person does not wait for one after the other."""
        if self._settling is None:
            self._settling = asyncio.create_task(self._settlement.protected(self._settle(usage)))

    async def settle_finished(self, usage: conversation_pb2.ModelUsage) -> Settled:
        """Charge what a finished reply used."""
        return await (self._settling or self._settle(usage))

    async def _settle(self, usage: conversation_pb2.ModelUsage) -> Settled:
        if self._hold is not None:
            return await self._settlement.capture(self._turn_id, self._hold.hold, usage)
        return await self._settlement.bounded(self._end_on_lease(usage, "LEASED")) or Settled()

    async def settle_early(self, delivered: conversation_pb2.ModelUsage | None, reason: str) -> Settled:
        """Charge what was delivered, or free everything where nothing was."""
        if self._settling is not None:
            return await self._settling  # all of it was delivered
        await self._stop_holding()
        if self._asked is not None:
            # It would lock the person's credits until it expires.
            self._settlement.free_later(self._turn_id, self._asked, reason)
            self._asked = None
        if self._taking is not None:
            return await self._settlement.bounded(self._end_taking(delivered, reason)) or Settled()
        if self._hold is None:
            return Settled()
        if delivered is not None:
            return await self._settlement.capture(self._turn_id, self._hold.hold, delivered)
        return await self._settlement.release(self._turn_id, self._hold.hold, reason)

    async def _end_taking(self, delivered: conversation_pb2.ModelUsage | None, reason: str) -> Settled:
        """End on the lease once it is known whether the turn was taken on it, however long the disk takes to say so."""
        assert self._taking is not None
        await asyncio.wait([self._taking])
        return await self._end_on_lease(delivered, reason) if self._grant is not None else Settled()

    async def _end_on_lease(self, usage: conversation_pb2.ModelUsage | None, reason: str) -> Settled:
        """Write down what was delivered; credit charges it when it can be reached, and a hold that it may have placed all the same is freed."""
        assert self._outage is not None
        assert self._grant is not None
        if (maybe := self._asked or self._maybe_placed) is not None:
            self._settlement.free_later(self._turn_id, maybe, reason)
        await self._outage.end(self._grant, usage)
        return Settled()

    async def _stop_holding(self) -> None:
        """Let a hold that is being placed be placed, if that does not take long: one that is known is freed at once."""
        if self._holding is None:
            return
        if self._asked is not None:
            await asyncio.wait([self._holding], timeout=self._settings.settle_s / 2)
        self._holding.cancel()


def _is_away(error: ParlourError) -> bool:
    """Whether credit could not be asked, or is unwell. What it refuses stays refused."""
    return error.failure.unwell or isinstance(error, CircuitOpen)


def _note_failure(task: "asyncio.Task[None]") -> None:
    """Take an error that nobody waits for any more, so that asyncio does not report it as forgotten."""
    if not task.cancelled():
        task.exception()

"""Turns while credit cannot be reached: the entry for those who answer people."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.outage import metrics
from services.gateway.outage.allowance import Asked, Grant, Refusal, decide
from services.gateway.outage.journal import JournalUnavailable
from services.gateway.outage.journalled_book import JournalledBook
from services.gateway.outage.records import Over, Taken, Used
from services.gateway.settings import GatewaySettings
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import AccountClosed, AccountFrozen, ParlourError


class NotTaken(Exception):
    """A turn cannot be taken on the lease."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class _Known:
    """What credit last said of an account. `barred`: it may not spend."""

    tier: str = ""
    barred: bool = False


class OutageTurns:
    """Takes turns on the lease, ends them, and knows whether there is an outage.

    An outage lasts from the first turn that credit could not hold until credit has answered a hold, whatever it answered, or until nobody has met
    it for `outage_quiet_s`. `wake` is called when turns may be settled again. `wall_clock` in seconds, as leases expire by it.
    """

    def __init__(self, kept: JournalledBook, settings: GatewaySettings, *, wall_clock: Callable[[], float] = time.time) -> None:
        self.running: set[str] = set()
        """Turns that have not ended; as many as turns may run at once."""
        self.wake: Callable[[], None] = lambda: None
        self.is_away: Callable[[], bool] = lambda: False
        """Whether credit is seen to be away, though no turn has met that."""
        self._kept = kept
        self._settings = settings
        self._now_s = wall_clock
        self._people: BoundedMap[str, _Known] = BoundedMap("gateway_outage_people", size_max=settings.outage_people_max)
        self._settled: BoundedMap[str, bool] = BoundedMap("gateway_outage_settled", size_max=settings.outage_people_max)
        self._met_at_s: float | None = None
        self._emergency = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def on(self) -> bool:
        """Whether there is an outage; one that was on when the gateway stopped still is."""
        if self._met_at_s is None:
            return bool(self._kept.book.turns_by_account)
        return self._now_s() - self._met_at_s <= self._settings.outage_quiet_s

    def answered(self, account_id: str, placed: credit_pb2.PlaceHoldResponse) -> None:
        """Credit has placed a hold for an account: there is no outage, and this is the account's tier."""
        if placed.balance.account_id == account_id:
            self._people.put(account_id, _Known(placed.balance.tier))
        self._over()

    def refused(self, account_id: str, error: ParlourError) -> None:
        """Credit has refused a hold for an account: there is no outage."""
        if isinstance(error, AccountFrozen | AccountClosed):
            self._people.put(account_id, _Known(barred=True))
        self._over()

    def _over(self) -> None:
        if self._met_at_s is None and not self._kept.book.turns_by_account:
            return
        self._met_at_s, self._emergency = None, False
        metrics.active.set(0)
        if self._kept.book.turns_by_account:
            task = asyncio.create_task(self._kept.note(Over()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.wake()

    async def _meet(self) -> None:
        if not self.on:
            metrics.outages.inc()
            metrics.active.set(1)
            if self._kept.book.turns_by_account:
                await self._kept.note(Over())
        self._met_at_s = self._now_s()

    async def take(self, asked: Asked) -> Grant:
        """Set aside what a turn may cost, on the disk, so that the model may be called. Raises NotTaken."""
        await self._meet()
        decided = self._decide(asked)
        if isinstance(decided, Grant):
            record = Taken(decided.turn_id, decided.account_id, decided.lease_id, decided.bound_microcredits, int(self._now_s() * 1000))
            self.running.add(asked.turn_id)
            try:
                await self._kept.take(record)
            except JournalUnavailable:
                self.running.discard(asked.turn_id)
                decided = Refusal.JOURNAL
        if isinstance(decided, Refusal):
            metrics.refused.labels(decided.value).inc()
            self._emergency = self._emergency or decided.of_the_lease
            raise NotTaken(decided)
        self._emergency = False
        metrics.taken.inc()
        self._kept.publish()
        return decided

    def _decide(self, asked: Asked) -> Grant | Refusal:
        settings = self._settings
        if not settings.outage_lease_microcredits or self._kept.folder is None:
            return Refusal.OFF
        if not self._kept.is_open:
            return Refusal.JOURNAL
        known = self._people.get(asked.account_id, _Known())
        if known.barred:
            return Refusal.BARRED
        if asked.turn_id in self._settled:
            return Refusal.REPEATED
        now_ms, margin_ms = int(self._now_s() * 1000), int(settings.outage_margin_s * 1000)
        return decide(self._kept.book, asked, known_tier=known.tier, now_ms=now_ms, margin_ms=margin_ms, people_max=settings.outage_people_max)

    async def end(self, grant: Grant, usage: conversation_pb2.ModelUsage | None) -> None:
        """Write down what was delivered of a turn; None: nothing was."""
        if grant.turn_id not in self.running:
            return
        used = Used(grant.turn_id, grant.models[0])
        if usage is not None:
            used = Used(
                grant.turn_id,
                usage.model,
                usage.prompt_tokens,
                usage.cached_prompt_tokens,
                usage.completion_tokens,
                usage.images,
            )
        try:
            await self._kept.note(used)
        finally:
            self.running.discard(grant.turn_id)

    def lost(self, grant: Grant) -> None:
        """This gateway no longer answers a turn, and does not know what of it another one delivers."""
        self.running.discard(grant.turn_id)

    def settled(self, turn_id: str) -> None:
        """Note that a turn is settled."""
        self._settled.put(turn_id, True)

    def status(self) -> gateway_pb2.OutageStatus:
        """Say what may still be done."""
        book, on = self._kept.book, self.on or self.is_away()
        lease = book.lease
        usable = (
            self._kept.is_open
            and lease is not None
            and self._now_s() + self._settings.outage_margin_s < lease.expire_time_ms / 1000
            and book.left_microcredits > 0
            and not self._emergency
        )
        return gateway_pb2.OutageStatus(
            active=on and usable,
            emergency=on and not usable,
            lease_microcredits=lease.amount_microcredits if lease is not None else 0,
            remaining_microcredits=max(0, book.left_microcredits),
            turns_unsettled=len(book.turns),
        )

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

"""The lease's life: acquired at the start, prolonged long before it expires, replaced when much of it is spent."""

import time
import uuid
from collections.abc import Callable

from parlour.credit.v1 import credit_pb2
from services.credit.client import CreditClient
from services.gateway.outage import metrics
from services.gateway.outage.book import HeldLease
from services.gateway.outage.journal import JournalUnavailable
from services.gateway.outage.journalled_book import JournalledBook
from services.gateway.outage.records import Dropped
from services.gateway.settings import GatewaySettings
from services.runtime import failures
from services.runtime.errors import Category, ParlourError
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)


class LeaseKeeper:
    """Keeps one lease. `wall_clock` in seconds. Its calls come one after the other, so that what credit says is left is never outdated."""

    def __init__(
        self,
        credit: CreditClient,
        kept: JournalledBook,
        settings: GatewaySettings,
        *,
        wall_clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._credit = credit
        self._kept = kept
        self._settings = settings
        self._now_s = wall_clock
        self._new_id = new_id
        self._acquiring: credit_pb2.AcquireLeaseRequest | None = None
        self._amount_checked = False

    async def keep(self) -> None:
        """Do what is due. Raises what credit fails with or refuses: it is due again the next time."""
        lease = self._kept.book.lease
        wanted = self._settings.outage_lease_microcredits
        if lease is not None and self._is_free(lease) and (not wanted or self._should_be_replaced(lease)):
            await self._stop_using(lease)
            lease = None
        if closing := self._kept.book.closing:
            await self._close(closing)
        if not wanted:
            return
        if lease is None:
            await self._acquire()
        elif self._now_s() >= self._renew_at_s(lease):
            await self._renew(lease)

    def _is_free(self, lease: HeldLease) -> bool:
        return not any(turn.taken.lease_id == lease.lease_id for turn in self._kept.book.turns.values())

    def _should_be_replaced(self, lease: HeldLease) -> bool:
        """Where it has expired, where too little of it is left, and, once, where another amount is wanted than when it was acquired."""
        other_amount = not self._amount_checked and lease.amount_microcredits != self._settings.outage_lease_microcredits
        self._amount_checked = True
        spent = self._kept.book.left_microcredits < lease.amount_microcredits * self._settings.outage_replace_below
        return other_amount or spent or self._now_s() * 1000 >= lease.expire_time_ms

    def _renew_at_s(self, lease: HeldLease) -> float:
        return lease.expire_time_ms / 1000 - self._settings.outage_lease_ttl_s * (1 - self._settings.outage_renew_after)

    async def _acquire(self) -> None:
        settings = self._settings
        if self._acquiring is None:
            self._acquiring = credit_pb2.AcquireLeaseRequest(
                request_id=f"lease:{self._new_id()}",
                instance_id=self._kept.book.instance,
                amount_microcredits=settings.outage_lease_microcredits,
                ttl_s=settings.outage_lease_ttl_s,
            )
        try:
            answer = await self._credit.acquire_lease(self._acquiring, timeout_s=settings.outage_call_s)
        except ParlourError as error:
            metrics.failed_calls.labels("acquire").inc()
            if error.failure.category is Category.FEATURE:
                self._acquiring = None  # a refusal is repeated to the same request
            raise
        self._acquiring = None
        self._amount_checked = True
        await self._hold(answer.lease, answer.terms)
        _log.info("a lease for outages is acquired", lease_id=answer.lease.lease_id, microcredits=answer.lease.amount_microcredits)

    async def _renew(self, lease: HeldLease) -> None:
        request = credit_pb2.RenewLeaseRequest(request_id=f"renew:{self._new_id()}", lease_id=lease.lease_id, ttl_s=self._settings.outage_lease_ttl_s)
        try:
            answer = await self._credit.renew_lease(request, timeout_s=self._settings.outage_call_s)
        except ParlourError as error:
            metrics.failed_calls.labels("renew").inc()
            if error.failure.final:
                # Closed, or not known there: its turns can still be asked to be settled, and another one is acquired.
                await self._kept.note(Dropped(lease.lease_id))
            raise
        await self._hold(answer.lease, answer.terms)

    async def _stop_using(self, lease: HeldLease) -> None:
        """Take no turn on a lease any more, before credit is told: if its answer is lost, nobody here knows whether the lease is closed."""
        try:
            await self._kept.write(Dropped(lease.lease_id, to_be_closed=True))
        except JournalUnavailable:
            # A process that starts again would use it. Credit was not told, so that it can be used.
            self._kept.book.apply(lease.record())
            raise

    async def _close(self, lease_id: str) -> None:
        request = credit_pb2.SettleLeaseRequest(request_id=f"close:{lease_id}", lease_id=lease_id, close=True)
        try:
            await self._credit.settle_lease(request, timeout_s=self._settings.outage_call_s)
        except ParlourError as error:
            metrics.failed_calls.labels("close").inc()
            if not error.failure.final:
                raise
            failures.ended(error, failures.Place.BACKGROUND, "a lease could not be closed", lease_id=lease_id)
        await self._kept.note(Dropped(lease_id))

    async def _hold(self, lease: credit_pb2.Lease, terms: credit_pb2.OutageTerms) -> None:
        held = HeldLease(lease.lease_id, lease.amount_microcredits, lease.remaining_microcredits, lease.expire_time.ToMilliseconds(), terms)
        await self._kept.note(held.record())

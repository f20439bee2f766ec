"""What is charged when work costs more than its hold, or is charged when its hold has expired: by the tier's policy."""

from datetime import UTC, datetime, timedelta

import pytest

from services.credit import holds, ledger
from services.credit.accounts import Account, Entry, EntryKind, Hold, HoldState, SystemAccount
from services.credit.posting import Limits
from services.credit.tiers import CapturePolicy, Tier
from services.runtime.errors import CaptureExceedsHold, HoldExpired, HoldNotActive

NOW = datetime(2026, 11, 1, tzinfo=UTC)
GRACE_S = 100


def tier(policy: CapturePolicy, overdraft: int = 0) -> Tier:
    return Tier(models=("small",), capture_policy=policy, overdraft_microcredits=overdraft, grace_s=GRACE_S)


STRICT, CAP, EXTEND = tier(CapturePolicy.STRICT), tier(CapturePolicy.CAP), tier(CapturePolicy.EXTEND)
ALL = pytest.mark.parametrize("rules", [STRICT, CAP, EXTEND], ids=["strict", "cap", "extend"])


class Customer:
    """An account with its journal."""

    def __init__(self, rules: Tier, owned: int) -> None:
        self.rules, self.now, self.journal = rules, NOW, list[Entry]()
        self.account = Account(1, "user", "free")
        if owned:
            self.grant(owned)

    def grant(self, amount: int, lasts_s: int = 0) -> None:
        expires_at = self.now + timedelta(seconds=lasts_s) if lasts_s else None
        ledger.grant_credits(self.account, amount=amount, source="purchase", expires_at=expires_at, now=self.now, journal=self.journal)

    def hold(self, amount: int, ttl_s: int = 60) -> Hold:
        return holds.place_hold(self.account, amount=amount, ttl_s=ttl_s, tier=self.rules, now=self.now, limits=Limits())

    def capture(self, hold: Hold, used: int) -> holds.Charge:
        return holds.capture(self.account, hold, used, tier=self.rules, now=self.now, journal=self.journal)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        ledger.settle_due(self.account, self.rules, self.now, self.journal)

    @property
    def available(self) -> int:
        return self.account.available(self.now, self.rules.overdraft_microcredits)

    def total(self, system: SystemAccount) -> int:
        return sum(entry.amount for entry in self.journal if entry.system_account is system)


@ALL
def test_within_the_hold_every_policy_charges_what_was_used(rules):
    customer = Customer(rules, 100)
    charge = customer.capture(customer.hold(60), 45)
    assert (charge.charged, charge.released, charge.overage, charge.written_off) == (45, 15, 0, 0)
    assert customer.available == 55


def test_a_strict_tier_refuses_to_charge_beyond_the_hold_and_leaves_the_hold_as_it_is():
    customer = Customer(STRICT, 100)
    hold = customer.hold(60)
    with pytest.raises(CaptureExceedsHold) as refused:
        customer.capture(hold, 61)
    assert refused.value.metadata == {"used_microcredits": "61", "held_microcredits": "60"}
    assert (hold.state, hold.captured, hold.used) == (HoldState.ACTIVE, 0, 61)
    assert customer.capture(hold, 60).charged == 60
    assert hold.used == 61


def test_a_capping_tier_charges_the_hold_and_reports_the_rest():
    customer = Customer(CAP, 100)
    hold = customer.hold(60)
    charge = customer.capture(hold, 90)
    assert (charge.charged, charge.released, charge.overage, charge.written_off) == (60, 0, 30, 0)
    assert (hold.captured, hold.used) == (60, 90)
    assert customer.available == 40
    assert customer.total(SystemAccount.REVENUE) == 60


def test_an_extending_tier_takes_the_rest_from_the_balance():
    customer = Customer(EXTEND, 100)
    charge = customer.capture(customer.hold(60), 90)
    assert (charge.charged, charge.overage, charge.written_off) == (90, 0, 0)
    assert customer.available == 10


def test_an_extending_tier_takes_the_rest_from_the_overdraft_after_the_balance():
    customer = Customer(tier(CapturePolicy.EXTEND, 50), 100)
    charge = customer.capture(customer.hold(60), 130)
    assert (charge.charged, charge.written_off) == (130, 0)
    assert (customer.account.posted, customer.account.overdrawn, customer.available) == (-30, 30, 20)


def test_an_extending_tier_writes_off_what_neither_balance_nor_overdraft_covers():
    customer = Customer(tier(CapturePolicy.EXTEND, 50), 100)
    charge = customer.capture(customer.hold(60), 170)
    assert (charge.charged, charge.overage, charge.written_off) == (150, 20, 20)
    assert (customer.account.overdrawn, customer.available) == (50, 0)
    assert customer.total(SystemAccount.WRITE_OFF) == -20
    assert customer.total(SystemAccount.REVENUE) == 170


def test_an_extending_tier_leaves_to_other_holds_what_they_hold():
    customer = Customer(EXTEND, 100)
    hold, other = customer.hold(30), customer.hold(50)
    charge = customer.capture(hold, 70)
    assert (charge.charged, charge.written_off) == (50, 20)
    assert customer.capture(other, 50).charged == 50


def test_an_extending_tier_takes_the_rest_from_what_is_left_where_the_hold_is_of_a_grant_that_expired():
    customer = Customer(EXTEND, 0)
    customer.grant(60, lasts_s=10)
    customer.grant(100)
    hold = customer.hold(60)
    customer.wait(20)
    charge = customer.capture(hold, 150)
    assert (charge.charged, charge.written_off) == (150, 0)
    assert customer.available == 10


def test_a_frozen_account_is_charged_its_hold_and_nothing_beyond_it():
    customer = Customer(EXTEND, 100)
    hold = customer.hold(60)
    ledger.freeze(customer.account, True)
    charge = customer.capture(hold, 90)
    assert (charge.charged, charge.written_off) == (60, 30)


def test_a_closed_account_is_charged_its_hold_and_the_rest_of_the_hold_expires():
    customer = Customer(CAP, 100)
    hold = customer.hold(60)
    ledger.close(customer.account, NOW, customer.journal)
    assert (customer.account.posted, customer.account.held) == (60, 60)
    assert customer.capture(hold, 45).charged == 45
    assert (customer.account.posted, customer.account.held) == (0, 0)
    assert customer.total(SystemAccount.BREAKAGE) == 55


@ALL
def test_a_hold_that_expired_within_the_grace_is_charged_once_and_stays_expired(rules):
    customer = Customer(rules, 100)
    hold = customer.hold(60)
    customer.wait(60 + GRACE_S)
    charge = customer.capture(hold, 45)
    assert (charge.charged, charge.released, charge.overage) == (45, 0, 0)
    assert hold.state is HoldState.EXPIRED
    with pytest.raises(HoldNotActive):
        customer.capture(hold, 1)
    assert customer.available == 55


@ALL
def test_a_hold_past_its_grace_is_not_charged(rules):
    customer = Customer(rules, 100)
    hold = customer.hold(60)
    customer.wait(60 + GRACE_S + 0.001)
    with pytest.raises(HoldExpired):
        customer.capture(hold, 45)
    assert customer.available == 100


@pytest.mark.parametrize(
    ("rules", "charged", "overage", "written_off"),
    [(CAP, 60, 30, 0), (EXTEND, 90, 0, 0), (tier(CapturePolicy.EXTEND, 50), 90, 0, 0)],
    ids=["cap", "extend", "extend with an overdraft"],
)
def test_a_late_capture_beyond_the_hold_follows_the_same_policy(rules, charged, overage, written_off):
    customer = Customer(rules, 100)
    hold = customer.hold(60)
    customer.wait(61)
    charge = customer.capture(hold, 90)
    assert (charge.charged, charge.overage, charge.written_off) == (charged, overage, written_off)


def test_a_late_capture_beyond_the_hold_is_refused_by_a_strict_tier():
    customer = Customer(STRICT, 100)
    hold = customer.hold(60)
    customer.wait(61)
    with pytest.raises(CaptureExceedsHold):
        customer.capture(hold, 61)
    assert customer.capture(hold, 60).charged == 60


@pytest.mark.parametrize(
    ("rules", "charged", "written_off"),
    [(STRICT, 10, 0), (CAP, 10, 0), (EXTEND, 10, 50), (tier(CapturePolicy.EXTEND, 20), 30, 30)],
    ids=["strict", "cap", "extend", "extend with an overdraft"],
)
def test_a_late_capture_takes_no_more_than_there_is(rules, charged, written_off):
    customer = Customer(rules, 100)
    hold = customer.hold(60)
    customer.wait(61)
    customer.hold(90)
    charge = customer.capture(hold, 60)
    assert (charge.charged, charge.overage, charge.written_off) == (charged, 60 - charged, written_off)
    assert customer.available == 0


def test_a_refund_gives_back_a_part_and_then_no_more_than_what_is_left():
    customer = Customer(CAP, 100)
    hold = customer.hold(60)
    customer.capture(hold, 50)
    grant = ledger.refund(customer.account, hold, 30, NOW, customer.journal)
    assert (grant.source, grant.remaining, grant.expires_at) == ("refund", 30, None)
    with pytest.raises(Exception, match="20 microcredits are left"):
        ledger.refund(customer.account, hold, 21, NOW, customer.journal)
    ledger.refund(customer.account, hold, 20, NOW, customer.journal)
    assert customer.available == 100
    assert customer.total(SystemAccount.REVENUE) == 0
    assert sum(entry.amount for entry in customer.journal if entry.kind is EntryKind.REFUND) == 0


def test_a_refund_repays_what_is_owed_first():
    customer = Customer(tier(CapturePolicy.EXTEND, 50), 10)
    hold = customer.hold(10)
    customer.capture(hold, 60)
    assert customer.account.overdrawn == 50
    ledger.refund(customer.account, hold, 60, NOW, customer.journal)
    assert (customer.account.overdrawn, customer.account.posted) == (0, 10)


def test_a_revoked_grant_keeps_what_open_holds_have_earmarked_until_they_end():
    customer = Customer(CAP, 100)
    hold = customer.hold(60)
    grant = next(iter(customer.account.grants.values()))
    assert ledger.revoke_grant(customer.account, grant, NOW, customer.journal) == 40
    assert (customer.account.posted, customer.available) == (60, 0)
    customer.capture(hold, 45)
    assert customer.account.posted == 0
    assert customer.total(SystemAccount.ISSUED) == -60
    assert customer.total(SystemAccount.BREAKAGE) == 15

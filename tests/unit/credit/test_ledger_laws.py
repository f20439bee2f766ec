"""What holds for every account whatever is done to it, in any order, at any time."""

import copy
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.credit import holds, ledger
from services.credit.accounts import OVERDRAFT, Account, AccountState, Entry, EntryKind, Hold, HoldState, SystemAccount
from services.credit.posting import Limits
from services.credit.tiers import CapturePolicy, Period, Tier
from services.runtime.errors import (
    AccountClosed,
    AccountFrozen,
    CaptureExceedsHold,
    HoldExpired,
    HoldNotActive,
    InsufficientCredit,
    ParlourError,
    RefundExceedsCapture,
)

START = datetime(2026, 11, 1, 23, 58, tzinfo=UTC)
LIMITS = Limits()
AMOUNTS = st.integers(0, 60)


class LedgerMachine(RuleBasedStateMachine):
    """One account, through everything that can happen to it; the clock moves in between."""

    tier = Tier(models=("small",), grace_s=30)

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.journal: list[Entry] = []
        self.holds: dict[int, Hold] = {}
        self.ended: dict[int, HoldState] = {}
        self.charged: set[int] = set()
        self.account = Account(7, "user", "free")

    @initialize()
    def opened(self) -> None:
        self.account = ledger.open_account(7, "user", "free", self.tier, self.now, self.journal)

    def settle(self) -> None:
        ledger.settle_due(self.account, self.tier, self.now, self.journal)

    def refused(self, before: Account, error: ParlourError) -> None:
        """Nothing was changed but, by a strict tier's refusal, what the work cost."""
        after = copy.deepcopy(self.account)
        if isinstance(error, CaptureExceedsHold):
            for hold in (*before.holds.values(), *after.holds.values()):
                hold.used = 0
        assert after == before

    @rule(
        amount=st.integers(1, 80),
        priority=st.integers(0, 2),
        source=st.sampled_from(["purchase", "promotion"]),
        starts_s=st.integers(0, 20),
        lasts_s=st.integers(0, 90),
    )
    def grant(self, amount: int, priority: int, source: str, starts_s: int, lasts_s: int) -> None:
        self.settle()
        effective_at = self.now + timedelta(seconds=starts_s)
        try:
            ledger.grant_credits(
                self.account,
                amount=amount,
                source=source,
                priority=priority,
                effective_at=effective_at,
                expires_at=effective_at + timedelta(seconds=lasts_s) if lasts_s else None,
                now=self.now,
                journal=self.journal,
                limits=LIMITS,
            )
        except AccountClosed:
            assert self.account.state is AccountState.CLOSED

    @rule(amount=st.integers(1, 60), ttl_s=st.integers(1, 60), member_key=st.sampled_from([0, 8]))
    def hold(self, amount: int, ttl_s: int, member_key: int) -> None:
        self.settle()
        before = copy.deepcopy(self.account)
        available = self.account.available(self.now, self.tier.overdraft_microcredits)
        self.account.member_daily_limit = before.member_daily_limit = 10**6
        try:
            hold = holds.place_hold(self.account, amount=amount, ttl_s=ttl_s, tier=self.tier, now=self.now, limits=LIMITS, member_key=member_key)
        except InsufficientCredit as error:
            assert amount > available
            before.members = self.account.members  # it was looked at
            self.refused(before, error)
        except (AccountFrozen, AccountClosed) as error:
            assert self.account.state is not AccountState.OPEN
            self.refused(before, error)
        else:
            assert amount <= available
            self.holds[hold.seq] = hold

    def chosen(self, data: st.DataObject) -> Hold:
        """Any hold that ever was, loaded where the account has forgotten it."""
        hold = self.holds[data.draw(st.sampled_from(sorted(self.holds)))]
        return self.account.holds.setdefault(hold.seq, hold)

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), used=AMOUNTS)
    def capture(self, data: st.DataObject, used: int) -> None:
        self.settle()
        hold = self.chosen(data)
        before = copy.deepcopy(self.account)
        active = hold.state is HoldState.ACTIVE
        try:
            charge = holds.capture(self.account, hold, used, tier=self.tier, now=self.now, journal=self.journal)
        except (HoldNotActive, HoldExpired) as error:
            assert not active
            self.refused(before, error)
            return
        except CaptureExceedsHold as error:
            assert self.tier.capture_policy is CapturePolicy.STRICT
            assert used > hold.amount
            self.refused(before, error)
            return
        assert hold.seq not in self.charged
        self.charged.add(hold.seq)
        assert charge.charged + charge.overage == used
        assert charge.written_off == (charge.overage if self.tier.capture_policy is CapturePolicy.EXTEND else 0)
        if self.tier.capture_policy is not CapturePolicy.EXTEND:
            assert charge.charged <= hold.amount
        if charge.written_off and self.account.state is AccountState.OPEN:
            assert self.account.available(self.now, self.tier.overdraft_microcredits) == 0
        if active:
            assert charge.charged >= min(used, hold.amount)
            assert charge.released == hold.amount - min(used, hold.amount)

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.settle()
        hold = self.chosen(data)
        before = copy.deepcopy(self.account)
        try:
            assert holds.release_hold(self.account, hold, self.now, self.journal) == hold.amount
        except HoldNotActive as error:
            assert hold.state is not HoldState.ACTIVE
            self.refused(before, error)

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), amount=st.integers(1, 40))
    def refund(self, data: st.DataObject, amount: int) -> None:
        self.settle()
        hold = self.chosen(data)
        before = copy.deepcopy(self.account)
        try:
            ledger.refund(self.account, hold, amount, self.now, self.journal)
        except (RefundExceedsCapture, AccountClosed) as error:
            assert amount > hold.captured - hold.refunded or self.account.state is AccountState.CLOSED
            self.refused(before, error)

    @precondition(lambda self: self.account.grants)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        self.settle()
        if not self.account.grants:
            return
        grant = self.account.grants[data.draw(st.sampled_from(sorted(self.account.grants)))]
        free = grant.free
        assert ledger.revoke_grant(self.account, grant, self.now, self.journal) == free
        assert grant.free == 0

    @rule(amount=st.integers(1, 40))
    def send(self, amount: int) -> None:
        self.settle()
        before = copy.deepcopy(self.account)
        try:
            _, parts = ledger.send(self.account, amount, self.now, self.journal)
        except (InsufficientCredit, AccountFrozen, AccountClosed) as error:
            self.refused(before, error)
            return
        assert sum(part for _, part in parts) == amount
        assert self.account.overdrawn == before.overdrawn

    @rule(amount=st.integers(1, 40), lasts_s=st.integers(-10, 60))
    def receive(self, amount: int, lasts_s: int) -> None:
        self.settle()
        expires_at = self.now + timedelta(seconds=lasts_s) if lasts_s else None
        ledger.receive(self.account, [(expires_at, amount)], self.now, self.journal)

    @rule(frozen=st.booleans())
    def freeze(self, frozen: bool) -> None:
        self.settle()
        try:
            ledger.freeze(self.account, frozen)
        except AccountClosed:
            assert self.account.state is AccountState.CLOSED

    @precondition(lambda self: len(self.journal) > 20)
    @rule()
    def close(self) -> None:
        self.settle()
        ledger.close(self.account, self.now, self.journal)
        assert all(grant.free == 0 for grant in self.account.grants.values())

    @rule(seconds=st.integers(1, 50))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def write(self) -> None:
        """What is written is forgotten: spent grants and ended holds."""
        self.account.written(holds_kept=0)
        assert not self.account.touched

    @invariant()
    def entries_sum_to_zero(self) -> None:
        sums: dict[int, int] = defaultdict(int)
        for entry in self.journal:
            sums[entry.operation_seq] += entry.amount
        assert set(sums.values()) <= {0}

    @invariant()
    def legs_are_numbered_and_none_is_empty(self) -> None:
        legs = [(entry.operation_seq, entry.leg) for entry in self.journal]
        assert len(set(legs)) == len(legs)
        assert all(entry.amount for entry in self.journal)

    @invariant()
    def posted_is_the_sum_of_entries(self) -> None:
        assert self.account.posted == sum(entry.amount for entry in self.own())

    def own(self) -> list[Entry]:
        return [entry for entry in self.journal if entry.system_account is None]

    @invariant()
    def every_grant_is_the_sum_of_its_entries(self) -> None:
        sums: dict[int | None, int] = defaultdict(int)
        for entry in self.own():
            sums[entry.grant_seq] += entry.amount
        left = {seq: total for seq, total in sums.items() if seq != OVERDRAFT and total}
        assert {seq: grant.remaining for seq, grant in self.account.grants.items() if grant.remaining} == left
        assert self.account.overdrawn == -sums[OVERDRAFT]

    @invariant()
    def held_is_the_sum_of_active_holds(self) -> None:
        active = [hold for hold in self.account.holds.values() if hold.state is HoldState.ACTIVE]
        assert self.account.held == sum(hold.amount for hold in active)
        assert self.account.open_holds == len(active)
        held: dict[int, int] = defaultdict(int)
        for hold in self.holds.values():
            assert sum(amount for _, amount in hold.allocations) == hold.amount
            if hold.state is HoldState.ACTIVE:
                for grant_seq, amount in hold.allocations:
                    held[grant_seq] += amount
        assert all(grant.held == held[seq] for seq, grant in self.account.grants.items())

    @invariant()
    def grants_stay_within_their_bounds(self) -> None:
        assert all(0 <= grant.held <= grant.remaining <= grant.amount for grant in self.account.grants.values())

    @invariant()
    def nobody_owes_more_than_the_overdraft(self) -> None:
        assert 0 <= self.account.overdrawn <= self.tier.overdraft_microcredits
        assert self.account.available(self.now, self.tier.overdraft_microcredits) >= -self.expired_free()

    def expired_free(self) -> int:
        """What is due and not yet settled."""
        return sum(hold.amount for hold in self.account.holds.values() if hold.due(self.now))

    @invariant()
    def a_hold_keeps_its_final_state(self) -> None:
        for seq, hold in self.holds.items():
            if hold.state is not HoldState.ACTIVE:
                assert self.ended.setdefault(seq, hold.state) is hold.state
            assert 0 <= hold.refunded <= hold.captured <= hold.used

    @invariant()
    def what_was_charged_is_revenue(self) -> None:
        revenue = sum(entry.amount for entry in self.journal if entry.system_account is SystemAccount.REVENUE)
        written_off = sum(entry.amount for entry in self.journal if entry.system_account is SystemAccount.WRITE_OFF)
        assert revenue + written_off == sum(hold.captured - hold.refunded for hold in self.holds.values())
        assert written_off <= 0

    @invariant()
    def nothing_is_due_before_it_is_said_to_be(self) -> None:
        due = [hold.expires_at for hold in self.account.holds.values() if hold.state is HoldState.ACTIVE]
        due += [grant.expires_at for grant in self.account.grants.values() if grant.expires_at is not None and grant.free]
        assert self.account.next_due_at <= min(due, default=self.account.next_due_at)

    @invariant()
    def settling_twice_is_settling_once(self) -> None:
        settled, journal = copy.deepcopy(self.account), []
        ledger.settle_due(settled, self.tier, self.now, journal)
        again, more = copy.deepcopy(settled), []
        ledger.settle_due(again, self.tier, self.now, more)
        assert again == settled
        assert not more
        assert settled.available(self.now, self.tier.overdraft_microcredits) >= 0

    @invariant()
    def the_recurring_allowance_is_given_once_a_period(self) -> None:
        given = [grant for grant in self.account.grants.values() if grant.source == "allowance"]
        periods = [self.tier.allowance_period.of(grant.created_at) for grant in given]
        assert len(set(periods)) == len(periods)


class StrictMachine(LedgerMachine):
    """The same for a strict tier, with a daily allowance."""

    tier = Tier(models=("small",), grace_s=30, capture_policy=CapturePolicy.STRICT, allowance_microcredits=40, allowance_period=Period.DAY)


class ExtendingMachine(LedgerMachine):
    """The same for a tier that charges more than the hold, on credit."""

    tier = Tier(models=("small",), grace_s=30, capture_policy=CapturePolicy.EXTEND, overdraft_microcredits=25)


class OverdraftMachine(LedgerMachine):
    """The same with an overdraft alone."""

    tier = Tier(models=("small",), grace_s=30, overdraft_microcredits=25, allowance_microcredits=30)


for machine in (LedgerMachine, StrictMachine, ExtendingMachine, OverdraftMachine):
    machine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestLedger = LedgerMachine.TestCase
TestLedgerOfAStrictTier = StrictMachine.TestCase
TestLedgerOfAnExtendingTier = ExtendingMachine.TestCase
TestLedgerWithOverdraft = OverdraftMachine.TestCase


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 3)), min_size=1, max_size=6), st.integers(1, 300))
def test_a_gift_arrives_whole_and_keeps_its_expiries(grants: list[tuple[int, int]], amount: int) -> None:
    sender, journal = Account(1, "user", "free"), []
    for granted, days in grants:
        expires_at = START + timedelta(days=days) if days else None
        ledger.grant_credits(sender, amount=granted, source="purchase", expires_at=expires_at, now=START, journal=journal)
    amount, had = min(amount, sender.posted), sender.posted
    gifts: list[Entry] = []
    _, parts = ledger.send(sender, amount, START, gifts)
    recipient = Account(2, "user", "free")
    ledger.receive(recipient, parts, START, gifts)
    assert sender.posted + recipient.posted == had
    assert recipient.posted == amount
    assert {grant.expires_at for grant in recipient.grants.values()} == {expires_at for expires_at, _ in parts}
    assert all(entry.kind is EntryKind.TRANSFER for entry in gifts)
    assert sum(entry.amount for entry in gifts if entry.system_account is SystemAccount.TRANSIT) == 0

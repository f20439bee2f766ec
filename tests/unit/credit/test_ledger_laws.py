"""What holds for every account whatever is done to it, in any order, at any time."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.credit import ledger
from services.credit.accounts import OVERDRAFT, Account, Entry, EntryKind, HoldState
from services.credit.ledger import Limits, Step
from services.runtime.errors import HoldExpired, HoldNotActive, InsufficientCredit

START = datetime(2026, 11, 1, tzinfo=UTC)
GRACE_S = 30
AMOUNTS = st.integers(0, 60)


@dataclass
class Journal:
    """Every entry that was ever made."""

    entries: list[Entry] = field(default_factory=list)

    def own(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.system_account is None]

    def by_operation(self) -> dict[int, int]:
        sums: dict[int, int] = defaultdict(int)
        for entry in self.entries:
            sums[entry.operation_seq] += entry.amount
        return sums


class LedgerMachine(RuleBasedStateMachine):
    """One account, through every operation; the clock moves between them."""

    overdraft = 0

    def __init__(self) -> None:
        super().__init__()
        self.account = Account(7, "user", "free")
        self.now = START
        self.journal = Journal()
        self.ended: dict[int, HoldState] = {}
        self.charged: set[int] = set()

    def keep(self, step: Step) -> None:
        self.account = step.account
        self.journal.entries += step.entries

    def settle(self) -> None:
        self.keep(ledger.settle_due(self.account, self.now))

    @rule(amount=st.integers(1, 80), priority=st.integers(0, 2), source=st.sampled_from(["purchase", "promotion"]), lasts_s=st.integers(0, 90))
    def grant(self, amount: int, priority: int, source: str, lasts_s: int) -> None:
        self.settle()
        expires_at = self.now + timedelta(seconds=lasts_s) if lasts_s else None
        self.keep(ledger.add_grant(self.account, amount=amount, source=source, priority=priority, expires_at=expires_at, now=self.now))

    @rule(amount=AMOUNTS, ttl_s=st.integers(1, 60))
    def hold(self, amount: int, ttl_s: int) -> None:
        self.settle()
        available = self.account.available(self.now, self.overdraft)
        try:
            step = ledger.place_hold(self.account, amount=amount, ttl_s=ttl_s, overdraft=self.overdraft, now=self.now)
        except InsufficientCredit:
            assert amount > available
        else:
            assert amount <= available
            assert step.entries == ()
            self.keep(step)

    @precondition(lambda self: self.account.holds)
    @rule(data=st.data(), used=AMOUNTS)
    def capture(self, data: st.DataObject, used: int) -> None:
        self.settle()
        hold = self.account.holds[data.draw(st.sampled_from(sorted(self.account.holds)))]
        try:
            if hold.state is HoldState.EXPIRED:
                charge = ledger.charge_late(self.account, hold, used, self.now, grace_s=GRACE_S, overdraft=self.overdraft)
            else:
                charge = ledger.capture_hold(self.account, hold, used, self.now)
        except (HoldNotActive, HoldExpired):
            assert hold.state is not HoldState.ACTIVE
            return
        assert hold.seq not in self.charged
        self.charged.add(hold.seq)
        assert charge.charged + charge.overage == used
        assert charge.charged <= hold.amount
        self.keep(charge.step)

    @precondition(lambda self: self.account.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.settle()
        hold = self.account.holds[data.draw(st.sampled_from(sorted(self.account.holds)))]
        try:
            self.keep(ledger.release_hold(self.account, hold, self.now).step)
        except HoldNotActive:
            assert hold.state is not HoldState.ACTIVE

    @rule(amount=st.integers(1, 40))
    def send(self, amount: int) -> None:
        self.settle()
        try:
            step, given_grants = ledger.send(self.account, amount, self.now)
        except InsufficientCredit:
            return
        assert sum(grant.amount for grant in given_grants) == amount
        self.keep(step)

    @rule(seconds=st.integers(1, 50))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def entries_sum_to_zero(self) -> None:
        assert set(self.journal.by_operation().values()) <= {0}

    @invariant()
    def posted_is_the_sum_of_entries(self) -> None:
        assert self.account.posted == sum(entry.amount for entry in self.journal.own())

    @invariant()
    def every_grant_is_the_sum_of_its_entries(self) -> None:
        sums: dict[int | None, int] = defaultdict(int)
        for entry in self.journal.own():
            sums[entry.grant_seq] += entry.amount
        assert {seq: grant.remaining for seq, grant in self.account.grants.items()} == {seq: total for seq, total in sums.items() if seq != OVERDRAFT}
        assert self.account.overdrawn == -sums[OVERDRAFT]

    @invariant()
    def held_is_the_sum_of_active_holds(self) -> None:
        active = [hold for hold in self.account.holds.values() if hold.state is HoldState.ACTIVE]
        assert self.account.held == sum(hold.amount for hold in active)
        assert self.account.open_holds == len(active)
        held: dict[int, int] = defaultdict(int)
        for hold in self.account.holds.values():
            assert sum(part.amount for part in hold.allocations) == hold.amount
            if hold.state is HoldState.ACTIVE:
                for part in hold.allocations:
                    held[part.grant_seq] += part.amount
        assert all(grant.held == held[seq] for seq, grant in self.account.grants.items())

    @invariant()
    def grants_stay_within_their_bounds(self) -> None:
        assert all(0 <= grant.held <= grant.remaining <= grant.amount for grant in self.account.grants.values())

    @invariant()
    def available_is_never_negative(self) -> None:
        settled = ledger.settle_due(self.account, self.now).account
        assert settled.available(self.now, self.overdraft) >= 0

    @invariant()
    def a_hold_keeps_its_final_state(self) -> None:
        for seq, hold in self.account.holds.items():
            if hold.state is not HoldState.ACTIVE:
                assert self.ended.setdefault(seq, hold.state) is hold.state

    @invariant()
    def settling_twice_is_settling_once(self) -> None:
        settled = ledger.settle_due(self.account, self.now).account
        assert ledger.settle_due(settled, self.now) == Step(settled)


class OverdraftMachine(LedgerMachine):
    """The same with an overdraft."""

    overdraft = 25


LedgerMachine.TestCase.settings = OverdraftMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLedger = LedgerMachine.TestCase
TestLedgerWithOverdraft = OverdraftMachine.TestCase


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 3)), min_size=1, max_size=6), st.integers(1, 300))
def test_a_gift_arrives_whole_and_keeps_its_expiries(grants: list[tuple[int, int]], amount: int) -> None:
    sender = Account(1, "user", "free")
    for granted, days in grants:
        expires_at = START + timedelta(days=days) if days else None
        sender = ledger.add_grant(sender, amount=granted, source="purchase", priority=0, expires_at=expires_at, now=START).account
    amount = min(amount, sender.posted)
    sent, parts = ledger.send(sender, amount, START)
    received = ledger.receive(Account(2, "user", "free"), parts, START)
    assert sent.account.posted + received.account.posted == sender.posted
    assert received.account.posted == amount
    assert {grant.expires_at for grant in received.account.grants.values()} == {part.expires_at for part in parts}
    assert all(entry.kind is EntryKind.TRANSFER for entry in (*sent.entries, *received.entries))


def test_limits_are_refused_by_name() -> None:
    account = ledger.open_account(1, "user", "free", 100, START).account
    one = Limits(open_holds_max=1, grants_max=1)
    placed = ledger.place_hold(account, amount=1, ttl_s=1, overdraft=0, now=START, limits=one).account
    for attempt in (
        lambda: ledger.place_hold(placed, amount=1, ttl_s=1, overdraft=0, now=START, limits=one),
        lambda: ledger.add_grant(placed, amount=1, source="gift", priority=0, expires_at=None, now=START, limits=one),
    ):
        try:
            attempt()
        except Exception as error:
            assert getattr(error, "reason", "") == "LIMIT_REACHED"
        else:
            raise AssertionError("accepted")

"""What a tier gives each day or month and how much it lets be held, and what pools pay for their members."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit import holds, ledger
from services.credit.accounts import Account, Entry, EntryKind, Hold, SystemAccount
from services.credit.posting import Limits
from services.credit.tiers import CapturePolicy, Period, Tier, day_of
from services.runtime.errors import AccountClosed, AccountFrozen, InsufficientCredit, LimitReached, RateLimited

NOON = datetime(2026, 11, 15, 12, 0, 30, tzinfo=UTC)


def recurring(amount: int, period: Period) -> Tier:
    return Tier(models=("small",), allowance_microcredits=amount, allowance_period=period)


DAILY, MONTHLY = recurring(100, Period.DAY), recurring(100, Period.MONTH)
FREE = Tier(models=("small",))


def opened(tier: Tier, kind: str = "user", at: datetime = NOON) -> tuple[Account, list[Entry]]:
    journal: list[Entry] = []
    return ledger.open_account(1, kind, "free", tier, at, journal), journal


def given_credits(amount: int, tier: Tier = FREE, kind: str = "user") -> Account:
    account, journal = opened(tier, kind)
    ledger.grant_credits(account, amount=amount, source="purchase", now=NOON, journal=journal)
    return account


def place(account: Account, amount: int = 1, tier: Tier = FREE, now: datetime = NOON, member_key: int = 0, limits: Limits | None = None) -> Hold:
    return holds.place_hold(account, amount=amount, ttl_s=60, tier=tier, now=now, limits=limits or Limits(), member_key=member_key)


@pytest.mark.parametrize(
    ("tier", "next_period"),
    [(DAILY, datetime(2026, 11, 16, tzinfo=UTC)), (MONTHLY, datetime(2026, 12, 1, tzinfo=UTC))],
    ids=["day", "month"],
)
def test_a_recurring_allowance_is_given_when_first_looked_at_in_a_period_and_ends_with_it(tier, next_period):
    account, journal = opened(tier)
    assert account.posted == 100
    assert [grant.expires_at for grant in account.grants.values()] == [next_period]
    ledger.settle_due(account, tier, next_period - timedelta(microseconds=1), journal)
    assert account.posted == 100
    ledger.settle_due(account, tier, next_period, journal)
    assert account.posted == 100
    assert [entry.amount for entry in journal if entry.system_account is SystemAccount.BREAKAGE] == [100]
    assert [entry.amount for entry in journal if entry.system_account is SystemAccount.ISSUED] == [-100, -100]


@pytest.mark.parametrize("period", [Period.DAY, Period.MONTH])
@given(looks=st.lists(st.integers(0, 90 * 24), max_size=40))
def test_it_is_given_once_a_period_however_often_one_looks(period, looks):
    tier = recurring(100, period)
    account, journal = opened(tier)
    seen = {period.of(NOON)}
    for hours in sorted(looks):
        now = NOON + timedelta(hours=hours)
        ledger.settle_due(account, tier, now, journal)
        seen.add(period.of(now))
        assert account.posted == 100
    assert sum(1 for entry in journal if entry.kind is EntryKind.GRANT and entry.amount > 0) == len(seen)


def test_a_period_that_nobody_looked_at_is_not_made_up_for():
    account, journal = opened(DAILY)
    ledger.settle_due(account, DAILY, NOON + timedelta(days=10), journal)
    assert account.posted == 100


def test_a_larger_tier_gives_the_difference_within_the_period():
    account, journal = opened(DAILY)
    place(account, 30, DAILY)
    larger = recurring(250, Period.DAY)
    ledger.settle_due(account, larger, NOON, journal)
    assert account.posted == 250
    ledger.settle_due(account, larger, NOON, journal)
    assert account.posted == 250


def test_a_smaller_tier_takes_nothing_away_and_the_larger_one_again_gives_nothing_more():
    account, journal = opened(recurring(250, Period.DAY))
    for tier in (DAILY, recurring(250, Period.DAY)):
        ledger.settle_due(account, tier, NOON, journal)
        assert account.posted == 250
    ledger.settle_due(account, DAILY, NOON + timedelta(days=1), journal)
    assert account.posted == 100


def test_an_allowance_that_does_not_recur_is_given_when_the_account_is_opened_and_never_again():
    once = recurring(100, Period.ONCE)
    account, journal = opened(once)
    ledger.settle_due(account, once, NOON + timedelta(days=400), journal)
    assert account.posted == 100
    assert [grant.expires_at for grant in account.grants.values()] == [None]


def test_guilds_and_closed_accounts_get_no_allowance():
    guild, journal = opened(DAILY, "guild")
    ledger.settle_due(guild, DAILY, NOON + timedelta(days=1), journal)
    assert guild.posted == 0
    account, journal = opened(DAILY)
    ledger.close(account, NOON, journal)
    ledger.settle_due(account, DAILY, NOON + timedelta(days=1), journal)
    assert account.posted == 0


def test_a_grant_cannot_be_spent_before_its_time_has_come():
    account, journal = opened(FREE)
    later = NOON + timedelta(hours=1)
    ledger.grant_credits(account, amount=50, source="purchase", effective_at=later, now=NOON, journal=journal)
    assert (account.posted, account.available(NOON, 0)) == (50, 0)
    with pytest.raises(InsufficientCredit):
        place(account, 1)
    with pytest.raises(InsufficientCredit):
        ledger.send(account, 1, NOON, journal)
    assert account.available(later, 0) == 50
    assert place(account, 50, now=later).amount == 50


def test_what_is_owed_is_repaid_when_a_grants_time_has_come_and_not_before():
    tier = Tier(models=("small",), overdraft_microcredits=50)
    account, journal = opened(tier)
    holds.capture(account, place(account, 30, tier), 30, tier=tier, now=NOON, journal=journal)
    later = NOON + timedelta(hours=1)
    ledger.grant_credits(account, amount=50, source="purchase", effective_at=later, now=NOON, journal=journal)
    assert (account.overdrawn, account.available(NOON, 50)) == (30, 20)
    ledger.settle_due(account, tier, later, journal)
    assert (account.overdrawn, account.posted, account.available(later, 50)) == (0, 20, 70)


def test_a_minute_has_so_many_holds_and_says_when_the_next_one_begins():
    tier = Tier(models=("small",), holds_per_minute_max=2)
    account = given_credits(100)
    place(account, tier=tier)
    place(account, tier=tier)
    with pytest.raises(RateLimited, match="2 holds a minute") as refused:
        place(account, tier=tier)
    assert refused.value.retry_after_s == pytest.approx(30)
    assert account.open_holds == 2
    place(account, tier=tier, now=NOON + timedelta(seconds=30))


def test_a_day_has_so_many_holds_and_says_when_the_next_one_begins():
    tier = Tier(models=("small",), holds_per_minute_max=2, holds_per_day_max=3)
    account = given_credits(100)
    for minutes in (0, 1, 2):
        place(account, tier=tier, now=NOON + timedelta(minutes=minutes))
    with pytest.raises(RateLimited, match="3 holds a day") as refused:
        place(account, tier=tier, now=NOON + timedelta(minutes=3))
    assert refused.value.retry_after_s == pytest.approx(12 * 3600 - 210)
    place(account, tier=tier, now=NOON + timedelta(hours=12))


def test_a_hold_that_is_refused_counts_for_nothing():
    tier = Tier(models=("small",), holds_per_minute_max=1)
    account = given_credits(10)
    with pytest.raises(InsufficientCredit):
        place(account, 11, tier)
    place(account, 10, tier)


def test_a_pool_pays_for_each_member_up_to_the_limit_of_the_day():
    pool = given_credits(1000, kind="guild")
    pool.member_daily_limit = 100
    first = place(pool, 60, member_key=7)
    with pytest.raises(LimitReached) as refused:
        place(pool, 41, member_key=7)
    assert refused.value.metadata["left"] == "40"
    place(pool, 100, member_key=8)
    place(pool, 40, member_key=7)
    assert (first.member_key, first.member_day) == (7, day_of(NOON))
    place(pool, 100, now=NOON + timedelta(days=1), member_key=7)


def test_what_a_member_is_charged_beyond_a_hold_or_late_counts_for_the_day_too():
    pool, journal = given_credits(1_000, kind="guild"), []
    pool.member_daily_limit = 100
    extending = FREE.model_copy(update={"capture_policy": CapturePolicy.EXTEND, "grace_s": 60})
    holds.capture(pool, place(pool, 10, member_key=7), 30, tier=extending, now=NOON, journal=journal)
    with pytest.raises(LimitReached):
        place(pool, 71, member_key=7)
    late = place(pool, 70, member_key=7)
    after = NOON + timedelta(seconds=61)
    ledger.settle_due(pool, extending, after, journal)
    holds.capture(pool, late, 50, tier=extending, now=after, journal=journal)
    with pytest.raises(LimitReached):
        place(pool, 21, now=after, member_key=7)
    place(pool, 20, now=after, member_key=7)


def test_what_a_member_did_not_use_of_a_hold_can_be_used_again_on_the_same_day():
    pool, journal = given_credits(1000, kind="guild"), []
    pool.member_daily_limit = 100
    holds.capture(pool, place(pool, 60, member_key=7), 10, tier=FREE, now=NOON, journal=journal)
    holds.release_hold(pool, place(pool, 90, member_key=7), NOON, journal)
    place(pool, 90, member_key=7)
    ledger.settle_due(pool, FREE, NOON + timedelta(seconds=60), journal)
    place(pool, 90, now=NOON + timedelta(seconds=60), member_key=7)
    with pytest.raises(LimitReached):
        place(pool, 1, now=NOON + timedelta(seconds=60), member_key=7)


def test_what_is_freed_after_midnight_counts_for_the_day_it_was_held_on():
    pool, journal = given_credits(1000, kind="guild"), []
    pool.member_daily_limit = 100
    late = NOON.replace(hour=23, minute=59, second=30)
    hold = place(pool, 100, now=late, member_key=7)
    after = late + timedelta(seconds=45)
    place(pool, 100, now=after, member_key=7)
    holds.release_hold(pool, hold, after, journal)
    with pytest.raises(LimitReached):
        place(pool, 1, now=after, member_key=7)
    assert {(member.day, member.used) for member in pool.members.values()} == {(day_of(late), 0), (day_of(after), 100)}


def test_a_frozen_account_can_neither_hold_nor_send_until_it_is_thawed():
    account, journal = given_credits(100), []
    ledger.freeze(account, True)
    with pytest.raises(AccountFrozen):
        place(account)
    with pytest.raises(AccountFrozen):
        ledger.send(account, 1, NOON, journal)
    ledger.grant_credits(account, amount=5, source="purchase", now=NOON, journal=journal, limits=Limits())
    ledger.freeze(account, False)
    assert place(account, 105).amount == 105


def test_a_closed_account_can_do_nothing_and_stays_closed():
    account, journal = given_credits(100), []
    ledger.close(account, NOON, journal)
    assert account.posted == 0
    for attempt in (
        lambda: place(account),
        lambda: ledger.send(account, 1, NOON, journal),
        lambda: ledger.freeze(account, False),
        lambda: ledger.grant_credits(account, amount=1, source="purchase", now=NOON, journal=journal, limits=Limits()),
    ):
        with pytest.raises(AccountClosed):
            attempt()
    ledger.close(account, NOON, journal)
    assert account.posted == 0


def test_what_arrives_at_a_closed_account_expires_at_once():
    account, journal = given_credits(100), []
    ledger.close(account, NOON, journal)
    ledger.receive(account, [(None, 20), (NOON + timedelta(days=1), 5)], NOON, journal)
    assert account.posted == 0
    assert sum(entry.amount for entry in journal if entry.system_account is SystemAccount.BREAKAGE) == 125


def test_limits_are_refused_by_name():
    account, one = given_credits(100), Limits(open_holds_max=1, grants_max=1)
    place(account, limits=one)
    with pytest.raises(LimitReached, match="open holds"):
        place(account, limits=one)
    with pytest.raises(LimitReached, match="grants"):
        ledger.grant_credits(account, amount=1, source="gift", now=NOON, journal=[], limits=one)


def test_a_grant_that_was_held_to_the_last_when_the_account_was_settled_still_expires_in_its_time():
    account, journal = opened(FREE)
    in_a_minute, in_an_hour = NOON + timedelta(minutes=1), NOON + timedelta(hours=1)
    for amount, expires_at in ((10, in_an_hour), (5, in_a_minute)):
        ledger.grant_credits(account, amount=amount, source="purchase", expires_at=expires_at, now=NOON, journal=journal)
    hold = holds.place_hold(account, amount=15, ttl_s=86_400, tier=FREE, now=NOON, limits=Limits())
    ledger.settle_due(account, FREE, in_a_minute, journal)
    holds.release_hold(account, hold, in_a_minute, journal)
    assert account.posted == 10
    ledger.settle_due(account, FREE, in_an_hour, journal)
    assert account.posted == 0

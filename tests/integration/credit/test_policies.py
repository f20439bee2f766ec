"""What a tier decides: charges beyond a hold, allowances, pace. What operators do: refunds, revocations, freezing, closing. On a real database."""

import asyncio
from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import jobs
from services.runtime.errors import (
    AccountClosed,
    AccountFrozen,
    CaptureExceedsHold,
    HoldNotActive,
    InsufficientCredit,
    InvalidField,
    NotFound,
    RateLimited,
    RefundExceedsCapture,
)

ALLOWANCE = 1_000_000
TTL_S, GRACE_S = 180, 600
GUILD = "guild:1"


async def at(credit, seconds: float) -> Timestamp:
    """The time by the service's clock, some seconds ahead."""
    time = Timestamp()
    time.FromDatetime((await credit.rows("SELECT clock_timestamp()"))[0][0] + credit.ahead + timedelta(seconds=seconds))
    return time


async def guild(credit, tier: str, amount: int) -> None:
    await credit.set_tier(tier, GUILD)
    if amount:
        await credit.grant(GUILD, amount)


async def shown(credit, hold: pb.Hold) -> pb.Hold:
    return (await credit.rpc.GetHold(pb.GetHoldRequest(account_id=hold.account_id, hold_id=hold.hold_id), None)).hold


async def seconds_until(credit, period: str) -> float:
    """How long the day or the month, by the service's clock, still lasts."""
    query = f"SELECT EXTRACT(epoch FROM date_trunc('{period}', t) + interval '1 {period}' - t)"
    return float(
        (await credit.rows(f"{query} FROM (SELECT timezone('UTC', clock_timestamp()) + interval '{credit.ahead.total_seconds()} s') c (t)"))[0][0]
    )


async def test_a_strict_tier_refuses_a_capture_beyond_the_hold_and_keeps_what_was_used(credit):
    await guild(credit, "strict", 100)
    placed = await credit.hold(GUILD, 60)
    for _ in range(2):
        with pytest.raises(CaptureExceedsHold):
            await credit.capture(placed.hold, 61, request_id="same")
    stored = await shown(credit, placed.hold)
    assert (stored.state, stored.used_microcredits, stored.captured_microcredits) == (pb.Hold.STATE_ACTIVE, 61, 0)
    assert (await credit.capture(placed.hold, 60)).charged_microcredits == 60


async def test_usage_beyond_a_strict_hold_is_recorded_and_not_charged(make_credit):
    credit = await make_credit()
    await guild(credit, "strict", 100)
    placed = await credit.hold(GUILD, 60)
    recorded = await credit.record(placed.hold, prompt_tokens=61)
    assert (recorded.charged_microcredits, recorded.captured_now) == (0, False)
    assert await credit.rows("SELECT cost_microcredits, charged_microcredits FROM usage_records") == [(61, 0)]
    assert (await credit.release(placed.hold)).released_microcredits == 60
    assert [found.kind for found in await credit.discrepancies()] == ["usage_was_not_captured"]


async def test_an_extending_tier_charges_balance_then_overdraft_and_writes_off_the_rest(credit):
    await guild(credit, "extend", 100)
    placed = await credit.hold(GUILD, 60)
    captured = await credit.capture(placed.hold, 170)
    assert (captured.charged_microcredits, captured.overage_microcredits, captured.written_off_microcredits) == (150, 20, 20)
    assert (captured.balance.posted_microcredits, captured.balance.available_microcredits) == (-50, 0)
    assert (await credit.balance("system:write_off")).posted_microcredits == -20
    assert (await credit.balance("system:revenue")).posted_microcredits == 170
    granted = await credit.grant(GUILD, 70)
    assert (granted.balance.posted_microcredits, granted.grant.remaining_microcredits) == (20, 20)


@pytest.mark.parametrize(("tier", "charged", "written_off"), [("free", 60, 0), ("extend", 90, 0)])
async def test_a_late_capture_beyond_the_hold_follows_the_tiers_policy(credit, tier, charged, written_off):
    await guild(credit, tier, 100)
    placed = await credit.hold(GUILD, 60)
    credit.put_clock_ahead(TTL_S + 1)
    captured = await credit.capture(placed.hold, 90)
    assert (captured.charged_microcredits, captured.written_off_microcredits) == (charged, written_off)
    stored = await shown(credit, placed.hold)
    assert (stored.state, stored.captured_microcredits, stored.used_microcredits) == (pb.Hold.STATE_EXPIRED, charged, 90)


async def test_a_late_capture_beyond_the_hold_is_refused_by_a_strict_tier(credit):
    await guild(credit, "strict", 100)
    placed = await credit.hold(GUILD, 60)
    credit.put_clock_ahead(TTL_S + 1)
    with pytest.raises(CaptureExceedsHold):
        await credit.capture(placed.hold, 61)
    assert (await credit.capture(placed.hold, 60)).charged_microcredits == 60


async def test_an_extending_tier_writes_off_what_a_late_capture_cannot_take(credit):
    await guild(credit, "extend", 100)
    placed = await credit.hold(GUILD, 60)
    credit.put_clock_ahead(TTL_S + 1)
    await credit.hold(GUILD, 140)
    captured = await credit.capture(placed.hold, 60)
    assert (captured.charged_microcredits, captured.written_off_microcredits) == (10, 50)


async def test_a_refund_gives_back_up_to_what_was_charged(credit):
    placed = await credit.hold(amount=300)
    await credit.capture(placed.hold, 200)
    refunded = await credit.refund(placed.hold, 150, "same", reason="the answer was cut off")
    assert refunded.balance.posted_microcredits == ALLOWANCE - 50
    assert await credit.refund(placed.hold, 150, "same", reason="the answer was cut off") == refunded
    for _ in range(2):
        with pytest.raises(RefundExceedsCapture) as refused:
            await credit.refund(placed.hold, 51, "too much")
        assert refused.value.metadata == {"left_microcredits": "50"}
    assert (await shown(credit, placed.hold)).refunded_microcredits == 150
    entry = (await credit.entries()).entries[0]
    assert (entry.kind, entry.amount_microcredits, entry.hold_id, entry.note) == ("refund", 150, placed.hold.hold_id, "the answer was cut off")
    assert (await credit.balance("system:revenue")).posted_microcredits == 50


async def test_many_refunds_at_once_give_back_no_more_than_was_charged(credit, make_credit):
    other = await make_credit()
    placed = await credit.hold(amount=300)
    await credit.capture(placed.hold, 100)
    answers = await asyncio.gather(*(one.refund(placed.hold, 30) for _ in range(10) for one in (credit, other)), return_exceptions=True)
    assert sum(1 for answer in answers if isinstance(answer, pb.RefundCaptureResponse)) == 3
    assert (await credit.balance()).posted_microcredits == ALLOWANCE - 10


async def test_a_hold_that_was_not_charged_cannot_be_refunded(credit):
    placed = await credit.hold(amount=300)
    with pytest.raises(RefundExceedsCapture):
        await credit.refund(placed.hold, 1)


async def test_a_revoked_grant_loses_what_no_hold_has_earmarked(credit):
    granted = await credit.grant(GUILD, 100, note="order 7")
    placed = await credit.hold(GUILD, 60)
    revoked = await credit.revoke(granted.grant, "same", note="charged back")
    assert (revoked.revoked_microcredits, revoked.balance.posted_microcredits, revoked.balance.available_microcredits) == (40, 60, 0)
    assert await credit.revoke(granted.grant, "same", note="charged back") == revoked
    await credit.capture(placed.hold, 45)
    assert (await credit.balance(GUILD)).posted_microcredits == 0
    assert (await credit.balance("system:issued")).posted_microcredits == -60
    assert (await credit.balance("system:breakage")).posted_microcredits == 15
    with pytest.raises(NotFound, match="grant"):
        await credit.revoke(granted.grant)


async def test_a_grant_of_another_account_is_not_found(credit):
    granted = await credit.grant("user:1", 100)
    await credit.balance("user:2")
    with pytest.raises(NotFound):
        await credit.revoke(pb.Grant(account_id="user:2", grant_id=granted.grant.grant_id))


async def test_grants_are_listed_in_the_order_in_which_they_are_spent(credit):
    await credit.grant(GUILD, 10, "purchase")
    await credit.grant(GUILD, 20, "promotion", expire_time=await at(credit, 3600))
    await credit.grant(GUILD, 30, "purchase", priority=1, effective_time=await at(credit, 60))
    await credit.hold(GUILD, 25)
    found = [(grant.amount_microcredits, grant.held_microcredits) for grant in await credit.grants(GUILD)]
    assert found == [(20, 20), (10, 5), (30, 0)]
    assert {grant.account_id for grant in await credit.grants(GUILD)} == {GUILD}


async def test_a_grant_can_be_spent_when_its_time_has_come(credit):
    await credit.grant(GUILD, 100, effective_time=await at(credit, 3600))
    balance = await credit.balance(GUILD)
    assert (balance.posted_microcredits, balance.available_microcredits) == (100, 0)
    with pytest.raises(InsufficientCredit):
        await credit.hold(GUILD, 1)
    credit.put_clock_ahead(3601)
    assert (await credit.hold(GUILD, 100)).balance.available_microcredits == 0


@pytest.mark.parametrize(("tier", "amount", "period"), [("daily", 100, "day"), ("monthly", 300, "month")])
async def test_a_recurring_allowance_is_given_once_a_period_whoever_looks_and_how_often(credit, make_credit, tier, amount, period):
    other = await make_credit()
    await credit.capture((await credit.hold(amount=ALLOWANCE)).hold, ALLOWANCE)
    assert (await credit.set_tier(tier)).balance.posted_microcredits == amount
    for _ in range(2):
        until_s = await seconds_until(credit, period)
        for one in (credit, other):
            one.put_clock_ahead(until_s - 5)
        assert {balance.posted_microcredits for balance in await asyncio.gather(*(one.balance() for one in (credit, other) * 3))} == {amount}
        for one in (credit, other):
            one.put_clock_ahead(10)
        await asyncio.gather(*(one.hold(amount=1) for _ in range(5) for one in (credit, other)))
        assert (await other.balance()).posted_microcredits == amount
    given = await credit.rows("SELECT count(*), count(DISTINCT expires_at) FROM grants WHERE source = 'allowance' AND expires_at IS NOT NULL")
    assert given == [(3, 3)]


async def test_a_larger_tier_gives_the_difference_and_a_smaller_one_takes_nothing(credit):
    await credit.set_tier("daily", "user:1")
    assert (await credit.balance()).posted_microcredits == ALLOWANCE + 100
    assert (await credit.set_tier("daily_more")).balance.posted_microcredits == ALLOWANCE + 250
    assert (await credit.set_tier("daily")).balance.posted_microcredits == ALLOWANCE + 250
    again = await credit.set_tier("daily_more", request_id="same")
    assert again.balance.posted_microcredits == ALLOWANCE + 250
    assert again.balance.tier == "daily_more"
    assert await credit.set_tier("daily_more", request_id="same") == again


async def test_a_tier_that_nobody_knows_is_refused_and_nothing_is_written(credit):
    before = await credit.everything()
    with pytest.raises(InvalidField, match="daily, daily_more, extend, free"):
        await credit.set_tier("gold")
    assert await credit.everything() == before


async def test_a_paced_tier_limits_holds_a_minute_and_a_day(credit):
    await guild(credit, "paced", 100)
    into_the_minute = float((await credit.rows("SELECT EXTRACT(epoch FROM clock_timestamp())::numeric % 60"))[0][0])
    credit.put_clock_ahead(60 - into_the_minute + 1 + (120 if await seconds_until(credit, "day") < 400 else 0))
    await credit.hold(GUILD, 1)
    await credit.hold(GUILD, 1)
    refusals = []
    for _ in range(2):
        with pytest.raises(RateLimited, match="2 holds a minute") as refused:
            await credit.hold(GUILD, 1, "same")
        refusals.append(refused.value.retry_after_s)
    assert 0 < refusals[0] <= 60
    assert refusals[0] == refusals[1]
    credit.put_clock_ahead(60)
    await credit.hold(GUILD, 1)
    with pytest.raises(RateLimited, match="3 holds a day"):
        await credit.hold(GUILD, 1)
    credit.put_clock_ahead(await seconds_until(credit, "day") + 1)
    await credit.hold(GUILD, 1)


async def test_a_frozen_account_can_neither_hold_nor_send_until_it_is_thawed(credit):
    placed = await credit.hold(amount=10)
    await credit.freeze()
    assert (await credit.balance()).state == pb.Balance.STATE_FROZEN
    for attempt in (credit.hold(), credit.transfer(1)):
        with pytest.raises(AccountFrozen):
            await attempt
    assert (await credit.capture(placed.hold, 10)).charged_microcredits == 10
    await credit.grant(amount=5)
    await credit.transfer(5, "user:2", "user:1")
    await credit.freeze(frozen=False)
    assert (await credit.balance()).state == pb.Balance.STATE_OPEN
    assert (await credit.hold()).balance.posted_microcredits == ALLOWANCE


async def test_a_frozen_accounts_extended_capture_takes_nothing_beyond_the_hold(credit):
    await guild(credit, "extend", 100)
    placed = await credit.hold(GUILD, 60)
    await credit.freeze(GUILD)
    captured = await credit.capture(placed.hold, 90)
    assert (captured.charged_microcredits, captured.written_off_microcredits) == (60, 30)


async def test_a_closed_account_ends_for_good_and_its_open_holds_can_still_be_charged(credit):
    placed, other = await credit.hold(amount=60), await credit.hold(amount=40)
    closed = await credit.close(request_id="same", reason="asked to")
    assert closed.balance.state == pb.Balance.STATE_CLOSED
    assert (closed.balance.posted_microcredits, closed.balance.held_microcredits, closed.balance.available_microcredits) == (100, 100, 0)
    assert await credit.close(request_id="same", reason="asked to") == closed
    for attempt in (credit.hold(amount=1), credit.transfer(1), credit.grant(), credit.set_tier("strict"), credit.freeze(frozen=False)):
        with pytest.raises(AccountClosed):
            await attempt
    assert (await credit.capture(placed.hold, 45)).charged_microcredits == 45
    assert (await credit.release(other.hold)).released_microcredits == 40
    assert (await credit.balance()).posted_microcredits == 0
    with pytest.raises(AccountClosed):
        await credit.refund(placed.hold, 1)
    assert (await credit.balance("system:breakage")).posted_microcredits == ALLOWANCE - 45


async def test_an_account_that_never_was_cannot_be_closed(credit):
    before = await credit.everything()
    with pytest.raises(NotFound):
        await credit.close("user:nobody")
    assert await credit.everything() == before


async def test_a_grant_that_was_held_to_the_last_when_the_account_was_settled_still_expires_in_its_time(credit):
    await credit.grant(GUILD, 10, "purchase", expire_time=await at(credit, 3600))
    await credit.grant(GUILD, 5, "promotion", expire_time=await at(credit, 60))
    placed = await credit.hold(GUILD, 15, ttl_s=86_400)
    credit.put_clock_ahead(61)
    await credit.release(placed.hold)
    assert (await credit.balance(GUILD)).posted_microcredits == 10
    credit.put_clock_ahead(3600)
    assert await jobs.expire_due(credit.database, credit.teller, 100) == 1
    assert await credit.rows("SELECT posted_microcredits FROM accounts") == [(0,)]
    assert await jobs.expire_due(credit.database, credit.teller, 100) == 0


async def test_a_sponsored_or_late_charge_is_not_charged_again_by_the_record_of_the_turn(credit):
    placed = await credit.hold(amount=300)
    credit.put_clock_ahead(TTL_S + 1)
    await credit.capture(placed.hold, 100)
    assert (await credit.record(placed.hold, prompt_tokens=100)).captured_now is False
    with pytest.raises(HoldNotActive):
        await credit.capture(placed.hold, 1)

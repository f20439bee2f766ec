"""The life of a hold, on a real database."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import jobs
from services.runtime.errors import DependencyUnavailable, HoldExpired, HoldNotActive, InsufficientCredit, NotFound, PermissionRefused, UnknownModel

ALLOWANCE = 1_000_000
TTL_S = 180


async def test_a_hold_sets_credits_aside(credit):
    placed = await credit.hold(amount=300, metadata={"guild_id": "7"})
    assert placed.hold.state == pb.Hold.STATE_ACTIVE
    assert placed.hold.metadata == {"guild_id": "7"}
    assert placed.hold.account_id == "user:1"
    assert placed.hold.expire_time.seconds - placed.hold.create_time.seconds == 180
    assert (placed.balance.posted_microcredits, placed.balance.held_microcredits) == (ALLOWANCE, 300)
    assert placed.balance.available_microcredits == ALLOWANCE - 300
    assert placed.balance.tier == "free"


async def test_capturing_less_than_the_hold_frees_the_remainder(credit):
    placed = await credit.hold(amount=300)
    captured = await credit.capture(placed.hold, 120)
    assert (captured.charged_microcredits, captured.released_microcredits, captured.overage_microcredits) == (120, 180, 0)
    assert captured.balance.posted_microcredits == captured.balance.available_microcredits == ALLOWANCE - 120
    assert await credit.state(placed.hold) == "CAPTURED"


async def test_capturing_more_than_the_hold_charges_the_hold_and_reports_the_overage(credit):
    placed = await credit.hold(amount=300)
    captured = await credit.capture(placed.hold, 350)
    assert (captured.charged_microcredits, captured.released_microcredits, captured.overage_microcredits) == (300, 0, 50)


async def test_capturing_nothing_is_legal(credit):
    placed = await credit.hold(amount=300)
    captured = await credit.capture(placed.hold, 0)
    assert (captured.charged_microcredits, captured.released_microcredits) == (0, 300)
    assert await credit.state(placed.hold) == "CAPTURED"


async def test_releasing_frees_the_whole_hold(credit):
    placed = await credit.hold(amount=300)
    released = await credit.release(placed.hold, reason="nothing was delivered")
    assert released.released_microcredits == 300
    assert released.balance.available_microcredits == ALLOWANCE
    assert await credit.state(placed.hold) == "RELEASED"


async def test_a_captured_hold_can_be_neither_captured_nor_released_again(credit):
    placed = await credit.hold(amount=300)
    await credit.capture(placed.hold, 100)
    with pytest.raises(HoldNotActive, match="captured"):
        await credit.capture(placed.hold, 100)
    with pytest.raises(HoldNotActive, match="captured"):
        await credit.release(placed.hold)


async def test_a_released_hold_cannot_be_captured(credit):
    placed = await credit.hold(amount=300)
    await credit.release(placed.hold)
    with pytest.raises(HoldNotActive, match="released"):
        await credit.capture(placed.hold, 100)


async def test_open_holds_count_against_what_is_available(credit):
    await credit.hold(amount=ALLOWANCE - 10)
    with pytest.raises(InsufficientCredit) as refused:
        await credit.hold(amount=11)
    assert (refused.value.available_microcredits, refused.value.required_microcredits) == (10, 11)
    assert (await credit.hold(amount=10)).balance.available_microcredits == 0


async def test_a_hold_of_another_account_is_not_found(credit):
    placed = await credit.hold("user:1", amount=300)
    await credit.hold("user:2", amount=300)
    stolen = pb.Hold(account_id="user:2", hold_id=placed.hold.hold_id)
    for attempt in (credit.capture(stolen, 1), credit.release(stolen), credit.record(stolen), credit.state(stolen)):
        with pytest.raises(NotFound):
            await attempt
    assert await credit.state(placed.hold) == "ACTIVE"


@pytest.mark.parametrize("hold_id", ["hold_1_1", "hold_1_99999999999999999999", "nonsense", "hold__", "hold_-1_1", "hold_1_²"])
async def test_a_hold_that_never_was_is_not_found(credit, hold_id):
    await credit.balance()
    with pytest.raises(NotFound):
        await credit.capture(pb.Hold(account_id="user:1", hold_id=hold_id), 1)


async def test_a_quote_without_a_model_is_priced_for_the_dearest_one_and_covers_all(credit):
    placed = await credit.quote(prompt_tokens=100, max_completion_tokens=50)
    assert placed.hold.amount_microcredits == 10 * (100 + 2 * 50)
    assert list(placed.models) == ["large", "small"]


async def test_a_quote_for_the_cheap_model_covers_that_one_alone(credit):
    placed = await credit.quote(model="small", prompt_tokens=100, max_completion_tokens=50)
    assert placed.hold.amount_microcredits == 200
    assert list(placed.models) == ["small"]


async def test_a_quote_for_a_model_that_nobody_prices_is_refused_and_nothing_is_written(credit):
    before = await credit.everything()
    with pytest.raises(UnknownModel):
        await credit.quote(model="nobody", prompt_tokens=1)
    assert await credit.everything() == before


async def test_a_quote_for_a_model_of_another_tier_is_refused(credit):
    with pytest.raises(PermissionRefused):
        await credit.quote(model="other", prompt_tokens=1)


async def test_a_capture_by_usage_is_priced(credit):
    placed = await credit.quote(prompt_tokens=100, max_completion_tokens=50)
    usage = pb.Usage(model="small", prompt_tokens=100, cached_prompt_tokens=41, completion_tokens=7, images=1)
    captured = await credit.capture(placed.hold, usage=usage)
    assert captured.charged_microcredits == 59 + 21 + 14 + 100  # half a microcredit rounds up
    assert await credit.rows("SELECT model, price_version FROM holds") == [("small", "test-1")]


async def test_usage_of_an_unknown_model_is_refused_and_the_hold_stays(credit):
    placed = await credit.hold()
    before = await credit.everything()
    with pytest.raises(UnknownModel):
        await credit.capture(placed.hold, usage=pb.Usage(model="nobody", prompt_tokens=1))
    with pytest.raises(UnknownModel):
        await credit.record(placed.hold, model="nobody")
    assert await credit.everything() == before


async def test_a_hold_past_its_time_is_expired_before_any_sweeper_ran(credit):
    placed = await credit.hold(amount=300)
    credit.put_clock_ahead(TTL_S + 1)
    assert await credit.state(placed.hold) == "EXPIRED"
    balance = await credit.balance()
    assert (balance.held_microcredits, balance.available_microcredits) == (0, ALLOWANCE)
    with pytest.raises(HoldNotActive, match="expired"):
        await credit.release(placed.hold)


async def test_a_capture_within_the_grace_charges_what_the_hold_was_for(credit):
    placed = await credit.hold(amount=300)
    credit.put_clock_ahead(TTL_S + 599)
    captured = await credit.capture(placed.hold, 350)
    assert (captured.charged_microcredits, captured.overage_microcredits) == (300, 50)
    assert await credit.state(placed.hold) == "EXPIRED"
    with pytest.raises(HoldNotActive):
        await credit.capture(placed.hold, 1)


async def test_a_capture_past_the_grace_is_refused(credit):
    placed = await credit.hold(amount=300)
    credit.put_clock_ahead(TTL_S + 601)
    with pytest.raises(HoldExpired):
        await credit.capture(placed.hold, 100)
    assert (await credit.balance()).available_microcredits == ALLOWANCE


async def test_a_late_capture_takes_no_more_than_the_account_has_left(credit):
    placed = await credit.hold(amount=300)
    credit.put_clock_ahead(TTL_S + 1)
    await credit.hold(amount=ALLOWANCE - 20)
    captured = await credit.capture(placed.hold, 300)
    assert (captured.charged_microcredits, captured.overage_microcredits) == (20, 280)
    assert captured.balance.available_microcredits == 0


async def test_a_person_who_would_be_refused_has_their_due_holds_expired_first(credit):
    stuck = await credit.hold(amount=ALLOWANCE)
    credit.put_clock_ahead(TTL_S + 1)
    placed = await credit.hold(amount=ALLOWANCE)
    assert placed.balance.held_microcredits == ALLOWANCE
    assert await credit.state(stuck.hold) == "EXPIRED"


async def test_the_job_expires_what_is_due_and_nothing_else(credit):
    due = await credit.hold("user:1", amount=300)
    now = await credit.rows("SELECT clock_timestamp()")
    expire_time = Timestamp()
    expire_time.FromDatetime(now[0][0] + timedelta(seconds=60))
    await credit.grant("user:3", amount=50, expire_time=expire_time)
    credit.put_clock_ahead(TTL_S + 1)
    open_hold = await credit.hold("user:2", amount=300)
    assert await jobs.expire_due(credit.database, credit.teller, 100) == 2
    assert await credit.rows("SELECT state FROM holds ORDER BY created_at") == [("expired",), ("active",)]
    assert await credit.state(due.hold) == "EXPIRED"
    assert await credit.state(open_hold.hold) == "ACTIVE"
    assert (await credit.balance("user:3")).posted_microcredits == ALLOWANCE
    assert (await credit.balance("system:breakage")).posted_microcredits == 50
    assert await jobs.expire_due(credit.database, credit.teller, 100) == 0


async def test_recorded_usage_charges_a_hold_that_nobody_captured(credit):
    placed = await credit.hold(amount=300, metadata={"guild_id": "7", "feature": "reply"})
    recorded = await credit.record(placed.hold, prompt_tokens=100, completion_tokens=20)
    assert (recorded.charged_microcredits, recorded.captured_now) == (140, True)
    assert await credit.state(placed.hold) == "CAPTURED"
    rows = await credit.rows("SELECT turn_id, cost_microcredits, charged_microcredits, captured_now, guild_id, feature, tier FROM usage_records")
    assert rows == [("turn-1", 140, 140, True, "7", "reply", "free")]


async def test_recorded_usage_of_a_captured_hold_charges_nothing_more(credit):
    placed = await credit.hold(amount=300)
    await credit.capture(placed.hold, 120)
    recorded = await credit.record(placed.hold, prompt_tokens=100, completion_tokens=20)
    assert (recorded.charged_microcredits, recorded.captured_now) == (120, False)
    assert (await credit.balance()).posted_microcredits == ALLOWANCE - 120


async def test_recorded_usage_of_a_hold_expired_within_the_grace_is_charged_directly(credit):
    placed = await credit.hold(amount=300)
    credit.put_clock_ahead(TTL_S + 599)
    recorded = await credit.record(placed.hold, prompt_tokens=100)
    assert (recorded.charged_microcredits, recorded.captured_now) == (100, True)
    assert (await credit.entries()).entries[0].hold_id == placed.hold.hold_id
    with pytest.raises(HoldNotActive):
        await credit.capture(placed.hold, 100)


@pytest.mark.parametrize("end", ["released", "past the grace"])
async def test_recorded_usage_of_a_hold_that_cannot_be_charged_is_kept_for_reconciliation(credit, end):
    placed = await credit.hold(amount=300)
    if end == "released":
        await credit.release(placed.hold)
    else:
        credit.put_clock_ahead(TTL_S + 601)
    recorded = await credit.record(placed.hold, prompt_tokens=100)
    assert (recorded.charged_microcredits, recorded.captured_now) == (0, False)
    assert await credit.rows("SELECT cost_microcredits, charged_microcredits FROM usage_records") == [(100, 0)]
    found = await credit.discrepancies()
    assert [(discrepancy.kind, discrepancy.difference_microcredits) for discrepancy in found] == [("usage_was_not_captured", 100)]
    await credit.run("DELETE FROM usage_records")


async def test_while_the_database_only_reads_holds_are_refused_at_once_and_placed_afterwards(credit, shared_database):
    _, superuser_url = shared_database
    placed = [await credit.hold(amount=300)]  # there is a head to write behind

    def only_reads(on: bool) -> None:
        with psycopg.connect(superuser_url, autocommit=True) as other:
            other.execute("SET default_transaction_read_only = off")
            name = other.info.dbname
            other.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {"on" if on else "off"}'.encode())
            if on:
                other.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    only_reads(True)
    try:
        for _ in range(3):
            started_s = time.monotonic()
            with pytest.raises(DependencyUnavailable):
                await credit.hold(amount=300)
            assert time.monotonic() - started_s < 5
    finally:
        only_reads(False)
    async with asyncio.timeout(15):
        while len(placed) < 2:
            with suppress(DependencyUnavailable):
                placed.append(await credit.hold(amount=300))
            await asyncio.sleep(0.1)
    assert placed[1].balance.held_microcredits == 600

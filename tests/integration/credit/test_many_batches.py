"""Batches follow one another, also while the one before is still being written."""

import asyncio

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.shard import ShardLimits
from services.runtime.errors import HoldNotActive, InsufficientCredit, NotFound, Overloaded, PermissionRefused

ALLOWANCE = 1_000_000


async def test_a_hold_that_a_batch_has_ended_is_ended_for_the_next_one(make_credit):
    credit = await make_credit(shard_limits=ShardLimits(batch_max=100))
    placed = await asyncio.gather(*(credit.hold(amount=10) for _ in range(200)))
    first = [credit.capture(one.hold, 1) for one in placed]
    again = [credit.capture(one.hold, 1) for one in placed]
    attempts = [*first[:100], *again[:100], *first[100:], *again[100:]]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(1 for answer in answers if isinstance(answer, HoldNotActive)) == 200
    assert sum(1 for answer in answers if not isinstance(answer, BaseException)) == 200
    assert (await credit.balance()).posted_microcredits == ALLOWANCE - 200
    assert await credit.discrepancies() == []


async def test_many_requests_sent_twice_at_once_are_carried_out_once(make_credit):
    credit = await make_credit(shard_limits=ShardLimits(batch_max=70))
    answers = await asyncio.gather(*(credit.hold(amount=10, request_id=f"r{number % 200}") for number in range(600)))
    assert len({answer.hold.hold_id for answer in answers}) == 200
    assert [answers[number] for number in range(200)] == [answers[number + 400] for number in range(200)]
    assert (await credit.balance()).held_microcredits == 2000
    assert await credit.discrepancies() == []


async def test_two_instances_with_full_queues_carry_out_everything_once(make_credit):
    limits = ShardLimits(batch_max=80)
    instances = [await make_credit(shard_limits=limits), await make_credit(shard_limits=limits)]
    attempts = [one.hold(amount=ALLOWANCE // 300, request_id=f"r{number}") for number in range(400) for one in instances]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    placed = {answer.hold.hold_id for answer in answers if not isinstance(answer, BaseException)}
    assert len(placed) == 300
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refused) == 200
    assert all(isinstance(answer, InsufficientCredit) for answer in refused)
    assert await instances[0].discrepancies() == []


async def test_what_another_instance_has_written_is_known_though_nothing_is_written_here(make_credit):
    one, other = await make_credit(), await make_credit()
    await one.hold()
    granted = await other.grant(amount=100)
    assert (await one.revoke(granted.grant)).revoked_microcredits == 100
    await one.hold()
    await other.set_tier("strict")
    with pytest.raises(PermissionRefused):
        await one.quote(model="large", prompt_tokens=1)
    await other.set_tier("free")
    assert (await one.quote(model="large", prompt_tokens=1)).hold.amount_microcredits == 10


async def test_an_account_that_another_instance_opened_is_found_by_one_that_was_about_to(make_credit):
    one, other = await make_credit(), await make_credit()
    with pytest.raises(NotFound):
        await one.capture(pb.Hold(account_id="user:1", hold_id="hold_1_1"), 1)
    with pytest.raises(PermissionRefused):
        await one.quote(model="other", prompt_tokens=1)
    placed = await other.hold(amount=100)
    assert (await one.capture(placed.hold, 60)).charged_microcredits == 60


async def test_a_hold_that_is_captured_before_it_is_answered_is_captured(make_credit):
    """Its id can be guessed: it has the number of the operation."""
    credit = await make_credit()
    first = await credit.hold(amount=10)
    prefix, _, seq = first.hold.hold_id.rpartition("_")
    usage = pb.Usage(model="small", prompt_tokens=7)
    guessed = pb.Hold(account_id="user:1", hold_id=f"{prefix}_{int(seq) + 1}")
    placed, captured = await asyncio.gather(credit.hold(amount=10), credit.capture(guessed, usage=usage))
    assert placed.hold.hold_id == guessed.hold_id
    assert captured.charged_microcredits == 7
    stored = (await credit.rpc.GetHold(pb.GetHoldRequest(account_id="user:1", hold_id=guessed.hold_id), None)).hold
    assert (stored.state, stored.captured_microcredits, stored.used_microcredits) == (pb.Hold.STATE_CAPTURED, 7, 7)
    assert await credit.discrepancies() == []
    assert (await credit.refund(guessed, 7)).balance.posted_microcredits == ALLOWANCE


async def test_a_full_queue_refuses_and_starts_nothing(make_credit):
    credit = await make_credit(shard_limits=ShardLimits(queue_max=20, batch_max=10))
    await credit.balance()
    answers = await asyncio.gather(*(credit.hold(amount=1) for _ in range(100)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    placed = [answer for answer in answers if isinstance(answer, pb.PlaceHoldResponse)]
    assert refused
    assert len(refused) + len(placed) == 100
    assert refused[0].retry_after_s
    assert (await credit.balance()).held_microcredits == len(placed)
    await credit.hold(amount=1)


async def test_the_operation_of_a_caller_who_goes_away_is_carried_out_all_the_same(make_credit):
    credit = await make_credit()
    await credit.balance()
    caller = asyncio.ensure_future(credit.hold(amount=70, request_id="gone"))
    while not any(shard._queue for shard in credit.teller._shards):
        await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await credit.teller.drain()
    assert (await credit.balance()).held_microcredits == 70
    assert (await credit.hold(amount=70, request_id="gone")).balance.held_microcredits == 70
    assert await credit.rows("SELECT count(*) FROM holds") == [(1,)]


async def test_draining_waits_until_everything_is_written(make_credit):
    credit = await make_credit(shard_limits=ShardLimits(batch_max=5))
    await credit.balance()
    callers = [asyncio.ensure_future(credit.hold(amount=1)) for _ in range(60)]
    while not any(shard._queue for shard in credit.teller._shards):
        await asyncio.sleep(0)
    await credit.teller.drain()
    await asyncio.gather(*callers)
    assert (await credit.balance()).held_microcredits == 60


async def test_writers_of_all_shards_leave_connections_to_those_who_read(make_credit):
    credit = await make_credit()
    for _ in range(2 * 16 + 2):  # so many batches of a shard may be decided under its lock, on connections that are given back
        await asyncio.gather(*(credit.hold(f"user:{number}", amount=1) for number in range(80)))
    balances = await asyncio.gather(*(credit.balance(f"user:{number}") for number in range(100)))
    assert len(balances) == 100

"""A guild's pool pays for its members, up to a limit a day; what it does not pay, the person's own account does."""

import asyncio

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.runtime.errors import InsufficientCredit, InvalidField, LimitReached, RequestIdReused, UnknownModel

ALLOWANCE = 1_000_000
DAY_S = 86_400
POOL = "guild:1"


@pytest.fixture
async def pool(credit):
    """A pool of 1000 that pays 100 a day for each member."""
    await credit.grant(POOL, 1000)
    await credit.set_pool(100)
    return credit


def sponsored(credit, amount: int = 60, account: str = "user:1", request_id: str = "", **fields):
    return credit.hold(account, amount, request_id, sponsor_account_id=POOL, **fields)


async def test_the_pool_pays_and_the_answer_says_so(pool):
    placed = await sponsored(pool)
    assert placed.hold.account_id == placed.balance.account_id == POOL
    assert placed.balance.held_microcredits == 60
    assert (await pool.balance("user:1")).held_microcredits == 0
    captured = await pool.capture(placed.hold, 45)
    assert (captured.charged_microcredits, captured.balance.account_id) == (45, POOL)
    assert await pool.rows("SELECT used_microcredits FROM pool_members") == [(45,)]


async def test_the_person_pays_beyond_the_limit_of_the_day_and_the_pool_again_the_next_day(pool):
    await sponsored(pool, 60)
    assert (await sponsored(pool, 41)).hold.account_id == "user:1"
    assert (await sponsored(pool, 40)).hold.account_id == POOL
    assert (await sponsored(pool, 100, "user:2")).hold.account_id == POOL
    pool.put_clock_ahead(DAY_S)
    assert (await sponsored(pool, 100)).hold.account_id == POOL


async def test_what_was_not_used_can_be_used_again_on_the_same_day(pool):
    await pool.release((await sponsored(pool, 100)).hold)
    await pool.capture((await sponsored(pool, 100)).hold, 30)
    assert (await sponsored(pool, 71)).hold.account_id == "user:1"
    assert (await sponsored(pool, 70)).hold.account_id == POOL


async def test_the_limit_holds_for_any_number_of_callers_and_instances(pool, make_credit):
    instances = [pool, await make_credit()]
    answers = await asyncio.gather(*(sponsored(one, 10) for _ in range(15) for one in instances))
    paid = [answer.hold.account_id for answer in answers]
    assert (paid.count(POOL), paid.count("user:1")) == (10, 20)
    assert await pool.rows("SELECT used_microcredits FROM pool_members") == [(100,)]


@pytest.mark.parametrize("why", ["nobody opened it", "it has too little", "it sponsors nobody", "frozen", "closed", "its tier may not use the model"])
async def test_the_person_pays_where_the_pool_does_not_and_a_repetition_is_answered_the_same(credit, why):
    if why != "nobody opened it":
        await credit.grant(POOL, 1000 if why != "it has too little" else 10)
        await credit.set_pool(100 if why != "it sponsors nobody" else 0)
    if why == "its tier may not use the model":
        await credit.set_tier("strict", POOL)
    if why == "frozen":
        await credit.freeze(POOL)
    if why == "closed":
        await credit.close(POOL)
    request = pb.PlaceHoldRequest(request_id="same", account_id="user:1", sponsor_account_id=POOL, quote=pb.Quote(model="large", prompt_tokens=6))
    first = await credit.rpc.PlaceHold(request, None)
    assert first.hold.account_id == first.balance.account_id == "user:1"
    if why != "closed":
        await credit.freeze(POOL, frozen=False)
        await credit.grant(POOL, 1000)
        await credit.set_tier("free", POOL)
        await credit.set_pool(1000)
        assert (await sponsored(credit)).hold.account_id == POOL
    again = await credit.rpc.PlaceHold(request, None)
    assert again.SerializeToString(deterministic=True) == first.SerializeToString(deterministic=True)
    assert await credit.rows("SELECT count(*) FROM holds WHERE amount_microcredits = 60 AND member_key = 0") == [(1,)]


async def test_a_repetition_of_what_the_pool_paid_is_answered_the_same_though_it_would_not_pay_any_more(pool):
    first = await sponsored(pool, 100, request_id="same")
    await pool.close(POOL)
    assert await sponsored(pool, 100, request_id="same") == first
    with pytest.raises(RequestIdReused):
        await sponsored(pool, 99, request_id="same")
    assert (await pool.balance("user:1")).held_microcredits == 0


async def test_what_neither_can_pay_is_refused_for_what_the_persons_account_lacks(pool):
    for _ in range(2):
        with pytest.raises(InsufficientCredit) as refused:
            await sponsored(pool, ALLOWANCE + 1, request_id="same")
        assert refused.value.metadata["available_microcredits"] == str(ALLOWANCE)


async def test_members_may_use_the_same_request_ids(pool):
    first = await sponsored(pool, account="user:1", request_id="same")
    second = await sponsored(pool, account="user:2", request_id="same")
    assert {first.hold.account_id, second.hold.account_id} == {POOL}
    assert first.hold.hold_id != second.hold.hold_id


async def test_a_model_that_nobody_prices_is_refused_and_neither_account_pays(pool):
    request = pb.PlaceHoldRequest(request_id="q", account_id="user:1", sponsor_account_id=POOL, quote=pb.Quote(model="x", prompt_tokens=1))
    with pytest.raises(UnknownModel):
        await pool.rpc.PlaceHold(request, None)
    assert await pool.rows("SELECT count(*) FROM holds") == [(0,)]


@pytest.mark.parametrize("sponsor", ["user:2", "system:revenue", "guild:", "1"])
async def test_only_a_guild_can_sponsor(credit, sponsor):
    with pytest.raises(InvalidField, match="sponsor_account_id"):
        await credit.hold(sponsor_account_id=sponsor)


async def test_only_a_guild_has_a_pool(credit):
    with pytest.raises(InvalidField, match="account_id"):
        await credit.set_pool(1, "user:1")


async def test_usage_of_a_sponsored_hold_names_the_member(pool):
    placed = await sponsored(pool)
    await pool.record(placed.hold, prompt_tokens=20)
    member = await pool.rows("SELECT account_key FROM account_keys WHERE account_id = 'user:1'")
    assert await pool.rows("SELECT member_key FROM usage_records") == member
    assert (await pool.balance(POOL)).posted_microcredits == 980


async def test_an_expired_hold_gives_its_member_back_what_it_was_for(pool):
    await sponsored(pool, 100, ttl_s=60)
    pool.put_clock_ahead(61)
    if (await sponsored(pool, 100)).hold.account_id != POOL:
        pytest.fail("the pool still counts the expired hold")


async def test_a_pool_may_have_so_many_open_holds(pool, make_credit):
    from services.credit.posting import Limits

    one = await make_credit(limits=Limits(open_holds_max=1))
    await sponsored(one, 10)
    assert (await sponsored(one, 10)).hold.account_id == "user:1"
    with pytest.raises(LimitReached):
        await sponsored(one, 10)


async def test_what_a_pool_pays_is_told_with_its_balance(pool):
    assert (await pool.balance(POOL)).member_daily_microcredits == 100
    assert (await pool.set_pool(0)).balance.member_daily_microcredits == 0
    assert (await pool.balance(POOL)).member_daily_microcredits == (await pool.balance("user:1")).member_daily_microcredits == 0

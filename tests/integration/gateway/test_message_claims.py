"""Which of two gateways answers a message, on a real Valkey: each message once, and none is left behind by a gateway that is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import redis.asyncio as redis

from services.gateway.message_claims import MessageClaims
from services.runtime.deadline import STALLED_S

TTL_S = 0.6


class Clock:
    """Stands still, as for a process that is paused, until it is set."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def gateway(redis_url: str, name: str = "one", **changes: object) -> AsyncIterator[MessageClaims]:
    client = redis.from_url(redis_url, socket_timeout=3)
    settings = {"ttl_s": TTL_S, "done_s": 60.0, "watched_max": 10, "poll_s": 0.02} | changes
    claims = MessageClaims(client, instance_id=name, **settings)  # type: ignore[arg-type]
    try:
        yield claims
    finally:
        await claims.drain()
        await client.aclose()


async def answered(claims: MessageClaims, turn_id: str) -> bool:
    async with claims.claimed(turn_id) as claim:
        claim.done()
    await claims.drain()
    return claim.mine


async def claim_of(claims: MessageClaims, turn_id: str, stack: AsyncExitStack):
    return await stack.enter_async_context(claims.claimed(turn_id))


async def held(redis_url: str) -> dict[bytes, bytes]:
    async with redis.from_url(redis_url) as client:
        return {key: await client.get(key) for key in await client.keys("*")}


async def test_a_message_that_is_done_is_skipped_by_every_gateway(redis_url):
    async with gateway(redis_url) as one, gateway(redis_url, "two") as two:
        assert await answered(one, "1:0")
        assert not await answered(two, "1:0")
        assert not await answered(one, "1:0")


async def test_another_attempt_at_a_message_is_another_matter(redis_url):
    async with gateway(redis_url) as one, gateway(redis_url, "two") as two:
        assert await answered(one, "1:0")
        assert await answered(two, "1:1")


async def test_a_message_that_is_being_answered_elsewhere_is_watched_until_it_is_done(redis_url):
    async with gateway(redis_url) as one, gateway(redis_url, "two") as two, AsyncExitStack() as stack:
        claim = await claim_of(one, "1:0", stack)
        watching = asyncio.create_task(answered(two, "1:0"))
        await asyncio.sleep(2 * TTL_S)  # longer than a claim lasts that nobody renews
        assert not watching.done()
        claim.done()
        await stack.aclose()
        assert await asyncio.wait_for(watching, 2) is False


async def test_a_claim_that_dies_with_its_gateway_is_taken_over(redis_url):
    async with gateway(redis_url, "two") as two, AsyncExitStack() as stack:
        dead = await stack.enter_async_context(gateway(redis_url))
        await claim_of(dead, "1:0", stack)
        assert dead._renewing is not None
        dead._renewing.cancel()  # what a kill does to it
        async with two.claimed("1:0") as claim:
            assert (claim.mine, claim.taken_over) == (True, True)


async def test_a_message_that_was_not_answered_after_all_is_open_to_others_at_once(redis_url):
    async with gateway(redis_url, ttl_s=30.0) as one, gateway(redis_url, "two", ttl_s=30.0) as two:
        async with one.claimed("1:0"):
            watching = asyncio.create_task(answered(two, "1:0"))
            await asyncio.sleep(0.05)
        assert await asyncio.wait_for(watching, 2) is True


async def test_a_gateway_that_was_paused_learns_that_its_message_is_no_longer_its_own(redis_url):
    clock = Clock()
    async with gateway(redis_url, clock=clock) as paused, gateway(redis_url, "two") as other, AsyncExitStack() as stack:
        claim = await claim_of(paused, "1:0", stack)
        assert paused._renewing is not None
        paused._renewing.cancel()
        assert await answered(other, "1:0")
        assert await paused.still_mine("1:0")  # by its own clock no time has passed
        clock.now_s += 2 * TTL_S
        assert not await paused.still_mine("1:0")
        claim.done()
        await stack.aclose()
        assert (await held(redis_url))[b"parlour:message:{1:0}:1:0"] == b"done"


async def test_a_gateway_that_was_paused_goes_on_where_nobody_took_over(redis_url):
    clock = Clock()
    async with gateway(redis_url, clock=clock) as paused, AsyncExitStack() as stack:
        await claim_of(paused, "1:0", stack)
        assert paused._renewing is not None
        paused._renewing.cancel()
        await asyncio.sleep(1.2 * TTL_S)
        assert await held(redis_url) == {}
        clock.now_s += 2 * TTL_S
        assert await paused.still_mine("1:0")
        assert (await held(redis_url))[b"parlour:message:{1:0}:1:0"].startswith(b"one/")


async def test_more_than_can_be_watched_is_left_to_the_gateway_that_has_it(redis_url):
    async with gateway(redis_url) as one, gateway(redis_url, "two", watched_max=1) as two, AsyncExitStack() as stack:
        for turn_id in ("1:0", "2:0"):
            await claim_of(one, turn_id, stack)
        watching = asyncio.create_task(answered(two, "1:0"))
        await asyncio.sleep(0.05)
        assert await asyncio.wait_for(answered(two, "2:0"), 1) is False
        watching.cancel()


@pytest.mark.parametrize("address", ["", "redis://127.0.0.1:1"])
async def test_without_redis_every_message_is_answered_here_and_once(address):
    async with AsyncExitStack() as stack:
        if address:
            claims = await stack.enter_async_context(gateway(address))
        else:
            claims = MessageClaims.alone(done_s=60.0)
        assert await answered(claims, "1:0")
        assert not await answered(claims, "1:0")
        assert await claims.still_mine("2:0")


async def test_redis_that_goes_away_in_between_stops_nobody(start_valkey):
    # A claim under way is kept to be ours: there is nobody who could have taken it over.
    server = start_valkey("claims-away")
    clock = Clock()
    async with gateway(server.url, clock=clock) as one, AsyncExitStack() as stack:
        await claim_of(one, "1:0", stack)
        async with redis.from_url(server.url) as client:
            await client.shutdown(nosave=True)  # type: ignore[no-untyped-call]
        clock.now_s += 2 * TTL_S
        assert await one.still_mine("1:0")


async def test_that_a_message_is_done_is_said_until_redis_hears_it(redis_url):
    client = redis.from_url(redis_url, socket_timeout=1)
    async with gateway(redis_url, "two") as two, redis.from_url(redis_url) as operator, AsyncExitStack() as stack:
        one = MessageClaims(client, instance_id="one", ttl_s=30.0, done_s=60.0, watched_max=10, poll_s=0.02)
        stack.push_async_callback(client.aclose)
        async with one.claimed("1:0") as claim:
            claim.done()
            await operator.execute_command("CLIENT", "PAUSE", "2500", "ALL")  # type: ignore[no-untyped-call]
        assert await answered(two, "1:0") is False
        await one.drain()
        assert (await held(redis_url))[b"parlour:message:{1:0}:1:0"] == b"done"


class LosesAnAnswer(redis.Redis):
    """Does what it is told, and is then paused for so long that the answer is given up."""

    told = 0

    async def eval(self, *arguments: object) -> object:
        answer = await super().eval(*arguments)
        self.told += 1
        if self.told == 1:
            await asyncio.sleep(STALLED_S + 0.3)
            raise redis.TimeoutError("Timeout reading")
        return answer


async def test_a_claim_whose_grant_was_lost_in_a_pause_is_ours(redis_url):
    client = LosesAnAnswer.from_url(redis_url, socket_timeout=0.1)
    claims = MessageClaims(client, instance_id="one", ttl_s=30.0, done_s=60.0, watched_max=10, poll_s=0.02)
    async with asyncio.timeout(10):
        assert await answered(claims, "1:0")
    assert client.told >= 2
    await client.aclose()


async def test_what_is_stored_is_ids_and_states_that_run_out(redis_url):
    async with gateway(redis_url) as one:
        async with one.claimed("12:0"), redis.from_url(redis_url) as client:
            assert 0 < await client.pttl("parlour:message:{12:0}:12:0") <= TTL_S * 1000
        assert await answered(one, "13:0")
        async with redis.from_url(redis_url) as client:
            assert await client.get("parlour:message:{13:0}:13:0") == b"done"
            assert 0 < await client.pttl("parlour:message:{13:0}:13:0") <= 60_000


async def test_a_gateway_that_saw_only_the_last_of_a_burst_waits_for_those_that_another_one_has_announced(redis_url):
    async with gateway(redis_url) as one, gateway(redis_url, "new") as new:
        done: list[str] = []

        async def answer(claims: MessageClaims, turn_id: str) -> None:
            async with claims.claimed(turn_id, "ann") as claim:
                await asyncio.sleep(0.05)
                done.append(turn_id)
                claim.done()

        async with one.claimed("10:0", "ann") as first:
            for turn_id in ("11:0", "12:0"):
                await one.announce(turn_id, "ann")
            last = asyncio.create_task(answer(new, "13:0"))
            other = asyncio.create_task(answer(new, "14:0"))
            await asyncio.sleep(0.2)
            assert done == []
            first.done()
        for turn_id in ("11:0", "12:0"):
            await answer(one, turn_id)
        await asyncio.wait_for(asyncio.gather(last, other), 5)
        assert done == ["11:0", "12:0", "13:0", "14:0"]


async def test_people_do_not_wait_for_each_others_announced_messages(redis_url):
    async with gateway(redis_url) as one:
        await one.announce("10:0", "ann")
        async with asyncio.timeout(TTL_S / 2), one.claimed("11:0", "bob") as claim:
            assert claim.mine


async def test_an_announced_message_whose_gateway_is_gone_is_waited_for_no_longer_than_a_claim_lasts(redis_url):
    async with gateway(redis_url) as one, gateway(redis_url, "two") as two:
        await one.announce("10:0", "ann")
        started = asyncio.get_running_loop().time()
        async with asyncio.timeout(5), two.claimed("11:0", "ann") as claim:
            assert claim.mine
        assert TTL_S <= asyncio.get_running_loop().time() - started < 4 * TTL_S


async def test_a_message_that_was_given_up_or_withdrawn_holds_up_nobody(redis_url):
    async with gateway(redis_url) as one:
        async with one.claimed("10:0", "ann"):
            pass
        await one.announce("11:0", "ann")
        one.withdraw("11:0", "ann")
        await one.drain()
        async with asyncio.timeout(TTL_S / 2), one.claimed("12:0", "ann") as claim:
            assert claim.mine
            claim.done()
        await one.drain()
        assert sorted(await held_keys(redis_url)) == [b"parlour:message:{ann}:12:0"]


async def held_keys(redis_url: str) -> list[bytes]:
    async with redis.from_url(redis_url) as client:
        return list(await client.keys("*"))

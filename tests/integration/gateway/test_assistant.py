"""The entry: what is ignored, who waits for whom, what happens when too much comes."""

import asyncio

import pytest
import redis.asyncio as redis

from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS as NOTICES
from services.gateway.person_lease import PersonLeases, lease_name
from services.runtime.redis_lease import RedisLeases
from tests.integration.gateway.scripted_faults import WORDS
from tests.integration.gateway.scripted_services import Reader, Scripted, ask, eventually, scripted_services

Final = gateway_pb2.Final
WHOLE = "".join(WORDS)


@pytest.fixture
async def scripted():
    async with scripted_services(waiting_per_user_max=2, waiting_max=3, running_max=2) as scripted:
        yield scripted


async def test_an_empty_message_is_ignored(scripted: Scripted):
    assert (await ask(scripted.assistant, " \n ")).ignored == "empty"


async def test_a_message_for_somebody_else_is_ignored_and_touches_nothing(scripted: Scripted):
    assert (await ask(scripted.assistant, "has anybody seen my keys?", guild_id="g")).ignored == "not_addressed"
    assert set(scripted.faults.calls) == {"GetGuildSettings"}


async def test_the_name_in_front_is_not_handed_to_the_model(scripted: Scripted):
    await ask(scripted.assistant, "parlour, what is up?", guild_id="g")
    assert scripted.asked("BeginTurn")[0].text == "what is up?"


async def test_the_turn_says_where_its_apology_would_go(scripted: Scripted):
    await ask(scripted.assistant, "Hello", origin="discord")
    assert scripted.asked("BeginTurn")[0].origin == "discord"


async def test_one_persons_messages_are_answered_one_at_a_time_in_order(scripted: Scripted):
    scripted.conversation.mid_stream = gate = asyncio.Event()
    readers = [Reader(scripted.assistant, f"number {number}", message_id=f"m{number}") for number in range(3)]
    await readers[0].has_read(2)
    gate.set()
    await asyncio.gather(*(reader.task for reader in readers))
    assert [reply.message.text for reply in scripted.conversation.replies] == ["number 0", "number 1", "number 2"]
    assert scripted.conversation.running_max == 1


async def test_different_people_and_places_are_answered_side_by_side(scripted: Scripted):
    scripted.conversation.mid_stream = gate = asyncio.Event()
    here, there = Reader(scripted.assistant, "Hello"), Reader(scripted.assistant, "Hello", guild_id="g", mentions_assistant=True)
    await eventually(lambda: scripted.conversation.running == 2, "both are being answered")
    gate.set()
    await asyncio.gather(here.task, there.task)


async def test_too_many_messages_of_one_person_are_refused_with_words(scripted: Scripted):
    scripted.conversation.mid_stream = gate = asyncio.Event()
    readers = [Reader(scripted.assistant, "Hello") for _ in range(3)]
    await readers[0].has_read(2)
    refused = await ask(scripted.assistant, "One more")
    assert (refused.final.outcome, refused.text, refused.final.reason) == (Final.OUTCOME_REFUSED, NOTICES["busy"], "OVERLOADED")
    gate.set()
    for reader in readers:
        assert (await reader.task).text == WHOLE


async def test_a_wait_that_takes_all_of_the_turns_time_is_refused():
    async with scripted_services(turn_s=0.5, turn_margin_s=0) as scripted:
        scripted.fail("BeginTurn", asyncio.Event())
        first = Reader(scripted.assistant, "Hello")
        await eventually(lambda: scripted.asked("BeginTurn"), "the first is under way")
        second = await ask(scripted.assistant, "Hello again")
        assert second.final.reason in ("DEADLINE_EXCEEDED", "OVERLOADED")
        await first.task


async def test_a_waiting_message_whose_reader_goes_away_is_never_answered(scripted: Scripted):
    scripted.conversation.mid_stream = gate = asyncio.Event()
    first = Reader(scripted.assistant, "first")
    await first.has_read(2)
    second, third = Reader(scripted.assistant, "second"), Reader(scripted.assistant, "third")
    await second.stop()
    gate.set()
    await asyncio.gather(first.task, third.task)
    assert [reply.message.text for reply in scripted.conversation.replies] == ["first", "third"]


async def test_nothing_is_kept_of_people_who_are_gone(scripted: Scripted):
    for number in range(50):
        await ask(scripted.assistant, "Hello", user_id=f"person-{number}")
    assert len(scripted.assistant._in_flight) == 0
    assert scripted.assistant._queue.keys == 0
    await eventually(lambda: not scripted.assistant._tasks, "every task has ended")


@pytest.fixture
async def client(redis_url: str):
    client = redis.from_url(redis_url, socket_timeout=3)
    yield client
    await client.aclose()


async def test_another_gateways_lease_is_waited_for(client: "redis.Redis"):
    leases = RedisLeases(client, ttl_s=10, prefix="parlour:turn")
    theirs = await leases.acquire(lease_name("ada", ""))
    assert theirs is not None
    async with scripted_services(PersonLeases(leases, ttl_s=10, wait_s=5)) as scripted:
        reader = Reader(scripted.assistant, "Hello")
        bob = await ask(scripted.assistant, "Hello", user_id="bob")
        assert bob.text == WHOLE
        assert len(scripted.asked("BeginTurn")) == 1
        await leases.release(theirs)
        assert (await reader.task).text == WHOLE


async def test_a_lease_that_another_gateway_keeps_is_refused_with_words(client: "redis.Redis"):
    leases = RedisLeases(client, ttl_s=10, prefix="parlour:turn")
    assert await leases.acquire(lease_name("ada", "")) is not None
    async with scripted_services(PersonLeases(leases, ttl_s=10, wait_s=0.1)) as scripted:
        assert (await ask(scripted.assistant, "Hello")).text == NOTICES["busy"]


async def test_the_lease_is_given_back_after_the_turn(client: "redis.Redis"):
    leases = RedisLeases(client, ttl_s=10, prefix="parlour:turn")
    async with scripted_services(PersonLeases(leases, ttl_s=10, wait_s=0.1)) as scripted:
        for _ in range(3):
            assert (await ask(scripted.assistant, "Hello")).text == WHOLE
    assert await leases.acquire(lease_name("ada", "")) is not None


async def test_a_lease_is_kept_for_as_long_as_the_turn_takes(client: "redis.Redis"):
    leases = RedisLeases(client, ttl_s=3, prefix="parlour:turn")
    async with scripted_services(PersonLeases(leases, ttl_s=3, wait_s=0.1)) as scripted:
        scripted.conversation.mid_stream = gate = asyncio.Event()
        reader = Reader(scripted.assistant, "Hello")
        await reader.has_read(2)
        assert await leases.acquire(lease_name("ada", ""), wait_s=3.5) is None
        gate.set()
        await reader.task


async def test_without_redis_people_are_answered_in_local_order():
    client = redis.from_url("redis://127.0.0.1:1", socket_timeout=0.3)
    async with scripted_services(PersonLeases(RedisLeases(client, ttl_s=10), ttl_s=10, wait_s=1)) as scripted:
        answers = await asyncio.gather(ask(scripted.assistant, "one"), ask(scripted.assistant, "two"))
        assert [answer.text for answer in answers] == [WHOLE, WHOLE]
        assert scripted.conversation.running_max == 1
        assert answers[0].notices == []
    await client.aclose()

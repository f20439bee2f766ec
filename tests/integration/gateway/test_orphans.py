"""Accepted turns that nobody finished get their apology."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import redis.asyncio as redis

from parlour.conversation.v1 import conversation_pb2
from services.gateway.message_claims import MessageClaims
from services.gateway.notices import WORDS as NOTICES
from services.gateway.orphans import OrphanPoll
from services.gateway.person_lease import lease_name
from services.runtime import errors
from tests.integration.gateway.scripted_faults import START
from tests.integration.gateway.scripted_services import Scripted, ask, eventually, scripted_services

LINE = lease_name("ada", "")


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


class Channel:
    """A courier that keeps what it was given."""

    def __init__(self, *, fails: bool = False) -> None:
        self.said: list[tuple[str, str]] = []
        self.fails = fails

    async def deliver(self, turn: conversation_pb2.OrphanedTurn, text: str) -> None:
        if self.fails:
            raise ConnectionError("no Discord")
        self.said.append((turn.message.channel_id, text))


def poll_of(scripted: Scripted) -> OrphanPoll:
    return OrphanPoll(scripted.services, scripted.settlement, scripted.settings, scripted.assistant.couriers)


async def orphan(scripted: Scripted, origin: str) -> str:
    """A turn whose gateway was killed after the hold."""
    scripted.fail("Reply", asyncio.Event())
    task = asyncio.create_task(ask(scripted.assistant, "Hello", message_id="lost", origin=origin))
    while not scripted.asked("Reply"):
        await asyncio.sleep(0.001)
    await scripted.assistant.close()
    await asyncio.gather(task, return_exceptions=True)
    scripted.heal("Reply")
    assert scripted.turn_states() == ["ACCEPTED"]
    assert scripted.hold_states() == ["ACTIVE"]
    scripted.conversation.orphans.append("lost:0")
    return "lost:0"


async def test_a_lost_turn_of_the_api_is_apologised_for_and_its_hold_freed(scripted: Scripted):
    await orphan(scripted, "api")
    assert await poll_of(scripted).poll_once() == 1
    assert scripted.turn_states() == ["APOLOGISED"]
    assert scripted.hold_states() == ["RELEASED"]
    assert scripted.credit.available["user:ada"] == START


async def test_repeating_a_lost_message_finds_the_apology(scripted: Scripted):
    await orphan(scripted, "api")
    await poll_of(scripted).poll_once()
    answer = await ask(scripted.assistant, "Hello", message_id="lost")
    assert (answer.text, answer.final.replayed) == (NOTICES["orphaned"], True)


async def test_repeating_a_lost_message_before_the_apology_answers_it_on_the_same_hold(scripted: Scripted):
    await orphan(scripted, "api")
    answer = await ask(scripted.assistant, "Hello", message_id="lost")
    assert answer.text == "Call him Rex."
    assert scripted.hold_states() == ["CAPTURED"]


async def test_a_lost_turn_of_discord_is_apologised_for_in_its_channel(scripted: Scripted):
    await orphan(scripted, "discord")
    channel = Channel()
    scripted.assistant.couriers.connect("discord", channel)
    assert await poll_of(scripted).poll_once() == 1
    assert channel.said == [("dm", NOTICES["orphaned"])]
    assert scripted.turn_states() == ["APOLOGISED"]


async def test_turns_of_discord_are_left_to_a_gateway_that_is_connected(scripted: Scripted):
    await orphan(scripted, "discord")
    assert await poll_of(scripted).poll_once() == 0
    assert scripted.turn_states() == ["ACCEPTED"]


async def test_an_apology_that_could_not_be_delivered_is_not_taken_for_said(scripted: Scripted):
    await orphan(scripted, "discord")
    scripted.assistant.couriers.connect("discord", Channel(fails=True))
    assert await poll_of(scripted).poll_once() == 0
    assert scripted.turn_states() == ["ACCEPTED"]


async def test_a_hold_that_is_gone_does_not_keep_the_apology_back(scripted: Scripted):
    await orphan(scripted, "api")
    scripted.fail("ReleaseHold", errors.HoldNotActive("STATE_EXPIRED"))
    assert await poll_of(scripted).poll_once() == 1


async def test_the_poll_survives_a_conversation_service_that_is_away(scripted: Scripted):
    scripted.fail("ClaimOrphanedTurns", errors.DependencyUnavailable("database"))
    assert await poll_of(scripted).poll_once() == 0


async def test_nothing_is_polled_while_conversation_is_known_to_be_away(scripted: Scripted):
    up = False
    settings = scripted.settings.model_copy(update={"orphan_poll_s": 0.005})
    poll = OrphanPoll(scripted.services, scripted.settlement, settings, scripted.assistant.couriers, is_up=lambda: up)
    task = asyncio.create_task(poll.run())
    await ask(scripted.assistant, "Hello")
    assert scripted.asked("ClaimOrphanedTurns") == []
    up = True
    await eventually(lambda: scripted.asked("ClaimOrphanedTurns"), "it is polled again")
    task.cancel()


@asynccontextmanager
async def claims_of(redis_url: str, name: str) -> AsyncIterator[MessageClaims]:
    client = redis.from_url(redis_url)
    claims = MessageClaims(client, instance_id=name, ttl_s=30.0, done_s=60.0, watched_max=10, poll_s=0.02)
    yield claims
    await claims.drain()
    await client.aclose()


async def test_a_lost_message_that_another_gateway_answers_after_all_gets_no_apology(scripted: Scripted, redis_url: str):
    await orphan(scripted, "discord")
    scripted.assistant.couriers.connect("discord", channel := Channel())
    async with claims_of(redis_url, "this one") as ours, claims_of(redis_url, "another one") as theirs:
        poll = OrphanPoll(scripted.services, scripted.settlement, scripted.settings, scripted.assistant.couriers, claims=ours)
        async with theirs.claimed("lost:0", LINE) as claim:
            assert await poll.poll_once() == 0
            assert (channel.said, scripted.turn_states()) == ([], ["ACCEPTED"])
            claim.done()
        await theirs.drain()
        scripted.conversation.orphans.append("lost:0")  # its claim by this gateway has run out
        # Its answer stands there: a turn that is open all the same is ended without a word.
        assert await poll.poll_once() == 1
        assert (channel.said, scripted.turn_states()) == ([], ["APOLOGISED"])


async def test_a_lost_message_that_this_gateway_answers_itself_gets_no_apology(scripted: Scripted, redis_url: str):
    await orphan(scripted, "discord")
    scripted.assistant.couriers.connect("discord", channel := Channel())
    async with claims_of(redis_url, "this one") as ours:
        poll = OrphanPoll(scripted.services, scripted.settlement, scripted.settings, scripted.assistant.couriers, claims=ours)
        async with ours.claimed("lost:0", LINE):
            assert await poll.poll_once() == 0
        assert channel.said == []


async def test_an_apology_is_the_answer_to_a_message_for_every_gateway(scripted: Scripted, redis_url: str):
    await orphan(scripted, "discord")
    scripted.assistant.couriers.connect("discord", channel := Channel())
    async with claims_of(redis_url, "this one") as ours, claims_of(redis_url, "another one") as theirs:
        poll = OrphanPoll(scripted.services, scripted.settlement, scripted.settings, scripted.assistant.couriers, claims=ours)
        assert await poll.poll_once() == 1
        await ours.drain()
        async with theirs.claimed("lost:0", LINE) as claim:
            assert not claim.mine
        assert len(channel.said) == 1

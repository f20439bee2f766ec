"""Accepted turns that nobody finished get their apology."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2
from services.gateway.notices import WORDS as NOTICES
from services.gateway.orphans import OrphanPoll
from services.runtime import errors
from tests.integration.gateway.scripted_services import START, Scripted, ask, eventually, scripted_services


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

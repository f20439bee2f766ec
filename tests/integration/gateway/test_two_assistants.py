"""Two gateways that see the same messages in Discord, in one process: scripted services, a real Valkey, real claims."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import pytest
import redis.asyncio as redis

from parlour.gateway.v1 import gateway_pb2
from services.gateway.assistant import Assistant
from services.gateway.message_claims import MessageClaims
from services.gateway.person_lease import PersonLeases
from services.runtime.errors import DependencyUnavailable
from tests.integration.gateway.scripted_faults import WORDS
from tests.integration.gateway.scripted_services import Answer, Reader, Scripted, ask, eventually, request, scripted_services

TTL_S = 1.0
TEXT = "".join(WORDS)


class Clock:
    """The time, and what a pause of the process added to it."""

    def __init__(self) -> None:
        self.paused_s = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.paused_s


@dataclass
class Pair:
    """Two assistants, `one` of which can be taken for paused: its claims are then no longer renewed."""

    services: Scripted
    one: Assistant
    two: Assistant
    clock: Clock
    claims_of_one: MessageClaims

    def pause_one(self) -> None:
        renewing = self.claims_of_one._renewing
        assert renewing is not None
        renewing.cancel()

    def resume_one(self) -> None:
        self.clock.paused_s = 2 * TTL_S


@asynccontextmanager
async def pair(redis_url: str, **changes: object) -> AsyncIterator[Pair]:
    async with scripted_services(claim_ttl_s=TTL_S, **changes) as services, redis.from_url(redis_url) as client:
        clock = Clock()
        claims = [
            MessageClaims(client, instance_id=name, ttl_s=TTL_S, done_s=60, watched_max=10, poll_s=0.02, clock=clock if name == "one" else Clock())
            for name in ("one", "two")
        ]
        one, two = (
            Assistant(services.services, services.settings, services.settlement, PersonLeases(None, ttl_s=15, wait_s=1), claims=its) for its in claims
        )
        try:
            yield Pair(services, one, two, clock, claims[0])
        finally:
            for fault in services.faults.by_method.values():
                if isinstance(fault, asyncio.Event):
                    fault.set()
            await one.close()
            await two.close()


def said(assistant: Assistant, text: str, message_id: str) -> "asyncio.Task[Answer]":
    return asyncio.create_task(ask(assistant, text, origin="discord", message_id=message_id))


async def test_a_message_that_both_see_is_answered_by_one_and_left_by_the_other(redis_url):
    async with pair(redis_url) as gateways:
        answers = await asyncio.gather(*(said(assistant, "hello", "1") for assistant in (gateways.one, gateways.two)))
        assert sorted(answer.events[-1].WhichOneof("event") for answer in answers) == ["final", "ignored"]
        assert [answer.ignored for answer in answers if answer.events[-1].HasField("ignored")] == ["duplicate"]
        assert len(gateways.services.asked("BeginTurn")) == 1


async def test_whoever_calls_the_api_is_answered_by_the_gateway_that_was_called(redis_url):
    async with pair(redis_url) as gateways:
        first = await ask(gateways.one, "hello", message_id="1")
        second = await ask(gateways.two, "hello", message_id="1")
        assert (first.text, second.text, second.final.replayed) == (TEXT, TEXT, True)


async def test_a_button_pressed_again_has_the_same_result_on_either_gateway(redis_url):
    async with pair(redis_url) as gateways:
        await ask(gateways.one, "remember that my cat is called Miso", message_id="1", origin="discord")
        pressed = gateway_pb2.MemoriesPage()
        texts = []
        for assistant in (gateways.one, gateways.two, gateways.one):
            said = request("", message_id="press-1", user_id="ada")
            said.memories_page.CopyFrom(pressed)
            texts.append(Answer([event async for event in assistant.handle(said, origin="discord")]).text)
        assert texts[0] == texts[1] == texts[2] != ""


async def test_a_persons_next_message_waits_for_the_one_that_the_other_gateway_answers(redis_url):
    async with pair(redis_url) as gateways:
        gate = asyncio.Event()
        gateways.services.fail("Reply", gate)
        first = said(gateways.one, "first", "1")
        await eventually(lambda: gateways.services.asked("Reply"), "the first is being answered")
        watched, second = said(gateways.two, "first", "1"), said(gateways.two, "second", "2")
        await asyncio.sleep(0.2)
        assert len(gateways.services.asked("BeginTurn")) == 1
        gate.set()
        assert (await first).text == (await second).text == TEXT
        assert (await watched).ignored == "duplicate"
        assert [begun.text for begun in gateways.services.asked("BeginTurn")] == ["first", "second"]


async def test_a_message_of_a_gateway_that_died_is_answered_by_the_other_one(redis_url):
    async with pair(redis_url) as gateways:
        gateways.services.fail("Reply", asyncio.Event())
        said(gateways.one, "hello", "1")
        await eventually(lambda: gateways.services.asked("Reply"), "it is being answered")
        gateways.pause_one()
        gateways.services.heal("Reply")
        assert (await asyncio.wait_for(said(gateways.two, "hello", "1"), 5)).text == TEXT


async def test_a_gateway_whose_message_was_taken_over_no_longer_settles_its_turn(redis_url):
    async with pair(redis_url) as gateways:
        gate = asyncio.Event()
        gateways.services.fail("Reply", gate)
        reader = Reader(gateways.one, "hello", origin="discord", message_id="1")
        await eventually(lambda: gateways.services.asked("Reply"), "it is being answered")
        gateways.pause_one()
        gateways.services.heal("Reply")
        assert (await asyncio.wait_for(said(gateways.two, "hello", "1"), 5)).text == TEXT
        gateways.resume_one()
        assert not await gateways.one.still_mine("1:0")
        await reader.stop()
        await gateways.one.close()
        assert gateways.services.asked("EndTurn") == []
        assert gateways.services.asked("ReleaseHold") == []
        gate.set()


async def test_an_answer_that_did_not_reach_its_channel_is_open_to_the_other_gateway(redis_url):
    async with pair(redis_url) as gateways:
        async with aclosing(gateways.one.handle(request("hello", message_id="1"), origin="discord")) as events:
            async for event in events:
                if event.HasField("final"):
                    break  # as of a gateway that is stopped while it posts
        other = await asyncio.wait_for(said(gateways.two, "hello", "1"), 5)
        assert (other.text, other.final.replayed) == (TEXT, True)


async def test_a_gateway_that_only_watches_refuses_nobody(redis_url):
    async with pair(redis_url, waiting_per_user_max=1) as gateways:
        gate = asyncio.Event()
        gateways.services.fail("Reply", gate)
        first = said(gateways.one, "0", "0")
        await eventually(lambda: gateways.services.asked("Reply"), "the first is being answered")
        backlog = [said(gateways.two, str(number), str(number)) for number in range(4)]
        await asyncio.sleep(0.2)
        assert not any(task.done() for task in backlog)
        gate.set()
        assert (await first).text == TEXT
        answers = await asyncio.gather(*backlog)
        assert answers[0].ignored == "duplicate"
        assert [answer.text for answer in answers[1:]] == [TEXT] * 3


async def test_what_one_gateway_refuses_is_refused_once(redis_url):
    async with pair(redis_url, waiting_per_user_max=1) as gateways:
        gate = asyncio.Event()
        gateways.services.fail("Reply", gate)
        first = said(gateways.one, "first", "1")
        await eventually(lambda: gateways.services.asked("Reply"), "the first is being answered")
        second = said(gateways.one, "second", "2")
        refused = await asyncio.wait_for(said(gateways.one, "third", "3"), 5)
        assert refused.final.reason == "OVERLOADED"
        gate.set()
        assert (await first).text == (await second).text == TEXT
        assert (await asyncio.wait_for(said(gateways.two, "third", "3"), 5)).ignored == "duplicate"


async def test_a_message_that_fails_is_not_tried_again_by_the_other_gateway(redis_url):
    async with pair(redis_url) as gateways:
        gateways.services.fail("PlaceHold", DependencyUnavailable("credit", "away"))
        assert (await said(gateways.one, "hello", "1")).final.outcome == gateway_pb2.Final.OUTCOME_REFUSED
        gateways.services.heal("PlaceHold")
        assert (await asyncio.wait_for(said(gateways.two, "hello", "1"), 5)).ignored == "duplicate"


@pytest.mark.parametrize("origin", ["discord", "api"])
async def test_messages_that_are_not_for_the_assistant_hold_up_nobody(redis_url, origin):
    async with pair(redis_url) as gateways:
        for number in range(20):
            chatter = await ask(gateways.one, "chatter", origin=origin, message_id=str(number), guild_id="g")
            assert chatter.ignored
        answer = await asyncio.wait_for(ask(gateways.one, "hello", origin=origin, message_id="x", guild_id="g", mentions_assistant=True), 5)
        assert answer.text == TEXT

"""What a person gets when everything works, through all four processes."""

import asyncio
import uuid

import grpc
import pytest

from parlour.gateway.v1 import gateway_pb2
from services.runtime.status import error_from_rpc
from tests.fakes.model_server import Answer as Scripted
from tests.running_stack import Person, RunningStack, eventually

ANSWERED = gateway_pb2.Final.OUTCOME_ANSWERED
COMMAND = gateway_pb2.Final.OUTCOME_COMMAND


async def test_an_answer_is_streamed_charged_and_complete(model, person):
    answer = await person.ask("What is a good name for a dog?")
    assert answer.final.outcome == ANSWERED
    assert answer.streamed == answer.final.text != ""
    assert answer.final.completion_tokens == 20
    assert answer.final.charged_microcredits > 0
    assert answer.final.balance_known
    assert answer.final.available_microcredits == 100_000_000 - answer.final.charged_microcredits
    assert answer.notices == []


async def test_what_was_said_to_remember_is_listed_from_the_store_and_given_to_the_model(model, person):
    stored = await person.ask("remember that my cat is called Miso")
    assert stored.final.outcome == COMMAND
    assert [memory.text for memory in stored.final.remembered] == ["my cat is called Miso"]
    listed = await person.ask("what do you remember about me?")
    assert "Miso" in listed.final.text
    assert listed.final.charged_microcredits == 0
    assert len(model.requests) == 0
    asked = await person.ask("What is my cat called?")
    assert asked.final.memories_used == 1
    assert "Miso" in (await model.request()).prompt


async def test_what_has_changed_is_told_in_plain_words_and_takes_the_place_of_what_was(model, person):
    await person.ask("remember that my cat is called Miso")
    changed = await person.ask("update your memory: my cat is called Tim")
    assert [memory.text for memory in changed.final.remembered] == ["my cat is called Tim"]
    listed = await person.ask("what do you remember about me?")
    assert [memory.text for memory in listed.final.memories] == ["my cat is called Tim"]


async def test_the_model_sees_what_was_said_before(model, person):
    await person.ask("I am planning a trip to Lisbon.")
    await person.ask("Which month is best?")
    assert "Lisbon" in (await model.request(1)).prompt


async def test_one_person_s_memories_stay_theirs(model, gateway, person):
    await person.ask("remember that my cat is called Miso")
    other = Person(gateway)
    assert "Miso" not in (await other.ask("what do you remember about me?")).final.text
    await other.ask("What is my cat called?")
    assert "Miso" not in (await model.request()).prompt


async def test_a_fact_is_extracted_from_a_plain_statement(model, person):
    await person.ask("My sister is called Zelda, by the way.")

    async def known() -> bool:
        return "Zelda" in (await person.ask("what do you remember about me?")).final.text

    await eventually(known, "the fact is extracted")


async def test_forgetting_asks_first_forgets_and_can_be_undone(model, person):
    await person.ask("remember that my cat is called Miso")
    offered = await person.ask("forget about my cat")
    assert [memory.text for memory in offered.final.forget_offer.memories] == ["my cat is called Miso"]
    assert "Miso" in (await person.ask("what do you remember about me?")).final.text
    await person.ask("forget about my cat")
    done = await person.ask("yes")
    assert done.final.forget_done.forgotten == 1
    assert "Miso" not in (await person.ask("what do you remember about me?")).final.text
    await person.ask("undo")
    assert "Miso" in (await person.ask("what do you remember about me?")).final.text


async def test_repeating_a_message_replays_its_answer_and_charges_once(model, person):
    message_id = uuid.uuid4().hex
    first = await person.ask("Tell me a story", message_id=message_id)
    again = await person.ask("Tell me a story", message_id=message_id)
    assert again.final.text == first.final.text
    assert again.final.replayed
    assert len(model.requests) == 1
    told = await person.ask("how many credits do I have?")
    assert told.final.available_microcredits == first.final.available_microcredits


async def test_a_burst_from_one_person_is_answered_in_order(model, person):
    model.default = Scripted(delta_delay_s=0.002)
    texts = [f"message number {number}" for number in range(4)]
    ended: list[int] = []

    async def ask(number: int) -> None:
        await person.ask(texts[number])
        ended.append(number)

    tasks = []
    for number in range(4):
        tasks.append(asyncio.create_task(ask(number)))
        await asyncio.sleep(0.05)
    await asyncio.gather(*tasks)
    assert ended == [0, 1, 2, 3]
    asked = [request.messages[-1]["content"] for request in model.requests]
    assert [next(text for text in texts if text in content) for content in asked] == texts


async def test_a_message_for_somebody_else_is_not_answered(model, gateway):
    person = Person(gateway, guild_id="guild-1")
    request = gateway_pb2.HandleMessageRequest(message=person.message("has anybody seen my keys?"))
    request.message.mentions_assistant = False
    events = [event async for event in person.stub.HandleMessage(request, timeout=10)]
    assert [event.ignored.reason for event in events] == ["not_addressed"]
    assert len(model.requests) == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"message_id": ""}, "message.message_id"),
        ({"message_id": "x" * 65}, "message.message_id"),
        ({"text": "x" * 8001}, "message.text"),
        ({"text": "a\x00b"}, "message.text"),
        ({"user_id": "a b"}, "message.user_id"),
        ({"attempt": -1}, "message.attempt"),
    ],
)
async def test_bad_input_is_refused_by_name(stack: RunningStack, model, person, change, field):
    request = gateway_pb2.HandleMessageRequest(message=person.message("hello"))
    for name, value in change.items():
        setattr(request.message, name, value)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        async for _ in person.stub.HandleMessage(request, timeout=10):
            pass
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert getattr(error_from_rpc(refused.value, "gateway"), "field", None) == field
    assert len(model.requests) == 0

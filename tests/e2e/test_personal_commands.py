"""Commands about one's own memories, conversation and privacy, through all services: also across a restart of the gateway."""

import asyncio
import json
import random
import re

import grpc
import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS as NOTICES
from tests.running_stack import Answer, Person

Final = gateway_pb2.Final


@pytest.fixture
def somebody(gateway: grpc.aio.Channel) -> Person:
    """Somebody whose id is in nothing else."""
    return Person(gateway, str(random.randrange(10**17, 10**18)))


async def press(person: Person, **action: object) -> Answer:
    """Press a button: nothing is written, and something is asked for."""
    request = gateway_pb2.HandleMessageRequest(message=person.message(""), **action)  # type: ignore[arg-type]
    return Answer([event async for event in person.stub.HandleMessage(request, timeout=70)])


async def ask_restarted(person: Person, text: str) -> Answer:
    """Say something to a gateway that is just being started again."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await person.ask(text)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(0.1)


async def test_a_forget_goes_on_where_it_was_when_the_gateway_was_killed(stack, model, somebody):
    await somebody.ask("remember that I sing in the choir")
    offered = await somebody.ask("forget that I sing in the choir")
    assert len(offered.final.forget_offer.memories) == 1
    stack.kill("gateway")
    assert (await ask_restarted(somebody, "yes")).final.forget_done.forgotten == 1
    stack.kill("gateway")
    assert (await ask_restarted(somebody, "undo")).final.text == "I brought back 1 thing."
    assert "choir" in (await somebody.ask("/memories")).final.text


async def test_a_yes_after_other_talk_is_no_consent_also_to_a_gateway_that_was_started_again(stack, model, somebody):
    await somebody.ask("remember that I sing in the choir")
    await somebody.ask("forget that I sing in the choir")
    await somebody.ask("What is a good name for a dog?")
    stack.kill("gateway")
    assert (await ask_restarted(somebody, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert "choir" in (await somebody.ask("/memories")).final.text


async def test_memories_are_paged_changed_and_deleted(stack, model, somebody):
    facts = ["I play the cello", "my cat is called Miso", "I work at night", "my sister lives in Oslo", "the car is blue"]
    facts += [f"locker number {number} belongs to me" for number in range(16, 32)]
    for fact in facts:
        await somebody.ask(f"/remember {fact}")
    first = (await somebody.ask("/memories")).final
    second = (await press(somebody, memories_page=gateway_pb2.MemoriesPage(page_token=first.next_page_token))).final
    assert sorted(memory.text for memory in [*first.memories, *second.memories]) == sorted(facts)
    cello = next(memory for memory in [*first.memories, *second.memories] if "cello" in memory.text)
    edit = gateway_pb2.MemoryEdit(memory_id=cello.memory_id, version=cello.version, text="I play the viola")
    assert (await press(somebody, memory_edit=edit)).final.remembered[0].version == cello.version + 1
    deletion = gateway_pb2.MemoryDeletion(memory_id=cello.memory_id, version=cello.version)
    assert (await press(somebody, memory_deletion=deletion)).final.text == NOTICES["memory_changed_meanwhile"]
    deletion.version += 1
    assert "viola" in (await press(somebody, memory_deletion=deletion)).final.text
    assert (await press(somebody, memory_deletion=deletion)).final.text == NOTICES["memory_gone"]


async def test_nobody_changes_or_deletes_somebody_elses_memory(stack, model, gateway, somebody):
    shown = (await somebody.ask("/remember I play the cello")).final.remembered[0]
    other = Person(gateway)
    edit = gateway_pb2.MemoryEdit(memory_id=shown.memory_id, version=shown.version, text="I hum")
    deletion = gateway_pb2.MemoryDeletion(memory_id=shown.memory_id, version=shown.version)
    for action in ({"memory_edit": edit}, {"memory_deletion": deletion}):
        assert (await press(other, **action)).final.text == NOTICES["memory_gone"]
    assert "cello" in (await somebody.ask("/memories")).final.text


async def test_a_channel_is_summed_up_until_it_starts_afresh(stack, model, somebody):
    assert (await somebody.ask("/summary")).final.text == NOTICES["summary_nothing"]
    await somebody.ask("What is a good name for a dog?")
    assert (await somebody.ask("/summary")).final.text.startswith("This is what we talked about here:\n- ")
    await somebody.ask("/reset")
    assert (await somebody.ask("yes")).final.text == NOTICES["reset_done"]
    assert (await somebody.ask("/summary")).final.text == NOTICES["summary_nothing"]


async def test_an_export_is_handed_over_as_a_file(stack, model, somebody):
    await somebody.ask("/remember I play the cello")
    await somebody.ask("What is a good name for a dog?")
    final = (await somebody.ask("/privacy export")).final
    lines = [json.loads(line) for line in final.files[0].data.decode().splitlines()]
    assert (lines[0]["user_id"], lines[-1]["lines"], final.private) == (somebody.user_id, len(lines) - 2, True)
    assert "I play the cello" in str(lines)


async def test_who_opted_out_is_answered_and_not_kept_until_they_opt_in(stack, model, somebody):
    assert (await somebody.ask("/privacy opt-out")).final.text == NOTICES["opted_out"]
    assert (await somebody.ask("What is a good name for a dog?")).final.outcome == Final.OUTCOME_ANSWERED
    assert (await somebody.ask("/summary")).final.text == NOTICES["summary_nothing"]
    assert (await somebody.ask("/privacy opt-in")).final.text == NOTICES["opted_in"]
    await somebody.ask("What is a good name for a cat?")
    assert (await somebody.ask("/summary")).final.text.startswith("This is what we talked about here:\n- ")


async def test_an_erasure_ends_in_a_receipt_and_with_nothing_left(stack, model, somebody):
    await somebody.ask("/remember I play the cello")
    await somebody.ask("What is a good name for a dog?")
    asked = (await somebody.ask("/privacy erase")).final
    decision = gateway_pb2.ConfirmationDecision(confirmation_id=asked.confirmation.confirmation_id, confirmed=True)
    answer = await press(somebody, confirmation=decision)
    while answer.final.HasField("confirmation"):  # it takes longer than the gateway waits
        decision.confirmation_id = answer.final.confirmation.confirmation_id
        answer = await press(somebody, confirmation=decision)
    assert re.search(r"receipt, please keep it: [0-9a-f]{64}$", answer.final.text)
    assert answer.final.text.startswith(answer.streamed)
    assert (await somebody.ask("/memories")).final.text == NOTICES["memories_none"]

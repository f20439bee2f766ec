"""A message with parts, a chain of replies and a file, through all four processes."""

import uuid

from parlour.gateway.v1 import gateway_pb2
from tests.fakes.model_server import Answer as Scripted
from tests.running_stack import Answer, Person

FIRST, SECOND = "what is the highest mountain of the whole of Europe?", "and how long does it take a beginner to climb it?"
MIXED = f"Parlour, {FIRST} @Bob dinner is at eight, bring the drinks please. Parlour, {SECOND}"
ANSWERED = gateway_pb2.Final.OUTCOME_ANSWERED


async def asked(person: Person, message: gateway_pb2.IncomingMessage) -> Answer:
    request = gateway_pb2.HandleMessageRequest(message=message)
    return Answer([event async for event in person.stub.HandleMessage(request, timeout=70)])


async def test_own_parts_are_answered_in_order_each_quoted_and_each_charged(model, gateway):
    person = Person(gateway, guild_id=uuid.uuid4().hex[:16])
    model.next(Scripted(text="Mont Blanc."), Scripted(text="Two days."))
    answer = await person.ask(MIXED, message_id=(message_id := uuid.uuid4().hex))
    assert answer.final.outcome == ANSWERED
    assert answer.final.text == answer.streamed == f"> {FIRST}\nMont Blanc.\n\n> {SECOND}\nTwo days."
    first, second = await model.request(0), await model.request(1)
    assert FIRST in first.prompt
    assert SECOND not in first.prompt
    assert "Mont Blanc." in second.prompt
    assert "@Bob dinner is at eight" in second.prompt
    assert answer.final.available_microcredits == 100_000_000 - answer.final.charged_microcredits
    again = await person.ask(MIXED, message_id=message_id)
    assert (again.final.text, again.final.replayed, len(model.requests)) == (answer.final.text, True, 2)


async def test_what_a_message_brings_along_reaches_the_model(model, person):
    message = person.message("what is wrong in line 2?")
    message.replied_to.CopyFrom(gateway_pb2.RepliedTo(message_id="b", author_id="bob", author_name="Bob", text="it does not start"))
    message.reply_chain.add(message_id="a", author_id="cat", author_name="Cat", text="how is the engine?")
    message.text_files.add(name="start.py", text="import engine\nengine.strat()\n")
    answer = await asked(person, message)
    assert answer.final.outcome == ANSWERED
    prompt = (await model.request()).prompt
    places = [prompt.index(text) for text in ("how is the engine?", "it does not start", "engine.strat()", "what is wrong in line 2?")]
    assert places == sorted(places)
    assert '<text_file name="start.py">' in prompt


async def test_a_large_file_is_cut_to_what_the_hold_covers_and_is_answered(model, person):
    message = person.message("what is in it?")
    message.text_files.add(name="long.log", text="".join(f"line {number} of the log\n" for number in range(4_000)))
    answer = await asked(person, message)
    assert answer.final.outcome == ANSWERED
    prompt = (await model.request()).prompt
    assert "line 0 of the log" in prompt
    assert "more lines are left out]" in prompt
    assert answer.final.prompt_tokens <= 1600 + 4000

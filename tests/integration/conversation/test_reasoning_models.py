"""A reasoning model's thoughts are charged, counted as signs of life, and neither shown nor stored."""

from contextlib import aclosing
from pathlib import Path

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.runtime.errors import ModelUnavailable
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import MODELS, Reply, answered, message, read_reply, rows, wanted

THOUGHTS = ("She", " likes", " secretwords")


@pytest.fixture
def settings(settings, model):
    """The first model reasons."""
    path = Path(settings.models_file)
    path.write_text(MODELS.format(url=model.base_url).replace('["json_schema"]', '["json_schema", "reasoning"]'))
    return settings


@pytest.mark.parametrize(
    "answer",
    [
        Answer(reasoning=THOUGHTS, text="Rex it is", reasoning_tokens=3),
        Answer(reasoning=THOUGHTS, text="Rex it is", reasoning_field="reasoning"),
        Answer(reasoning=THOUGHTS, text="Rex it is", usage=False),
        Answer(deltas=("<thi", "nk>secretwords</th", "ink>", "\n\nRex", " it", " is"), usage=False),
    ],
    ids=["reported", "not reported", "no usage", "in marks that are split"],
)
async def test_thoughts_are_charged_and_neither_shown_nor_stored(client, model, database, answer):
    model.next(answer)
    _, reply = await answered(client, message())
    assert reply.text == reply.finished.text == "Rex it is"
    usage = reply.finished.usage
    assert usage.reasoning_tokens == 3
    assert usage.completion_tokens == reply.deltas[-1].completion_tokens == 6
    [(stored, completion, reasoning)] = await rows(
        database, "SELECT m.text, t.completion_tokens, t.reasoning_tokens FROM turns t JOIN messages m ON m.message_id = t.turn_id"
    )
    assert (stored, completion, reasoning) == ("Rex it is", 6, 3)
    _, following = await answered(client, message("and why?"))
    assert following.text
    assert "secretwords" not in model.requests[-1].prompt


async def test_a_repeated_reply_tells_the_same_usage(client, model):
    model.next(Answer(reasoning=THOUGHTS, text="Rex", reasoning_tokens=3))
    said = message()
    begun, reply = await answered(client, said)
    replayed = await read_reply(client, wanted(begun, said))
    assert replayed.finished.usage == reply.finished.usage
    assert len(model.requests) == 1


async def test_a_model_that_thinks_for_longer_than_a_first_word_may_take_is_waited_for(client, model):
    model.next(Answer(reasoning=("hm",) * 5, text="Rex", delta_delay_s=0.7))  # patience is 3 s
    _, reply = await answered(client, message())
    assert (reply.started[0].model, reply.text) == ("first", "Rex")


async def test_a_model_that_spends_its_tokens_on_thoughts_hands_over_to_the_next_without_being_rested(client, model, service):
    model.always("first", Answer(reasoning=THOUGHTS, deltas=(), finish_reason="length"))
    for _ in range(service.settings.model_failures_max + 1):
        _, reply = await answered(client, message())
        assert reply.started[0].model == "second"
    assert model.requests[-2].model == "first"
    said = message()
    begun = await client.begin_turn(said)
    with pytest.raises(ModelUnavailable):
        await read_reply(client, wanted(begun, said, models=["first"]))


async def test_whoever_stops_a_reply_knows_what_was_spent_on_thoughts_too(client, model):
    model.next(Answer(reasoning=THOUGHTS, deltas=tuple(f" w{number}" for number in range(50)), delta_delay_s=0.05))
    said, reply = message(), Reply()
    begun = await client.begin_turn(said)
    async with aclosing(client.reply(wanted(begun, said))) as responses:
        async for response in responses:
            if response.HasField("delta"):
                reply.deltas.append(response.delta)
                break
    assert reply.deltas[0].completion_tokens == 4


async def test_thoughts_are_no_part_of_a_completion(client, model):
    model.next(Answer(reasoning=THOUGHTS, text="hello there", reasoning_tokens=3))
    prompt = pb.PromptMessage(role="user", text="Say hello.")
    asked = pb.CompleteRequest(request_id="r", priority=pb.PRIORITY_INTERACTIVE, messages=[prompt], feature="extraction")
    completed = await client.complete(asked)
    assert completed.text == "hello there"
    assert (completed.usage.completion_tokens, completed.usage.reasoning_tokens) == (5, 3)

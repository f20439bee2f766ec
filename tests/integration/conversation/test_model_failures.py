"""Everything that a model's server can do, and what a reply and a completion come to: one row each, with a working second model behind it."""

import asyncio
from dataclasses import dataclass

import pytest
from prometheus_client import REGISTRY

from parlour.conversation.v1 import conversation_pb2 as pb
from services.runtime.errors import ContentRefused, ContextTooLong, ModelUnavailable, ParlourError, RateLimited
from tests.fakes.model_server import DELTAS, Answer
from tests.integration.conversation.conftest import Reply, answered, message, read_reply, wanted

ANSWERED, NEXT, BROKEN_OFF, REFUSED = "answered", "the next model answers", "what came is handed on, then an error", "refused"


@dataclass(frozen=True)
class Row:
    """What the first model's server does; what a reply, a completion, and a reply without another model come to."""

    answer: Answer
    reply: str = NEXT
    complete: str = NEXT
    alone: type[ParlourError] | None = ModelUnavailable
    completion_tokens: int = DELTAS
    asked: int = 1


WORDS = "data: " + '{"choices": [{"delta": {"content": "Hi"}, "finish_reason": null}]}'
LAST = 'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}'
DATE_PAST = {"Retry-After": "Fri, 01 Jan 2021 00:00:00 GMT"}

ROWS = {
    "is slow to begin": Row(Answer(first_delay_s=0.4), ANSWERED, ANSWERED, None),
    "is slow between its words": Row(Answer(deltas=("a", " b", " c"), delta_delay_s=0.3), ANSWERED, ANSWERED, None, completion_tokens=3),
    "reports no usage": Row(Answer(usage=False), ANSWERED, ANSWERED, None),
    "reports usage with the last word": Row(Answer(usage_in_last=True), ANSWERED, ANSWERED, None),
    "compresses its stream": Row(Answer(gzip=True), ANSWERED, ANSWERED, None),
    "ends without [DONE] and newline": Row(Answer(raw=f"{WORDS}\n\n{LAST}"), ANSWERED, ANSWERED, None, completion_tokens=1),
    "never answers": Row(Answer(never=True)),
    "begins too late": Row(Answer(first_delay_s=5)),
    "resets the connection": Row(Answer(reset=True), asked=2),
    "is cut before its first word": Row(Answer(cut_after=0)),
    "stalls before its first word": Row(Answer(hang_after=0)),
    "answers 500": Row(Answer(status=500)),
    "answers 503": Row(Answer(status=503)),
    "answers 401": Row(Answer(status=401)),
    "answers 404": Row(Answer(status=404)),
    "answers 429": Row(Answer(status=429), alone=RateLimited),
    "answers 429 with a time": Row(Answer(status=429, retry_after_s=7), alone=RateLimited),
    "answers 429 with a time that is over": Row(Answer(status=429, headers=DATE_PAST), alone=RateLimited),
    "answers a web page": Row(Answer(garbage=True)),
    "sends no JSON": Row(Answer(raw="data: {nope\n\n")),
    "sends JSON that is no event": Row(Answer(raw="data: [1, 2]\n\n")),
    "answers whole instead of streaming": Row(Answer(raw='{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}')),
    "sends events of another shape": Row(Answer(raw='data: {"choices": [null], "usage": 3}\n\ndata: {"choices": {"0": 1}}\n\n')),
    "sends empty choices": Row(Answer(empty_choices=True)),
    "says nothing": Row(Answer(text="")),
    "only thinks": Row(Answer(reasoning=("hmm", " so"), deltas=(), finish_reason="length")),
    "sends a line without end": Row(Answer(huge_line=3 << 20)),
    "reports an error in place of words": Row(Answer(error_after=0)),
    "finds the prompt too long": Row(Answer(status=400, error_code="context_length_exceeded"), alone=ContextTooLong, asked=2),
    "finds the prompt too long in mid-stream": Row(Answer(error_after=0, error_code="context_length_exceeded"), alone=ContextTooLong, asked=2),
    "refuses with a status": Row(Answer(status=400, error_code="content_filter"), REFUSED, REFUSED, ContentRefused),
    "refuses in its own field": Row(Answer(refusal="I can't help with that."), REFUSED, REFUSED, ContentRefused),
    "is stopped by a filter": Row(Answer(deltas=(), finish_reason="content_filter"), REFUSED, REFUSED, ContentRefused),
    "is cut after three words": Row(Answer(cut_after=3, delta_delay_s=0.02), BROKEN_OFF, NEXT),
    "stalls after three words": Row(Answer(hang_after=3, delta_delay_s=0.02), BROKEN_OFF, NEXT),
    "reports an error after three words": Row(Answer(error_after=3, delta_delay_s=0.02), BROKEN_OFF, NEXT),
}
rows = pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])


@rows
async def test_a_reply_comes_to_what_the_table_says(client, model, row):
    if row.alone is ContextTooLong:  # there must be something to leave out
        await answered(client, message("something was said before " * 20))
        model.requests.clear()
    model.always("first", row.answer)
    said, reply = message(), Reply()
    begun = await client.begin_turn(said)
    failure = None
    try:
        await read_reply(client, wanted(begun, said), reply)
    except ParlourError as error:
        failure = error
    asked = [request.model for request in model.requests]
    if row.reply in (ANSWERED, NEXT):
        assert failure is None
        assert reply.text == reply.finished.text != ""
        assert asked == (["first"] if row.reply == ANSWERED else ["first"] * row.asked + ["second"])
        assert reply.finished.usage.model == reply.started[0].model == asked[-1]
        assert reply.finished.usage.completion_tokens == (row.completion_tokens if row.reply == ANSWERED else DELTAS)
        assert reply.finished.usage.prompt_tokens > 0
        assert reply.finished.stored
        return
    assert isinstance(failure, row.alone)
    assert asked == ["first"]  # neither a refusal nor what people have begun to read goes to another model
    assert reply.finished is None
    assert (reply.deltas[-1].completion_tokens if reply.deltas else 0) == (3 if row.reply == BROKEN_OFF else 0)
    assert (await client.begin_turn(said)).state == pb.TURN_STATE_ACCEPTED


@rows
async def test_a_completion_comes_to_what_the_table_says(client, model, row):
    model.always("first", row.answer)
    prompt = pb.PromptMessage(role="user", text="Say hello.")
    asked_for = pb.CompleteRequest(request_id="r", priority=pb.PRIORITY_INTERACTIVE, messages=[prompt], feature="extraction")
    if row.complete == REFUSED:
        with pytest.raises(ContentRefused):
            await client.complete(asked_for)
        assert [request.model for request in model.requests] == ["first"]
        return
    completed = await client.complete(asked_for)
    assert completed.text
    expected = "first" if row.complete == ANSWERED else "second"
    assert completed.usage.model == expected
    assert completed.usage.completion_tokens == (row.completion_tokens if expected == "first" else DELTAS)
    asked = 1 if row.alone is ContextTooLong else row.asked  # a caller's prompt is not ours to cut
    assert [request.model for request in model.requests] == (["first"] if expected == "first" else ["first"] * asked + ["second"])


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items() if row.reply == NEXT])
async def test_without_another_model_each_failure_has_its_own_reason(client, model, row):
    model.always("first", row.answer)
    said = message()
    begun = await client.begin_turn(said)
    with pytest.raises(row.alone) as failed:
        await read_reply(client, wanted(begun, said, models=["first"]))
    assert type(failed.value) is row.alone
    assert (await client.begin_turn(said)).state == pb.TURN_STATE_ACCEPTED


LIMITS = {
    "seconds": ({"Retry-After": "7"}, 7, 7),
    "a long time": ({"Retry-After": "86400"}, 3600, 3600),
    "what is used up": ({"x-ratelimit-reset-tokens": "1m30s", "x-ratelimit-remaining-tokens": "0"}, 90, 90),
    "nothing": ({}, None, None),
}


@pytest.mark.parametrize(("headers", "least", "most"), LIMITS.values(), ids=list(LIMITS))
async def test_a_rate_limit_carries_the_time_to_wait_to_the_caller(client, model, headers, least, most):
    model.always("first", Answer(status=429, headers=headers))
    said = message()
    begun = await client.begin_turn(said)
    with pytest.raises(RateLimited) as limited:
        await read_reply(client, wanted(begun, said, models=["first"]))
    waited = limited.value.retry_after_s
    assert waited is None if least is None else least <= waited <= most


async def test_of_two_rate_limits_the_sooner_one_is_told(client, model):
    model.always("first", Answer(status=429, retry_after_s=9))
    model.always("second", Answer(status=429, retry_after_s=4))
    said = message()
    begun = await client.begin_turn(said)
    with pytest.raises(RateLimited) as limited:
        await read_reply(client, wanted(begun, said))
    assert limited.value.retry_after_s == 4


async def test_a_prompt_that_a_provider_finds_too_long_is_made_smaller_once(client, model):
    for number in range(8):
        await answered(client, message(f"message {number} " + "blah " * 80))
    model.requests.clear()
    too_long = {
        "error_code": "context_length_exceeded",
        "error_message": "maximum context length is 900 tokens. your messages resulted in 1200 tokens",
    }
    model.next(Answer(status=400, **too_long))
    _, reply = await answered(client, message("what was that about?"), models=["first"])
    first, second = model.requests
    assert reply.started[0].model == "first"
    assert not reply.started[0].fell_back
    assert len(second.prompt) < len(first.prompt)
    assert reply.started[0].prompt_tokens < 900
    assert second.prompt.endswith("what was that about?")
    assert reply.started[0].left_out


async def test_the_holds_models_are_asked_in_its_order_and_no_other_is(client, model):
    _, reply = await answered(client, message(), models=["second", "first"])
    assert reply.started[0].model == "second"
    model.default = Answer(status=500)
    model.requests.clear()
    said = message()
    begun = await client.begin_turn(said)
    with pytest.raises(ModelUnavailable):
        await read_reply(client, wanted(begun, said, models=["second"]))
    assert {request.model for request in model.requests} == {"second"}


async def test_a_provider_that_knows_no_limit_is_stopped(client, model):
    model.next(Answer(raw="".join(f"{WORDS}\n\n" for _ in range(5_000))))
    _, reply = await answered(client, message(), models=["first"], max_completion_tokens=10)
    assert reply.finished.truncated
    assert 10 < reply.finished.usage.completion_tokens < 200


async def test_a_failing_model_is_counted_by_reason(client, model):
    def errors(reason: str) -> float:
        return REGISTRY.get_sample_value("parlour_conversation_model_errors_total", {"model": "first", "reason": reason}) or 0.0

    before = errors("RATE_LIMITED"), errors("MODEL_UNAVAILABLE")
    model.next(Answer(status=429), Answer(), Answer(status=500), Answer())
    await answered(client, message())
    await answered(client, message())
    assert (errors("RATE_LIMITED"), errors("MODEL_UNAVAILABLE")) == (before[0] + 1, before[1] + 1)


async def test_a_connection_that_the_server_closed_meanwhile_costs_no_reply(client, model):
    model.next(Answer(reset=True), Answer(text="here you are"))
    _, reply = await answered(client, message(), models=["first"])
    assert reply.text == "here you are"
    assert not reply.started[0].fell_back


async def test_many_replies_at_once_through_failing_models_all_end(client, model):
    model.always("first", Answer(cut_after=0))
    replies = await asyncio.gather(*(answered(client, message(user_id=f"u{number}")) for number in range(10)))
    assert all(reply.finished.usage.model == "second" for _, reply in replies)

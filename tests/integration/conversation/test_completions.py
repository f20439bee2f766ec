"""Completions: the way to a model for what is no reply."""

import asyncio
import json

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.background_budget import forget_usage
from services.runtime.errors import ContextTooLong, InvalidField, LimitReached, ModelUnavailable, Overloaded
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import Service, answered, message

SCHEMA = {"type": "object", "properties": {"fact": {"type": "string", "minLength": 3}}, "required": ["fact"]}


def request(**changes) -> pb.CompleteRequest:
    given = {
        "request_id": "r",
        "priority": pb.PRIORITY_INTERACTIVE,
        "messages": [pb.PromptMessage(role="user", text="Say hello.")],
        "feature": "extraction",
    }
    return pb.CompleteRequest(**{**given, **changes})


async def test_a_prompt_is_completed_with_its_usage(client, model):
    model.next(Answer(text="hello there", cached_prompt_tokens=1))
    completed = await client.complete(request(max_completion_tokens=50))
    assert completed.text == "hello there"
    assert (completed.usage.model, completed.usage.completion_tokens, completed.usage.cached_prompt_tokens) == ("first", 2, 1)
    assert model.requests[0].body["max_tokens"] == 50


async def test_a_schema_reaches_a_model_that_can_keep_to_it(client, model):
    completed = await client.complete(request(json_schema=json.dumps(SCHEMA)))
    assert json.loads(completed.text) == {"fact": "xxx"}
    assert model.requests[0].body["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_a_model_without_schemas_is_asked_in_words(client, model):
    model.always("first", Answer(status=500))
    model.always("second", Answer(text='{"fact": "yes"}'))
    completed = await client.complete(request(json_schema=json.dumps(SCHEMA)))
    assert completed.text == '{"fact": "yes"}'
    assert "response_format" not in model.requests[-1].body
    assert json.dumps(SCHEMA) in model.requests[-1].prompt


async def test_when_every_model_fails_the_last_failure_is_told(client, model):
    model.default = Answer(status=500)
    with pytest.raises(ModelUnavailable):
        await client.complete(request())


async def test_a_prompt_that_fits_no_model_is_refused(client, model):
    with pytest.raises(ContextTooLong):
        await client.complete(request(messages=[pb.PromptMessage(role="user", text="long " * 15_000)]))
    assert not model.requests


async def test_a_background_call_gives_way_to_a_person_and_is_finished_later(settings, model):
    service = await Service(settings.model_copy(update={"model_slots": 1, "first_token_s": 30.0})).start()
    try:
        model.next(Answer(first_delay_s=20, text="never seen"), Answer(text="for the person"), Answer(text="for nobody"))
        background = asyncio.create_task(service.client.complete(request(priority=pb.PRIORITY_BACKGROUND)))
        given_up = await model.request(0)
        _, reply = await answered(service.client, message())
        assert reply.text == "for the person"
        assert (await background).text == "for nobody"
        assert given_up.cancelled.is_set()
    finally:
        await service.stop()


async def test_a_call_that_finds_no_slot_in_its_time_is_refused_and_leaves_no_trace(settings, model):
    service = await Service(settings.model_copy(update={"model_slots": 1, "first_token_s": 30.0})).start()
    try:
        model.next(Answer(never=True))
        holding = asyncio.create_task(service.client.complete(request()))
        await model.request(0)
        with pytest.raises(Overloaded):
            await service.client.complete(request(), timeout_s=0.4)
        holding.cancel()
        assert len(model.requests) == 1
        assert (await service.client.complete(request())).text
    finally:
        await service.stop()


async def test_completions_that_break_a_rule_ask_no_model(client, model):
    bad = [
        ({"request_id": ""}, "request_id"),
        ({"priority": 0}, "priority"),
        ({"priority": 9}, "priority"),
        ({"messages": []}, "messages"),
        ({"messages": [pb.PromptMessage(role="root", text="x")]}, "messages[0].role"),
        ({"messages": [pb.PromptMessage(role="user", text="")]}, "messages[0].text"),
        ({"json_schema": "{"}, "json_schema"),
        ({"json_schema": "[]"}, "json_schema"),
        ({"json_schema": "[" * 20_000}, "json_schema"),
        ({"feature": ""}, "feature"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
    ]
    for changes, field in bad:
        with pytest.raises(InvalidField) as refused:
            await client.complete(request(**changes))
        assert refused.value.field == field
    assert not model.requests


async def test_background_work_of_a_guild_is_counted_by_feature_and_refused_when_its_day_is_used_up(settings, model, database):
    service = await Service(settings.model_copy(update={"background_tokens_max": 100})).start()
    background = {"priority": pb.PRIORITY_BACKGROUND, "guild_id": "g1"}
    try:
        used = (await service.client.complete(request(**background, messages=[pb.PromptMessage(role="user", text="word " * 200)]))).usage
        with pytest.raises(LimitReached, match="background tokens"):
            await service.client.complete(request(**background))
        await service.client.complete(request(**{**background, "guild_id": "g2"}, feature="summary"))
        await service.client.complete(request(guild_id="g1"))  # a person waits
        asked = len(model.requests)
        rows = await _rows(database, "SELECT guild_id, feature, calls, prompt_tokens FROM background_usage ORDER BY guild_id")
    finally:
        await service.stop()
    assert asked == 3
    assert [row[:3] for row in rows] == [("g1", "extraction", 1), ("g2", "summary", 1)]
    assert rows[0][3] == used.prompt_tokens > 100


async def test_the_budget_of_a_guild_is_whole_again_the_next_day_and_old_counts_go(settings, model, database):
    service = await Service(settings.model_copy(update={"background_tokens_max": 1})).start()
    background = {"priority": pb.PRIORITY_BACKGROUND, "guild_id": "g1"}
    try:
        await service.client.complete(request(**background))
        with pytest.raises(LimitReached):
            await service.client.complete(request(**background))
        await _rows(database, "UPDATE background_usage SET day = day - 1 RETURNING 1")
        await service.client.complete(request(**background))
        await forget_usage(database, 0)
        assert await _rows(database, "SELECT calls FROM background_usage") == [(1,)]
    finally:
        await service.stop()


async def _rows(database, statement):
    async with database.connection() as connection:
        return await (await connection.execute(statement)).fetchall()

"""Completions: the way to a model for what is no reply."""

import asyncio
import json
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.models.background_budget import forget_usage
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


def texts(model) -> list[str]:
    return [request.model for request in model.requests]


async def test_a_wrong_answer_is_asked_for_once_more_with_what_is_wrong_and_both_are_charged(client, model):
    model.next(Answer(text='{"fact": "no"}'), Answer(text='```json\n{"fact": "yes"}\n```'))
    completed = await client.complete(request(json_schema=json.dumps(SCHEMA)))
    assert completed.text == '{"fact": "yes"}'
    assert texts(model) == ["first", "first"]
    again = model.requests[1].messages
    assert [each["role"] for each in again[-2:]] == ["assistant", "user"]
    assert again[-2]["content"] == '{"fact": "no"}'
    assert "$.fact" in again[-1]["content"]
    assert completed.usage.completion_tokens == 2 + 2


async def test_a_model_that_is_wrong_twice_hands_over_to_the_next_and_the_last_failure_is_told(client, model):
    model.always("first", Answer(text="Sure, here it is!"))
    model.always("second", Answer(text='{"fact": "yes"}'))
    assert (await client.complete(request(json_schema=json.dumps(SCHEMA)))).usage.model == "second"
    assert texts(model) == ["first", "first", "second"]
    model.requests.clear()
    model.always("second", Answer(text="[]"))
    with pytest.raises(ModelUnavailable) as failed:
        await client.complete(request(json_schema=json.dumps(SCHEMA)))
    assert texts(model) == ["first", "first", "second", "second"]
    assert "Sure" not in failed.value.message


async def test_an_answer_that_was_cut_off_is_not_asked_for_again(client, model):
    model.always("first", Answer(text='{"fact": "a b c d e f g h"}'))
    model.always("second", Answer(text='{"fact":"yes"}'))
    completed = await client.complete(request(json_schema=json.dumps(SCHEMA), max_completion_tokens=4))
    assert completed.usage.model == "second"
    assert texts(model) == ["first", "second"]


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


async def test_background_calls_that_gave_way_are_all_finished_in_their_order_and_counted(settings, model, database):
    def preempted() -> float:
        return REGISTRY.get_sample_value("parlour_conversation_gate_preempted_total", {"gate": "all"}) or 0.0

    service = await Service(settings.model_copy(update={"model_slots": 2, "first_token_s": 30.0})).start()
    before = preempted()
    background = {"priority": pb.PRIORITY_BACKGROUND, "guild_id": "g1"}
    slow = Answer(deltas=("a", " b", " c", " d"), delta_delay_s=0.3)
    try:
        model.next(slow, slow)
        working = [asyncio.create_task(service.client.complete(request(**background, request_id=f"b{number}"))) for number in range(6)]
        await model.request(1)
        people = await asyncio.gather(*(service.client.complete(request()) for _ in range(2)))
        done = await asyncio.gather(*working)
        spent = await _rows(database, "SELECT calls, completion_tokens FROM background_usage")
    finally:
        await service.stop()
    assert all(each.text for each in people)
    assert len({each.text for each in done}) == 6
    assert preempted() - before == 2
    assert [request.cancelled.is_set() for request in model.requests][:2] == [True, True]
    # What the two had said before they gave way was paid for, and is counted beside what was finished.
    [(calls, tokens)] = spent
    assert 6 <= calls <= 8
    assert tokens >= sum(each.usage.completion_tokens for each in done)


async def test_a_models_own_slots_bound_its_calls_and_people_go_first_there_too(settings, model, tmp_path):
    path = Path(settings.models_file)
    path.write_text(path.read_text().replace('["json_schema"]', '["json_schema"]\nslots = 1'))
    service = await Service(settings.model_copy(update={"first_token_s": 30.0})).start()
    try:
        model.next(Answer(never=True), Answer(text="for the person"), Answer(text="for nobody"))
        background = asyncio.create_task(service.client.complete(request(priority=pb.PRIORITY_BACKGROUND)))
        given_up = await model.request(0)
        person = await service.client.complete(request())
        assert person.text == "for the person"
        assert (await background).text == "for nobody"
        assert given_up.cancelled.is_set()
        assert texts(model) == ["first", "first", "first"]
    finally:
        await service.stop()


async def test_a_model_whose_slots_stay_taken_by_people_hands_over_to_the_next(settings, model):
    path = Path(settings.models_file)
    path.write_text(path.read_text().replace('["json_schema"]', '["json_schema"]\nslots = 1'))
    service = await Service(settings).start()
    try:
        model.next(Answer(delta_delay_s=0.2))
        holding = asyncio.create_task(service.client.complete(request()))
        await model.request(0)
        assert (await service.client.complete(request())).usage.model == "second"
        assert (await holding).usage.model == "first"
    finally:
        await service.stop()


async def test_tokens_of_failed_answers_are_counted_against_a_guilds_budget(settings, model, database):
    service = await Service(settings).start()
    model.default = Answer(text="not what was asked for")
    try:
        with pytest.raises(ModelUnavailable):
            await service.client.complete(request(priority=pb.PRIORITY_BACKGROUND, guild_id="g1", json_schema=json.dumps(SCHEMA)))
        [(calls, tokens)] = await _rows(database, "SELECT calls, completion_tokens FROM background_usage")
    finally:
        await service.stop()
    assert (calls, tokens) == (4, 20)


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
        ({"json_schema": '{"type": "objekt"}'}, "json_schema"),
        ({"json_schema": '{"$ref": "https://example.org/schema"}'}, "json_schema"),
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

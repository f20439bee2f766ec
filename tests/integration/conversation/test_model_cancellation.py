"""Whoever stops a call stops the model: its server sees the connection closed within 200 ms, however far the call has come."""

import asyncio
import statistics
import time
from contextlib import aclosing

import pytest
from prometheus_client import REGISTRY

from parlour.conversation.v1 import conversation_pb2 as pb
from services.runtime.errors import DeadlineExceeded, ModelUnavailable, Overloaded
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import Service, message, read_reply, wanted

BOUND_S = 0.2
ROUNDS = 5


def prompt(**changes) -> pb.CompleteRequest:
    given = {"request_id": "r", "priority": pb.PRIORITY_INTERACTIVE, "messages": [pb.PromptMessage(role="user", text="Hi")], "feature": "extraction"}
    return pb.CompleteRequest(**{**given, **changes})


async def seen_closed_s(request, since: float) -> float:
    """Seconds from `since` to the moment in which the model's server saw the connection closed."""
    async with asyncio.timeout(5):
        await request.cancelled.wait()
    return request.cancelled_at - since


async def stopped(task: asyncio.Task) -> float:
    """Cancel a task; return when that was."""
    at = time.monotonic()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return at


@pytest.mark.parametrize("answer", [Answer(never=True), Answer(reasoning=("hm",) * 99, delta_delay_s=0.1)], ids=["silent", "thinking"])
async def test_a_reply_stopped_before_its_first_word_stops_the_model(client, model, answer):
    model.default = answer
    took = []
    for number in range(ROUNDS):
        said = message()
        begun = await client.begin_turn(said)
        reading = asyncio.create_task(read_reply(client, wanted(begun, said)))
        request = await model.request(number)
        took.append(await seen_closed_s(request, await stopped(reading)))
    assert statistics.median(took) <= BOUND_S


async def test_a_reply_closed_in_mid_stream_stops_the_model_and_what_came_is_known(client, model):
    def counted() -> float:
        labels = {"model": "first", "feature": "reply", "kind": "completion"}
        return REGISTRY.get_sample_value("parlour_conversation_tokens_total", labels) or 0.0

    model.default = Answer(deltas=tuple(f" w{number}" for number in range(100)), delta_delay_s=0.05)
    took, before, known = [], counted(), 0
    for number in range(ROUNDS):
        said = message()
        begun = await client.begin_turn(said)
        async with aclosing(client.reply(wanted(begun, said))) as responses:
            tokens = 0
            async for response in responses:
                tokens = response.delta.completion_tokens or tokens
                if tokens >= 3:
                    break
            at = time.monotonic()
        request = await model.request(number)
        took.append(await seen_closed_s(request, at))
        assert tokens <= request.deltas_sent <= tokens + 6
        known += tokens
    assert known <= counted() - before <= known + 6 * ROUNDS
    assert statistics.median(took) <= BOUND_S


@pytest.mark.parametrize("priority", [pb.PRIORITY_INTERACTIVE, pb.PRIORITY_BACKGROUND], ids=["a person's", "background"])
async def test_a_cancelled_completion_stops_the_model_and_frees_its_slot(settings, model, priority):
    service = await Service(settings.model_copy(update={"model_slots": 1, "first_token_s": 30.0})).start()
    took = []
    try:
        for number in range(ROUNDS):
            model.next(Answer(deltas=tuple("abcdefgh"), delta_delay_s=0.2))
            asking = asyncio.create_task(service.client.complete(prompt(priority=priority)))
            request = await model.request(2 * number)
            took.append(await seen_closed_s(request, await stopped(asking)))
            assert (await service.client.complete(prompt(), timeout_s=5)).text
    finally:
        await service.stop()
    assert statistics.median(took) <= BOUND_S


async def test_a_completion_whose_deadline_is_over_stops_the_model(client, model):
    model.default = Answer(never=True)
    at = time.monotonic()
    with pytest.raises((ModelUnavailable, Overloaded, DeadlineExceeded)):
        await client.complete(prompt(), timeout_s=0.6)
    assert await seen_closed_s(await model.request(0), at + 0.6) <= BOUND_S


async def test_a_completion_that_runs_out_of_time_is_answered_with_what_came(client, model):
    model.next(Answer(deltas=tuple(f" w{number}" for number in range(100)), delta_delay_s=0.1))
    completed = await client.complete(prompt(), timeout_s=3)
    assert 0 < completed.usage.completion_tokens < 30
    assert completed.text.split() == [f"w{number}" for number in range(completed.usage.completion_tokens)]


async def test_a_background_call_that_gives_way_stops_its_model(settings, model):
    service = await Service(settings.model_copy(update={"model_slots": 1, "first_token_s": 30.0})).start()
    try:
        model.next(Answer(never=True))
        background = asyncio.create_task(service.client.complete(prompt(priority=pb.PRIORITY_BACKGROUND)))
        request = await model.request(0)
        at = time.monotonic()
        await service.client.complete(prompt())
        assert await seen_closed_s(request, at) <= BOUND_S
        assert (await background).text
    finally:
        await service.stop()

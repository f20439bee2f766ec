"""The real local model through the service: streaming, usage, schemas, its prefix cache, a prompt too long for it, and cancellation."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.local.model_server import MODEL
from tests.integration.conversation.conftest import Service, answered, message, wanted
from tests.local_model import local_model

MODELS = """
[models.local.endpoint]
base_url = "{url}"
provider_model = "{model}"
context_window_tokens = {window}
max_completion_tokens = {completion}
capabilities = ["json_schema"]
slots = 2
"""
SCHEMA = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"], "additionalProperties": False}
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def local_url() -> Iterator[str]:
    with local_model() as url:
        yield url


def with_models(settings, url: str, *, window: int = 2048, completion: int = 400):
    Path(settings.models_file).write_text(MODELS.format(url=url, model=MODEL, window=window, completion=completion))
    return settings.model_copy(update={"first_token_s": 60.0, "idle_s": 60.0})


@pytest.fixture
async def local(settings, local_url):
    service = await Service(with_models(settings, local_url)).start()
    yield service
    await service.stop()


def prompt(text: str = "Say hello.", **changes) -> pb.CompleteRequest:
    given = {"request_id": "r", "priority": pb.PRIORITY_INTERACTIVE, "messages": [pb.PromptMessage(role="user", text=text)], "feature": "extraction"}
    return pb.CompleteRequest(**{**given, **changes})


async def test_a_reply_is_streamed_with_the_models_own_count(local):
    said = message("Say hello to everybody.")
    begun = await local.client.begin_turn(said)
    deltas, finished = [], None
    asked = wanted(begun, said, models=["local"], max_completion_tokens=24)
    async for response in local.client.reply(asked, timeout_s=100):
        if response.HasField("delta"):
            deltas.append(response.delta)
        finished = response.finished if response.HasField("finished") else None
    assert len(deltas) > 1
    assert "".join(delta.text for delta in deltas) == finished.text
    assert finished.usage.prompt_tokens > 50
    assert 1 <= finished.usage.completion_tokens <= 24
    assert abs(deltas[-1].completion_tokens - finished.usage.completion_tokens) <= 2  # ours, beside the model's
    assert finished.stored


async def test_a_repeated_prompt_is_read_from_the_prefix_cache(local):
    text = "Once upon a time there was a fox who lived in a wood. " * 4
    await local.client.complete(prompt(text, max_completion_tokens=2), timeout_s=100)
    again = await local.client.complete(prompt(text, max_completion_tokens=2), timeout_s=100)
    assert again.usage.cached_prompt_tokens > again.usage.prompt_tokens / 2


async def test_an_answer_keeps_to_its_schema(local):
    asked = prompt("Is snow white?", json_schema=json.dumps(SCHEMA), max_completion_tokens=60)
    completed = await local.client.complete(asked, timeout_s=100)
    assert isinstance(json.loads(completed.text)["yes"], bool)


async def test_a_prompt_that_the_server_finds_too_long_is_made_smaller_once(settings, local_url):
    # The models file promises a window that the server does not have.
    service = await Service(with_models(settings, local_url, window=16_000, completion=16)).start()
    try:
        said = message("a b c d " * 900)  # 3,600 tokens for this model
        begun = await service.client.begin_turn(said)
        await service.client.end_turn(pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_CUT, text="Go on."))
        said = message("And then?")
        begun = await service.client.begin_turn(said)
        asked = wanted(begun, said, models=["local"], max_completion_tokens=4)
        events = [response async for response in service.client.reply(asked, timeout_s=110)]
    finally:
        await service.stop()
    assert any("earlier message" in words for words in events[0].started.left_out)
    assert 0 < events[-1].finished.usage.prompt_tokens <= 2048 - 4


async def test_after_a_reply_was_stopped_the_model_is_free_for_the_next(local):
    asked = prompt("Say hello.", max_completion_tokens=4)
    alone_s = await _seconds(local.client.complete(asked, timeout_s=100))
    for _ in range(4):  # twice as many as it has slots: one that went on would be in the way
        said = message("Tell me a very long story about a fox.", channel_id="stories")
        begun = await local.client.begin_turn(said)
        async with aclosing(local.client.reply(wanted(begun, said, models=["local"], max_completion_tokens=400), timeout_s=100)) as responses:
            async for response in responses:
                if response.HasField("delta"):
                    break
    # Stories of 400 tokens that went on would take a hundred times as long as these four words.
    assert await _seconds(local.client.complete(asked, timeout_s=100)) < 3 * alone_s + 3


async def _seconds(call) -> float:
    began_at = time.monotonic()
    await call
    return time.monotonic() - began_at


async def test_background_work_gives_way_on_the_real_server_and_is_finished_later(local):
    asked = prompt("Tell me a long story.", priority=pb.PRIORITY_BACKGROUND, max_completion_tokens=12)
    background = [asyncio.create_task(local.client.complete(asked, timeout_s=110)) for _ in range(2)]
    await asyncio.sleep(0)
    _, reply = await answered(local.client, message("Hello!"), models=["local"], max_completion_tokens=4)
    assert reply.finished.usage.completion_tokens >= 1
    assert not all(task.done() for task in background)
    assert [bool((await task).text) for task in background] == [True, True]

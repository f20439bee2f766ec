"""Whether a model's provider is there is known before somebody waits for its answer."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from services.conversation.models.language_model import LanguageModel, ModelCall, Patience
from services.conversation.models.model_reach import ModelReach, Standing, standing_of
from services.conversation.models.models_file import ModelEndpoint
from services.runtime.breaker import Breaker
from services.runtime.errors import CircuitOpen, ModelUnavailable
from tests.fakes.model_server import Answer, ModelServer


@asynccontextmanager
async def provider(status: int, *, silent: bool = False) -> AsyncIterator[str]:
    """A provider that answers GET /v1/models with a status, or with nothing."""
    ended = asyncio.Event()

    async def models(_: web.Request) -> web.Response:
        if silent:
            await ended.wait()
        return web.json_response({"object": "list", "data": []} if status == 200 else {"error": {"message": "no"}}, status=status)

    app = web.Application()
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        ended.set()
        await runner.cleanup()


@asynccontextmanager
async def model_at(base_url: str, name: str = "small", breaker: Breaker | None = None) -> AsyncIterator[LanguageModel]:
    endpoint = ModelEndpoint(name=name, base_url=base_url, provider_model="p", context_window_tokens=1000, max_completion_tokens=100)
    model = LanguageModel(endpoint, patience=Patience(5, 5), breaker=breaker or Breaker(f"model:{name}", "stream"))
    try:
        yield model
    finally:
        await model.close()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Standing.REACHED),
        (404, Standing.REACHED),  # not every provider lists its models
        (429, Standing.REACHED),
        (401, Standing.REFUSED),
        (403, Standing.REFUSED),
        (500, Standing.UNREACHABLE),
        (503, Standing.UNREACHABLE),
    ],
)
async def test_what_a_provider_answers_says_how_it_stands(status: int, expected: Standing) -> None:
    async with provider(status) as base_url, model_at(base_url) as model:
        assert await standing_of(model, timeout_s=5) is expected


async def test_a_provider_that_is_not_there_or_silent_cannot_be_reached() -> None:
    async with model_at("http://127.0.0.1:1/v1") as model:
        assert await standing_of(model, timeout_s=5) is Standing.UNREACHABLE
    async with provider(200, silent=True) as base_url, model_at(base_url) as model:
        assert await standing_of(model, timeout_s=0.2) is Standing.UNREACHABLE


async def test_a_model_that_answers_again_answers_everybody_before_its_first_answer_is_over() -> None:
    breaker = Breaker("model:again", "stream", failures_max=1, open_s=0.5)
    async with ModelServer(default=Answer(delta_delay_s=0.05)) as server, model_at(server.base_url, "again", breaker) as model:
        server.next(Answer(status=500))
        call = ModelCall((), 100, time.monotonic() + 20)
        with pytest.raises(ModelUnavailable):
            await anext(model.stream(call))
        with pytest.raises(CircuitOpen):
            await anext(model.stream(call))
        await asyncio.sleep(0.5)
        async with aclosing(model.stream(call)) as probe, aclosing(model.stream(call)) as other:
            await anext(probe)
            await anext(other)
        assert breaker.state == "closed"


async def test_a_metric_says_how_each_model_stands_and_follows_it() -> None:
    def shown(standing: Standing) -> float | None:
        return REGISTRY.get_sample_value("parlour_conversation_model_standing", {"model": "followed", "standing": standing.value})

    async def until(standing: Standing) -> None:
        async with asyncio.timeout(10):
            while shown(standing) != 1:
                await asyncio.sleep(0.01)

    async with AsyncExitStack() as there:
        base_url = await there.enter_async_context(provider(200))
        async with model_at(base_url, "followed") as model:
            reach = ModelReach([model], interval_s=0.02, timeout_s=1)
            asking = asyncio.create_task(reach.ask_forever())
            await until(Standing.REACHED)
            assert shown(Standing.UNREACHABLE) == 0
            await there.aclose()
            await until(Standing.UNREACHABLE)
            assert shown(Standing.REACHED) == 0
            reach.stop()
            await asking


async def test_what_answers_in_no_protocol_is_no_provider_and_ends_nothing():
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.write(bytes(range(200, 256)))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, model_at(f"http://127.0.0.1:{port}/v1") as model:
        assert await standing_of(model, timeout_s=5) is Standing.UNREACHABLE
        with pytest.raises(ModelUnavailable):
            await anext(model.stream(ModelCall((), 10, time.monotonic() + 5)))

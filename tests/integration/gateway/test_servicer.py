"""The assistant over gRPC."""

import asyncio
from functools import partial

import grpc
import pytest

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.gateway.notices import WORDS as NOTICES
from services.gateway.servicer import AssistantServicer
from services.gateway.settings import GatewaySettings
from services.gateway.status import MEANING, Status, probe_service
from services.runtime import errors
from services.runtime.health import Health
from services.runtime.server import Server
from tests.integration.gateway.scripted_faults import WORDS
from tests.integration.gateway.scripted_services import Answer, Scripted, eventually, request, scripted_services

Final = gateway_pb2.Final


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


@pytest.fixture
async def health(scripted: Scripted) -> Health:
    health = Health(probe_timeout_s=0.5)
    for name, remote in scripted.remotes.items():
        health.watch(name, partial(probe_service, remote))
    return health


@pytest.fixture
async def stub(scripted: Scripted, health: Health):
    breakers = {name: partial(getattr, remote, "breaker_state") for name, remote in scripted.remotes.items()}
    status = Status(health, breakers, instance_id="gateway-1", version="0.1.0")
    server = Server("gateway", scripted.settings.model_copy(update={"listen": "127.0.0.1:0"}), Health())
    servicer = AssistantServicer(scripted.assistant, status)
    server.add(gateway_pb2_grpc.add_AssistantServiceServicer_to_server, servicer, "parlour.gateway.v1.AssistantService")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield gateway_pb2_grpc.AssistantServiceStub(channel)
    await server.stop(0)


async def test_an_answer_comes_as_a_stream(stub):
    answer = Answer([event async for event in stub.HandleMessage(request("Hello"), timeout=10)])
    assert answer.streamed == answer.text == "".join(WORDS)


async def test_a_caller_who_cancels_stops_the_model_and_is_charged_for_what_was_delivered(scripted: Scripted, stub):
    scripted.conversation.mid_stream = asyncio.Event()
    call = stub.HandleMessage(request("Hello"), timeout=10)
    async for event in call:
        if event.delta.text == WORDS[1]:
            break
    call.cancel()
    await eventually(lambda: scripted.conversation.cancelled == 1, "the model is stopped")
    await eventually(lambda: scripted.hold_states() == ["CAPTURED"], "what was delivered is charged")
    await eventually(lambda: scripted.turn_states() == ["CUT"], "the turn is stored as cut")


async def test_a_caller_with_little_time_gets_what_there_is_within_it(scripted: Scripted, stub):
    scripted.conversation.mid_stream = asyncio.Event()
    answer = Answer([event async for event in stub.HandleMessage(request("Hello"), timeout=4.0)])
    assert answer.final.outcome == Final.OUTCOME_CUT
    assert answer.text.endswith(NOTICES["cut_time"])


async def test_status_names_every_feature_and_what_its_loss_means(scripted: Scripted, stub, health: Health):
    await health.probe_all()
    status = await stub.GetStatus(gateway_pb2.GetStatusRequest(), timeout=5)
    assert [(feature.name, feature.healthy, feature.detail) for feature in status.features] == [
        ("credit", True, ""),
        ("memory", True, ""),
        ("conversation", True, ""),
    ]
    assert (status.instance_id, status.version) == ("gateway-1", "0.1.0")


async def test_a_service_that_fails_again_and_again_is_shown_as_unwell(scripted: Scripted, stub, health: Health):
    await health.probe_all()
    scripted.fail("SearchMemories", errors.DependencyUnavailable("database"))
    for _ in range(6):
        async for _event in stub.HandleMessage(request("Hello"), timeout=10):
            pass
    status = await stub.GetStatus(gateway_pb2.GetStatusRequest(), timeout=5)
    broken = {feature.name: feature.detail for feature in status.features if not feature.healthy}
    assert broken == {"memory": MEANING["memory"]}


async def test_a_service_that_does_not_answer_is_shown_as_unwell(scripted: Scripted, health: Health):
    await scripted.server.stop(0)
    await health.probe_all()
    status = Status(health, {}, instance_id="i", version="v").describe()
    assert [feature.healthy for feature in status.features] == [False, False, False]


def test_settings_read_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    for name in ("CREDIT", "MEMORY", "CONVERSATION"):
        monkeypatch.setenv(f"PARLOUR_{name}_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("PARLOUR_GATEWAY_TURN_S", "15")
    monkeypatch.setenv("DISCORD_TOKEN", "s3cret")
    settings = GatewaySettings()  # type: ignore[call-arg]
    assert (settings.turn_s, settings.discord_token) == (15.0, "s3cret")
    assert "s3cret" not in repr(settings)

"""Is it for me? From a message in a guild to an answer, or to silence, and to the words that explain it."""

import grpc
import pytest

from parlour.conversation.v1 import conversation_pb2 as conv
from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.gateway.addressing.model import shipped_model
from services.gateway.servicer import AssistantServicer
from services.gateway.status import Status
from services.runtime import errors
from services.runtime.health import Health
from services.runtime.server import Server
from tests.integration.gateway.scripted_faults import WORDS
from tests.integration.gateway.scripted_services import Scripted, ask, scripted_services

WHOLE = "".join(WORDS)


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


def decide_on(scripted: Scripted, **settings: object) -> None:
    scripted.guilds.by_guild["g"] = conv.GuildSettings(guild_id="g", extraction=True, **settings)  # type: ignore[arg-type]


async def has_talked_with_the_assistant(scripted: Scripted) -> None:
    for text in ("parlour, what do I call my new puppy?", "parlour, and why?"):
        assert (await ask(scripted.assistant, text, guild_id="g", channel_id="c")).text == WHOLE


def explained(scripted: Scripted, user: str = "ada") -> gateway_pb2.ExplainAddressingResponse:
    return scripted.assistant.addresser.explain(gateway_pb2.ExplainAddressingRequest(guild_id="g", channel_id="c", user_id=user))


async def test_who_goes_on_talking_with_the_assistant_is_answered_without_naming_it(scripted: Scripted):
    decide_on(scripted, addressing_threshold=shipped_model().threshold)
    await has_talked_with_the_assistant(scripted)
    assert (await ask(scripted.assistant, "yes, I will call him that", guild_id="g", channel_id="c")).text == WHOLE
    assert explained(scripted).reason == "model"


async def test_not_so_where_the_guild_switched_the_model_off(scripted: Scripted):
    decide_on(scripted, addressing_threshold=0.01, addressing_model=False)
    await has_talked_with_the_assistant(scripted)
    assert (await ask(scripted.assistant, "yes, I will call him that", guild_id="g", channel_id="c")).ignored == "not_addressed"


async def test_not_so_in_another_channel(scripted: Scripted):
    decide_on(scripted, addressing_threshold=shipped_model().threshold)
    await has_talked_with_the_assistant(scripted)
    assert (await ask(scripted.assistant, "yes, I will call him that", guild_id="g", channel_id="elsewhere")).ignored == "not_addressed"


async def test_a_designated_channel_is_answered_in(scripted: Scripted):
    decide_on(scripted, answered_channel_ids=["c"])
    assert (await ask(scripted.assistant, "has anybody seen my keys?", guild_id="g", channel_id="c")).text == WHOLE
    assert explained(scripted).text == "In this channel I answer every message."


@pytest.mark.parametrize("settings", [{"ignored_user_ids": ["ada"]}, {"ignored_channel_ids": ["c"]}, {"allowed_channel_ids": ["x"]}])
async def test_who_is_ignored_starts_no_turn_even_with_a_mention(scripted: Scripted, settings: dict[str, object]):
    decide_on(scripted, **settings)
    assert (await ask(scripted.assistant, "hello", guild_id="g", channel_id="c", mentions_assistant=True)).ignored == "ignored"
    assert scripted.asked("BeginTurn") == []
    assert explained(scripted).reason == "ignored"


async def test_a_mention_is_answered_though_the_guild_is_not_known(scripted: Scripted):
    scripted.fail("GetGuildSettings", errors.DependencyUnavailable("database"))
    assert (await ask(scripted.assistant, "hello", guild_id="g", mentions_assistant=True)).text == WHOLE


async def test_why_is_explained_over_the_api(scripted: Scripted):
    server = Server("gateway", scripted.settings.model_copy(update={"listen": "127.0.0.1:0"}), Health())
    servicer = AssistantServicer(scripted.assistant, Status(Health(), {}, instance_id="i", version="v"))
    server.add(gateway_pb2_grpc.add_AssistantServiceServicer_to_server, servicer, "parlour.gateway.v1.AssistantService")
    await server.start()
    await ask(scripted.assistant, "has anybody seen my keys?", guild_id="g", channel_id="c", message_id="m1")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = gateway_pb2_grpc.AssistantServiceStub(channel)
        request = gateway_pb2.ExplainAddressingRequest(guild_id="g", channel_id="c", user_id="ada")
        why = await stub.ExplainAddressing(request, timeout=5)
        nothing = await stub.ExplainAddressing(gateway_pb2.ExplainAddressingRequest(guild_id="g", channel_id="c", user_id="bob"), timeout=5)
    await server.stop(0)
    assert (why.known, why.message_id, why.addressed, why.reason) == (True, "m1", False, "not_addressed")
    assert 0 < why.probability < why.threshold == shipped_model().cautious_threshold
    assert why.text.startswith("Nobody was named; it looked ")
    assert (nothing.known, nothing.HasField("probability")) == (False, False)


async def test_asking_why_in_words_explains_the_message_before(scripted: Scripted):
    await ask(scripted.assistant, "has anybody seen my keys?", guild_id="g", channel_id="c")
    answer = await ask(scripted.assistant, "parlour, why didn't you answer me?", guild_id="g", channel_id="c")
    assert answer.text.startswith("Nobody was named; it looked ")


async def test_what_was_said_privately_is_not_heard_by_the_channel(scripted: Scripted):
    answer = await ask(scripted.assistant, "/why", guild_id="g", channel_id="c")
    assert answer.final.private
    talks = scripted.assistant.addresser._talks
    assert sum(len(talk) for place in talks if (talk := talks.peek(place)) is not None) == 0

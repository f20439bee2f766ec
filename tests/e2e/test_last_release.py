"""The whole stack on the databases that the last release left: who was known is known, and what was decided holds."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest

from parlour.gateway.v1 import gateway_pb2
from services.credit.reconcile import check_books_at
from services.gateway.notices import WORDS as NOTICES
from services.local.addresses import free_port, free_port_base
from services.local.data_folder import opened
from services.local.databases import create_and_migrate
from services.local.environment import DATABASES
from services.local.postgres import NOT_DURABLE, Postgres
from tests.fakes.model_server import ModelServer
from tests.released import daily_life, dumps
from tests.released.alone import running_alone
from tests.released.daily_life import Member
from tests.running_stack import SERVICES, RunningStack, eventually

Final = gateway_pb2.Final
pytestmark = pytest.mark.usefixtures("model")


@pytest.fixture(scope="module")
def later_stack() -> Iterator[tuple[RunningStack, int]]:
    """This release's stack in a folder of the last one, and the port of its model."""
    folder, model_port = Path(tempfile.mkdtemp(prefix="parlour-later-")), free_port()
    folder.chmod(0o755)
    with opened(folder / "data") as data, running_alone(server := Postgres(data.database, settings=NOT_DURABLE), folder / "log"):
        create_and_migrate(server)  # for the roles
        for service in DATABASES:
            server.drop_database(service)
            dumps.load(server, service, service)
    environment = {"OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1", "PARLOUR_MODEL": "scripted", **daily_life.SETTINGS}
    stack = RunningStack(folder / "data", free_port_base(), environment)
    stack.start()
    yield stack, model_port
    stack.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def model(later_stack: tuple[RunningStack, int]) -> AsyncIterator[ModelServer]:
    async with ModelServer(port=later_stack[1]) as server:
        yield server


@pytest.fixture
async def gateway(later_stack: tuple[RunningStack, int]) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(later_stack[0].address("gateway")) as channel:
        yield channel


async def test_what_was_remembered_is_remembered_and_what_was_forgotten_is_not(gateway: grpc.aio.Channel) -> None:
    told = (await Member(gateway, "ada", "").ask("/memories")).final
    assert {"I play the viola", "my cat is called Pixel", "I live in Oslo"} <= {memory.text for memory in told.memories}
    assert not {"I play the cello", "my cat is called Miso", "I sing in the choir"} & {memory.text for memory in told.memories}


async def test_somebody_is_answered_in_the_voice_they_chose_by_the_rules_of_their_guild_and_charged(
    model: ModelServer, gateway: grpc.aio.Channel
) -> None:
    ada = Member(gateway, "ada")
    before = (await ada.ask("/credits")).final.available_microcredits
    answer = (await ada.ask("What did we say about plants in the shade?")).final
    assert answer.outcome == Final.OUTCOME_ANSWERED
    prompt = next(request.prompt for request in model.requests if "about plants in the shade" in request.prompt)
    for shown in ("Write very formally.", "Be kind to dragons", "And in the shade of the house?"):
        assert shown in prompt
    # The pool of the guild pays for its members, and what it has given and was charged stands in the books.
    assert (answer.charged_microcredits > 0, (await ada.ask("/credits")).final.available_microcredits) == (True, before)
    assert before > 100 * daily_life.CREDIT


async def test_who_is_frozen_blocked_or_ignored_still_is(gateway: grpc.aio.Channel) -> None:
    frozen = (await Member(gateway, "frank", "").ask("Hello")).final
    assert (frozen.outcome, "frozen" in frozen.text) == (Final.OUTCOME_REFUSED, True)
    assert (await Member(gateway, "troll").ask("Hello")).events[-1].ignored.reason == "ignored"

    async def blocked() -> bool:
        return (await Member(gateway, "spammer", "").ask("Hello")).events[-1].ignored.reason == "blocked"

    await eventually(blocked, "the gateway has heard of the block", 60)


async def test_who_was_erased_is_unknown_and_of_who_opted_out_nothing_is_kept(gateway: grpc.aio.Channel) -> None:
    assert (await Member(gateway, "eve").ask("/memories")).final.text == NOTICES["memories_none"]
    olga = Member(gateway, "olga", "")
    assert (await olga.ask("What is a good name for a heron?")).final.outcome == Final.OUTCOME_ANSWERED
    assert (await olga.ask("/summary")).final.text == NOTICES["summary_nothing"]


async def test_after_all_that_the_books_are_in_order_and_nothing_happened_that_should_not(later_stack: tuple[RunningStack, int]) -> None:
    stack, _ = later_stack
    assert await check_books_at(stack.database_url("credit")) == []
    assert [service for service in SERVICES if "INTERNAL" in stack.log(service)] == []

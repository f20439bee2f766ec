"""The saga against the real services, each a process of its own: what a crash leaves behind, and that the books balance after it."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation import client as conversation_client
from services.credit import client as credit_client
from services.gateway.assistant import Assistant
from services.gateway.assistant_turn import Services
from services.gateway.notices import WORDS as NOTICES
from services.gateway.orphans import OrphanPoll
from services.gateway.person_lease import PersonLeases
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.local.addresses import free_port
from services.local.child import Command, signal_group, spawn, stop
from services.local.watchdog import Watchdog
from services.memory import client as memory_client
from services.runtime.channel import Remote
from services.runtime.errors import CircuitOpen, DependencyUnavailable
from tests.fakes.model_server import Answer as Scripted
from tests.fakes.model_server import ModelServer
from tests.integration.gateway.scripted_services import Reader, ask

Final = gateway_pb2.Final
START = 100_000_000
TURN_S = 4.0
MODELS = """
price_version = "test"
default_tier = "free"
[models.scripted.endpoint]
base_url = "http://127.0.0.1:{port}/v1"
provider_model = "scripted"
api_key_env = ""
context_window_tokens = 2048
max_completion_tokens = 400
capabilities = []
[models.scripted.price]
prompt_microcredits_per_million_tokens = 100_000_000
cached_prompt_microcredits_per_million_tokens = 50_000_000
completion_microcredits_per_million_tokens = 400_000_000
image_microcredits = 0
[tiers.free]
models = ["scripted"]
allowance_microcredits = 100_000_000
overdraft_microcredits = 0
capture_policy = "cap"
grace_s = 600
"""
SERVICES = ("credit", "memory", "conversation")


@dataclass
class Processes:
    """The three services, to be killed and started again."""

    folder: Path
    watchdog: Watchdog
    environment: dict[str, str]
    addresses: dict[str, str]
    running: dict[str, tuple[subprocess.Popen[bytes], Command]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        command = Command(name, [sys.executable, "-m", f"services.{name}", "serve"], self.environment)
        self.running[name] = (spawn(command, self.folder / f"{name}.log", self.watchdog), command)

    def kill(self, name: str) -> None:
        process, command = self.running.pop(name)
        signal_group(process.pid, signal.SIGKILL)
        stop(process, command, self.watchdog)

    def stop(self) -> None:
        for name in list(self.running):
            process, command = self.running.pop(name)
            stop(process, command, self.watchdog)

    async def ready(self, name: str) -> None:
        options = [("grpc.max_reconnect_backoff_ms", 200)]
        async with grpc.aio.insecure_channel(self.addresses[name], options=options) as channel:
            check = health_pb2_grpc.HealthStub(channel).Check
            try:
                await check(health_pb2.HealthCheckRequest(), timeout=30, wait_for_ready=True)
            except grpc.aio.AioRpcError as error:
                raise AssertionError(f"{name}: {error.details()}; {await self.last_words(name)}") from error

    async def last_words(self, name: str) -> str:
        """Whether a process is still there, and the end of its log, with where each of its threads stands."""
        process, _ = self.running[name]
        if (status := process.poll()) is None:
            process.send_signal(signal.SIGUSR1)
            await asyncio.sleep(1)
        return f"exit status {status}\n{(self.folder / f'{name}.log').read_text(errors='replace')[-8000:]}"


@pytest.fixture(scope="module")
def model_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def processes(engine_folder: Path, watchdog: Watchdog, cloned_database: Callable[[str], tuple[str, str]], model_port: int) -> Iterator[Processes]:
    models = engine_folder / "models.toml"
    models.write_text(MODELS.format(port=model_port))
    addresses = {name: f"127.0.0.1:{free_port()}" for name in SERVICES}
    environment = dict(os.environ) | {"PARLOUR_MODELS_FILE": str(models), "PARLOUR_CONVERSATION_TURN_S": str(TURN_S)}
    for name, address in addresses.items():
        prefix = f"PARLOUR_{name.upper()}"
        url = cloned_database(name)[1]
        environment |= {f"{prefix}_LISTEN": address, f"{prefix}_ADDRESS": address, f"{prefix}_DATABASE_URL": url}
    processes = Processes(engine_folder, watchdog, environment, addresses)
    for name in SERVICES:
        processes.start(name)
    yield processes
    processes.stop()


@dataclass
class Real:
    """An assistant over the real services, and somebody new."""

    assistant: Assistant
    services: Services
    poll: OrphanPoll
    user_id: str

    async def ask(self, text: str, **fields: object):
        return await ask(self.assistant, text, user_id=self.user_id, **fields)

    def read(self, text: str, **fields: object) -> Reader:
        return Reader(self.assistant, text, user_id=self.user_id, **fields)

    async def balance(self) -> credit_pb2.Balance:
        account = credit_pb2.GetBalanceRequest(account_id=f"user:{self.user_id}")
        return (await patiently(lambda: self.services.credit.get_balance(account))).balance

    async def captures(self) -> list[int]:
        request = credit_pb2.ListEntriesRequest(account_id=f"user:{self.user_id}")
        entries = await patiently(lambda: self.services.credit.list_entries(request))
        return [-entry.amount_microcredits for entry in entries.entries if entry.kind == "capture"]

    async def settled(self) -> credit_pb2.Balance:
        """Wait until nothing of the account is held."""
        async with asyncio.timeout(20):
            while (balance := await self.balance()).held_microcredits:
                await asyncio.sleep(0.05)
        return balance

    async def turn(self, message_id: str) -> conversation_pb2.BeginTurnResponse:
        """The turn as it is stored."""
        request = conversation_pb2.BeginTurnRequest(message_id=message_id, channel_id="dm", user_id=self.user_id, text="Tell me a story")
        return await patiently(lambda: self.services.conversation.begin_turn(request))


async def patiently[A](call: Callable[[], Awaitable[A]]) -> A:
    """Call until the channel to a restarted service is connected again."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await call()
            except (DependencyUnavailable, CircuitOpen):
                await asyncio.sleep(0.1)


@pytest.fixture
async def model(model_port: int) -> AsyncIterator[ModelServer]:
    async with ModelServer(port=model_port) as server:
        yield server


@pytest.fixture
async def real(processes: Processes, model: ModelServer) -> AsyncIterator[Real]:
    for name in SERVICES:
        await processes.ready(name)
    addresses = {f"{name}_address": address for name, address in processes.addresses.items()}
    settings = GatewaySettings(turn_s=TURN_S, turn_margin_s=0.2, end_retry_s=15.0, **addresses)  # type: ignore[arg-type]
    clients = {"credit": credit_client, "memory": memory_client, "conversation": conversation_client}
    remotes = {name: Remote(name, processes.addresses[name], retried=clients[name].RETRIED, open_s=0.5) for name in SERVICES}
    services = Services(
        credit_client.CreditClient(remotes["credit"]),
        memory_client.MemoryClient(remotes["memory"]),
        conversation_client.ConversationClient(remotes["conversation"]),
    )
    settlement = Settlement(services.credit, services.conversation, settle_s=1.0, retry_s=settings.end_retry_s)
    assistant = Assistant(services, settings, settlement, PersonLeases(None, ttl_s=15, wait_s=1))
    yield Real(assistant, services, OrphanPoll(services, settlement, settings, assistant.couriers), uuid.uuid4().hex[:16])
    await assistant.close()
    for remote in remotes.values():
        await remote.close()


async def eventually_text(reader: Reader) -> None:
    """Wait for the first words."""
    async with asyncio.timeout(10):
        while not any(event.WhichOneof("event") == "delta" for event in reader.events):
            await asyncio.sleep(0.005)


async def test_an_answer_is_charged_once_though_a_job_settles_it_too(real: Real):
    answer = await real.ask("Tell me a story", message_id=(message_id := uuid.uuid4().hex))
    assert answer.final.outcome == Final.OUTCOME_ANSWERED
    assert answer.notices == []
    balance = await real.settled()
    assert balance.available_microcredits == START - answer.final.charged_microcredits == answer.final.available_microcredits
    assert await real.captures() == [answer.final.charged_microcredits]
    assert (await real.turn(message_id)).state == conversation_pb2.TURN_STATE_FINISHED


async def test_what_is_remembered_reaches_the_model_and_the_list(real: Real, model: ModelServer):
    assert (await real.ask("remember that my cat is called Miso")).text == "I'll remember that: my cat is called Miso."
    assert "Miso" in (await real.ask("what do you remember about me?")).text
    answer = await real.ask("What is my cat called?")
    assert answer.final.memories_used == 1
    assert "Miso" in (await model.request()).prompt


async def test_forgetting_waits_for_a_yes_and_can_be_undone(real: Real):
    await real.ask("remember that my cat is called Miso")
    assert (await real.ask("forget about my cat")).final.forget_offer.plan_id
    assert (await real.ask("yes")).final.forget_done.forgotten == 1
    assert (await real.ask("/memories")).text == NOTICES["memories_none"]
    await real.ask("undo")
    assert "Miso" in (await real.ask("/memories")).text


async def test_a_wish_shapes_the_answer_to_it_is_explained_and_is_undone(real: Real, model: ModelServer):
    answer = await real.ask("be shorter please")
    assert "Keep answers short." in (await model.request()).prompt
    (notice,) = (event.notice for event in answer.events if event.WhichOneof("event") == "notice")
    assert (notice.kind, notice.text) == ("persona_change", 'Answers are shorter from now on; say "undo that" to go back.')
    why = await real.ask("why do you talk like this?")
    assert (why.final.outcome, why.final.charged_microcredits) == (Final.OUTCOME_COMMAND, 0)
    assert why.text.startswith('I keep answers short: you said "be shorter please" on ')
    assert (await real.ask("undo that")).text == "I took back the last change to how long my answers are."
    assert (await real.ask("why do you talk like this?")).text.startswith("I talk as I do by default")
    assert (await real.ask("undo that")).text == NOTICES["undo_nothing"]


async def test_undo_means_what_was_done_last(real: Real):
    await real.ask("shorter please")
    await real.ask("remember that my cat is called Miso")
    await real.ask("forget about my cat")
    await real.ask("yes")
    assert (await real.ask("undo")).text == "I brought back 1 thing."
    await real.ask("forget about my cat")
    await real.ask("yes")
    await real.ask("be more formal")
    assert (await real.ask("undo that")).text == "I took back the last change to how formal I am."
    assert (await real.ask("undo that")).text == "I brought back 1 thing."


async def test_talk_like_before_goes_back_change_by_change(real: Real):
    await real.ask("shorter please")
    await real.ask("stop the emojis")
    undone = await real.ask("talk like before", message_id=(message_id := uuid.uuid4().hex))
    assert undone.text == "I took back the last change to how many emoji I use."
    assert (await real.ask("talk like before", message_id=message_id)).text == undone.text
    assert (await real.ask("talk like before")).text == "I took back the last change to how long my answers are."
    assert (await real.ask("talk like before")).text == NOTICES["voice_undo_nothing"]


async def test_a_personality_is_listed_chosen_and_taken_back(real: Real, model: ModelServer):
    listed = await real.ask("list personalities")
    assert "butler (very formal, dry and tactful)" in listed.text
    assert (await real.ask("use the butler personality")).text.startswith("From now on I am like this: very formal, dry and tactful.")
    await real.ask("Tell me a story")
    assert "Write very formally." in (await model.request()).prompt
    assert "it belongs to the personality you chose" in (await real.ask("why are you so formal?")).text
    assert (await real.ask("use the pirate personality")).text.startswith("I don't know that personality. There are these: neutral, friend,")
    await real.ask("talk like before")
    assert (await real.ask("why do you talk like this?")).text.startswith("I talk as I do by default")


async def test_a_model_that_dies_mid_stream_is_paid_for_what_was_delivered(real: Real, model: ModelServer):
    model.next(Scripted(cut_after=5, delta_delay_s=0.02))
    answer = await real.ask("Tell me a story", message_id=(message_id := uuid.uuid4().hex))
    assert answer.final.outcome == Final.OUTCOME_CUT
    assert answer.text.endswith(NOTICES["cut"])
    balance = await real.settled()
    assert 0 < START - balance.available_microcredits == answer.final.charged_microcredits
    turn = await real.turn(message_id)
    assert (turn.state, turn.reply_text) == (conversation_pb2.TURN_STATE_CUT, answer.text)


async def test_a_reader_who_goes_away_is_charged_once_for_what_was_delivered(real: Real, model: ModelServer):
    model.next(Scripted(delta_delay_s=0.05))
    reader = real.read("Tell me a story", message_id=(message_id := uuid.uuid4().hex))
    await eventually_text(reader)
    await reader.stop()
    assert (await real.ask("/credits")).final.balance_known  # waits its turn: the stopped one is settled by then
    balance = await real.settled()
    assert await real.captures() == [START - balance.available_microcredits]
    assert (await real.turn(message_id)).state == conversation_pb2.TURN_STATE_CUT
    await asyncio.wait_for((await model.request()).cancelled.wait(), 5)


async def test_credit_killed_during_the_answer_is_paid_when_it_is_back(real: Real, processes: Processes, model: ModelServer):
    model.next(Scripted(delta_delay_s=0.05))
    reader = real.read("Tell me a story")
    await eventually_text(reader)
    processes.kill("credit")
    answer = await reader.task
    assert answer.final.outcome == Final.OUTCOME_ANSWERED
    assert not answer.final.balance_known
    processes.start("credit")
    await processes.ready("credit")
    balance = await real.settled()
    assert await real.captures() == [START - balance.available_microcredits]
    assert balance.available_microcredits < START


async def test_conversation_killed_during_the_answer_leaves_a_cut_turn_that_is_paid_once(real: Real, processes: Processes, model: ModelServer):
    model.next(Scripted(delta_delay_s=0.05))
    reader = real.read("Tell me a story", message_id=(message_id := uuid.uuid4().hex))
    await eventually_text(reader)
    processes.kill("conversation")
    answer = await reader.task
    assert answer.final.outcome == Final.OUTCOME_CUT
    processes.start("conversation")
    await processes.ready("conversation")
    async with asyncio.timeout(20):
        while (turn := await real.turn(message_id)).state == conversation_pb2.TURN_STATE_ACCEPTED:
            await asyncio.sleep(0.1)
    assert (turn.state, turn.reply_text) == (conversation_pb2.TURN_STATE_CUT, answer.text)
    assert await real.captures() == [START - (await real.settled()).available_microcredits]


async def test_without_memory_the_answer_comes(real: Real, processes: Processes):
    processes.kill("memory")
    try:
        answer = await real.ask("Tell me a story")
    finally:
        processes.start("memory")
    assert answer.final.outcome == Final.OUTCOME_ANSWERED
    assert answer.notices == ["memory_unavailable"]
    await processes.ready("memory")


async def test_a_turn_whose_gateway_died_is_apologised_for_and_its_hold_freed(real: Real, model: ModelServer):
    model.next(Scripted(never=True))
    reader = real.read("Tell me a story", message_id=(message_id := uuid.uuid4().hex))
    await model.request()
    await real.assistant.close()  # nothing was delivered: left as a crash leaves it
    assert (await real.balance()).held_microcredits > 0
    async with asyncio.timeout(20):
        while not await real.poll.poll_once():
            await asyncio.sleep(0.1)
    turn = await real.turn(message_id)
    assert (turn.state, turn.reply_text) == (conversation_pb2.TURN_STATE_APOLOGISED, NOTICES["orphaned"])
    assert (await real.settled()).available_microcredits == START
    await reader.stop()

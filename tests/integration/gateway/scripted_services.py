"""Credit, memory and conversation that fail on demand, over a real socket: for faults that the real services cannot be made to produce."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from google.protobuf.message import Message

from parlour.conversation.v1 import conversation_pb2 as conv
from parlour.conversation.v1 import conversation_pb2_grpc
from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2_grpc
from services.conversation import client as conversation_client
from services.credit import client as credit_client
from services.gateway.assistant import Assistant
from services.gateway.assistant_turn import Services
from services.gateway.outage.upkeep import Upkeep
from services.gateway.outage.wiring import build_outage
from services.gateway.person_lease import PersonLeases
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.memory import client as memory_client
from services.runtime.channel import Remote
from services.runtime.health import Health
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings
from tests.integration.gateway.scripted_conversation import ScriptedConversation
from tests.integration.gateway.scripted_credit import ScriptedCredit
from tests.integration.gateway.scripted_faults import WORDS, Fault, Faults
from tests.integration.gateway.scripted_guilds import ScriptedCreditAdmin, ScriptedGuildSettings, ScriptedPersonas
from tests.integration.gateway.scripted_memory import ScriptedMemory

ACTIONS = ("forget_decision", "memory_edit", "memory_deletion", "memories_page", "confirmation")


@dataclass
class Scripted:
    """An assistant, and the services behind it."""

    faults: Faults
    credit: ScriptedCredit
    memory: ScriptedMemory
    conversation: ScriptedConversation
    server: Server
    assistant: Assistant
    services: Services
    settlement: Settlement
    settings: GatewaySettings
    remotes: dict[str, Remote]
    guilds: ScriptedGuildSettings
    personas: ScriptedPersonas
    credit_admin: ScriptedCreditAdmin
    upkeep: Upkeep

    def fail(self, method: str, fault: Fault) -> None:
        self.faults.by_method[method] = fault

    def fail_after(self, method: str, fault: Fault) -> None:
        self.faults.after[method] = fault

    def heal(self, method: str) -> None:
        del self.faults.by_method[method]

    def asked(self, method: str) -> list[Message]:
        return self.faults.calls[method]

    def hold_states(self) -> list[str]:
        return [credit_pb2.Hold.State.Name(hold.state).removeprefix("STATE_") for hold in self.credit.holds.values()]

    def turn_states(self) -> list[str]:
        return [conv.TurnState.Name(turn.state).removeprefix("TURN_STATE_") for turn in self.conversation.turns.values()]


def settings_for(port: int, **changes: object) -> GatewaySettings:
    address = f"127.0.0.1:{port}"
    values = {
        "credit_address": address,
        "memory_address": address,
        "conversation_address": address,
        "instance_id": "gateway-under-test",
        "turn_s": 20.0,
        "begin_s": 3.0,
        "hold_s": 3.0,
        "search_s": 1.0,
        "settle_s": 2.0,
        "end_retry_s": 5.0,
        "command_s": 3.0,
    }
    return GatewaySettings(**(values | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def scripted_services(leases: PersonLeases | None = None, *, credit_open_s: float = 3.0, **changes: object) -> AsyncIterator[Scripted]:
    """Serve scripted services and an assistant that uses them; `changes` are settings of the gateway.

    `credit_open_s` is how long credit is given to recover.
    """
    faults = Faults()
    credit, memory, conversation = ScriptedCredit(faults), ScriptedMemory(faults), ScriptedConversation(faults)
    server = Server("scripted", ServiceSettings(listen="127.0.0.1:0", deadline_left_min_s=0), Health())
    server.add(credit_pb2_grpc.add_CreditServiceServicer_to_server, credit, "parlour.credit.v1.CreditService")
    guilds, personas, credit_admin = ScriptedGuildSettings(faults), ScriptedPersonas(faults), ScriptedCreditAdmin(faults, credit.available)
    server.add(conversation_pb2_grpc.add_GuildSettingsServiceServicer_to_server, guilds, "parlour.conversation.v1.GuildSettingsService")
    server.add(conversation_pb2_grpc.add_PersonaServiceServicer_to_server, personas, "parlour.conversation.v1.PersonaService")
    server.add(credit_pb2_grpc.add_CreditAdminServiceServicer_to_server, credit_admin, "parlour.credit.v1.CreditAdminService")
    server.add(memory_pb2_grpc.add_MemoryServiceServicer_to_server, memory, "parlour.memory.v1.MemoryService")
    server.add(memory_pb2_grpc.add_MemoryQueryServiceServicer_to_server, memory, "parlour.memory.v1.MemoryQueryService")
    server.add(conversation_pb2_grpc.add_ConversationServiceServicer_to_server, conversation, "parlour.conversation.v1.ConversationService")
    await server.start()
    settings = settings_for(server.port, **changes)
    remotes = {
        "credit": Remote("credit", settings.credit_address, retried=credit_client.RETRIED, open_s=credit_open_s),
        "memory": Remote("memory", settings.memory_address, retried=memory_client.RETRIED),
        "conversation": Remote("conversation", settings.conversation_address, retried=conversation_client.RETRIED),
    }
    credit_calls = credit_client.CreditClient(remotes["credit"])
    outage, upkeep = build_outage(settings, credit_calls)
    services = Services(
        credit_calls,
        memory_client.MemoryClient(remotes["memory"]),
        conversation_client.ConversationClient(remotes["conversation"]),
        outage,
    )
    settlement = Settlement(services.credit, services.conversation, settle_s=settings.settle_s, retry_s=settings.end_retry_s)
    assistant = Assistant(services, settings, settlement, leases or PersonLeases(None, ttl_s=15, wait_s=1))
    try:
        yield Scripted(
            faults, credit, memory, conversation, server, assistant, services, settlement, settings, remotes, guilds, personas, credit_admin, upkeep
        )
    finally:
        for fault in [*faults.by_method.values(), *faults.after.values(), conversation.mid_stream]:
            if isinstance(fault, asyncio.Event):
                fault.set()
        await assistant.close()
        await upkeep.close()
        for remote in remotes.values():
            await remote.close()
        await server.stop(0)


@dataclass
class Answer:
    """What came back."""

    events: list[gateway_pb2.HandleMessageResponse]

    @property
    def final(self) -> gateway_pb2.Final:
        assert self.events[-1].WhichOneof("event") == "final", self.events
        return self.events[-1].final

    @property
    def text(self) -> str:
        return self.final.text

    @property
    def streamed(self) -> str:
        return "".join(event.delta.text for event in self.events if event.WhichOneof("event") == "delta")

    @property
    def notices(self) -> list[str]:
        return [event.notice.kind for event in self.events if event.WhichOneof("event") == "notice"]

    @property
    def ignored(self) -> str:
        return self.events[-1].ignored.reason


def request(text: str, **fields: object) -> gateway_pb2.HandleMessageRequest:
    values = {"message_id": uuid.uuid4().hex, "channel_id": "dm", "user_id": "ada", "user_name": "Ada"} | fields
    pressed = {action: given for action in ACTIONS if (given := values.pop(action, None)) is not None}
    return gateway_pb2.HandleMessageRequest(message=gateway_pb2.IncomingMessage(text=text, **values), **pressed)  # type: ignore[arg-type]


async def ask(assistant: Assistant, text: str, *, origin: str = "api", **fields: object) -> Answer:
    return Answer([event async for event in assistant.handle(request(text, **fields), origin=origin)])


class Reader:
    """Reads an answer in the background; `stop` is what a person who goes away does."""

    def __init__(self, assistant: Assistant, text: str, *, origin: str = "api", **fields: object) -> None:
        self.events: list[gateway_pb2.HandleMessageResponse] = []
        self._events = assistant.handle(request(text, **fields), origin=origin)
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> Answer:
        async for event in self._events:
            self.events.append(event)
        return Answer(self.events)

    async def has_read(self, deltas: int) -> None:
        """Wait until so many deltas were read, and the assistant knows it."""
        await eventually(lambda: Answer(self.events).streamed == "".join(WORDS[:deltas]), f"{deltas} deltas are read")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def eventually(holds, what: str, seconds: float = 5) -> None:
    """Wait until `holds()` is true."""
    give_up_at = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < give_up_at, f"never: {what}"
        await asyncio.sleep(0.005)

"""Credit, memory and conversation that fail on demand, over a real socket: for faults that the real services cannot be made to produce."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from google.protobuf.message import Message

from parlour.conversation.v1 import conversation_pb2 as conv
from parlour.conversation.v1 import conversation_pb2_grpc
from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from services.conversation import client as conversation_client
from services.credit import client as credit_client
from services.gateway.assistant import Assistant
from services.gateway.assistant_turn import Services
from services.gateway.person_lease import PersonLeases
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.memory import client as memory_client
from services.runtime import errors
from services.runtime.channel import Remote
from services.runtime.health import Health
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings

START = 100_000_000
WORDS = ["Call ", "him ", "Rex", "."]

Fault = Exception | asyncio.Event
"""Raised, or waited for."""


@dataclass
class Faults:
    """What goes wrong in which method, and what was asked of each."""

    by_method: dict[str, Fault] = field(default_factory=dict)
    after: dict[str, asyncio.Event] = field(default_factory=dict)
    """Waited for when the work is done: the answer is late, or lost."""
    calls: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))

    async def meet(self, method: str, request: Message) -> None:
        self.calls[method].append(request)
        fault = self.by_method.get(method)
        if isinstance(fault, asyncio.Event):
            await fault.wait()
        elif fault is not None:
            raise fault


class ScriptedCredit(credit_pb2_grpc.CreditServiceServicer):
    """Charges one microcredit a prompt token and ten a completion token."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.available: dict[str, int] = defaultdict(lambda: START)
        self.holds: dict[str, credit_pb2.Hold] = {}
        self._by_request: dict[str, str] = {}

    def _balance(self, account_id: str) -> credit_pb2.Balance:
        return credit_pb2.Balance(account_id=account_id, available_microcredits=self.available[account_id])

    async def PlaceHold(self, request, context):
        await self._faults.meet("PlaceHold", request)
        if request.request_id not in self._by_request:
            amount = request.quote.prompt_tokens + 10 * request.quote.max_completion_tokens
            if self.available[request.account_id] < amount:
                raise errors.InsufficientCredit(available_microcredits=self.available[request.account_id], required_microcredits=amount)
            hold = credit_pb2.Hold(
                hold_id=uuid.uuid4().hex, account_id=request.account_id, amount_microcredits=amount, state=credit_pb2.Hold.STATE_ACTIVE
            )
            self.holds[hold.hold_id] = hold
            self._by_request[request.request_id] = hold.hold_id
            self.available[request.account_id] -= amount
        hold = self.holds[self._by_request[request.request_id]]
        if "PlaceHold" in self._faults.after:
            await self._faults.after["PlaceHold"].wait()
        return credit_pb2.PlaceHoldResponse(hold=hold, balance=self._balance(request.account_id), models=["scripted"])

    async def CaptureHold(self, request, context):
        await self._faults.meet("CaptureHold", request)
        hold = self._active(request.hold_id)
        used = request.usage.prompt_tokens + 10 * request.usage.completion_tokens
        hold.state, hold.captured_microcredits = credit_pb2.Hold.STATE_CAPTURED, used
        self.available[hold.account_id] += hold.amount_microcredits - used
        return credit_pb2.CaptureHoldResponse(charged_microcredits=used, balance=self._balance(hold.account_id))

    async def ReleaseHold(self, request, context):
        await self._faults.meet("ReleaseHold", request)
        hold = self._active(request.hold_id)
        hold.state = credit_pb2.Hold.STATE_RELEASED
        self.available[hold.account_id] += hold.amount_microcredits
        return credit_pb2.ReleaseHoldResponse(released_microcredits=hold.amount_microcredits, balance=self._balance(hold.account_id))

    def _active(self, hold_id: str) -> credit_pb2.Hold:
        hold = self.holds[hold_id]
        if hold.state != credit_pb2.Hold.STATE_ACTIVE:
            raise errors.HoldNotActive(credit_pb2.Hold.State.Name(hold.state))
        return hold

    async def GetHold(self, request, context):
        await self._faults.meet("GetHold", request)
        return credit_pb2.GetHoldResponse(hold=self.holds[request.hold_id])

    async def GetBalance(self, request, context):
        await self._faults.meet("GetBalance", request)
        return credit_pb2.GetBalanceResponse(balance=self._balance(request.account_id))


class ScriptedMemory(memory_pb2_grpc.MemoryServiceServicer, memory_pb2_grpc.MemoryQueryServiceServicer):
    """Keeps memories of everybody in one list each; finds all of them."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.memories: dict[str, list[memory_pb2.Memory]] = defaultdict(list)
        self.plans: dict[str, list[memory_pb2.Memory]] = {}

    async def AddMemory(self, request, context):
        await self._faults.meet("AddMemory", request)
        held = self.memories[request.memory.scope.user_id]
        for memory in held:
            if memory.text == request.memory.text:
                return memory_pb2.AddMemoryResponse(memory=memory, duplicate=True)
        memory = memory_pb2.Memory(memory_id=uuid.uuid4().hex, text=request.memory.text, scope=request.memory.scope)
        held.append(memory)
        return memory_pb2.AddMemoryResponse(memory=memory)

    async def SearchMemories(self, request, context):
        await self._faults.meet("SearchMemories", request)
        found = self.memories[request.viewer.user_id][: request.limit]
        return memory_pb2.SearchMemoriesResponse(results=[memory_pb2.SearchResult(memory=memory, score=1) for memory in found])

    async def ListMemories(self, request, context):
        await self._faults.meet("ListMemories", request)
        held = self.memories[request.viewer.user_id]
        return memory_pb2.ListMemoriesResponse(memories=held[: request.page_size], total_size=len(held))

    async def PlanForget(self, request, context):
        await self._faults.meet("PlanForget", request)
        found = [memory for memory in self.memories[request.viewer.user_id] if request.text in memory.text]
        if not found:
            return memory_pb2.PlanForgetResponse()
        plan = memory_pb2.PlanForgetResponse(plan_id=uuid.uuid4().hex, memories=found)
        plan.expire_time.GetCurrentTime()
        plan.expire_time.seconds += 600
        self.plans[plan.plan_id] = found
        return plan

    async def CommitForget(self, request, context):
        await self._faults.meet("CommitForget", request)
        if request.plan_id not in self.plans:
            raise errors.PlanExpired("no such plan")
        for memory in self.plans[request.plan_id]:
            self.memories[request.viewer.user_id].remove(memory)
        done = memory_pb2.CommitForgetResponse(forgotten=len(self.plans[request.plan_id]))
        done.undo_until_time.GetCurrentTime()
        done.undo_until_time.seconds += 600
        return done

    async def UndoForget(self, request, context):
        await self._faults.meet("UndoForget", request)
        self.memories[request.viewer.user_id] += self.plans[request.plan_id]
        return memory_pb2.UndoForgetResponse(restored=len(self.plans[request.plan_id]))


class ScriptedConversation(conversation_pb2_grpc.ConversationServiceServicer):
    """Answers every turn with WORDS. `stops_after` deltas it meets `mid_stream`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.turns: dict[str, conv.BeginTurnResponse] = {}
        self.messages: dict[str, conv.BeginTurnRequest] = {}
        self.orphans: list[str] = []
        self.replies: list[conv.ReplyRequest] = []
        self.stored = True
        self.stops_after = 2
        self.mid_stream: Fault | None = None
        self.running = 0
        self.running_max = 0
        self.cancelled = 0

    async def BeginTurn(self, request, context):
        await self._faults.meet("BeginTurn", request)
        turn_id = f"{request.message_id}:{request.attempt}"
        self.messages.setdefault(turn_id, request)
        fence = len(self.turns) + 1 if self.stored else 0
        turn = conv.BeginTurnResponse(turn_id=turn_id, fence=fence, state=conv.TURN_STATE_ACCEPTED, stored=self.stored)
        return self.turns.setdefault(turn_id, turn) if self.stored else turn

    async def Reply(self, request, context):
        self.running += 1
        self.running_max = max(self.running, self.running_max)
        try:
            async for response in self._reply(request):
                yield response
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1

    async def _reply(self, request: conv.ReplyRequest) -> AsyncIterator[conv.ReplyResponse]:
        await self._faults.meet("Reply", request)
        self.replies.append(request)
        yield conv.ReplyResponse(started=conv.ReplyStarted(model="scripted", prompt_tokens=100))
        for number, word in enumerate(WORDS):
            if number == self.stops_after and self.mid_stream is not None:
                await Faults({"Reply": self.mid_stream}).meet("Reply", request)
            yield conv.ReplyResponse(delta=conv.ReplyDelta(text=word, completion_tokens=number + 1))
        usage = conv.ModelUsage(model="scripted", prompt_tokens=100, completion_tokens=len(WORDS))
        if request.turn_id in self.turns:
            turn = self.turns[request.turn_id]
            turn.state, turn.reply_text = conv.TURN_STATE_FINISHED, "".join(WORDS)
            turn.usage.CopyFrom(usage)
        yield conv.ReplyResponse(finished=conv.ReplyFinished(text="".join(WORDS), usage=usage, stored=self.stored))

    async def EndTurn(self, request, context):
        await self._faults.meet("EndTurn", request)
        turn = self.turns[request.turn_id]
        turn.state, turn.reply_text = request.state, request.text
        return conv.EndTurnResponse(state=request.state)

    async def ClaimOrphanedTurns(self, request, context):
        await self._faults.meet("ClaimOrphanedTurns", request)
        mine = [turn_id for turn_id in self.orphans if self.messages[turn_id].origin == request.origin]
        self.orphans = [turn_id for turn_id in self.orphans if turn_id not in mine]
        return conv.ClaimOrphanedTurnsResponse(
            turns=[conv.OrphanedTurn(turn_id=turn_id, fence=99, message=self.messages[turn_id]) for turn_id in mine]
        )


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

    def fail(self, method: str, fault: Fault) -> None:
        self.faults.by_method[method] = fault

    def fail_after(self, method: str, gate: asyncio.Event) -> None:
        self.faults.after[method] = gate

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
        "begin_s": 1.0,
        "hold_s": 1.0,
        "search_s": 0.3,
        "settle_s": 0.5,
        "end_retry_s": 5.0,
        "command_s": 0.5,
    }
    return GatewaySettings(**(values | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def scripted_services(leases: PersonLeases | None = None, **changes: object) -> AsyncIterator[Scripted]:
    """Serve scripted services and an assistant that uses them; `changes` are settings of the gateway."""
    faults = Faults()
    credit, memory, conversation = ScriptedCredit(faults), ScriptedMemory(faults), ScriptedConversation(faults)
    server = Server("scripted", ServiceSettings(listen="127.0.0.1:0", deadline_left_min_s=0), Health())
    server.add(credit_pb2_grpc.add_CreditServiceServicer_to_server, credit, "parlour.credit.v1.CreditService")
    server.add(memory_pb2_grpc.add_MemoryServiceServicer_to_server, memory, "parlour.memory.v1.MemoryService")
    server.add(memory_pb2_grpc.add_MemoryQueryServiceServicer_to_server, memory, "parlour.memory.v1.MemoryQueryService")
    server.add(conversation_pb2_grpc.add_ConversationServiceServicer_to_server, conversation, "parlour.conversation.v1.ConversationService")
    await server.start()
    settings = settings_for(server.port, **changes)
    remotes = {
        "credit": Remote("credit", settings.credit_address, retried=credit_client.RETRIED),
        "memory": Remote("memory", settings.memory_address, retried=memory_client.RETRIED),
        "conversation": Remote("conversation", settings.conversation_address, retried=conversation_client.RETRIED),
    }
    services = Services(
        credit_client.CreditClient(remotes["credit"]),
        memory_client.MemoryClient(remotes["memory"]),
        conversation_client.ConversationClient(remotes["conversation"]),
    )
    settlement = Settlement(services.credit, services.conversation, settle_s=settings.settle_s, retry_s=settings.end_retry_s)
    assistant = Assistant(services, settings, settlement, leases or PersonLeases(None, ttl_s=15, wait_s=1))
    try:
        yield Scripted(faults, credit, memory, conversation, server, assistant, services, settlement, settings, remotes)
    finally:
        for fault in [*faults.by_method.values(), *faults.after.values(), conversation.mid_stream]:
            if isinstance(fault, asyncio.Event):
                fault.set()
        await assistant.close()
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
    decision = values.pop("forget_decision", None)
    return gateway_pb2.HandleMessageRequest(message=gateway_pb2.IncomingMessage(text=text, **values), forget_decision=decision)  # type: ignore[arg-type]


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

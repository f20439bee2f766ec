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
from services.gateway.outage.upkeep import Upkeep
from services.gateway.outage.wiring import build_outage
from services.gateway.person_lease import PersonLeases
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.memory import client as memory_client
from services.runtime import errors
from services.runtime.channel import Remote
from services.runtime.health import Health
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings
from tests.integration.gateway.scripted_guilds import ScriptedCreditAdmin, ScriptedGuildSettings, ScriptedPersonas
from tests.integration.gateway.scripted_leases import ScriptedLeases

START = 100_000_000
ACTIONS = ("forget_decision", "memory_edit", "memory_deletion", "memories_page", "confirmation")
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

    async def answering(self, method: str) -> None:
        if method in self.after:
            await self.after[method].wait()


class ScriptedCredit(credit_pb2_grpc.CreditServiceServicer):
    """Charges one microcredit a prompt token and ten a completion token."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.available: dict[str, int] = defaultdict(lambda: START)
        self.holds: dict[str, credit_pb2.Hold] = {}
        self._by_request: dict[str, str] = {}
        self.grants: dict[str, list[credit_pb2.Grant]] = defaultdict(list)
        self.entries: dict[str, list[credit_pb2.Entry]] = defaultdict(list)
        self.entries_page = 500
        self.sponsors: set[str] = set()
        self.transfers: dict[str, credit_pb2.TransferRequest] = {}
        self.tiers: dict[str, str] = {}
        self.leases = ScriptedLeases(faults.meet, faults.answering, self.available)

    def _balance(self, account_id: str) -> credit_pb2.Balance:
        tier = self.tiers.get(account_id, "")
        return credit_pb2.Balance(account_id=account_id, available_microcredits=self.available[account_id], tier=tier)

    async def AcquireLease(self, request, context):
        return await self.leases.acquire(request)

    async def RenewLease(self, request, context):
        return await self.leases.renew(request)

    async def SettleLease(self, request, context):
        return await self.leases.settle(request)

    async def PlaceHold(self, request, context):
        await self._faults.meet("PlaceHold", request)
        if request.request_id not in self._by_request:
            amount = request.quote.prompt_tokens + 10 * request.quote.max_completion_tokens
            if self.available[request.account_id] < amount:
                raise errors.InsufficientCredit(available_microcredits=self.available[request.account_id], required_microcredits=amount)
            payer = request.sponsor_account_id if request.sponsor_account_id in self.sponsors else request.account_id
            hold = credit_pb2.Hold(hold_id=uuid.uuid4().hex, account_id=payer, amount_microcredits=amount, state=credit_pb2.Hold.STATE_ACTIVE)
            self.holds[hold.hold_id] = hold
            self._by_request[request.request_id] = hold.hold_id
            self.available[payer] -= amount
        hold = self.holds[self._by_request[request.request_id]]
        await self._faults.answering("PlaceHold")
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

    async def ListGrants(self, request, context):
        await self._faults.meet("ListGrants", request)
        return credit_pb2.ListGrantsResponse(grants=self.grants[request.account_id])

    async def ListEntries(self, request, context):
        await self._faults.meet("ListEntries", request)
        if request.account_id not in self.entries:
            raise errors.NotFound("account")
        entries, first = self.entries[request.account_id], int(request.page_token or 0)
        behind = first + self.entries_page
        return credit_pb2.ListEntriesResponse(entries=entries[first:behind], next_page_token=str(behind) if behind < len(entries) else "")

    async def Transfer(self, request, context):
        await self._faults.meet("Transfer", request)
        if request.request_id not in self.transfers:
            if self.available[request.from_account_id] < request.amount_microcredits:
                available = self.available[request.from_account_id]
                raise errors.InsufficientCredit(available_microcredits=available, required_microcredits=request.amount_microcredits)
            self.transfers[request.request_id] = request
            self.available[request.from_account_id] -= request.amount_microcredits
            self.available[request.to_account_id] += request.amount_microcredits
        return credit_pb2.TransferResponse(balance=self._balance(request.from_account_id))


class ScriptedMemory(memory_pb2_grpc.MemoryServiceServicer, memory_pb2_grpc.MemoryQueryServiceServicer):
    """Keeps memories of everybody in one list each; finds all of them."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.memories: dict[str, list[memory_pb2.Memory]] = defaultdict(list)
        self.plans: dict[str, list[memory_pb2.Memory]] = {}
        self.committed: set[str] = set()
        self.undone: set[str] = set()
        self.deletions: set[str] = set()
        self.quarantine: dict[str, list[memory_pb2.Memory]] = defaultdict(list)

    async def AddMemory(self, request, context):
        await self._faults.meet("AddMemory", request)
        held = self.memories[request.memory.scope.user_id]
        for memory in held:
            if memory.text == request.memory.text:
                return memory_pb2.AddMemoryResponse(memory=memory, duplicate=True)
        memory = memory_pb2.Memory(memory_id=uuid.uuid4().hex, version=1, text=request.memory.text, scope=request.memory.scope)
        held.append(memory)
        return memory_pb2.AddMemoryResponse(memory=memory)

    async def SearchMemories(self, request, context):
        await self._faults.meet("SearchMemories", request)
        found = self.memories[request.viewer.user_id][: request.limit]
        return memory_pb2.SearchMemoriesResponse(results=[memory_pb2.SearchResult(memory=memory, score=1) for memory in found])

    async def ListMemories(self, request, context):
        await self._faults.meet("ListMemories", request)
        held = self.memories[request.viewer.user_id]
        first = int(request.page_token or 0)
        shown, behind = held[first : first + request.page_size], first + request.page_size
        next_page_token = str(behind) if behind < len(held) else ""
        return memory_pb2.ListMemoriesResponse(memories=shown, total_size=len(held), next_page_token=next_page_token)

    def _own(self, request) -> memory_pb2.Memory:
        for user_id, held in self.memories.items():
            for memory in held:
                if memory.memory_id == request.memory_id and (user_id == request.viewer.user_id or memory.scope.visibility == 3):
                    return memory
        raise errors.NotFound("memory")

    async def GetMemory(self, request, context):
        await self._faults.meet("GetMemory", request)
        return memory_pb2.GetMemoryResponse(memory=self._own(request))

    async def UpdateMemory(self, request, context):
        await self._faults.meet("UpdateMemory", request)
        memory = self._own(request)
        if memory.scope.user_id != request.viewer.user_id:
            raise errors.PermissionRefused("only who stored a shared memory may change it")
        if memory.version != request.version:
            raise errors.StaleVersion("changed meanwhile")
        memory.text, memory.version = request.text, memory.version + 1
        return memory_pb2.UpdateMemoryResponse(memory=memory)

    async def DeleteMemory(self, request, context):
        await self._faults.meet("DeleteMemory", request)
        if request.request_id not in self.deletions:
            memory = self._own(request)
            if memory.scope.user_id != request.viewer.user_id:
                raise errors.PermissionRefused("only who stored a shared memory may change it")
            self.memories[request.viewer.user_id].remove(memory)
            self.deletions.add(request.request_id)
        return memory_pb2.DeleteMemoryResponse()

    async def ListQuarantine(self, request, context):
        await self._faults.meet("ListQuarantine", request)
        held, first = self.quarantine[request.guild_id], int(request.page_token or 0)
        behind = first + request.page_size
        return memory_pb2.ListQuarantineResponse(memories=held[first:behind], next_page_token=str(behind) if behind < len(held) else "")

    async def ReleaseQuarantined(self, request, context):
        await self._faults.meet("ReleaseQuarantined", request)
        for memory in self.quarantine[request.guild_id]:
            if memory.memory_id == request.memory_id:
                self.quarantine[request.guild_id].remove(memory)
                return memory_pb2.ReleaseQuarantinedResponse(memory=memory)
        raise errors.NotFound("memory")

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
        if request.plan_id not in self.committed:
            self.committed.add(request.plan_id)
            for memory in self.plans[request.plan_id]:
                self.memories[request.viewer.user_id].remove(memory)
        done = memory_pb2.CommitForgetResponse(forgotten=len(self.plans[request.plan_id]))
        done.undo_until_time.GetCurrentTime()
        done.undo_until_time.seconds += 600
        return done

    async def UndoForget(self, request, context):
        await self._faults.meet("UndoForget", request)
        if request.plan_id not in self.undone:
            self.undone.add(request.plan_id)
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
        self.topics: dict[str, list[str]] = defaultdict(list)
        self.export: list[str] = []
        self.erasures: dict[str, str] = {}
        self.erased: dict[str, int] = {"conversation.messages": 1000, "memory.memories": 30, "credit.accounts": 1}
        self.looks: dict[str, int] = defaultdict(int)
        self.looks_failing = 0
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
        yield conv.ReplyResponse(generated=conv.ReplyGenerated(usage=usage))
        await self._faults.meet("ReplyStored", request)
        if request.turn_id in self.turns:
            turn = self.turns[request.turn_id]
            turn.state, turn.reply_text = conv.TURN_STATE_FINISHED, "".join(WORDS)
            turn.usage.CopyFrom(usage)
        yield conv.ReplyResponse(finished=conv.ReplyFinished(text="".join(WORDS), usage=usage, stored=self.stored))

    async def ListMessages(self, request, context):
        await self._faults.meet("ListMessages", request)
        where = request.conversation
        said = [one for one in self.messages.values() if (one.guild_id, one.channel_id) == (where.guild_id, where.channel_id)]
        messages = [conv.Message(message_id=one.message_id, role="user", author_id=one.user_id, text=one.text) for one in reversed(said)]
        return conv.ListMessagesResponse(messages=messages[: request.page_size])

    async def Summarize(self, request, context):
        await self._faults.meet("Summarize", request)
        topics = self.topics[request.conversation.channel_id]
        return conv.SummarizeResponse(text="\n".join(topics), topics=[conv.TopicSummary(text=topic) for topic in topics])

    async def ResetConversation(self, request, context):
        await self._faults.meet("ResetConversation", request)
        return conv.ResetConversationResponse()

    async def SetOptOut(self, request, context):
        await self._faults.meet("SetOptOut", request)
        return conv.SetOptOutResponse(opted_out=request.opted_out)

    async def ExportSubject(self, request, context):
        await self._faults.meet("ExportSubject", request)
        for chunk in self.export:
            yield conv.ExportSubjectResponse(json_lines=chunk)

    async def EraseSubject(self, request, context):
        """Each look at an erasure finds one table more erased, until all of `erased` is."""
        await self._faults.meet("EraseSubject", request)
        erasure_id = self.erasures.setdefault(request.request_id, f"erasure-{len(self.erasures)}")
        return conv.EraseSubjectResponse(erasure_id=erasure_id, complete=False)

    async def GetErasure(self, request, context):
        await self._faults.meet("GetErasure", request)
        if self.looks_failing:
            self.looks_failing -= 1
            raise errors.DependencyUnavailable("database")
        self.looks[request.erasure_id] += 1
        done = dict(list(self.erased.items())[: self.looks[request.erasure_id]])
        if len(done) < len(self.erased):
            return conv.GetErasureResponse(complete=False, erased_by_table=done)
        response = conv.GetErasureResponse(complete=True, erased_by_table=done, receipt_hash="5eal")
        response.backups_expire_time.FromJsonString("2027-01-01T00:00:00Z")
        return response

    async def EndTurn(self, request, context):
        await self._faults.meet("EndTurn", request)
        turn = self.turns[request.turn_id]
        turn.state, turn.reply_text = request.state, request.text
        return conv.EndTurnResponse(state=request.state)

    async def DeleteMessages(self, request, context):
        await self._faults.meet("DeleteMessages", request)
        gone = [turn_id for turn_id, message in self.messages.items() if message.message_id in request.message_ids]
        for turn_id in gone:
            del self.messages[turn_id]
            if self.turns[turn_id].state == conv.TURN_STATE_ACCEPTED:
                self.turns[turn_id].state = conv.TURN_STATE_WITHDRAWN
        return conv.DeleteMessagesResponse(deleted=len(gone))

    async def EditMessage(self, request, context):
        await self._faults.meet("EditMessage", request)
        mine = [one for one in self.messages.values() if (one.message_id, one.user_id) == (request.message_id, request.author_id)]
        changed = any(one.text != request.text for one in mine)
        for one in mine:
            one.text = request.text
        return conv.EditMessageResponse(changed=changed)

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
    guilds: ScriptedGuildSettings
    personas: ScriptedPersonas
    credit_admin: ScriptedCreditAdmin
    upkeep: Upkeep

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

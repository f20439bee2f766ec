"""Commands carried out: answered from the stores, never by the model, and free of charge.

A repeated message finds the first result, because request ids derive from the message.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.conversation.client import ConversationClient
from services.credit.client import CreditClient
from services.gateway import events, notices, requests
from services.gateway.commands.parsing import Command, Kind
from services.gateway.commands.voice_answers import VoiceAnswers
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.memory.client import MemoryClient
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import CircuitOpen, ParlourError

MEMORY_CHARS_MAX = 2_000
"""What the memory service accepts in one text."""

_Place = tuple[str, str]
_AWAY = {
    Kind.CREDITS: "credit_command_unavailable",
    **dict.fromkeys((Kind.EXPLAIN_VOICE, Kind.UNDO_VOICE, Kind.LIST_PRESETS, Kind.TAKE_PRESET), "voice_command_unavailable"),
}
"""What is said where the service that a command needs is away; that is memory unless it stands here."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A plan to forget, until when (by the wall clock, seconds) it can be carried out or undone, and when it was made or carried out."""

    plan_id: str
    count: int
    until_s: float
    at_s: float


class CommandAnswers:
    """Carries out commands.

    A forget is offered first and waits for a yes: the offer is kept for each person and place as long as the plan lives, and is dropped when the
    person talks of something else, so that a later "yes" is not taken for consent.
    """

    def __init__(
        self,
        memory: MemoryClient,
        credit: CreditClient,
        conversation: ConversationClient,
        settings: GatewaySettings,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._credit = credit
        self._voice = VoiceAnswers(conversation, settings, wall_clock)
        self._settings = settings
        self._now_s = wall_clock
        self._offers: BoundedMap[_Place, _Plan] = BoundedMap("gateway_forget_offers", ttl_s=settings.forget_offer_s)
        self._done: BoundedMap[_Place, _Plan] = BoundedMap("gateway_forgets_done", ttl_s=settings.forget_offer_s)

    def applies(self, command: Command, message: gateway_pb2.IncomingMessage) -> bool:
        """Whether a command means something here: "yes" and "no" do only after a forget was offered."""
        if command.kind in (Kind.CONFIRM, Kind.DECLINE):
            return self._alive(self._offers, _place(message)) is not None
        return True

    def talked(self, message: gateway_pb2.IncomingMessage) -> None:
        """Note that a person talks of something else: a forget that was offered is no longer waited for."""
        self._offers.pop(_place(message))

    async def answer(self, command: Command, message: gateway_pb2.IncomingMessage) -> Final:
        """Carry out a command and return its answer; what fails is a refusal in plain words."""
        work: dict[Kind, Callable[[], Awaitable[Final]]] = {
            Kind.REMEMBER: lambda: self._remember(message, command.text),
            Kind.LIST: lambda: self._list(message),
            Kind.FORGET: lambda: self._offer_forget(message, command.text),
            Kind.CONFIRM: lambda: self._confirm(message),
            Kind.DECLINE: lambda: self._decline(message),
            Kind.UNDO: lambda: self._undo_last(message),
            Kind.EXPLAIN_VOICE: lambda: _saying(message, self._voice.explain(message)),
            Kind.UNDO_VOICE: lambda: _saying(message, self._voice.undo(message)),
            Kind.LIST_PRESETS: lambda: _saying(message, self._voice.presets()),
            Kind.TAKE_PRESET: lambda: _saying(message, self._voice.take(message, command.text)),
            Kind.CREDITS: lambda: self._credits(message),
            Kind.HELP: lambda: self._help(message),
        }
        return await _refusing(message, _AWAY.get(command.kind, "memory_command_unavailable"), work[command.kind])

    async def decide(self, decision: gateway_pb2.ForgetDecision, message: gateway_pb2.IncomingMessage) -> Final:
        """Carry out what a pressed button asks for."""
        act = self._undo if decision.undo else self._forget
        return await _refusing(message, "memory_command_unavailable", lambda: act(message, decision.plan_id))

    async def _help(self, message: gateway_pb2.IncomingMessage) -> Final:
        return _said(message, notices.words("help"))

    async def _remember(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        if not text:
            return _said(message, notices.words("remember_what"))
        if len(text) > MEMORY_CHARS_MAX:
            return _said(message, notices.words("too_long_to_remember", limit=MEMORY_CHARS_MAX))
        added = await self._memory.add_memory(requests.add_memory(message, text), timeout_s=self._settings.command_s)
        key = _remembered_key(added)
        final = _said(message, notices.words(key, text=notices.list_text([added.memory.text])))
        final.remembered.extend(_shown([added.memory]))
        return final

    async def _list(self, message: gateway_pb2.IncomingMessage) -> Final:
        request = memory_pb2.ListMemoriesRequest(viewer=requests.viewer_of(message), page_size=self._settings.listed_max)
        found = await self._memory.list_memories(request, timeout_s=self._settings.command_s)
        if not found.memories:
            return _said(message, notices.words("memories_none"))
        listed, total = len(found.memories), max(found.total_size, len(found.memories))
        key = "memories" if listed == total else "memories_more"
        text = notices.words(key, count=notices.count_text(total), list=_texts(found.memories), more=total - listed)
        final = _said(message, text)
        final.memories.extend(_shown(found.memories))
        return final

    async def _offer_forget(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        if not text:
            return _said(message, notices.words("forget_what"))
        if len(text) > MEMORY_CHARS_MAX:
            return _said(message, notices.words("too_long_to_remember", limit=MEMORY_CHARS_MAX))
        request = memory_pb2.PlanForgetRequest(
            request_id=f"{requests.turn_id_of(message)}:plan-forget", viewer=requests.viewer_of(message), text=text
        )
        plan = await self._memory.plan_forget(request, timeout_s=self._settings.command_s)
        if not plan.plan_id or not plan.memories:
            return _said(message, notices.words("forget_nothing"))
        count = len(plan.memories)
        self._offers.put(_place(message), _Plan(plan.plan_id, count, plan.expire_time.ToMilliseconds() / 1000, self._now_s()))
        final = _said(message, notices.words("forget_offer", count=notices.count_text(count), list=_texts(plan.memories)))
        final.forget_offer.plan_id = plan.plan_id
        final.forget_offer.memories.extend(_shown(plan.memories))
        return final

    async def _confirm(self, message: gateway_pb2.IncomingMessage) -> Final:
        plan = self._alive(self._offers, _place(message))
        if plan is None:
            return _said(message, notices.words("plan_expired"))
        return await self._forget(message, plan.plan_id)

    async def _forget(self, message: gateway_pb2.IncomingMessage, plan_id: str) -> Final:
        request = memory_pb2.CommitForgetRequest(
            request_id=f"{requests.turn_id_of(message)}:commit-forget", viewer=requests.viewer_of(message), plan_id=plan_id
        )
        done = await self._memory.commit_forget(request, timeout_s=self._settings.command_s)
        self._offers.pop(_place(message))
        self._done.put(_place(message), _Plan(plan_id, done.forgotten, done.undo_until_time.ToMilliseconds() / 1000, self._now_s()))
        final = _said(message, notices.words("forget_done", count=notices.count_text(done.forgotten)))
        final.forget_done.CopyFrom(gateway_pb2.ForgetDone(plan_id=plan_id, forgotten=done.forgotten, undo_until_time=done.undo_until_time))
        return final

    async def _decline(self, message: gateway_pb2.IncomingMessage) -> Final:
        self._offers.pop(_place(message))
        return _said(message, notices.words("forget_declined"))

    async def _undo_last(self, message: gateway_pb2.IncomingMessage) -> Final:
        """Undo what was done last: a forget, or a change of the voice."""
        plan = self._alive(self._done, _place(message))
        voice_at_s = await self._voice.changed_at_s(message)
        if voice_at_s is not None and (plan is None or voice_at_s > plan.at_s):
            return await _saying(message, self._voice.undo(message))
        if plan is None:
            return _said(message, notices.words("undo_nothing"))
        return await self._undo(message, plan.plan_id)

    async def _undo(self, message: gateway_pb2.IncomingMessage, plan_id: str) -> Final:
        request = memory_pb2.UndoForgetRequest(
            request_id=f"{requests.turn_id_of(message)}:undo-forget", viewer=requests.viewer_of(message), plan_id=plan_id
        )
        undone = await self._memory.undo_forget(request, timeout_s=self._settings.command_s)
        self._done.pop(_place(message))
        return _said(message, notices.words("undone", count=notices.count_text(undone.restored)))

    async def _credits(self, message: gateway_pb2.IncomingMessage) -> Final:
        request = credit_pb2.GetBalanceRequest(account_id=requests.account_of(message.user_id))
        balance = (await self._credit.get_balance(request, timeout_s=self._settings.command_s)).balance
        available, held = notices.credits_text(balance.available_microcredits), balance.held_microcredits
        key = "credits_held" if held else "credits"
        final = _said(message, notices.words(key, available=available, held=notices.credits_text(held)))
        final.balance_known, final.available_microcredits = True, balance.available_microcredits
        return final

    def _alive(self, plans: BoundedMap[_Place, _Plan], place: _Place) -> _Plan | None:
        plan = plans.get(place)
        if plan is not None and plan.until_s <= self._now_s():
            plans.pop(place)
            return None
        return plan


async def _refusing(message: gateway_pb2.IncomingMessage, away_key: str, work: Callable[[], Awaitable[Final]]) -> Final:
    try:
        return await work()
    except ParlourError as error:
        away = error.failure.unwell or isinstance(error, CircuitOpen)
        text = notices.words(away_key) if away else notices.words_for(error)
        return events.refused(requests.turn_id_of(message), text, error.reason)


def _remembered_key(added: memory_pb2.AddMemoryResponse) -> str:
    if added.memory.quarantined:
        return "quarantined"
    return "already_remembered" if added.duplicate else "remembered"


async def _saying(message: gateway_pb2.IncomingMessage, text: Awaitable[str]) -> Final:
    return _said(message, await text)


def _said(message: gateway_pb2.IncomingMessage, text: str) -> Final:
    return Final(turn_id=requests.turn_id_of(message), text=text, outcome=Final.OUTCOME_COMMAND)


def _place(message: gateway_pb2.IncomingMessage) -> _Place:
    return (message.user_id, message.guild_id)


def _texts(memories: Iterable[memory_pb2.Memory]) -> str:
    return notices.list_text(memory.text for memory in memories)


def _shown(memories: Iterable[memory_pb2.Memory]) -> list[gateway_pb2.ShownMemory]:
    return [gateway_pb2.ShownMemory(memory_id=memory.memory_id, text=memory.text, create_time=memory.create_time) for memory in memories]

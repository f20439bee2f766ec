"""Which command is carried out by whom: from a kind, or from what a button asks for, to the one that answers it.

Commands are answered from the stores, never by the model, and free of charge. A repeated message finds the first result, because request ids derive
from the message.
"""

import time
from collections.abc import Callable
from functools import partial

from prometheus_client import Counter

from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.credit.client import CreditClient
from services.gateway import notices, requests
from services.gateway.commands import confirmations
from services.gateway.commands.conversation_answers import ConversationAnswers
from services.gateway.commands.credit_answers import CreditAnswers
from services.gateway.commands.finals import Area, Handler, Tell, is_typed, refusing, said
from services.gateway.commands.help import help_text
from services.gateway.commands.memory_answers import FORGET, MemoryAnswers
from services.gateway.commands.moderation_answers import ModerationAnswers
from services.gateway.commands.offers import Offers, Slot
from services.gateway.commands.parsing import Command, Kind
from services.gateway.commands.pool_answers import PoolAnswers
from services.gateway.commands.privacy_answers import PrivacyAnswers
from services.gateway.commands.quarantine_answers import QuarantineAnswers
from services.gateway.commands.questions import Questions
from services.gateway.commands.standing_answers import StandingAnswers
from services.gateway.commands.voice_answers import VoiceAnswers
from services.gateway.events import Final
from services.gateway.guild_settings import GuildSettingsCache
from services.gateway.settings import GatewaySettings
from services.memory.client import MemoryClient

_confirmations = Counter("parlour_gateway_confirmations_total", "Answers to questions that were asked before something is done", ["about", "result"])


class CommandAnswers:
    """Carries out commands.

    What cannot be taken back is asked first and waits for a yes, by a button or in words. The question is dropped when the person talks of something
    else, so that a later "yes" is not taken for consent. `offers`: what "yes", "undo" and "more" refer to.
    """

    def __init__(
        self,
        memory: MemoryClient,
        credit: CreditClient,
        conversation: ConversationClient,
        settings: GatewaySettings,
        guilds: GuildSettingsCache,
        offers: Offers,
        standing: StandingAnswers,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._guilds = guilds
        self._offers = offers
        self._now_s = wall_clock
        self._questions = Questions(offers, conversation, instance_id=settings.instance_id, look_s=settings.question_look_s, wall_clock=wall_clock)
        self._voice = VoiceAnswers(conversation, settings, wall_clock)
        self._memory = MemoryAnswers(memory, offers, self._questions, settings, wall_clock)
        self._conversation = ConversationAnswers(conversation, self._questions, settings, wall_clock)
        self._privacy = PrivacyAnswers(conversation, guilds, self._questions, settings, wall_clock)
        self._areas: tuple[Area, ...] = (
            self._memory,
            self._conversation,
            self._privacy,
            self._voice,
            CreditAnswers(credit, settings, wall_clock),
            PoolAnswers(credit, settings, wall_clock),
            ModerationAnswers(conversation, guilds, settings),
            QuarantineAnswers(memory, settings),
            standing,
        )
        self._by_kind: dict[Kind, tuple[str, Handler]] = {
            kind: (area.away, handler) for area in self._areas for kind, handler in area.handlers().items()
        }
        self._by_kind |= {Kind.UNDO: (self._memory.away, self._undo_last), Kind.HELP: (self._memory.away, self._help)}

    async def applies(self, command: Command, message: gateway_pb2.IncomingMessage) -> bool:
        """Whether a command means something here: "yes" and "no" do only after a question, and "yes" where this message was carried out before."""
        if command.kind is Kind.CONFIRM and await self._carried_out(message) is not None:
            return True
        if command.kind in (Kind.CONFIRM, Kind.DECLINE):
            return await self._questions.standing(message) is not None
        return True

    def talked(self, message: gateway_pb2.IncomingMessage) -> None:
        """Note that a person talks of something else: what they were asked is no longer waited for."""
        self._questions.talked(message)

    async def answer(self, command: Command, message: gateway_pb2.IncomingMessage, tell: Tell) -> Final:
        """Carry out a command and return its answer; what fails is a refusal in plain words.

        `tell` shows more text while a command takes its time; the answer begins with all that was shown so.
        """
        if command.kind is Kind.CONFIRM:
            return await self._confirm(message, tell)
        if command.kind is Kind.DECLINE:
            return await self._decline(message)
        away, handler = self._by_kind[command.kind]
        return await refusing(message, away, lambda: handler(message, command.text))

    async def act(self, request: gateway_pb2.HandleMessageRequest, tell: Tell) -> Final:
        """Carry out what a pressed button asks for; as `answer`."""
        message, memory = request.message, self._memory
        match request.WhichOneof("action"):
            case "forget_decision" if request.forget_decision.keep:
                return await self._decline(message, request.forget_decision.plan_id)
            case "forget_decision":
                decide = memory.undo if request.forget_decision.undo else memory.forget
                work = partial(decide, message, request.forget_decision.plan_id)
            case "memory_edit":
                work = partial(memory.edit, message, request.memory_edit)
            case "memory_deletion":
                work = partial(memory.delete, message, request.memory_deletion)
            case "memories_page":
                work = partial(memory.page, message, request.memories_page.page_token)
            case _:
                return await self._decide(message, request.confirmation.confirmation_id, confirmed=request.confirmation.confirmed, tell=tell)
        return await refusing(message, memory.away, work)

    async def _confirm(self, message: gateway_pb2.IncomingMessage, tell: Tell) -> Final:
        plan_id = await self._carried_out(message)
        if plan_id is None:
            asked = await self._questions.standing(message)
            if asked is None:
                return said(message, notices.words("question_expired"))
            if asked.about != FORGET:
                # Words in a guild are answered in front of others, until the end says that they are private: nothing is shown before.
                return await self._decide(message, asked.token, confirmed=True, tell=_silently if message.guild_id else tell)
            plan_id = asked.token
        _confirmations.labels(FORGET, "yes").inc()
        return await refusing(message, self._memory.away, partial(self._memory.forget, message, plan_id))

    async def _carried_out(self, message: gateway_pb2.IncomingMessage) -> str | None:
        """The plan that this very message carried out: it comes once more."""
        done = await self._offers.get(Slot.DONE, message)
        return done.token if done is not None and done.about == FORGET and done.turn_id == requests.turn_id_of(message) else None

    async def _decline(self, message: gateway_pb2.IncomingMessage, plan_id: str = "") -> Final:
        """Do nothing of what was asked. `plan_id` names the forget that a button declines: another question that stands meanwhile stays."""
        asked = await self._questions.standing(message)
        if asked is not None and asked.about != FORGET and not plan_id:
            return await self._decide(message, asked.token, confirmed=False)
        await self._questions.answered(message, plan_id)
        _confirmations.labels(FORGET, "no").inc()
        return said(message, notices.words("forget_declined"))

    async def _decide(self, message: gateway_pb2.IncomingMessage, confirmation_id: str, *, confirmed: bool, tell: Tell | None = None) -> Final:
        """Do what was asked before, after a yes. The question stays where that fails, so that a yes can be said again."""
        try:
            asked = confirmations.read(confirmation_id, message, self._now_s())
        except confirmations.NotTheirs:
            return said(message, notices.words("question_not_yours"), private=True)
        except confirmations.TooLate:
            return said(message, notices.words("question_expired"), private=True)
        _confirmations.labels(asked.about, "yes" if confirmed else "no").inc()
        about_privacy = asked.about in (confirmations.ERASE, confirmations.ERASING)
        if not confirmed or tell is None:
            final = said(message, notices.words("erasing_anyway" if asked.about == confirmations.ERASING else "declined"), private=about_privacy)
        elif about_privacy:
            final = await refusing(message, self._privacy.away, partial(self._privacy.erase, message, asked, tell))
        else:
            final = await refusing(message, self._conversation.away, partial(self._conversation.reset, message, asked))
        if final.outcome == Final.OUTCOME_COMMAND and not final.HasField("confirmation"):
            await self._questions.answered(message, confirmation_id)
        return final

    async def _help(self, message: gateway_pb2.IncomingMessage, _: str) -> Final:
        settings = await self._guilds.get(message.guild_id)
        return said(message, help_text(settings, in_guild=bool(message.guild_id), may_moderate=message.may_moderate), private=is_typed(message))

    async def _undo_last(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Undo what was done last: a forget, or a change of the voice."""
        if text:
            return said(message, notices.words("undo_form"))
        done = await self._offers.get(Slot.DONE, message)
        if done is not None and done.about != FORGET and done.turn_id != requests.turn_id_of(message):
            done = None  # undone before, and not by this message
        voice_at_s = await self._voice.changed_at_s(message)
        if voice_at_s is not None and (done is None or voice_at_s > done.at_s):
            return await self._voice.undo(message, "")
        if done is None:
            return said(message, notices.words("undo_nothing"))
        return await self._memory.undo(message, done.token)


async def _silently(_: str) -> None:
    """Show nothing before the answer."""

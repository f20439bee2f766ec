"""Commands about the conversation of a channel, carried out: what was talked about, and starting afresh."""

import time
from collections.abc import Callable, Mapping

from google.protobuf.timestamp_pb2 import Timestamp

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway import notices
from services.gateway.commands import confirmations
from services.gateway.commands.finals import Handler, said
from services.gateway.commands.parsing import Kind
from services.gateway.commands.questions import Questions
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.runtime.errors import PermissionRefused


class ConversationAnswers:
    """Carries out commands about the channel that they are given in. Every method raises ParlourError.

    In a direct message the conversation is the person's own. In a guild's channel it is everybody's who writes there: who may read what was
    written may have it summed up, and only who may moderate may start it afresh.
    """

    away = "conversation_command_unavailable"

    def __init__(
        self, conversation: ConversationClient, questions: Questions, settings: GatewaySettings, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._conversation = conversation
        self._questions = questions
        self._settings = settings
        self._now_s = wall_clock

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""
        return {Kind.SUMMARY: self.summary, Kind.RESET: self.ask_reset}

    async def summary(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Say what was talked about here since the last fresh start."""
        if text:
            return said(message, notices.words("summary_form"))
        if message.history_hidden:
            return said(message, notices.words("summary_not_yours"))
        request = conversation_pb2.SummarizeRequest(conversation=_here(message))
        try:
            summed_up = await self._conversation.summarize(request, timeout_s=self._settings.summary_s)
        except PermissionRefused:
            return said(message, notices.words("summary_off"))
        topics = [" ".join(topic.text.split()) for topic in summed_up.topics if topic.text.strip()]
        if not topics:
            return said(message, notices.words("summary_nothing"))
        return said(message, notices.words("summary", list="\n".join(f"- {topic}" for topic in topics)))

    async def ask_reset(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Say what a fresh start means here, and wait for a yes."""
        if text:
            return said(message, notices.words("reset_form"))
        if not _may_reset(message):
            return said(message, notices.words("reset_not_yours"))
        key = "reset_ask_guild" if message.guild_id else "reset_ask"
        return await ask(self._questions, message, confirmations.RESET, key, now_s=self._now_s(), wait_s=self._settings.confirmation_s)

    async def reset(self, message: gateway_pb2.IncomingMessage, asked: confirmations.Asked) -> Final:
        """Start afresh, after a yes: whoever says it must still be allowed to."""
        if not _may_reset(message):
            return said(message, notices.words("reset_not_yours"))
        request = conversation_pb2.ResetConversationRequest(request_id=asked.request_id, conversation=_here(message))
        await self._conversation.reset_conversation(request, timeout_s=self._settings.command_s)
        return said(message, notices.words("reset_done"))


async def ask(
    questions: Questions, message: gateway_pb2.IncomingMessage, about: str, key: str, *, now_s: float, wait_s: float, private: bool = False
) -> Final:
    """Ask before something that cannot be taken back: the Final carries the question for a button, and a plain yes answers it too."""
    until_s = now_s + wait_s
    confirmation_id = confirmations.ask(about, message, until_s)
    await questions.ask(message, about, confirmation_id, until_s)
    final = said(message, notices.words(key), private=private)
    final.confirmation.CopyFrom(confirmation(confirmation_id, f"{about}_label", until_s))
    return final


def confirmation(confirmation_id: str, label_key: str, until_s: float) -> gateway_pb2.Confirmation:
    """Return the question as a button needs it."""
    return gateway_pb2.Confirmation(
        confirmation_id=confirmation_id, confirm_label=notices.words(label_key), until_time=Timestamp(seconds=int(until_s))
    )


def _may_reset(message: gateway_pb2.IncomingMessage) -> bool:
    return not message.guild_id or message.may_moderate


def _here(message: gateway_pb2.IncomingMessage) -> conversation_pb2.ConversationKey:
    return conversation_pb2.ConversationKey(guild_id=message.guild_id, channel_id=message.channel_id)

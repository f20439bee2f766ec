"""Takes what nextcord receives to the assistant and back, a bounded number at a time. It outlives single connections to Discord."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import nextcord
from nextcord.http import HTTPClient
from prometheus_client import Counter, Gauge

from services.gateway.discord.answering import AssistantLike, answer
from services.gateway.discord.incoming import command_message, is_from_person, to_incoming
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.speaking import may_speak, members, own_permissions
from services.gateway.discord.stream_edits import StreamedReply
from services.gateway.discord.writers import ChannelWriter, InteractionWriter, ReplyWriter
from services.gateway.notices import words
from services.runtime.telemetry import get_logger

CANCELLED_WAIT_S = 3.0  # the assistant settles a turn that was cut within 2 s

_log = get_logger(__name__)
_messages = Counter("parlour_gateway_discord_messages_total", "Messages of people seen in Discord, by what became of them", ["result"])
_answering = Gauge("parlour_gateway_discord_answers_in_flight", "Messages of Discord being answered")


class Replier:
    """Answers messages and slash commands."""

    def __init__(self, settings: DiscordSettings, assistant: AssistantLike, http: HTTPClient) -> None:
        self._settings = settings
        self._assistant = assistant
        self._http = http
        self._members = members()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def message(self, message: nextcord.Message, client: nextcord.Client) -> None:
        """Answer a message, if a person wrote it, the assistant may speak there, and it is meant for it."""
        bot_id = client.user.id if client.user is not None else 0
        if is_from_person(message, bot_id):
            await self._bounded(lambda: self._message(message, client, bot_id))

    async def command(self, interaction: nextcord.Interaction[Any], text: str, *, private: bool) -> None:
        """Answer a slash command with the words for the same; `private`: only its user sees it."""
        await self._bounded(lambda: self._command(interaction, text, private))

    async def drain(self, wait_s: float) -> None:
        """Wait for answers under way, then cut those that are left."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=wait_s)
        left = [task for task in self._tasks if not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CANCELLED_WAIT_S)

    async def _bounded(self, work: Callable[[], Awaitable[None]]) -> None:
        if len(self._tasks) >= self._settings.discord_answers_max:
            _messages.labels("too_many").inc()
            _log.warning("a message from Discord is ignored: too many are being answered", answering=len(self._tasks))
            return
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("not in a task")
        self._tasks.add(task)
        _answering.set(len(self._tasks))
        try:
            await work()
        finally:
            self._tasks.discard(task)
            _answering.set(len(self._tasks))

    async def _message(self, message: nextcord.Message, client: nextcord.Client, bot_id: int) -> None:
        permissions = await own_permissions(message, client, self._members)
        if not may_speak(permissions, message.channel):
            _messages.labels("may_not_speak").inc()
            return
        incoming = to_incoming(message, bot_id)
        reply_to = message.id if permissions.read_message_history else None
        writer = ChannelWriter(self._http, message.channel.id, reply_to=reply_to, key=incoming.message_id)
        async with self._reply(writer) as reply:
            if not incoming.text:
                await self._wordless(message, incoming.mentions_assistant or not incoming.guild_id, reply)
                return
            answered = await answer(self._assistant, incoming, reply)
        _messages.labels("answered" if answered else "not_answered").inc()

    @staticmethod
    async def _wordless(message: nextcord.Message, addressed: bool, reply: StreamedReply) -> None:
        """Only a mention says hello; only an attachment or a sticker cannot be taken yet."""
        if not addressed:
            return
        _messages.labels("wordless").inc()
        await reply.finish(words("not_understood" if message.attachments or message.stickers else "help"))

    async def _command(self, interaction: nextcord.Interaction[Any], text: str, private: bool) -> None:
        await interaction.response.defer(ephemeral=private)
        async with self._reply(InteractionWriter(interaction, ephemeral=private)) as reply:
            answered = await answer(self._assistant, command_message(interaction, text), reply, expected=True)
        _messages.labels("command_answered" if answered else "command_not_answered").inc()

    def _reply(self, writer: ReplyWriter) -> StreamedReply:
        return StreamedReply(writer, edit_interval_s=self._settings.discord_edit_interval_s, delivery_s=self._settings.discord_delivery_s)

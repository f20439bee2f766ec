"""Takes what nextcord receives to the assistant and back, a bounded number at a time. It outlives single connections to Discord."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

import nextcord
from nextcord.http import HTTPClient
from prometheus_client import Counter, Gauge

from services.gateway.discord.answer_presses import AnswerPresses
from services.gateway.discord.answer_records import AnswerRecords
from services.gateway.discord.answering import AssistantLike
from services.gateway.discord.asking import Asking
from services.gateway.discord.channel_answers import Asked, ChannelAnswers, streamed_reply
from services.gateway.discord.components import ComponentRouter
from services.gateway.discord.incoming import is_from_person
from services.gateway.discord.interactions import Interactions, apologise
from services.gateway.discord.message_changes import MessageChanges
from services.gateway.discord.message_edits import edit_of
from services.gateway.discord.presses import Presses
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.surroundings import Surroundings
from services.gateway.discord.withheld import Withheld
from services.gateway.notices import words
from services.runtime.telemetry import get_logger

CANCELLED_WAIT_S = 3.0  # the assistant settles a turn that was cut within 2 s

_log = get_logger(__name__)
_messages = Counter("parlour_gateway_discord_messages_total", "Messages of people seen in Discord, by what became of them", ["result"])
_in_flight = Gauge("parlour_gateway_discord_answers_in_flight", "Events of Discord being dealt with, by kind", ["kind"])


class Replier:
    """Answers messages and slash commands."""

    def __init__(self, settings: DiscordSettings, assistant: AssistantLike, http: HTTPClient, records: AnswerRecords | None = None) -> None:
        self._settings = settings
        self._assistant = assistant
        self._records = records or AnswerRecords(None, size_max=settings.discord_answers_kept_max, keep_s=settings.discord_answers_kept_s)
        self._surroundings = Surroundings(settings)
        self._asking = Asking(settings, self._surroundings)
        withheld = Withheld(size_max=settings.discord_withheld_max, keep_s=settings.discord_withheld_s)
        self._answers = ChannelAnswers(settings, assistant, http, self._records, withheld)
        self._changes = MessageChanges(settings, assistant, self._asking, self._answers, self._records, self._surroundings)
        self.components = ComponentRouter()
        Presses(settings, assistant, withheld).register(self.components)
        AnswerPresses(settings, assistant, self._asking, self._answers, self._records).register(self.components)
        self._interactions = Interactions(assistant, self.components, partial(streamed_reply, settings))
        self._tasks: set[asyncio.Task[Any]] = set()
        self._changing: set[asyncio.Task[Any]] = set()
        for kind, tasks in {"answer": self._tasks, "change": self._changing}.items():
            _in_flight.labels(kind).set_function(partial(len, tasks))

    async def message(self, message: nextcord.Message, client: nextcord.Client) -> None:
        """Answer a message, if a person wrote it, the assistant may speak there, and it is meant for it."""
        if is_from_person(message, client.user.id if client.user is not None else 0):
            await self._bounded(self._tasks, self._settings.discord_answers_max, lambda: self._message(message, client))

    async def updated(self, data: Mapping[str, Any], client: nextcord.Client) -> None:
        """Deal with an update of a message, if it tells of an edit by a person: answer it anew, or store the new text."""
        edit = edit_of(data)
        if edit is not None:
            await self._bounded(self._changing, self._settings.discord_changes_max, lambda: self._changes.edited(edit, client))

    async def deleted(self, guild_id: int | None, channel_id: int, message_ids: Iterable[int]) -> None:
        """Take deleted messages out of the conversation, stop answers to them, and remove what was answered."""
        work = partial(self._changes.deleted, str(guild_id or ""), str(channel_id), tuple(message_ids))
        await self._bounded(self._changing, self._settings.discord_changes_max, work)

    async def interaction(self, interaction: nextcord.Interaction[Any]) -> None:
        """Answer a slash command, a button, a menu or a form."""
        if not await self._bounded(self._tasks, self._settings.discord_answers_max, lambda: self._interactions.take(interaction)):
            await apologise(interaction, "busy")

    async def drain(self, wait_s: float) -> None:
        """Wait for answers under way, then cut those that are left."""
        if tasks := self._tasks | self._changing:
            await asyncio.wait(tasks, timeout=wait_s)
        left = [task for task in self._tasks | self._changing if not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CANCELLED_WAIT_S)
        await self._records.drain()
        await self._surroundings.close()

    @staticmethod
    async def _bounded(tasks: set[asyncio.Task[Any]], tasks_max: int, work: Callable[[], Awaitable[None]]) -> bool:
        """Do the work, unless too much is being done: then return False."""
        if len(tasks) >= tasks_max:
            _messages.labels("too_many").inc()
            _log.warning("an event from Discord is ignored: too many are being dealt with", events=len(tasks))
            return False
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("not in a task")
        tasks.add(task)
        try:
            await work()
            return True
        finally:
            tasks.discard(task)

    async def _message(self, message: nextcord.Message, client: nextcord.Client) -> None:
        asked = await self._asking.asked(message, client)
        if asked is None:
            _messages.labels("may_not_speak").inc()
        else:
            answered = await self._answers.give(asked)
            _messages.labels("answered" if answered.shown else "not_answered").inc()
            if answered.reason == "empty" and (asked.incoming.mentions_assistant or not asked.incoming.guild_id):
                await self._wordless(asked)

    async def _wordless(self, asked: Asked) -> None:
        """Only a mention says hello; only a sticker cannot be taken. Whoever is ignored does not get here."""
        _messages.labels("wordless").inc()
        await self._answers.say(asked, words("not_understood" if asked.message.stickers else "help"))

"""Answers to messages in channels, and which of them are under way: an answer can be halted and given anew in its place."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import nextcord
from nextcord.http import HTTPClient

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_buttons import again_row, stop_row
from services.gateway.discord.answer_records import AnswerRecord, AnswerRecords
from services.gateway.discord.answering import Answered, AssistantLike, answer, has_regenerate
from services.gateway.discord.claimed_writer import ClaimedWriter, WriteTurns
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.stream_edits import StreamedReply
from services.gateway.discord.surroundings import Completion
from services.gateway.discord.withheld import Withheld
from services.gateway.discord.writers import ChannelWriter, ReplyWriter, WriteFailed, WriteRefused
from services.gateway.requests import turn_id_of
from services.runtime.bounded_map import BoundedMap

SETTLED_S = 5.0  # the assistant settles a turn that was cut within 2 s
_TEXT_TAKEN = "REQUEST_ID_REUSED"
"""The reason of a refusal where this attempt at a message was answered before, when it had another text."""

type Spared = Callable[[gateway_pb2.Final], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """A message to be answered. `edited_at` as Discord writes it; `replies`: its answer may refer to it."""

    message: nextcord.Message
    incoming: gateway_pb2.IncomingMessage
    replies: bool
    complete: Completion
    edited_at: str = ""

    @property
    def says_something(self) -> bool:
        """There are words or files to answer."""
        incoming = self.incoming
        return bool(incoming.text or incoming.images or incoming.text_files or incoming.unread_files)


@dataclass(slots=True, eq=False)
class _UnderWay:
    attempt: int
    reply: StreamedReply
    writer: ClaimedWriter
    again: bool
    """Another gateway took it over before."""
    task: "asyncio.Task[Answered] | None" = None
    record: AnswerRecord | None = None
    """Set once there is something of the answer to be seen."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class ChannelAnswers:
    """Gives answers in channels, at most one at a time to each message, and keeps their records."""

    def __init__(self, settings: DiscordSettings, assistant: AssistantLike, http: HTTPClient, records: AnswerRecords, withheld: Withheld) -> None:
        self._settings = settings
        self._assistant = assistant
        self._http = http
        self._records = records
        self._withheld = withheld
        self._turns = WriteTurns()
        # Room for all that the replier lets in: nothing under way is ever evicted.
        room = settings.discord_answers_max + settings.discord_changes_max
        self._under_way: BoundedMap[str, _UnderWay] = BoundedMap("discord_answers_under_way", size_max=room)
        self._posted: BoundedMap[str, bool] = BoundedMap(
            "discord_answer_messages", size_max=settings.discord_answers_kept_max, ttl_s=settings.discord_answers_kept_s
        )

    def attempt_under_way(self, message_id: str) -> int | None:
        """Return which attempt at the message this gateway is answering; None: it is not."""
        under_way = self._under_way.peek(message_id)
        return under_way.attempt if under_way is not None else None

    def is_answer(self, message_id: str) -> bool:
        """Return whether this gateway posted the message as a part of an answer, lately."""
        return message_id in self._posted

    async def give(self, asked: Asked, *, replaces: Sequence[str] = (), spared: Spared = lambda final: False) -> Answered:
        """Answer a message. `replaces`: the messages of an earlier answer, which become this one's.

        An attempt that was used before with another text is counted up. A final answer that is `spared` leaves what it was to replace as it is.
        """
        while True:
            if asked.incoming.attempt >= self._settings.discord_attempts_max:
                return await self._kept(asked, replaces, spared)
            answered = await self._kept(asked, replaces, lambda final: final.reason == _TEXT_TAKEN or spared(final))
            if answered.shown or answered.final is None or answered.final.reason != _TEXT_TAKEN:
                return answered
            asked.incoming.attempt += 1

    async def _kept(self, asked: Asked, replaces: Sequence[str], spared: Spared) -> Answered:
        """Answer a message; one that another gateway takes over is kept in sight, and answered should that one die."""
        answered = await self._in_task(asked, replaces, spared, again=False)
        wrote_late = False
        for _ in range(self._settings.discord_takeovers_max):
            if answered.taken_over is None:
                break
            replaces, wrote_late = answered.taken_over or replaces, wrote_late or answered.wrote_late
            answered = await self._in_task(asked, replaces, spared, again=True)
        if wrote_late and answered.ignored:
            await self._restore(asked, replaces)
        return answered

    async def _restore(self, asked: Asked, replaces: Sequence[str]) -> None:
        """Show the answer of the gateway that took the message over: we wrote over it."""
        given = await self._assistant.given(asked.incoming)
        if given is None or not given.text:
            return
        incoming = asked.incoming
        page = self._withheld.shown_to_all(incoming, given)
        async with streamed_reply(self._settings, self._writer(asked), replaces=replaces) as reply:
            again = again_row(incoming.message_id, incoming.attempt, incoming.user_id) if has_regenerate(given) else ()
            await reply.finish(page.text, components=(*page.components, *again), files=page.files)

    async def say(self, asked: Asked, text: str) -> None:
        """Answer a message with fixed words."""
        async with streamed_reply(self._settings, self._writer(asked)) as reply:
            await reply.finish(text)

    def _writer(self, asked: Asked) -> ClaimedWriter:
        incoming = asked.incoming
        key = answer_key(incoming.message_id, incoming.attempt)
        writer = ChannelWriter(self._http, incoming.channel_id, reply_to=asked.message.id if asked.replies else None, key=key)
        return ClaimedWriter(writer, partial(self._assistant.still_mine, turn_id_of(incoming)), self._turns, incoming.channel_id)

    async def _in_task(self, asked: Asked, replaces: Sequence[str], spared: Spared, *, again: bool) -> Answered:
        """Answer in a task of its own, so that it can be halted without its caller."""
        incoming = asked.incoming
        controls = stop_row(incoming.message_id, incoming.user_id)
        writer = self._writer(asked)
        reply = streamed_reply(self._settings, writer, controls=controls, replaces=replaces)
        under_way = _UnderWay(incoming.attempt, reply, writer, again)
        self._under_way.put(incoming.message_id, under_way)
        under_way.task = asyncio.create_task(self._answer(asked, under_way, spared))
        try:
            return await under_way.task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is None or current.cancelling():
                raise
            return Answered(False)  # halted: somebody else goes on from here
        finally:
            if self._under_way.peek(incoming.message_id) is under_way:
                self._under_way.pop(incoming.message_id)
            under_way.ended.set()

    async def _answer(self, asked: Asked, under_way: _UnderWay, spared: Spared) -> Answered:
        incoming, reply = asked.incoming, under_way.reply
        record = AnswerRecord(
            incoming.message_id,
            incoming.channel_id,
            incoming.guild_id,
            incoming.user_id,
            incoming.attempt,
            asked.edited_at,
            tuple(reply.message_ids),
            self._records.instance,
        )

        def begun() -> None:
            if under_way.record is None:
                under_way.record = record
                self._records.put(record)

        async with reply:
            answered = await answer(
                self._assistant,
                incoming,
                reply,
                partial(self._withheld.shown_to_all, incoming),
                again=again_row(incoming.message_id, incoming.attempt, incoming.user_id),
                complete=asked.complete,
                taken_over=under_way.again,
                begun=begun,
                spared=spared,
            )
            if under_way.writer.taken_over:
                return Answered(False, taken_over=tuple(reply.message_ids), wrote_late=under_way.writer.wrote_late)
            if answered.withdrawn:
                await self.remove(incoming.channel_id, await reply.halt())
                self._records.forget(incoming.message_id)
            elif under_way.record is not None:
                self._ended(record, tuple(reply.message_ids))
        return answered

    def _ended(self, record: AnswerRecord, message_ids: tuple[str, ...]) -> None:
        self._records.put(record.ended(message_ids))
        for message_id in message_ids:
            self._posted.put(message_id, True)

    async def halt(self, message_id: str) -> Sequence[str] | None:
        """Cut the answer to a message, wait until it is settled, and return the messages that there are of it; None if none is under way here."""
        under_way = self._under_way.peek(message_id)
        if under_way is None or under_way.task is None:
            return None
        if under_way.reply.finished:
            # It stands there, or nearly: cut now, another gateway would take it for one that nobody gives any more.
            await self._wait_ended(under_way)
        message_ids = await under_way.reply.halt()
        if under_way.record is not None:
            self._ended(under_way.record, tuple(message_ids))
        under_way.task.cancel()
        await self._wait_ended(under_way)
        return message_ids

    async def ended(self, message_id: str, attempt: int) -> bool:
        """Wait until this attempt at a message, if it is under way, has ended; return whether no later one is under way."""
        under_way = self._under_way.peek(message_id)
        if under_way is not None and under_way.attempt <= attempt:
            await self._wait_ended(under_way)
        return (self.attempt_under_way(message_id) or -1) <= attempt

    @staticmethod
    async def _wait_ended(under_way: _UnderWay) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_S):
                await under_way.ended.wait()

    async def remove(self, channel_id: str, message_ids: Sequence[str]) -> None:
        """Delete messages of an answer; one that is gone or cannot be deleted is let go."""
        writer = ChannelWriter(self._http, channel_id, reply_to=None, key="")
        for message_id in message_ids:
            with suppress(WriteRefused, WriteFailed):
                await writer.delete(message_id)


def streamed_reply(
    settings: DiscordSettings, writer: ReplyWriter, *, controls: Sequence[dict[str, Any]] = (), replaces: Sequence[str] = ()
) -> StreamedReply:
    """Return an answer that is streamed at the pace and within the limits of the settings."""
    return StreamedReply(
        writer,
        edit_interval_s=settings.discord_edit_interval_s,
        delivery_s=settings.discord_delivery_s,
        messages_max=settings.discord_answer_messages_max,
        controls=controls,
        replaces=replaces,
    )


def answer_key(message_id: str, attempt: int) -> str:
    """Return the name under which an answer is posted once, also by several instances."""
    return f"{message_id}:{attempt}" if attempt else message_id

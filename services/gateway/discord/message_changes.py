"""Messages that are edited or deleted after they were written.

An edit within `discord_edit_window_s` is answered anew, in place of the answer that there was; a later one changes the stored text only. A deleted
message is taken out of the conversation, and what answered it goes with it: an answer tells what was asked.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import nextcord
from prometheus_client import Counter

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_records import AnswerRecord, AnswerRecords
from services.gateway.discord.answering import AssistantLike
from services.gateway.discord.asking import Asking
from services.gateway.discord.channel_answers import Asked, ChannelAnswers
from services.gateway.discord.earlier_answers import find_answer
from services.gateway.discord.edit_steps import backoff_s
from services.gateway.discord.incoming import is_from_person, own_role_id, person_name, said
from services.gateway.discord.message_edits import MessageEdit
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.surroundings import Surroundings, fetch_message
from services.runtime import failures
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import ParlourError

WITHDRAWN_AT_ONCE = 100  # what WithdrawMessages takes
EDITS_SEEN_MAX = 10_000
EDITS_SEEN_S = 3600.0
LOOKED_AGAIN_S = 0.25

_changes = Counter("parlour_gateway_discord_changes_total", "Edits and deletions of messages in Discord, by what became of them", ["result"])


class MessageChanges:
    """Deals with edits and deletions. `now`: the time by which messages are older than this process."""

    def __init__(
        self,
        settings: DiscordSettings,
        assistant: AssistantLike,
        asking: Asking,
        answers: ChannelAnswers,
        records: AnswerRecords,
        surroundings: Surroundings,
        now: Callable[[], datetime] = nextcord.utils.utcnow,
    ) -> None:
        self._settings = settings
        self._assistant = assistant
        self._asking = asking
        self._answers = answers
        self._records = records
        self._surroundings = surroundings
        self._started_at = now()
        self._preparing: BoundedMap[str, asyncio.Lock] = BoundedMap("discord_edits_preparing", size_max=EDITS_SEEN_MAX, ttl_s=EDITS_SEEN_S)
        self._seen: BoundedMap[str, str] = BoundedMap("discord_edits_seen", size_max=EDITS_SEEN_MAX, ttl_s=EDITS_SEEN_S)

    async def edited(self, edit: MessageEdit, client: nextcord.Client) -> None:
        """Answer an edited message anew, or store its new text."""
        if (self._seen.get(edit.message_id) or "") >= edit.edited_at:
            _changes.labels("edit_known").inc()
            return
        self._seen.put(edit.message_id, edit.edited_at)
        self._surroundings.changed(int(edit.message_id))
        if not edit.author_id:
            whole = await self._of_a_person(edit, client)
            if whole is None:
                _changes.labels("edit_let_go").inc()
                return
            edit = whole
        if edit.after_s <= self._settings.discord_edit_window_s and await self._answered_anew(edit, client):
            _changes.labels("edit_answered").inc()
        else:
            _changes.labels("edit_stored" if await self._stored(edit, client) else "edit_let_go").inc()

    async def _of_a_person(self, edit: MessageEdit, client: nextcord.Client) -> MessageEdit | None:
        """Find out whose message was edited, where Discord tells only what changed; None where it was no person's, or cannot be had."""
        if client.user is None or self._answers.is_answer(edit.message_id):
            return None
        place = await self._place(edit, client)
        message = _known(edit, client) or (await fetch_message(place, int(edit.message_id)) if place is not None else None)
        if message is None or not is_from_person(message, client.user.id):
            return None
        mentioned = {f"@{user.id}": f"@{person_name(user)}" for user in message.mentions}
        return replace(edit, author_id=str(message.author.id), names=edit.names or mentioned)

    async def _answered_anew(self, edit: MessageEdit, client: nextcord.Client) -> bool:
        """Return whether this edit needs no more to be done about it: it is answered, here or by another gateway."""
        place = await self._place(edit, client)
        if place is None:
            return False
        # One edit of a message at a time, up to where its answer is under way: the next one finds it there, and goes on from it.
        async with self._preparing.get_or_create(edit.message_id, asyncio.Lock):
            begun = await self._begun_anew(edit, place, client)
        return begun if isinstance(begun, bool) else await begun

    async def _begun_anew(self, edit: MessageEdit, place: nextcord.abc.Messageable, client: nextcord.Client) -> "bool | asyncio.Task[bool]":
        """Begin to answer an edited message; return what comes of it, or at once whether nothing more is to be done about it."""
        record = await self._left_to_others(edit, await self._record(edit, place, client))
        under_way = self._answers.attempt_under_way(edit.message_id)
        if record is not None and record.edited_at >= edit.edited_at:
            return True
        last = max(record.attempt if record is not None else -1, under_way if under_way is not None else -1)
        if last >= self._settings.discord_attempts_max:
            return False
        message = await self._message(edit, place, client)
        asked = await self._asking.asked(message, client, attempt=last + 1) if message is not None else None
        if asked is None or not asked.says_something:
            return False
        halted = await self._answers.halt(edit.message_id)
        replaces = halted if halted is not None else record.message_ids if record is not None else ()
        return asyncio.Task(self._given(asked, replaces, halted), loop=asyncio.get_running_loop(), eager_start=True)

    async def _given(self, asked: Asked, replaces: Sequence[str], halted: Sequence[str] | None) -> bool:
        answered = await self._answers.give(asked, replaces=replaces)
        if answered.ignored and halted:
            await self._answers.remove(asked.incoming.channel_id, halted)
        return not answered.ignored

    async def _place(self, edit: MessageEdit, client: nextcord.Client) -> nextcord.abc.Messageable | None:
        """Return the channel, where the assistant may speak there: before that, nothing is read."""
        guild = client.get_guild(int(edit.guild_id)) if edit.guild_id else None
        try:
            channel = client.get_channel(int(edit.channel_id)) or await client.fetch_channel(int(edit.channel_id))
        except (nextcord.DiscordException, OSError):
            return None
        allowed = await self._asking.permissions(channel, guild, client) if guild is not None or not edit.guild_id else None
        return channel if allowed is not None and isinstance(channel, nextcord.abc.Messageable) else None

    async def _record(self, edit: MessageEdit, place: nextcord.abc.Messageable, client: nextcord.Client) -> AnswerRecord | None:
        """Return what is known of the answer. One that was given before this process began, and is on no record, is looked for in the channel."""
        record = await self._records.get(edit.message_id)
        if record is not None or nextcord.utils.snowflake_time(int(edit.message_id)) >= self._started_at or client.user is None:
            return record
        return await find_answer(place, edit, client.user.id)

    async def _left_to_others(self, edit: MessageEdit, record: AnswerRecord | None) -> AnswerRecord | None:
        """Leave an edit to the gateway that is answering the message: it sees the edit, too. Return the newest record when it has, or has died."""
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + self._settings.discord_takeover_s
        while (
            record is not None
            and not record.done
            and record.instance != self._records.instance
            and record.edited_at < edit.edited_at
            and self._answers.attempt_under_way(edit.message_id) is None
            and clock() < give_up_at
        ):
            await asyncio.sleep(min(LOOKED_AGAIN_S, self._settings.discord_takeover_s))
            record = await self._records.get(edit.message_id)
        return record

    @staticmethod
    async def _message(edit: MessageEdit, place: nextcord.abc.Messageable, client: nextcord.Client) -> nextcord.Message | None:
        """Return the message as it is now."""
        known = _known(edit, client)
        if known is not None and known.content == edit.content:
            return known
        return await fetch_message(place, int(edit.message_id))

    async def _stored(self, edit: MessageEdit, client: nextcord.Client) -> bool:
        """Change the stored text of a message, if it is stored; return whether it was."""
        guild = client.get_guild(int(edit.guild_id)) if edit.guild_id else None
        addressed = {f"@{client.user.id}"} if client.user is not None else set()
        role_id = own_role_id(guild)
        addressed |= {f"@&{role_id}"} if role_id is not None else set()
        message = gateway_pb2.IncomingMessage(
            message_id=edit.message_id,
            guild_id=edit.guild_id,
            channel_id=edit.channel_id,
            user_id=edit.author_id,
            text=said(edit.content, addressed=frozenset(addressed), names=edit.names),
        )
        edited_ms = int(datetime.fromisoformat(edit.edited_at).timestamp() * 1000)
        return await self._assistant.edited(message, request_id=f"{edit.message_id}:edited:{edited_ms}")

    async def deleted(self, guild_id: str, channel_id: str, message_ids: Iterable[int]) -> None:
        """Take deleted messages out of the conversation, and their answers out of the channel."""
        gone = [str(message_id) for message_id in sorted(message_ids)]
        for message_id in gone:
            self._asking.gone(int(message_id))
            self._surroundings.changed(int(message_id))
        asked = [message_id for message_id in gone if not self._answers.is_answer(message_id)]
        for message_id in asked:
            await self._remove_answer(message_id, channel_id, frozenset(gone))
        for start in range(0, len(asked), WITHDRAWN_AT_ONCE):
            await self._withdraw(guild_id, channel_id, asked[start : start + WITHDRAWN_AT_ONCE])

    async def _remove_answer(self, message_id: str, channel_id: str, gone: frozenset[str]) -> None:
        halted = await self._answers.halt(message_id)
        record = await self._records.get(message_id)
        posted = dict.fromkeys([*(halted or ()), *(record.message_ids if record is not None else ())])
        await self._answers.remove(channel_id, [one for one in posted if one not in gone])
        if record is not None:
            self._records.forget(message_id)

    async def _withdraw(self, guild_id: str, channel_id: str, message_ids: Sequence[str]) -> None:
        """Take messages out of the conversation; what fails is tried again for `discord_delivery_s` seconds."""
        digest = hashlib.blake2b("\n".join((channel_id, *message_ids)).encode(), digest_size=16).hexdigest()
        request = gateway_pb2.WithdrawMessagesRequest(
            request_id=f"deleted:{digest}", guild_id=guild_id, channel_id=channel_id, message_ids=message_ids
        )
        clock = asyncio.get_running_loop().time
        give_up_at, tries = clock() + self._settings.discord_delivery_s, 0
        while True:
            try:
                withdrawn = await self._assistant.withdraw(request)
            except ParlourError as error:
                tries += 1
                if clock() + backoff_s(tries, None) > give_up_at:
                    _changes.labels("deletion_failed").inc()
                    event = "deleted messages could not be taken out of their conversation"
                    failures.ended(error, failures.Place.DISCORD, event, messages=len(message_ids))
                    return
                await asyncio.sleep(backoff_s(tries, None))
            else:
                _changes.labels("deleted" if withdrawn.withdrawn else "deletion_let_go").inc()
                return


def _known(edit: MessageEdit, client: nextcord.Client) -> nextcord.Message | None:
    return next((one for one in reversed(client.cached_messages) if str(one.id) == edit.message_id), None)

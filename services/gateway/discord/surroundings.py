"""What surrounds a message in Discord: the chain of replies before it, the message that its thread began with, the files attached to it.

Looked up only when it is known that the message is for the assistant, within `discord_context_s` seconds, and only where its author may read:
what cannot be had in time or at all is left out.
"""

import asyncio
from collections.abc import Awaitable, Callable

import nextcord
from prometheus_client import Counter

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.attachments import TextFileReader, text_attachments
from services.gateway.discord.incoming import may_read, quoted
from services.gateway.discord.settings import DiscordSettings
from services.runtime.bounded_map import BoundedMap

STARTERS_MAX = 1000
STARTER_TTL_S = 600.0

_late = Counter("parlour_gateway_discord_context_late_total", "Messages whose surroundings were not all there in time")
_fetched = Counter("parlour_gateway_discord_messages_fetched_total", "Messages asked from Discord as context, by result", ["result"])

type Completion = Callable[[gateway_pb2.IncomingMessage], Awaitable[None]]


class Surroundings:
    """Completes messages. Keeps the first messages of threads for a while: each message in a thread needs the same."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._settings = settings
        self._files = TextFileReader(settings)
        self._starters: BoundedMap[int, gateway_pb2.RepliedTo] = BoundedMap("discord_thread_starters", size_max=STARTERS_MAX, ttl_s=STARTER_TTL_S)

    def completion(self, message: nextcord.Message, bot_id: int, own: nextcord.Permissions) -> Completion:
        """Return what completes the IncomingMessage of `message`; `own`: what the assistant may do in its channel."""

        async def complete(incoming: gateway_pb2.IncomingMessage) -> None:
            work = [self._read_files(message, incoming)]
            if own.read_message_history and may_read(message.author, message.channel):
                work += [self._follow_replies(message, incoming, bot_id), self._find_starter(message, incoming, bot_id)]
            try:
                async with asyncio.timeout(self._settings.discord_context_s):
                    await asyncio.gather(*work)
            except TimeoutError:
                _late.inc()

        return complete

    def changed(self, message_id: int) -> None:
        """A message was edited or deleted: forget what was kept of it."""
        self._starters.pop(message_id)

    async def close(self) -> None:
        """Close what loads files."""
        await self._files.close()

    async def _read_files(self, message: nextcord.Message, incoming: gateway_pb2.IncomingMessage) -> None:
        await self._files.read(text_attachments(message.attachments, self._settings), incoming.text_files)

    async def _follow_replies(self, message: nextcord.Message, incoming: gateway_pb2.IncomingMessage, bot_id: int) -> None:
        """Follow the replies backwards, within the channel."""
        current = await self._before(message)
        if current is None:
            return
        if not incoming.replied_to.author_id:
            incoming.replied_to.CopyFrom(quoted(current, bot_id))
        seen = {message.id, current.id}
        while len(incoming.reply_chain) < self._settings.discord_reply_chain_max:
            current = await self._before(current)
            if current is None or current.id in seen:
                return
            seen.add(current.id)
            incoming.reply_chain.append(quoted(current, bot_id))

    @staticmethod
    async def _before(message: nextcord.Message) -> nextcord.Message | None:
        """Return what a message replies to in its own channel."""
        reference = message.reference
        if reference is None or reference.message_id is None or reference.channel_id != message.channel.id:
            return None
        if isinstance(reference.resolved, nextcord.DeletedReferencedMessage):
            return None
        known = reference.cached_message or reference.resolved
        # What Discord sends along with a reply may come without what that replied to in its turn.
        is_cut = isinstance(known, nextcord.Message) and known.type is nextcord.MessageType.reply and known.reference is None
        return known if isinstance(known, nextcord.Message) and not is_cut else await fetch_message(message.channel, reference.message_id)

    async def _find_starter(self, message: nextcord.Message, incoming: gateway_pb2.IncomingMessage, bot_id: int) -> None:
        """Find the message that the thread was started from: it has the thread's id, and stands in the parent, or in the thread itself in a forum."""
        thread = message.channel
        if not isinstance(thread, nextcord.Thread) or str(thread.id) in (incoming.message_id, incoming.replied_to.message_id):
            return
        starter = self._starters.get(thread.id)
        if starter is None:
            place = self._starters_place(thread, message)
            found = await fetch_message(place, thread.id) if place is not None else None
            starter = quoted(found, bot_id) if found is not None else gateway_pb2.RepliedTo()
            self._starters.put(thread.id, starter)
        if starter.message_id:
            incoming.thread_starter.CopyFrom(starter)

    @staticmethod
    def _starters_place(thread: nextcord.Thread, message: nextcord.Message) -> nextcord.abc.Messageable | None:
        parent = thread.parent
        if isinstance(parent, nextcord.ForumChannel):
            return thread
        if not isinstance(parent, nextcord.TextChannel):
            return None
        me = parent.guild.me
        return parent if may_read(message.author, parent) and may_read(me, parent) else None


async def fetch_message(place: nextcord.abc.Messageable, message_id: int) -> nextcord.Message | None:
    """Ask Discord for a message; None where it is gone, may not be read, or Discord cannot be asked."""
    try:
        found = await place.fetch_message(message_id)
    except (nextcord.DiscordException, OSError, KeyError, ValueError):  # KeyError: a message of a form that nextcord cannot read
        _fetched.labels("failed").inc()
        return None
    _fetched.labels("found").inc()
    return found

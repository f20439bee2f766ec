"""Whether the assistant may speak where a message was written; asked before any work."""

import time
from collections.abc import Awaitable, Callable

import nextcord

from services.runtime.bounded_map import BoundedMap

MEMBER_S = 600.0
CHANNEL_S = 60.0
"""How long what Discord was asked for counts: nobody tells when the rights in a thread that nextcord does not know change."""


class Speaking:
    """What the assistant may do where. Answered from what nextcord knows; a guild or thread that it does not know is asked for and kept a while.

    `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._members: BoundedMap[int, tuple[float, nextcord.Member]] = BoundedMap("discord_own_members", ttl_s=MEMBER_S)
        self._channels: BoundedMap[int, tuple[float, object]] = BoundedMap("discord_asked_channels", ttl_s=CHANNEL_S)

    async def permissions(self, channel: object, guild: nextcord.Guild | None, client: nextcord.Client) -> nextcord.Permissions:
        """Return what the assistant may do in a channel of a guild, or a direct one; nothing, if Discord cannot say."""
        if guild is None:
            return nextcord.Permissions.all() if isinstance(channel, nextcord.DMChannel) else nextcord.Permissions.none()
        try:
            me = guild.me or await self._kept(self._members, guild.id, MEMBER_S, lambda: _own_member(guild, client))
            if not isinstance(channel, nextcord.abc.GuildChannel | nextcord.Thread):
                channel_id = getattr(channel, "id", 0)
                channel = await self._kept(self._channels, channel_id, CHANNEL_S, lambda: client.fetch_channel(channel_id))
            if not isinstance(channel, nextcord.abc.GuildChannel | nextcord.Thread):
                return nextcord.Permissions.none()
            return channel.permissions_for(me)
        except (nextcord.DiscordException, LookupError, AttributeError):  # the parent of a thread may be unknown too
            return nextcord.Permissions.none()

    async def _kept[T](self, kept: BoundedMap[int, tuple[float, T]], key: int, keep_s: float, ask: Callable[[], Awaitable[T]]) -> T:
        known = kept.get(key)
        if known is not None and self._clock() < known[0] + keep_s:
            return known[1]
        asked = await ask()
        kept.put(key, (self._clock(), asked))
        return asked


async def _own_member(guild: nextcord.Guild, client: nextcord.Client) -> nextcord.Member:
    if client.user is None:
        raise LookupError("not logged in")
    return await guild.fetch_member(client.user.id)


def may_speak(permissions: nextcord.Permissions, channel: object) -> bool:
    """Return whether these permissions let the assistant write in the channel."""
    if not permissions.view_channel:
        return False
    if isinstance(channel, nextcord.Thread):
        return permissions.send_messages_in_threads and not (channel.locked and not permissions.manage_threads)
    return permissions.send_messages

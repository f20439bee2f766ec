"""Whether the assistant may speak where a message was written; asked before any work."""

import nextcord

from services.runtime.bounded_map import BoundedMap

MEMBER_TTL_S = 600.0

# The assistant's own member in guilds where Discord did not send it along.
type Members = BoundedMap[int, nextcord.Member]


def members() -> Members:
    """Return an empty memory of own members."""
    return BoundedMap("discord_own_members", ttl_s=MEMBER_TTL_S)


async def own_permissions(channel: object, guild: nextcord.Guild | None, client: nextcord.Client, known: Members) -> nextcord.Permissions:
    """Return what the assistant may do in a channel of a guild, or a direct one; nothing, if Discord cannot say.

    Answered from what nextcord knows; a guild or thread that it does not know fully is asked for.
    """
    if guild is None:
        return nextcord.Permissions.all() if isinstance(channel, nextcord.DMChannel) else nextcord.Permissions.none()
    try:
        me = guild.me or known.get(guild.id) or await _fetched(guild, client, known)
        if not isinstance(channel, nextcord.abc.GuildChannel | nextcord.Thread):
            channel = await client.fetch_channel(getattr(channel, "id", 0))
        if not isinstance(channel, nextcord.abc.GuildChannel | nextcord.Thread):
            return nextcord.Permissions.none()
        return channel.permissions_for(me)
    except (nextcord.DiscordException, LookupError, AttributeError):  # the parent of a thread may be unknown too
        return nextcord.Permissions.none()


async def _fetched(guild: nextcord.Guild, client: nextcord.Client, known: Members) -> nextcord.Member:
    if client.user is None:
        raise LookupError("not logged in")
    member = await guild.fetch_member(client.user.id)
    known.put(guild.id, member)
    return member


def may_speak(permissions: nextcord.Permissions, channel: object) -> bool:
    """Return whether these permissions let the assistant write in the channel."""
    if not permissions.view_channel:
        return False
    if isinstance(channel, nextcord.Thread):
        return permissions.send_messages_in_threads and not (channel.locked and not permissions.manage_threads)
    return permissions.send_messages

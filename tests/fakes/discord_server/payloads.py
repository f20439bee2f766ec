"""Objects of the fake Discord as JSON, with the fields that the API documents."""

from typing import Any

from tests.fakes.discord_server.world import DM, PRIVATE_THREAD, THREADS, Channel, Guild, Member, Message, Role, User, World, timestamp_of

Json = dict[str, Any]


def user_json(user: User) -> Json:
    return {
        "id": user.id,
        "username": user.username,
        "discriminator": "0",
        "global_name": user.global_name,
        "avatar": None,
        "bot": user.bot,
        "public_flags": 0,
    }


def member_json(member: Member, user: User | None = None) -> Json:
    found: Json = {
        "roles": list(member.roles),
        "nick": member.nick,
        "avatar": None,
        "joined_at": timestamp_of(member.user_id),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
    }
    return found if user is None else found | {"user": user_json(user)}


def role_json(role: Role) -> Json:
    found: Json = {
        "id": role.id,
        "name": role.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": 0 if role.name == "@everyone" else 1,
        "permissions": str(role.permissions),
        "managed": role.bot_id is not None,
        "mentionable": False,
        "flags": 0,
    }
    return found if role.bot_id is None else found | {"tags": {"bot_id": role.bot_id}}


def channel_json(channel: Channel, world: World, viewer_id: str) -> Json:
    found: Json = {"id": channel.id, "type": channel.kind, "last_message_id": next(reversed(channel.messages), None), "flags": 0}
    if channel.kind == DM:
        return found | {"recipients": [user_json(world.users[one]) for one in channel.recipients if one != viewer_id]}
    overwrites = [{"id": o.id, "type": o.kind, "allow": str(o.allow), "deny": str(o.deny)} for o in channel.overwrites]
    found |= {"guild_id": channel.guild_id, "name": channel.name, "parent_id": channel.parent_id, "rate_limit_per_user": 0}
    if channel.kind in THREADS:
        return found | _thread_fields(channel, world)
    return found | {"position": 0, "permission_overwrites": overwrites, "nsfw": False, "topic": None}


def _thread_fields(channel: Channel, world: World) -> Json:
    owner = next(iter(world.guilds[channel.guild_id or ""].members))
    metadata = {
        "archived": False,
        "auto_archive_duration": 1440,
        "archive_timestamp": timestamp_of(channel.id),
        "locked": False,
        "create_timestamp": timestamp_of(channel.id),
    }
    if channel.kind == PRIVATE_THREAD:
        metadata["invitable"] = False
    return {"owner_id": owner, "message_count": len(channel.messages), "member_count": 2, "thread_metadata": metadata}


def guild_json(guild: Guild, world: World, viewer_id: str) -> Json:
    """A GUILD_CREATE as a bot without the members intent gets it: its own member only, the channels it may view."""
    visible = [channel for channel in guild.channels.values() if world.may_view(viewer_id, channel)]
    return {
        "id": guild.id,
        "name": guild.name,
        "owner_id": guild.owner_id,
        "icon": None,
        "splash": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 1,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [role_json(role) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "nsfw_level": 0,
        "description": None,
        "banner": None,
        "joined_at": timestamp_of(guild.id),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "members": [member_json(guild.members[viewer_id], world.users[viewer_id])] if viewer_id in guild.members else [],
        "channels": [channel_json(channel, world, viewer_id) for channel in visible if channel.kind not in THREADS],
        "threads": [channel_json(channel, world, viewer_id) for channel in visible if channel.kind in THREADS],
    }


def message_json(message: Message, world: World, *, with_reference: bool = True) -> Json:
    author = world.users.get(message.author_id)
    found: Json = {
        "id": message.id,
        "type": message.kind,
        "channel_id": message.channel_id,
        "author": user_json(author) if author else {"id": message.author_id, "username": "webhook", "discriminator": "0000", "avatar": None},
        "content": message.content,
        "timestamp": timestamp_of(message.id),
        "edited_timestamp": message.edited_timestamp,
        "tts": False,
        "mention_everyone": message.pinged_everyone,
        "mentions": [_mentioned_json(one, message, world) for one in message.pinged_users],
        "mention_roles": list(message.pinged_roles),
        "attachments": list(message.attachments),
        "embeds": [{"type": "rich"} | embed for embed in message.embeds],
        "components": list(message.components),
        "pinned": False,
        "flags": message.flags,
    }
    if message.webhook_id is not None:
        found |= {"webhook_id": message.webhook_id, "application_id": message.webhook_id}
    if message.nonce is not None:
        found["nonce"] = message.nonce
    if message.reactions:
        found["reactions"] = [_reaction_json(emoji, users) for emoji, users in message.reactions.items()]
    if message.reply_to is not None and with_reference:
        found |= _reference_fields(message, world)
    return found


def _mentioned_json(user_id: str, message: Message, world: World) -> Json:
    guild = world.guilds.get(message.guild_id or "")
    member = guild.members.get(user_id) if guild else None
    return user_json(world.users[user_id]) | ({"member": member_json(member)} if member else {})


def _reaction_json(emoji: str, users: set[str]) -> Json:
    return {"emoji": {"id": None, "name": emoji}, "count": len(users), "me": False, "me_burst": False, "burst_colors": []}


def _reference_fields(message: Message, world: World) -> Json:
    reference: Json = {"type": 0, "channel_id": message.channel_id, "message_id": message.reply_to}
    if message.guild_id:
        reference["guild_id"] = message.guild_id
    replied = world.channels[message.channel_id].messages.get(message.reply_to or "")
    return {"message_reference": reference, "referenced_message": message_json(replied, world, with_reference=False) if replied else None}


def message_event_json(message: Message, world: World) -> Json:
    """The message as the gateway sends it: with guild and member."""
    found = message_json(message, world)
    if message.guild_id is None:
        return found
    member = world.guilds[message.guild_id].members.get(message.author_id)
    return found | {"guild_id": message.guild_id} | ({"member": member_json(member)} if member else {})

"""What a compatible server may leave out of what it tells, and nextcord relies on: filled in with what says nothing. Pure.

Where null would say the same, it counts as left out. What nobody here reads, such as emojis and voice states, is taken out: it cannot fail then.
"""

from collections.abc import Mapping
from typing import Any

type Data = dict[str, Any]

_USER: Data = {"username": "somebody", "discriminator": "0", "avatar": None}
_MESSAGE: Data = {
    "content": "",
    "type": 0,
    "tts": False,
    "pinned": False,
    "mention_everyone": False,
    "edited_timestamp": None,
    "mentions": [],
    "mention_roles": [],
    "attachments": [],
    "embeds": [],
}
_CHANNEL: Data = {"name": "unnamed", "position": 0}
_THREAD: Data = {"name": "unnamed", "parent_id": 0, "owner_id": 0, "message_count": 0, "member_count": 0, "thread_metadata": {}}
_THREAD_METADATA: Data = {"archived": False, "auto_archive_duration": 1440, "archive_timestamp": None}
_THREAD_TYPES = (10, 11, 12)
_PRESS, _BUTTON = 3, 2
_UNREAD_OF_GUILD = ("emojis", "stickers", "presences", "voice_states", "stage_instances", "guild_scheduled_events")
_UNREAD_OF_CHANNEL = ("available_tags", "default_reaction_emoji", "member")

GUILD_PARTS = ("roles", "members", "channels", "threads")
"""The lists of a guild that are read."""


def whole_user(data: Mapping[str, Any]) -> Data:
    """Return a user with all that nextcord relies on."""
    return _USER | _told(data)


def whole_member(data: Mapping[str, Any]) -> Data:
    """Return a member of a guild, or what a message tells of one."""
    return {"roles": []} | _told(data)


def whole_message(data: Mapping[str, Any]) -> Data:
    """Return a message, with those that it replies to."""
    message = _MESSAGE | whole_update(data)
    replied_to = message.get("referenced_message")
    if isinstance(replied_to, dict):
        message["referenced_message"] = whole_message(replied_to)
    return message


def whole_update(data: Mapping[str, Any]) -> Data:
    """Return an update of a message, of which only the fields that changed need be there."""
    update = dict(data)
    if isinstance(update.get("member"), dict):
        update["member"] = whole_member(update["member"])
    if isinstance(update.get("mentions"), list):
        update["mentions"] = [_mentioned(one) for one in update["mentions"]]
    if isinstance(update.get("message_reference"), dict):
        update["message_reference"] = {"channel_id": update.get("channel_id")} | _told(update["message_reference"])
    return update


def whole_channel(data: Mapping[str, Any]) -> Data:
    """Return a channel of a guild, or a thread."""
    told = _told({name: value for name, value in data.items() if name not in _UNREAD_OF_CHANNEL})
    if told.get("type") not in _THREAD_TYPES:
        return _CHANNEL | told
    thread = _THREAD | told
    if isinstance(thread["thread_metadata"], dict):
        thread["thread_metadata"] = _THREAD_METADATA | _told(thread["thread_metadata"])
    return thread


def whole_guild(data: Mapping[str, Any]) -> Data:
    """Return a guild, with its channels, threads, roles and members."""
    guild = {name: value for name, value in data.items() if name not in _UNREAD_OF_GUILD}
    whole = {"roles": lambda role: {"name": "unnamed"} | _told(role), "members": whole_member, "channels": whole_channel, "threads": whole_channel}
    for part in GUILD_PARTS:
        if part in guild:
            listed = guild[part] if isinstance(guild[part], list) else []
            guild[part] = [whole[part](one) for one in listed if isinstance(one, dict)]
    return guild


def whole_interaction(data: Mapping[str, Any]) -> Data:
    """Return an interaction, with the message that was pressed."""
    interaction: Data = {"version": 1} | _told(data)
    for place in ("channel", "guild"):
        told = interaction.get(place)
        if isinstance(told, dict) and told.get("id"):
            interaction.setdefault(f"{place}_id", told["id"])
    for part, whole in {"user": whole_user, "member": whole_member, "message": whole_message}.items():
        if isinstance(interaction.get(part), dict):
            interaction[part] = whole(interaction[part])
    if interaction.get("type") == _PRESS and isinstance(interaction.get("data"), dict):
        interaction["data"] = {"component_type": _BUTTON} | interaction["data"]
    return interaction


def whole_ready(data: Mapping[str, Any], gateway_url: str) -> Data:
    """Return the greeting of a session, which is resumed where it was begun unless the server names another address."""
    ready: Data = {"guilds": [], "resume_gateway_url": gateway_url} | _told(data)
    if isinstance(ready.get("user"), dict):
        ready["user"] = whole_user(ready["user"])
    if isinstance(ready.get("application"), dict):
        ready["application"] = {"flags": 0} | _told(ready["application"])
    return ready


def _mentioned(user: Any) -> Any:
    return user | {"member": whole_member(user["member"])} if isinstance(user, dict) and isinstance(user.get("member"), dict) else user


def _told(data: Mapping[str, Any]) -> Data:
    return {name: value for name, value in data.items() if value is not None}

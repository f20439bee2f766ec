"""Edits of messages, as Discord tells of them. Pure.

Discord sends an update for whatever changes about a message: a link preview that it made, a pin, a thread. Only an edit moves `edited_timestamp`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nextcord

from services.gateway.discord.incoming import edited_at_of


@dataclass(frozen=True, slots=True)
class MessageEdit:
    """What is known of an edit without looking anything up. `after_s`: how long after the message was written; `names`: of the people it mentions.

    `author_id` is empty where the update names nobody: it may be anybody's message then, a bot's or a webhook's included.
    """

    message_id: str
    channel_id: str
    guild_id: str
    author_id: str
    content: str
    edited_at: str
    after_s: float
    names: Mapping[str, str]


def edit_of(data: Mapping[str, Any]) -> MessageEdit | None:
    """Return the edit that an update tells of; None where it tells of something else, or of a bot's or a webhook's message."""
    author, edited_timestamp = data.get("author") or {}, data.get("edited_timestamp")
    if not edited_timestamp or "content" not in data or ("author" in data and not author.get("id")) or author.get("bot") or data.get("webhook_id"):
        return None
    try:
        edited_time = datetime.fromisoformat(str(edited_timestamp))
        message_id, channel_id = _id(data["id"]), _id(data["channel_id"])
        guild_id = _id(data["guild_id"]) if data.get("guild_id") else ""
        after_s = (edited_time - nextcord.utils.snowflake_time(int(message_id))).total_seconds()
    except (KeyError, TypeError, ValueError, OverflowError):  # TypeError: a time without a zone
        return None
    return MessageEdit(
        message_id=message_id,
        channel_id=channel_id,
        guild_id=guild_id,
        author_id=str(author.get("id", "")),
        content=str(data["content"]),
        edited_at=edited_at_of(edited_time),
        after_s=after_s,
        names={f"@{user['id']}": f"@{_called(user)}" for user in data.get("mentions") or () if user.get("id")},
    )


def _id(value: object) -> str:
    """Return an id as Discord writes it. Raises ValueError where it is none."""
    return str(int(str(value)))


def _called(user: Mapping[str, Any]) -> str:
    member = user.get("member") or {}
    return str(member.get("nick") or user.get("global_name") or user.get("username") or "somebody")

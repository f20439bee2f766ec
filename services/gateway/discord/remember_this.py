"""The command in the menu of a message: remember what it says. Pure."""

from collections.abc import Mapping
from typing import Any

from services.gateway.discord.incoming import said
from services.gateway.discord.slash_commands import REMEMBER_THIS, Said


class NotTheirOwn(Exception):
    """Somebody else wrote the message: what is remembered of a person is what they say themselves."""


def is_remember_this(data: Mapping[str, Any]) -> bool:
    """Return whether the data of an interaction is a use of this command."""
    return data.get("type") == 3 and data.get("name") == REMEMBER_THIS


def said_of_message(data: Mapping[str, Any], user_id: str, bot_id: str) -> Said:
    """Return what using the command says. Raises NotTheirOwn."""
    messages: Mapping[str, Any] = (data.get("resolved") or {}).get("messages") or {}
    message: Mapping[str, Any] = messages.get(str(data.get("target_id"))) or {}
    if str((message.get("author") or {}).get("id")) != user_id:
        raise NotTheirOwn
    names = {f"@{user.get('id')}": f"@{user.get('global_name') or user.get('username')}" for user in message.get("mentions") or ()}
    text = said(str(message.get("content") or ""), addressed=frozenset({f"@{bot_id}"}), names=names)
    return Said(f"/remember {text}".strip(), private=True)

"""What people write in Discord as messages for the assistant."""

import re
from collections.abc import Mapping
from datetime import datetime

import nextcord
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.gateway.v1 import gateway_pb2

TEXT_MAX = 8000  # of IncomingMessage.text
NAME_MAX = 80
_WRITTEN_BY_PEOPLE = (nextcord.MessageType.default, nextcord.MessageType.reply)
_control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_mention = re.compile(r"<(@!?|@&|#)(\d{1,20})>")


def is_from_person(message: nextcord.Message, bot_id: int) -> bool:
    """Return whether a person wrote it: no bot, no webhook, not the assistant itself, and no note by Discord."""
    author = message.author
    return not author.bot and author.id != bot_id and message.webhook_id is None and message.type in _WRITTEN_BY_PEOPLE


def clean(text: str) -> str:
    """Return the text as protobuf and the services accept it: no lone surrogates, no control characters but line ends and tabs."""
    well_formed = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _control.sub("", well_formed.replace("\r\n", "\n").replace("\r", "\n"))


def said(content: str, *, addressed: frozenset[str], names: Mapping[str, str]) -> str:
    """Return the words of a message: mentions in `addressed` taken out, others written as the names that people see.

    Mentions are keyed by kind and id, as in "@12", "@&34" (a role) and "#56" (a channel).
    """

    def replaced(match: re.Match[str]) -> str:
        key = f"{match[1].rstrip('!')}{match[2]}"
        return "" if key in addressed else names.get(key, match[0])

    blank_collapsed = re.sub(r"(?<=\S) {2,}(?=\S)", " ", _mention.sub(replaced, content)) if addressed else _mention.sub(replaced, content)
    return clean(blank_collapsed).strip()[:TEXT_MAX]


def own_mentions(message: nextcord.Message, bot_id: int) -> frozenset[str]:
    """Return the mentions of the assistant in a message: of itself, and of the role that Discord made for it."""
    found = {f"@{bot_id}"} if any(user.id == bot_id for user in message.mentions) else set()
    own_role = message.guild.self_role if message.guild is not None else None
    if own_role is not None and any(role.id == own_role.id for role in message.role_mentions):
        found.add(f"@&{own_role.id}")
    return frozenset(found)


def to_incoming(message: nextcord.Message, bot_id: int) -> gateway_pb2.IncomingMessage:
    """Return the message for the assistant, with what it replies to."""
    addressed = own_mentions(message, bot_id)
    incoming = gateway_pb2.IncomingMessage(
        message_id=str(message.id),
        guild_id=str(message.guild.id) if message.guild is not None else "",
        channel_id=str(message.channel.id),
        user_id=str(message.author.id),
        user_name=person_name(message.author),
        text=said(message.content, addressed=addressed, names=_names(message)),
        mentions_assistant=bool(addressed),
        channel_hidden=is_hidden(message.channel, message.guild),
        create_time=_timestamp(message.created_at),
    )
    replied_to = _replied_to(message, bot_id)
    if replied_to is not None:
        incoming.replied_to.CopyFrom(replied_to)
    return incoming


def command_message(interaction: nextcord.Interaction[nextcord.Client], text: str) -> gateway_pb2.IncomingMessage:
    """Return a slash command as a message: the words for the same, said to the assistant."""
    if interaction.user is None or interaction.channel_id is None:
        raise ValueError("an interaction without user or channel")
    return gateway_pb2.IncomingMessage(
        message_id=str(interaction.id),
        guild_id=str(interaction.guild_id or ""),
        channel_id=str(interaction.channel_id),
        user_id=str(interaction.user.id),
        user_name=person_name(interaction.user),
        text=clean(text).strip()[:TEXT_MAX],
        mentions_assistant=True,
        channel_hidden=interaction.guild_id is not None and (interaction.guild is None or is_hidden(interaction.channel, interaction.guild)),
        create_time=_timestamp(interaction.created_at),
    )


def person_name(person: nextcord.User | nextcord.Member) -> str:
    """Return the name that others see, on one line."""
    return " ".join(clean(person.display_name).split())[:NAME_MAX]


def is_hidden(channel: object, guild: nextcord.Guild | None) -> bool:
    """Return whether a guild channel is hidden from @everyone. What cannot be looked up counts as hidden."""
    if guild is None:
        return False
    if isinstance(channel, nextcord.Thread) and (channel.is_private() or channel.parent is None):
        return True
    everyone = guild.get_role(guild.id)
    if everyone is None or not isinstance(channel, nextcord.abc.GuildChannel | nextcord.Thread):
        return True
    return not channel.permissions_for(everyone).view_channel


def _names(message: nextcord.Message) -> dict[str, str]:
    names = {f"@{user.id}": f"@{person_name(user)}" for user in message.mentions}
    names |= {f"@&{role.id}": f"@{role.name}" for role in message.role_mentions}
    return names | {f"#{channel.id}": f"#{channel.name}" for channel in message.channel_mentions}


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _replied_to(message: nextcord.Message, bot_id: int) -> gateway_pb2.RepliedTo | None:
    """What the message replies to, as far as Discord sent it along or it is among the recent messages."""
    reference = message.reference
    if reference is None or reference.message_id is None:
        return None
    resolved = reference.resolved if isinstance(reference.resolved, nextcord.Message) else reference.cached_message
    if resolved is None:
        return gateway_pb2.RepliedTo(message_id=str(reference.message_id))
    return gateway_pb2.RepliedTo(
        message_id=str(resolved.id),
        author_id=str(resolved.author.id),
        author_name=person_name(resolved.author),
        text=said(resolved.content, addressed=frozenset(), names=_names(resolved)),
        from_assistant=resolved.author.id == bot_id,
    )

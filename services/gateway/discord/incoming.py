"""What people write in Discord as messages for the assistant."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import nextcord
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.spoken import spoken
from services.gateway.discord.attachments import images_of, text_files_of, unread_files_of
from services.gateway.discord.clean_text import clean
from services.gateway.discord.settings import DiscordSettings

TEXT_MAX = 8000  # of IncomingMessage.text
NAME_MAX = 80
MENTIONED_MAX = 100
_WRITTEN_BY_PEOPLE = (nextcord.MessageType.default, nextcord.MessageType.reply)
_mention = re.compile(r"<(@!?|@&|#)(\d{1,20})>")
# Commands that take channels take them by their ids: a name may be that of several.
_takes_channels = re.compile(r"/(?:ignore|allow|settings)\b", re.IGNORECASE)
_asks = re.compile(r"/ask(?:\s+|$)", re.IGNORECASE)


def is_from_person(message: nextcord.Message, bot_id: int) -> bool:
    """Return whether a person wrote it: no bot, no webhook, not the assistant itself, and no note by Discord."""
    author = message.author
    return not author.bot and author.id != bot_id and message.webhook_id is None and message.type in _WRITTEN_BY_PEOPLE


def said(content: str, *, addressed: frozenset[str], names: Mapping[str, str]) -> str:
    """Return the words of a message: mentions in `addressed` taken out, others written as the names that people see.

    Mentions are keyed by kind and id, as in "@12", "@&34" (a role) and "#56" (a channel). One of `addressed` that begins a later sentence stays, as
    <@12>: from there on the message turns to the assistant, and what stands before it may be for somebody else. Then one in front stays, too.
    """
    turns = {match.start() for match in _mention.finditer(content) if _key(match) in addressed and _turns_to_us(content, match)}

    def replaced(match: re.Match[str]) -> str:
        if _key(match) not in addressed:
            return names.get(_key(match), match[0])
        in_front = not content[: match.start()].strip()
        return f"<@{match[2]}>" if match.start() in turns or (turns and in_front) else ""

    blank_collapsed = re.sub(r"(?<=\S) {2,}(?=\S)", " ", _mention.sub(replaced, content)) if addressed else _mention.sub(replaced, content)
    return clean(blank_collapsed).strip()[:TEXT_MAX]


def _key(mention: re.Match[str]) -> str:
    return f"{mention[1].rstrip('!')}{mention[2]}"


def _turns_to_us(content: str, mention: re.Match[str]) -> bool:
    before = content[: mention.start()].rstrip(" \t")
    return bool(before.strip()) and before[-1] in ".!?…\n" and bool(content[mention.end() :].strip())


def own_role_id(guild: nextcord.Guild | None) -> int | None:
    """Return the role that Discord made for the assistant in a guild."""
    role = guild.self_role if guild is not None else None
    return role.id if role is not None else None


def own_mentions(message: nextcord.Message, bot_id: int) -> frozenset[str]:
    """Return the mentions of the assistant in a message: of itself, and of the role that Discord made for it."""
    found = {f"@{bot_id}"} if any(user.id == bot_id for user in message.mentions) else set()
    role_id = own_role_id(message.guild)
    if role_id is not None and any(role.id == role_id for role in message.role_mentions):
        found.add(f"@&{role_id}")
    return frozenset(key for key in found if _is_spoken(message.content, key))


def _is_spoken(content: str, key: str) -> bool:
    """A mention that stands in code or in a quote alone addresses nobody; one that stands nowhere comes with a reply."""

    def stands_in(text: str) -> bool:
        return any(_key(match) == key for match in _mention.finditer(text))

    return not stands_in(content) or stands_in(spoken(content))


def to_incoming(message: nextcord.Message, bot_id: int, settings: DiscordSettings, *, attempt: int = 0) -> gateway_pb2.IncomingMessage:
    """Return the message for the assistant, as far as Discord sent it along; `surroundings` looks up the rest."""
    addressed = own_mentions(message, bot_id)
    incoming = gateway_pb2.IncomingMessage(
        message_id=str(message.id),
        guild_id=str(message.guild.id) if message.guild is not None else "",
        channel_id=str(message.channel.id),
        user_id=str(message.author.id),
        user_name=person_name(message.author),
        text=_words(message, addressed),
        mentions_assistant=bool(addressed),
        channel_hidden=is_hidden(message.channel, message.guild),
        create_time=_timestamp(message.created_at),
        attempt=attempt,
        images=images_of(message.attachments, settings),
        text_files=text_files_of(message.attachments, settings),
        unread_files=unread_files_of(message.attachments, settings),
        mentioned_user_ids=[str(user.id) for user in message.mentions if user.id != bot_id][:MENTIONED_MAX],
        may_moderate=may_moderate(message.author),
        history_hidden=message.guild is not None and not may_read(message.author, message.channel),
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
        may_moderate=interaction.permissions.manage_guild or interaction.permissions.administrator,
        history_hidden=interaction.guild_id is not None and not _reads_history(interaction.permissions),
        channel_hidden=interaction.guild_id is not None and (interaction.guild is None or is_hidden(interaction.channel, interaction.guild)),
        create_time=_timestamp(interaction.created_at),
    )


def person_name(person: nextcord.User | nextcord.Member) -> str:
    """Return the name that others see, on one line."""
    # Whatever an event brought is in nextcord's memory of people, of which most are known from events that we do not read.
    return " ".join(clean(str(person.display_name)).split())[:NAME_MAX]


def may_moderate(person: nextcord.User | nextcord.Member) -> bool:
    """Return whether somebody may manage the guild that they write in."""
    return isinstance(person, nextcord.Member) and person.guild_permissions.manage_guild


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


def may_read(person: nextcord.User | nextcord.Member | None, channel: object) -> bool:
    """Return whether somebody may read what was written in a channel before; not, where that cannot be known."""
    if isinstance(channel, nextcord.DMChannel):
        return True
    if not isinstance(person, nextcord.Member) or not isinstance(channel, nextcord.abc.GuildChannel | nextcord.Thread):
        return False
    try:
        permissions = channel.permissions_for(person)
    except (nextcord.DiscordException, AttributeError):  # the parent of a thread may be unknown
        return False
    return permissions.view_channel and permissions.read_message_history


def _reads_history(permissions: nextcord.Permissions) -> bool:
    # Whoever uses a command has some right: without any, the server did not tell them.
    return permissions.read_message_history or permissions.administrator or not permissions.value


def _words(message: nextcord.Message, addressed: frozenset[str]) -> str:
    names = _names(message)
    text = said(message.content, addressed=addressed, names=names | _channel_names(message, of_author=True))
    if _takes_channels.match(text):
        return said(message.content, addressed=addressed, names=names)
    # What is not said to the assistant may be a command of another one.
    return _asks.sub("", text, count=1) if text.startswith("/") and (addressed or message.guild is None) else text


def _names(message: nextcord.Message) -> dict[str, str]:
    names = {f"@{user.id}": f"@{person_name(user)}" for user in message.mentions}
    return names | {f"@&{role.id}": f"@{role.name}" for role in message.role_mentions}


def _channel_names(message: nextcord.Message, *, of_author: bool) -> dict[str, str]:
    """The names of channels that everybody may know, or the author, as Discord itself shows them; the others stay as they are written."""
    shown = [c for c in message.channel_mentions if not is_hidden(c, message.guild) or (of_author and _sees(message.author, c))]
    return {f"#{channel.id}": f"#{channel.name}" for channel in shown}


def _sees(person: nextcord.User | nextcord.Member, channel: nextcord.abc.GuildChannel | nextcord.Thread) -> bool:
    if not isinstance(person, nextcord.Member):
        return False
    try:
        return channel.permissions_for(person).view_channel
    except (nextcord.DiscordException, AttributeError):  # the parent of a thread may be unknown
        return False


def edited_at_of(moment: datetime | None) -> str:
    """Write when a message was edited so that later is greater; empty: never, or at no time that there is."""
    try:
        return moment.astimezone(UTC).isoformat() if moment is not None else ""
    except OverflowError:  # the first or the last day of the calendar, in another zone
        return ""


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _replied_to(message: nextcord.Message, bot_id: int) -> gateway_pb2.RepliedTo | None:
    """What the message replies to, as far as Discord sent it along or it is among the recent messages."""
    reference = message.reference
    if reference is None or reference.message_id is None or reference.channel_id != message.channel.id:
        return None  # what was forwarded from another channel, its readers may not all be meant to know more of
    resolved = reference.resolved if isinstance(reference.resolved, nextcord.Message) else reference.cached_message
    if resolved is None:
        return gateway_pb2.RepliedTo(message_id=str(reference.message_id))
    return quoted(resolved, bot_id)


def quoted(message: nextcord.Message, bot_id: int) -> gateway_pb2.RepliedTo:
    """Return a message as context of another one; only its id where Discord did not say who wrote it."""
    if getattr(message, "author", None) is None:  # nextcord leaves out what it could not read
        return gateway_pb2.RepliedTo(message_id=str(message.id))
    return gateway_pb2.RepliedTo(
        message_id=str(message.id),
        author_id=str(message.author.id),
        author_name=person_name(message.author),
        text=said(message.content, addressed=frozenset(), names=_names(message) | _channel_names(message, of_author=False)),
        from_assistant=message.author.id == bot_id,
    )

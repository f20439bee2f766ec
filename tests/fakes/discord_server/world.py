"""What exists in the fake Discord: users, guilds, roles, channels, messages, and who may do what where."""

import itertools
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

DISCORD_EPOCH_MS = 1_420_070_400_000
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
ATTACH_FILES = 1 << 15
MENTION_EVERYONE = 1 << 17
ADMINISTRATOR = 1 << 3
SEND_MESSAGES_IN_THREADS = 1 << 38
MANAGE_MESSAGES = 1 << 13
READ_MESSAGE_HISTORY = 1 << 16
ADD_REACTIONS = 1 << 6
EVERYTHING = (1 << 53) - 1
EVERYONE_BY_DEFAULT = VIEW_CHANNEL | SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | READ_MESSAGE_HISTORY | ADD_REACTIONS | ATTACH_FILES

TEXT, DM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12
THREADS = (PUBLIC_THREAD, PRIVATE_THREAD)
EPHEMERAL = 1 << 6

_user_mention = re.compile(r"<@!?(\d+)>")
_role_mention = re.compile(r"<@&(\d+)>")


@dataclass(slots=True)
class User:
    id: str
    username: str
    global_name: str | None = None
    bot: bool = False
    token: str = ""  # of bots, and of people whom a client plays

    @property
    def connects(self) -> bool:
        """Whether there may be sessions of this user."""
        return self.bot or bool(self.token)

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(slots=True)
class Role:
    id: str
    name: str
    permissions: int = 0
    bot_id: str | None = None  # the managed role of this bot

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"


@dataclass(slots=True)
class Overwrite:
    id: str
    kind: int  # 0 role, 1 member
    allow: int = 0
    deny: int = 0


@dataclass(slots=True)
class Member:
    user_id: str
    roles: list[str] = field(default_factory=list)
    nick: str | None = None


@dataclass(slots=True)
class Channel:
    id: str
    kind: int
    name: str = ""
    guild_id: str | None = None
    parent_id: str | None = None
    overwrites: list[Overwrite] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    typing: list[tuple[str, float]] = field(default_factory=list)  # (user id, monotonic seconds)
    messages: dict[str, "Message"] = field(default_factory=dict)


@dataclass(slots=True)
class Guild:
    id: str
    name: str
    owner_id: str
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    at: float  # monotonic seconds
    content: str


@dataclass(slots=True)
class Message:
    id: str
    channel_id: str
    author_id: str
    content: str
    sent_at: float  # monotonic seconds
    guild_id: str | None = None
    edited_timestamp: str | None = None
    kind: int = 0
    nonce: str | int | None = None
    reply_to: str | None = None
    webhook_id: str | None = None
    flags: int = 0
    components: list[Any] = field(default_factory=list)
    embeds: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    pinged_users: list[str] = field(default_factory=list)
    pinged_roles: list[str] = field(default_factory=list)
    pinged_everyone: bool = False
    reactions: dict[str, set[str]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)  # as requested, the first one and each edit
    visible_to: str | None = None  # ephemeral: this user only
    interaction_id: str | None = None

    @property
    def history(self) -> list[str]:
        """Every text this message has had, in order."""
        return [edit.content for edit in self.edits]


class Snowflakes:
    """Ids that grow with time, as Discord's do."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._last_ms = 0

    def next(self) -> str:
        number = next(self._numbers)
        self._last_ms = max(self._last_ms, int(time.time() * 1000))
        return str(((self._last_ms - DISCORD_EPOCH_MS) << 22) | (number & 0x3FFFFF))


def timestamp_of(snowflake: str) -> str:
    milliseconds = (int(snowflake) >> 22) + DISCORD_EPOCH_MS
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


class World:
    """Everything there is, and the rules of who sees and may do what."""

    def __init__(self) -> None:
        self.snowflakes = Snowflakes()
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}

    def bot_with_token(self, token: str) -> User | None:
        return next((user for user in self.users.values() if user.token and user.token == token), None)

    def listeners(self) -> list[User]:
        """Everybody who may have a session."""
        return [user for user in self.users.values() if user.connects]

    def add_user(self, username: str, *, global_name: str | None = None, bot: bool = False, token: str = "") -> User:
        user = User(self.snowflakes.next(), username, global_name, bot, token)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner: User) -> Guild:
        guild = Guild(self.snowflakes.next(), name, owner.id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE_BY_DEFAULT)
        guild.members[owner.id] = Member(owner.id)
        self.guilds[guild.id] = guild
        return guild

    def add_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        if channel.guild_id is not None:
            self.guilds[channel.guild_id].channels[channel.id] = channel
        return channel

    def dm_between(self, one: User, other: User) -> Channel:
        """The direct channel of two users, opened if there is none."""
        for channel in self.channels.values():
            if channel.kind == DM and set(channel.recipients) == {one.id, other.id}:
                return channel
        return self.add_channel(Channel(self.snowflakes.next(), DM, recipients=[one.id, other.id]))

    def permissions(self, user_id: str, channel: Channel) -> int:
        """Permission bits of a user in a channel, by Discord's documented rules."""
        if channel.guild_id is None:
            return EVERYTHING if user_id in channel.recipients else 0
        guild = self.guilds[channel.guild_id]
        member = guild.members.get(user_id)
        if member is None:
            return 0
        if user_id == guild.owner_id:
            return EVERYTHING
        bits = guild.roles[guild.id].permissions
        for role_id in member.roles:
            bits |= guild.roles[role_id].permissions
        if bits & ADMINISTRATOR:
            return EVERYTHING
        return self._with_overwrites(bits, channel, guild.id, member)

    def _with_overwrites(self, bits: int, channel: Channel, everyone: str, member: Member) -> int:
        parent = self.channels.get(channel.parent_id) if channel.parent_id and channel.kind in THREADS else None
        overwrites = (parent or channel).overwrites
        for matching in (
            [o for o in overwrites if o.id == everyone],
            [o for o in overwrites if o.kind == 0 and o.id in member.roles],
            [o for o in overwrites if o.kind == 1 and o.id == member.user_id],
        ):
            deny = allow = 0
            for overwrite in matching:
                deny, allow = deny | overwrite.deny, allow | overwrite.allow
            bits = bits & ~deny | allow
        return bits

    def may_view(self, user_id: str, channel: Channel) -> bool:
        return bool(self.permissions(user_id, channel) & VIEW_CHANNEL)

    def may_send(self, user_id: str, channel: Channel) -> bool:
        needed = SEND_MESSAGES_IN_THREADS if channel.kind in THREADS else SEND_MESSAGES
        return self.may_view(user_id, channel) and bool(self.permissions(user_id, channel) & needed)

    def ping(self, message: Message, allowed: dict[str, Any] | None, channel: Channel) -> None:
        """Work out whom a message pings: its text, cut down by allowed_mentions (None: whatever the text says)."""
        parse = set(("users", "roles", "everyone") if allowed is None else allowed.get("parse", ()))
        allow_users = None if "users" in parse else set(map(str, (allowed or {}).get("users", ())))
        allow_roles = None if "roles" in parse else set(map(str, (allowed or {}).get("roles", ())))
        message.pinged_users = _those(_user_mention.findall(message.content), allow_users, self.users)
        guild = self.guilds.get(message.guild_id or "")
        message.pinged_roles = _those(_role_mention.findall(message.content), allow_roles, guild.roles if guild else {})
        loud = "@everyone" in message.content or "@here" in message.content
        message.pinged_everyone = loud and "everyone" in parse and bool(self.permissions(message.author_id, channel) & MENTION_EVERYONE)
        replied = channel.messages.get(message.reply_to or "")
        pings_replied = allowed is None or allowed.get("replied_user", False)
        if replied is not None and pings_replied and replied.author_id not in message.pinged_users:
            message.pinged_users.append(replied.author_id)


def _those(found: Iterable[str], allowed: set[str] | None, known: dict[str, Any]) -> list[str]:
    return [one for one in dict.fromkeys(found) if one in known and (allowed is None or one in allowed)]

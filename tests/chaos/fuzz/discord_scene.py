"""A server in the fake Discord that hostile events are about, and the genuine payloads that they begin as."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from tests.chaos.fuzz.discord_recipes import EventRecipe
from tests.fakes.discord_server import FakeDiscord, Message, User
from tests.fakes.discord_server.payloads import Json, channel_json, guild_json, member_json, message_event_json, message_json, role_json, user_json
from tests.fakes.discord_server.request_payloads import Refusal
from tests.fakes.discord_server.world import PUBLIC_THREAD, Channel, timestamp_of

PEOPLE = 6
_COMMANDS = ("ask", "remember", "memories", "forget", "gift", "personality", "settings", "grant", "ignore", "quarantine", "privacy", "usage", "none")


class Scene:
    """The server, its people, and what was said there."""

    def __init__(self, discord: FakeDiscord) -> None:
        self.discord = discord
        self.guild = discord.create_guild("Noise")
        self.people = [discord.create_user(f"noisy {number}", guilds=[self.guild]) for number in range(PEOPLE)]
        self.channel = discord.create_channel(self.guild, "noise")
        self.thread = discord.create_channel(self.guild, "more noise", kind=PUBLIC_THREAD, parent=self.channel)
        self.dm = discord.open_dm(self.people[0])
        self.said = [discord.person_says(self.channel, person, "hello everybody") for person in self.people]

    def send(self, recipe: EventRecipe, change: Callable[[Any], Any]) -> None:
        """Let it happen: what was not changed as Discord does it, the rest as an event without anything behind it."""
        person, message = self.people[recipe.choice % PEOPLE], self.said[recipe.choice % len(self.said)]
        custom_id = recipe.custom_id.replace("{me}", person.id)
        if recipe.kind == "message" and not recipe.changes:
            self._say(recipe, self._in_place(person, recipe))
        elif recipe.kind == "component" and not recipe.changes:
            self.discord.person_presses_id(message, person, custom_id)
        else:
            event, payload = _KINDS[recipe.kind](self, recipe, person, message)
            self.discord.send_event(event, change(payload))

    def _say(self, recipe: EventRecipe, person: User) -> None:
        where, mentions = (self.channel, self.thread, self.dm)[recipe.choice % 3], [self.discord.bot] if recipe.choice % 2 else []
        with suppress(Refusal):  # Discord takes no empty message, and none that is too long
            self.discord.person_says(where, person, recipe.text, mentions=mentions)

    def _in_place(self, person: User, recipe: EventRecipe) -> User:
        return self.people[0] if recipe.choice % 3 == 2 else person  # the direct channel is theirs

    def new_message(self, recipe: EventRecipe, person: User, message: Message) -> Json:
        """A message that nobody has seen."""
        payload = message_event_json(message, self.discord.world)
        mentions = [user_json(self.discord.bot)] if recipe.choice % 2 else []
        more = (
            {"attachments": [_attachment(recipe)], "sticker_items": [{"id": "1", "name": "wave", "format_type": 1}]} if recipe.choice % 5 == 0 else {}
        )
        reference = {"type": 0, "channel_id": message.channel_id, "message_id": message.id, "guild_id": self.guild.id}
        replied = {"message_reference": reference, "referenced_message": message_json(message, self.discord.world)} if recipe.choice % 7 == 0 else {}
        author = {"author": user_json(person), "member": member_json(self.guild.members[person.id])}
        return payload | {"id": self.discord.world.snowflakes.next(), "content": recipe.text[:4_000], "mentions": mentions} | author | more | replied

    def interaction(self, kind: int, data: Json, person: User, message: Message | None = None) -> Json:
        """Somebody used something."""
        member = member_json(self.guild.members[person.id], person) | {"permissions": str((1 << 53) - 1)}
        found: Json = {
            "id": self.discord.world.snowflakes.next(),
            "application_id": self.discord.bot.id,
            "type": kind,
            "token": secrets.token_urlsafe(16),
            "version": 1,
            "data": data,
            "guild_id": self.guild.id,
            "channel_id": self.channel.id,
            "channel": channel_json(self.channel, self.discord.world, self.discord.bot.id),
            "member": member,
            "locale": "en-US",
            "app_permissions": str((1 << 53) - 1),
            "entitlements": [],
        }
        return found if message is None else found | {"message": message_json(message, self.discord.world)}

    def channel_payload(self, channel: Channel) -> Json:
        """A channel as the bot is told of it."""
        return channel_json(channel, self.discord.world, self.discord.bot.id)

    @property
    def guild_payload(self) -> Json:
        """The server as the bot is told of it."""
        return guild_json(self.guild, self.discord.world, self.discord.bot.id)


def _attachment(recipe: EventRecipe) -> Json:
    url = "http://127.0.0.1:9/attachments/1/a.txt"
    return {"id": "1", "filename": "a.txt", "size": recipe.choice, "url": url, "proxy_url": url, "content_type": "text/plain"}


type _Made = tuple[str, Any]


def _created(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    return "MESSAGE_CREATE", scene.new_message(recipe, person, message)


def _updated(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    edited = {"id": message.id, "edited_timestamp": datetime.now(UTC).isoformat()}
    return "MESSAGE_UPDATE", scene.new_message(recipe, person, message) | edited


def _deleted(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    return "MESSAGE_DELETE", {"id": message.id, "channel_id": message.channel_id, "guild_id": scene.guild.id}


def _deleted_many(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    ids = [one.id for one in scene.said] * (1 + recipe.choice % 30)
    return "MESSAGE_DELETE_BULK", {"ids": ids, "channel_id": message.channel_id, "guild_id": scene.guild.id}


def _command(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    name = _COMMANDS[recipe.choice % len(_COMMANDS)]
    options = [
        {"name": option, "type": 3, "value": recipe.text[:2_000]} for option in ("what", "question", "person", "credits", "note", "name", "value")
    ]
    nested = [{"name": "set", "type": 1, "options": options}] if recipe.choice % 3 == 0 else options
    data = {"id": "1", "name": name, "type": (1, 1, 1, 2, 3)[recipe.choice % 5], "options": nested, "target_id": message.id}
    resolved = {"messages": {message.id: message_json(message, scene.discord.world)}, "users": {person.id: user_json(person)}}
    return "INTERACTION_CREATE", scene.interaction(2, data | {"resolved": resolved}, person)


def _component(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    custom_id = recipe.custom_id.replace("{me}", person.id)
    data = {"custom_id": custom_id, "component_type": (2, 3, 5)[recipe.choice % 3], "values": [recipe.text[:100], custom_id]}
    return "INTERACTION_CREATE", scene.interaction(3, data, person, message)


def _form(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    field = {"type": 4, "custom_id": "text", "value": recipe.text[:4_000]}
    data = {"custom_id": recipe.custom_id.replace("{me}", person.id), "components": [{"type": 1, "components": [field]}]}
    return "INTERACTION_CREATE", scene.interaction(5, data, person, message)


def _other_interaction(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    return "INTERACTION_CREATE", scene.interaction((1, 4, 6, 99)[recipe.choice % 4], {"id": "1", "name": "ask", "options": []}, person)


def _of_guild(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    event = ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE")[recipe.choice % 3]
    return event, {"id": scene.guild.id, "unavailable": recipe.choice % 2 == 0} if event == "GUILD_DELETE" else scene.guild_payload


def _of_channel(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    event = ("CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE", "CHANNEL_PINS_UPDATE")[recipe.choice % 4]
    return event, scene.channel_payload((scene.channel, scene.dm)[recipe.choice % 2]) | {"last_pin_timestamp": timestamp_of(message.id)}


def _of_thread(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    event = ("THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "THREAD_LIST_SYNC", "THREAD_MEMBER_UPDATE", "THREAD_MEMBERS_UPDATE")[
        recipe.choice % 6
    ]
    thread = scene.channel_payload(scene.thread)
    member = {"id": scene.thread.id, "user_id": person.id, "join_timestamp": timestamp_of(message.id), "flags": 0}
    more = {"threads": [thread], "channel_ids": [scene.channel.id], "members": [member], "added_members": [member], "removed_member_ids": [person.id]}
    return event, thread | member | more | {"member_count": 3}


def _of_people(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    events = (
        "TYPING_START",
        "GUILD_MEMBER_ADD",
        "GUILD_MEMBER_UPDATE",
        "GUILD_MEMBER_REMOVE",
        "GUILD_MEMBERS_CHUNK",
        "PRESENCE_UPDATE",
        "GUILD_BAN_ADD",
    )
    member = member_json(scene.guild.members[person.id], person)
    more = {"guild_id": scene.guild.id, "channel_id": scene.channel.id, "user_id": person.id, "timestamp": recipe.choice, "member": member}
    chunk = {"members": [member], "chunk_index": 0, "chunk_count": 1, "presences": [], "status": "online", "activities": [], "client_status": {}}
    return events[recipe.choice % len(events)], member | more | chunk


def _reacted(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    endings = ("ADD", "REMOVE", "REMOVE_ALL", "REMOVE_EMOJI")
    emoji = {"id": None, "name": recipe.text[:20]}
    where = {"guild_id": scene.guild.id, "channel_id": message.channel_id, "message_id": message.id}
    return f"MESSAGE_REACTION_{endings[recipe.choice % 4]}", where | {"user_id": person.id, "emoji": emoji}


def _of_roles(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    role = role_json(next(iter(scene.guild.roles.values())))
    event = ("GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE")[recipe.choice % 3]
    return event, {"guild_id": scene.guild.id, "role": role, "role_id": role["id"]}


def _of_others(scene: Scene, recipe: EventRecipe, person: User, message: Message) -> _Made:
    where = {"id": message.id, "guild_id": scene.guild.id, "channel_id": scene.channel.id, "user_id": person.id, "user": user_json(person)}
    more = {"emojis": [], "stickers": [], "code": "abc", "name": recipe.text[:50], "session_id": "x", "status": 1, "entity_type": 1, "sku_id": "1"}
    return _OTHER_EVENTS[recipe.choice % len(_OTHER_EVENTS)], where | more


_OTHER_EVENTS = (
    "VOICE_STATE_UPDATE",
    "VOICE_SERVER_UPDATE",
    "INVITE_CREATE",
    "INVITE_DELETE",
    "GUILD_EMOJIS_UPDATE",
    "GUILD_STICKERS_UPDATE",
    "GUILD_INTEGRATIONS_UPDATE",
    "INTEGRATION_CREATE",
    "WEBHOOKS_UPDATE",
    "STAGE_INSTANCE_CREATE",
    "GUILD_SCHEDULED_EVENT_CREATE",
    "AUTO_MODERATION_RULE_CREATE",
    "AUTO_MODERATION_ACTION_EXECUTION",
    "GUILD_AUDIT_LOG_ENTRY_CREATE",
    "ENTITLEMENT_CREATE",
    "MESSAGE_POLL_VOTE_ADD",
    "SOMETHING_NEW",
    "",
)
_KINDS: Mapping[str, Callable[[Scene, EventRecipe, User, Message], _Made]] = {
    "message": _created,
    "message again": _created,
    "edit": _updated,
    "deletion": _deleted,
    "deletions": _deleted_many,
    "command": _command,
    "component": _component,
    "component again": _component,
    "form": _form,
    "other interaction": _other_interaction,
    "guild": _of_guild,
    "channel": _of_channel,
    "thread": _of_thread,
    "people": _of_people,
    "reaction": _reacted,
    "role": _of_roles,
    "other": _of_others,
}
KINDS = tuple(_KINDS)
"""What an event can begin as."""

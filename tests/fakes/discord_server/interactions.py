"""Slash commands of the fake Discord: registered by REST, used by people, answered within three seconds and followed up for fifteen minutes."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_server.faults import json_response
from tests.fakes.discord_server.gateway import Gateway
from tests.fakes.discord_server.payloads import channel_json, member_json, message_json, user_json
from tests.fakes.discord_server.rest import Refusal, Rest, payload_of
from tests.fakes.discord_server.world import EPHEMERAL, Channel, Message, User, World

PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9


@dataclass
class Interaction:
    """One use of a command."""

    id: str
    token: str
    bot: User
    user: User
    channel: Channel
    name: str
    used_at: float
    callback: dict[str, Any] | None = None
    answered_at: float | None = None
    original: Message | None = None
    messages: list[Message] = field(default_factory=list)

    @property
    def ephemeral(self) -> bool:
        return bool(((self.callback or {}).get("data") or {}).get("flags", 0) & EPHEMERAL)


class Interactions:
    """Registered commands and their uses."""

    def __init__(self, world: World, gateway: Gateway, rest: Rest) -> None:
        self._world = world
        self._gateway = gateway
        self._rest = rest
        self.commands: dict[tuple[str, str | None], dict[str, dict[str, Any]]] = {}  # (application, guild) -> id -> command
        self.used: list[Interaction] = []
        self.answer_within_s = 3.0
        self.follow_up_within_s = 900.0

    def routes(self) -> list[web.RouteDef]:
        found = []
        for base in ("/applications/{app}/commands", "/applications/{app}/guilds/{guild}/commands"):
            found += [
                web.get(base, self._list),
                web.post(base, self._upsert),
                web.put(base, self._replace),
                web.get(base + "/{command}", self._get),
                web.patch(base + "/{command}", self._patch),
                web.delete(base + "/{command}", self._delete),
            ]
        hook = "/webhooks/{app}/{token}"
        return [
            *found,
            web.post("/interactions/{interaction}/{token}/callback", self._callback),
            web.post(hook, self._follow_up),
            web.get(hook + "/messages/{message}", self._get_message),
            web.patch(hook + "/messages/{message}", self._edit_message),
            web.delete(hook + "/messages/{message}", self._delete_message),
        ]

    def _registered(self, request: web.Request) -> dict[str, dict[str, Any]]:
        if self._rest.bot(request).id != request.match_info["app"]:
            raise Refusal(403, 20012, "You are not authorized to perform this action on this application")
        return self.commands.setdefault((request.match_info["app"], request.match_info.get("guild")), {})

    def _stored(self, request: web.Request, payload: dict[str, Any]) -> dict[str, Any]:
        same = [one for one in self._registered(request).values() if one["name"] == payload["name"]]
        command_id = same[0]["id"] if same else self._world.snowflakes.next()
        defaults = {"type": 1, "description": "", "options": [], "default_member_permissions": None, "dm_permission": True, "nsfw": False}
        fixed = {"id": command_id, "application_id": request.match_info["app"], "version": self._world.snowflakes.next()}
        guild = {"guild_id": request.match_info["guild"]} if "guild" in request.match_info else {}
        command = defaults | payload | fixed | guild
        self._registered(request)[command_id] = command
        return command

    async def _list(self, request: web.Request) -> web.Response:
        return json_response(list(self._registered(request).values()))

    async def _upsert(self, request: web.Request) -> web.Response:
        return json_response(self._stored(request, payload_of(request)), status=201)

    async def _replace(self, request: web.Request) -> web.Response:
        registered = self._registered(request)
        stored = [self._stored(request, payload) for payload in payload_of(request)]
        for command_id in set(registered) - {command["id"] for command in stored}:
            del registered[command_id]
        return json_response(stored)

    def _one(self, request: web.Request) -> dict[str, Any]:
        found = self._registered(request).get(request.match_info["command"])
        if found is None:
            raise Refusal(404, 10063, "Unknown application command")
        return found

    async def _get(self, request: web.Request) -> web.Response:
        return json_response(self._one(request))

    async def _patch(self, request: web.Request) -> web.Response:
        command = self._one(request)
        command |= payload_of(request)
        return json_response(command)

    async def _delete(self, request: web.Request) -> web.Response:
        self._registered(request).pop(self._one(request)["id"])
        return web.Response(status=204)

    def use(self, channel: Channel, user: User, bot: User, name: str, options: dict[str, Any]) -> Interaction:
        """A person uses a registered command. Raises LookupError if the bot has none of this name."""
        scopes = ((bot.id, channel.guild_id), (bot.id, None))
        command = next((one for scope in scopes for one in self.commands.get(scope, {}).values() if one["name"] == name), None)
        if command is None:
            raise LookupError(f"no command /{name} is registered")
        interaction = Interaction(self._world.snowflakes.next(), secrets.token_urlsafe(32), bot, user, channel, name, time.monotonic())
        self.used.append(interaction)
        data = self._event(interaction, command, options)
        self._gateway.dispatch("INTERACTION_CREATE", data, user_id=bot.id, guild_id=channel.guild_id)
        return interaction

    def _event(self, interaction: Interaction, command: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        kinds = {option["name"]: option["type"] for option in command["options"]}
        given = [{"name": key, "type": kinds.get(key, 3), "value": value} for key, value in options.items()]
        channel, user, guild_id = interaction.channel, interaction.user, interaction.channel.guild_id
        found: dict[str, Any] = {
            "id": interaction.id,
            "application_id": interaction.bot.id,
            "type": 2,
            "token": interaction.token,
            "version": 1,
            "data": {"id": command["id"], "name": command["name"], "type": command["type"], "options": given},
            "channel_id": channel.id,
            "channel": channel_json(channel, self._world, interaction.bot.id),
            "locale": "en-US",
            "app_permissions": str(self._world.permissions(interaction.bot.id, channel)),
            "entitlements": [],
            "context": 1 if guild_id is None else 0,
            "authorizing_integration_owners": {"0": guild_id or "0"},
        }
        if guild_id is None:
            return found | {"user": user_json(user)}
        member = member_json(self._world.guilds[guild_id].members[user.id], user)
        permissions = str(self._world.permissions(user.id, channel))
        return found | {"guild_id": guild_id, "guild_locale": "en-US", "member": member | {"permissions": permissions}}

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = next((one for one in self.used if one.id == request.match_info["interaction"]), None)
        late = interaction is not None and time.monotonic() - interaction.used_at > self.answer_within_s
        if interaction is None or interaction.token != request.match_info["token"] or late:
            raise Refusal(404, 10062, "Unknown interaction")
        if interaction.callback is not None:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        payload = payload_of(request)
        interaction.callback = payload
        interaction.answered_at = time.monotonic()
        if payload["type"] == MESSAGE:
            interaction.original = self._post(interaction, payload.get("data") or {})
        return web.Response(status=204)

    def _post(self, interaction: Interaction, payload: dict[str, Any]) -> Message:
        flags = EPHEMERAL if interaction.original is None and interaction.ephemeral else payload.get("flags", 0) & EPHEMERAL
        message = self._rest.post(
            interaction.channel,
            interaction.bot.id,
            payload,
            webhook_id=interaction.bot.id,
            flags=flags,
            visible_to=interaction.user.id if flags else None,
            interaction_id=interaction.id,
        )
        interaction.messages.append(message)
        return message

    def _acknowledged(self, request: web.Request) -> Interaction:
        found = next((one for one in self.used if one.token == request.match_info["token"]), None)
        if found is None or found.answered_at is None or time.monotonic() - found.answered_at > self.follow_up_within_s:
            raise Refusal(404, 10015, "Unknown Webhook")
        return found

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._acknowledged(request)
        if interaction.original is None:  # the first follow-up fills in a deferred answer
            interaction.original = message = self._post(interaction, payload_of(request))
        else:
            message = self._post(interaction, payload_of(request))
        return json_response(message_json(message, self._world))

    def _message(self, request: web.Request) -> Message:
        interaction = self._acknowledged(request)
        wanted = request.match_info["message"]
        found = interaction.original if wanted == "@original" else next((one for one in interaction.messages if one.id == wanted), None)
        if found is None:
            raise Refusal(404, 10008, "Unknown Message")
        return found

    async def _get_message(self, request: web.Request) -> web.Response:
        return json_response(message_json(self._message(request), self._world))

    async def _edit_message(self, request: web.Request) -> web.Response:
        interaction = self._acknowledged(request)
        if interaction.original is None and request.match_info["message"] == "@original":
            interaction.original = message = self._post(interaction, payload_of(request))
        else:
            message = self._message(request)
            self._rest.edit(message, payload_of(request))
        return json_response(message_json(message, self._world))

    async def _delete_message(self, request: web.Request) -> web.Response:
        self._rest.delete(self._message(request))
        return web.Response(status=204)

    async def wait_answered(self, interaction: Interaction, timeout_s: float) -> None:
        """Wait until a use has been acknowledged."""
        async with asyncio.timeout(timeout_s):
            while interaction.callback is None:
                await asyncio.sleep(0.005)

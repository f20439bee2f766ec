"""Interactions of the fake Discord: commands registered by REST and used by people, buttons pressed, menus picked from, forms sent.

Each is answered within three seconds and followed up for fifteen minutes.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_server.components import BUTTON, MENU, TEXT_INPUT, find_button, find_menu, problem_with_form
from tests.fakes.discord_server.faults import json_response
from tests.fakes.discord_server.gateway import Gateway
from tests.fakes.discord_server.payloads import channel_json, member_json, message_json, user_json
from tests.fakes.discord_server.request_payloads import Refusal
from tests.fakes.discord_server.rest import Rest, payload_of
from tests.fakes.discord_server.world import EPHEMERAL, Channel, Message, User, World

COMMAND, COMPONENT, FORM = 2, 3, 5
SUBCOMMAND, STRING = 1, 3
ON_MESSAGE = 3
PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9


@dataclass
class Interaction:
    """One use of a command, a button, a menu or a form."""

    id: str
    token: str
    bot: User
    user: User
    channel: Channel
    name: str  # of the command; otherwise the custom id
    used_at: float
    kind: int = COMMAND
    pressed: Message | None = None  # the message whose button was pressed
    callback: dict[str, Any] | None = None
    answered_at: float | None = None
    original: Message | None = None
    messages: list[Message] = field(default_factory=list)

    @property
    def ephemeral(self) -> bool:
        return bool(((self.callback or {}).get("data") or {}).get("flags", 0) & EPHEMERAL)

    @property
    def form(self) -> dict[str, Any]:
        """The form that it was answered with. Raises LookupError if it was not."""
        if self.callback is None or self.callback["type"] != MODAL:
            raise LookupError("no form was opened")
        found: dict[str, Any] = self.callback["data"]
        return found


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
        """A person uses a registered command, "name" or "name subcommand". Raises LookupError if Discord offers them none of this name here."""
        called, _, subcommand = name.partition(" ")
        scopes = ((bot.id, channel.guild_id), (bot.id, None))
        command = next((one for scope in scopes for one in self.commands.get(scope, {}).values() if one["name"] == called), None)
        if command is None or not self._offers(command, channel, user):
            raise LookupError(f"no command /{called} is offered here")
        given = chosen_options(command["options"], subcommand, options)
        data = {"id": command["id"], "name": called, "type": command["type"], "options": given}
        return self._dispatch(COMMAND, channel, user, bot, called, data)

    def use_on(self, message: Message, user: User, bot: User, name: str) -> Interaction:
        """A person uses a command in the menu of a message that they see. Raises LookupError if there is none of this name."""
        channel = self._world.channels[message.channel_id]
        commands = self.commands.get((bot.id, None), {}).values()
        command = next((one for one in commands if one["name"] == name and one["type"] == ON_MESSAGE), None)
        if command is None or not self._offers(command, channel, user) or message.visible_to not in (None, user.id):
            raise LookupError(f"no command {name!r} is offered there")
        resolved = {"messages": {message.id: message_json(message, self._world)}}
        data = {"id": command["id"], "name": name, "type": ON_MESSAGE, "target_id": message.id, "resolved": resolved}
        return self._dispatch(COMMAND, channel, user, bot, name, data)

    def _offers(self, command: dict[str, Any], channel: Channel, user: User) -> bool:
        if channel.guild_id is None:
            return bool(command["dm_permission"])
        needed = int(command["default_member_permissions"] or 0)
        return self._world.permissions(user.id, channel) & needed == needed

    def press(self, message: Message, user: User, bot: User, label: str) -> Interaction:
        """A person presses a button of a message that they see. Raises LookupError if there is none."""
        button = find_button(self._seen(message, user), label)
        return self.press_id(message, user, bot, button["custom_id"])

    def press_id(self, message: Message, user: User, bot: User, custom_id: str) -> Interaction:
        """The same by its custom id, whether the button is still there or not: their view may be older."""
        return self._dispatch_component(message, user, bot, {"custom_id": custom_id, "component_type": BUTTON})

    def pick(self, message: Message, user: User, bot: User, label: str) -> Interaction:
        """A person picks the option whose label contains a text. Raises LookupError if there is none."""
        menu = find_menu(self._seen(message, user))
        option = next((one for one in menu["options"] if label in one["label"]), None)
        if option is None:
            raise LookupError(f"no option {label!r}")
        data = {"custom_id": menu["custom_id"], "component_type": MENU, "values": [option["value"]]}
        return self._dispatch_component(message, user, bot, data)

    def send_form(self, opened: Interaction, text: str) -> Interaction:
        """The person fills in the only field of a form that an interaction opened, and sends it."""
        form = opened.form
        [fields] = [row["components"] for row in form["components"]]
        filled_in = [{"type": 1, "components": [{"type": TEXT_INPUT, "custom_id": one["custom_id"], "value": text} for one in fields]}]
        data = {"custom_id": form["custom_id"], "components": filled_in}
        return self._dispatch(FORM, opened.channel, opened.user, opened.bot, form["custom_id"], data, opened.pressed)

    def _seen(self, message: Message, user: User) -> list[dict[str, Any]]:
        if message.visible_to not in (None, user.id):
            raise LookupError("they do not see this message")
        return message.components

    def _dispatch_component(self, message: Message, user: User, bot: User, data: dict[str, Any]) -> Interaction:
        channel = self._world.channels[message.channel_id]
        return self._dispatch(COMPONENT, channel, user, bot, data["custom_id"], data, message)

    def _dispatch(
        self, kind: int, channel: Channel, user: User, bot: User, name: str, data: dict[str, Any], pressed: Message | None = None
    ) -> Interaction:
        interaction = Interaction(self._world.snowflakes.next(), secrets.token_urlsafe(32), bot, user, channel, name, time.monotonic(), kind, pressed)
        self.used.append(interaction)
        self._gateway.dispatch("INTERACTION_CREATE", self._event(interaction, data), user_id=bot.id, guild_id=channel.guild_id)
        return interaction

    def _event(self, interaction: Interaction, data: dict[str, Any]) -> dict[str, Any]:
        channel, user, guild_id = interaction.channel, interaction.user, interaction.channel.guild_id
        found: dict[str, Any] = {
            "id": interaction.id,
            "application_id": interaction.bot.id,
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel_id": channel.id,
            "channel": channel_json(channel, self._world, interaction.bot.id),
            "locale": "en-US",
            "app_permissions": str(self._world.permissions(interaction.bot.id, channel)),
            "entitlements": [],
            "context": 1 if guild_id is None else 0,
            "authorizing_integration_owners": {"0": guild_id or "0"},
        }
        if interaction.pressed is not None:
            found["message"] = message_json(interaction.pressed, self._world)
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
        _accept(interaction, payload)
        interaction.callback = payload
        interaction.answered_at = time.monotonic()
        data = payload.get("data") or {}
        if payload["type"] == MESSAGE:
            interaction.original = self._post(interaction, data)
        elif payload["type"] in (DEFERRED_UPDATE, UPDATE):
            interaction.original = interaction.pressed
        if payload["type"] == UPDATE and interaction.pressed is not None:
            self._rest.edit(interaction.pressed, data)
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


def _accept(interaction: Interaction, payload: dict[str, Any]) -> None:
    """Refuse an answer that does not fit what it answers."""
    kind = payload["type"]
    if kind in (DEFERRED_UPDATE, UPDATE) and interaction.pressed is None:
        raise Refusal(400, 50035, "Invalid Form Body: type: no message to update")
    if kind == MODAL and interaction.kind == FORM:
        raise Refusal(400, 50035, "Invalid Form Body: type: a form cannot answer a form")
    problem = problem_with_form(payload["data"]) if kind == MODAL else None
    if problem:
        raise Refusal(400, 50035, f"Invalid Form Body: {problem}")


def chosen_options(declared: list[dict[str, Any]], subcommand: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """The options as Discord sends them. Raises LookupError for what its client would not let a person send."""
    if not subcommand:
        if any(one["type"] == SUBCOMMAND for one in declared):
            raise LookupError("a subcommand is needed")
        return [_given(declared, name, value) for name, value in options.items()] if _complete(declared, options) else []
    chosen = next((one for one in declared if one["type"] == SUBCOMMAND and one["name"] == subcommand), None)
    if chosen is None:
        raise LookupError(f"no subcommand {subcommand}")
    return [{"type": SUBCOMMAND, "name": subcommand, "options": chosen_options(chosen.get("options", []), "", options)}]


def _complete(declared: list[dict[str, Any]], options: dict[str, Any]) -> bool:
    missing = [one["name"] for one in declared if one.get("required") and one["name"] not in options]
    if missing:
        raise LookupError(f"options are missing: {missing}")
    return True


def _given(declared: list[dict[str, Any]], name: str, value: Any) -> dict[str, Any]:
    option = next((one for one in declared if one["name"] == name), None)
    if option is None:
        raise LookupError(f"no option {name}")
    sent = value.id if isinstance(value, User | Channel) else value
    if option.get("choices") and sent not in [choice["value"] for choice in option["choices"]]:
        raise LookupError(f"{sent!r} is no choice of {name}")
    size = len(sent) if isinstance(sent, str) and option["type"] == STRING else sent
    kind = "length" if option["type"] == STRING else "value"
    least, most = option.get(f"min_{kind}"), option.get(f"max_{kind}")
    if (least is not None and size < least) or (most is not None and size > most):
        raise LookupError(f"{name} must be between {least} and {most}")
    return {"name": name, "type": option["type"], "value": sent}

"""REST v10 of the fake Discord, for bots: channels, messages, reactions, threads. Interactions are in interactions.py."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.fakes.discord_server.components import problem_with
from tests.fakes.discord_server.faults import Buckets, Fault, json_response, too_many_requests
from tests.fakes.discord_server.gateway import DIRECT_MESSAGES, DIRECT_REACTIONS, GUILD_MESSAGES, GUILD_REACTIONS, Gateway
from tests.fakes.discord_server.payloads import channel_json, guild_json, member_json, message_event_json, message_json, user_json
from tests.fakes.discord_server.request_payloads import Refusal, checked_content, read_payload
from tests.fakes.discord_server.world import (
    ATTACH_FILES,
    EPHEMERAL,
    MANAGE_MESSAGES,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    Channel,
    Edit,
    Message,
    User,
    World,
)

PAYLOAD: web.RequestKey[Any] = web.RequestKey("payload", object)
NONCE_MAX = 25
NONCE_KEPT_S = 300.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str  # without /api/v10
    payload: Any
    at: float  # monotonic seconds
    status: int


def payload_of(request: web.Request) -> Any:
    """The JSON of a request; {} if it has none."""
    return request[PAYLOAD]


class Rest:
    """The routes, the rules they enforce, and a record of every request."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.buckets = Buckets()
        self.everything = Buckets(everything=True)
        self.recommended_shards = 1
        self.replies: dict[str, list[Message]] = {}  # by the message that they reply to
        self._nonces: dict[tuple[str, str, str], tuple[float, Message]] = {}

    def routes(self) -> list[web.RouteDef]:
        channel, message = "/channels/{channel}", "/channels/{channel}/messages/{message}"
        return [
            web.get("/gateway", self._gateway),
            web.get("/gateway/bot", self._gateway_bot),
            web.get("/users/{user}", self._user),
            web.post("/users/@me/channels", self._open_dm),
            web.get("/applications/@me", self._application),
            web.get("/oauth2/applications/@me", self._application),
            web.get("/guilds/{guild}", self._guild),
            web.get("/guilds/{guild}/channels", self._guild_channels),
            web.get("/guilds/{guild}/members/{user}", self._member),
            web.get(channel, self._channel),
            web.post(channel + "/typing", self._typing),
            web.get(channel + "/messages", self._list_messages),
            web.post(channel + "/messages", self._create_message),
            web.post(channel + "/messages/bulk-delete", self._bulk_delete),
            web.get(message, self._get_message),
            web.patch(message, self._edit_message),
            web.delete(message, self._delete_message),
            web.put(message + "/reactions/{emoji}/@me", self._react),
            web.delete(message + "/reactions/{emoji}/@me", self._unreact),
            web.post(channel + "/threads", self._create_thread),
            web.post(message + "/threads", self._create_thread),
        ]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        """Record the request, apply faults and limits, then serve it."""
        request[PAYLOAD] = await read_payload(request)
        path = request.path.removeprefix("/api/v10")
        headers, within = self.buckets.spend(request.method, path)
        fault = next((one for one in self.faults if one.matches(request.method, path)), None)
        global_headers, within_all = self.everything.spend(request.method, path)
        try:
            if fault is not None and fault.silent_s:
                fault.count -= 1
                response: web.StreamResponse = await handler(request)
                await asyncio.sleep(fault.silent_s)
            elif fault is not None:
                response = fault.response()
            elif not within_all:
                response = too_many_requests(float(global_headers["X-RateLimit-Reset-After"]), is_global=True)
            elif not within:
                response = too_many_requests(float(headers["X-RateLimit-Reset-After"]), headers=headers)
            else:
                response = await handler(request)
        except Refusal as refusal:
            response = refusal.response
        except web.HTTPNotFound:
            response = json_response({"message": "404: Not Found", "code": 0}, status=404)
        self.requests.append(Request(request.method, path, request[PAYLOAD], time.monotonic(), response.status))
        response.headers.update(headers)
        return response

    def bot(self, request: web.Request) -> User:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        user = self.world.bot_with_token(token) if kind == "Bot" else None
        if user is None:
            raise Refusal(401, 0, "401: Unauthorized")
        return user

    def _seen_channel(self, request: web.Request) -> tuple[User, Channel]:
        bot = self.bot(request)
        channel = self.world.channels.get(request.match_info["channel"])
        if channel is None:
            raise Refusal(404, 10003, "Unknown Channel")
        if not self.world.may_view(bot.id, channel):
            raise Refusal(403, 50001, "Missing Access")
        return bot, channel

    def _seen_message(self, request: web.Request) -> tuple[User, Channel, Message]:
        bot, channel = self._seen_channel(request)
        message = channel.messages.get(request.match_info["message"])
        if message is None or message.visible_to not in (None, bot.id):
            raise Refusal(404, 10008, "Unknown Message")
        return bot, channel, message

    async def _gateway(self, request: web.Request) -> web.Response:
        return json_response({"url": self.gateway.url})

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        self.bot(request)
        starts = self.gateway.starts
        limit = {"total": starts.total, "remaining": starts.remaining, "reset_after": starts.reset_after_ms}
        limit["max_concurrency"] = starts.max_concurrency
        return json_response({"url": self.gateway.url, "shards": self.recommended_shards, "session_start_limit": limit})

    async def _user(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        user = bot if request.match_info["user"] == "@me" else self.world.users.get(request.match_info["user"])
        if user is None:
            raise Refusal(404, 10013, "Unknown User")
        return json_response(user_json(user))

    async def _open_dm(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        user = self.world.users.get(str(payload_of(request)["recipient_id"]))
        if user is None:
            raise Refusal(400, 50033, "Invalid Recipient(s)")
        return json_response(channel_json(self.world.dm_between(bot, user), self.world, bot.id))

    async def _application(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        body = {"id": bot.id, "name": bot.username, "icon": None, "description": "", "bot_public": True, "bot_require_code_grant": False}
        return json_response(body | {"verify_key": "0" * 64, "flags": 1 << 18, "owner": user_json(bot), "team": None, "summary": ""})

    async def _guild(self, request: web.Request) -> web.Response:
        bot, guild = self.bot(request), self.world.guilds.get(request.match_info["guild"])
        if guild is None or bot.id not in guild.members:
            raise Refusal(404, 10004, "Unknown Guild")
        return json_response(guild_json(guild, self.world, bot.id))

    async def _guild_channels(self, request: web.Request) -> web.Response:
        bot, guild = self.bot(request), self.world.guilds.get(request.match_info["guild"])
        if guild is None or bot.id not in guild.members:
            raise Refusal(404, 10004, "Unknown Guild")
        return json_response([channel_json(channel, self.world, bot.id) for channel in guild.channels.values()])

    async def _member(self, request: web.Request) -> web.Response:
        self.bot(request)
        guild = self.world.guilds.get(request.match_info["guild"])
        member = guild.members.get(request.match_info["user"]) if guild else None
        if member is None:
            raise Refusal(404, 10007, "Unknown Member")
        return json_response(member_json(member, self.world.users[member.user_id]))

    async def _channel(self, request: web.Request) -> web.Response:
        bot, channel = self._seen_channel(request)
        return json_response(channel_json(channel, self.world, bot.id))

    async def _typing(self, request: web.Request) -> web.Response:
        bot, channel = self._seen_channel(request)
        self._may_send(bot, channel)
        channel.typing.append((bot.id, time.monotonic()))
        return web.Response(status=204)

    async def _list_messages(self, request: web.Request) -> web.Response:
        bot, channel = self._seen_channel(request)
        limit, query = int(request.query.get("limit", "50")), request.query
        seen = [message for message in channel.messages.values() if message.visible_to in (None, bot.id)]
        newest_first = sorted(seen, key=lambda message: -int(message.id))
        if "before" in query:
            chosen = [message for message in newest_first if int(message.id) < int(query["before"])][:limit]
        elif "after" in query:
            chosen = [message for message in newest_first if int(message.id) > int(query["after"])][-limit:]
        elif "around" in query:
            nearest = sorted(newest_first, key=lambda message: abs(int(message.id) - int(query["around"])))[:limit]
            chosen = sorted(nearest, key=lambda message: -int(message.id))
        else:
            chosen = newest_first[:limit]
        return json_response([self.gateway.sparse("message", message_json(message, self.world)) for message in chosen])

    async def _get_message(self, request: web.Request) -> web.Response:
        return json_response(self.gateway.sparse("message", message_json(self._seen_message(request)[2], self.world)))

    def _may_send(self, bot: User, channel: Channel) -> None:
        if not self.world.may_send(bot.id, channel):
            raise Refusal(403, 50013, "Missing Permissions")

    async def _create_message(self, request: web.Request) -> web.Response:
        bot, channel = self._seen_channel(request)
        self._may_send(bot, channel)
        payload = payload_of(request)
        repeated = self._same_nonce(bot, channel, payload)
        if repeated is not None:
            return json_response(message_json(repeated, self.world))
        message = self.post(channel, bot.id, payload)
        return json_response(message_json(message, self.world))

    def _same_nonce(self, bot: User, channel: Channel, payload: dict[str, Any]) -> Message | None:
        nonce = payload.get("nonce")
        if nonce is not None and len(str(nonce)) > NONCE_MAX:
            raise Refusal(400, 50035, "Invalid Form Body")
        if nonce is None or not payload.get("enforce_nonce"):
            return None
        at, message = self._nonces.get((bot.id, channel.id, str(nonce)), (0.0, None))
        return message if message is not None and time.monotonic() - at < NONCE_KEPT_S else None

    def post(self, channel: Channel, author_id: str, payload: dict[str, Any], **fields: Any) -> Message:
        """Make a message of a payload and tell everybody who may see it."""
        self._may_attach(author_id, channel, payload)
        content = checked_content(payload)
        _check_components(payload)
        reference = payload.get("message_reference") or {}
        reply_to = str(reference["message_id"]) if reference.get("message_id") else None
        if reply_to is not None and reply_to not in channel.messages:
            if reference.get("fail_if_not_exists", True):
                raise Refusal(400, 50035, "Unknown message")
            reply_to = None
        now = time.monotonic()
        message = Message(self.world.snowflakes.next(), channel.id, author_id, content, now, channel.guild_id, reply_to=reply_to, **fields)
        message.kind = 19 if reply_to else 0
        message.nonce = payload.get("nonce")
        message.flags |= payload.get("flags", 0) & EPHEMERAL
        message.components = payload.get("components") or []
        message.embeds = payload.get("embeds") or []
        message.attachments = payload.get("attachments", [])
        message.edits.append(Edit(now, content))
        message.payloads.append(payload)
        self.world.ping(message, payload.get("allowed_mentions"), channel)
        channel.messages[message.id] = message
        if reply_to is not None:
            self.replies.setdefault(reply_to, []).append(message)
        if message.nonce is not None:
            self._nonces[(author_id, channel.id, str(message.nonce))] = (now, message)
        self.announce("MESSAGE_CREATE", message)
        return message

    def _may_attach(self, author_id: str, channel: Channel, payload: dict[str, Any]) -> None:
        if payload.get("files") and not self.world.permissions(author_id, channel) & ATTACH_FILES:
            raise Refusal(403, 50013, "Missing Permissions")

    def announce(self, event: str, message: Message) -> None:
        """Send a message event to every bot that may see it."""
        channel = self.world.channels[message.channel_id]
        data = message_event_json(message, self.world)
        for user in self.world.listeners():
            if message.visible_to is None and self.world.may_view(user.id, channel):
                self.gateway.dispatch_message(event, data, user_id=user.id, guild_id=message.guild_id)

    def announce_embeds(self, message: Message, embeds: list[dict[str, Any]]) -> None:
        """Tell that Discord has added previews of links to a message: an update that has neither author nor content."""
        channel = self.world.channels[message.channel_id]
        data: dict[str, Any] = {"id": message.id, "channel_id": channel.id, "embeds": embeds}
        data |= {"guild_id": channel.guild_id} if channel.guild_id else {}
        for user in self.world.listeners():
            if self.world.may_view(user.id, channel):
                self.gateway.dispatch_message("MESSAGE_UPDATE", data, user_id=user.id, guild_id=channel.guild_id)

    def edit(self, message: Message, payload: dict[str, Any]) -> None:
        """Change a message and tell everybody who may see it."""
        channel = self.world.channels[message.channel_id]
        self._may_attach(message.author_id, channel, payload)
        if payload.get("content") is not None:
            message.content = checked_content(payload)
        _check_components(payload)
        message.components = payload.get("components", message.components)
        message.embeds = payload.get("embeds", message.embeds)
        message.attachments = payload.get("attachments", message.attachments)
        message.edited_timestamp = datetime.now(UTC).isoformat()
        message.edits.append(Edit(time.monotonic(), message.content))
        message.payloads.append(payload)
        self.world.ping(message, payload.get("allowed_mentions"), channel)
        self.announce("MESSAGE_UPDATE", message)

    async def _edit_message(self, request: web.Request) -> web.Response:
        bot, _, message = self._seen_message(request)
        if message.author_id != bot.id:
            raise Refusal(403, 50005, "Cannot edit a message authored by another user")
        self.edit(message, payload_of(request))
        return json_response(message_json(message, self.world))

    async def _delete_message(self, request: web.Request) -> web.Response:
        bot, channel, message = self._seen_message(request)
        if message.author_id != bot.id and not self.world.permissions(bot.id, channel) & MANAGE_MESSAGES:
            raise Refusal(403, 50013, "Missing Permissions")
        self.delete(message)
        return web.Response(status=204)

    def delete(self, message: Message) -> None:
        """Remove a message and tell everybody who may see it."""
        channel = self.world.channels[message.channel_id]
        channel.messages.pop(message.id, None)
        self._tell("MESSAGE_DELETE", channel, {"id": message.id})

    def delete_many(self, channel: Channel, message_ids: list[str]) -> None:
        """Remove messages at once and tell everybody who may see them."""
        for message_id in message_ids:
            channel.messages.pop(message_id, None)
        self._tell("MESSAGE_DELETE_BULK", channel, {"ids": message_ids})

    def _tell(self, event: str, channel: Channel, fields: dict[str, Any], *, reactions: bool = False) -> None:
        data = fields | {"channel_id": channel.id} | ({"guild_id": channel.guild_id} if channel.guild_id else {})
        in_guild, direct = (GUILD_REACTIONS, DIRECT_REACTIONS) if reactions else (GUILD_MESSAGES, DIRECT_MESSAGES)
        intent = in_guild if channel.guild_id else direct
        for user in self.world.listeners():
            if self.world.may_view(user.id, channel):
                self.gateway.dispatch(event, data, user_id=user.id, guild_id=channel.guild_id, intent=intent)

    async def _bulk_delete(self, request: web.Request) -> web.Response:
        bot, channel = self._seen_channel(request)
        if not self.world.permissions(bot.id, channel) & MANAGE_MESSAGES:
            raise Refusal(403, 50013, "Missing Permissions")
        message_ids = list(map(str, payload_of(request)["messages"]))
        if not 2 <= len(message_ids) <= 100:
            raise Refusal(400, 50016, "Provided too few or too many messages to delete.")
        self.delete_many(channel, message_ids)
        return web.Response(status=204)

    async def _react(self, request: web.Request) -> web.Response:
        bot, channel, message = self._seen_message(request)
        emoji = request.match_info["emoji"]
        self.react(channel, message, bot.id, emoji)
        return web.Response(status=204)

    def react(self, channel: Channel, message: Message, user_id: str, emoji: str, *, remove: bool = False) -> None:
        """Add or remove a reaction and tell everybody who may see it."""
        users = message.reactions.setdefault(emoji, set())
        (users.discard if remove else users.add)(user_id)
        event = "MESSAGE_REACTION_REMOVE" if remove else "MESSAGE_REACTION_ADD"
        fields = {"user_id": user_id, "message_id": message.id, "emoji": {"id": None, "name": emoji}, "type": 0, "burst": False}
        self._tell(event, channel, fields, reactions=True)

    async def _unreact(self, request: web.Request) -> web.Response:
        bot, channel, message = self._seen_message(request)
        self.react(channel, message, bot.id, request.match_info["emoji"], remove=True)
        return web.Response(status=204)

    async def _create_thread(self, request: web.Request) -> web.Response:
        bot, parent = self._seen_channel(request)
        self._may_send(bot, parent)
        kind = PRIVATE_THREAD if payload_of(request).get("type") == PRIVATE_THREAD else PUBLIC_THREAD
        name = payload_of(request)["name"]
        thread_id = request.match_info.get("message") or self.world.snowflakes.next()
        thread = self.world.add_channel(Channel(thread_id, kind, name, parent.guild_id, parent.id))
        return json_response(channel_json(thread, self.world, bot.id), status=201)


def _check_components(payload: dict[str, Any]) -> None:
    problem = problem_with(payload.get("components") or [])
    if problem:
        raise Refusal(400, 50035, f"Invalid Form Body: {problem}")

"""The fake Discord as tests use it: make people and places, say things, look at what the bot did, and break things."""

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Any, Self

from aiohttp import web

from tests.fakes.discord_server.faults import Fault
from tests.fakes.discord_server.gateway import GUILDS, Gateway, Session
from tests.fakes.discord_server.interactions import Interaction, Interactions
from tests.fakes.discord_server.payloads import channel_json, guild_json
from tests.fakes.discord_server.rest import Request, Rest
from tests.fakes.discord_server.world import (
    ATTACH_FILES,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    TEXT,
    VIEW_CHANNEL,
    Channel,
    Guild,
    Member,
    Message,
    Overwrite,
    Role,
    User,
    World,
)

WAIT_S = 10.0


class FakeDiscord:
    """A Discord with one bot application (more by `create_bot`). Use it from one event loop."""

    def __init__(self, *, token: str = "fake.bot.token", bot_name: str = "Parlour") -> None:
        self.world = World()
        self.gateway = Gateway(self.world)
        self.rest = Rest(self.world, self.gateway)
        self.interactions = Interactions(self.world, self.gateway, self.rest)
        self.files: dict[str, bytes] = {}  # attachments by id
        self.file_requests: list[str] = []
        self.redirects: dict[str, str] = {}  # attachment id -> where its address leads
        self.token = token
        self.bot = self.create_bot(bot_name, token)
        self.owner = self.world.add_user("owner")
        self.port = 0
        self._host = "127.0.0.1"
        self._runner: web.AppRunner | None = None

    # running

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        app = web.Application(client_max_size=30 << 20)
        api = web.Application(middlewares=[self.rest.middleware], client_max_size=30 << 20)
        api.add_routes([*self.rest.routes(), *self.interactions.routes()])
        app.add_subapp("/api/v10", api)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/attachments/{id}/{name}", self._attachment)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self._host, self.port = host, self._runner.addresses[0][1]
        self.gateway.url = self.gateway_url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def restart(self, *, down_s: float = 0.0) -> None:
        """Be away for a while, then listen on the same port again, sessions kept."""
        await self.gateway.drop_all()
        await self.stop()
        await asyncio.sleep(down_s)
        await self.start(host=self._host, port=self.port)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """For PARLOUR_DISCORD_API_URL."""
        return f"http://{self._host}:{self.port}/api/v10"

    @property
    def gateway_url(self) -> str:
        """For PARLOUR_DISCORD_GATEWAY_URL; GET /gateway says it too."""
        return f"ws://{self._host}:{self.port}/gateway"

    # people and places; made before or after bots connect

    def create_bot(self, name: str, token: str) -> User:
        return self.world.add_user(name, bot=True, token=token)

    def create_played_person(self, name: str, token: str, *, guilds: Iterable[Guild] = ()) -> User:
        """A person whom a client with this token plays: it connects as a bot does, and everybody takes it for a person."""
        user = self.world.add_user(name, token=token)
        for guild in guilds:
            self.join(guild, user)
        return user

    def create_guild(self, name: str, *, with_bot: bool = True) -> Guild:
        guild = self.world.add_guild(name, self.owner)
        if with_bot:
            self.join(guild, self.bot)
        return guild

    def join(self, guild: Guild, user: User, *, nick: str | None = None) -> None:
        """Let a user join; a bot gets its managed role, and GUILD_CREATE if it is connected."""
        guild.members[user.id] = Member(user.id, nick=nick)
        if not user.connects:
            return
        if user.bot:
            role = Role(self.world.snowflakes.next(), user.username, bot_id=user.id)
            guild.roles[role.id] = role
            guild.members[user.id].roles.append(role.id)
        data = guild_json(guild, self.world, user.id)
        self.gateway.dispatch("GUILD_CREATE", data, user_id=user.id, guild_id=guild.id, intent=GUILDS)

    def create_user(self, name: str, *, guilds: Iterable[Guild] = (), nick: str | None = None, global_name: str | None = None) -> User:
        user = self.world.add_user(name, global_name=global_name)
        for guild in guilds:
            self.join(guild, user, nick=nick)
        return user

    def create_channel(
        self, guild: Guild, name: str, *, hidden: bool = False, bot_may_speak: bool = True, kind: int = TEXT, parent: Channel | None = None
    ) -> Channel:
        """Make a channel. `hidden`: @everyone may not view it, the bots of the guild may. `bot_may_speak` False: it may only read."""
        channel = Channel(self.world.snowflakes.next(), kind, name, guild.id, parent.id if parent else None)
        bots = [member.user_id for member in guild.members.values() if self.world.users[member.user_id].connects]
        if hidden:
            channel.overwrites.append(Overwrite(guild.id, 0, deny=VIEW_CHANNEL))
            channel.overwrites += [Overwrite(bot_id, 1, allow=VIEW_CHANNEL) for bot_id in bots]
        if not bot_may_speak:
            channel.overwrites += [Overwrite(bot_id, 1, deny=SEND_MESSAGES | SEND_MESSAGES_IN_THREADS) for bot_id in bots]
        self.world.add_channel(channel)
        for bot_id in bots:
            if self.world.may_view(bot_id, channel):
                event = "THREAD_CREATE" if parent else "CHANNEL_CREATE"
                data = channel_json(channel, self.world, bot_id)
                self.gateway.dispatch(event, data, user_id=bot_id, guild_id=guild.id, intent=GUILDS)
        return channel

    def open_dm(self, user: User) -> Channel:
        """The direct channel of a user with the bot."""
        return self.world.dm_between(self.bot, user)

    # what people do

    def person_says(
        self,
        channel: Channel,
        user: User,
        text: str,
        *,
        mentions: Iterable[User | Role] = (),
        reply_to: Message | None = None,
        **fields: Any,
    ) -> Message:
        """Post a message. `mentions` not yet in the text are put before it. `fields` go into the payload (attachments, ...)."""
        missing = [one.mention for one in mentions if one.mention not in text]
        payload: dict[str, Any] = {"content": " ".join([*missing, text]), **fields}
        if reply_to is not None:
            payload["message_reference"] = {"message_id": reply_to.id}
        return self.rest.post(channel, user.id, payload)

    def dm(self, user: User, text: str, *, reply_to: Message | None = None) -> Message:
        """Write to the bot directly."""
        return self.person_says(self.open_dm(user), user, text, reply_to=reply_to)

    def webhook_says(self, channel: Channel, text: str) -> Message:
        webhook_id = self.world.snowflakes.next()
        return self.rest.post(channel, webhook_id, {"content": text}, webhook_id=webhook_id)

    def person_edits(self, message: Message, text: str) -> None:
        self.rest.edit(message, {"content": text})

    def person_deletes(self, message: Message) -> None:
        self.rest.delete(message)

    def moderator_deletes(self, channel: Channel, messages: Iterable[Message]) -> None:
        """Remove messages at once."""
        self.rest.delete_many(channel, [message.id for message in messages])

    def embeds_arrive(self, message: Message, *urls: str) -> None:
        """Discord adds previews of links to a message: an update without its content."""
        self.rest.announce_embeds(message, [{"type": "link", "url": url} for url in urls])

    def person_reacts(self, message: Message, user: User, emoji: str, *, remove: bool = False) -> None:
        self.rest.react(self.world.channels[message.channel_id], message, user.id, emoji, remove=remove)

    def attachment(self, name: str, data: bytes, content_type: str | None = None, **fields: Any) -> dict[str, Any]:
        """Keep a file and return it for the `attachments` of a message."""
        attachment_id = self.world.snowflakes.next()
        self.files[attachment_id] = data
        url = f"http://{self._host}:{self.port}/attachments/{attachment_id}/{name}"
        found = {"id": attachment_id, "filename": name, "size": len(data), "url": url, "proxy_url": url}
        return found | ({"content_type": content_type} if content_type else {}) | fields

    async def _attachment(self, request: web.Request) -> web.Response:
        self.file_requests.append(request.path)
        if request.match_info["id"] in self.redirects:
            raise web.HTTPFound(self.redirects[request.match_info["id"]])
        found = self.files.get(request.match_info["id"])
        return web.Response(status=404) if found is None else web.Response(body=found)

    def person_uses(self, channel: Channel, user: User, command: str, **options: Any) -> Interaction:
        """Use a slash command, "name" or "name subcommand". Raises LookupError if Discord does not offer it to them there."""
        return self.interactions.use(channel, user, self.bot, command, options)

    def person_uses_on(self, message: Message, user: User, command: str) -> Interaction:
        """Use a command in the menu of a message."""
        return self.interactions.use_on(message, user, self.bot, command)

    def person_presses(self, message: Message, user: User, label: str) -> Interaction:
        """Press a button. Raises LookupError if they see none with this label."""
        return self.interactions.press(message, user, self.bot, label)

    def person_presses_id(self, message: Message, user: User, custom_id: str) -> Interaction:
        """Press a button by its custom id, whether it is still there or not."""
        return self.interactions.press_id(message, user, self.bot, custom_id)

    def person_picks(self, message: Message, user: User, label: str) -> Interaction:
        """Pick the option of a menu whose label contains a text."""
        return self.interactions.pick(message, user, self.bot, label)

    def person_sends_form(self, opened: Interaction, text: str) -> Interaction:
        """Fill in the only field of the form that an interaction opened."""
        return self.interactions.send_form(opened, text)

    # what the bot did

    @property
    def requests(self) -> list[Request]:
        """Every REST request, with its payload and the status it got."""
        return self.rest.requests

    def requests_to(self, method: str, path: str) -> list[Request]:
        """The requests whose path matches the regular expression."""
        return [one for one in self.rest.requests if one.method == method and re.search(path, one.path)]

    def by_bot(self, channel: Channel) -> list[Message]:
        """What the bot has posted in a channel, oldest first."""
        return [message for message in channel.messages.values() if message.author_id == self.bot.id]

    def replies_to(self, message: Message) -> list[Message]:
        """The bot's replies to a message, and what it wrote after each without replying to anything else."""
        found: list[Message] = []
        for one in self.by_bot(self.world.channels[message.channel_id]):
            if one.reply_to == message.id or (found and one.reply_to is None and one.interaction_id is None):
                found.append(one)
        return found

    async def until[T](self, condition: Callable[[], T], *, timeout_s: float = WAIT_S) -> T:
        """Wait until the condition is truthy and return it. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not (found := condition()):
                await asyncio.sleep(0.005)
        return found

    async def wait_for_reply(self, message: Message, *, timeout_s: float = WAIT_S) -> Message:
        """Wait for the first reply to a message, at its first text."""
        return (await self.until(lambda: self.replies_to(message), timeout_s=timeout_s))[0]

    async def wait_for_text(self, message: Message, text: str, *, timeout_s: float = WAIT_S) -> Message:
        """Wait until a reply to a message contains a text."""
        return (await self.until(lambda: [one for one in self.replies_to(message) if text in one.content], timeout_s=timeout_s))[0]

    async def wait_connected(self, count: int = 1, *, timeout_s: float = WAIT_S) -> list[Session]:
        """Wait until this many sessions have their socket."""

        def connected() -> list[Session]:
            found = self.gateway.connected()
            return found if len(found) >= count else []

        return await self.until(connected, timeout_s=timeout_s)

    # what goes wrong

    def rate_limit_next(
        self, method: str, path: str = "/messages", *, retry_after_s: float, count: int = 1, is_global: bool = False, via: bool = True
    ) -> Fault:
        """Answer the next matching requests with 429."""
        return self._script(Fault(method, re.compile(path), 429, count, retry_after_s, is_global, via))

    def fail_next(self, method: str, path: str = "/messages", *, status: int, count: int = 1, body: dict[str, Any] | None = None) -> Fault:
        """Answer the next matching requests with this status."""
        return self._script(Fault(method, re.compile(path), status, count, body=body))

    def garble_next(self, method: str, path: str = "/messages", *, status: int, written: bytes, count: int = 1) -> Fault:
        """Answer the next matching requests with this body, which says that it is JSON."""
        return self._script(Fault(method, re.compile(path), status, count, written=written))

    def silence_next(self, method: str, path: str = "/messages", *, silent_s: float = 2.0, count: int = 1) -> Fault:
        """Carry the next matching requests out, and answer so late that whoever asked has given up."""
        return self._script(Fault(method, re.compile(path), 0, count, silent_s=silent_s))

    def forbid_files(self, channel: Channel) -> None:
        """Take the permission to attach files from everybody in a channel, without telling: what the bot knows of it is old."""
        channel.overwrites.append(Overwrite(channel.guild_id or "", 0, deny=ATTACH_FILES))

    def _script(self, fault: Fault) -> Fault:
        self.rest.faults.append(fault)
        return fault

    def limit_messages(self, count: int, per_s: float) -> None:
        """Enforce a rate limit on messages per method and channel, with real headers."""
        self.rest.buckets.count, self.rest.buckets.per_s = count, per_s

    async def disconnect(self) -> None:
        """Cut every gateway socket without a word."""
        await self.gateway.drop_all()

    def close_gateway(self, code: int) -> None:
        """Close every gateway socket with a code."""
        self.gateway.close_all(code)

    def limit_globally(self, count: int, per_s: float) -> None:
        """Enforce a rate limit on all requests together, as Discord does at 50 a second."""
        self.rest.everything.count, self.rest.everything.per_s = count, per_s

    def limit_identifies(self, **limits: Any) -> None:
        """Change how often IDENTIFY is taken: total, per_s, interval_s, max_concurrency."""
        for name, value in limits.items():
            setattr(self.gateway.starts, name, value)

    def leave_out(self, event: str, *fields: str) -> None:
        """Send an event without these fields from now on, such as "channels.position" further in. "message" is one that is asked for."""
        self.gateway.omitted[event] = frozenset(fields)

    def refuse_token(self) -> None:
        """The token is no longer valid: REST 401, IDENTIFY 4004."""
        self.bot.token = ""

    def refuse_intents(self) -> None:
        """Privileged intents are not enabled for the application: IDENTIFY 4014."""
        self.gateway.privileged_allowed = False

    def send_event(self, event: str, data: Any) -> None:
        """Send any event, well-formed or not, to every session of the bot."""
        for session in self.gateway.sessions.values():
            if session.user is self.bot:
                session.dispatch(event, data)

    def send_raw(self, frame: str) -> None:
        """Send any frame to every connected session."""
        for session in self.gateway.connected():
            assert session.socket is not None
            session.socket.put(frame)

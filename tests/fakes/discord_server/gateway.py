"""The gateway of the fake Discord: one WebSocket a shard, zlib-stream, sessions that can be resumed."""

import asyncio
import json
import secrets
import time
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_server.payloads import guild_json, user_json
from tests.fakes.discord_server.world import User, World

GUILDS, GUILD_MESSAGES, GUILD_REACTIONS, DIRECT_MESSAGES, DIRECT_REACTIONS, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 10, 1 << 12, 1 << 13, 1 << 15
PRIVILEGED = (1 << 1) | (1 << 8) | MESSAGE_CONTENT
KNOWN_INTENTS = (1 << 26) - 1
DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
NOT_AUTHENTICATED, TOKEN_REFUSED, TWICE, SHARD_REFUSED, INTENTS_INVALID, INTENTS_REFUSED = 4003, 4004, 4005, 4010, 4013, 4014


@dataclass(eq=False)
class Session:
    """What a shard is told, kept while its socket is away so that RESUME can replay it."""

    user: User
    intents: int
    shard: tuple[int, int]
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=1000))
    socket: "Socket | None" = None

    def dispatch(self, event: str, data: Any) -> None:
        self.sequence += 1
        frame = json.dumps({"op": DISPATCH, "d": data, "s": self.sequence, "t": event})
        self.sent.append((self.sequence, frame))
        if self.socket is not None:
            self.socket.put(frame)


def _without(path: list[str], data: Any) -> Any:
    if isinstance(data, list):
        return [_without(path, one) for one in data]
    if not isinstance(data, dict) or path[0] not in data:
        return data
    left = {name: value for name, value in data.items() if name != path[0]}
    return left if len(path) == 1 else left | {path[0]: _without(path[1:], data[path[0]])}


class Socket:
    """One connection. Frames leave in the order they were put, compressed if the client asked for zlib-stream."""

    def __init__(self, websocket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.websocket = websocket
        self._zlib = zlib.compressobj() if compressed else None
        self._frames: asyncio.Queue[str | int] = asyncio.Queue()

    def put(self, frame: str) -> None:
        self._frames.put_nowait(frame)

    def put_op(self, op: int, data: Any = None) -> None:
        self.put(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close_with(self, code: int) -> None:
        """Close with this code after everything put before has left."""
        self._frames.put_nowait(code)

    async def send_forever(self) -> None:
        while True:
            frame = await self._frames.get()
            if isinstance(frame, int):
                await self.websocket.close(code=frame)
                return
            if self._zlib is None:
                await self.websocket.send_str(frame)
            else:
                await self.websocket.send_bytes(self._zlib.compress(frame.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH))


@dataclass
class StartLimit:
    """How often IDENTIFY is taken: `total` times in `per_s` seconds, and in one bucket of shards once in `interval_s` seconds (0: no limit)."""

    total: int = 1000
    per_s: float = 86_400.0
    interval_s: float = 0.0
    max_concurrency: int = 1
    used: int = 0
    token_resets: int = 0
    too_fast: int = 0
    _began_at: float = 0.0
    _last_at: dict[int, float] = field(default_factory=dict)

    @property
    def remaining(self) -> int:
        self._renew()
        return max(0, self.total - self.used)

    @property
    def reset_after_ms(self) -> int:
        self._renew()
        return max(0, int((self._began_at + self.per_s - time.monotonic()) * 1000))

    def spend(self, shard_id: int) -> bool | None:
        """Count an IDENTIFY. True: taken. False: too fast for its bucket. None: beyond the day's, for which Discord resets the token."""
        self._renew()
        if self.remaining <= 0:
            self.token_resets += 1
            return None
        self.used += 1
        now, bucket = time.monotonic(), shard_id % self.max_concurrency
        fast = now - self._last_at.get(bucket, -self.interval_s) < self.interval_s
        self._last_at[bucket] = now
        self.too_fast += fast
        return not fast

    def _renew(self) -> None:
        now = time.monotonic()
        if now >= self._began_at + self.per_s:
            self._began_at, self.used = now, 0


class Gateway:
    """Accepts shards, and sends each what its intents and its guilds entitle it to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.sessions: dict[str, Session] = {}
        self.identifies: list[dict[str, Any]] = []  # every IDENTIFY payload, with "at" in monotonic seconds
        self.resumes = 0
        self.heartbeats = 0
        self.heartbeat_interval_ms = 41_250
        self.privileged_allowed = True
        self.refuses_connections = False
        self.omitted: dict[str, frozenset[str]] = {}  # by event: paths of optional fields that are left out
        self.starts = StartLimit()
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.refuses_connections:
            raise web.HTTPServiceUnavailable
        websocket = web.WebSocketResponse(max_msg_size=0)
        await websocket.prepare(request)
        socket = Socket(websocket, compressed=request.query.get("compress") == "zlib-stream")
        socket.put_op(HELLO, {"heartbeat_interval": self.heartbeat_interval_ms, "_trace": ["fake"]})
        sender = asyncio.create_task(socket.send_forever())
        session: Session | None = None
        try:
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    session = self._receive(socket, session, json.loads(message.data))
        finally:
            if session is not None and session.socket is socket:
                session.socket = None
            sender.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await sender
        return websocket

    def _receive(self, socket: Socket, session: Session | None, frame: dict[str, Any]) -> Session | None:
        match frame["op"]:
            case op if op == HEARTBEAT:
                self.heartbeats += 1
                socket.put_op(ACK)
            case op if op == IDENTIFY:
                return self._identify(socket, session, frame["d"])
            case op if op == RESUME:
                return self._resume(socket, frame["d"])
            case _ if session is None:
                socket.close_with(NOT_AUTHENTICATED)
        return session

    def _identify(self, socket: Socket, session: Session | None, data: dict[str, Any]) -> Session | None:
        self.identifies.append(data | {"at": time.monotonic()})
        user = self._world.bot_with_token(data["token"])
        shard = tuple(data.get("shard") or (0, 1))
        refusal = self._refusal(user, session, data["intents"], shard)
        if refusal is not None or user is None:
            socket.close_with(refusal or TOKEN_REFUSED)
            return session
        taken = self.starts.spend(shard[0])
        if taken is None:
            user.token = ""
            socket.close_with(TOKEN_REFUSED)
            return session
        if not taken:
            socket.put_op(INVALID_SESSION, False)
            return session
        session = Session(user, data["intents"], shard, socket=socket)
        self.sessions[session.id] = session
        self._greet(session)
        return session

    def _refusal(self, user: User | None, session: Session | None, intents: int, shard: tuple[int, ...]) -> int | None:
        if session is not None:
            return TWICE
        if user is None:
            return TOKEN_REFUSED
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return SHARD_REFUSED
        if intents & ~KNOWN_INTENTS:
            return INTENTS_INVALID
        return INTENTS_REFUSED if intents & PRIVILEGED and not self.privileged_allowed else None

    def _greet(self, session: Session) -> None:
        mine = [guild for guild in self._world.guilds.values() if session.user.id in guild.members and self._on_shard(session, guild.id)]
        session.dispatch(
            "READY",
            self.sparse(
                "READY",
                {
                    "v": 10,
                    "user": user_json(session.user) | {"verified": True, "email": None, "flags": 0, "mfa_enabled": True},
                    "guilds": [{"id": guild.id, "unavailable": True} for guild in mine],
                    "private_channels": [],
                    "relationships": [],
                    "presences": [],
                    "session_type": "normal",
                    "session_id": session.id,
                    "resume_gateway_url": self.url,
                    "shard": list(session.shard),
                    "application": {"id": session.user.id, "flags": 1 << 18},
                    "_trace": ["fake"],
                },
            ),
        )
        if session.intents & GUILDS:
            for guild in mine:
                session.dispatch("GUILD_CREATE", self.sparse("GUILD_CREATE", guild_json(guild, self._world, session.user.id)))

    def _resume(self, socket: Socket, data: dict[str, Any]) -> Session | None:
        session = self.sessions.get(data["session_id"])
        known = session is not None and session.user.token == data["token"] and (data["seq"] or 0) <= session.sequence
        if session is None or not known:
            socket.put_op(INVALID_SESSION, False)
            return None
        self.resumes += 1
        session.socket = socket
        for sequence, frame in list(session.sent):
            if sequence > (data["seq"] or 0):
                socket.put(frame)
        session.dispatch("RESUMED", {"_trace": ["fake"]})
        return session

    @staticmethod
    def _on_shard(session: Session, guild_id: str | None) -> bool:
        number, count = session.shard
        return (0 if guild_id is None else (int(guild_id) >> 22) % count) == number

    def sessions_for(self, user_id: str, guild_id: str | None) -> list[Session]:
        return [one for one in self.sessions.values() if one.user.id == user_id and self._on_shard(one, guild_id)]

    def dispatch(self, event: str, data: dict[str, Any], *, user_id: str, guild_id: str | None, intent: int = 0) -> None:
        """Send an event to one bot's sessions that have the intent (0: none needed)."""
        for session in self.sessions_for(user_id, guild_id):
            if not intent or session.intents & intent:
                session.dispatch(event, self.sparse(event, data))

    def sparse(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return the data of an event without what is left out of it."""
        for path in self.omitted.get(event, ()):
            data = _without(path.split("."), data)
        return data

    def dispatch_message(self, event: str, data: dict[str, Any], *, user_id: str, guild_id: str | None) -> None:
        """Send a message event; without the message content intent its content is empty, with Discord's exceptions."""
        intent = DIRECT_MESSAGES if guild_id is None else GUILD_MESSAGES
        author_id, mentions = (data.get("author") or {}).get("id"), data.get("mentions", ())
        concerns_bot = guild_id is None or author_id == user_id or any(one["id"] == user_id for one in mentions)
        for session in self.sessions_for(user_id, guild_id):
            if not session.intents & intent:
                continue
            readable = session.intents & MESSAGE_CONTENT or concerns_bot
            shown = data if readable else data | {"content": "", "attachments": [], "embeds": [], "components": []}
            session.dispatch(event, self.sparse(event, shown))

    def connected(self) -> list[Session]:
        return [session for session in self.sessions.values() if session.socket is not None]

    async def drop_all(self) -> None:
        """Cut every socket without a closing handshake, as a broken network does."""
        for session in self.connected():
            assert session.socket is not None
            transport = session.socket.websocket._req.transport if session.socket.websocket._req else None
            session.socket = None
            if transport is not None:
                transport.abort()

    def close_all(self, code: int) -> None:
        for session in self.connected():
            assert session.socket is not None
            session.socket.close_with(code)

    def request_reconnect(self) -> None:
        """Op 7."""
        for session in self.connected():
            assert session.socket is not None
            session.socket.put_op(RECONNECT)

    def invalidate(self, *, resumable: bool) -> None:
        """Op 9."""
        for session in self.connected():
            assert session.socket is not None
            session.socket.put_op(INVALID_SESSION, resumable)
            if not resumable:
                self.sessions.pop(session.id)

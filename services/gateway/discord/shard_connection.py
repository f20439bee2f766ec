"""One shard's connection: renewed with the session that it had, after waiting times that Discord and people can live with.

nextcord's own forgets the session when the first attempt to resume it fails, and with it everything said meanwhile; it waits up to 17 minutes between
two attempts; and it leaves a connection beating whose IDENTIFY did not come about.
"""

import asyncio
import json
import time
from collections.abc import Callable

from nextcord import AutoShardedClient
from nextcord.gateway import DiscordWebSocket, ReconnectWebSocket
from nextcord.shard import EventItem, EventType, Shard

from services.gateway.discord.missing_fields import whole_ready
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)

CONNECT_S = 60.0  # for a connection to come about, its turn to IDENTIFY included
SILENCE_MIN_S = 3.0  # a stall of our own must not look like one of Discord's
RESUME_S = 6.0  # for one that resumes, which waits for no turn: a Discord that accepts and says nothing is tried again
READY = '"READY"'
FRAME_ENDS = b"\x00\x00\xff\xff"  # of what is compressed
STABLE_S = 60.0  # a connection that held this long starts the waiting times anew


def silence_max_s(interval_s: float, usual_s: float) -> float:
    """Return how long a connection may say nothing whose heartbeats, each of which is answered, are so far apart; at most the usual."""
    return min(usual_s, max(SILENCE_MIN_S, 1.5 * interval_s))


class ReconnectBackoff:
    """How long a shard waits before it connects anew: doubled from a second up to `max_s`, jittered."""

    def __init__(self, max_s: float, jitter: Callable[[], float], clock: Callable[[], float] = time.monotonic) -> None:
        self._max_s = max_s
        self._jitter = jitter
        self._clock = clock
        self._failures = 0
        self._failed_at_s = 0.0

    def delay(self) -> float:
        """Return the seconds to wait now; a connection that held for a while starts anew."""
        now = self._clock()
        self._failures = 1 if now - self._failed_at_s > STABLE_S + self._max_s else self._failures + 1
        self._failed_at_s = now
        return min(self._max_s, 2.0 ** min(self._failures - 1, 30)) * (0.5 + self._jitter() / 2)


class SessionWebSocket(DiscordWebSocket):
    """A connection that is closed where it does not become a session."""

    async def identify(self) -> None:
        """Begin a session."""
        try:
            await super().identify()
        except BaseException:
            await self.close(code=1000)
            raise

    async def received_message(self, msg: str | bytes, /) -> None:
        """Deal with a frame. Within a session, one that cannot be read is skipped: it is no reason to lose the session and what is said meanwhile."""
        in_session, beating = self.session_id is not None, self._keep_alive
        try:
            text = self._decompressed(msg)
            if text is None:
                return
            await super().received_message(_with_whole_ready(text, self.gateway) if READY in text else text)
            if self._keep_alive is not None and self._keep_alive is not beating:
                self._keep_alive.heartbeat_timeout = silence_max_s(self._keep_alive.interval or 0.0, self._keep_alive.heartbeat_timeout)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            if not in_session:
                raise
            _log.warning("a frame from Discord could not be read and is skipped", shard=self.shard_id, problem=type(error).__name__)

    def _decompressed(self, msg: str | bytes) -> str | None:
        """Return the text of a frame; None where more of it is to come."""
        if isinstance(msg, str):
            return msg
        self._buffer.extend(msg)
        if not msg.endswith(FRAME_ENDS):
            return None
        whole, self._buffer = self._buffer, bytearray()
        return self._zlib.decompress(whole).decode()


def _with_whole_ready(frame: str, gateway_url: str) -> str:
    """Complete the greeting of a session before nextcord reads it: otherwise a field left out costs one IDENTIFY after another."""
    told = json.loads(frame)
    if not isinstance(told, dict) or told.get("t") != "READY" or not isinstance(told.get("d"), dict):
        return frame
    return json.dumps(told | {"d": whole_ready(told["d"], gateway_url)})


class SessionShard(Shard):
    """A shard that keeps its session for as long as Discord does, however many attempts it takes to resume it."""

    def __init__(self, ws: DiscordWebSocket, client: AutoShardedClient, queue_put: Callable[[EventItem], None], backoff: ReconnectBackoff) -> None:
        super().__init__(ws, client, queue_put)
        self._backoff = backoff  # type: ignore[assignment]  # only its delay() is used

    async def reconnect(self) -> None:
        """Connect anew after a failure: resume the session, if there is one. Discord says so if it no longer has it, and then a new one is begun."""
        await self.reidentify(ReconnectWebSocket(self.id, resume=self.ws.session_id is not None))

    async def reidentify(self, exc: ReconnectWebSocket) -> None:
        """Connect anew, to resume the session or to begin one."""
        self._cancel_task()
        self._dispatch("disconnect")
        self._dispatch("shard_disconnect", self.id)
        former = self.ws
        try:
            coming = SessionWebSocket.from_client(
                self._client, resume=exc.resume, shard_id=self.id, session=former.session_id, sequence=former.sequence
            )
            self.ws = await asyncio.wait_for(coming, RESUME_S if exc.resume else CONNECT_S)
        except self._handled_exceptions as error:
            # In a task of its own, as after a lost connection: the client sees to one shard after the other, and this one has to wait.
            self._task = self.loop.create_task(self._handle_disconnect(error))
        except Exception as error:
            self._queue_put(EventItem(EventType.terminate, self, error))
        else:
            self.launch()

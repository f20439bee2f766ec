"""A proxy before a server, over TCP or a unix socket, that can hold what passes and break the way in between as networks and servers do.

    proxy = FaultProxy(listen=("127.0.0.1", 9000), target=Path("/tmp/.s.PGSQL.5432"))
    await proxy.start()
    await proxy.inject(Fault.HALF_OPEN)     # what is under way is hit as well as what comes
    await proxy.clear()                     # whoever connects from now on is served; what broke stays broken

Use it from one event loop.
"""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

type Endpoint = Path | tuple[str, int]

_CHUNK = 1 << 16
_HELD_MAX_BYTES = 1 << 26
_LAST_CHUNK = b"0\r\n\r\n"
_GARBAGE = bytes(range(200, 256)) * 3
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_FRAME_HEAD_BYTES = 9
_GO_AWAY = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x7f\xff\xff\xff\x00\x00\x00\x00"
"""An HTTP/2 frame GOAWAY without an error: streams under way go on, new ones go elsewhere (RFC 9113, 6.8)."""


class Fault(StrEnum):
    """What is wrong with the way to a server."""

    REFUSED = "refused"
    """Nobody listens, and what was connected is closed, as when a process has died."""
    SLOW = "slow"
    """Answers take `slow_s` longer."""
    RESET = "reset"
    """The server gets its request; at its answer the connection is reset."""
    HALF_OPEN = "half_open"
    """Nothing arrives any more in either direction, and nothing is closed, also later: only who connects anew can be served again."""
    GARBAGE = "garbage"
    """What comes back is no answer in any protocol."""
    FULL = "full"
    """New connections are told that there is no room; see `Full`."""


class Connected(StrEnum):
    """What becomes of connections when a server gets full."""

    KEPT = "kept"
    IDLE_CLOSED = "idle_closed"
    """What is being answered goes on; who has nothing under way has to connect anew."""
    CLOSED = "closed"
    SENT_AWAY = "sent_away"
    """HTTP/2 calls under way go on, new ones meet the full server."""


@dataclass(frozen=True, slots=True)
class Full:
    """What a full server does: it answers each request with `answer` and closes, or is `stand_in`, a server that refuses properly."""

    answer: bytes = b""
    stand_in: Endpoint | None = None
    connected: Connected = Connected.KEPT


class Way(StrEnum):
    """A direction through the proxy."""

    TO_SERVER = "to_server"
    TO_CLIENT = "to_client"


@dataclass(eq=False)
class _Flow:
    """What goes one way through one connection and was not passed on yet."""

    way: Way
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False
    frame_left: int = 0
    frame_head: bytes = b""

    @property
    def between_frames(self) -> bool:
        """Whether what was passed on ends with a whole HTTP/2 frame."""
        return self.frame_left == 0 and not self.frame_head

    def follow_frames(self, data: bytes) -> None:
        while data:
            if self.frame_left:
                passed = min(self.frame_left, len(data))
                self.frame_left, data = self.frame_left - passed, data[passed:]
                continue
            missing = _FRAME_HEAD_BYTES - len(self.frame_head)
            self.frame_head, data = self.frame_head + data[:missing], data[missing:]
            if len(self.frame_head) == _FRAME_HEAD_BYTES:
                self.frame_left, self.frame_head = int.from_bytes(self.frame_head[:3]), b""


@dataclass(eq=False)
class _Connection:
    to_server: _Flow
    to_client: _Flow
    silent: bool = False
    spoilt: bool = False
    stands_in: bool = False
    sent_away: bool = False
    passed_events: int = 0
    answering: bool = False
    """Whether an HTTP/1.1 request has not been answered to its end."""

    @property
    def flows(self) -> tuple[_Flow, _Flow]:
        return self.to_server, self.to_client

    def abort(self) -> None:
        """Reset the connection on both sides."""
        for flow in self.flows:
            raw = flow.writer.get_extra_info("socket")
            if raw is not None and raw.family != socket.AF_UNIX:
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            flow.writer.transport.abort()


@dataclass
class _Gate:
    """What of one direction is held: everything, or what comes after so many events of a text stream."""

    after: int = 0
    event: bytes = b""


class FaultProxy:
    """Passes on what goes between its clients and `target`, except for what a fault or a gate says."""

    def __init__(self, listen: Endpoint, target: Endpoint, *, full: Full | None = None, slow_s: float = 8.0) -> None:
        self.listen = listen
        self._target = target
        self._full = full or Full()
        self._slow_s = slow_s
        self._fault: Fault | None = None
        self._gates: dict[Way, _Gate] = {}
        self._listener: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._forgotten: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        """Listen."""
        if isinstance(self.listen, Path):
            self.listen.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.listen.unlink(missing_ok=True)
            self._listener = await asyncio.start_unix_server(self._serve, self.listen)
        else:
            self._listener = await asyncio.start_server(self._serve, *self.listen)

    async def stop(self) -> None:
        """Close everything."""
        self._close_listener()
        for connection in list(self._connections):
            connection.abort()
        for writer in self._forgotten:
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _close_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            if isinstance(self.listen, Path):
                self.listen.unlink(missing_ok=True)

    @property
    def connected(self) -> int:
        """How many connections go through it now."""
        return len(self._connections)

    async def inject(self, fault: Fault) -> None:
        """Break the way from now on."""
        self._fault = fault
        if fault is Fault.REFUSED:
            self._close_listener()
        for connection in list(self._connections):
            self._hit(connection, fault)
        self._tell_all()

    def _hit(self, connection: _Connection, fault: Fault) -> None:
        if fault is Fault.HALF_OPEN:
            connection.silent = True
        elif fault is Fault.REFUSED or (fault is Fault.FULL and self._is_closed(connection)):
            connection.abort()
        elif fault is Fault.FULL and self._full.connected is Connected.SENT_AWAY:
            self._send_away(connection)

    def _is_closed(self, connection: _Connection) -> bool:
        idle = not connection.answering and not any(flow.waiting for flow in connection.flows)
        return self._full.connected is Connected.CLOSED or (self._full.connected is Connected.IDLE_CLOSED and idle)

    def _send_away(self, connection: _Connection) -> None:
        flow = connection.to_client
        if not connection.sent_away and not connection.stands_in and flow.between_frames:
            connection.sent_away = True
            flow.writer.write(_GO_AWAY)

    async def clear(self) -> None:
        """Let everybody who connects be served again."""
        fault, self._fault = self._fault, None
        for connection in list(self._connections):
            if connection.spoilt or connection.stands_in:
                connection.abort()
        if fault is Fault.REFUSED:
            await self.start()
        self._tell_all()

    def hold(self, way: Way, *, event: bytes = b"", after: int = 0) -> None:
        """Pass nothing on in this direction; with an `event`, only what comes after so many of them on a connection."""
        for connection in self._connections:
            connection.passed_events = 0
        self._gates[way] = _Gate(after, event)

    def let_go(self) -> None:
        """Pass on what was held."""
        self._gates.clear()
        self._tell_all()

    def holds(self, text: bytes) -> bool:
        """Whether what is held back contains a text."""
        return any(text in b"".join(data for _, data in flow.waiting) for connection in self._connections for flow in connection.flows)

    def _tell_all(self) -> None:
        for connection in self._connections:
            for flow in connection.flows:
                flow.news.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._pass_all(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _pass_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self._fault
        if fault is Fault.FULL and self._full.answer:
            await reader.read(_CHUNK)
            writer.write(self._full.answer)
            await writer.drain()
            writer.close()
            return
        stands_in = fault is Fault.FULL and self._full.stand_in is not None
        target = self._full.stand_in if stands_in and self._full.stand_in is not None else self._target
        far_reader, far_writer = await _connect(target)
        connection = _Connection(
            _Flow(Way.TO_SERVER, reader, far_writer),
            _Flow(Way.TO_CLIENT, far_reader, writer),
            silent=fault is Fault.HALF_OPEN,
            stands_in=stands_in,
        )
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as group:
                for flow in connection.flows:
                    group.create_task(self._read(connection, flow))
                    group.create_task(self._write(connection, flow))
        except* (OSError, EOFError):
            pass  # one side has ended
        finally:
            self._connections.discard(connection)
            writer.close()
            if connection.silent:
                self._forgotten.append(far_writer)  # the server is not told that its client has gone
            else:
                far_writer.close()

    async def _read(self, connection: _Connection, flow: _Flow) -> None:
        clock = asyncio.get_running_loop().time
        while data := await flow.reader.read(_CHUNK):
            if connection.silent:
                continue
            if flow.way is Way.TO_SERVER:
                connection.answering = True
            elif data.endswith(_LAST_CHUNK) or b"content-length" in data.lower():
                connection.answering = False
            flow.waiting.append((clock(), data))
            assert sum(len(part) for _, part in flow.waiting) < _HELD_MAX_BYTES
            flow.news.set()
        if connection.silent and flow.way is Way.TO_CLIENT:
            await asyncio.Event().wait()  # the server has gone, and its client is not told
        flow.ended = True
        flow.news.set()

    async def _write(self, connection: _Connection, flow: _Flow) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            flow.news.clear()
            if connection.silent:
                flow.waiting.clear()
            wait_s = self._wait_s(flow, clock())
            if wait_s is None or wait_s > 0:
                if flow.ended and not flow.waiting:
                    raise EOFError
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(flow.news.wait(), wait_s)
                continue
            data = self._allowed(connection, flow)
            if data:
                await self._deliver(connection, flow, data)
            else:
                await flow.news.wait()

    def _wait_s(self, flow: _Flow, now: float) -> float | None:
        """How long until something may be passed on; None: until there is news."""
        gate = self._gates.get(flow.way)
        if not flow.waiting or (gate is not None and not gate.event):
            return None
        slow = self._fault is Fault.SLOW and flow.way is Way.TO_CLIENT
        return max(0.0, flow.waiting[0][0] + self._slow_s - now) if slow else 0.0

    def _allowed(self, connection: _Connection, flow: _Flow) -> bytes:
        """Take what the gate lets through."""
        arrived, data = flow.waiting.popleft()
        gate = self._gates.get(flow.way)
        if gate is None:
            return data
        end = 0
        while connection.passed_events < gate.after and (found := data.find(gate.event, end)) >= 0:
            connection.passed_events += 1
            end = found + len(gate.event)
        if connection.passed_events < gate.after:
            return data
        # The event that was counted last ends where the next one begins.
        following = data.find(gate.event, end)
        cut = (following if following >= 0 else len(data)) if end else 0
        if cut < len(data):
            flow.waiting.appendleft((arrived, data[cut:]))
        return data[:cut]

    async def _deliver(self, connection: _Connection, flow: _Flow, data: bytes) -> None:
        answering = flow.way is Way.TO_CLIENT
        if self._fault is Fault.RESET and answering:
            connection.abort()
            raise EOFError
        if self._fault is Fault.GARBAGE:
            connection.spoilt = True
            # Nothing of the request goes on: a client that is told rubbish must not find its work done.
            target, data = connection.to_client, _GARBAGE
        else:
            target = flow
        if answering:
            flow.follow_frames(data)
        target.writer.write(data)
        await target.writer.drain()
        if self._fault is Fault.FULL and self._full.connected is Connected.SENT_AWAY:
            self._send_away(connection)


async def _connect(target: Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, Path):
        return await asyncio.open_unix_connection(target)
    return await asyncio.open_connection(*target)

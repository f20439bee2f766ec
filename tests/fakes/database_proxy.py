"""A unix socket in front of PostgreSQL's that can cut a connection just when a batch of the ledger is committed.

It reads what clients send well enough to know which statement writes a batch; everything else passes through as it is.
"""

import asyncio
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
_WRITES_A_BATCH = b"INSERT INTO batches"
_CHUNK = 1 << 16
_BUFFER_MAX = 1 << 26


class Cut(StrEnum):
    """When a connection is cut."""

    COMMIT_LOST = "commit_lost"
    """The commit does not reach the server."""
    AT_ONCE = "at_once"
    """The commit is on its way to the server, which may or may not have begun."""
    REPLY_LOST = "reply_lost"
    """The server has committed, and its reply is swallowed."""


@dataclass(eq=False)
class _Connection:
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    started: bool = False
    writing: set[bytes] = field(default_factory=set)
    """The names of prepared statements that write a batch."""
    commits: bool = False
    """A batch is bound: the next Sync commits it."""
    cut: Cut | None = None

    def close(self) -> None:
        for _, writer in (self.client, self.server):
            writer.transport.abort()


class DatabaseProxy:
    """Passes on what goes between clients and `server`, a folder with PostgreSQL's socket; clients name `folder` as their host instead."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self._target = server / SOCKET
        self._listener: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._next: tuple[Cut, asyncio.Future[None]] | None = None

    async def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._listener = await asyncio.start_unix_server(self._serve, self.folder / SOCKET, limit=_CHUNK)

    async def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections):
            connection.close()

    async def cut_next_commit(self, cut: Cut) -> None:
        """Cut the next connection that commits a batch; return when that has been done."""
        done = asyncio.get_running_loop().create_future()
        self._next = cut, done
        await done

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server = await asyncio.open_unix_connection(self._target, limit=_CHUNK)
        except OSError:  # the server is down, which its clients are to notice
            writer.transport.abort()
            return
        connection = _Connection((reader, writer), server)
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_requests(connection))
                both.create_task(self._pass_replies(connection))
        except* (OSError, EOFError):
            pass
        finally:
            connection.close()
            self._connections.discard(connection)

    async def _pass_requests(self, connection: _Connection) -> None:
        reader, writer = connection.client[0], connection.server[1]
        waiting = b""
        while chunk := await reader.read(_CHUNK):
            waiting += chunk
            assert len(waiting) < _BUFFER_MAX
            ready = b""
            while (size := _message_size(waiting, connection.started)) is not None:
                message, waiting = waiting[:size], waiting[size:]
                if connection.started and self._commits_a_batch(connection, message):
                    connection.cut = self._begin_cut()
                    if connection.cut is Cut.COMMIT_LOST:
                        self._end_cut()
                        raise EOFError
                connection.started = True
                ready += message
            writer.write(ready)
            await writer.drain()
            if connection.cut is Cut.AT_ONCE:
                self._end_cut()
                raise EOFError
        raise EOFError

    async def _pass_replies(self, connection: _Connection) -> None:
        reader, writer = connection.server[0], connection.client[1]
        swallowed = b""
        while chunk := await reader.read(_CHUNK):
            if connection.cut is Cut.REPLY_LOST:
                swallowed += chunk
                if swallowed[-6:-1] == b"Z\x00\x00\x00\x05":  # ready for the next query: this one is committed
                    self._end_cut()
                    raise EOFError
                continue
            writer.write(chunk)
            await writer.drain()
        raise EOFError

    @staticmethod
    def _commits_a_batch(connection: _Connection, message: bytes) -> bool:
        """Whether a message of the extended query protocol is the Sync that commits a batch."""
        kind, content = message[:1], message[5:]
        if kind == b"P":
            name, _, rest = content.partition(b"\0")
            if _WRITES_A_BATCH in rest:
                connection.writing.add(name)
            else:
                connection.writing.discard(name)
        elif kind == b"B":
            connection.commits |= content.split(b"\0", 2)[1] in connection.writing
        elif kind == b"S":
            committing, connection.commits = connection.commits, False
            return committing
        return False

    def _begin_cut(self) -> Cut | None:
        return self._next[0] if self._next is not None and not self._next[1].done() and not self._being_cut() else None

    def _being_cut(self) -> bool:
        return any(connection.cut is not None for connection in self._connections)

    def _end_cut(self) -> None:
        if self._next is not None and not self._next[1].done():
            self._next[1].set_result(None)


def _message_size(data: bytes, started: bool) -> int | None:
    """The length of the first message, or None where it has not arrived in whole. The message that starts a connection has no type."""
    head = 1 if started else 0
    if len(data) < head + 4:
        return None
    size = head + int(struct.unpack_from(">I", data, head)[0])
    return size if len(data) >= size else None

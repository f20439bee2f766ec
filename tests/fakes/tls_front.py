"""TLS in front of a server that has none built in, as a proxy beside a database speaks it: clients get a real handshake and a real certificate.

PostgreSQL's clients ask for TLS within their protocol; those of Redis begin with it.
"""

import asyncio
import contextlib
import ssl
from pathlib import Path

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
"""What a PostgreSQL client says first: see SSLRequest in PostgreSQL's protocol."""
_CHUNK = 1 << 16


class TlsFront:
    """Listens on a loopback port with a certificate and passes on to a unix socket. `postgres`: TLS begins when the client asks for it."""

    def __init__(self, socket: Path, *, certificate: Path, key: Path, postgres: bool) -> None:
        self._socket = socket
        self._postgres = postgres
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._clients: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.encrypted = 0
        """Handshakes that were completed."""

    async def __aenter__(self) -> "TlsFront":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._clients):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if self._postgres:
                if await reader.readexactly(len(_SSL_REQUEST)) != _SSL_REQUEST:
                    return writer.close()  # plaintext is not taken
                writer.write(b"S")
            await writer.start_tls(self._context)
            self.encrypted += 1
            self._clients.add(writer)
            inner_reader, inner_writer = await asyncio.open_unix_connection(self._socket)
            await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))
        self._clients.discard(writer)
        return writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()

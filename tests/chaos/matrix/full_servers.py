"""What each kind of server says when it is full, in its own protocol."""

import struct
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.local.addresses import free_port
from services.runtime.errors import Overloaded
from services.runtime.status import status_details
from tests.fakes.fault_proxy import Connected, Endpoint, Full


def _postgres_error(code: str, text: str) -> bytes:
    fields = b"".join(kind + value.encode() + b"\0" for kind, value in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", code), (b"M", text)))
    return b"E" + struct.pack(">I", len(fields) + 5) + fields + b"\0"


POSTGRES_FULL = Full(answer=_postgres_error("53300", "sorry, too many clients already"), connected=Connected.CLOSED)
"""max_connections are taken: those that we had are gone, and no new one is given."""

_BUSY_BODY = b'{"error": {"message": "The queue is full.", "type": "server_error", "code": "overloaded"}}'
MODEL_FULL = Full(
    answer=b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
    + f"Content-Length: {len(_BUSY_BODY)}\r\n\r\n".encode()
    + _BUSY_BODY,
    connected=Connected.IDLE_CLOSED,
)
"""The model's queue is full: 429. What is being generated goes on."""

_DISCORD_BODY = b'{"message": "You are being rate limited.", "retry_after": 0.5, "global": false}'
DISCORD_FULL = Full(
    answer=b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 0.5\r\nVia: 1.1 google\r\nConnection: close\r\n"
    + b"X-RateLimit-Scope: user\r\n"
    + f"Content-Length: {len(_DISCORD_BODY)}\r\n\r\n".encode()
    + _DISCORD_BODY,
    connected=Connected.CLOSED,
)
"""Discord limits the rate of everything, and gives no socket."""


class OverloadedService(grpc.GenericRpcHandler):
    """A service whose every method refuses with OVERLOADED, as the server's guard does at its limit; its health is SERVING as then."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._port = free_port()
        self._server: grpc.aio.Server | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens once it was started."""
        return ("127.0.0.1", self._port)

    async def start(self) -> None:
        """Listen."""
        self._server = grpc.aio.server()
        checks = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(checks, self._server)
        await checks.set("", health_pb2.HealthCheckResponse.SERVING)
        self._server.add_generic_rpc_handlers([self])
        self._server.add_insecure_port(f"127.0.0.1:{self._port}")
        await self._server.start()

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            await self._server.stop(0)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any]":
        return grpc.unary_unary_rpc_method_handler(self._refuse)

    async def _refuse(self, request: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> bytes:
        code, message, trailing = status_details(Overloaded("256 calls are being served"), self._service)
        return await context.abort(code, message, trailing)

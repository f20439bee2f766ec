"""A channel whose credentials can be replaced while stubs made from it live on.

gRPC's own provider that watches certificate files is not offered in Python, and a channel keeps the credentials that it was made with for all the
connections that it will ever make. So another channel takes its place: new calls go to it, and those under way end on the one before.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc

DRAIN_S = 120.0
"""How long calls under way have to end on the channel before: longer than any turn."""


class _Method:
    """A method of the channel in force."""

    def __init__(self, kind: str, method: str, arguments: dict[str, Any]) -> None:
        self._method = method
        self._kind = kind
        self._arguments = arguments
        self._callable: Any = None

    def bind(self, channel: grpc.aio.Channel) -> None:
        """Call through this channel from now on."""
        self._callable = getattr(channel, self._kind)(self._method, **self._arguments)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._callable(*args, **kwargs)


class RenewedChannel(grpc.aio.Channel):
    """Stands for the channel that `open_channel` last made; `renew` makes another. Make it inside the running loop."""

    def __init__(self, open_channel: Callable[[], grpc.aio.Channel]) -> None:
        self._open = open_channel
        self._channel = open_channel()
        self._methods: dict[tuple[str, str], _Method] = {}  # keyed by method: as many as the protos have
        self._closing: set[asyncio.Task[None]] = set()

    def renew(self) -> None:
        """Make a new channel and let the one before end its calls, for DRAIN_S at most."""
        before, self._channel = self._channel, self._open()
        for method in self._methods.values():
            method.bind(self._channel)
        closing = asyncio.create_task(before.close(DRAIN_S), name="drain a channel")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def _method(self, kind: str, method: str, arguments: dict[str, Any]) -> Any:
        known = self._methods.get((kind, method))
        if known is None:
            known = self._methods[kind, method] = _Method(kind, method, arguments)
            known.bind(self._channel)
        return known

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A method that takes one message and answers one."""
        return self._method("unary_unary", method, _named(args, kwargs))

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A method that takes one message and answers a stream."""
        return self._method("unary_stream", method, _named(args, kwargs))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A method that takes a stream and answers one message."""
        return self._method("stream_unary", method, _named(args, kwargs))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A method that takes a stream and answers one."""
        return self._method("stream_stream", method, _named(args, kwargs))

    async def close(self, grace: float | None = None) -> None:
        """Close this channel, and those that still drain."""
        for closing in list(self._closing):
            closing.cancel()
        await asyncio.gather(*self._closing, self._channel.close(grace), return_exceptions=True)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """How the channel in force is connected."""
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait for another state of the channel in force."""
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until the channel in force is connected."""
        await self._channel.channel_ready()

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _named(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(("request_serializer", "response_deserializer"), args, strict=False)) | kwargs

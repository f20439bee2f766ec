"""Stops and withdrawals between gateways, through Redis: the answer under way may be on another one than the request reached.

Every gateway listens to two channels. A request is published with a random name, under which each listener counts how many answers it stopped; the
asker waits until all have counted, or for `wait_s`. Requests hold ids and no texts. Without Redis, a gateway stops only what is under way on itself.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio as redis
from prometheus_client import Counter
from redis.exceptions import RedisError

from parlour.gateway.v1 import gateway_pb2
from services.runtime import failures
from services.runtime.guarded_redis import GuardedRedis, RedisUnavailable
from services.runtime.telemetry import get_logger

STOP_CHANNEL = "parlour:answers:stop"
WITHDRAW_CHANNEL = "parlour:answers:withdraw"
_COUNTED = "parlour:answers:asked"
_COUNTED_TTL_S = 30
_NAME_SIZE = 32
_POLL_S = 0.01
_RECONNECT_S = 1.0
_SERVED_MAX = 100

_unasked = Counter("parlour_gateway_stop_signals_failed_total", "Stops and withdrawals that could not be passed on to other gateways")
_dropped = Counter("parlour_gateway_stop_signals_dropped_total", "Stops and withdrawals of other gateways for which there was no room")
_log = get_logger(__name__)

type StopHere = Callable[[gateway_pb2.StopAnswerRequest], Awaitable[int]]
type WithdrawHere = Callable[[gateway_pb2.WithdrawMessagesRequest], Awaitable[int]]


class StopSignals:
    """Asks other gateways, and answers them once `serve` was called and while `listen` runs. `client` None: there are no others."""

    def __init__(self, client: "redis.Redis | None", *, wait_s: float) -> None:
        self._client = client
        self._wait_s = wait_s
        self._redis = GuardedRedis(client, "stop")
        self._served: dict[bytes, Callable[[bytes], Awaitable[int]]] = {}
        self._serving: set[asyncio.Task[None]] = set()

    def serve(self, stop: StopHere, withdraw: WithdrawHere) -> None:
        """From now on these stop what is under way on this gateway."""
        self._served = {
            STOP_CHANNEL.encode(): lambda data: stop(gateway_pb2.StopAnswerRequest.FromString(data)),
            WITHDRAW_CHANNEL.encode(): lambda data: withdraw(gateway_pb2.WithdrawMessagesRequest.FromString(data)),
        }

    async def stop_elsewhere(self, request: gateway_pb2.StopAnswerRequest) -> int:
        """Return how many answers other gateways have stopped; 0 where they cannot be asked."""
        return await self._ask(STOP_CHANNEL, request.SerializeToString())

    async def withdraw_elsewhere(self, request: gateway_pb2.WithdrawMessagesRequest) -> int:
        """Return how many answers other gateways have stopped; 0 where they cannot be asked."""
        return await self._ask(WITHDRAW_CHANNEL, request.SerializeToString())

    async def _ask(self, channel: str, request: bytes) -> int:
        try:
            return int(await self._redis.ask(lambda client: self._published(client, channel, request)))
        except RedisUnavailable as error:
            if self._client is not None:
                _unasked.inc()
                _log.warning("other gateways could not be asked to stop", problem=str(error))
            return 0

    async def _published(self, client: "redis.Redis", channel: str, request: bytes) -> int:
        name = secrets.token_hex(_NAME_SIZE // 2)
        key = f"{_COUNTED}:{name}"
        listeners = int(await client.publish(channel, name.encode() + request))
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + self._wait_s
        counted: dict[Any, Any] = {}
        while listeners:
            counted = await client.hgetall(key)
            if int(counted.get(b"answered", 0)) >= listeners or clock() >= give_up_at:
                break
            await asyncio.sleep(_POLL_S)
        return int(counted.get(b"stopped", 0))

    async def listen(self) -> None:
        """Answer other gateways until cancelled. A lost connection is made anew."""
        if self._client is None:
            return
        while True:
            try:
                await self._listen_once(self._client)
            except (RedisError, OSError) as error:
                _log.info("stops of other gateways are not heard", problem=type(error).__name__)
            await asyncio.sleep(_RECONNECT_S)

    async def _listen_once(self, client: "redis.Redis") -> None:
        async with client.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(STOP_CHANNEL, WITHDRAW_CHANNEL)
            while True:
                # A timeout of its own: the client's would end the wait for a message that nobody has sent.
                message = await subscription.get_message(timeout=_RECONNECT_S)
                if message is not None:
                    self._take(client, message["channel"], message["data"])

    def _take(self, client: "redis.Redis", channel: bytes, data: bytes) -> None:
        if len(self._serving) >= _SERVED_MAX:
            _dropped.inc()
            return
        task = asyncio.create_task(self._answer(client, channel, data))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _answer(self, client: "redis.Redis", channel: bytes, data: bytes) -> None:
        key = f"{_COUNTED}:{data[:_NAME_SIZE].decode()}"
        try:
            stopped = await self._served[channel](data[_NAME_SIZE:])
            async with client.pipeline(transaction=True) as pipeline:
                pipeline.hincrby(key, "stopped", stopped)
                pipeline.hincrby(key, "answered", 1)
                pipeline.expire(key, _COUNTED_TTL_S)
                await pipeline.execute()
        except Exception as error:  # whatever another version of us may publish
            failures.ended(error, failures.Place.BACKGROUND, "a stop of another gateway failed")

"""Sends a request as its recipe says, over HTTP/2 and past the generated stubs, and brings what came back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from tests.chaos.fuzz.call_metadata import SECONDS
from tests.chaos.fuzz.knowledge import Filler, Knowledge, kinds_in
from tests.chaos.fuzz.methods import Method
from tests.chaos.fuzz.raw_bytes import spoilt
from tests.chaos.fuzz.recipes import Recipe

PATIENCE_S = 45.0
"""After which a call counts as stuck, whatever its deadline."""
_DETAILS_KEY = "grpc-status-details-bin"
_RESPONSES_KEPT = 40


@dataclass(frozen=True, slots=True)
class Call:
    """A request made: its bytes, and its message where the bytes are one."""

    method: Method
    recipe: Recipe
    message: Message
    data: bytes


@dataclass(slots=True)
class Outcome:
    """What came of a call. `given_up`: by us, before its end; then the code says nothing."""

    code: grpc.StatusCode | None = None
    words: str = ""
    reason: str = ""
    given_up: bool = False
    stuck: bool = False
    unreadable: bool = False
    responses: list[Message] = field(default_factory=list)


def build(method: Method, recipe: Recipe, knowledge: Knowledge) -> Call:
    """Make the request of a recipe."""
    kinds = frozenset(kinds_in(recipe.fields))
    record = knowledge.record_for(kinds, recipe.choice, of_memories=method.process == "memory") if recipe.faithful else {}
    message = method.request()
    Filler(knowledge, record).fill(message, recipe.fields)
    data = message.SerializeToString()
    return Call(method, recipe, message, data if recipe.spoilt is None else spoilt(data, recipe.spoilt))


async def perform(call: Call, channel: grpc.aio.Channel) -> Outcome:
    """Send it, and return what came back; it raises nothing."""
    outcome = Outcome()
    rpc = _begun(call, channel)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await _read(call, rpc, outcome)
    except TimeoutError:
        outcome.stuck = True
    except grpc.aio.AioRpcError as error:
        _note_status(error, outcome)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not rpc.cancelled() or (task is not None and task.cancelling()):
            raise
        outcome.given_up = True
    finally:
        rpc.cancel()
    return outcome


def _begun(call: Call, channel: grpc.aio.Channel) -> Any:
    method, recipe = call.method, call.recipe
    given: dict[str, Any] = {"timeout": SECONDS[recipe.deadline], "metadata": recipe.headers}
    if method.uploads:
        return channel.stream_unary(method.path, request_serializer=_as_it_is)(_uploaded(call), **given)
    if method.streams:
        return channel.unary_stream(method.path, request_serializer=_as_it_is)(call.data, **given)
    return channel.unary_unary(method.path, request_serializer=_as_it_is)(call.data, **given)


def _as_it_is(data: bytes) -> bytes:
    return data


async def _uploaded(call: Call) -> AsyncIterator[bytes]:
    sends = call.recipe.reading.sends_max
    for _ in range(sends):
        yield call.data
    if sends > 1:
        await asyncio.sleep(PATIENCE_S)  # the end never comes; whoever reads has to give up


async def _read(call: Call, rpc: Any, outcome: Outcome) -> None:
    reading = call.recipe.reading
    if reading.cancelled_after_ms is not None:
        asyncio.get_running_loop().call_later(reading.cancelled_after_ms / 1000, rpc.cancel)
    if not call.method.streams:
        _keep(call, await rpc, outcome)
    else:
        number = 0
        async for data in rpc:
            if number < _RESPONSES_KEPT:
                _keep(call, data, outcome)
            number += 1
            if reading.responses_max is not None and number > reading.responses_max:
                outcome.given_up = True
                return
    outcome.code = grpc.StatusCode.OK


def _keep(call: Call, data: bytes, outcome: Outcome) -> None:
    try:
        outcome.responses.append(call.method.response.FromString(data))
    except DecodeError:
        outcome.unreadable = True


def _note_status(error: grpc.aio.AioRpcError, outcome: Outcome) -> None:
    outcome.code, outcome.words = error.code(), error.details() or ""
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            info = error_details_pb2.ErrorInfo()
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(info):
                    outcome.reason = info.reason

"""The service over gRPC, beside a bare echo and a bare commit: many callers, and one alone."""

import asyncio
import contextlib
import itertools
import statistics
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import grpc
import psycopg
import uvloop

from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.runtime.entrypoint import set_up_collector
from tests.bench.credit.load import Door, Work, done_per_second, latencies_ms
from tests.bench.peers import ECHO
from tests.bench.turn import channel_to

IN_FLIGHT = 64
_READY_WAIT_S = 30
_TIMEOUT_S = 10
_SLICES = 20


@dataclass(frozen=True)
class Addresses:
    """Where the service and the echo answer, and the database for the bare commits."""

    service: str
    echo: str
    floor_url: str


@dataclass
class Calls:
    """What each round came to."""

    unary_calls_per_second: list[float] = field(default_factory=list)
    echo_calls_per_second: list[float] = field(default_factory=list)
    pair_ms: list[float] = field(default_factory=list)
    first_pair_ms: list[float] = field(default_factory=list)
    echo_ms: list[float] = field(default_factory=list)
    commit_ms: list[float] = field(default_factory=list)

    @property
    def floor_ms(self) -> float:
        """What two calls and two commits take at least."""
        return 2 * statistics.median(self.echo_ms) + 2 * statistics.median(self.commit_ms)


@dataclass(frozen=True)
class Plan:
    """What to measure, in each of so many rounds.

    First, for `seconds` (0: not at all), calls on the accounts that the service remembers, and echoes, with 64 in flight. Then, one after the other,
    `alone` pairs on such accounts, and as many echoes and commits; where there are more `accounts` than those, pairs on each of the others, too.
    """

    accounts: int
    remembered: int
    rounds: int
    seconds: float
    alone: int


def measure(addresses: Addresses, plan: Plan) -> Calls:
    """Alternate the service and the floors."""
    return uvloop.run(_measure(addresses, plan))


async def _measure(addresses: Addresses, plan: Plan) -> Calls:
    calls = Calls()
    async with _doors(addresses) as (door, echo, commit):
        for first in range(0, plan.remembered, IN_FLIGHT):
            await asyncio.gather(*(door.pair(number) for number in range(first, min(first + IN_FLIGHT, plan.remembered))))
        await asyncio.gather(echo(), commit())
        set_up_collector()
        others = itertools.cycle(range(plan.remembered, plan.accounts))
        for _ in range(plan.rounds):
            if plan.seconds:
                calls.echo_calls_per_second.append(await done_per_second(echo, IN_FLIGHT, plan.seconds))
                calls.unary_calls_per_second.append(2 * await done_per_second(door.pairs(plan.remembered), IN_FLIGHT, plan.seconds))
            echo_ms, commit_ms, pair_ms = await _in_turns([echo, commit, door.pairs(plan.remembered)], plan.alone)
            calls.echo_ms.append(echo_ms)
            calls.commit_ms.append(commit_ms)
            calls.pair_ms.append(pair_ms)
            if plan.accounts > plan.remembered:
                calls.first_pair_ms.append(await _median_ms(lambda: door.pair(next(others)), plan.alone))
    return calls


async def _in_turns(works: Sequence[Work], count: int) -> list[float]:
    """Return the median latency of each, in milliseconds, of `count` runs.

    They take turns, so that what the database does after a time of load (vacuum, checkpoints) meets all of them alike.
    """
    taken_ms: list[list[float]] = [[] for _ in works]
    for _ in range(_SLICES):
        for work, latencies in zip(works, taken_ms, strict=True):
            latencies += await latencies_ms(work, max(1, count // _SLICES))
    return [statistics.median(latencies) for latencies in taken_ms]


async def _median_ms(work: Work, count: int) -> float:
    return statistics.median(await latencies_ms(work, count))


@contextlib.asynccontextmanager
async def _doors(addresses: Addresses) -> AsyncIterator[tuple[Door, Work, Work]]:
    """The service, the echo, and a commit of a single row."""
    async with contextlib.AsyncExitStack() as stack:
        async with asyncio.timeout(_READY_WAIT_S):
            service = await stack.enter_async_context(channel_to(addresses.service))
            echo = (await stack.enter_async_context(channel_to(addresses.echo))).unary_unary(ECHO)
        connection = await psycopg.AsyncConnection.connect(addresses.floor_url, autocommit=True)
        await stack.enter_async_context(connection)
        await connection.execute("CREATE TABLE IF NOT EXISTS floor_commits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount bigint)")
        yield (
            _service_door(service),
            lambda: echo(b"x" * 100, timeout=_TIMEOUT_S),
            lambda: connection.execute("INSERT INTO floor_commits (amount) VALUES (%s)", [1200], prepare=True),
        )


def _service_door(channel: grpc.aio.Channel) -> Door:
    stub = pb_grpc.CreditServiceStub(channel)
    return Door(lambda request: stub.PlaceHold(request, timeout=_TIMEOUT_S), lambda request: stub.CaptureHold(request, timeout=_TIMEOUT_S))

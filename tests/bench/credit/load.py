"""What the callers of a bench do: a hold and its capture, through whatever door, again and again."""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from parlour.credit.v1 import credit_pb2 as pb

type Work = Callable[[], Awaitable[object]]

_QUOTE = pb.Quote(model="m", prompt_tokens=1000, max_completion_tokens=500)
_USAGE = pb.Usage(model="m", prompt_tokens=800, completion_tokens=200)
_METADATA = {"guild_id": "7", "feature": "reply"}
_numbers = itertools.count(time.time_ns())  # no process meets the request ids of an earlier one


@dataclass(frozen=True, slots=True)
class Door:
    """Where holds are placed and captured: the engine in this process, or the service."""

    place_hold: Callable[[pb.PlaceHoldRequest], Awaitable[pb.PlaceHoldResponse]]
    capture_hold: Callable[[pb.CaptureHoldRequest], Awaitable[object]]

    async def pair(self, account: int) -> None:
        """A hold with a quote and metadata, and its capture priced by usage."""
        number, account_id = next(_numbers), account_name(account)
        placed = await self.place_hold(
            pb.PlaceHoldRequest(request_id=f"hold-{number}", account_id=account_id, quote=_QUOTE, ttl_s=180, metadata=_METADATA)
        )
        await self.capture_hold(
            pb.CaptureHoldRequest(request_id=f"capture-{number}", account_id=account_id, hold_id=placed.hold.hold_id, usage=_USAGE)
        )

    def pairs(self, accounts: int) -> Work:
        """Pairs on accounts drawn at random."""
        drawn = random.Random(1)
        return lambda: self.pair(drawn.randrange(accounts))


def account_name(number: int) -> str:
    """The accounts of a bench are numbered from 0."""
    return f"user:{number}"


async def done_per_second(work: Work, callers: int, seconds: float) -> float:
    """How often so many callers, each one piece of work after the other, get it done a second."""
    done = 0
    started_s = time.perf_counter()
    ends_s = started_s + seconds

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < ends_s:
            await work()
            done += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    return done / (time.perf_counter() - started_s)


async def latencies_ms(work: Work, count: int) -> list[float]:
    """How long each takes, one after the other."""
    latencies = []
    for _ in range(count):
        started_s = time.perf_counter()
        await work()
        latencies.append((time.perf_counter() - started_s) * 1000)
    return latencies


def in_child[**P, T](work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Do it in a process of its own, so that nobody inherits memory, an event loop or gRPC's threads from what was measured before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments, **named).result()

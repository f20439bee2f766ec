"""What Parlour adds to a turn when it knows 10,000 people: latency and first text of one turn at a time, and turns a second with 64 people at once.

Each beside a bare echo in the same run, and the first text beside the model server's own. The model is scripted: it answers at once, in 20 deltas.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp
import grpc

from parlour.gateway.v1 import gateway_pb2
from tests.bench.gateway.known_people import KnownPeople
from tests.bench.turn import distinct_text, echo_latencies_ms, echoes_per_second, jobs_drained
from tests.running_stack import Person, RunningStack

IN_FLIGHT = 64
ROUNDS = 3
ALONE = 120
"""Turns one after the other, in each round."""
TOGETHER = 320
"""Turns at once, in each round."""
ECHOES = 1_500
REMEMBERED_SHARE = 0.1
"""One turn in ten is that of somebody with memories: of all people one in a hundred has some."""


@dataclass
class Alone:
    """Turns one after the other, in milliseconds, from HandleMessage sent: to the last event, and to the first text."""

    whole_ms: list[float] = field(default_factory=list)
    first_text_ms: list[float] = field(default_factory=list)


async def alone(people: Sequence[Person]) -> Alone:
    """Ask once for each."""
    taken = Alone()
    for person in people:
        started_s = time.perf_counter()
        first_s = 0.0
        async for event in person.say(distinct_text()):
            if not first_s and event.WhichOneof("event") == "delta":
                first_s = time.perf_counter()
        taken.whole_ms.append((time.perf_counter() - started_s) * 1000)
        assert event.final.outcome == gateway_pb2.Final.OUTCOME_ANSWERED, event
        taken.first_text_ms.append((first_s - started_s) * 1000)
    return taken


async def together_per_second(stack: RunningStack, people: Sequence[Person], count: int) -> float:
    """Turns with one in flight for each person, until the jobs that they caused are done."""
    left = itertools.count()

    async def talk(person: Person) -> None:
        while next(left) < count:
            answer = await person.ask(distinct_text())
            assert answer.final.outcome == gateway_pb2.Final.OUTCOME_ANSWERED, answer.final

    started_s = time.perf_counter()
    await asyncio.gather(*(talk(person) for person in people))
    await jobs_drained(stack)
    return count / (time.perf_counter() - started_s)


async def model_first_delta_ms(base_url: str, count: int) -> list[float]:
    """How long the model server takes for its first delta, asked directly."""
    body = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "How do I keep bees warm?"}]}
    taken_ms = []
    async with aiohttp.ClientSession() as session:
        for _ in range(count):
            started_s = time.perf_counter()
            async with session.post(f"{base_url}/chat/completions", json=body) as response:
                async for line in response.content:
                    if b'"content"' in line:
                        taken_ms.append((time.perf_counter() - started_s) * 1000)
                        break
                await response.read()
    return taken_ms


async def measure(stack: RunningStack, known: KnownPeople, *, gateway: grpc.aio.Channel, echo: grpc.aio.Channel, model_url: str) -> dict[str, float]:
    """Alternate the product and the floors, and take medians, so that a busy moment of the machine meets all of them."""
    await alone(known.drawn(gateway, IN_FLIGHT, remembered_share=REMEMBERED_SHARE, seed=0))  # every connection is open
    await jobs_drained(stack)
    taken, echo_ms, model_ms, turns, echoes = Alone(), [], [], [], []
    for number in range(1, ROUNDS + 1):
        echo_ms += await echo_latencies_ms(echo, ECHOES)
        model_ms += await model_first_delta_ms(model_url, ALONE)
        one = await alone(known.drawn(gateway, ALONE, remembered_share=REMEMBERED_SHARE, seed=number))
        taken.whole_ms += one.whole_ms
        taken.first_text_ms += one.first_text_ms
        await jobs_drained(stack)
        echoes.append(await echoes_per_second(echo, 2 * ECHOES, IN_FLIGHT))
        people = known.drawn(gateway, IN_FLIGHT, remembered_share=REMEMBERED_SHARE, seed=100 + number)
        turns.append(await together_per_second(stack, people, TOGETHER))
    overhead_ms, floor_ms = statistics.median(taken.whole_ms), statistics.median(echo_ms)
    rate, echo_rate = statistics.median(turns), statistics.median(echoes)
    return {
        "turn_overhead_ms_p50": round(overhead_ms, 2),
        "turn_overhead_ms_p99": round(statistics.quantiles(taken.whole_ms, n=100)[98], 2),
        "turn_overhead_echo_ratio": round(overhead_ms / floor_ms, 1),
        "first_text_overhead_ms_p50": round(statistics.median(taken.first_text_ms) - statistics.median(model_ms), 2),
        "turns_per_second_vs_echo": round(rate / echo_rate, 5),
        "echo_ms_p50": round(floor_ms, 3),
        "model_first_delta_ms_p50": round(statistics.median(model_ms), 2),
        "turns_per_second": round(rate, 1),
        "echoes_per_second": round(echo_rate),
    }

"""What Parlour adds to a turn: latency of one turn at a time, and turns a second with many people, each beside a bare echo in the same run.

The model is scripted: it answers at once, in 20 deltas. Every message is distinct. Telemetry is on: spans go to a collector. Throughput includes the
background jobs that the turns cause.
"""

import asyncio
import contextlib
import itertools
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import psycopg

from parlour.gateway.v1 import gateway_pb2
from services.local.addresses import free_port, free_port_base
from tests.bench.peers import ECHO
from tests.running_stack import Person, RunningStack

IN_FLIGHT = 32
ROUNDS = 3
SEQUENTIAL_TURNS = 200
CONCURRENT_TURNS = 640
ECHOES = 3_000
_numbers = itertools.count(1)
_TOPICS = ("gardens", "trains", "bread", "tides", "chess", "maps", "clouds", "violins", "bees", "lighthouses")


def distinct_text() -> str:
    """A question that nobody asked before."""
    number = next(_numbers)
    return f"Question {number}: what should I know about {_TOPICS[number % 10]} in the year {1900 + number % 120}, case {number * 7919 % 100_003}?"


@contextlib.contextmanager
def child(*arguments: str, ready: str) -> Iterator[None]:
    """A module of the bench in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        while ready not in (line := process.stdout.readline()):
            assert line, f"{arguments} ended"
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def running_stack(model_port: int, collector_port: int, **settings: str) -> Iterator[RunningStack]:
    """A stack with the scripted model and telemetry, told `settings` as well."""
    folder = Path(tempfile.mkdtemp(prefix="parlour-bench-"))
    folder.chmod(0o755)
    environment = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
        "PARLOUR_MODEL": "scripted",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector_port}",
        **settings,
    }
    stack = RunningStack(folder, free_port_base(), environment)
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def echo_latencies_ms(channel: grpc.aio.Channel, count: int) -> list[float]:
    """One echo after the other."""
    call = channel.unary_unary(ECHO)
    latencies = []
    for _ in range(count):
        started_s = time.perf_counter()
        await call(b"x" * 100, timeout=5)
        latencies.append((time.perf_counter() - started_s) * 1000)
    return latencies


async def echoes_per_second(channel: grpc.aio.Channel, count: int, in_flight: int) -> float:
    """Echoes with so many in flight."""
    call = channel.unary_unary(ECHO)
    left = itertools.count()

    async def one() -> None:
        while next(left) < count:
            await call(b"x" * 100, timeout=5)

    started_s = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(in_flight)))
    return count / (time.perf_counter() - started_s)


async def turn_latencies_ms(people: list[Person], count: int) -> list[float]:
    """One turn after the other, each by another person; from HandleMessage sent to final received."""
    latencies = []
    for number in range(count):
        started_s = time.perf_counter()
        answer = await people[number % len(people)].ask(distinct_text())
        latencies.append((time.perf_counter() - started_s) * 1000)
        assert answer.final.outcome == gateway_pb2.Final.OUTCOME_ANSWERED, answer.final
    return latencies


async def turns_per_second(stack: RunningStack, people: list[Person], count: int) -> float:
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


async def jobs_drained(stack: RunningStack) -> None:
    """Wait until no job of a turn waits or runs; jobs of a clock do not count."""
    waiting = (
        "SELECT count(*) FROM procrastinate_jobs j WHERE status IN ('todo', 'doing')"
        " AND NOT EXISTS (SELECT 1 FROM procrastinate_periodic_defers d WHERE d.job_id = j.id)"
    )
    for service in ("conversation", "memory", "conversation"):
        async with await psycopg.AsyncConnection.connect(stack.database_url(service), autocommit=True) as connection:
            while (await (await connection.execute(waiting)).fetchone() or (0,))[0]:
                await asyncio.sleep(0.02)


async def measure(stack: RunningStack, echo_port: int) -> dict[str, float]:
    """Alternate the product and the floor, and take medians, so that a busy moment of the machine meets both."""
    async with channel_to(f"127.0.0.1:{echo_port}") as echo, channel_to(stack.address("gateway")) as gateway:
        people = [Person(gateway) for _ in range(IN_FLIGHT)]
        await turn_latencies_ms(people, IN_FLIGHT)  # everybody has an account, every connection is open
        await jobs_drained(stack)
        turn_ms, echo_ms, turns, echoes = [], [], [], []
        for _ in range(ROUNDS):
            echo_ms += await echo_latencies_ms(echo, ECHOES // ROUNDS)
            turn_ms += await turn_latencies_ms(people, SEQUENTIAL_TURNS // ROUNDS)
            await jobs_drained(stack)
            echoes.append(await echoes_per_second(echo, ECHOES, IN_FLIGHT))
            turns.append(await turns_per_second(stack, people, CONCURRENT_TURNS // ROUNDS))
    overhead_ms = statistics.median(turn_ms)
    floor_ms = statistics.median(echo_ms)
    return {
        "turn_overhead_ms_p50": round(overhead_ms, 2),
        "turn_overhead_ms_p99": round(statistics.quantiles(turn_ms, n=100)[98], 2),
        "echo_ms_p50": round(floor_ms, 3),
        "turn_overhead_echo_ratio": round(overhead_ms / floor_ms, 1),
        "turns_per_second": round(statistics.median(turns), 1),
        "echoes_per_second": round(statistics.median(echoes)),
        "turns_per_second_vs_echo": round(statistics.median(turns) / statistics.median(echoes), 5),
    }


@contextlib.asynccontextmanager
async def channel_to(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()
        yield channel


def run() -> dict[str, float]:
    """Start everything, measure, stop everything."""
    model_port, echo_port, collector_port = free_port(), free_port(), free_port()
    with (
        child("tests.bench.peers", str(echo_port), str(collector_port), ready="ready"),
        child("tests.fakes.model_server", "--port", str(model_port), ready="/v1"),
        running_stack(model_port, collector_port) as stack,
    ):
        return asyncio.run(measure(stack, echo_port))

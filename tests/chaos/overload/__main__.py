"""`python -m tests.chaos.overload`: four times the load that the stack can serve.

First the peak is found: answers a second in a closed loop, the best of several numbers of people at once. Then four times as many messages are
offered in an open loop, which goes on asking however slow the answers are. The generator and the scripted model share the machine's cores with the
stack: their own time is measured and told. Prints a table and, as its last line, one JSON object of its figures. Ends with 1 where a bound is broken.
"""

import argparse
import asyncio
import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import psutil
from rich.console import Console
from rich.table import Table

from services.local.addresses import free_port, free_port_base
from tests.bench.turn import child, jobs_drained
from tests.chaos.kills.victims import serves
from tests.chaos.overload.load import Load, closed_loop, open_loop
from tests.chaos.people import outcomes, percentile, question, tell
from tests.processes import told
from tests.running_stack import SERVICES, Person, RunningStack

AT_ONCE = (16, 32, 64)
TIMES = 4.0
CHANNELS = 4
PEOPLE = 2_000
"""Enough that nobody speaks again before the last message was refused or answered."""
POLL_S = 0.25
NORMAL_TURNS = 5
NORMAL_TIMES = 3.0
NORMAL_FLOOR_S = 0.5
"""Normal again is: each of five turns, one after the other, takes no longer than three times what one took before the load, or half a second."""
RECOVERY_WAIT_S = 60.0
AT_MOST = {"overload_refusal_p99_ms": 250.0, "recovery_s": 10.0, "overload_unexplained": 0.0, "overload_not_serving": 0.0}
AT_LEAST = {"overload_goodput_ratio": 0.8}


@dataclass
class Watch:
    """Health checks of every service while the load lasts, and the time that processes took of the cores."""

    addresses: dict[str, str]
    checks: int = 0
    not_serving: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            states = await asyncio.gather(*(serves(address) for address in self.addresses.values()))
            self.checks += len(states)
            self.not_serving += [name for name, serving in zip(self.addresses, states, strict=True) if not serving]
            await asyncio.sleep(POLL_S)


@dataclass
class Report:
    """What was measured."""

    alone_s: float
    peaks: dict[int, float]
    load: Load
    watch: Watch
    cores: dict[str, float]
    """Cores that each process kept busy while the load lasted."""
    recovery_s: float

    @property
    def figures(self) -> dict[str, float]:
        peak = max(self.peaks.values())
        return {
            "overload_goodput_ratio": round(self.load.answered_per_s / peak, 3),
            "overload_refusal_p99_ms": round(self.load.refusal_ms_p99, 1),
            "recovery_s": round(self.recovery_s, 1),
            "overload_unexplained": len(self.load.unexplained),
            "overload_not_serving": len(self.watch.not_serving),
            "overload_alone_ms": round(self.alone_s * 1000),
            "overload_peak_per_s": round(peak, 1),
            "overload_offered_per_s": round(self.load.offered_per_s, 1),
            "overload_answered_per_s": round(self.load.answered_per_s, 1),
            "overload_refused": len(self.load.refused),
            "overload_answer_p99_s": round(self.load.answer_s_p99, 1),
            "overload_generator_late_s_max": round(self.load.late_s_max, 2),
            "overload_generator_cores": round(self.cores["generator"], 2),
            "overload_model_cores": round(self.cores["model"], 2),
        }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the load lasts")
    parser.add_argument("--peak-seconds", type=float, default=10.0, help="how long each number of people at once is tried")
    parser.add_argument("--times", type=float, default=TIMES, help="times the peak")
    parser.add_argument("--keep", action="store_true", help="keep the stack's folder, with its logs")
    arguments = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="parlour-chaos-overload-"))
    folder.chmod(0o755)
    port = free_port()
    # A few people stand for many: what is looked at is how much there is to do, not how fast one of them talks.
    environment = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "PARLOUR_MODEL": "scripted", "PARLOUR_GATEWAY_RATE_USER_PER_MINUTE": "0"}
    stack = RunningStack(folder / "data", free_port_base(), environment)
    try:
        with child("tests.fakes.model_server", "--port", str(port), ready="/v1"):
            stack.start()
            try:
                report = asyncio.run(overload(stack, arguments.peak_seconds, arguments.seconds, arguments.times))
            finally:
                stack.stop()
    finally:
        if arguments.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    show(report)
    return 0 if all(_holds(name, value) for name, value in report.figures.items()) else 1


async def overload(stack: RunningStack, peak_s: float, seconds: float, times: float) -> Report:
    """Find the peak, offer so many times as much, and wait until everything is normal."""
    async with AsyncExitStack() as opened:
        options = [("grpc.use_local_subchannel_pool", 1)]  # a connection each
        channels = [await opened.enter_async_context(grpc.aio.insecure_channel(stack.address("gateway"), options=options)) for _ in range(CHANNELS)]
        people = [Person(channels[number % CHANNELS]) for number in range(PEOPLE)]
        await closed_loop(people[: max(AT_ONCE)], 3.0)  # every connection is open
        await jobs_drained(stack)
        alone_s = percentile(await _alone(people[:NORMAL_TURNS]), 0.5)
        peaks = {at_once: await closed_loop(people[:at_once], peak_s) for at_once in AT_ONCE}
        watch = Watch({name: stack.address(name) for name in SERVICES})
        watching = asyncio.create_task(watch.run())
        cores, offered = Cores(stack), asyncio.Event()
        recovering = asyncio.create_task(_recovered(people[-NORMAL_TURNS:], alone_s, offered))
        load = await open_loop(people[:-NORMAL_TURNS], times * max(peaks.values()), seconds, offered)
        recovery_s = await recovering
        watching.cancel()
        return Report(alone_s, peaks, load, watch, cores.busy(), recovery_s)


async def _alone(people: Sequence[Person]) -> list[float]:
    """Return how long turns take, one after the other; infinity where one is not answered in full."""
    taken_s = []
    for person in people:
        told = await tell(person, question(), repeats=False)
        taken_s.append(told.seconds if told.answered and not told.notices else float("inf"))
    return taken_s


async def _recovered(people: Sequence[Person], alone_s: float, offered: asyncio.Event) -> float:
    """Return how many seconds after the last message was offered the turns began that took again what they took before."""
    await offered.wait()
    ended_s = began_s = time.monotonic()
    while time.monotonic() < ended_s + RECOVERY_WAIT_S:
        began_s = time.monotonic()
        if max(await _alone(people)) <= max(NORMAL_FLOOR_S, NORMAL_TIMES * alone_s):
            break
        await asyncio.sleep(0.1)
    return began_s - ended_s


class Cores:
    """How much of the machine's cores the parts keep busy, from the moment that this is made."""

    def __init__(self, stack: RunningStack) -> None:
        us = psutil.Process()
        self._processes = {"generator": us} | {name: stack.process_of(name) for name in SERVICES}
        model = [one for one, words in told(us.children(), lambda one: one.cmdline()) if "tests.fakes.model_server" in words]
        self._processes |= {"model": model[0]} if model else {}
        self._began_s = time.monotonic()
        self._before_s = self._taken_s()

    def _taken_s(self) -> dict[str, float]:
        times = {name: process.cpu_times() for name, process in self._processes.items()}
        return {name: taken.user + taken.system for name, taken in times.items()}

    def busy(self) -> dict[str, float]:
        """Return the cores that each kept busy on average."""
        seconds = time.monotonic() - self._began_s
        return {name: (taken_s - self._before_s[name]) / seconds for name, taken_s in self._taken_s().items()}


def _holds(name: str, value: float) -> bool:
    return value <= AT_MOST.get(name, float("inf")) and value >= AT_LEAST.get(name, 0)


def show(report: Report) -> None:
    """Print the tables, what is wrong, and the figures."""
    print("answers a second in a closed loop:", ", ".join(f"{at_once} at once {rate:.1f}" for at_once, rate in report.peaks.items()))
    print("cores kept busy under load:", ", ".join(f"{name} {cores:.2f}" for name, cores in report.cores.items()))
    table = Table(
        "what became of it", "messages", title=f"{len(report.load.told):,} messages in {report.load.seconds:.0f} s, {TIMES:g} times the peak"
    )
    for outcome, count in outcomes(report.load.told).items():
        table.add_row(outcome, f"{count:,}")
    Console(width=100).print(table)
    for one in report.load.unexplained[:10]:
        print(f"neither answered nor politely refused: {one.outcome} {one.broken} after {one.seconds:.1f} s")
    if report.watch.not_serving:
        print(f"of {report.watch.checks} health checks not SERVING: {report.watch.not_serving[:20]}")
    figures = Table("figure", "measured", "bound")
    for name, value in report.figures.items():
        bound = f"<= {AT_MOST[name]:g}" if name in AT_MOST else f">= {AT_LEAST[name]:g}" if name in AT_LEAST else ""
        figures.add_row(name, f"{value:g}", f"{bound}{'' if _holds(name, value) else ', missed'}")
    Console(width=100).print(figures)
    print(json.dumps(report.figures))


if __name__ == "__main__":
    sys.exit(main())

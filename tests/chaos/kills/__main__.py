"""`python -m tests.chaos.kills`: many people talk while one process of the stack after the other, chosen by chance, is killed with -9.

PostgreSQL and Valkey included; the next one dies two seconds after the last is well again. Prints a table and, as its last line, one JSON object of
its figures. Ends with 1 where too few were answered meanwhile, or where afterwards something is lost, stuck, doubled, off or does not work.
"""

import argparse
import asyncio
import json
import logging
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc
from rich.console import Console
from rich.table import Table

from services.local.addresses import free_port, free_port_base
from tests.chaos.afterwards import SOON_OVER, Findings, database_url, find
from tests.chaos.kills.victims import Killer, StackProcesses
from tests.chaos.people import Told, outcomes, question, tell
from tests.fakes.model_server import Answer, ModelServer
from tests.running_stack import Person, RunningStack, eventually

ANSWERED_RATIO_MIN = 0.6
WORKS_AGAIN_S = 60.0
THINK_S = 10.0
"""How long a person thinks before the next message, on average: the turns spread over many kills."""
REMEMBER_SHARE = 0.15


@dataclass
class Report:
    """A run."""

    told: list[Told]
    remembered: list[Told]
    killer: Killer
    seconds: float
    found: Findings
    problems: list[str]

    @property
    def answered_ratio(self) -> float:
        return sum(one.answered for one in self.told) / len(self.told)

    @property
    def sound(self) -> bool:
        return self.found.sound and not self.problems and self.answered_ratio >= ANSWERED_RATIO_MIN


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kills", description=__doc__)
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the stack's folder, with its logs")
    arguments = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the model server's readers are killed in mid-stream
    folder = Path(tempfile.mkdtemp(prefix="parlour-chaos-kills-"))
    folder.chmod(0o755)
    try:
        report = asyncio.run(_run(folder, arguments.turns, arguments.people, arguments.seed))
    finally:
        if arguments.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    show(report)
    return 0 if report.sound else 1


async def _run(folder: Path, turns: int, people: int, seed: int) -> Report:
    async with ModelServer(port=free_port(), default=Answer(delta_delay_s=0.05)) as model:
        stack = RunningStack(folder / "data", free_port_base(), {"OPENAI_BASE_URL": model.base_url, **SOON_OVER})
        await asyncio.to_thread(stack.start)
        try:
            async with grpc.aio.insecure_channel(stack.address("gateway"), options=[("grpc.max_reconnect_backoff_ms", 500)]) as channel:
                return await disturb(stack, [Person(channel) for _ in range(people)], turns, random.Random(seed))
        finally:
            await asyncio.to_thread(stack.stop)


async def disturb(stack: RunningStack, people: list[Person], turns: int, dice: random.Random, *, think_s: float = THINK_S) -> Report:
    """Let people talk while processes are killed, and see what is left behind."""
    told: list[Told] = []
    remembered: list[Told] = []
    over = asyncio.Event()
    killer = Killer(StackProcesses(stack), dice, over.is_set, lambda line: print(line, file=sys.stderr))
    started_s = time.monotonic()
    killing = asyncio.create_task(killer.run())
    left = iter(range(turns))
    await asyncio.gather(*(_talk(person, left, told, remembered, dice, think_s) for person in people))
    over.set()
    seconds = time.monotonic() - started_s
    await killing
    problems = await works_again(killer.processes, people[:5])
    found = await find(partial(database_url, stack), [*told, *remembered])
    return Report(told, remembered, killer, seconds, found, problems)


async def _talk(person: Person, left: Iterator[int], told: list[Told], remembered: list[Told], dice: random.Random, think_s: float) -> None:
    await asyncio.sleep(dice.uniform(0, think_s))
    for _ in left:
        told.append(await tell(person, question()))
        if dice.random() < REMEMBER_SHARE:
            remembered.append(await tell(person, f"remember that my ticket number is {dice.randrange(10**8, 10**9)}"))
        await asyncio.sleep(dice.uniform(0, 2 * think_s))


async def works_again(processes: StackProcesses, people: list[Person]) -> list[str]:
    """Wait until everything is well and each of these people is answered in full; return what does not work."""
    problems = []
    started_s = time.monotonic()
    try:
        await eventually(processes.everything_is_well, "everything is well", WORKS_AGAIN_S)
    except AssertionError as error:
        problems.append(str(error))
    for person in people:
        while True:
            turn = await tell(person, question())
            balance = await tell(person, "how many credits do I have?")
            memory = await tell(person, "what do you remember about me?")
            if all(one.answered and not one.notices for one in (turn, balance, memory)):
                break
            if time.monotonic() - started_s > WORKS_AGAIN_S:
                problems.append(f"does not work: {turn.outcome} {turn.notices}, {balance.outcome}, {memory.outcome}")
                break
            await asyncio.sleep(0.5)
    return problems


def show(report: Report) -> None:
    """Print the tables, what is wrong, and the figures."""
    killed = report.killer.killed
    table = Table("what became of it", "turns", "said while", title=f"{len(report.told)} turns, {killed.total()} kills, {report.seconds:.0f} s")
    for outcome, count in outcomes(report.told).items():
        causes = Counter(report.killer.cause_at(one.said_at_s) for one in report.told if one.outcome == outcome)
        table.add_row(outcome, f"{count:,}", ", ".join(f"{cause} {times}" for cause, times in causes.most_common(8)))
    Console(width=150).print(table)
    print("killed:", ", ".join(f"{name} {count}" for name, count in sorted(killed.items())))
    for problem in (*report.problems, *report.found.examples):
        print(problem)
    first = sum(one.answered and not one.broken for one in report.told)
    figures = {
        "kills_turns": len(report.told),
        "kills": killed.total(),
        "kills_answered_ratio": round(report.answered_ratio, 3),
        "kills_answered_at_once_ratio": round(first / len(report.told), 3),
        "kills_away_s_max": round(max((absence.seconds for absence in report.killer.absences), default=0.0), 1),
        "kills_seconds": round(report.seconds),
        "kills_not_working": len(report.problems),
        **report.found.figures,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())

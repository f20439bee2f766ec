"""`python -m tests.chaos.rolling`: two processes of every service, restarted one after the other as a deployment does, while people talk.

Each is asked to stop (SIGTERM), is gone, is started again and serves, before the next one's turn comes. Prints a table and, as its last line, one
JSON object of its figures. Ends with 1 where a turn failed: was not answered in full, or with something missing.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from services.local.addresses import SERVICES, free_port
from tests.chaos.afterwards import Findings, find
from tests.chaos.pairs import Pairs, pairs
from tests.chaos.people import Told, outcomes, question, tell
from tests.fakes.model_server import Answer, ModelServer
from tests.running_stack import Person

PEOPLE = 16
THINK_S = 0.5
QUIET_S = 2.0
"""Between one restart and the next, as a deployment waits: longer than a channel's pause between two tries to connect (services.runtime.channel)."""
DRAIN_S = 20
GONE_S = DRAIN_S + 15.0
SETTINGS = {
    **{f"PARLOUR_{service.upper()}_NOT_SERVING_S": "1" for service in SERVICES},
    # No turn of this run takes longer.
    **{f"PARLOUR_{service.upper()}_DRAIN_S": str(DRAIN_S) for service in SERVICES},
    "PARLOUR_GATEWAY_TURN_S": "30",
    "PARLOUR_GATEWAY_RATE_USER_PER_MINUTE": "0",  # few people stand for many
    "PARLOUR_CONVERSATION_TURN_S": "30",
    "PARLOUR_GATEWAY_HOLD_TTL_S": "61",
}


@dataclass
class Report:
    """What became of the turns."""

    told: list[Told] = field(default_factory=list)
    gone_s: dict[str, float] = field(default_factory=dict)
    started_s: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    found: Findings = field(default_factory=Findings)

    @property
    def failed(self) -> list[Told]:
        """Turns without the whole answer, or with something missing."""
        return [one for one in self.told if not one.answered or one.notices]

    @property
    def repeated_calls(self) -> int:
        """Calls that broke without an event, and were repeated by the person's program."""
        return sum(len(one.broken) for one in self.told)

    @property
    def sound(self) -> bool:
        return not self.failed and self.found.sound


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.rolling", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--only", choices=SERVICES, action="append", help="restart these services only")
    parser.add_argument("--times", type=int, default=1, help="how often everything is restarted")
    arguments = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    report = asyncio.run(_run(arguments.people, arguments.only or list(SERVICES), arguments.times))
    show(report)
    return 0 if report.sound else 1


async def _run(people: int, services: list[str], times: int) -> Report:
    async with ModelServer(port=free_port(), default=Answer(delta_delay_s=0.04)) as model, pairs(model.base_url, SETTINGS) as running:
        channel = running.channel()
        try:
            return await restart_under_load(running, [Person(channel) for _ in range(people)], services * times)
        finally:
            await channel.close()


async def restart_under_load(running: Pairs, people: list[Person], services: list[str]) -> Report:
    """Let people talk while both processes of each of these services are restarted in turn."""
    await asyncio.gather(*(tell(person, question()) for person in people))  # every connection is open, everybody has an account
    report, over = Report(), asyncio.Event()
    talking = [asyncio.create_task(_talk(person, report.told, over)) for person in people]
    for service in services:
        for one in running.of(service):
            await asyncio.sleep(QUIET_S)
            before = len(report.failed)
            report.gone_s[one.name] = await one.terminate(GONE_S)
            await one.start()
            gone_s, failed = report.gone_s[one.name], len(report.failed) - before
            at_s = time.monotonic() - report.started_s
            words = f"gone after {gone_s:.1f} s, {failed} turns failed, {report.repeated_calls} calls repeated"
            print(f"restarted {one.name} by {at_s:.0f} s: {words}", file=sys.stderr)
    await asyncio.sleep(QUIET_S)
    over.set()
    await asyncio.gather(*talking)
    report.seconds = time.monotonic() - report.started_s
    report.found = await find(running.database_url, report.told)
    return report


async def _talk(person: Person, told: list[Told], over: asyncio.Event) -> None:
    while not over.is_set():
        told.append(await tell(person, question()))
        await asyncio.sleep(THINK_S)


def show(report: Report) -> None:
    """Print the table, what is wrong, and the figures."""
    table = Table("what became of it", "turns", title=f"{len(report.told):,} turns, {len(report.gone_s)} restarts, {report.seconds:.0f} s")
    for outcome, count in outcomes(report.told).items():
        table.add_row(outcome, f"{count:,}")
    Console(width=100).print(table)
    for one in report.failed[:10]:
        print(f"failed at {one.said_at_s - report.started_s:.1f} s: {one.outcome} {one.notices} {one.broken} after {one.seconds:.1f} s")
    for example in report.found.examples:
        print(example)
    figures = {
        "rolling_restart_failed_turns": len(report.failed),
        "rolling_turns": len(report.told),
        "rolling_restarts": len(report.gone_s),
        "rolling_repeated_calls": report.repeated_calls,
        "rolling_gone_s_max": round(max(report.gone_s.values()), 1),
        "rolling_seconds": round(report.seconds),
        **report.found.figures,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())

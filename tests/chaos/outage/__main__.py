"""`python -m tests.chaos.outage`: credit, or its database, is taken away again and again while people talk and processes are killed with -9.

The last round has a lease so small that it is used up. Prints a table and, as its last line, one JSON object of its figures. Ends with 1 where
afterwards something is lost, stuck, doubled, off, spent beyond a lease, or where commands did not work meanwhile.
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
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpc
import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.gateway.outage.journal import JOURNAL
from services.gateway.outage.side_file import SET_ASIDE
from services.local.addresses import free_port, free_port_base
from services.local.postgres import Postgres
from tests.chaos.afterwards import SOON_OVER, Findings, database_url, find
from tests.chaos.kills.victims import StackProcesses
from tests.chaos.outage.proof import leased_turns, look_for_unsettled, overspend_beyond_lease
from tests.chaos.people import Told, question, tell
from tests.fakes.model_server import Answer, ModelServer
from tests.running_stack import Person, RunningStack, eventually

WAIT_S = 120.0
TURNS_EACH = 5
"""More than the shipped tiers have turns in an outage."""
SMALL_LEASE = 700_000
EMERGENCY = "can't reach anybody's credits"
BROKEN_ENDS = ('5d0c3f6e {"kind":"tak', '00000000 {"kind":"taken"}\n')
"""A line that a crash cut off, and one whose checksum is wrong."""


@dataclass
class Report:
    """All rounds."""

    told: list[Told] = field(default_factory=list)
    found: list[Findings] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    rounds: list[tuple[str, int, int, float]] = field(default_factory=list)
    """What was away, the messages, the emergencies among them, and the seconds until everything was settled."""
    leased: int = 0
    overspent: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.outage", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    report, dice = Report(), random.Random(arguments.seed)
    asyncio.run(_stack_rounds(report, arguments.rounds - 1, arguments.people, dice, {}))
    asyncio.run(_stack_rounds(report, 1, arguments.people, dice, {"PARLOUR_GATEWAY_OUTAGE_LEASE_MICROCREDITS": str(SMALL_LEASE)}))
    return show(report)


async def _stack_rounds(report: Report, rounds: int, people: int, dice: random.Random, settings: dict[str, str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="parlour-chaos-outage-"))
    folder.chmod(0o755)
    try:
        async with ModelServer(port=free_port(), default=Answer(delta_delay_s=0.05)) as model:
            stack = RunningStack(folder / "data", free_port_base(), {"OPENAI_BASE_URL": model.base_url, **SOON_OVER, **settings})
            await asyncio.to_thread(stack.start, 180)
            try:
                async with grpc.aio.insecure_channel(stack.address("gateway"), options=[("grpc.max_reconnect_backoff_ms", 500)]) as channel:
                    crowd = [Person(channel) for _ in range(people)]
                    await _rounds(report, stack, channel, crowd, rounds, dice, small=bool(settings))
            finally:
                await asyncio.to_thread(stack.stop)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _rounds(
    report: Report, stack: RunningStack, channel: grpc.aio.Channel, people: list[Person], rounds: int, dice: random.Random, *, small: bool
) -> None:
    told = [await tell(person, question()) for person in people]
    for poor in people[::3]:
        await _give_away(stack, poor)
    for number in range(rounds):
        await eventually(lambda: _has_lease(channel), "the gateway has a lease", WAIT_S)
        told.append(await tell(people[1], question()))  # an outage is over, and its turns are forgotten, when somebody has paid again
        database = number % 2 == 1
        said: list[Told] = []
        async with _away(stack, database=database):
            talking = [asyncio.create_task(_talk(person, said)) for person in people]
            await asyncio.sleep(dice.uniform(0.5, 3.0))  # the moment of the kill is the chance that is tried
            broken_end = BROKEN_ENDS[number % 2] if number >= 2 else ""
            if broken_end:
                await eventually(lambda: _has_unsettled(channel), "a turn is in the journal whose end is broken", WAIT_S)
            if not small:
                _kill_gateway(stack, broken_end)
            await asyncio.gather(*talking)
            command = await tell(people[0], "what do you remember about me?")
        back_s = time.monotonic()
        if dice.random() < 0.5:
            await eventually(lambda: _kill(stack, "credit"), "credit can be killed", WAIT_S)
        await eventually(lambda: _settled(channel), "no turn is left to settle", WAIT_S)
        await eventually(StackProcesses(stack).everything_is_well, "everything is well", WAIT_S)
        emergencies = sum(one.final is not None and EMERGENCY in one.final.text for one in said)
        name = "small lease" if small else "database" if database else "credit"
        report.rounds.append((name, len(said), emergencies, time.monotonic() - back_s))
        print(f"{name} away: settled after {report.rounds[-1][-1]:.1f} s, {emergencies} emergencies", file=sys.stderr, flush=True)
        if not command.answered:
            report.problems.append(f"{name}: a command did not work: {command.outcome}")
        report.problems += [f"{name}: told nothing: {one.turn_id} {one.broken}" for one in said if one.final is None and one.refused is None]
        if broken_end and not _was_set_aside(stack, broken_end):
            report.problems.append(f"{name}: the broken end of the journal was not set aside")
        if small and not emergencies:
            report.problems.append("the small lease was not used up")
        told += said
    url = partial(database_url, stack)
    found = await find(url, told)
    await look_for_unsettled(url, told, found)
    report.found.append(found)
    report.told += told
    report.leased += await leased_turns(url)
    report.overspent += await overspend_beyond_lease(url)


async def _talk(person: Person, said: list[Told]) -> None:
    said.extend([await tell(person, question()) for _ in range(TURNS_EACH)])


@asynccontextmanager
async def _away(stack: RunningStack, *, database: bool) -> AsyncIterator[None]:
    """Credit hangs, or its database takes no connections, as long as the context lasts."""
    if not database:
        victim = stack.process_of("credit")
        victim.suspend()
        try:
            yield
        finally:
            victim.resume()
        return
    admin = Postgres(stack.data_dir / "postgres").url("postgres", user="postgres")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute("ALTER DATABASE credit ALLOW_CONNECTIONS false")
        try:
            await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'credit'")
            yield
        finally:
            await connection.execute("ALTER DATABASE credit ALLOW_CONNECTIONS true")


def _kill_gateway(stack: RunningStack, broken_end: str) -> None:
    """Kill it, and append to its journal what a crash of the machine could leave there, before the next one reads it."""
    supervisor = psutil.Process(stack.process.pid)
    supervisor.suspend()
    try:
        stack.kill("gateway")
        if broken_end:
            (journal,) = stack.data_dir.rglob(JOURNAL)
            with journal.open("a") as end:
                end.write(broken_end)
    finally:
        supervisor.resume()


def _was_set_aside(stack: RunningStack, broken_end: str) -> bool:
    return any(broken_end.strip() in aside.read_text() for aside in stack.data_dir.rglob(SET_ASIDE))


def _kill(stack: RunningStack, service: str) -> bool:
    try:
        stack.kill(service)
    except ProcessLookupError:
        return False
    return True


async def _status(channel: grpc.aio.Channel) -> gateway_pb2.OutageStatus | None:
    stub: gateway_pb2_grpc.AssistantServiceAsyncStub = gateway_pb2_grpc.AssistantServiceStub(channel)
    try:
        return (await stub.GetStatus(gateway_pb2.GetStatusRequest(), timeout=5)).outage
    except grpc.aio.AioRpcError:
        return None


async def _has_lease(channel: grpc.aio.Channel) -> bool:
    status = await _status(channel)
    return status is not None and status.remaining_microcredits > 0


async def _has_unsettled(channel: grpc.aio.Channel) -> bool:
    status = await _status(channel)
    return status is not None and status.turns_unsettled > 0


async def _settled(channel: grpc.aio.Channel) -> bool:
    status = await _status(channel)
    return status is not None and status.turns_unsettled == 0


async def _give_away(stack: RunningStack, person: Person) -> None:
    """Leave a person with no credits."""
    async with grpc.aio.insecure_channel(stack.address("credit")) as channel:
        stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(channel)
        left = (await stub.GetBalance(credit_pb2.GetBalanceRequest(account_id=person.account_id), timeout=20)).balance
        gift = credit_pb2.TransferRequest(
            request_id=uuid.uuid4().hex,
            from_account_id=person.account_id,
            to_account_id="user:somebody",
            amount_microcredits=left.available_microcredits,
        )
        await stub.Transfer(gift, timeout=20)


def show(report: Report) -> int:
    """Print the table, what is wrong, and the figures; return the status to end with."""
    table = Table("away", "messages", "emergency", "settled after s", title="Outages of credit")
    for name, messages, emergencies, seconds in report.rounds:
        table.add_row(name, str(messages), str(emergencies), f"{seconds:.1f}")
    Console(width=100).print(table)
    for problem in [*report.problems, *(example for found in report.found for example in found.examples)]:
        print(problem)
    figures = {name: sum(found.figures[name] for found in report.found) for name in Findings().figures}
    figures |= {"overspend_beyond_lease": report.overspent, "outage_rounds": len(report.rounds), "outage_turns_leased": report.leased}
    recovery_s = round(max((seconds for *_, seconds in report.rounds), default=0.0), 1)
    print(json.dumps(figures | {"outage_recovery_s_max": recovery_s, "outage_problems": len(report.problems)}))
    return 0 if all(found.sound for found in report.found) and not report.problems and not report.overspent and report.leased else 1


if __name__ == "__main__":
    sys.exit(main())

"""The long tiers of tests/chaos in short: processes killed and restarted and a gateway overrun while people talk. Nothing is lost, stuck or rude."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import grpc

from services.local.addresses import free_port
from services.local.watchdog import Watchdog
from tests.chaos.afterwards import Findings, database_url, look_for_losses
from tests.chaos.bank.world import until
from tests.chaos.kills.__main__ import works_again
from tests.chaos.kills.victims import Killer, StackProcesses, serves
from tests.chaos.overload.load import is_polite
from tests.chaos.pairs import ServiceProcess, channel_to
from tests.chaos.people import Told, question, tell
from tests.fakes.model_server import Answer as Scripted
from tests.fakes.model_server import ModelServer
from tests.running_stack import Person, RunningStack

PEOPLE = 6


async def keep_talking(people: list[Person], over: asyncio.Event) -> list[Told]:
    """Have everybody talk until it is over, and return what they were told."""
    told: list[Told] = []

    async def talk(person: Person, number: int) -> None:
        while not over.is_set():
            told.append(await tell(person, question()))
            told.append(await tell(person, f"remember that my ticket number is {number}{len(told):06}"))

    talking = [asyncio.create_task(talk(person, number)) for number, person in enumerate(people, start=100)]
    await asyncio.gather(*talking)
    return told


@asynccontextmanager
async def further_gateways(stack: RunningStack, folder: Path, count: int, **settings: str) -> AsyncIterator[list[ServiceProcess]]:
    """Gateways beside the stack's own, told the same and more."""
    watchdog = Watchdog()
    base = stack.process_of("gateway").environ() | {"PARLOUR_GATEWAY_METRICS_LISTEN": "", "PYTHONPATH": os.environ.get("PYTHONPATH", "")} | settings
    made = []
    for number in range(count):
        own = {"PARLOUR_GATEWAY_LISTEN": f"127.0.0.1:{free_port()}", "PARLOUR_DATA_DIR": str(folder / str(number))}
        made.append(ServiceProcess("gateway", number, folder, base | own, watchdog))
    try:
        await asyncio.gather(*(one.start() for one in made))
        yield made
    finally:
        await asyncio.gather(*(one.end() for one in made))
        watchdog.close()


def answers_again(one: ServiceProcess, logged: int) -> bool:
    return '"turn ended"' in one.log_path.read_text()[logged:]


async def test_what_was_acknowledged_outlives_kills(stack: RunningStack, model: ModelServer, gateway: grpc.aio.Channel) -> None:
    model.default = Scripted(delta_delay_s=0.02)
    people, over = [Person(gateway) for _ in range(PEOPLE)], asyncio.Event()
    killer = Killer(StackProcesses(stack), random.Random(1), over.is_set, print)
    talking = asyncio.create_task(keep_talking(people, over))
    for victim in ("valkey", "credit", "memory"):
        await killer.kill(victim)
    over.set()
    told = await talking
    assert await works_again(killer.processes, people[:2]) == []
    found = Findings()
    await look_for_losses(partial(database_url, stack), told, found)
    assert found.examples == []
    assert sum(one.answered for one in told) > len(people)


async def test_no_turn_fails_while_one_gateway_after_the_other_is_restarted(stack: RunningStack, model: ModelServer, tmp_path: Path) -> None:
    model.default = Scripted(delta_delay_s=0.02)
    over = asyncio.Event()
    settings = {"PARLOUR_GATEWAY_NOT_SERVING_S": "0.5", "PARLOUR_GATEWAY_DRAIN_S": "20"}
    async with further_gateways(stack, tmp_path, 2, **settings) as pair:
        channel = channel_to(one.address for one in pair)
        async with asyncio.TaskGroup() as group:
            talking = group.create_task(keep_talking([Person(channel) for _ in range(PEOPLE)], over))
            for one in pair:
                await one.terminate(30)
                logged = len(one.log_path.read_text())
                await one.start()
                # As a deployment waits: the next one stops when people's programs have found this one again.
                await until(partial(answers_again, one, logged), f"{one.name} answers again")
            over.set()
        await channel.close()
    told = talking.result()
    assert [(one.outcome, one.broken) for one in told if not one.answered or one.broken] == []
    assert told


async def test_a_gateway_that_is_overrun_refuses_politely_and_serves_on(stack: RunningStack, model: ModelServer, tmp_path: Path) -> None:
    model.default = Scripted(delta_delay_s=0.02)
    settings = {"PARLOUR_GATEWAY_RUNNING_MAX": "4", "PARLOUR_GATEWAY_WAITING_MAX": "8"}
    async with further_gateways(stack, tmp_path, 1, **settings) as [one], grpc.aio.insecure_channel(one.address) as channel:
        people = [Person(channel) for _ in range(80)]
        asking = [asyncio.create_task(tell(person, question(), repeats=False)) for person in people]
        assert await serves(one.address)
        told = await asyncio.gather(*asking)
        refused = [each for each in told if is_polite(each)]
        assert [each.outcome for each in told if not each.answered and not is_polite(each)] == []
        assert len(refused) >= len(people) - 4 - 8 - 40
        answered_last_s = max(each.seconds for each in told if each.answered)
        assert sorted(each.seconds for each in refused)[len(refused) // 2] < answered_last_s
        assert (await tell(Person(channel), question())).answered

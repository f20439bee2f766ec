"""What goes wrong while the bank is open, each time when so much of the work is done."""

import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.chaos.bank.customers import Bank
from tests.chaos.bank.world import World, until
from tests.fakes.database_proxy import Cut

type Fault = Callable[[World, random.Random], Awaitable[str]]

_CUTS = itertools.cycle(Cut)
_WAIT_MAX_S = 300.0


async def kill_service(world: World, dice: random.Random) -> str:
    """kill -9 of one of the instances, which starts again."""
    await dice.choice(world.instances).kill()
    return "service_killed"


async def stop_database(world: World, dice: random.Random) -> str:
    """The database stops without a word, and starts again."""
    await world.server.restart_at_once()
    return "database_stopped"


async def cut_commit(world: World, dice: random.Random) -> str:
    """The connection of an instance to the database is cut while it commits."""
    cut = next(_CUTS)
    await dice.choice(world.proxies).cut_next_commit(cut)
    return f"cut_{cut}"


FAULTS: dict[str, Fault] = {"service_killed": kill_service, "database_stopped": stop_database, "commit_cut": cut_commit}


async def strike(world: World, bank: Bank, fault: Fault, times: int, operations: int, counted: Counter[str]) -> None:
    """Let something go wrong so many times, evenly over the work."""
    dice = random.Random(bank.seed)
    begun = len(bank.told)
    for number in range(1, times + 1):
        due = begun + (operations - begun) * number // (times + 1)
        await until(lambda due=due: len(bank.told) >= due, "the customers get on", _WAIT_MAX_S)
        counted[await fault(world, dice)] += 1

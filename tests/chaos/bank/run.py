"""One opening of the bank: what happened, and what the proof found."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.bank.customers import Bank, open_for_business, serve
from tests.chaos.bank.faults import FAULTS, strike
from tests.chaos.bank.proof import Proof, prove
from tests.chaos.bank.world import World

CUSTOMERS = 300
_STRETCHES = 20


@dataclass
class Report:
    """The figures of a run."""

    name: str
    operations: int
    seconds: float
    unknown_resolved: int
    surprises: list[str]
    proof: Proof
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def sound(self) -> bool:
        return not self.surprises and not self.proof.problems


async def run(world: World, name: str, operations: int, faults: int, seed: int) -> Report:
    """Serve customers while something goes wrong, close the bank, and look at the books."""
    bank = Bank(world.call, seed, max(50, operations // _STRETCHES))
    counted: Counter[str] = Counter()
    started_s = time.monotonic()
    await open_for_business(bank)
    async with asyncio.TaskGroup() as group:
        group.create_task(serve(bank, operations, CUSTOMERS))
        if name in FAULTS:
            group.create_task(strike(world, bank, FAULTS[name], faults, operations, counted))
    seconds = time.monotonic() - started_s
    for instance in world.instances:
        await instance.stop()
    proof = await prove(world.url, world.superuser_url, world.prices, bank.told)
    return Report(name, len(bank.told), seconds, bank.unknown, bank.surprises, proof, counted)

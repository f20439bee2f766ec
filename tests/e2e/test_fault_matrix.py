"""The fault matrix in short: eight of its cells on one stack. All of them run in `python -m tests.chaos.matrix`."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
import pytest_asyncio

from tests.chaos.matrix.cells import Cell, Dependency, Fault, Moment, cells, expected_of
from tests.chaos.matrix.checks import LogWatch, books, settle
from tests.chaos.matrix.stack import MatrixStack, running
from tests.chaos.matrix.turns import ApiTurns

pytestmark = pytest.mark.asyncio(loop_scope="module")

CELLS = (
    Cell(Dependency.MEMORY, Fault.PAUSED, Moment.BEFORE),
    Cell(Dependency.MEMORY_REPLICA, Fault.HALF_OPEN, Moment.BEFORE),
    Cell(Dependency.REDIS, Fault.REFUSED, Moment.BEFORE),
    Cell(Dependency.CONVERSATION_DATABASE, Fault.PAUSED, Moment.BEFORE),
    Cell(Dependency.CREDIT, Fault.RESET, Moment.STREAMING),
    Cell(Dependency.CONVERSATION, Fault.REFUSED, Moment.STREAMING),
    Cell(Dependency.EVERY_MODEL, Fault.GARBAGE, Moment.BEFORE),
    Cell(Dependency.CREDIT_DATABASE, Fault.REFUSED, Moment.REPLIED),
)


@dataclass
class Place:
    stack: MatrixStack
    turns: ApiTurns
    watch: LogWatch


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="pm-"))
    try:
        async with running(folder) as stack, grpc.aio.insecure_channel(stack.gateway_address) as channel:
            turns = ApiTurns(stack, channel)
            await turns.recovery_s()
            yield Place(stack, turns, LogWatch(stack))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
async def test_a_person_gets_what_was_stated_and_afterwards_all_is_well(place: Place, cell: Cell) -> None:
    ran = await place.turns.run(cell, expected_of(cell))
    await settle(place.stack, [ran])
    assert [*ran.problems, *place.watch.news(), *await books(place.stack)] == []


async def test_a_result_is_stated_for_every_cell() -> None:
    stated = [expected_of(cell) for cell in cells()]
    assert len(stated) >= 180
    assert all(expected.text for expected in stated)

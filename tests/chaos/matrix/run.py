"""The cells of one dependency, one after the other on one stack, and what is checked after them."""

import sys
from collections.abc import Sequence

import grpc

from tests.chaos.matrix.cells import Cell, Dependency, expected_of
from tests.chaos.matrix.checks import LogWatch, books, settle, stuck_holds
from tests.chaos.matrix.discord_turns import DiscordTurns
from tests.chaos.matrix.report import Results
from tests.chaos.matrix.stack import MatrixStack
from tests.chaos.matrix.turns import ApiTurns, Ran


async def run_group(stack: MatrixStack, group: Sequence[Cell], results: Results) -> None:
    """Run cells and add what came of them."""
    runs: list[Ran] = []
    watch = LogWatch(stack)
    watch.news()
    async with grpc.aio.insecure_channel(stack.gateway_address) as channel:
        turns = DiscordTurns(stack) if group[0].dependency is Dependency.DISCORD else ApiTurns(stack, channel)
        await turns.recovery_s()
        for cell in group:
            ran = await turns.run(cell, expected_of(cell))
            ran.problems += watch.news()
            runs.append(ran)
            said = "ok" if ran.passed else f"NOT: {'; '.join(ran.problems)}"
            print(f"{cell.name}: {ran.seen} in {ran.took_s:.1f} s, again after {ran.recovery_s:.1f} s: {said}", file=sys.stderr, flush=True)
    before = {ran.turn_id: len(ran.problems) for ran in runs}
    await settle(stack, runs)
    for ran in runs:
        for problem in ran.problems[before[ran.turn_id] :]:
            print(f"{ran.cell.name}: NOT: {problem}", file=sys.stderr, flush=True)
    results.runs += runs
    results.stuck_holds += await stuck_holds(stack)
    results.add_books(await books(stack))

"""`python -m tests.chaos.matrix`: every dependency x every fault x every moment of a turn, against what cells.py says of each beforehand.

Prints a table and, as its last line, one JSON object of its figures; `--write` puts the table into
docs/resilience.md. Ends with 1 where a cell failed.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.matrix.cells import Cell, Dependency, Fault, Moment, cells
from tests.chaos.matrix.report import Results, show, write
from tests.chaos.matrix.run import run_group
from tests.chaos.matrix.stack import running

CELLS_MIN = 180


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.matrix", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(Dependency), help="this dependency only; may be repeated")
    parser.add_argument("--fault", action="append", choices=list(Fault))
    parser.add_argument("--moment", action="append", choices=list(Moment))
    parser.add_argument("--cell", action="append", default=[], help="a cell by its name, as in the table; may be repeated")
    parser.add_argument("--cells", type=int, default=0, help="so many cells at most; 0: all")
    parser.add_argument("--jobs", type=int, default=1, help="stacks at once")
    parser.add_argument("--write", action="store_true", help="put the table into docs/resilience.md")
    parser.add_argument("--keep", action="store_true", help="keep the logs")
    arguments = parser.parse_args()
    chosen = [
        cell
        for cell in cells()
        if (not arguments.only or cell.dependency in arguments.only)
        and (not arguments.fault or cell.fault in arguments.fault)
        and (not arguments.moment or cell.moment in arguments.moment)
        and (not arguments.cell or cell.name in arguments.cell)
    ]
    chosen = chosen[: arguments.cells or None]
    started_s = time.monotonic()
    results = Results()

    def group_done() -> None:
        results.seconds = time.monotonic() - started_s
        if arguments.write:
            write(results)  # what was run is there, whatever becomes of the rest

    asyncio.run(_run(chosen, arguments.jobs, results, group_done, keep=arguments.keep))
    complete = not (arguments.only or arguments.fault or arguments.moment or arguments.cell or arguments.cells)
    show(results)
    return 0 if results.sound and (not complete or len(results.runs) >= CELLS_MIN) else 1


async def _run(chosen: list[Cell], jobs: int, results: Results, group_done: Callable[[], None], *, keep: bool) -> None:
    groups: asyncio.Queue[list[Cell]] = asyncio.Queue()
    for dependency in Dependency:
        if group := [cell for cell in chosen if cell.dependency is dependency]:
            groups.put_nowait(group)
    async with asyncio.TaskGroup() as workers:
        for _ in range(min(jobs, groups.qsize())):
            workers.create_task(_work(groups, results, group_done, keep=keep))


async def _work(groups: "asyncio.Queue[list[Cell]]", results: Results, group_done: Callable[[], None], *, keep: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="pm-"))
    try:
        async with running(folder) as stack:
            while not groups.empty():
                await run_group(stack, groups.get_nowait(), results)
                group_done()
            if keep:
                kept = Path(tempfile.mkdtemp(prefix="parlour-matrix-logs-"))
                for log in stack.folder.glob("*.log"):
                    shutil.copy(log, kept)
                print(f"logs: {kept}", file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

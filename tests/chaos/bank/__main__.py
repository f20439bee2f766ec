"""`python -m tests.chaos.bank`: a bank with many customers, two instances and one database, which are killed and cut off meanwhile.

Prints a table and, as its last line, one JSON object of its figures. Ends with 1 where anything was lost or is off.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.local.watchdog import Watchdog
from tests.chaos.bank.faults import FAULTS
from tests.chaos.bank.run import CUSTOMERS, Report, run
from tests.chaos.bank.world import DatabaseServer, opened

SCENARIOS = ("undisturbed", *FAULTS)
_SHOWN_MAX = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.bank", description=__doc__)
    parser.add_argument("--operations", type=int, default=50_000, help="operations in each scenario")
    parser.add_argument("--faults", type=int, default=12, help="how often the service is killed, the database stopped, a commit cut")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=SCENARIOS)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="parlour-chaos-"))
    folder.chmod(0o755)
    watchdog = Watchdog()
    watchdog.remove_folder(str(folder))
    try:
        chosen = [arguments.only] if arguments.only else list(SCENARIOS)
        reports = asyncio.run(_run_all(folder, watchdog, chosen, arguments.operations, arguments.faults, arguments.seed))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        watchdog.close()
    show(reports)
    return 0 if all(report.sound for report in reports) else 1


async def _run_all(folder: Path, watchdog: Watchdog, scenarios: list[str], operations: int, faults: int, seed: int) -> list[Report]:
    server = DatabaseServer(folder, watchdog)
    server.start()
    reports = []
    try:
        for number, name in enumerate(scenarios):
            (folder / name).mkdir(mode=0o755)
            async with opened(folder / name, server, watchdog, f"chaos_{number}") as world:
                reports.append(await run(world, name, operations, faults, seed + number))
            print(f"{name}: {'sound' if reports[-1].sound else 'NOT SOUND'}", file=sys.stderr)
    finally:
        server.stop()
    return reports


def show(reports: list[Report]) -> None:
    """Print the table, what is wrong, and the figures."""
    columns = (
        "scenario",
        "faults",
        "operations",
        "seconds",
        "unknown, resolved",
        "acknowledged, lost",
        "surprises",
        "decided again",
        "entries",
        "off",
    )
    table = Table(*columns, title=f"A bank of {CUSTOMERS} customers, two instances, one database")
    for report in reports:
        proof, faults = report.proof, ", ".join(f"{kind} {count}" for kind, count in sorted(report.faults.items()))
        figures = (report.operations, round(report.seconds), report.unknown_resolved, proof.acknowledged_lost, len(report.surprises))
        more = (proof.operations, proof.entries, proof.books_off_microcredits)
        table.add_row(report.name, faults or "none", *(f"{figure:,}" for figure in (*figures, *more)))
    Console(width=max(150, Console().width)).print(table)
    for report in reports:
        for problem in (*report.surprises[:_SHOWN_MAX], *report.proof.problems[:_SHOWN_MAX]):
            print(f"{report.name}: {problem}")
    faults = sum((report.faults for report in reports), Counter[str]())
    print(
        json.dumps(
            {
                "operations": sum(report.operations for report in reports),
                "acknowledged_lost": sum(report.proof.acknowledged_lost for report in reports),
                "unknown_resolved": sum(report.unknown_resolved for report in reports),
                "books_off_microcredits": sum(report.proof.books_off_microcredits for report in reports),
                "surprises": sum(len(report.surprises) for report in reports),
                "problems": sum(len(report.proof.problems) for report in reports),
                "decided_again": sum(report.proof.operations for report in reports),
                "faults": dict(sorted(faults.items())),
            }
        )
    )


if __name__ == "__main__":
    sys.exit(main())

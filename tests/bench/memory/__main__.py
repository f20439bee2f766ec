"""`make bench-memory`: searches and batch adds of the memory service beside what bounds them, as a table and, as the last line, one JSON object."""

import argparse
import json
import sys

from rich.console import Console
from rich.table import Table

from tests.bench.credit.server import durable_server
from tests.bench.memory import figures
from tests.bench.memory.calls import ADDING_CALLERS, BATCH_TEXTS
from tests.bench.memory.figures import BOUNDS, LARGE_MEMORIES, MEMORIES_EACH, SCOPES, Measured
from tests.bench.memory.replica_share import READS

_errors = Console(stderr=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__)
    parser.add_argument("--seconds", type=float, default=figures.SECONDS, help="how long each measurement of a round takes")
    parser.add_argument("--reads", type=int, default=READS, help="searches beside a replica, each of them checked")
    arguments = parser.parse_args()
    with durable_server() as server:
        measured = figures.measure(server, arguments.seconds, arguments.reads, _errors.print)
    show(measured)
    found = measured.figures()
    missed = [name for name, bound in BOUNDS.items() if not bound.holds(found[name])]
    print(json.dumps({**found, "missed": missed, "seconds": arguments.seconds}))
    return 1 if missed else 0


def show(measured: Measured) -> None:
    """Print the table."""
    table = Table(
        *("figure", "measured", "bound"),
        title=f"Memory: searches of {SCOPES:,} scopes of {MEMORIES_EACH}, and of one of {LARGE_MEMORIES:,}; batches of {BATCH_TEXTS} texts",
        caption="Every query is new. The floor of a search: its embedding, one bare cosine query of its scope, and an echo. "
        f"{ADDING_CALLERS} batches are under way at once, alone: one. fsync and synchronous_commit are on; no traces are exported.",
    )
    found = measured.figures()
    for name, value in found.items():
        bound = BOUNDS.get(name)
        table.add_row(name, f"{value:,}", "" if bound is None else f"{bound}{', met' if bound.holds(value) else ', missed'}")
    Console(width=max(110, Console().width)).print(table)


if __name__ == "__main__":
    sys.exit(main())

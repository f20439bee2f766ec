"""`make chaos`: every part of the long tier that breaks things on purpose, one after the other, each a process of its own.

Each part prints its table. Prints the figures of all of them as a table in the end and, as the last line, one JSON object of them. Ends with 1 where
a part did. `--parts bank,matrix` runs some only.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

PARTS: Mapping[str, Sequence[str]] = {
    "bank": (),
    "outage": (),
    "gateway": (),
    "matrix": ("--jobs", "2", "--write"),
    "kills": (),
    "rolling": (),
    "overload": (),
    "fuzz": (),
    "soak.maps": (),
    "soak": (),
}
"""Every part with its arguments. Those who want others run the part itself: python -m tests.chaos.kills --turns 100."""
_SUMMED = ("acknowledged_lost", "answered_twice", "books_off_microcredits", "stuck_holds", "overspend_beyond_lease")
"""Figures that several parts have, and that are bad wherever they are not 0."""

type Figures = Mapping[str, object]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    arguments = parser.parse_args()
    chosen = arguments.parts.split(",")
    if unknown := sorted(set(chosen) - set(PARTS)):
        parser.error(f"there is no part {unknown[0]}: the parts are {', '.join(PARTS)}")
    figures: dict[str, Figures] = {}
    failed = []
    for part in chosen:
        began_s = time.monotonic()
        status, figures[part] = _run(part, PARTS[part])
        if status:
            failed.append(part)
        print(f"{part}: {'FAILED' if status else 'sound'} after {time.monotonic() - began_s:.0f} s\n", file=sys.stderr)
    merged = merge(figures)
    _show(figures)
    print(json.dumps(merged | {"failed_parts": failed}))
    return 1 if failed else 0


def _run(part: str, arguments: Sequence[str]) -> tuple[int, Figures]:
    """Run one part; what it prints is passed on, and its last line is what it measured."""
    last = ""
    with subprocess.Popen([sys.executable, "-m", f"tests.chaos.{part}", *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line if line.strip() else last
    try:
        found = json.loads(last)
    except ValueError:
        found = {}
    return process.returncode or (0 if isinstance(found, dict) and found else 1), found if isinstance(found, dict) else {}


def merge(figures: Mapping[str, Figures]) -> dict[str, object]:
    """Return the figures of all parts as one: those that several have are summed where every one counts, or else the largest."""
    merged: dict[str, object] = {}
    for found in figures.values():
        for name, value in found.items():
            before = merged.get(name)
            if not isinstance(value, int | float) or not isinstance(before, int | float):
                merged[name] = value
            else:
                merged[name] = before + value if name in _SUMMED else max(before, value)
    return merged


def _show(figures: Mapping[str, Figures]) -> None:
    table = Table("part", "figure", "value", title="What was broken on purpose, and what came of it")
    for part, found in figures.items():
        for name, value in found.items():
            table.add_row(part, name, str(value))
    Console(width=100).print(table)


if __name__ == "__main__":
    sys.exit(main())

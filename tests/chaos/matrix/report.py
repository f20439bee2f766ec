"""What came of the cells: a table to read, a table for docs/resilience.md, and one line of figures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.credit.checks import Discrepancy
from tests.chaos.matrix.cells import WITHOUT_SENSE, Cell, Dependency, Fault, Moment
from tests.chaos.matrix.turns import Ran

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "resilience.md"
BEGIN, END = "<!-- the matrix begins -->", "<!-- the matrix ends -->"
RECOVERY_MAX_S = 10.0


@dataclass
class Results:
    """What came of a run."""

    runs: list[Ran] = field(default_factory=list)
    stuck_holds: int = 0
    books: list[Discrepancy] = field(default_factory=list)
    seconds: float = 0.0

    def add_books(self, problems: list[Discrepancy]) -> None:
        """Note in what the books disagree; each group looks at all of them."""
        self.books += [problem for problem in problems if problem not in self.books]

    @property
    def books_off_microcredits(self) -> int:
        return sum(abs(problem.difference_microcredits) for problem in self.books)

    @property
    def sound(self) -> bool:
        return all(ran.passed for ran in self.runs) and not self.stuck_holds and not self.books

    def figures(self) -> dict[str, float]:
        """The figures of the run, by name."""
        return {
            "matrix_cells": len(self.runs),
            "matrix_passed": sum(ran.passed for ran in self.runs),
            "acknowledged_lost": sum(ran.lost for ran in self.runs),
            "answered_twice": sum(max(ran.stored_twice, ran.shown_twice) for ran in self.runs),
            "books_off_microcredits": self.books_off_microcredits,
            "stuck_holds": self.stuck_holds,
            "recovery_s_max": round(max((ran.recovery_s for ran in self.runs), default=0.0), 1),
            "seconds": round(self.seconds),
        }


def _rows(results: Results) -> Iterator[list[str]]:
    by_cell = {ran.cell: ran for ran in results.runs}
    for dependency in Dependency:
        for fault in Fault:
            found = [by_cell.get(Cell(dependency, fault, moment)) for moment in Moment]
            if any(found):
                yield [dependency.replace("_", " "), fault.replace("_", " "), *(_field(ran) for ran in found)]


def _field(ran: Ran | None) -> str:
    if ran is None:
        return "-"
    return f"{'' if ran.passed else 'FAILED: '}{ran.seen}, {ran.took_s:.1f} s"


def show(results: Results) -> None:
    """Print the table, what went wrong, and the figures."""
    table = Table("dependency", "fault", *Moment, title="What a person gets")
    for row in _rows(results):
        table.add_row(*row)
    Console(width=max(170, Console().width)).print(table)
    for ran in results.runs:
        for problem in ran.problems:
            print(f"{ran.cell.name}: {problem}")
    for discrepancy in results.books:
        print(f"books: {discrepancy}")
    print(json.dumps(results.figures()))


def write(results: Results) -> None:
    """Put the table between the marks in docs/resilience.md."""
    head = ["dependency", "fault", *Moment]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in _rows(results))]
    figures = results.figures()
    summary = ", ".join(f"`{name}` {value}" for name, value in figures.items())
    without = [f"- {dependency} {fault}: {reason}." for (dependency, fault), reason in WITHOUT_SENSE.items()]
    made = "\n".join([f"The last run: {summary}.", "", *lines, "", "Not run, because it makes no sense:", "", *without])
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}")

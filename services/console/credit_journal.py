"""The journal in a file: `parlour credit export` writes it, `parlour credit verify` checks it without any service."""

import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

import grpc
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.console.lines import visible
from services.credit.client import batch_line, heads_line, verify_journal

EXPORT_S = 12 * 3600.0


class BrokenExport(Exception):
    """The journal did not come whole; the message is a sentence."""


def export(channel: grpc.Channel, console: Console, path: Path, since: datetime | None = None, until: datetime | None = None) -> None:
    """Write the journal to a file, which appears when it is whole. Raises grpc.RpcError, OSError and BrokenExport."""
    request = pb.ExportEntriesRequest()
    for field, at in (("from", since), ("to", until)):
        if at is not None:
            getattr(request, field).FromDatetime(at)
    responses = pb_grpc.CreditAdminServiceStub(channel).ExportEntries(request, timeout=EXPORT_S)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file, _progress(console) as progress:
            batches, entries = _write(file, responses, progress, since, until)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    console.print(f"{batches:,} batches with {entries:,} entries are in {path}.", markup=False, highlight=False)


def verify(console: Console, path: Path) -> int:
    """Check an exported journal and print what is wrong with it, by name; return the exit status: 1 where there is something. Raises OSError."""
    with path.open(encoding="utf-8", errors="replace") as file:
        found = verify_journal(file)
    console.print(f"{found.batches:,} batches with {found.entries:,} entries were checked.", highlight=False)
    if not found.problem_count:
        console.print("Every batch is its entries, follows the one before, and leads to the head of its chain.")
        return 0
    for problem in found.problems:
        console.print(f"{problem.name}: {visible(problem.detail)}", markup=False, highlight=False, soft_wrap=True)
    if found.problem_count > len(found.problems):
        console.print(f"... and {found.problem_count - len(found.problems):,} more.", highlight=False)
    console.print(f"{found.problem_count:,} problems.", highlight=False)
    return 1


def _write(
    file: TextIO, responses: Iterator[pb.ExportEntriesResponse], progress: Progress, since: datetime | None, until: datetime | None
) -> tuple[int, int]:
    batches = entries = 0
    task = progress.add_task("", batches="0", entries="0")
    whole = False
    for response in responses:
        for batch in response.batches:
            file.write(batch_line(batch))
            entries += len(batch.entries)
        batches += len(response.batches)
        if response.heads:
            file.write(heads_line(response.heads, since, until))
            whole = True
        progress.update(task, batches=f"{batches:,}", entries=f"{entries:,}")
    if not whole:
        raise BrokenExport("The journal broke off before its end: nothing was written.")
    return batches, entries


def _progress(console: Console) -> Progress:
    """On a terminal, how far it has come; nobody knows how far it goes, for the ends come last."""
    columns = (SpinnerColumn(), TextColumn("{task.fields[batches]} batches, {task.fields[entries]} entries"), TimeElapsedColumn())
    return Progress(*columns, console=Console(file=sys.stderr) if console.is_terminal else console, transient=True, disable=not console.is_terminal)

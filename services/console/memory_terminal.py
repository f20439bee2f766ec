"""What a memory command says beside its answer, all of it on standard error: questions, and how far long work has come."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def agreed(question: str) -> bool:
    """Ask; anything but yes is no, and so is nobody who answers."""
    return _answer(f"{question} (y/N) ").lower() in ("y", "yes")


def typed_again(question: str, expected: str) -> bool:
    """Ask for what was typed before, so that nobody confirms it by habit."""
    return _answer(f"{question} ") == expected


def progress_bar() -> Progress:
    """A bar for work whose end is known; where standard error is no terminal there is none."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=_standard_error(), transient=True, disable=not sys.stderr.isatty())


def remark(text: str) -> None:
    """Say something that belongs to no answer."""
    print(text, file=sys.stderr, flush=True)


def _answer(question: str) -> str:
    try:
        return _standard_error().input(question, markup=False).strip()
    except EOFError:
        return ""
    finally:
        if not sys.stdin.isatty():
            remark("")  # nobody's return key has ended the line


def _standard_error() -> Console:
    return Console(file=sys.stderr, soft_wrap=True)

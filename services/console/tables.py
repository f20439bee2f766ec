"""How answers are laid out: wide enough to be read by programs, and ids whole, so that they can be copied."""

import sys

from rich.console import Console
from rich.table import Column

_PIPE_WIDTH = 240


def console() -> Console:
    """The terminal as wide as it is; where there is none, a line as long as a table needs."""
    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)


def id_column(name: str) -> Column:
    """A column that other commands are given values of: never cut, other columns make room for it."""
    return Column(name, no_wrap=True, overflow="fold")

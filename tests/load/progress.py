"""How a run is going: a few lines that stay in place on a terminal, or a line every ten seconds elsewhere. All of it on standard error."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tests.load.tally import Tally, error_counts, percentile_ms

_REFRESH_S = 0.5
_LINE_S = 10.0
_ERRORS_SHOWN = 4


class Progress:
    """The display of one run. It reads the tally and changes nothing."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)

    def say(self, text: str) -> None:
        """Something that stays."""
        self._console.print(text, highlight=False, soft_wrap=True)

    @contextmanager
    def watching(self, name: str, tally: Tally, scheduled: int, seconds: float) -> Iterator[None]:
        """Show how a tally grows while the block lasts. Call it inside the running loop."""
        showing = asyncio.create_task(self._show(name, tally, scheduled, seconds))
        try:
            yield
        finally:
            showing.cancel()

    async def _show(self, name: str, tally: Tally, scheduled: int, seconds: float) -> None:
        began_s = time.monotonic()
        if not self._console.is_terminal:
            while True:
                await asyncio.sleep(_LINE_S)
                self.say(line(name, tally, scheduled, time.monotonic() - began_s))
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(drawn(name, tally, scheduled, time.monotonic() - began_s, seconds), refresh=True)
                await asyncio.sleep(_REFRESH_S)


def lately(tally: Tally, at_s: float) -> tuple[float, float, float, float]:
    """Return what the last whole windows of some five seconds say: messages due and turns a second, p50 and p99 in milliseconds."""
    last = min(int(at_s / tally.window_s), len(tally.windows))
    windows = tally.windows[max(0, last - max(1, round(5 / tally.window_s))) : last] or tally.windows[:1]
    seconds = len(windows) * tally.window_s
    answers = [window.answers for window in windows if window.answers.get_total_count()]
    p50, p99 = (max((percentile_ms(one, at) for one in answers), default=0.0) for at in (50, 99))
    return sum(window.due for window in windows) / seconds, sum(window.turns for window in windows) / seconds, p50, p99


def line(name: str, tally: Tally, scheduled: int, at_s: float) -> str:
    """The state in one line."""
    offered, turns, p50, p99 = lately(tally, at_s)
    return (
        f"{name} {at_s:5.0f} s: {tally.due:,} of {scheduled:,} messages, {offered:.1f}/s due, {turns:.1f} turns/s, {tally.in_flight} in flight, "
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, {tally.errors:,} errors"
    )


def drawn(name: str, tally: Tally, scheduled: int, at_s: float, seconds: float) -> RenderableType:
    """The state as it is shown on a terminal."""
    offered, turns, p50, p99 = lately(tally, at_s)
    figures = Table.grid(padding=(0, 3))
    figures.add_row("messages", f"{tally.due:,} of {scheduled:,}", "in flight", f"{tally.in_flight:,}", "p50", f"{p50:,.0f} ms")
    figures.add_row("due", f"{offered:.1f}/s", "turns", f"{turns:.1f}/s", "p99", f"{p99:,.0f} ms")
    wrong = [f"{count:,} {what}" for what, count in list(error_counts(tally.outcomes).items())[:_ERRORS_SHOWN]]
    errors = Text(f"errors: {', '.join(wrong)}", style="red") if wrong else Text("no errors", style="green")
    heading = Text(f"{name}, {min(at_s, seconds):.0f} of {seconds:.0f} s", style="bold")
    return Group(heading, ProgressBar(total=seconds, completed=min(at_s, seconds), width=72), figures, errors)

"""How an answer is shown: to a person at a terminal, or to a program that reads lines."""

import sys
from collections.abc import Iterable, Iterator
from typing import Protocol, TextIO

from rich.console import Console

from parlour.gateway.v1 import gateway_pb2
from services.console.amounts import credits_text
from services.console.lines import folded, read_lines, visible

PROMPT = "you> "
NAME = "parlour> "


class Screen(Protocol):
    """What a chat needs of wherever it runs."""

    def lines(self) -> Iterator[tuple[str, int]]:
        """Give the lines of input, with their lengths."""

    def delta(self, text: str) -> None:
        """Show more of an answer."""

    def answer(self, text: str, streamed: str) -> None:
        """End an answer, of which `streamed` was shown before."""

    def remark(self, text: str) -> None:
        """Say something beside an answer."""

    def confirm(self, question: str) -> bool | None:
        """Ask a yes-or-no question; None where nobody can be asked."""


class Terminal:
    """A person at a terminal: text streams, and what is beside it is dim."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._streaming = False

    def lines(self) -> Iterator[tuple[str, int]]:
        """Give what the person types, until Ctrl-D or Ctrl-C."""
        while True:
            try:
                line = self._console.input(f"[bold cyan]{PROMPT}[/]")
            except (EOFError, KeyboardInterrupt):
                self._console.out("")
                return
            yield line, len(line)

    def delta(self, text: str) -> None:
        """Show it at once."""
        if not self._streaming:
            self._console.print(f"[bold green]{NAME}[/]", end="")
            self._streaming = True
        self._console.out(visible(text), end="", highlight=False)

    def answer(self, text: str, streamed: str) -> None:
        """Show what was not streamed."""
        if streamed and not text.startswith(streamed):
            self._end_line()
            streamed = ""
        if text[len(streamed) :]:
            self.delta(text[len(streamed) :])
        self._end_line()

    def remark(self, text: str) -> None:
        """Show it dimly, on a line of its own."""
        self._end_line()
        self._console.print(visible(text), style="dim", markup=False)

    def confirm(self, question: str) -> bool | None:
        """Ask; anything but yes is no."""
        try:
            return self._console.input(f"{question} (y/N) ", markup=False).strip().lower() in ("y", "yes")
        except (EOFError, KeyboardInterrupt):
            return False

    def _end_line(self) -> None:
        if self._streaming:
            self._console.out("")
            self._streaming = False


class Pipe:
    """A program: one line of output for each line of input, everything else on standard error."""

    def __init__(self, source: TextIO = sys.stdin, out: TextIO = sys.stdout, err: TextIO = sys.stderr) -> None:
        self._source = source
        self._out = out
        self._err = err

    def lines(self) -> Iterator[tuple[str, int]]:
        """Give the lines until the end of input."""
        return read_lines(self._source)

    def delta(self, text: str) -> None:
        """Wait for the whole answer."""

    def answer(self, text: str, streamed: str) -> None:
        """Write the answer as one line."""
        print(f"{NAME}{folded(text or streamed)}", file=self._out, flush=True)

    def remark(self, text: str) -> None:
        """Write it to standard error."""
        print(folded(text), file=self._err, flush=True)

    def confirm(self, question: str) -> bool | None:
        """Nobody is there; the next line may say yes."""
        return None


def remarks(final: gateway_pb2.Final) -> list[str]:
    """What to say beside an answer: what was remembered and recalled, what it cost, what is left."""
    said = [f"remembered: {memory.text}" for memory in final.remembered]
    parts = []
    if final.memories_used:
        parts.append(f"{final.memories_used} {_plural(final.memories_used, 'memory', 'memories')} used")
    if final.outcome in (gateway_pb2.Final.OUTCOME_ANSWERED, gateway_pb2.Final.OUTCOME_CUT):
        parts.append(f"cost {credits_text(final.charged_microcredits)} credits")
    if final.balance_known:
        parts.append(f"{credits_text(final.available_microcredits)} left")
    if final.model:
        parts.append(final.model)
    if final.replayed:
        parts.append("answered before")
    return [*said, *_joined(parts)]


def _joined(parts: Iterable[str]) -> list[str]:
    text = " · ".join(parts)
    return [text] if text else []


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many

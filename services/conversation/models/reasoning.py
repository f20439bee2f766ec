"""Tells a reasoning model's thoughts, in <think> marks inside its text, from what it says. Pure."""

from dataclasses import dataclass

_OPEN, _CLOSE = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Told:
    """A piece of a model's output: what it says and what it only thinks, marks included."""

    text: str = ""
    thought: str = ""


class ThoughtFilter:
    """Takes output as it comes. A mark may be split over any number of pieces; thoughts that never end hide all that follows.

    A model whose template writes the first mark into the prompt must be served with its thoughts apart (reasoning_content): its output does not say
    where they begin.
    """

    def __init__(self) -> None:
        self._thinking = False
        self._held = ""  # the beginning of what may become a mark
        self._spoken = False

    def take(self, piece: str) -> Told:
        """Return what the piece, and what was held back before it, turn out to be."""
        rest, self._held = self._held + piece, ""
        said: dict[bool, list[str]] = {False: [], True: []}
        while rest:
            mark = _CLOSE if self._thinking else _OPEN
            before, found, after = rest.partition(mark)
            if found:
                said[self._thinking].append(before)
                said[True].append(mark)
                self._thinking = not self._thinking
                rest = after
            else:
                cut = len(rest) - _overlap(rest, mark)
                said[self._thinking].append(rest[:cut])
                self._held, rest = rest[cut:], ""
        return Told(self._said("".join(said[False])), "".join(said[True]))

    def end(self) -> Told:
        """Return what was held back: it never became a mark."""
        held, self._held = self._held, ""
        return Told(thought=held) if self._thinking else Told(text=self._said(held))

    def _said(self, text: str) -> str:
        """Drop the empty lines between thoughts and the first word."""
        if not self._spoken:
            text = text.lstrip()
            self._spoken = bool(text)
        return text


def _overlap(text: str, mark: str) -> int:
    """Return how many characters at the end of the text begin the mark."""
    return next((size for size in range(min(len(mark) - 1, len(text)), 0, -1) if mark.startswith(text[-size:])), 0)

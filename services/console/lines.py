"""What a person typed, made fit to send; what was answered, made fit to show. Pure."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from rich.markup import escape

LINE_CHARACTERS_MAX = 8000  # what the gateway accepts
_READ_CHARACTERS_MAX = 65_536


@dataclass(frozen=True)
class Line:
    """One line of input. `problem` is a sentence that says why it cannot be sent; `remark` what was changed about it."""

    text: str = ""
    problem: str = ""
    remark: str = ""


def checked(raw: str, length: int | None = None) -> Line:
    """Check one line. `length` is that of the whole line where `raw` is only its beginning."""
    length = len(raw) if length is None else length
    if length > LINE_CHARACTERS_MAX:
        return Line(problem=f"That line has {length:,} characters and the limit is {LINE_CHARACTERS_MAX:,}: please send less at once.")
    text = visible(raw.replace("\t", " ")).strip()
    removed = length - len(visible(raw))
    if not text:
        what = "nothing but control characters" if removed else "nothing"
        return Line(problem=f"That line holds {what}: write a message, or /help.")
    plural = "s were" if removed > 1 else " was"
    return Line(text=text, remark=f"{removed:,} control character{plural} removed from that line." if removed else "")


def visible(text: str) -> str:
    """The text without control characters and lone surrogates, which could drive a terminal; line breaks and tabs stay."""
    return "".join(character for character in text if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs"))


def folded(text: str) -> str:
    """The text on one line."""
    return " ".join(visible(text).split())


def cell(text: str) -> str:
    """The text for a table of rich: what others wrote is no markup."""
    return escape(visible(text))


def read_lines(stream: TextIO) -> Iterator[tuple[str, int]]:
    """Give each line without its end, cut to a bounded beginning, and its whole length."""
    while part := stream.readline(_READ_CHARACTERS_MAX):
        beginning, length = part.rstrip("\r\n"), len(part.rstrip("\r\n"))
        while not part.endswith("\n") and (part := stream.readline(_READ_CHARACTERS_MAX)):
            length += len(part.rstrip("\r\n"))
        yield beginning, length

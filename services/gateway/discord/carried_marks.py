"""Spoilers and quotes that go on where a message ends: closed there, and opened again in the next. Pure.

Discord hides what stands between two pairs of bars, line breaks and all, and shows bars that have no partner in the same message; ">>> " quotes
all that follows it in its message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

BARS = "||"
QUOTE_ALL = ">>> "
CARRIED_MAX = len(QUOTE_ALL) + 2 * len(BARS)
"""How many characters a message grows by at most."""

# Code comes first: what looks like a mark in it is none.
_marks = re.compile(
    r"```[\s\S]*?(?:```|\Z)|(?<!`)(?P<ticks>``?)(?!`)[\s\S]+?(?<!`)(?P=ticks)(?!`)|(?P<quote>^ *>>> (?=\S))|(?P<bars>\|\|)",
    re.MULTILINE,
)
_quote_begin = re.compile(r" *> ")
_opening = re.compile(r"(?<![A-Za-z0-9|\\])\|\|(?=[^\s|])")
_opening_line = re.compile(r"^(?: *>>?>? )?\|\|(?=[ \t]*\n)", re.MULTILINE)
_goes_on = re.compile(r"\s*\S")
_blank_begin = re.compile(r"\A\s*\n")


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open at a place. `spoiler_in_quote`: the spoiler began in a quote of single lines."""

    spoiler: bool = False
    spoiler_in_quote: bool = False
    quote: bool = False


def carried_over(pages: Sequence[str]) -> list[str]:
    """Return the messages of a text with their marks complete, each longer by at most CARRIED_MAX. One that held only a mark is left out.

    An opening pair of bars touches what it hides and no word before it: `a || b` is an "or". A last one that nothing closes is closed.
    """
    if not any(BARS in page or QUOTE_ALL in page for page in pages):
        return list(pages)
    shown, now = [], _Open()
    for number, page in enumerate(pages):
        text, now = _with_marks(page, now, is_last=number == len(pages) - 1)
        if text:
            shown.append(text)
    return shown


def closed(text: str) -> str:
    """Return a text in which no spoiler is open at the end."""
    return text + BARS if BARS in text and _after(text, _Open(), is_last=True)[0].spoiler else text


def _with_marks(page: str, before: _Open, *, is_last: bool) -> tuple[str, _Open]:
    """A message with its marks and what is open behind it; empty, if it held only bars that belong to its neighbour."""
    head, body = _parted(page, in_quote=before.spoiler_in_quote)
    inside = before
    if before.spoiler and body.startswith(BARS):
        # The spoiler ended with the message before, whose end has bars of its own.
        body, inside = _blank_begin.sub("", body[len(BARS) :]), _Open(quote=before.quote)
    after, opened_at = _after(head + body, inside, is_last=is_last)
    if after.spoiler and 0 <= opened_at == len(head + body) - len(BARS):
        body = body.removesuffix(BARS).rstrip()  # it begins with the next message
    elif after.spoiler:
        body += BARS
    if not body.strip():
        return "", after
    return (QUOTE_ALL if before.quote else "") + head + (BARS if inside.spoiler else "") + body, after


def _parted(page: str, *, in_quote: bool) -> tuple[str, str]:
    quote = _quote_begin.match(page) if in_quote else None
    begin = quote.end() if quote is not None else 0
    return page[:begin], page[begin:]


def _after(page: str, before: _Open, *, is_last: bool) -> tuple[_Open, int]:
    """What is open at the end of a message, and where the last spoiler was opened in it; -1: before it."""
    text = page if is_last else page + "\n"
    spoiler, in_quote, quote, opened_at = before.spoiler, before.spoiler_in_quote, before.quote, -1
    for mark in _marks.finditer(text):
        if mark["quote"]:
            quote = True
        elif mark["bars"] and spoiler:
            spoiler = False
        elif mark["bars"] and _opens(text, mark.start(), is_last=is_last):
            line = text.rfind("\n", 0, mark.start()) + 1
            spoiler, opened_at, in_quote = True, mark.start(), _quote_begin.match(text, line) is not None
    return _Open(spoiler, spoiler and in_quote, quote), opened_at


def _opens(text: str, at: int, *, is_last: bool) -> bool:
    if _opening.match(text, at):
        return True
    line = text.rfind("\n", 0, at) + 1
    alone = _opening_line.match(text, line)
    return alone is not None and alone.end() == at + len(BARS) and not (is_last and not _goes_on.match(text, alone.end()))

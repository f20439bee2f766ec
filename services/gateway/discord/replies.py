"""Long answers as messages that Discord accepts. Pure.

A code block, a list or a table that fits into one message is never broken. A longer code block is broken between lines and fenced again, a longer
list between items, a longer table between rows; prose breaks at paragraphs, lines, sentences, words, and not inside a link. Only what has no such
place is cut hard. Spoilers and quotes go on over the end of a message (carried_marks).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.gateway.discord.carried_marks import BARS, CARRIED_MAX, QUOTE_ALL, carried_over, closed
from services.gateway.readable_text import joined

LIMIT = 2000
LIMIT_MIN = 100  # below it a re-opened code block would have no room
FENCE = "```"
_JOINED_BACK_MAX = 32

_language = re.compile(r"([A-Za-z0-9_+\-.#]{1,32})\n")
_row = re.compile(r"[ \t]{0,3}\|(?!\|\S)")  # two bars before a word begin a spoiler
_quoted = re.compile(r" {0,3}(?:>|>>>) (?=\s*\S)")
# Bounded, so that a text of many brackets is not looked through again and again. Behind the link: what no space parts from it.
_link = re.compile(r"\[[^\[\]\n]{1,300}\]\((?:[^()\s]|\([^()\s]{0,200}\)){1,1500}(?: \"[^\"\n]{0,200}\")?\)")
_item = re.compile(r"\s{0,12}(?:[-*+•]|\d{1,9}[.)])\s+\S")
_lines = re.compile(r"[^\n]*\n|[^\n]+")
_sentence_end = re.compile(r"[.!?…]\s+")
_words = re.compile(r"\S+\s*|\s+")
_paragraphs = re.compile(r"(?:[^\n]*\S[^\n]*\n?)+\s*|\s+")


class _Kind(StrEnum):
    PROSE = "prose"
    LIST = "list"
    TABLE = "table"
    FENCE = "fence"


@dataclass(frozen=True, slots=True)
class _Block:
    """A part of the source; the parts joined are the source. An unclosed fence has `closed` False."""

    kind: _Kind
    text: str
    closed: bool = True

    def whole(self) -> str:
        """The text, with an unclosed fence closed."""
        if self.closed:
            return self.text
        return self.text + ("" if self.text.endswith("\n") else "\n") + FENCE


def split_for_discord(text: str, *, limit: int = LIMIT) -> list[str]:
    """Split `text` into messages of at most `limit` (100 or more) characters. A blank text gives none.

    Only white space at the ends of messages is lost. Where a code block, a spoiler or a quote is broken, its marks are added: each message has its
    own pairs.
    """
    if limit < LIMIT_MIN:
        raise ValueError(f"limit must be at least {LIMIT_MIN}")
    pages = carried_over(_split(text, limit))
    return pages if all(len(page) <= limit for page in pages) else carried_over(_split(text, limit - CARRIED_MAX))


def _split(text: str, limit: int) -> list[str]:
    pages = _Pages(limit)
    for block in _blocks(text):
        _place(pages, block)
    return pages.finished()


def with_notices(text: str, notices: Sequence[str]) -> str:
    """Return the answer with the notices under it in Discord's small print, outside of code and spoilers that it may end in."""
    small = "\n".join(f"-# {line}" for notice in notices for line in notice.splitlines() if line.strip())
    if not small:
        return text
    if not text.strip():
        return small
    if text.count(FENCE) % 2:
        text = _Block(_Kind.FENCE, text, closed=False).whole()
    return f"{closed(text)}\n\n{small}"


class _Pages:
    """Messages being filled one after the other."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._done: list[str] = []
        self._current = ""

    @property
    def room(self) -> int:
        return self.limit - len(self._current)

    @property
    def used(self) -> int:
        return len(_trimmed(self._current))

    def fits(self, text: str) -> bool:
        return len(_trimmed(self._current + text)) <= self.limit

    def add(self, text: str, *, begun_with: str = "") -> None:
        """Add a text that by itself fits into a page; should it begin one, `begun_with` goes before it."""
        if not self.fits(text):
            self.flush()
            text = begun_with + text
        self._current += text

    def flush(self) -> None:
        """Begin a new page."""
        page = _trimmed(self._current)
        if page:
            self._done.append(page)
        self._current = ""

    def finished(self) -> list[str]:
        self.flush()
        return self._done


def _trimmed(page: str) -> str:
    """Without blank lines in front (indentation stays) and without white space behind."""
    return re.sub(r"\A\s*\n", "", page).rstrip()


def _blocks(text: str) -> Iterator[_Block]:
    """Like Discord, take every ``` as the begin or end of a code block, wherever it stands."""
    at = 0
    while (opening := text.find(FENCE, at)) >= 0:
        yield from _prose_blocks(text[at:opening])
        closing = text.find(FENCE, opening + len(FENCE))
        at = closing + len(FENCE) if closing >= 0 else len(text)
        yield _Block(_Kind.FENCE, text[opening:at], closed=closing >= 0)
    yield from _prose_blocks(text[at:])


def _prose_blocks(text: str) -> Iterator[_Block]:
    """Lists, tables and what lies between them."""
    lines = _lines.findall(text)
    start = 0
    while start < len(lines):
        kind, end = _block_at(lines, start)
        joined = "".join(lines[start:end])
        if kind is _Kind.PROSE:
            yield from (_Block(kind, paragraph) for paragraph in _paragraphs.findall(joined))
        else:
            yield _Block(kind, joined)
        start = end


def _block_at(lines: Sequence[str], start: int) -> tuple[_Kind, int]:
    """The kind of the block that begins at a line, and its end."""
    if _item.match(lines[start]):
        return _Kind.LIST, _list_end(lines, start)
    in_table = _row.match(lines[start]) is not None
    for at in range(start + 1, len(lines)):
        if (not _row.match(lines[at])) if in_table else (_item.match(lines[at]) or _row.match(lines[at])):
            return (_Kind.TABLE if in_table else _Kind.PROSE), at
    return (_Kind.TABLE if in_table else _Kind.PROSE), len(lines)


def _list_end(lines: Sequence[str], start: int) -> int:
    """The end of a list: items, their indented lines, and blank lines between items."""
    end = start + 1
    for at in range(start + 1, len(lines)):
        if not lines[at].strip():
            continue
        if not _item.match(lines[at]) and not lines[at][0].isspace():
            break
        end = at + 1
    return end


def _place(pages: _Pages, block: _Block) -> None:
    text = block.whole()
    if pages.fits(text):
        pages.add(text)
    elif len(_trimmed(text)) <= pages.limit and (block.kind is not _Kind.PROSE or pages.used >= pages.limit // 2):
        pages.flush()
        pages.add(text)
    elif block.kind is _Kind.FENCE:
        _place_long_fence(pages, block)
    elif block.kind is _Kind.LIST:
        _place_long_list(pages, block.text)
    else:
        _place_prose(pages, block.text)


def _place_prose(pages: _Pages, text: str) -> None:
    if len(text) <= pages.limit:
        pages.add(text)
        return
    for line in _lines.findall(text):
        _place_line(pages, line)


def _place_line(pages: _Pages, line: str) -> None:
    """A line that has to be broken stays a quote in all of its parts, if it is one; what quotes all that follows is carried over anyway."""
    quote = _quoted.match(line) if len(line) > pages.limit else None
    mark = quote.group() if quote is not None else ""
    begin, begun_with = mark, ""
    for unit in _units(line[len(mark) :], pages.limit - len(mark), (_sentences, _words_and_links, _words.findall)):
        pages.add(begin + unit, begun_with=begun_with)
        begin, begun_with = "", "" if QUOTE_ALL in mark else mark


def _place_long_list(pages: _Pages, text: str) -> None:
    for item in _items(text):
        if len(_trimmed(item)) <= pages.limit:
            pages.add(item)
        else:
            _place_prose(pages, item)


def _items(text: str) -> Iterator[str]:
    current = ""
    for line in _lines.findall(text):
        if current and _item.match(line):
            yield current
            current = ""
        current += line
    yield current


def _place_long_fence(pages: _Pages, block: _Block) -> None:
    """Break a code block between lines; each part is fenced with the block's language."""
    body = block.text[len(FENCE) : -len(FENCE)] if block.closed else block.text[len(FENCE) :]
    named = _language.match(body)
    opening = FENCE + (named.group(0) if named else "\n")
    body = body[named.end() :] if named else body
    overhead = len(opening) + len(FENCE) + 1
    if pages.room < max(pages.limit // 4, 2 * overhead):
        pages.flush()
    part = ""
    room = pages.room - overhead
    for line in _units(body, pages.limit - overhead, (_lines.findall,)):
        if part and len(part) + len(line) > room:
            pages.add(_fenced(opening, part))
            pages.flush()
            part, room = "", pages.limit - overhead
        part += line
    pages.add(_fenced(opening, part))


def _fenced(opening: str, body: str) -> str:
    return f"{opening}{body.removesuffix('\n')}\n{FENCE}"


def _units(text: str, size_max: int, splitters: Sequence[Callable[[str], Iterable[str]]]) -> Iterator[str]:
    """Break into units of at most `size_max`, white space behind them aside, by the first splitter that manages; the last resort is a cut."""
    if len(text) <= size_max:
        yield text
    elif not splitters:
        yield from _cut(text, size_max)
    else:
        for unit in splitters[0](text):
            yield from _units(unit, size_max, splitters[1:])


def _sentences(text: str) -> Iterator[str]:
    yield from _between(text, (end.end() for end in _sentence_end.finditer(text)))


def _words_and_links(text: str) -> Iterator[str]:
    yield from _between(text, (word.end() for word in _words.finditer(text)))


def _between(text: str, ends: Iterable[int]) -> Iterator[str]:
    """Break a text at these places, but inside no link."""
    links = iter([found.span() for found in _link.finditer(text)])
    link, start = next(links, None), 0
    for end in ends:
        while link is not None and link[1] <= end:
            link = next(links, None)
        if end > start and not (link is not None and link[0] < end):
            yield text[start:end]
            start = end
    if start < len(text):
        yield text[start:]


def _cut(text: str, size_max: int) -> Iterator[str]:
    while len(text) > size_max:
        at = _cut_at(text, size_max)
        yield text[:at]
        text = text[at:]
    yield text


def _cut_at(text: str, size_max: int) -> int:
    """Where to cut so that no sign is torn, if it begins near: a letter with its accents, an emoji of several characters, a flag, the bars."""
    at = size_max
    while size_max - at < _JOINED_BACK_MAX and (joined(text, at) or text[at - 1 : at + 1] == BARS):
        at -= 1
    return size_max if size_max - at >= _JOINED_BACK_MAX else at

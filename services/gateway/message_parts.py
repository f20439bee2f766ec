"""Which parts of a long message are meant for the assistant. Pure.

A message is cut where it turns to somebody else ("@Bob can you ...? Parlour, what is ...?"), where it turns to the assistant again, and where it
lists questions, one a line or with numbers. What follows a part belongs to it until somebody else is named; what stands before everybody who is named
belongs to the first part, if that is for the assistant. A paragraph that asks something is for the assistant again where the message began with it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.gateway.part_cues import MATERIAL, Address, Addresses, Audience, For, Layout, asks, ends_asking, layout_of
from services.gateway.readable_text import beginning, without_reordering

_NUMBERED = re.compile(r"[*_]{0,2}\(?(?P<number>\d{1,2})[.):][*_]{0,2}(?:[ \t]+|\)[ \t]*)")
_LETTERED = re.compile(r"\(?(?P<letter>[a-hA-H])[.)][ \t]+")
_BULLET = re.compile(r"[-*•+–][ \t]+(?:\[[ xX]\][ \t]+)?")
_GOES_ON = re.compile(r"(?:or|and|but|because|so|then|if|otherwise|maybe|oder|und|aber|weil)\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_TICKS = re.compile(r"`+")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a message. The texts of all its parts, one after the other, are the message.

    `said`: what is asked in it, without the assistant's name in front or the number of a list. `quote`: its beginning on one line, empty where all
    of a message is one part.
    """

    addressee: For
    text: str
    said: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class _Stretch:
    addressee: For
    start: int
    end: int
    said_from: int
    quote_from: int


def split(text: str, audience: Audience, *, characters_min: int, quote_characters_max: int) -> tuple[Part, ...]:
    """Return the parts of a message in order; one, without a quote, where all of it is to be answered as a whole.

    That is so for a message of fewer than `characters_min` characters, one that is all for the assistant and lists no questions, and one in which
    nothing seems to be for the assistant: somebody decided that it is.
    """
    whole = (Part(For.US, text, text.strip()),)
    if len(text) < characters_min:
        return whole
    layout = layout_of(text)
    stretches = [piece for stretch in _by_addressee(text, layout, audience) for piece in _questions(text, layout, stretch)]
    own = [stretch for stretch in stretches if stretch.addressee is For.US and text[stretch.said_from : stretch.end].strip()]
    if not own or len(stretches) == 1:
        return whole
    return tuple(_part(text, stretch, quote_characters_max) for stretch in stretches)


def own_parts(parts: Sequence[Part]) -> list[Part]:
    """Return the parts that are for the assistant and say something."""
    return [part for part in parts if part.addressee is For.US and part.said]


def for_others(parts: Sequence[Part]) -> bool:
    """Whether a part is for somebody else."""
    return any(part.addressee is not For.US for part in parts)


def _part(text: str, stretch: _Stretch, quote_characters_max: int) -> Part:
    whole = text[stretch.start : stretch.end]
    if stretch.addressee is not For.US:
        return Part(stretch.addressee, whole, whole.strip())
    said = text[stretch.said_from : stretch.end].strip()
    return Part(stretch.addressee, whole, said, _quote(text[stretch.quote_from : stretch.end], quote_characters_max))


def _quote(text: str, characters_max: int) -> str:
    """Return the beginning of a part on one line, with nothing in it that would go on behind it: no code left open, no spoiler torn open."""
    paragraph = _PARAGRAPH.split(text.lstrip("> \t\n"), maxsplit=1)[0]
    plain = _TICKS.sub(lambda ticks: "" if len(ticks.group()) > 2 else ticks.group(), without_reordering(paragraph))
    quote = beginning(plain, characters_max)
    if quote.count("||") % 2:
        quote = quote[: quote.rindex("||")].rstrip() + " …"
    return " ".join(quote.replace("`", "").split()) if quote.count("`") % 2 else quote


# Whom it turns to.


def _by_addressee(text: str, layout: Layout, audience: Audience) -> list[_Stretch]:
    addresses = Addresses(audience)
    named = [start for start in layout.starts if addresses.ours_at(text, start)]
    if audience.alone:
        return [_Stretch(For.US, 0, len(text), _said_from(text, addresses), _said_from(text, addresses))]
    # A message that names the assistant somewhere is for it from there on; one that does not was for it from the beginning.
    begins = For.US if audience.replied or not named else None
    found: list[tuple[int, Address]] = []
    worked_on = MATERIAL.search(text)
    material_from, quoted_to = worked_on.start() if worked_on else len(text), 0
    for start in layout.starts:
        unknown = start < material_from
        address = addresses.at(text, start, by_comma=unknown, by_label=unknown and bool(named) and start in layout.line_starts)
        for_us = begins is For.US if not found else found[-1][1].addressee is For.US
        if address is not None and address.addressee is not For.US and for_us:
            # "What does this mean:" and then whatever: that is what it is about, up to the end of the paragraph.
            if text[:start].rstrip().endswith(":"):
                quoted_to = next((end for end in layout.paragraph_starts if end > start), len(text))
            address = address if start >= quoted_to else None
        if address is None and begins is For.US and found and found[-1][1].addressee is not For.US and _new_question(text, layout, start):
            address = Address(For.US, start)
        # "@Bob @Anna can you ...": inside of the address before there is no other.
        if address is not None and (not found or start >= found[-1][1].end):
            found.append((start, address))
    return _stretches(text, found, begins)


def _said_from(text: str, addresses: Addresses) -> int:
    address = addresses.ours_at(text, 0)
    return address.end if address is not None else 0


def _new_question(text: str, layout: Layout, start: int) -> bool:
    """Whether a paragraph starts here that asks something."""
    if start not in layout.paragraph_starts:
        return False
    end = _PARAGRAPH.search(text, start)
    return asks(text[start : end.start() if end else len(text)])


def _stretches(text: str, found: Sequence[tuple[int, Address]], begins: For | None) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    first = found[0][0] if found else len(text)
    if first > 0:
        ours = begins is For.US or not found or found[0][1].addressee is For.US
        stretches.append(_Stretch(For.US if ours else For.EVERYBODY, 0, first, 0, 0))
    ends = [*(start for start, _ in found), len(text)][1:]
    for (start, address), end in zip(found, ends, strict=True):
        before = stretches[-1] if stretches else None
        # What stands in front of everybody who is named leads up to the first of them: it is asked with that part, and not quoted.
        leads_in = start == first > 0 and begins is None
        if before is not None and before.addressee is address.addressee and (address.addressee is not For.US or leads_in):
            stretches[-1] = replace(before, end=end, quote_from=address.end if leads_in else before.quote_from)
        else:
            stretches.append(_Stretch(address.addressee, start, end, address.end, address.end))
    return _without_idle(text, stretches)


def _without_idle(text: str, stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """Join neighbours for the assistant of which one asks nothing: "Parlour, thanks! Parlour, what now?" wants one answer."""
    joined: list[_Stretch] = []
    for stretch in stretches:
        before = joined[-1] if joined else None
        if before is None or not before.addressee is stretch.addressee is For.US:
            joined.append(stretch)
            continue
        first_asks = asks(text[before.said_from : before.end])
        if first_asks and asks(text[stretch.said_from : stretch.end]):
            joined.append(stretch)
        else:
            joined[-1] = replace(before, end=stretch.end, quote_from=before.quote_from if first_asks else stretch.quote_from)
    return joined


# What it lists.


def _questions(text: str, layout: Layout, stretch: _Stretch) -> list[_Stretch]:
    """Cut one of the assistant's stretches into the questions that it lists; what stands before the first belongs to it."""
    if stretch.addressee is not For.US:
        return [stretch]
    items = _numbered(text, layout, stretch) or _marked(text, layout, stretch) or _lines(text, layout, stretch)
    if len(items) < 2:
        return [stretch]
    cuts = [stretch.start, *(start for start, _ in items[1:]), stretch.end]
    pieces = []
    for index, (start, content) in enumerate(items):
        said_from = stretch.said_from if index == 0 and stretch.said_from < start else content
        pieces.append(_Stretch(For.US, cuts[index], cuts[index + 1], said_from, content))
    return pieces


def _numbered(text: str, layout: Layout, stretch: _Stretch) -> list[tuple[int, int]]:
    """Return where numbered questions start, and what they say: 1, 2, 3 and so on, on lines of their own or in a row."""
    items: list[tuple[int, int]] = []
    for start in _starts(layout, stretch):
        match = _NUMBERED.match(text, start)
        if match is not None and int(match["number"]) == len(items) + 1:
            items.append((start, match.end()))
    return _if_all_ask(text, items, stretch)


def _marked(text: str, layout: Layout, stretch: _Stretch) -> list[tuple[int, int]]:
    """Return where questions behind letters or bullets start."""
    for mark in (_LETTERED, _BULLET):
        found = [(start, match.end()) for start in _starts(layout, stretch, lines=True) if (match := mark.match(text, start))]
        if items := _if_all_ask(text, found, stretch):
            return items
    return []


def _if_all_ask(text: str, items: Sequence[tuple[int, int]], stretch: _Stretch) -> list[tuple[int, int]]:
    if len(items) < 2:
        return []
    ends = [*(start for start, _ in items[1:]), stretch.end]
    return list(items) if all(asks(text[content:end]) for (_, content), end in zip(items, ends, strict=True)) else []


def _lines(text: str, layout: Layout, stretch: _Stretch) -> list[tuple[int, int]]:
    """Return where the questions of the longest run of lines start that are nothing but questions; none in a text that is worked on."""
    if MATERIAL.search(text, stretch.start, stretch.end):
        return []
    starts = _starts(layout, stretch, lines=True)
    ends = [*starts[1:], stretch.end]
    best: list[tuple[int, int]] = []
    run: list[tuple[int, int]] = []
    for start, end in zip(starts, ends, strict=True):
        content = stretch.said_from if start < stretch.said_from < end else start
        if not ends_asking(text[start:end].rstrip()) or "\n" in text[start:end].rstrip():
            run = []
        elif not run or not _GOES_ON.match(text, content):  # "Or is it ...?" goes on about the question before
            run = [*run, (start, content)]
        best = run if len(run) > len(best) else best
    return best


def _starts(layout: Layout, stretch: _Stretch, *, lines: bool = False) -> list[int]:
    inner = [start for start in layout.starts if stretch.start < start < stretch.end and (not lines or start in layout.line_starts)]
    return [stretch.start, *inner] if stretch.said_from == stretch.start or lines else sorted({stretch.said_from, *inner})

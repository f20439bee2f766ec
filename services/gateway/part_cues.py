"""Where the parts of a message may begin, whom a beginning names, and what asks for something. Pure; the words are data.

A message is cut only where a sentence or a line begins, never inside of code or quotes, and what stands in these names nobody.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class For(StrEnum):
    """Whom a part is meant for."""

    US = "us"
    OTHERS = "others"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who could be meant. `name` is the assistant's; `people` are names of others who are known to be there, `other_ids` the ids that are mentioned.

    `mentioned`: the assistant is, by an id that is not one of those. `replied`: the message replies to it, which names it before the first word.
    `alone`: nobody else is there.
    """

    name: str
    people: frozenset[str] = frozenset()
    other_ids: frozenset[str] = frozenset()
    mentioned: bool = False
    replied: bool = False
    alone: bool = False


_KEPT_WHOLE = re.compile(
    r"(?P<fence>`{3,}|~{3,}).*?(?:(?P=fence)|\Z)"  # a code block; one that is not closed goes to the end
    r"|(?<!`)(?P<tick>`{1,2})(?!`)[^`\n]+(?P=tick)(?!`)"
    r"|(?:^|(?<=\n))[ ]{0,3}>>>[ ].*"  # Discord's quote of everything that follows
    r"|(?:^|(?<=\n))[ ]{0,3}>[^\n]*(?:\n[ ]{0,3}>[^\n]*)*",
    re.DOTALL,
)
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]*_|]*+[ \t]+|[。！？]++[ \t]*")
_LINE_END = re.compile(r"\n\s*")
_PARAGRAPH_END = re.compile(r"\n[ \t]*+\n\s*")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a text may be cut: `starts` are the beginnings of its sentences and lines, in order; `whole` the stretches that nothing cuts.

    `line_starts` are those of lines, `paragraph_starts` those behind an empty line.
    """

    starts: Sequence[int]
    line_starts: frozenset[int]
    paragraph_starts: frozenset[int]
    whole: Sequence[tuple[int, int]]
    _whole_starts: frozenset[int]

    def inside(self, place: int) -> bool:
        """Whether a cut at a place would go through code or a quote."""
        return self.covers(place) and place not in self._whole_starts

    def covers(self, place: int) -> bool:
        """Whether what stands at a place is code or a quote."""
        index = bisect_right(self.whole, place, key=lambda stretch: stretch[0]) - 1
        return index >= 0 and place < self.whole[index][1]


def layout_of(text: str) -> Layout:
    """Find where a text may be cut."""
    whole = [match.span() for match in _KEPT_WHOLE.finditer(text)]
    whole_starts = frozenset(start for start, _ in whole)
    layout = Layout((), frozenset(), frozenset(), whole, whole_starts)

    def places(mark: re.Pattern[str]) -> frozenset[int]:
        # What ends inside of code is no sentence; a line that begins with code is one.
        found = (match.span() for match in mark.finditer(text))
        return frozenset({0, *(end for start, end in found if end < len(text) and not layout.inside(start) and not layout.inside(end))})

    line_starts = places(_LINE_END)
    return Layout(sorted(line_starts | places(_SENTENCE_END)), line_starts, places(_PARAGRAPH_END), whole, whole_starts)


def outside(text: str) -> str:
    """Return the text without code and quotes."""
    return _KEPT_WHOLE.sub(" ", text)


_LEAD_IN = r"(?:(?:hey|hi|hello|hallo|yo|ok|okay|oh|and|also|but|so|now|btw|ps|und|aber|auch)\b[ ,:]+){0,2}"
_FRONT = re.compile(rf"[ \t]*(?:(?:[-*•+–]|\(?\d{{1,2}}[.):])[ \t]+)?[*_]{{0,2}}{_LEAD_IN}", re.IGNORECASE)
_PAUSE_TEXT = r"[*_]{0,2}[ ]?(?:[,:;!?…，：]+[*_]{0,2}|[ ][-–—]+(?=[ ]))\s*|[*_]{0,2}[ ]?$"
_PAUSE = re.compile(_PAUSE_TEXT)
_REQUEST_WORD = (
    r"(?:can|could|would|will|do|did|does|are|is|have|has|should|shall|may|please|pls|what|what's|who|who's|how|how's|why|when|where|which"
    r"|tell|give|show|explain|write|translate|list|describe|compare|name|summari[sz]e|find|help|make|draw|calculate|compute|convert|define"
    r"|suggest|recommend|spell|count|check|look|remember|kannst|könntest|was|wer|wie|warum|wann|wo|welche[rs]?|bitte|erkläre?|nenne?|schreibe?)"
)
_ASKS = re.compile(rf"(?:{_LEAD_IN}){_REQUEST_WORD}\b", re.IGNORECASE)
_MENTION = re.compile(r"<@(?P<kind>[!&]?)(?P<id>\d{1,20})>[ ,:;!-]*")
_EVERYBODY = re.compile(r"@(?:everyone|here)\b[ ,:;!-]*|(?:everyone|everybody|all|guys|folks|team|y'?all|people|leute|alle)[,:!]\s*", re.IGNORECASE)
_AND = re.compile(r"[ ]?(?:,|&|and|und)[ ]?", re.IGNORECASE)
_AT_OTHER = re.compile(r"@(?=[^\W_])[\w.'-]{1,32}")
# "@Bob said that ...": about somebody, and not to them.
_TOLD_OF = re.compile(
    r"(?:['’]s\b|(?: [A-ZÀ-Þ][\w'’-]+){0,2}\s+(?:said|says|told|tells|asked|asks|thinks|thought|wants|wanted|is|was|has|had|wrote|sent|showed|claims"
    r"|likes|loves|hates|knows|gave|made|just|already|never|always|and i\b|(?:did|does|can|could|will|would)\b(?!\s+(?:you|u)\b)))",
)
_WORD_NAME = re.compile(r"(?P<name>[^\W\d_][\w'’-]{1,24})(?: (?P<last>[^\W\d_][\w'’-]{1,24}))?")
_TO_THEM = re.compile(
    r"(?:can|could|would|will|do|did|are|have|were|should|may) (?:you|u)\b|(?:please|pls|thanks|thank you)\b(?!,)|don['’]t (?:forget|worry)\b"
    r"|(?:kannst|könntest|hast|bist|willst|magst) du\b|(?:bitte|danke)\b",
    re.IGNORECASE,
)
# Texts that are worked on: people who are named after these words stand in them.
MATERIAL = re.compile(
    r"\b(?:translat\w+|rewrit\w+|rephras\w+|paraphras\w+|proofread|correct|summari[sz]\w+|stor(?:y|ies)|dialog(?:ue)?s?|letter|e-?mail|poem|script|play"
    r"|lyrics|transcript|essay|übersetz\w*|korrigier\w*|brief|gedicht)\b",
    re.IGNORECASE,
)
# Words before a comma or a colon that are nobody's name.
_NO_NAMES = """
aber actually again ah aha alright also although amazing anyway anyways apparently aside außerdem awesome basically before besides bitte briefly
brilliant bro btw but certainly clearly code context cool correction currently damn danke dann day days dear definitely details doch dude earlier
edit eigentlich either english error errors especially eventually exactly example excellent extra fact falls finally fine first firstly for frage
freitag french from further german given goal good got great gut hallo hello here heute hey hi hint history hm hmm honestly hopefully however huh
idea if imagine important in indeed info input instead interesting issue ja java javascript jetzt just last lastly later least leider link linux
list listen logs look lovely luckily mac man mate maybe meanwhile monday montag more moreover morgen morning naturally nein nevertheless next nice
no nope note notes notice now number nun obviously oder of often oh ok okay on once one oops output overall part perfect personally please plus
possibly presumably probably problem ps python q question questions quick quickly really regardless reminder result right rust sadly saturday
schade second secondly see seriously similarly simply since sir so something sometimes sorry source spanish specifically sql steps still story
strangely suddenly summary sunday super sure surely sweet task text thanks that then therefore third thirdly this though thursday thus time tip
title to today todo tomorrow tonight topic translation tuesday two typescript ubuntu understandably unfortunately update usually version
vielleicht wait warning wednesday well what when where while why windows wonderful wow yeah yep yes yesterday yet you
"""
NOT_NAMES = frozenset(_NO_NAMES.split())
# Every other word in -ly is taken for an adverb: a question that is given to nobody is worse than one that is answered for somebody else.
_LY_NAMES = "beverly carly ely emily holly kelly kimberly lily milly molly nelly polly sally tilly wally"
_NAMES_IN_LY = frozenset(_LY_NAMES.split())


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a sentence names in front, and where that ends."""

    addressee: For
    end: int


class Addresses:
    """Reads whom a sentence names in front."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        named = re.escape(audience.name)
        self._ours = re.compile(rf"@{named}\b[*_]{{0,2}}[ ]?[,:;!?…—-]*\s*|{named}(?:{_PAUSE_TEXT}|\s+(?={_REQUEST_WORD}\b))", re.IGNORECASE)
        self._people = frozenset(name.casefold() for name in audience.people if name)

    def ours_at(self, text: str, start: int) -> Address | None:
        """Return the address of the assistant that a sentence starts with."""
        return self._ours_at(text, _after_front(text, start))

    def _ours_at(self, text: str, place: int) -> Address | None:
        if match := self._ours.match(text, place):
            return Address(For.US, match.end())
        match = _MENTION.match(text, place) if self._audience.mentioned else None
        if match is not None and match["kind"] != "&" and match["id"] not in self._audience.other_ids:
            return Address(For.US, match.end())
        return None

    def at(self, text: str, start: int, *, by_comma: bool, by_label: bool) -> Address | None:
        """Return the address that a sentence starts with.

        Of names that nobody is known by, `by_comma`: "Anna, can you ..." may name Anna, and `by_label`: so may "Anna: ...".
        """
        if ours := self.ours_at(text, start):
            return ours
        place = _after_front(text, start)
        if match := _EVERYBODY.match(text, place):
            return Address(For.EVERYBODY, match.end())
        match = _MENTION.match(text, place) or _AT_OTHER.match(text, place)
        if match is not None and not _TOLD_OF.match(text, match.end()):
            # "@Bob and @Parlour, what do you think?" is for the assistant, too.
            joined = _AND.match(text, match.end())
            return (self._ours_at(text, joined.end()) if joined else None) or Address(For.OTHERS, match.end())
        return self._named(text, place, by_comma=by_comma, by_label=by_label)

    def _named(self, text: str, place: int, *, by_comma: bool, by_label: bool) -> Address | None:
        match = _WORD_NAME.match(text, place)
        if match is None:
            return None
        ends = [match.end(group) for group in ("last", "name") if match[group]]
        for end in ends:
            pause = _PAUSE.match(text, end)
            name = text[place:end].casefold()
            known = name in self._people
            if known and (pause is not None or _TO_THEM.match(text, end + 1)):
                return Address(For.OTHERS, pause.end() if pause else end)
            if pause is None or known or not text[end : pause.end()].strip(" *_"):
                continue
            mark = text[end : pause.end()].strip(" *_\n\t")
            meant = (mark in ",，" and by_comma and _TO_THEM.match(text, pause.end())) or (mark in ":：" and by_label)
            if meant and self._looks_like_a_name(text[place:end]):
                return Address(For.OTHERS, pause.end())
        return None

    @staticmethod
    def _looks_like_a_name(words: str) -> bool:
        # A first letter that is upper and a second that is not: no SQL, no TODO.
        return all(
            word[0].isupper() and word[1].islower() and (lower := word.casefold()) not in NOT_NAMES and (lower[-2:] != "ly" or lower in _NAMES_IN_LY)
            for word in words.split()
        )


def _after_front(text: str, start: int) -> int:
    """Return where a sentence starts behind a list's mark and a "hey" or "and"."""
    front = _FRONT.match(text, start)
    return front.end() if front is not None else start


def asks(text: str) -> bool:
    """Whether something is asked for: there is a question mark outside of code, or a word at the start that asks."""
    plain = outside(text).strip(" \t\n*_")
    return "?" in plain or "？" in plain or _ASKS.match(plain) is not None


_ENDS_ASKING = re.compile(r"[?？]+[\s\"'”’)\]*_|]*$")


def ends_asking(line: str) -> bool:
    """Whether a line ends in a question mark; signs that are no words may follow it."""
    plain = outside(line).rstrip()
    while plain and not plain[-1].isalnum() and not plain[-1].isascii():
        if plain[-1] == "？":
            return True
        plain = plain[:-1].rstrip()
    return _ENDS_ASKING.search(plain) is not None

"""What stands behind a command's name: people, channels, amounts, spans of time. Pure.

The words are split at white space. A person is <@id> or <@!id>, a channel <#id>; either may be its bare id, where that is as long as Discord's are:
a name that was not completed to a mention, or an amount in the wrong place, must not be taken for somebody. An amount is a number of credits with at
most six decimals behind a full stop: a comma means thousands to some and decimals to others, so it is asked about. Everything else is in the
functions' docstrings. What cannot be read raises Unclear with the key of the words that say how it is meant.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

MICROCREDITS = 1_000_000
AMOUNT_MAX_MICROCREDITS = 10**12
"""The most that credit moves at once."""
NOTE_CHARS_MAX = 200
DAYS_MAX = 3_650
PAGE_NUMBER_MAX = 9_999

_PERSON = re.compile(r"<@!?([^\s<>@#&!]{1,64})>")
_CHANNEL = re.compile(r"<#([^\s<>@#&!]{1,64})>")
_BARE_ID = re.compile(r"[0-9]{15,20}")
_AMOUNT = re.compile(r"(-?)([0-9]{0,15})(?:\.([0-9]{0,6}))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}")


class Unclear(ValueError):
    """The words cannot be carried out. `key` names what is said about it (services.gateway.notices), `values` belong into that."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class Span(StrEnum):
    """How far a look back goes: so many hours up to now."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def hours(self) -> int:
        """Its length."""
        return {Span.DAY: 24, Span.WEEK: 7 * 24, Span.MONTH: 30 * 24}[self]


@dataclass(frozen=True, slots=True)
class Gift:
    """Credits for somebody, and what for."""

    user_id: str
    microcredits: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class PoolGrant:
    """Credits of a guild's for somebody; `days`: how long they last, None as long as the guild's own would."""

    user_id: str
    microcredits: int
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What use is asked for: one's own or the guild's."""

    span: Span
    of_guild: bool = False


def person(word: str) -> str | None:
    """Return the id of the person that a word names, or None."""
    return _id_in(_PERSON, word)


def channel(word: str) -> str | None:
    """Return the id of the channel that a word names, or None."""
    return _id_in(_CHANNEL, word)


def amount(word: str) -> int:
    """Return a number of credits in microcredits, at least one. Raises Unclear."""
    match = _AMOUNT.fullmatch(word)
    if match is None or not (match[2] or match[3]):
        raise Unclear("amount_form")
    microcredits = int(match[2] or "0") * MICROCREDITS + int((match[3] or "").ljust(6, "0"))
    if match[1] or not microcredits:
        raise Unclear("amount_too_small")
    if microcredits > AMOUNT_MAX_MICROCREDITS:
        raise Unclear("amount_too_large", most=f"{AMOUNT_MAX_MICROCREDITS // MICROCREDITS:,}")
    return microcredits


def gift(text: str) -> Gift:
    """Read "<person> <amount> [credits] [what for]" or "<amount> [credits] to <person> [what for]". Raises Unclear."""
    words = text.split()
    if len(words) < 2:
        raise Unclear("gift_form")
    if person(words[0]) is None and _is_amount_like(words[0]):
        to = next((index for index in (1, 2) if words[index : index + 1] == ["to"]), None)
        if to is None or len(words) < to + 2:
            raise Unclear("gift_form")
        words = [words[to + 1], words[0], *words[to + 2 :]]
    user_id, given, rest = _person_and_amount(words, "gift_form")
    note = " ".join(rest)
    if len(note) > NOTE_CHARS_MAX:
        raise Unclear("note_too_long", limit=NOTE_CHARS_MAX)
    return Gift(user_id, given, note)


def pool_grant(text: str) -> PoolGrant:
    """Read "<person> <amount> [credits] [[for] <days> [days]]". Raises Unclear."""
    words = text.split()
    if len(words) < 2:
        raise Unclear("grant_form")
    user_id, given, rest = _person_and_amount(words, "grant_form")
    left = [word for word in rest if word.lower() not in ("for", "day", "days")]
    if not left:
        return PoolGrant(user_id, given)
    if len(left) > 1 or _NUMBER.fullmatch(left[0]) is None or not 1 <= int(left[0]) <= DAYS_MAX:
        raise Unclear("grant_form")
    return PoolGrant(user_id, given, int(left[0]))


def look(text: str) -> Look:
    """Read "[guild] [day|week|month]"; a day where nothing is said. Raises Unclear."""
    span, of_guild = Span.DAY, False
    for word in text.lower().split():
        if word in ("guild", "server"):
            of_guild = True
        elif (found := {"today": "day", "24h": "day"}.get(word, word)) in list(Span):
            span = Span(found)
        else:
            raise Unclear("usage_form")
    return Look(span, of_guild)


def people_and_channels(text: str) -> tuple[list[str], list[str]]:
    """Read any number of people and channels; a bare id is a person's. Raises Unclear where a word is neither."""
    people: list[str] = []
    channels: list[str] = []
    for word in _words(text):
        if (user_id := person(word)) is not None:
            people.append(user_id)
        elif (channel_id := channel(word)) is not None:
            channels.append(channel_id)
        else:
            raise Unclear("people_form")
    return people, channels


def number(word: str) -> int | None:
    """Return a small whole number from 1 on, or None."""
    found = int(word) if _NUMBER.fullmatch(word) else 0
    return found if 1 <= found <= PAGE_NUMBER_MAX else None


def _person_and_amount(words: Sequence[str], form: str) -> tuple[str, int, Sequence[str]]:
    user_id = person(words[0])
    if user_id is None:
        raise Unclear("person_form")
    if len(words) < 2:
        raise Unclear(form)
    given = amount(words[1])
    rest = words[2:]
    return user_id, given, rest[1:] if rest and rest[0].lower() in ("credit", "credits") else rest


def _words(text: str) -> Iterator[str]:
    return (stripped for word in text.split() if (stripped := word.strip(",;")))


def _is_amount_like(word: str) -> bool:
    return word[:1].isdigit() and _BARE_ID.fullmatch(word) is None


def _id_in(pattern: re.Pattern[str], word: str) -> str | None:
    bare = word.strip(",;:")
    match = pattern.fullmatch(bare)
    if match is not None:
        return match[1]
    return bare if _BARE_ID.fullmatch(bare) else None

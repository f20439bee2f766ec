"""What a query asks for, beside its meaning and its words: of whom, and whether about a time; and what of that a text shows by its form. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from services.retrieval.terms import STOPWORDS, query_terms

_WHEN = re.compile(r"\bwhen\b|\b(?:what|which)\s+(?:time|date|day|weekday|week|month|year)\b|\bhow\s+long\s+ago\b", re.IGNORECASE)
_DATED = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|recently|ago|since|last|next|this\s+(?:week|weekend|month|year|morning|evening)"
    r"|(?:week|weekend|month|year|day)s?|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|january|february|march|april|may|june|july|august|september|october|november|december|(?:19|20)\d\d|\d{1,2}\s*(?:am|pm)|\d{1,2}:\d\d)\b",
    re.IGNORECASE,
)
_FIRST_NAME_CHARACTERS_MIN = 3
_NAME_CHARACTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Question:
    """A query as it is searched: `text` is embedded, `terms` are looked up; `speakers` are the people it names, `when` says it asks for a time."""

    text: str
    terms: list[str]
    speakers: frozenset[str]
    when: bool


def asks(text: str) -> bool:
    """Whether a text ends with a question."""
    return text.rstrip(" \"')").endswith("?")


def names_a_time(text: str) -> bool:
    """Whether a text says when something is or was."""
    return _DATED.search(text) is not None


def folded_name(name: str) -> str:
    """Return the form in which two spellings of a name are the same."""
    return " ".join(name.casefold().split())[:_NAME_CHARACTERS_MAX]


def understood(query: str, speakers: Iterable[str]) -> Question:
    """Take a query apart, given the folded names of those whose words are in sight.

    Their names are left out of what is embedded: a name draws the vector towards everything that mentions it, and away from what is asked.
    """
    named = {}
    for speaker in speakers:
        pattern = _pattern(speaker)
        if pattern is not None and pattern.search(query):
            named[speaker] = pattern
    text = query
    for pattern in named.values():
        text = pattern.sub(" ", text)
    text = " ".join(text.split())
    return Question(text if query_terms(text) else query, query_terms(query), frozenset(named), _WHEN.search(query) is not None)


@lru_cache(maxsize=10_000)
def _pattern(speaker: str) -> re.Pattern[str] | None:
    """Match the whole name, or its first word where that alone tells people apart from words."""
    first_name = speaker.partition(" ")[0]
    names = {speaker} if len(first_name) < _FIRST_NAME_CHARACTERS_MIN else {speaker, first_name}
    told = [name for name in names if len(name) > 1 and name not in STOPWORDS]
    if not told:
        return None
    alternatives = "|".join(re.escape(name) for name in sorted(told, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?:['’]s)?(?!\w)", re.IGNORECASE)

"""Texts to terms for the lexical arm: case, accents' form and endings are levelled, words that say little are left out.

English endings are cut by the Snowball stemmer. Scripts without spaces between words are indexed by pairs of characters.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

QUERY_TERMS_MAX = 16
"""A longer query is cut to its longest terms: they select best, and long OR queries are slow on a large scope."""
TERM_CHARACTERS_MAX = 40
"""A longer word (an address, a hash) is found by its beginning."""

_STOPWORD_LINES = """a about after all also am an and any are as at be because been before being but by can could did do does doing don down for from
    had has have having he her here hers him his how i if in into is isn it its just ll me more most my myself no nor not now of off on once
    only or other our ours out over own re s same she should so some such t than that the their theirs them then there these they this those
    through to too under until up ve very was we were what when where which while who whom why will with would you your yours d m"""
STOPWORDS = frozenset(_STOPWORD_LINES.split())

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]+")
_STEMMER = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Terms:
    """A text's terms with how often each occurs, and how many there are in all."""

    counts: dict[str, int]
    length: int


def normalised(text: str) -> str:
    """Return the form in which two texts count as the same: Unicode, case, blanks and the marks at the end are levelled."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(folded.split()).rstrip(" .!")


def single_blanks(text: str) -> str:
    """Return the text with one blank, or one line break, for each run of them: patterns that look for blanks are slow on thousands in a row."""
    return "\n".join(words for line in text.splitlines() if (words := " ".join(line.split())))


def terms_of(text: str) -> Terms:
    """Return the terms of a text that is to be found."""
    found = Counter(_terms(text))
    return Terms(dict(found), found.total())


def words_of(text: str) -> frozenset[str]:
    """Return the distinct words of a text as they are written, but for case: a tenth of the work that terms are."""
    return frozenset(_WORD.findall(text.casefold()))


def query_terms(query: str) -> list[str]:
    """Return the distinct terms of a query, at most QUERY_TERMS_MAX."""
    distinct = dict.fromkeys(_terms(query))
    return sorted(distinct, key=lambda term: -len(term))[:QUERY_TERMS_MAX]


def overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of terms that two texts have in common (Jaccard), 0 to 1."""
    if not first and not second:
        return 1.0
    return len(first & second) / len(first | second)


def _terms(text: str) -> list[str]:
    terms: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word = match.group()
        if _UNSPACED.search(word):
            terms += _pairs(word)
        elif (term := _stem(_without_clitic(word))) not in STOPWORDS and term:
            terms.append(term[:TERM_CHARACTERS_MAX])
    return terms


def _pairs(word: str) -> list[str]:
    return [word] if len(word) == 1 else [word[index : index + 2] for index in range(len(word) - 1)]


def _without_clitic(word: str) -> str:
    """Cut what follows an apostrophe: "cat's" is about the cat."""
    return word.replace("’", "'").partition("'")[0]


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    if len(word) <= 2 or not word.isascii() or word in STOPWORDS:
        return word
    return str(_STEMMER.stemWord(word))

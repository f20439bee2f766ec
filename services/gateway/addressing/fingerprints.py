"""How much two messages have in common by their words, told by fingerprints that keep no word. Pure.

A fingerprint has a number for each of a message's words, and about ten words of a dictionary share each number. So it can be kept where texts must
not be.
"""

import re
from collections.abc import Iterable, Mapping
from zlib import crc32

NUMBERS = 1 << 14
WORDS_MAX = 60
"""Words of a message that are looked at."""
RARE = 7.5
"""What a word weighs that no weight is known of: minus the logarithm of the share of messages that have it."""

_WORD = re.compile(r"[^\W_][\w./+-]{2,}")
_STEM = 6  # "reinstall" and "reinstalled" are one word
_SHARED = tuple(range(NUMBERS))  # many fingerprints, one object for each number

Fingerprint = tuple[int, ...]
Weights = Mapping[int, float]
"""What the words weigh that are common, by their numbers: what everybody says tells nothing about what a message goes on from."""


def fingerprint(text: str) -> Fingerprint:
    """Return the fingerprint of what somebody says."""
    words = _WORD.findall(text.casefold())[:WORDS_MAX]
    return tuple({_SHARED[crc32(word.strip("./+-")[:_STEM].encode()) % NUMBERS] for word in words})


def in_common(words: frozenset[int], others: Iterable[Fingerprint], weights: Weights) -> list[float]:
    """Return what the words weigh together that a message shares with each of some others."""
    shares_none, shared_with, weight_of = words.isdisjoint, words.intersection, weights.get
    return [0.0 if shares_none(other) else sum([weight_of(word, RARE) for word in shared_with(other)]) for other in others]

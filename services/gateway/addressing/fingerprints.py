"""Whether two messages have words in common, told by fingerprints that no word can be read from. Pure.

A fingerprint is a number of BITS bits with one bit set for each of its words, many words to a bit. So it can be kept where texts must not be.
"""

import re
from zlib import crc32

BITS = 512
WORDS_MAX = 60
"""Words of a message that are looked at."""

_WORD = re.compile(r"[^\W_][\w./+-]{3,}")
_STEM = 6  # "reinstall" and "reinstalled" are one word
# Words that everybody uses tell nothing about what a message goes on from.
_COMMON = frozenset(
    {
        "that",
        "with",
        "this",
        "have",
        "what",
        "it's",
        "just",
        "your",
        "there",
        "then",
        "from",
        "would",
        "does",
        "will",
        "don't",
        "they",
        "like",
        "know",
        "when",
        "need",
        "some",
        "which",
        "also",
        "want",
        "here",
        "think",
        "been",
        "were",
        "than",
        "them",
        "into",
        "about",
        "only",
    }
)


def fingerprint(text: str) -> int:
    """Return the fingerprint of what somebody says."""
    bits = 0
    for word in _WORD.findall(text.casefold())[:WORDS_MAX]:
        if word not in _COMMON:
            bits |= 1 << (crc32(word.strip("./+-")[:_STEM].encode()) % BITS)
    return bits


def in_common(one: int, other: int) -> int:
    """Return how many words two messages seem to share."""
    return (one & other).bit_count()

"""Which memories a sentence asks to forget. Pure.

It is shown and confirmed before anything happens, so a memory too many is a small mistake; half of what was meant is a larger one.
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from services.retrieval.terms import normalised

SIMILARITY_ALONE = 0.7
"""A memory this similar is meant even if it shares no word."""
SIMILARITY_WITH_WORDS = 0.45
"""A memory this similar is meant if it also holds half of the sentence's words."""
SIMILARITY_WITH_ALL_WORDS = 0.2
"""A memory that holds every word of the sentence is meant unless it speaks of something else."""

EVERYTHING = re.compile(
    r"(?:everything|all)(?: of (?:it|that|this|them))?(?: (?:my |the |your )?(?:memories|facts))?"
    r"(?: that)?(?: you(?:'ve| have)? (?:know|remember|stored|saved|remembered|learned|learnt|got|have))?(?: (?:of|about|on) (?:me|myself))?"
)


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How far a memory resembles the sentence: the cosine, and how many of the sentence's terms it holds."""

    memory_id: uuid.UUID
    similarity: float
    shared: int


def asks_for_everything(sentence: str) -> bool:
    """Whether a sentence names no memory but all of them."""
    return EVERYTHING.fullmatch(normalised(sentence)) is not None


def meant(resemblances: Sequence[Resemblance], *, terms_count: int, items_max: int) -> list[uuid.UUID]:
    """Return the memories that are meant, the best first, at most `items_max`. `terms_count` is how many terms the sentence has."""
    chosen = [one for one in resemblances if _is_meant(one, terms_count)]
    chosen.sort(key=lambda one: (one.shared, one.similarity), reverse=True)
    return [one.memory_id for one in chosen[:items_max]]


def _is_meant(one: Resemblance, terms_count: int) -> bool:
    if one.similarity >= SIMILARITY_ALONE:
        return True
    if terms_count == 0 or one.shared == 0:
        return False
    if one.shared == terms_count:
        return one.similarity >= SIMILARITY_WITH_ALL_WORDS
    return 2 * one.shared >= terms_count and one.similarity >= SIMILARITY_WITH_WORDS

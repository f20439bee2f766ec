"""What ranking looks at in a memory beside its meaning and its words. Pure; kept beside the memory, so that a search need not read texts.

Each says something about telling memories in general: who said it, how much it says, whether it asks instead of tells, whether it names a time.
"""

from datetime import datetime
from typing import NamedTuple

from services.retrieval.asking import asks, folded_name, names_a_time
from services.retrieval.terms import terms_of

_LENGTH_MAX = 32_767  # of a smallint


class Traits(NamedTuple):
    """`speaker` is the folded name of who said it, `length` a number of terms; `asks`: it ends with a question; `dated`: it names a time."""

    speaker: str
    length: int
    asks: bool
    dated: bool


def traits_of(text: str, author_name: str) -> Traits:
    """Return the traits of a memory."""
    length = min(terms_of(text).length, _LENGTH_MAX)
    return Traits(folded_name(author_name), length, asks(text), names_a_time(text))


def searchable_text(text: str, author_name: str, said_at: datetime) -> str:
    """Return what a memory is found by: its words, who said it and the date, as people write dates.

    Neither belongs into what is embedded: names and dates move every vector the same way.
    """
    return f"{text}\n{author_name}\n{said_at.day} {said_at:%B %Y}"

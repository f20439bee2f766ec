"""What people send, and in which shares: `questions=60,chatter=30,commands=8,edits=2`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A sort of message."""

    QUESTION = "questions"
    CHATTER = "chatter"
    """Said among people, in a guild's channel: nothing for the assistant."""
    COMMAND = "commands"
    EDIT = "edits"
    """A question asked within the last minute, written anew."""
    LONG = "long"
    SHORT = "short"


KINDS = tuple(Kind)
TURNS = frozenset({Kind.QUESTION, Kind.EDIT, Kind.LONG, Kind.SHORT})
"""What the model is to answer."""
DEFAULT = "questions=40,chatter=40,commands=8,edits=2,long=4,short=6"
_ADMITTED = ", ".join(KINDS)


@dataclass(frozen=True)
class Mix:
    """The share of each kind; they add up to 1. Kinds that are not there are not sent."""

    shares: Mapping[Kind, float]

    @property
    def turns_share(self) -> float:
        """The share of what the model is to answer."""
        return sum(share for kind, share in self.shares.items() if kind in TURNS)

    def __str__(self) -> str:
        return ",".join(f"{kind}={share * 100:g}" for kind, share in self.shares.items())


def parse_mix(text: str) -> Mix:
    """Read `kind=weight` pairs, in any order; weights are numbers of any sum. Raises ValueError with a sentence that says what is wrong."""
    weights: dict[Kind, float] = {}
    for part in text.split(","):
        name, given, weight = part.strip().partition("=")
        if not given:
            raise ValueError(f'"{part.strip()}" in the mix is not kind=weight, such as questions=60')
        if name.strip() not in KINDS:
            raise ValueError(f'there are no messages of the kind "{name.strip()}": the mix takes {_ADMITTED}')
        kind = Kind(name.strip())
        if kind in weights:
            raise ValueError(f"the mix names {kind} twice")
        weights[kind] = _weight(kind, weight.strip())
    if not sum(weights.values()):
        raise ValueError("every weight of the mix is 0, so there is nothing to send")
    if weights.get(Kind.EDIT) and not weights.get(Kind.QUESTION):
        raise ValueError("the mix has edits and no questions, but only a question can be edited")
    total = sum(weights.values())
    return Mix({kind: weight / total for kind, weight in weights.items() if weight})


def _weight(kind: Kind, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        raise ValueError(f'the weight of {kind} in the mix is "{text}", which is not a number') from None
    if not 0 <= weight <= 1e6:
        raise ValueError(f"the weight of {kind} in the mix is {text}: it can be 0 to 1,000,000")
    return weight

"""A message, and what was said in its channel before it, by whose it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.gateway.addressing.channel_talk import ASSISTANT, Heard
from services.gateway.addressing.cues import Cues
from services.gateway.addressing.fingerprints import Fingerprint, Weights, in_common

AGE_MAX = 60
"""What was longer ago, in messages or minutes, counts as never."""
WORDS_LOOKED_BACK = 30
"""Among how many messages common words are looked for."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the model sees it. `minute` is a count of whole minutes on the clock that the talk is kept by, `words` a fingerprint.

    `names_person`: it is addressed to somebody else, by a name in front, a mention or a reply. `names_inside`: somebody else is named further on.
    `names_unknown`: it starts as an address does, with a name that was not heard here. `names_assistant`: the assistant is named somewhere.
    """

    author: str
    minute: int
    cues: Cues
    words: Fingerprint = ()
    names_assistant: bool = False
    names_person: bool = False
    names_inside: bool = False
    names_unknown: bool = False


@dataclass(slots=True)  # not frozen: made for every message, and that takes twice the time
class Talk:
    """The messages before one, the newest first. `ages` says of each author how many messages ago theirs were, who spoke last comes first.

    "mine" are the author's, "others" neither the author's nor the assistant's. `shared` is what the words weigh together that each of the last
    WORDS_LOOKED_BACK has in common with the message; `weights` are those of words. `beliefs` says of each message how
    likely it was meant for the assistant.
    """

    said: Said
    heard: Sequence[Heard]
    ages: Mapping[str, Sequence[int]]
    mine: Sequence[int]
    others: Sequence[int]
    shared: Sequence[float]
    beliefs: Sequence[float]
    weights: Weights

    @classmethod
    def before(cls, said: Said, heard: Sequence[Heard], weights: Weights) -> "Talk":
        """Return what was heard before a message is said, the newest first."""
        ages: dict[str, list[int]] = {}
        others: list[int] = []
        me = said.author
        for age, one in enumerate(heard):
            author = one.author
            if author in ages:
                ages[author].append(age)
            else:
                ages[author] = [age]
            if author not in (me, ASSISTANT):
                others.append(age)
        mine = ages.pop(me, ())
        shared = in_common(frozenset(said.words), [one.words for one in heard[:WORDS_LOOKED_BACK]], weights)
        beliefs = [one.likely.get(ASSISTANT, 0.0) for one in heard]
        return cls(said, heard, ages, mine, others, shared, beliefs, weights)

    def minutes(self, age: int) -> int:
        """How many minutes ago the message of that age was, AGE_MAX at most."""
        return max(0, min(self.said.minute - self.heard[age].minute, AGE_MAX))

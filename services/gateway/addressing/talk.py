"""A message, and what was said in its channel before it, by whose it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.gateway.addressing.channel_talk import ASSISTANT, Heard
from services.gateway.addressing.cues import Cues
from services.gateway.addressing.fingerprints import Fingerprint, Weights, in_common
from services.gateway.addressing.meanings import Meaning, alike

AGE_MAX = 60
"""What was longer ago, in messages or minutes, counts as never."""
WORDS_LOOKED_BACK = 30
"""Among how many messages common words are looked for."""
TALK_MESSAGES = 3
"""With so many of the author's last messages a message is taken together."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the model sees it. `minute` is a count of whole minutes on the clock that the talk is kept by, `words` a fingerprint,
    `meaning` what it is about.

    `names_person`: it is addressed to somebody else, by a name in front, a mention or a reply. `names_inside`: somebody else is named further on.
    `names_unknown`: it starts as an address does, with a name that was not heard here. `names_assistant`: the assistant is named somewhere.
    """

    author: str
    minute: int
    cues: Cues
    words: Fingerprint = ()
    meaning: Meaning = b""
    names_assistant: bool = False
    names_person: bool = False
    names_inside: bool = False
    names_unknown: bool = False


@dataclass(slots=True)  # not frozen: made for every message, and that takes twice the time
class Talk:
    """The messages before one, the newest first. `ages` says of each author how many messages ago theirs were, who spoke last comes first.

    "mine" are the author's, "others" neither the author's nor the assistant's. `shared` is what the words weigh together that each of the last
    WORDS_LOOKED_BACK has in common with the message, `alike` how much it is about the same, `talk_alike` the same for the message together with the
    author's last ones; `weights` are those of words. `beliefs` says of each message how
    likely it was meant for the assistant.
    """

    said: Said
    heard: Sequence[Heard]
    ages: Mapping[str, Sequence[int]]
    mine: Sequence[int]
    others: Sequence[int]
    shared: Sequence[float]
    alike: Sequence[float]
    talk_alike: Sequence[float]
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
        near = heard[:WORDS_LOOKED_BACK]
        shared = in_common(frozenset(said.words), [one.words for one in near], weights)
        same, talk_same = alike(said.meaning, [one.meaning for one in heard], mine[:TALK_MESSAGES], WORDS_LOOKED_BACK)
        beliefs = [one.likely.get(ASSISTANT, 0.0) for one in heard]
        return cls(said, heard, ages, mine, others, shared, same, talk_same, beliefs, weights)

    def minutes(self, age: int) -> int:
        """How many minutes ago the message of that age was, AGE_MAX at most."""
        return max(0, min(self.said.minute - self.heard[age].minute, AGE_MAX))

"""The numbers that the model judges a message by. Pure.

What carries the judgement is the state of the talk: whom the assistant last addressed, how long ago, and whether others address the author.
Times are looked at by the minute, because the model was trained on logs that tell no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.addressing.channel_talk import ASSISTANT, Heard
from services.gateway.addressing.cues import CUES, Cues
from services.gateway.addressing.fingerprints import in_common

RECENT = 20
"""How many messages are lately."""
AGE_MAX = 60
"""What was longer ago, in messages or minutes, counts as never."""
WORDS_LOOKED_BACK = 30
"""Among how many messages words of others are looked for."""
CONTINUES_MIN = 3
"""A person who goes on within so many minutes is still talking to the same one."""

_ASSISTANT_FEATURES = (
    "own_age",
    "own_minutes",
    "own_to_me",
    "own_to_other",
    "own_asks",
    "own_share",
    "own_to_me_share",
    "own_partners",
    "own_naming_share",
)
_TO_ME_FEATURES = ("own_to_me_age", "own_to_me_minutes", "mine_since_own_to_me", "own_to_other_since_own_to_me", "others_since_own_to_me")
_MINE_FEATURES = (
    "mine_age",
    "mine_minutes",
    "mine_to_assistant",
    "mine_to_other",
    "mine_asks",
    "mine_count",
    "mine_to_assistant_share",
    "mine_to_other_share",
)
_BELIEF_FEATURES = ("mine_probability", "mine_probability_lately", "mine_probability_mean", "others_probability_mean", "others_probability_lately")
_AFTER_MINE_FEATURES = (
    "own_after_mine",
    "own_to_me_after_mine",
    "own_to_other_after_mine",
    "own_to_none_after_mine",
    "others_after_mine",
    "people_after_mine",
)
_OTHERS_FEATURES = ("other_to_me_age", "other_to_me_minutes", "other_to_me_after_mine", "other_to_me_share", "people_since_own", "asked_since_own")
_CHANNEL_FEATURES = (
    "people",
    "naming_share",
    "turns_with_assistant",
    "turns_with_other",
    "previous_is_own",
    "previous_is_mine",
    "previous_to_me",
    "heard",
)
_WORD_FEATURES = ("words_with_last_own", "words_with_own", "words_with_own_to_me", "words_with_others", "words_talk_with_own", "words_more_with_own")
_TEXT_FEATURES = ("names_assistant", "names_person", "names_inside", "names_unknown", "words")
FEATURES = (
    *_ASSISTANT_FEATURES,
    *_TO_ME_FEATURES,
    *_MINE_FEATURES,
    *_BELIEF_FEATURES,
    *_AFTER_MINE_FEATURES,
    *_OTHERS_FEATURES,
    *_CHANNEL_FEATURES,
    *_WORD_FEATURES,
    *_TEXT_FEATURES,
    *CUES,
)

# What they are about, for explanations.
OWN_SIDE = (*_ASSISTANT_FEATURES, *_TO_ME_FEATURES, *_AFTER_MINE_FEATURES[:4], "turns_with_assistant", "previous_is_own")
MINE_SIDE = (*_MINE_FEATURES, "mine_probability", "mine_probability_lately", "mine_probability_mean", "previous_is_mine")
OTHERS_SIDE = (
    *_OTHERS_FEATURES,
    *_AFTER_MINE_FEATURES[4:],
    *("others_probability_mean", "others_probability_lately", "people", "turns_with_other", "previous_to_me"),
)
NAME_SIDE = _TEXT_FEATURES[:4]
WORD_SIDE = (*_WORD_FEATURES, _TEXT_FEATURES[4], *CUES)


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the model sees it. `minute` is a count of whole minutes on the clock that the talk is kept by, `words` a fingerprint.

    `names_person`: it is addressed to somebody else, by a name in front, a mention or a reply. `names_inside`: somebody else is named further on.
    `names_unknown`: it starts as an address does, with a name that was not heard here. `names_assistant`: the assistant is named somewhere.
    """

    author: str
    minute: int
    cues: Cues
    words: int = 0
    names_assistant: bool = False
    names_person: bool = False
    names_inside: bool = False
    names_unknown: bool = False


def measure(said: Said, heard: Sequence[Heard]) -> list[float]:
    """Return the values of FEATURES, in order. `heard` is what was heard before, the newest first."""
    talk = _Talk.of(said, heard)
    return [
        *talk.assistants(),
        *talk.to_me(),
        *talk.mine_side(),
        *talk.beliefs(),
        *talk.after_mine(),
        *talk.others_side(),
        *talk.channel(),
        *talk.words_in_common(said.words),
        said.names_assistant,
        said.names_person,
        said.names_inside,
        said.names_unknown,
        min(said.cues.words, 40),
        *said.cues.found,
    ]


@dataclass(slots=True)
class _Talk:
    """The messages before one, the newest first, by whose they are: "mine" the author's, "own" the assistant's, "others" everybody else's.

    The lists hold ages: how many messages ago.
    """

    me: str
    minute: int
    heard: Sequence[Heard]
    own: list[int]
    own_to_me: list[int]
    mine: list[int]
    others: list[int]

    @classmethod
    def of(cls, said: Said, heard: Sequence[Heard]) -> "_Talk":
        me = said.author
        own: list[int] = []
        mine: list[int] = []
        others: list[int] = []
        for age, one in enumerate(heard):
            author = one.author
            (own if author == ASSISTANT else mine if author == me else others).append(age)
        return cls(me, said.minute, heard, own, [age for age in own if heard[age].to == me], mine, others)

    def assistants(self) -> tuple[float, ...]:
        """What the assistant said lately, and to whom."""
        heard, own = self.heard, self.own
        last = heard[own[0]] if own else None
        lately = [heard[age].to for age in own if age < RECENT]
        return (
            self._age(own),
            self._minutes(own),
            last is not None and last.to == self.me,
            last is not None and last.to is not None and last.to != self.me,
            last is not None and last.asks,
            len(own) / (len(heard) or 1),
            len(self.own_to_me) / (len(own) or 1),
            len({to for to in lately if to is not None}),
            sum(heard[age].to is not None for age in own) / (len(own) or 1),
        )

    def to_me(self) -> tuple[float, ...]:
        """Since the assistant last addressed the author."""
        since = self.own_to_me[0] if self.own_to_me else AGE_MAX
        heard = self.heard
        return (
            self._age(self.own_to_me),
            self._minutes(self.own_to_me),
            sum(age < since for age in self.mine),
            sum(age < since and heard[age].to is not None for age in self.own),
            sum(age < since for age in self.others),
        )

    def mine_side(self) -> tuple[float, ...]:
        """What the author said before, and to whom."""
        heard, mine = self.heard, self.mine
        last = heard[mine[0]] if mine else None
        to = [heard[age].to for age in mine]
        to_assistant = to.count(ASSISTANT)
        return (
            self._age(mine),
            self._minutes(mine),
            last is not None and last.to == ASSISTANT,
            last is not None and last.to is not None and last.to != ASSISTANT,
            last is not None and last.asks,
            len(mine),
            to_assistant / (len(mine) or 1),
            (len(mine) - to_assistant - to.count(None)) / (len(mine) or 1),
        )

    def beliefs(self) -> tuple[float, ...]:
        """How likely the messages before were meant for the assistant."""
        heard = self.heard
        mine = [heard[age].probability for age in self.mine]
        lately = [heard[age].probability for age in self.mine if self.minute - heard[age].minute <= CONTINUES_MIN]
        others = [heard[age].probability for age in self.others if age < RECENT]
        return (
            mine[0] if mine else 0.0,
            max(lately, default=0.0),
            sum(mine) / (len(mine) or 1),
            sum(others) / (len(others) or 1),
            max(others[:3], default=0.0),
        )

    def after_mine(self) -> tuple[float, ...]:
        """What came after the author's last message."""
        heard = self.heard
        since = self.mine[0] if self.mine else AGE_MAX
        to = [heard[age].to for age in self.own if age < since]
        others = [heard[age].author for age in self.others if age < since]
        to_me, to_none = to.count(self.me), to.count(None)
        return (len(to), to_me, len(to) - to_me - to_none, to_none, len(others), len(set(others)))

    def others_side(self) -> tuple[float, ...]:
        """Whether others talk to the author, or to the assistant."""
        heard, me = self.heard, self.me
        to_me = [age for age in self.others if heard[age].to == me]
        since_mine = self.mine[0] if self.mine else AGE_MAX
        since_own = self.own[0] if self.own else AGE_MAX
        since = [heard[age] for age in self.others if age < since_own]
        return (
            self._age(to_me),
            self._minutes(to_me),
            sum(age < since_mine for age in to_me),
            len(to_me) / ((len(to_me) + len(self.own_to_me)) or 1),
            len({one.author for one in since}),
            sum(one.probability for one in since),
        )

    def words_in_common(self, words: int) -> tuple[float, ...]:
        """How many words the message shares with what the assistant said, and with what others said."""
        heard, own = self.heard, self.own
        of_own = [in_common(words, heard[age].words) for age in own[:6]]
        to_me = max((in_common(words, heard[age].words) for age in self.own_to_me[:4]), default=0)
        of_others = max((in_common(words, heard[age].words) for age in self.others if age < WORDS_LOOKED_BACK), default=0)
        with_own = max(of_own, default=0)
        talk = words
        for age in self.mine[:3]:
            talk |= heard[age].words
        talk_with_own = max((in_common(talk, heard[age].words) for age in own[:4]), default=0)
        return (of_own[0] if own else 0, with_own, to_me, of_others, talk_with_own, max(with_own, to_me) - of_others)

    def channel(self) -> tuple[float, ...]:
        """How people talk here: how many, whether by name, and who takes turns with whom."""
        heard, me = self.heard, self.me
        humans = len(heard) - len(self.own)
        naming = humans - sum([heard[age].to is None for age in self.mine]) - sum([heard[age].to is None for age in self.others])
        with_assistant, with_other = self._turns()
        previous = heard[0] if heard else None
        return (
            len({one.author for one in heard[:RECENT]}),
            naming / (humans or 1),
            with_assistant,
            with_other,
            previous is not None and previous.author == ASSISTANT,
            previous is not None and previous.author == me,
            previous is not None and previous.to == me,
            len(heard),
        )

    def _turns(self) -> tuple[int, int]:
        """Count how often the author and the assistant spoke one after the other, and the same for the other person where it is most."""
        turns: dict[str, int] = {}
        for age in self.mine:
            for beside in (age - 1, age + 1):
                if 0 <= beside < len(self.heard):
                    author = self.heard[beside].author
                    turns[author] = turns.get(author, 0) + 1
        turns.pop(self.me, None)
        with_assistant = turns.pop(ASSISTANT, 0)
        return with_assistant, max(turns.values(), default=0)

    def _age(self, ages: Sequence[int]) -> int:
        return min(ages[0], AGE_MAX) if ages else AGE_MAX

    def _minutes(self, ages: Sequence[int]) -> int:
        return max(0, min(self.minute - self.heard[ages[0]].minute, AGE_MAX)) if ages else AGE_MAX

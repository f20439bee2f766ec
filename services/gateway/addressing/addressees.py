"""Whom a message is likely meant for: the assistant, one of the others who spoke lately, or nobody of them. Pure.

Each of those gets a score, a weighted sum of a few numbers, and probabilities in proportion to its exponential (a conditional logit; McFadden 1974).
The numbers look back at whom earlier messages were likely meant for, so that a talk between two people is followed where nobody names anybody.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.gateway.addressing.channel_talk import ASSISTANT, Heard
from services.gateway.addressing.cues import CUES
from services.gateway.addressing.talk import AGE_MAX, WORDS_LOOKED_BACK, Talk

PEOPLE_MAX = 8
"""How many people are thought of, those who spoke last; and the assistant."""
KEPT_MAX = 3
KEPT_MIN = 0.05
"""Of whom a message was likely meant for, the likeliest are kept, if they are at least so likely."""
_NOTHING_SAID = -1.0
_FADES = (1.0, 0.8, 0.64, 0.512, 0.4096)
_WEIGHT_MAX = 150

CANDIDATE_FEATURES = (
    "age",
    "minutes",
    "is_last",
    "is_second",
    "is_near",
    "messages",
    "is_assistant",
    "asks",
    "asks_since_mine",
    "to_me",
    "to_other",
    "to_nobody",
    "ever_to_me",
    "mine_to_them_age",
    "my_last_to_them",
    "my_last_to_other",
    "my_last_likely",
    "mine_likely_mean",
    "last_likely",
    "likely_since_mine",
    "likely_lately",
    "likely_other",
    "thanked",
    "words_with_last",
    "words_most",
    "words_best",
    "alike_with_last",
    "alike_most",
    "alike_best",
)
"""Of somebody whom a message may be meant for. Ages and counts are logarithms."""
NOBODY_FEATURES = ("always", *CUES, "words", "words_best", "alike_best", "my_last_to_nobody", "first_message", "goes_on")
"""Of a message that may be meant for none of them."""

Likely = Mapping[str, float]
"""How likely a message is meant for each of some people, or ASSISTANT. What is missing to 1 is nobody's, or somebody's who is not among them."""

_LOG = tuple(math.log1p(count) for count in range(max(AGE_MAX, 200) + 1))
_NEVER = _LOG[AGE_MAX]
_THANKS = CUES.index("thanks")


@dataclass(slots=True)
class Candidates:
    """Whom a message may be meant for. `rows` has the values of CANDIDATE_FEATURES for each of `ids`, `nobody` those of NOBODY_FEATURES."""

    ids: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    nobody: tuple[float, ...]

    def row_of(self, candidate: str) -> tuple[float, ...] | None:
        """Return somebody's values; None who is not among them."""
        return self.rows[self.ids.index(candidate)] if candidate in self.ids else None


@dataclass(frozen=True, slots=True)
class AddresseeModel:
    """The weights of CANDIDATE_FEATURES and of NOBODY_FEATURES."""

    candidate: tuple[float, ...]
    nobody: tuple[float, ...]

    def likely(self, candidates: Candidates) -> Likely:
        """Return how likely each candidate is meant."""
        scores = [math.sumprod(self.candidate, row) for row in candidates.rows]
        scores.append(math.sumprod(self.nobody, candidates.nobody))
        highest = max(scores)
        weights = [math.exp(score - highest) for score in scores]
        total = sum(weights)
        return {candidate: weight / total for candidate, weight in zip(candidates.ids, weights, strict=False)}


def settled(likely: Likely, probability: float) -> Likely:
    """Return what is kept of whom a message is likely meant for, once it is known how likely that is the assistant."""
    of_others = 1.0 - likely.get(ASSISTANT, 0.0)
    scale = (1.0 - probability) / of_others if of_others > 0 else 0.0
    others = sorted(((share * scale, one) for one, share in likely.items() if one != ASSISTANT), reverse=True)[: KEPT_MAX - 1]
    return {ASSISTANT: probability} | {one: share for share, one in others if share >= KEPT_MIN}


def candidates_of(talk: Talk) -> Candidates:
    """Return whom a message may be meant for, with the numbers that this is judged by."""
    ids = [author for author in talk.ages if author != ASSISTANT][:PEOPLE_MAX]
    if ASSISTANT in talk.ages:
        ids.append(ASSISTANT)
    me = _Author.of(talk)
    near = [_about(talk.ages[one], talk) for one in ids]
    best = max([one.words for one in near], default=0.0)
    most_alike = max([one.alike for one in near if one.alike > _NOTHING_SAID], default=0.0)
    rows = tuple([_row(one, talk, me, about, best, most_alike) for one, about in zip(ids, near, strict=True)])
    cues = talk.said.cues
    log_best = _LOG[int(min(best, _WEIGHT_MAX))]
    goes_on = bool(talk.mine) and talk.mine[0] == 0
    nobody = (1.0, *cues.found, _LOG[min(cues.words, 40)], log_best, most_alike, me.last_to_nobody, not talk.mine, goes_on)
    return Candidates(tuple(ids), rows, nobody)


@dataclass(slots=True)
class _Author:
    """What the author said before: whom the last message named, how likely it was for whom, and how long ago each was named."""

    since: int
    last_to: str | None
    last_likely: Likely
    last_to_nobody: float
    named_age: Mapping[str, int]
    likely: Mapping[str, float]

    @classmethod
    def of(cls, talk: Talk) -> "_Author":
        named_age: dict[str, int] = {}
        likely: dict[str, float] = {}
        heard, mine = talk.heard, talk.mine
        for age in mine:
            one = heard[age]
            if one.to is not None:
                named_age.setdefault(one.to, age)
            for whom, share in one.likely.items():
                likely[whom] = likely.get(whom, 0.0) + share
        if not mine:
            return cls(AGE_MAX, None, {}, 1.0, named_age, likely)
        last = heard[mine[0]]
        return cls(mine[0], last.to, last.likely, 1.0 - sum(last.likely.values()), named_age, likely)


def _row(one: str, talk: Talk, author: _Author, about: "_About", best: float, most_alike: float) -> tuple[float, ...]:
    """Return the values of CANDIDATE_FEATURES for somebody who spoke."""
    heard, ages, me, shared, same, since = talk.heard, talk.ages[one], talk.said.author, talk.shared, talk.alike, author.since
    age = ages[0]
    last: Heard = heard[age]
    to = last.to
    last_likely = last.likely.get(me, 0.0)
    ever_to_me = False
    likely_since = likely_lately = 0.0
    for number, back in enumerate(ages):
        message = heard[back]
        if message.to == me:
            ever_to_me = True
        share = message.likely.get(me, 0.0)
        if share:
            if back < since and share > likely_since:
                likely_since = share
            if number < len(_FADES) and share * _FADES[number] > likely_lately:
                likely_lately = share * _FADES[number]
    named_age = author.named_age.get(one)
    thanked = (1.0 if ever_to_me else likely_since) if talk.said.cues.found[_THANKS] else 0.0
    return (
        _LOG[age],
        _LOG[talk.minutes(age)],
        age == 0,
        age == 1,
        age in (2, 3),
        _LOG[len(ages)],
        one == ASSISTANT,
        last.asks,
        last.asks and age < since,
        to == me,
        to is not None and to != me,
        to is None,
        ever_to_me,
        _NEVER if named_age is None else _LOG[named_age],
        author.last_to == one,
        author.last_to is not None and author.last_to != one,
        author.last_likely.get(one, 0.0),
        author.likely.get(one, 0.0) / (len(talk.mine) or 1),
        last_likely,
        likely_since,
        likely_lately,
        max([share for whom, share in last.likely.items() if whom != me], default=0.0),
        thanked,
        _LOG[int(min(shared[age], _WEIGHT_MAX))] if age < WORDS_LOOKED_BACK else 0.0,
        _LOG[int(min(about.words, _WEIGHT_MAX))],
        about.words > 0 and about.words == best,
        same[age] if age < WORDS_LOOKED_BACK else 0.0,
        about.alike,
        about.alike > 0 and about.alike == most_alike,
    )


class _About(NamedTuple):
    """How much somebody's messages are about what is said now, at most: by the words in common, and by what they are about."""

    words: float = 0.0
    alike: float = _NOTHING_SAID


def _about(ages: Sequence[int], talk: Talk) -> _About:
    shared, same = talk.shared, talk.alike
    words, alike = _About()
    for age in ages:
        if age >= WORDS_LOOKED_BACK:
            break
        if shared[age] > words:
            words = shared[age]
        if same[age] > alike:
            alike = same[age]
    return _About(words, alike)

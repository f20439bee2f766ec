"""The numbers that the model judges a message by. Pure.

What carries the judgement is the state of the talk: whom the assistant last addressed, how long ago, and whether others address the author.
Times are looked at by the minute, because the model was trained on logs that tell no more.
"""

from services.gateway.addressing.addressees import CANDIDATE_FEATURES, Candidates, Likely
from services.gateway.addressing.channel_talk import ASSISTANT
from services.gateway.addressing.cues import CUES
from services.gateway.addressing.fingerprints import in_common
from services.gateway.addressing.talk import AGE_MAX, WORDS_LOOKED_BACK, Talk

RECENT = 20
"""How many messages are lately."""
LATELY = 8
"""How many messages are what was just said."""
CONTINUES_MIN = 3
"""A person who goes on within so many minutes is still talking to the same one."""

_ASSISTANT_FEATURES = tuple(f"own_{name}" for name in CANDIDATE_FEATURES if name != "is_assistant")
_LIKELY_FEATURES = ("likely_assistant", "likely_nobody", "likely_other")
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
_OTHERS_FEATURES = ("other_to_me_age", "other_to_me_minutes", "other_to_me_after_mine", "people_since_own", "asked_since_own", "heard")
_WORD_FEATURES = ("words_with_last_own", "words_with_own", "words_with_own_to_me", "words_with_others", "words_talk_with_own", "words_more_with_own")
_ALIKE_FEATURES = (
    "alike_with_own",
    "alike_with_others",
    "alike_with_others_lately",
    "alike_with_mine",
    "alike_more_with_own",
    "alike_talk_with_own",
    "alike_talk_with_others",
    "alike_talk_more_with_own",
)
_TEXT_FEATURES = ("names_assistant", "names_person", "names_inside", "names_unknown", "words")
FEATURES = (
    *_ASSISTANT_FEATURES,
    *_LIKELY_FEATURES,
    *_MINE_FEATURES,
    *_BELIEF_FEATURES,
    *_OTHERS_FEATURES,
    *_WORD_FEATURES,
    *_ALIKE_FEATURES,
    *_TEXT_FEATURES,
    *CUES,
)

# What they are about, for explanations.
_OWN_WORD_FEATURES = tuple(name for name in _ASSISTANT_FEATURES if "words" in name or "alike" in name)
OWN_SIDE = (*(name for name in _ASSISTANT_FEATURES if name not in _OWN_WORD_FEATURES), "likely_assistant")
MINE_SIDE = (*_MINE_FEATURES, "mine_probability", "mine_probability_lately", "mine_probability_mean")
OTHERS_SIDE = (*_OTHERS_FEATURES, "others_probability_mean", "others_probability_lately", "likely_other", "likely_nobody")
NAME_SIDE = _TEXT_FEATURES[:4]
WORD_SIDE = (*_WORD_FEATURES, *_ALIKE_FEATURES, *_OWN_WORD_FEATURES, _TEXT_FEATURES[4], *CUES)

_IS_ASSISTANT = CANDIDATE_FEATURES.index("is_assistant")
_NOT_HEARD = (-1.0,) * len(_ASSISTANT_FEATURES)
"""What stands for the assistant's side where it has not spoken."""


def measure(talk: Talk, candidates: Candidates, likely: Likely) -> list[float]:
    """Return the values of FEATURES, in order. `likely`: whom the message is likely meant for, of the candidates."""
    said = talk.said
    row = candidates.row_of(ASSISTANT)
    return [
        *(_NOT_HEARD if row is None else (*row[:_IS_ASSISTANT], *row[_IS_ASSISTANT + 1 :])),
        likely.get(ASSISTANT, 0.0),
        1.0 - sum(likely.values()),
        max((share for one, share in likely.items() if one != ASSISTANT), default=0.0),
        *_mine(talk),
        *_beliefs(talk),
        *_others(talk),
        *_words_in_common(talk),
        *_alike(talk),
        said.names_assistant,
        said.names_person,
        said.names_inside,
        said.names_unknown,
        min(said.cues.words, 40),
        *said.cues.found,
    ]


def _mine(talk: Talk) -> tuple[float, ...]:
    """What the author said before, and to whom."""
    heard, mine = talk.heard, talk.mine
    if not mine:
        return (AGE_MAX, AGE_MAX, 0, 0, 0, 0, 0, 0)
    last = heard[mine[0]]
    to = [heard[age].to for age in mine]
    to_assistant = to.count(ASSISTANT)
    return (
        min(mine[0], AGE_MAX),
        talk.minutes(mine[0]),
        last.to == ASSISTANT,
        last.to is not None and last.to != ASSISTANT,
        last.asks,
        len(mine),
        to_assistant / len(mine),
        (len(mine) - to_assistant - to.count(None)) / len(mine),
    )


def _beliefs(talk: Talk) -> tuple[float, ...]:
    """How likely the messages before were meant for the assistant."""
    heard, beliefs, since = talk.heard, talk.beliefs, talk.said.minute - CONTINUES_MIN
    mine = [beliefs[age] for age in talk.mine]
    lately = [beliefs[age] for age in talk.mine if heard[age].minute >= since]
    others = [beliefs[age] for age in talk.others if age < RECENT]
    return (
        mine[0] if mine else 0.0,
        max(lately, default=0.0),
        sum(mine) / (len(mine) or 1),
        sum(others) / (len(others) or 1),
        max(others[:3], default=0.0),
    )


def _others(talk: Talk) -> tuple[float, ...]:
    """Whether others talk to the author, or to the assistant."""
    heard, me = talk.heard, talk.said.author
    own = talk.ages.get(ASSISTANT)
    to_me = [age for age in talk.others if heard[age].to == me]
    since_mine = talk.mine[0] if talk.mine else AGE_MAX
    since_own = own[0] if own else AGE_MAX
    since = [age for age in talk.others if age < since_own]
    return (
        min(to_me[0], AGE_MAX) if to_me else AGE_MAX,
        talk.minutes(to_me[0]) if to_me else AGE_MAX,
        sum([age < since_mine for age in to_me]),
        len({heard[age].author for age in since}),
        sum([talk.beliefs[age] for age in since]),
        len(heard),
    )


def _words_in_common(talk: Talk) -> tuple[float, ...]:
    """What the words weigh that the message shares with what the assistant said, and with what others said."""
    heard, shared, me = talk.heard, talk.shared, talk.said.author
    own = talk.ages.get(ASSISTANT, ())
    of_own = [shared[age] for age in own[:6] if age < WORDS_LOOKED_BACK]
    with_own = max(of_own, default=0.0)
    to_me = max([shared[age] for age in own if age < WORDS_LOOKED_BACK and heard[age].to == me], default=0.0)
    of_others = max([shared[age] for age in talk.others if age < WORDS_LOOKED_BACK], default=0.0)
    words = frozenset(talk.said.words).union(*(heard[age].words for age in talk.mine[:3]))
    talk_with_own = max(in_common(words, [heard[age].words for age in own[:4]], talk.weights), default=0.0)
    return (of_own[0] if of_own else 0.0, with_own, to_me, of_others, talk_with_own, max(with_own, to_me) - of_others)


def _alike(talk: Talk) -> tuple[float, ...]:
    """How much the message is about the same as what the assistant said, and as what others said; -1 where nobody said anything."""
    same, talk_same = talk.alike, talk.talk_alike
    own = [age for age in talk.ages.get(ASSISTANT, ()) if age < WORDS_LOOKED_BACK]
    others = [age for age in talk.others if age < WORDS_LOOKED_BACK]
    with_own = max([same[age] for age in own[:6]], default=-1.0)
    with_others = max([same[age] for age in others], default=-1.0)
    lately = max([same[age] for age in others if age < LATELY], default=-1.0)
    with_mine = same[talk.mine[0]] if talk.mine and talk.mine[0] < WORDS_LOOKED_BACK else -1.0
    talk_with_own = max([talk_same[age] for age in own[:4]], default=-1.0)
    talk_with_others = max([talk_same[age] for age in others[:12]], default=-1.0)
    return (
        with_own,
        with_others,
        lately,
        with_mine,
        with_own - with_others,
        talk_with_own,
        talk_with_others,
        talk_with_own - talk_with_others,
    )

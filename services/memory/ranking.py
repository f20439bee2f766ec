"""Which candidates of a search are answered, in which order, and why. Pure.

Each arm comes from reasoning about how people tell things; its constant is a round number, chosen by hand after some 60 settings had been compared on
five LoCoMo dialogues. No optimiser ran and no weights are stored, but figures on those dialogues are those of the settings that did well there.
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from services.memory.facts import StoredMemory
from services.memory.traits import Traits
from services.retrieval.asking import Question
from services.retrieval.fusion import Arm, Spread, fused, ranked
from services.retrieval.terms import overlap, words_of

VECTOR_DEVIATION_MIN = 0.05
"""Cosines of this model differ by as much between unrelated texts; among few memories less than that is no signal."""
LEXICAL_DEVIATION_MIN = 0.5
"""A quarter of what one fairly rare word scores."""
VECTOR_WEIGHT = 1.25
"""Meaning counts a little more than words: a question seldom uses the words of its answer."""
NEIGHBOUR_SHARES = (0.3, 0.15)
"""The part of its score that a memory lends to what was said right before and after it, and to what was said one further."""
ANSWER_SHARE = 0.4
"""The part that a question lends, beside that, to what somebody else says next: an answer often means nothing without it."""
NEIGHBOUR_GAP = timedelta(minutes=30)
"""What was said longer apart is not one conversation: half an hour of silence is the usual end of a session."""
SPEAKER_BONUS = 2.0
"""Two deviations, about what one telling word is worth, for the words of somebody whom the query names."""
WHEN_BONUS = 1.0
"""For what names a time, where the query asks for one."""
LENGTH_WEIGHT = 0.5
"""What says more answers more: each e-fold of terms counts half a deviation."""
ASKS_PENALTY = 0.75
"""A question tells nothing by itself."""
NEAR_DUPLICATE_OVERLAP = 0.85


class Candidate(NamedTuple):
    """One version of a memory that an arm of the search brought, or that was said beside one, and what each arm gives it.

    `position` counts what its scope took in.
    """

    memory_id: uuid.UUID
    version: int
    similarity: float
    lexical: float
    scope_id: uuid.UUID
    position: int
    said_at: datetime
    traits: Traits


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates with the spread of each arm's scores over everything that was searched."""

    found: Sequence[Candidate]
    vector: Spread
    lexical: Spread


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its fused score and what each arm gave: vector and lexical in their own measure, all else in deviations."""

    candidate: Candidate
    score: float
    score_by_arm: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A memory found, its score, and why."""

    memory: StoredMemory
    score: float
    score_by_arm: Mapping[str, float]


def rank(candidates: Candidates, question: Question, similarity_floor: float) -> list[Ranked]:
    """Return the candidates best first, without those that share neither a word nor enough meaning with the query."""
    found = candidates.found
    arms = {
        "vector": Arm(candidates.vector, weight=VECTOR_WEIGHT, deviation_min=VECTOR_DEVIATION_MIN),
        "lexical": Arm(candidates.lexical, deviation_min=LEXICAL_DEVIATION_MIN),
    }
    own = fused({"vector": [one.similarity for one in found], "lexical": [one.lexical for one in found]}, arms)
    lent = _lent(found, own)
    scored = [
        _ranked(one, own[index], lent[index], question) for index, one in enumerate(found) if one.lexical > 0 or one.similarity >= similarity_floor
    ]
    return [scored[index] for index in ranked([one.score for one in scored])]


def _ranked(one: Candidate, own: float, lent: float, question: Question) -> Ranked:
    reasons = {"neighbour": lent, "form": LENGTH_WEIGHT * math.log1p(one.traits.length) - ASKS_PENALTY * one.traits.asks}
    if one.traits.speaker in question.speakers:
        reasons["speaker"] = SPEAKER_BONUS
    if question.when and one.traits.dated:
        reasons["time"] = WHEN_BONUS
    score_by_arm = {"vector": one.similarity, "lexical": one.lexical, **{name: score for name, score in reasons.items() if score}}
    return Ranked(one, own + sum(reasons.values()), score_by_arm)


def _lent(found: Sequence[Candidate], own: Sequence[float]) -> list[float]:
    """Return what each candidate is lent by what was said around it in the same conversation."""
    by_scope: dict[uuid.UUID, dict[int, int]] = {}
    for index, one in enumerate(found):  # of several versions the best speaks
        at = by_scope.setdefault(one.scope_id, {})
        if one.position not in at or own[index] > own[at[one.position]]:
            at[one.position] = index
    lent = [0.0] * len(found)
    for index, one in enumerate(found):
        at = by_scope[one.scope_id]
        for step, share in _STEPS:
            other = at.get(one.position + step)
            if other is not None:
                lent[index] += own[other] * _share(found[other], one, step, share)
    return lent


_STEPS = tuple((sign * (distance + 1), share) for distance, share in enumerate(NEIGHBOUR_SHARES) for sign in (-1, 1))


def _share(lender: Candidate, one: Candidate, step: int, share: float) -> float:
    if abs(lender.said_at - one.said_at) > NEIGHBOUR_GAP:
        return 0.0
    answers = step == -1 and lender.traits.asks and lender.traits.speaker != one.traits.speaker
    return share + ANSWER_SHARE if answers else share


def collapsed(found: Sequence[Found], limit: int) -> list[Found]:
    """Return at most `limit` memories, leaving out what says in nearly the same words what a better one says."""
    kept: list[tuple[frozenset[str], Found]] = []
    for one in found:
        words = words_of(one.memory.text)
        if all(overlap(words, other) < NEAR_DUPLICATE_OVERLAP for other, _ in kept if words or other):
            kept.append((words, one))
        if len(kept) == limit:
            break
    return [one for _, one in kept]

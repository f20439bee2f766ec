"""Which candidates of a search are answered, in which order, and why. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.memory.facts import StoredMemory
from services.retrieval.fusion import Arm, Spread, fused, ranked
from services.retrieval.terms import overlap, terms_of

VECTOR_DEVIATION_MIN = 0.05
"""Cosines of this model differ by as much between unrelated texts; among few memories less than that is no signal."""
LEXICAL_DEVIATION_MIN = 0.5
"""A quarter of what one fairly rare word scores."""
NEAR_DUPLICATE_OVERLAP = 0.85


@dataclass(frozen=True, slots=True)
class Candidate:
    """One version of a memory that an arm of the search brought, and what each arm gives it."""

    memory_id: uuid.UUID
    version: int
    similarity: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates with the spread of each arm's scores over everything that was searched."""

    found: Sequence[Candidate]
    vector: Spread
    lexical: Spread


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its fused score and what each arm gave, in that arm's own measure."""

    candidate: Candidate
    score: float
    score_by_arm: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A memory found, its score, and why."""

    memory: StoredMemory
    score: float
    score_by_arm: Mapping[str, float]


def rank(candidates: Candidates, similarity_floor: float) -> list[Ranked]:
    """Return the candidates best first, without those that share neither a word nor enough meaning with the query."""
    kept = [one for one in candidates.found if one.lexical > 0 or one.similarity >= similarity_floor]
    arms = {
        "vector": Arm(candidates.vector, deviation_min=VECTOR_DEVIATION_MIN),
        "lexical": Arm(candidates.lexical, deviation_min=LEXICAL_DEVIATION_MIN),
    }
    scores = fused({"vector": [one.similarity for one in kept], "lexical": [one.lexical for one in kept]}, arms)
    return [Ranked(kept[index], scores[index], {"vector": kept[index].similarity, "lexical": kept[index].lexical}) for index in ranked(scores)]


def collapsed(found: Sequence[Found], limit: int) -> list[Found]:
    """Return at most `limit` memories, leaving out what says in nearly the same words what a better one says."""
    kept: list[tuple[frozenset[str], Found]] = []
    for one in found:
        terms = frozenset(terms_of(one.memory.text).counts)
        if all(overlap(terms, other) < NEAR_DUPLICATE_OVERLAP for other, _ in kept if terms or other):
            kept.append((terms, one))
        if len(kept) == limit:
            break
    return [one for _, one in kept]

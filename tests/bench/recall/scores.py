"""How well answers were found. Pure.

recall@k is the share of a question's evidence among the first k results, MRR the inverse rank of its best; both averaged over the questions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.bench.recall.dialogues import WRONG_SPEAKER, Question


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of a dialogue and the turns that were found for it, best first."""

    dialogue: str
    question: Question
    found: Sequence[str]

    def recall(self, k: int) -> float:
        """The share of the evidence among the first k."""
        first = set(self.found[:k])
        return sum(turn in first for turn in self.question.evidence) / len(self.question.evidence)

    @property
    def reciprocal_rank(self) -> float:
        """One divided by the rank of the best piece of evidence; 0 where none was found."""
        return max((1 / (self.found.index(turn) + 1) for turn in self.question.evidence if turn in self.found), default=0.0)


def scored(answered: Iterable[Answered]) -> list[Answered]:
    """Those that the headline figures are made of."""
    return [one for one in answered if one.question.scored]


def wrong_speaker(answered: Iterable[Answered]) -> list[Answered]:
    """Questions that name somebody else than who said it."""
    return [one for one in answered if one.question.category == WRONG_SPEAKER and one.question.evidence]


def mean_recall(answered: Sequence[Answered], k: int) -> float:
    """recall@k, averaged."""
    return sum(one.recall(k) for one in answered) / max(1, len(answered))


def mean_reciprocal_rank(answered: Sequence[Answered]) -> float:
    """MRR."""
    return sum(one.reciprocal_rank for one in answered) / max(1, len(answered))

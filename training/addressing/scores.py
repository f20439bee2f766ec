"""How well probabilities tell what is meant for the assistant. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one variant. `rule_f1` is the F1 of answering only what names the assistant as its addressee."""

    messages: int
    meant: int
    f1: float
    precision: float
    recall: float
    average_precision: float
    brier: float
    calibration_error: float
    rule_f1: float


def scores_of(labels: Sequence[bool], probabilities: Sequence[float], ruled: Sequence[bool], threshold: float) -> Scores:
    """Score probabilities against labels, over all messages alike."""
    answered = [probability >= threshold for probability in probabilities]
    precision, recall, f1 = precision_recall_f1(labels, answered)
    return Scores(
        messages=len(labels),
        meant=sum(labels),
        f1=f1,
        precision=precision,
        recall=recall,
        average_precision=average_precision(labels, probabilities),
        brier=sum((probability - label) ** 2 for label, probability in zip(labels, probabilities, strict=True)) / (len(labels) or 1),
        calibration_error=calibration_error(labels, probabilities),
        rule_f1=precision_recall_f1(labels, ruled)[2],
    )


def precision_recall_f1(labels: Sequence[bool], answered: Sequence[bool]) -> tuple[float, float, float]:
    """Return precision, recall and their harmonic mean; 0 where there is nothing to divide by."""
    right = sum(label and answer for label, answer in zip(labels, answered, strict=True))
    precision, recall = right / (sum(answered) or 1), right / (sum(labels) or 1)
    return precision, recall, 2 * right / ((sum(answered) + sum(labels)) or 1)


def calibration_error(labels: Sequence[bool], probabilities: Sequence[float]) -> float:
    """Return the expected calibration error: over BINS equal bins, how far the mean probability is from the share of labels, weighted by messages."""
    bins: list[list[tuple[bool, float]]] = [[] for _ in range(BINS)]
    for label, probability in zip(labels, probabilities, strict=True):
        bins[min(int(probability * BINS), BINS - 1)].append((label, probability))
    return sum(abs(sum(label - probability for label, probability in one)) for one in bins) / (len(labels) or 1)


def average_precision(labels: Sequence[bool], probabilities: Sequence[float]) -> float:
    """Return the mean over the messages that are meant of the precision at their probability; messages of one probability count together."""
    ranked = sorted(zip(probabilities, labels, strict=True), key=lambda one: -one[0])
    total, right, seen, start = 0.0, 0, 0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        found = sum(label for _, label in ranked[start:end])
        right, seen = right + found, end
        total += found * right / seen
        start = end
    return total / (sum(labels) or 1)

"""`make train-addressing DATA=folder`: fit the addressing model to the logs of the split "train", and write it with its card into the gateway.

The same data give the same bytes. The other logs of the folder are only measured, for the card.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from services.gateway.addressing.meanings import MEANINGS_FILE, read_meanings
from services.gateway.addressing.model import MODEL_FILE, AddressingModel
from training.addressing.card import CARD_FILE, card_text
from training.addressing.crossfit import Example, cross_fit
from training.addressing.logs import TRAINED, Variant, read_views
from training.addressing.meanings import write_meanings
from training.addressing.model_file import model_text
from training.addressing.replay import judge
from training.addressing.scores import Scores, precision_recall_f1, scores_of

CAUTIOUS_PRECISION = 0.9
"""Of what the model answers at the cautious threshold, so much was meant for the assistant, whatever the texts give away."""
_STEPS = 100


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.addressing", description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with addressee_logs.jsonl and addressee_views.jsonl")
    arguments = parser.parse_args()
    try:
        views = [view for variant in TRAINED for view in read_views(arguments.data, variant, train=True)]
    except (OSError, ValueError, KeyError) as problem:
        print(f"{arguments.data} holds no logs that can be read: {problem!r}", file=sys.stderr)
        return 2
    fitted, examples = cross_fit(views)
    threshold = best_threshold(examples)
    model = replace(fitted, threshold=threshold, cautious_threshold=cautious_threshold(examples, threshold))
    write_meanings(model.meanings)
    model = replace(model, meanings=read_meanings(MEANINGS_FILE))  # as rounded as it will run
    text = model_text(model)
    card = card_text(model, text, len(views) // len(TRAINED), _cross_fitted(examples, threshold), _measured(arguments.data, model))
    MODEL_FILE.write_text(text)
    CARD_FILE.write_text(card)
    print(f"{MODEL_FILE.name}: {len(text)} bytes, threshold {model.threshold}, cautious {model.cautious_threshold}")
    return 0


def best_threshold(examples: Sequence[Example]) -> float:
    """Return the threshold with the best F1, averaged over the variants."""

    def mean_f1(threshold: float) -> float:
        return sum(
            precision_recall_f1([one.label for one in group], [one.probability >= threshold for one in group])[2] for group in _by_variant(examples)
        )

    return max((step / _STEPS for step in range(1, _STEPS)), key=mean_f1)


def cautious_threshold(examples: Sequence[Example], threshold: float) -> float:
    """Return the lowest threshold from which on the model alone is as precise as CAUTIOUS_PRECISION, with each variant's texts."""
    asked = [[one for one in group if one.values] for group in _by_variant(examples)]
    for step in range(round(threshold * _STEPS), _STEPS):
        precisions = [precision_recall_f1([one.label for one in group], [one.probability >= step / _STEPS for one in group])[0] for group in asked]
        if min(precisions) >= CAUTIOUS_PRECISION:
            return step / _STEPS
    return 1.0


def _by_variant(examples: Sequence[Example]) -> list[list[Example]]:
    return [[example for example in examples if example.variant is variant] for variant in TRAINED]


def _cross_fitted(examples: Sequence[Example], threshold: float) -> dict[Variant, Scores]:
    return {
        variant: scores_of([one.label for one in group], [one.probability for one in group], [not one.values for one in group], threshold)
        for variant, group in zip(TRAINED, _by_variant(examples), strict=True)
    }


def _measured(data: Path, model: AddressingModel) -> dict[Variant, Scores]:
    scores = {}
    for variant in Variant:
        judged = asyncio.run(judge(read_views(data, variant, train=False), model))
        columns = [one.label for one in judged], [one.probability for one in judged], [one.by_rule for one in judged]
        scores[variant] = scores_of(*columns, model.threshold)
    return scores


if __name__ == "__main__":
    sys.exit(main())

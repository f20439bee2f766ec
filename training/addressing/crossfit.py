"""Fitting the model to logs, where what it believes of earlier messages is an input of its own.

A message's features hold the probabilities that the model gave earlier ones. So the logs are replayed in rounds: each log with the model of the
round before, fitted without that log. The last replay's probabilities are what a log that was never seen gets: the thresholds come from them.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from services.gateway.addressing.model import AddressingModel
from training.addressing.logs import Variant, View
from training.addressing.replay import probability_of, replay
from training.addressing.trees import fit

FOLDS = 4
ROUNDS = 2
_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Example:
    """A judged message: by what the model judged it (nothing, where a rule decided), and what it said without having seen the log."""

    log: str
    variant: Variant
    label: bool
    values: tuple[float, ...]
    probability: float


class _Recording:
    """A model that keeps what it was asked; without trees it knows nothing."""

    threshold = 0.5
    cautious_threshold = 0.5
    typical = ()

    def __init__(self, model: AddressingModel | None) -> None:
        self._model = model
        self.asked: tuple[float, ...] = ()

    def probability(self, values: Sequence[float]) -> float:
        self.asked = tuple(values)
        return self._model.probability(values) if self._model is not None else 0.0

    def log_odds(self, values: Sequence[float]) -> float:
        return self._model.log_odds(values) if self._model is not None else 0.0


def fold_of(logs: Sequence[str]) -> dict[str, int]:
    """Return which fold each log is in: a log is never in two, whoever plays the assistant."""
    return {log: position % FOLDS for position, log in enumerate(sorted(set(logs)))}


def cross_fit(views: Sequence[View]) -> tuple[AddressingModel, list[Example]]:
    """Return the model fitted to all logs (its thresholds are still to be set), and every judged message with its cross-fitted probability."""
    folds = fold_of([view.log for view in views])
    models: list[AddressingModel | None] = [None] * FOLDS
    for finished in range(ROUNDS):
        examples = _gather(views, folds, models)
        models = [fit_model([example for example in examples if folds[example.log] != fold]) for fold in range(FOLDS)]
        print(f"round {finished + 1} of {ROUNDS} is done", file=sys.stderr, flush=True)
    examples = _gather(views, folds, models)
    return fit_model(examples), examples


def fit_model(examples: Sequence[Example]) -> AddressingModel:
    """Fit the model to the messages that no rule decided."""
    asked = [example for example in examples if example.values]
    bias, trees = fit([example.values for example in asked], [example.label for example in asked])
    typical = tuple(sorted(column)[len(column) // 2] for column in zip(*(example.values for example in asked), strict=True))
    return AddressingModel(bias, trees, 0.5, 0.5, typical)


def _gather(views: Sequence[View], folds: dict[str, int], models: Sequence[AddressingModel | None]) -> list[Example]:
    told = [(view, models[folds[view.log]]) for view in views]
    # Spawned: a forked process would inherit the threads of scikit-learn.
    with get_context("spawn").Pool(_PROCESSES) as pool:
        return [example for examples in pool.imap(_examples, told, chunksize=8) for example in examples]


def _examples(told: tuple[View, AddressingModel | None]) -> list[Example]:
    return asyncio.run(_record(*told))


async def _record(view: View, model: AddressingModel | None) -> list[Example]:
    recording = _Recording(model)
    examples = []
    async for line, decision, _ in replay(view, recording):
        if line.label is not None:
            examples.append(Example(view.log, view.variant, line.label, recording.asked, probability_of(decision)))
        recording.asked = ()
    return examples

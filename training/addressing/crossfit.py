"""Fitting the model to logs, where what it believes of earlier messages is an input of its own.

A message's features hold the probabilities that the model gave earlier ones. So the logs are replayed in rounds: each log with the model of the
round before, fitted without that log. The last replay's probabilities are what a log that was never seen gets: the thresholds come from them.
"""

import asyncio
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from services.gateway.addressing.addressees import Candidates, Likely
from services.gateway.addressing.channel_talk import ASSISTANT
from services.gateway.addressing.fingerprints import Weights, fingerprint
from services.gateway.addressing.meanings import Meanings
from services.gateway.addressing.model import AddressingModel
from training.addressing.choices import Choice, choice_of, fit_addressees
from training.addressing.logs import Line, Variant, View
from training.addressing.meanings import corpus_of, fit_meanings
from training.addressing.replay import probability_of, replay
from training.addressing.trees import fit

FOLDS = 4
ROUNDS = 4
NAMED_SHARE = 3
"""Of the messages that name somebody in front, one in so many tells the addressees' weights whom people mean."""
COMMON = 400
"""Words whose weights the model has."""
_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Example:
    """A judged message: by what the model judged it (nothing, where a rule decided), and what it said without having seen the log."""

    log: str
    variant: Variant
    label: bool
    values: tuple[float, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one view gave: its judged messages, and messages of which it is known whom they were meant for."""

    log: str
    examples: list[Example]
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Words:
    """What is known of words before any message is judged: their weights, and what they are about."""

    weights: Weights
    meanings: Meanings


class _Recording:
    """A model that keeps what it was asked; without weights and trees it knows nothing."""

    threshold = 0.5
    cautious_threshold = 0.5
    typical = ()

    def __init__(self, words: Words, model: AddressingModel | None) -> None:
        self.word_weights = words.weights
        self.meanings = words.meanings
        self._model = model
        self.asked: tuple[float, ...] = ()
        self.candidates: Candidates | None = None

    def likely(self, candidates: Candidates) -> Likely:
        self.candidates = candidates
        return self._model.likely(candidates) if self._model is not None else {}

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
    weights, corpus = word_weights(views), corpus_of(views)
    print(f"{len(corpus.texts)} texts and {len(corpus.words)} words are read", file=sys.stderr, flush=True)
    # What words are about is fitted without labels, but all the same never to a log that is judged by it.
    of_folds = [Words(weights, fit_meanings(corpus, frozenset(log for log in folds if folds[log] == fold))) for fold in range(FOLDS)]
    for finished in range(ROUNDS):
        gathered = _gather(views, folds, models, of_folds)
        models = [fit_model([one for one in gathered if folds[one.log] != fold], of_folds[fold]) for fold in range(FOLDS)]
        print(f"round {finished + 1} of {ROUNDS} is done", file=sys.stderr, flush=True)
    gathered = _gather(views, folds, models, of_folds)
    return fit_model(gathered, Words(weights, fit_meanings(corpus))), [example for one in gathered for example in one.examples]


def word_weights(views: Sequence[View]) -> Weights:
    """Return what the COMMON words weigh that the most messages have: the rarer, the more."""
    logs = {view.log: view for view in views if view.variant is Variant.BARE}
    messages = [fingerprint(line.text) for view in logs.values() for line in view.lines]
    counted = Counter(word for words in messages for word in words)
    return {word: round(math.log(len(messages) / count), 1) for word, count in sorted(counted.most_common(COMMON), key=lambda one: one[0])}


def fit_model(gathered: Sequence[Gathered], words: Words) -> AddressingModel:
    """Fit the model: the trees to the messages that no rule decided."""
    addressees = fit_addressees([choice for one in gathered for choice in one.choices])
    asked = [example for one in gathered for example in one.examples if example.values]
    bias, trees = fit([example.values for example in asked], [example.label for example in asked])
    typical = tuple(sorted(column)[len(column) // 2] for column in zip(*(example.values for example in asked), strict=True))
    return AddressingModel(words.weights, words.meanings, addressees, bias, trees, 0.5, 0.5, typical)


def _gather(views: Sequence[View], folds: dict[str, int], models: Sequence[AddressingModel | None], words: Sequence[Words]) -> list[Gathered]:
    told = [(view, folds[view.log]) for view in views]
    # Spawned: a forked process would inherit the threads of scikit-learn.
    with get_context("spawn").Pool(_PROCESSES, _learn, (list(zip(words, models, strict=True)),)) as pool:
        return list(pool.imap(_gathered, told, chunksize=8))


_known: list[tuple[Words, AddressingModel | None]] = []
"""In a process that gathers: what its folds are judged by."""


def _learn(known: Sequence[tuple[Words, AddressingModel | None]]) -> None:
    _known.extend(known)


def _gathered(told: tuple[View, int]) -> Gathered:
    view, fold = told
    return asyncio.run(_record(view, *_known[fold]))


async def _record(view: View, words: Words, model: AddressingModel | None) -> Gathered:
    recording, gathered = _Recording(words, model), Gathered(view.log, [], [])
    async for line, decision, _ in replay(view, recording):
        asked = decision.probability is not None
        if line.label is not None:
            values = recording.asked if asked else ()
            gathered.examples.append(Example(view.log, view.variant, line.label, values, probability_of(decision)))
        choice = _choice(line, recording.candidates) if asked and recording.candidates is not None else None
        if choice is not None:
            gathered.choices.append(choice)
    return gathered


def _choice(line: Line, candidates: Candidates) -> Choice | None:
    """Return whom a message was meant for, or that it was not the assistant, as far as that is known."""
    if line.label:
        return choice_of(candidates, ASSISTANT, meant=True)
    if line.named:
        return choice_of(candidates, line.named, meant=True) if line.number % NAMED_SHARE == 0 else None
    return choice_of(candidates, ASSISTANT, meant=False) if line.label is not None else None

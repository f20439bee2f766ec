"""The trained model as plain numbers: whom a message is likely meant for, and boosted trees that say whether it is the assistant.

Pure but for reading the file.

MODEL_CARD.md beside it tells what it was trained on, how well it judges, and where it does not.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

from services.gateway.addressing.addressees import CANDIDATE_FEATURES, NOBODY_FEATURES, AddresseeModel, Candidates, Likely
from services.gateway.addressing.features import FEATURES
from services.gateway.addressing.fingerprints import Weights
from services.gateway.addressing.forest import Forest, Tree
from services.gateway.addressing.meanings import Meanings, shipped_meanings

MODEL_FILE = Path(__file__).with_name("model.json")


class JudgingModel(Protocol):
    """What judges a message that no rule decides."""

    @property
    def threshold(self) -> float:
        """Where its F1 is best."""

    @property
    def cautious_threshold(self) -> float:
        """Where it is hardly ever wrong."""

    @property
    def typical(self) -> Sequence[float]:
        """The usual value of each feature."""

    @property
    def word_weights(self) -> Weights:
        """What the common words weigh."""

    @property
    def meanings(self) -> Meanings:
        """Reads what messages are about."""

    def likely(self, candidates: Candidates) -> Likely:
        """Return how likely each candidate is meant."""

    def probability(self, values: Sequence[float]) -> float:
        """Return the probability for the values of FEATURES, 0 to 1."""

    def log_odds(self, values: Sequence[float]) -> float:
        """Return the log-odds for the values of FEATURES."""


class ModelUnreadable(ValueError):
    """The model's file does not belong to this code."""


@dataclass(frozen=True, slots=True)
class AddressingModel:
    """Gives the probability that a message is meant for the assistant. The trees' leaves hold log-odds; whom else it may be meant for is among
    what they judge by.

    `threshold` is where its F1 is best; `cautious_threshold` is where it is hardly ever wrong, for guilds that never decided.
    `typical` is the value that each feature has most often: what an explanation compares with.
    """

    word_weights: Weights
    meanings: Meanings
    addressees: AddresseeModel
    bias: float
    trees: tuple[Tree, ...]
    threshold: float
    cautious_threshold: float
    typical: tuple[float, ...]
    _forest: Forest = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_forest", Forest(self.trees))

    def likely(self, candidates: Candidates) -> Likely:
        """Return how likely each candidate is meant."""
        return self.addressees.likely(candidates)

    def probability(self, values: Sequence[float]) -> float:
        """Return the probability for the values of FEATURES, 0 to 1."""
        return 1.0 / (1.0 + math.exp(-self.log_odds(values)))

    def log_odds(self, values: Sequence[float]) -> float:
        """Return the log-odds for the values of FEATURES."""
        return self._forest.total(values, self.bias)


def read_model(text: str, meanings: Meanings) -> AddressingModel:
    """Return the model that a file's text holds, fitted with those meanings. Raises ModelUnreadable where its features are not those of this code."""
    stored = json.loads(text)
    weights = stored["addressees"]
    if (tuple(stored["features"]), tuple(weights["candidate"]), tuple(weights["nobody"])) != (FEATURES, CANDIDATE_FEATURES, NOBODY_FEATURES):
        raise ModelUnreadable("the addressing model was trained on other features: run make train-addressing")
    return AddressingModel(
        {int(word): float(weighs) for word, weighs in stored["word_weights"].items()},
        meanings,
        AddresseeModel(tuple(map(float, weights["candidate"].values())), tuple(map(float, weights["nobody"].values()))),
        float(stored["bias"]),
        tuple(_tree(tree) for tree in stored["trees"]),
        float(stored["threshold"]),
        float(stored["cautious_threshold"]),
        tuple(map(float, stored["typical"])),
    )


@cache
def shipped_model() -> AddressingModel:
    """Return the model of this release."""
    return read_model(MODEL_FILE.read_text(), shipped_meanings())


def _tree(stored: object) -> Tree:
    if not isinstance(stored, list):
        return float(stored)  # type: ignore[arg-type]  # JSON holds numbers and lists here
    feature, highest_left, left, right = stored
    return (int(feature), float(highest_left), _tree(left), _tree(right))

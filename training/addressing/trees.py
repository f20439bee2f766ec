"""Fitting boosted trees with scikit-learn, and taking their plain numbers out of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from services.gateway.addressing.features import FEATURES
from services.gateway.addressing.forest import LEAVES_MAX, Tree

TREES = 110
LEAVES = LEAVES_MAX
LEARNING_RATE = 0.09
LEAF_MESSAGES_MIN = 100
L2 = 20.0
SEED = 6

# Naming the assistant never makes it less likely that it is meant, naming somebody else never more.
RISING = ("names_assistant",)
FALLING = ("names_person", "names_unknown")

_LEAF_DIGITS = 3
_THRESHOLD_DIGITS = 4


def fit(values: Sequence[Sequence[float]], labels: Sequence[bool]) -> tuple[float, tuple[Tree, ...]]:
    """Fit trees and return them with their bias, as AddressingModel takes them. The same data give the same numbers."""
    monotonic = [1 if name in RISING else -1 if name in FALLING else 0 for name in FEATURES]
    classifier = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        learning_rate=LEARNING_RATE,
        min_samples_leaf=LEAF_MESSAGES_MIN,
        l2_regularization=L2,
        monotonic_cst=monotonic,
        early_stopping=False,
        random_state=SEED,
    )
    classifier.fit(np.asarray(values, dtype=np.float64), np.asarray(labels))
    predictors: Any = classifier._predictors
    return float(np.ravel(classifier._baseline_prediction)[0]), tuple(_tree(one[0].nodes, 0) for one in predictors)


def _tree(nodes: Any, position: int) -> Tree:
    node = nodes[position]
    if node["is_leaf"]:
        return round(float(node["value"]), _LEAF_DIGITS)
    highest_left = round(float(node["num_threshold"]), _THRESHOLD_DIGITS)
    return (int(node["feature_idx"]), highest_left, _tree(nodes, int(node["left"])), _tree(nodes, int(node["right"])))

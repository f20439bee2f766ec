"""Fitting the weights that tell whom a message is likely meant for, from messages of which that is known. Pure.

A conditional logit (McFadden 1974) by maximum likelihood with a ridge. Of most messages it is known who is meant; of some only that it is not the
assistant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from services.gateway.addressing.addressees import CANDIDATE_FEATURES, NOBODY_FEATURES, AddresseeModel, Candidates

RIDGE = 1.0
STEPS_MAX = 150
_DIGITS = 3
_LEAST = 1e-9
_SPREAD_MIN = 1e-3

type _Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """A message with whom it may be meant for: a row of CANDIDATE_FEATURES each, then one of NOBODY_FEATURES. `meant` is the position of whom it
    was meant for, or, where `not_meant`, of whom it was not.
    """

    rows: NDArray[np.float32]
    nobody: NDArray[np.float32]
    meant: int
    not_meant: bool = False


def choice_of(candidates: Candidates, one: str, *, meant: bool) -> Choice | None:
    """Return the choice of somebody, or that it was not they; None if they are not among the candidates."""
    if one not in candidates.ids:
        return None
    rows, nobody = np.array(candidates.rows, dtype=np.float32), np.array(candidates.nobody, dtype=np.float32)
    return Choice(rows, nobody, candidates.ids.index(one), not_meant=not meant)


def fit_addressees(choices: Sequence[Choice]) -> AddresseeModel:
    """Return the weights. The same choices in the same order give the same ones."""
    sizes = np.array([len(choice.rows) + 1 for choice in choices])
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    of_choice = np.repeat(np.arange(len(choices)), sizes)
    values = np.zeros((int(sizes.sum()), len(CANDIDATE_FEATURES) + len(NOBODY_FEATURES)), dtype=np.float32)
    for start, choice in zip(starts, choices, strict=True):
        end = start + len(choice.rows)
        values[start:end, : len(CANDIDATE_FEATURES)] = choice.rows
        values[end, len(CANDIDATE_FEATURES) :] = choice.nobody
    meant = starts + np.array([choice.meant for choice in choices])
    excluded = np.array([choice.not_meant for choice in choices])
    spread: _Floats = values.std(axis=0).astype(np.float64) + _SPREAD_MIN

    def loss(weights: _Floats) -> tuple[float, _Floats]:
        """Return minus the log-likelihood with its gradient, for weights of values with a spread of 1."""
        scores = (values @ (weights / spread).astype(np.float32)).astype(np.float64)
        exponentials = np.exp(scores - np.maximum.reduceat(scores, starts)[of_choice])
        shares = exponentials / np.add.reduceat(exponentials, starts)[of_choice]
        share = np.clip(shares[meant], _LEAST, 1 - _LEAST)
        pull = np.where(excluded, -share / (1 - share), 1.0)
        slopes = shares * pull[of_choice]
        slopes[meant] -= pull
        gradient = (values.T @ slopes.astype(np.float32)).astype(np.float64) / spread + RIDGE * weights
        lost = -np.log(np.where(excluded, 1 - share, share)).sum()
        return float(lost + RIDGE / 2 * (weights @ weights)), gradient

    found = minimize(loss, np.zeros(values.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": STEPS_MAX})
    weights = [round(float(weight), _DIGITS) for weight in found.x / spread]
    return AddresseeModel(tuple(weights[: len(CANDIDATE_FEATURES)]), tuple(weights[len(CANDIDATE_FEATURES) :]))

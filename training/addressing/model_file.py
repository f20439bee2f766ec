"""The model as text: services/gateway/addressing/model.json. Pure."""

import json

from services.gateway.addressing.addressees import CANDIDATE_FEATURES, NOBODY_FEATURES
from services.gateway.addressing.features import FEATURES
from services.gateway.addressing.model import AddressingModel

_BIAS_DIGITS = 6


def model_text(model: AddressingModel) -> str:
    """Return the file's text: one tree a line, each an array of [feature, highest value that goes left, left, right] or a leaf's log-odds."""
    head = {
        "licence": "CC BY 4.0; see MODEL_CARD.md",
        "word_weights": model.word_weights,
        "addressees": {
            "candidate": dict(zip(CANDIDATE_FEATURES, model.addressees.candidate, strict=True)),
            "nobody": dict(zip(NOBODY_FEATURES, model.addressees.nobody, strict=True)),
        },
        "features": list(FEATURES),
        "typical": [_short(value) for value in model.typical],
        "bias": round(model.bias, _BIAS_DIGITS),
        "threshold": model.threshold,
        "cautious_threshold": model.cautious_threshold,
    }
    lines = [f"{json.dumps(name)}:{_compact(value)}" for name, value in head.items()]
    trees = ",\n".join(_compact(_stored(tree)) for tree in model.trees)
    return "{" + ",\n".join([*lines, f'"trees":[\n{trees}]']) + "}\n"


def _stored(tree: object) -> object:
    if isinstance(tree, tuple):
        feature, highest_left, left, right = tree
        return [feature, _short(highest_left), _stored(left), _stored(right)]
    return tree


def _short(value: float) -> float:
    return int(value) if value == int(value) else round(value, 4)


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))

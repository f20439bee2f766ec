"""The model's card: what it is, what it was trained on, how well it judges and where it does not."""

import hashlib
from collections.abc import Mapping

from services.gateway.addressing.addressees import CANDIDATE_FEATURES, NOBODY_FEATURES, PEOPLE_MAX
from services.gateway.addressing.features import FEATURES
from services.gateway.addressing.meanings import DIMENSIONS, MEANINGS_FILE
from services.gateway.addressing.model import MODEL_FILE, AddressingModel
from training.addressing import crossfit, meanings, trees
from training.addressing.logs import Variant
from training.addressing.scores import Scores

CARD_FILE = MODEL_FILE.with_name("MODEL_CARD.md")
_TEMPLATE = MODEL_FILE.parents[3] / "training" / "addressing" / "card_template.md"
_COLUMNS = "| texts | messages | meant | F1 | precision | recall | average precision | Brier | ECE | F1 of the name rule |"


def card_text(model: AddressingModel, text: str, views: int, cross_fitted: Mapping[Variant, Scores], measured: Mapping[Variant, Scores]) -> str:
    """Return the card for a model, whose meanings are written, and the text of its file."""
    stored = MEANINGS_FILE.read_bytes()
    return _TEMPLATE.read_text().format(
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        bytes=len(text.encode()),
        meanings_sha256=hashlib.sha256(stored).hexdigest(),
        meanings_bytes=len(stored),
        words=len(model.meanings.words),
        dimensions=DIMENSIONS,
        ridge=meanings.RIDGE,
        rare=meanings.RARE,
        candidate_features=len(CANDIDATE_FEATURES),
        nobody_features=len(NOBODY_FEATURES),
        people=PEOPLE_MAX,
        common=len(model.word_weights),
        features=len(FEATURES),
        trees=len(model.trees),
        leaves=trees.LEAVES,
        learning_rate=trees.LEARNING_RATE,
        leaf_messages=trees.LEAF_MESSAGES_MIN,
        l2=trees.L2,
        folds=crossfit.FOLDS,
        rounds=crossfit.ROUNDS,
        threshold=model.threshold,
        cautious_threshold=model.cautious_threshold,
        views=views,
        cross_fitted=_table(cross_fitted),
        measured=_table(measured),
    )


def _table(scores: Mapping[Variant, Scores]) -> str:
    rows = [_COLUMNS, "|" + " --- |" * _COLUMNS.count(" | ") + " --- |"]
    for variant, one in scores.items():
        numbers = (one.f1, one.precision, one.recall, one.average_precision, one.brier, one.calibration_error, one.rule_f1)
        rows.append(f"| {variant} | {one.messages} | {one.meant} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |")
    return "\n".join(rows)

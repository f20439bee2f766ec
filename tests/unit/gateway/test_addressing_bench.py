"""What `make bench-addressing` measures, on logs small enough to follow."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.gateway.addressing.addressees import Candidates, Likely
from services.gateway.addressing.features import FEATURES
from services.gateway.addressing.fingerprints import Weights
from services.gateway.addressing.meanings import shipped_meanings
from tests.bench.addressing.__main__ import main
from training.addressing.logs import Variant, View, read_views
from training.addressing.replay import replay
from training.addressing.scores import average_precision, calibration_error, precision_recall_f1

MESSAGES: list[dict[str, Any]] = [
    {"i": 1, "t": 60, "a": "ann", "x": "Robo: hi robo", "to": "Robo", "b": "hi robo"},
    {"i": 2, "t": 60, "a": "Robo", "x": "ann: hello", "to": "ann", "b": "hello"},
    {"i": 4, "t": 120, "a": "bob", "x": "ann: robo is slow", "to": "ann", "b": "robo is slow"},
    {"i": 5, "t": 120, "a": "ann", "x": "it is"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = {"log": "l", "split": "dev", "first_labelled": 1, "last_labelled": 5, "messages": MESSAGES}
    view = {"log": "l", "split": "dev", "bot": "Robo", "pos": [1], "neg": [4], "pos_direct": [1], "pos_explicit": [1], "excluded": [5]}
    training = {"log": "t", "split": "train", "messages": MESSAGES}, view | {"log": "t", "split": "train"}
    (tmp_path / "addressee_logs.jsonl").write_text("\n".join(map(json.dumps, (log, training[0]))) + "\n")
    (tmp_path / "addressee_views.jsonl").write_text("\n".join(map(json.dumps, (view, training[1]))) + "\n")
    return tmp_path


class Recording:
    """A model that keeps what it was asked."""

    threshold = cautious_threshold = 0.5
    typical = ()

    def __init__(self) -> None:
        self.word_weights: Weights = {}
        self.meanings = shipped_meanings()
        self.asked: list[list[float]] = []

    def likely(self, candidates: Candidates) -> Likely:
        return {}

    def probability(self, values: list[float]) -> float:
        self.asked.append(values)
        return 0.0

    def log_odds(self, values: list[float]) -> float:
        return 0.0


def one_view(folder: Path, variant: Variant) -> View:
    (view,) = read_views(folder, variant, train=False)
    return view


@pytest.mark.parametrize(
    ("variant", "texts"),
    [
        (Variant.NORMAL, ["Robo: hi robo", "ann: hello", "ann: robo is slow", "it is"]),
        (Variant.HARD, ["hi ", "ann: hello", "ann:  is slow", "it is"]),
        (Variant.HARD_THROUGHOUT, ["hi ", "ann: hello", "ann:  is slow", "it is"]),
        (Variant.BARE, ["hi robo", "ann: hello", "robo is slow", "it is"]),
    ],
)
def test_a_variant_takes_out_of_the_texts_what_it_says(folder: Path, variant: Variant, texts: list[str]):
    assert [line.text for line in one_view(folder, variant).lines] == texts


@pytest.mark.parametrize(("variant", "context"), [(Variant.HARD, "Robo: hi robo"), (Variant.HARD_THROUGHOUT, "hi "), (Variant.BARE, "hi robo")])
def test_what_a_message_is_to_later_ones_depends_on_the_variant(folder: Path, variant: Variant, context: str):
    assert one_view(folder, variant).lines[0].context == context


async def test_a_message_that_is_judged_without_the_name_is_context_with_it(folder: Path):
    told = {}
    for variant in (Variant.HARD, Variant.HARD_THROUGHOUT):
        recording = Recording()
        async for _ in replay(one_view(folder, variant), recording):
            pass
        told[variant] = dict(zip(FEATURES, recording.asked[-1], strict=True))["mine_to_assistant"]
    assert told == {Variant.HARD: 1, Variant.HARD_THROUGHOUT: 0}


def test_only_the_assistants_own_addressees_are_told(folder: Path):
    assert [line.to for line in one_view(folder, Variant.NORMAL).lines] == ["", "ann", "", ""]


def test_only_judged_messages_have_a_label(folder: Path):
    assert [line.label for line in one_view(folder, Variant.NORMAL).lines] == [True, None, False, None]


def test_training_logs_are_not_measured(folder: Path):
    assert [view.log for view in read_views(folder, Variant.NORMAL, train=False)] == ["l"]
    assert [view.log for view in read_views(folder, Variant.NORMAL, train=True)] == ["t"]


def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["bench", str(folder)])
    return main()


def test_the_last_line_is_one_json_object_with_every_figure(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    code = run(folder, monkeypatch)
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    wanted = {f"addressing_{what}_{variant}" for what in ("f1", "ece") for variant in Variant} | {"filter_us_p50"}
    assert wanted <= set(figures)
    assert (figures["addressing_f1_normal"], figures["addressing_rule_f1_normal"]) == (1.0, 1.0)
    assert code == (1 if figures["missed"] else 0)


@pytest.mark.parametrize("damage", ["missing", "not json", "no split but the training's"])
def test_a_folder_that_cannot_be_measured_is_said_so(folder: Path, damage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    views = folder / "addressee_views.jsonl"
    if damage == "missing":
        views.unlink()
    else:
        views.write_text("{\n" if damage == "not json" else views.read_text().splitlines()[1])
    assert run(folder, monkeypatch) == 2
    said = capsys.readouterr()
    assert str(folder) in said.err
    assert said.out == ""


def test_f1_is_of_precision_and_recall():
    assert precision_recall_f1([True, True, False, False], [True, False, True, False]) == (0.5, 0.5, 0.5)
    assert precision_recall_f1([False], [False]) == (0.0, 0.0, 0.0)


def test_average_precision_is_the_area_under_precision_and_recall():
    assert average_precision([True, False, True], [0.9, 0.8, 0.7]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([True, False], [0.5, 0.5]) == 0.5


def test_a_calibrated_model_has_no_calibration_error():
    assert calibration_error([True, False, False, False], [0.25] * 4) == pytest.approx(0)
    assert calibration_error([True, True], [0.75, 1.0]) == pytest.approx(0.125)
    assert calibration_error([False, True], [1.0, 1.0]) == pytest.approx(0.5)

"""`make bench-addressing DATA=folder`: how well the shipped model tells what is meant for the assistant; the last line is one JSON object.

Logs of public channels are told to the gateway's Addresser message by message, with one of the people as the assistant. Nothing is fitted or chosen
here; logs of the split that the model was trained on are left out.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.gateway.addressing.model import shipped_model
from training.addressing.logs import Variant, read_views
from training.addressing.replay import Judged, judge
from training.addressing.scores import Scores, scores_of

F1_BOUNDS = {Variant.NORMAL: (0.86, 0.89), Variant.HARD: (0.81, 0.84), Variant.BARE: (0.75, 0.79)}
"""What F1 must reach at the shipped threshold, and what it aims at."""
CALIBRATION_BOUNDS = {Variant.NORMAL: 0.03, Variant.HARD: 0.06, Variant.BARE: 0.06}
"""What the expected calibration error may be at most."""
FILTER_US_MAX = 200.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.addressing", description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with addressee_logs.jsonl and addressee_views.jsonl")
    arguments = parser.parse_args()
    model = shipped_model()
    try:
        judged = {variant: asyncio.run(judge(read_views(arguments.data, variant, train=False), model)) for variant in Variant}
    except (OSError, ValueError, KeyError) as problem:
        print(f"{arguments.data} holds no logs that can be read: {problem!r}", file=sys.stderr)
        return 2
    if not judged[Variant.NORMAL]:
        print(f"{arguments.data} holds no logs but those that the model was trained on", file=sys.stderr)
        return 2
    scores = {variant: _scores(of_variant, model.threshold) for variant, of_variant in judged.items()}
    filter_us = statistics.median(one.taken_s for of_variant in judged.values() for one in of_variant if one.probability < model.threshold) * 1e6
    missed = _missed(scores, filter_us)
    _show(scores, filter_us, model.threshold, missed)
    print(json.dumps(_figures(scores, filter_us, model.threshold, missed)))
    return 1 if missed else 0


def _scores(judged: list[Judged], threshold: float) -> Scores:
    return scores_of([one.label for one in judged], [one.probability for one in judged], [one.by_rule for one in judged], threshold)


def _missed(scores: Mapping[Variant, Scores], filter_us: float) -> list[str]:
    missed = [f"addressing_f1_{variant}" for variant, (bound, _) in F1_BOUNDS.items() if scores[variant].f1 < bound]
    missed += [f"addressing_ece_{variant}" for variant, bound in CALIBRATION_BOUNDS.items() if scores[variant].calibration_error > bound]
    return missed + (["filter_us_p50"] if filter_us > FILTER_US_MAX else [])


def _figures(scores: Mapping[Variant, Scores], filter_us: float, threshold: float, missed: list[str]) -> dict[str, object]:
    figures: dict[str, object] = {}
    for variant, score in scores.items():
        figures[f"addressing_f1_{variant}"] = round(score.f1, 4)
        figures[f"addressing_ece_{variant}"] = round(score.calibration_error, 4)
        figures[f"addressing_average_precision_{variant}"] = round(score.average_precision, 4)
        figures[f"addressing_brier_{variant}"] = round(score.brier, 4)
        figures[f"addressing_rule_f1_{variant}"] = round(score.rule_f1, 4)
    return figures | {"filter_us_p50": round(filter_us, 1), "threshold": threshold, "missed": missed}


def _show(scores: Mapping[Variant, Scores], filter_us: float, threshold: float, missed: list[str]) -> None:
    columns = ("texts", "messages", "meant", "F1", "bound", "aim", "precision", "recall", "AP", "Brier", "ECE", "bound", "F1 of the name rule")
    table = Table(*columns, title=f"What is meant for the assistant, at the shipped threshold of {threshold}")
    for variant, score in scores.items():
        bound, aim = (f"{number:.2f}" for number in F1_BOUNDS[variant]) if variant in F1_BOUNDS else ("", "")
        measured = [f"{number:.3f}" for number in (score.precision, score.recall, score.average_precision, score.brier, score.calibration_error)]
        calibration_bound = f"{CALIBRATION_BOUNDS[variant]:.2f}" if variant in CALIBRATION_BOUNDS else ""
        row = (f"{score.f1:.3f}", bound, aim, *measured, calibration_bound, f"{score.rule_f1:.3f}")
        table.add_row(variant, str(score.messages), str(score.meant), *row)
    verdict = f"missed: {', '.join(missed)}" if missed else "every bound holds"
    table.caption = f"a message that is not meant for it is decided on in {filter_us:.0f} us (p50; <= {FILTER_US_MAX:.0f}); {verdict}"
    Console(width=max(140, Console().width)).print(table)


if __name__ == "__main__":
    sys.exit(main())

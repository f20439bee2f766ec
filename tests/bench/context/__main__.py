"""`make bench-context DATA=folder`: how conversations stay on topic, on public dialogues and as shipped; the last line is one JSON object.

A figure that misses its bound makes the exit code 1.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from services.runtime.entrypoint import set_up_collector
from services.runtime.telemetry import configure_logging
from tests.bench.context import evidence, preemption, residence, segmentation, window_build
from tests.bench.context.running import new_database, running_service
from tests.bench.recall.dialogues import load

PARTS = ("evidence", "window", "topics", "preemption", "residence")
QUESTIONS = 220
"""New messages for which a prompt is built in the large conversation."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure must reach, and what it is."""

    figure: str
    about: str
    at_least: float | None = None
    at_most: float | None = None

    def kept(self, value: float) -> bool:
        """Whether a value is within the bound."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f">= {self.at_least}" if self.at_least is not None else f"<= {self.at_most}"


BOUNDS = (
    Bound("evidence_in_context", f"share of evidence in a prompt of {evidence.BUDGET_TOKENS} tokens", at_least=0.70),
    Bound("topic_pk_vs_texttiling", "P_k of topic boundaries, TextTiling's is 1", at_most=0.8),
    Bound("window_build_ms_p50", f"a prompt for {window_build.MESSAGES:,} stored messages", at_most=10),
    Bound("preemption_ms_p95", "a person's call to its slot, background calls hold all", at_most=250),
    Bound("resident_growth_mb", "after a million people", at_most=64),
)
_BESIDE = {"evidence_in_context": "last_n_at_same_budget"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.context", description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with locomo_turns.jsonl and locomo_questions.jsonl")
    parser.add_argument(
        "--only", choices=PARTS, nargs="+", default=PARTS, help="the parts to be measured; the bounds of the others are not looked at"
    )
    arguments = parser.parse_args()
    configure_logging("bench", "critical")  # what the service logs is no figure
    try:
        load(arguments.data)
    except (OSError, ValueError, KeyError) as problem:
        print(f"{arguments.data} holds no dialogues that can be read: {problem}", file=sys.stderr)
        return 2
    figures, shown = uvloop.run(_measure(arguments.data, arguments.only))  # the loop of the services
    missed = [bound.figure for bound in BOUNDS if bound.figure in figures and not bound.kept(figures[bound.figure])]
    if set(arguments.only) == set(PARTS):
        missed += [bound.figure for bound in BOUNDS if bound.figure not in figures]
    show(figures, shown)
    print(json.dumps(figures))
    return 1 if missed else 0


async def _measure(data: Path, parts: Sequence[str]) -> tuple[dict[str, float], list[evidence.Shown]]:
    figures: dict[str, float] = {}
    shown: list[evidence.Shown] = []
    # What takes milliseconds comes first, and alone.
    if "preemption" in parts:
        figures |= await preemption.measure()
    if "residence" in parts:
        figures |= await residence.measure()
    if "topics" in parts:
        figures |= await segmentation.measure(data)
    if "evidence" in parts or "window" in parts:
        with new_database() as (url, superuser_url):
            async with running_service(url) as running:
                await evidence.store(running, data)
                if "evidence" in parts:
                    found, shown = await evidence.measure(running, data)
                    figures |= found
                if "window" in parts:
                    set_up_collector()  # as the service has it
                    questions = [question.text for dialogue in load(data) for question in dialogue.questions]
                    figures |= await window_build.measure(running, superuser_url, questions[:: max(1, len(questions) // QUESTIONS)])
    return figures, shown


def show(figures: dict[str, float], shown: Sequence[evidence.Shown]) -> None:
    """Print the figures, and how the evidence is made up."""
    console = Console(width=max(100, Console().width))
    table = Table("figure", "value", "bound", "what", title="Conversations that stay on topic")
    for bound in BOUNDS:
        if (value := figures.get(bound.figure)) is not None:
            table.add_row(bound.figure, f"{value:g}", f"{bound}{'' if bound.kept(value) else ', missed'}", bound.about)
            if (beside := _BESIDE.get(bound.figure)) is not None:
                table.add_row(beside, f"{figures[beside]:g}", "", "the newest messages alone, the same budget")
    for name in sorted(figures.keys() - {bound.figure for bound in BOUNDS} - set(_BESIDE.values())):
        table.add_row(name, f"{figures[name]:g}", "", "")
    console.print(table)
    if shown:
        groups = {f"category {category}": [one for one in shown if one.question.category == category] for category in range(1, 5)}
        groups |= {name: [one for one in shown if one.dialogue == name] for name in sorted({one.dialogue for one in shown})}
        detail = Table("questions", "number", "evidence in the prompt", "in the newest messages", title="Evidence")
        for name, group in groups.items():
            in_prompt, in_newest = (evidence.mean([getattr(one, part) for one in group]) for part in ("in_prompt", "in_newest"))
            detail.add_row(name, str(len(group)), f"{in_prompt:.3f}", f"{in_newest:.3f}")
        console.print(detail)


if __name__ == "__main__":
    sys.exit(main())

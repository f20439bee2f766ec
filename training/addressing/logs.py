"""Logs of channels in which one person plays the assistant, as a folder of JSON lines holds them: addressee_logs.jsonl and addressee_views.jsonl.

Judging a message may use what was said before it, by whom and when, its own text, the assistant's name, and whom the assistant's own messages were
addressed to. Whom people address is not read from the logs, but found in their texts.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Variant(StrEnum):
    """How much the texts give away."""

    NORMAL = "normal"  # as they were written
    HARD = "hard"  # a message that is judged does not name the assistant, neither in front nor elsewhere; what was said before it stays as it was
    BARE = "bare"  # no person ever names anybody in front; a stress test
    HARD_THROUGHOUT = "hard_throughout"  # as HARD, and judged messages do not name it as the context of later ones either


TRAINED = (Variant.NORMAL, Variant.HARD, Variant.BARE)
"""What the model is trained on and bounds are set for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `text` is judged, `context` is what later messages follow. `to` is set for the assistant's own alone; `label` is None where the
    message is not judged. `named` is whom the author named in front, whether or not the text still says so: to fit by, never to judge by.
    """

    number: int
    at_s: int
    author: str
    text: str
    context: str
    to: str
    label: bool | None
    named: str


@dataclass(frozen=True, slots=True)
class View:
    """One log with one person as the assistant, in the words of one variant."""

    log: str
    split: str
    assistant: str
    variant: Variant
    lines: tuple[Line, ...]


def read_views(folder: Path, variant: Variant, *, train: bool) -> Iterator[View]:
    """Yield the views of the split "train", or of all others. Raises OSError, ValueError or KeyError for what cannot be read."""
    logs = {log["log"]: log for log in _json_lines(folder / "addressee_logs.jsonl")}
    for view in _json_lines(folder / "addressee_views.jsonl"):
        if (view["split"] == "train") is train:
            yield _view(logs[view["log"]], view, variant)


def _view(log: Mapping[str, Any], view: Mapping[str, Any], variant: Variant) -> View:
    labels = dict.fromkeys(view["neg"], False) | dict.fromkeys(view["pos"], True)
    explicit = set(view["pos_explicit"])
    assistant = view["bot"]
    lines = []
    for message in log["messages"]:
        own = message["a"] == assistant
        label = None if own else labels.get(message["i"])
        text = message["x"] if own else _text(message, variant, assistant, explicit=message["i"] in explicit, judged=label is not None)
        context = message["x"] if variant is Variant.HARD else text
        lines.append(
            Line(message["i"], message["t"], message["a"], text, context, message.get("to", "") if own else "", label, message.get("to", ""))
        )
    return View(view["log"], view["split"], assistant, variant, tuple(lines))


def _text(message: Mapping[str, Any], variant: Variant, assistant: str, *, explicit: bool, judged: bool) -> str:
    text: str = message["x"]
    if variant is Variant.BARE:
        return str(message.get("b", text))
    if variant in (Variant.HARD, Variant.HARD_THROUGHOUT) and judged:
        unaddressed = str(message.get("b", text)) if explicit else text
        return re.sub(rf"(?<!\w){re.escape(assistant)}(?!\w)", "", unaddressed, flags=re.IGNORECASE)
    return text


def _json_lines(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)

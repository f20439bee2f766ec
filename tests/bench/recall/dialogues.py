"""Dialogues with questions about them, as a folder of JSON lines holds them: locomo_turns.jsonl and locomo_questions.jsonl."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WRONG_SPEAKER = 5
"""The category of questions that name somebody who never said it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said; `text` ends with what a photo showed that they shared. All turns of a session have the session's time."""

    turn_id: str
    speaker: str
    text: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the turns that answer it."""

    question_id: str
    text: str
    category: int
    evidence: tuple[str, ...]
    scored: bool


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation, its turns in order."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]


def load(folder: Path) -> list[Dialogue]:
    """Read every dialogue of a folder, but those of a train split. Raises OSError and ValueError."""
    turns = _by_conversation(folder / "locomo_turns.jsonl")
    questions = _by_conversation(folder / "locomo_questions.jsonl")
    return [
        Dialogue(
            name,
            tuple(_turn(row) for row in sorted(rows, key=lambda row: int(row["pos"]))),
            tuple(Question(row["qid"], row["question"], row["category"], tuple(row["evidence"]), row["scored"]) for row in questions.get(name, [])),
        )
        for name, rows in turns.items()
    ]


def _by_conversation(path: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("split") != "train":
            found.setdefault(row["conv"], []).append(row)
    return found


def _turn(row: Mapping[str, Any]) -> Turn:
    text = row["text"] + (f" [shared a photo: {row['caption']}]" if row.get("caption") else "")
    return Turn(row["id"], row["speaker"], text, datetime.fromisoformat(row["at"]).replace(tzinfo=UTC))

"""Facts from what a person writes, by rule: plain statements about themself in their own messages, in their own words. Pure.

Quotations, code and questions state nothing. What the patterns do not know is left out: a memory that is wrong costs more than one that is missing.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from services.memory.quarantine import looks_like_an_instruction
from services.memory.statements import Statement, parse_statement
from services.retrieval.terms import single_blanks

EXTRACTOR_VERSION = 1
"""Raised when the rules change; a message is extracted once."""

FACTS_PER_MESSAGE_MAX = 8

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»")
# A full stop within a name or a number ends no sentence.
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:Mr|Dr|St)\.)(?<!\bMrs\.)\s+|\n+")
_NEXT_STATEMENT = re.compile(r"\s*(?:,|;)?\s+(?:and|but)\s+(?=(?:my|i|i'm|i’m)\b)|\s*[;,]\s+(?=(?:my|i|i'm|i’m)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    """A message by the person whose memories may come of it; said_at None: now."""

    message_id: str
    author_id: str
    author_name: str
    text: str
    said_at: datetime | None


def extract(text: str) -> list[Statement]:
    """Return the plain statements of one message, at most FACTS_PER_MESSAGE_MAX, each once."""
    if looks_like_an_instruction(text):
        return []
    found: dict[str, Statement] = {}
    for sentence in _sentences(text):
        # A clause of a question ("I live in Oslo, what should I see?") is cut off first: the question mark belongs to its last clause.
        for clause in _NEXT_STATEMENT.split(sentence):
            statement = parse_statement(_without_question(clause))
            if statement is not None:
                found.setdefault(statement.text.casefold(), statement)
    return list(found.values())[:FACTS_PER_MESSAGE_MAX]


def _sentences(text: str) -> list[str]:
    plain = _QUOTED.sub(" … ", _QUOTED_LINE.sub("", single_blanks(_CODE.sub(" … ", text))))
    return [sentence for sentence in _SENTENCE_END.split(plain) if sentence and sentence.strip() and "…" not in sentence]


def _without_question(clause: str) -> str:
    head, separator, rest = clause.partition(", ")
    return head if separator and rest.rstrip().endswith("?") else clause

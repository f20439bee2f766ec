"""Facts from what a person writes, by rule: plain statements about themself in their own messages, in their own words. Pure.

Quotations, code and questions state nothing. What the patterns do not know is left out: a memory that is wrong costs more than one that is missing.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from services.memory.quarantine import looks_like_an_instruction
from services.memory.statements import SELF, Statement, parse_ending, parse_statement
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
            said = _without_question(clause)
            statement = parse_statement(said) or _ending(said)
            if statement is not None:
                found.setdefault(statement.text.casefold(), statement)
    return list(found.values())[:FACTS_PER_MESSAGE_MAX]


def spoken(text: str) -> str:
    """Return what a message says in its author's own words: without quoted lines and code, in place of which stands an ellipsis."""
    return _QUOTED_LINE.sub("", single_blanks(_CODE.sub(" … ", text)))


def _sentences(text: str) -> list[str]:
    plain = _QUOTED.sub(" … ", spoken(text))
    return [sentence for sentence in _SENTENCE_END.split(plain) if sentence and sentence.strip() and "…" not in sentence]


def _ending(clause: str) -> Statement | None:
    """What has ended is told in the person's own words; it is about nothing that holds."""
    ended = parse_ending(clause)
    return Statement(single_blanks(clause).strip(" .!"), SELF, "", "", "fact") if ended is not None else None


def _without_question(clause: str) -> str:
    head, separator, rest = clause.partition(", ")
    return head if separator and rest.rstrip().endswith("?") else clause

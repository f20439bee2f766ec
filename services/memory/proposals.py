"""What a language model proposes as facts, and which of it may be believed. Pure.

A model adds, mixes up and inverts. Nothing that it says is taken on its word: a fact cites a span of its author's message, and what the fact says
has to be in that span or that message.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from services.memory.facts import Kind
from services.memory.statements import SELF, SINGLE_VALUED, Statement, parse_statement
from services.retrieval.terms import terms_of

FACTS_MAX = 100
TEXT_CHARACTERS_MAX = 300
QUOTE_CHARACTERS_MIN = 4
"""Shorter spans ("I", "a") are in every message."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "facts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "kind": {"type": "string", "enum": [kind.value for kind in Kind]},
                    "subject": {"type": "string"},
                    "attribute": {"type": "string"},
                    "message_id": {"type": "string"},
                    "quote": {"type": "string"},
                },
                "required": ["text", "kind", "subject", "attribute", "message_id", "quote"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["facts"],
    "additionalProperties": False,
}
"""In the subset that providers with strict schemas take: every property required, nothing additional, lengths checked here."""

_FENCE = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)
_NEGATION = re.compile(
    r"\b(?:not|no(?!\s*[,.!])|never|none|without|cannot|nothing|nobody|neither|nor|stopped|quit|former|formerly|ex)\b|n't\b|\bused\s+to\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"(?<![.!?]\s)(?<!\A)\b[^\W\d_]*[A-Z][^\W\d_]+")


_OF_A_THING = frozenset({"favourite", "number", "anniversary"})


class Verdict(StrEnum):
    """What became of a proposed fact."""

    KEPT = "kept"
    UNKNOWN_MESSAGE = "unknown_message"
    NO_QUOTE = "no_quote"  # what it cites is in no message of its author's
    QUESTION = "question"
    INVERTED = "inverted"  # the quote denies what the fact states, or the other way round
    UNFOUNDED = "unfounded"  # a number, a name, or all of it, is not the author's
    TOO_MANY = "too_many"


class InvalidOutput(Exception):
    """A model's answer is no list of facts."""


class _Proposed(BaseModel):
    text: str = Field(min_length=1, max_length=TEXT_CHARACTERS_MAX)
    kind: Kind
    subject: str = Field(max_length=100)
    attribute: str = Field(max_length=100)
    message_id: str
    quote: str


class _Answer(BaseModel):
    facts: list[_Proposed] = Field(max_length=FACTS_MAX)


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposed fact, whose message it cites, and what became of it."""

    message_id: str
    statement: Statement
    verdict: Verdict


def judged(answer: str, texts: Mapping[str, str], *, per_message_max: int) -> list[Judged]:
    """Return what a model's answer proposes, each with its verdict. `texts` are the messages as the model saw them, by id. Raises InvalidOutput."""
    counts: dict[str, int] = {}
    found = []
    for proposed in _parsed(answer):
        verdict = _verdict(proposed, texts.get(proposed.message_id))
        if verdict is Verdict.KEPT:
            counts[proposed.message_id] = counts.get(proposed.message_id, 0) + 1
            verdict = verdict if counts[proposed.message_id] <= per_message_max else Verdict.TOO_MANY
        found.append(Judged(proposed.message_id, _statement(proposed), verdict))
    return found


def _parsed(answer: str) -> Sequence[_Proposed]:
    fenced = _FENCE.match(answer)
    try:
        # A number too long to convert, or a nesting too deep, is as little JSON as a broken bracket.
        return _Answer.model_validate(json.loads(fenced.group(1) if fenced else answer)).facts
    except (ValueError, RecursionError, ValidationError):
        raise InvalidOutput from None


def _verdict(proposed: _Proposed, message: str | None) -> Verdict:
    if message is None:
        return Verdict.UNKNOWN_MESSAGE
    said, quote, claimed = _levelled(message), _levelled(proposed.quote), _levelled(proposed.text)
    if len(quote) < min(QUOTE_CHARACTERS_MIN, len(said)) or not quote or quote not in said:
        return Verdict.NO_QUOTE
    if quote.endswith("?") or said[said.index(quote) + len(quote) :].startswith("?"):
        return Verdict.QUESTION
    if _denies(quote) != _denies(claimed):
        return Verdict.INVERTED
    return Verdict.KEPT if _founded(proposed.text, quote, said) else Verdict.UNFOUNDED


def _founded(text: str, quote: str, said: str) -> bool:
    numbers = set(_NUMBER.findall(said))
    if any(number not in numbers for number in _NUMBER.findall(text)):
        return False
    if any(_levelled(name) not in said for name in _NAME.findall(text)):
        return False
    return bool(terms_of(text).counts.keys() & terms_of(quote).counts.keys())


def _denies(levelled: str) -> bool:
    return len(_NEGATION.findall(levelled)) % 2 == 1


def _levelled(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())


def _statement(proposed: _Proposed) -> Statement:
    """Give a fact its key. Where the rules understand it, theirs: a model has many names for one thing, and an unknown name replaces nothing."""
    text = " ".join(proposed.text.split())
    known = parse_statement(proposed.quote) or parse_statement(text)
    if known is not None:
        return Statement(text, known.subject, known.attribute, known.value, proposed.kind if known.kind == Kind.FACT else known.kind)
    attribute = " ".join(proposed.attribute.casefold().split())
    subject = " ".join(proposed.subject.casefold().split()) or SELF
    # A favourite, or a number, of nothing in particular is one of many.
    single = attribute in SINGLE_VALUED and (subject != SELF or attribute not in _OF_A_THING)
    return Statement(text, subject, attribute if single else "", "", proposed.kind)

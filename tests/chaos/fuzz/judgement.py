"""What is wrong with an answer to a hostile request."""

import re
from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf.message import Message

from services.runtime.errors import FAILURES
from tests.chaos.fuzz.calls import Call, Outcome

_Code = grpc.StatusCode
LEAKS = re.compile(
    r"Traceback|File \"|/work/|/usr/|/home/|site-packages|\.py\b|psycopg|sqlalchemy|asyncpg|alembic|redis\.|valkey|nextcord|"
    r"\bSELECT\b.*\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.*\bSET\b|\bDELETE FROM\b|violates|relation \"|column \"|row-level|"
    r"[A-Z][A-Za-z]+Error\b|Exception\b|object at 0x|<class |\bself\.|NoneType|services\.",
)
"""What belongs in a log and not in an answer."""
BY_GRPC = {
    (_Code.CANCELLED, ""),
    (_Code.DEADLINE_EXCEEDED, "Deadline Exceeded"),
    (_Code.UNIMPLEMENTED, "Method not found!"),
}
_BY_GRPC = re.compile(
    r"received metadata size exceeds|[Rr]eceived message larger than max|Sent message larger than max|larger than max|^Stream removed"
)
"""What gRPC itself answers before any service is asked; it has no ErrorInfo."""


def judged(call: Call, outcome: Outcome) -> Iterator[str]:
    """Say what is wrong; nothing where all is well."""
    if outcome.stuck:
        yield "no answer"
    if outcome.unreadable:
        yield "the answer is not the proto's"
    if outcome.given_up or outcome.code is None:
        return
    if outcome.code in (_Code.INTERNAL, _Code.UNKNOWN, _Code.DATA_LOSS):
        yield f"{outcome.code.name}: {outcome.words[:200]}"
    elif outcome.code is not _Code.OK:
        yield from _judged_refusal(call, outcome)
    for text in said(outcome):
        if leaks(text, call):
            yield f"tells what is inside: {text[:300]}"


def is_internal(problem: str) -> bool:
    """Whether a problem is one of those that must never be answered."""
    return problem.startswith(("INTERNAL", "UNKNOWN", "DATA_LOSS"))


def _judged_refusal(call: Call, outcome: Outcome) -> Iterator[str]:
    assert outcome.code is not None
    if not outcome.reason:
        if (outcome.code, outcome.words) not in BY_GRPC and not _BY_GRPC.search(outcome.words):
            yield f"no reason: {outcome.code.name} {outcome.words[:200]}"
    elif outcome.reason not in FAILURES:
        yield f"unknown reason: {outcome.reason}"
    elif FAILURES[outcome.reason].code is not outcome.code:
        yield f"{outcome.reason} as {outcome.code.name}"
    if leaks(outcome.words, call):
        yield f"tells what is inside: {outcome.words[:300]}"


def leaks(words: str, call: Call) -> bool:
    """Whether words give away what is inside, and the caller has not said the same."""
    found = LEAKS.search(words)
    return found is not None and found.group() not in call.data.decode("utf-8", "replace")


def said(outcome: Outcome) -> Iterator[str]:
    """What an answer of the gateway tells a person, and what it says of features."""
    for response in outcome.responses:
        final = _inner(response, "final")
        notice = _inner(response, "notice")
        if final is not None and final.outcome != 1:  # what the model has said is its own affair
            yield final.text
        if notice is not None:
            yield notice.text
        for feature in getattr(response, "features", ()):
            yield feature.detail


def _inner(response: Message, name: str) -> Any:
    return getattr(response, name) if name in response.DESCRIPTOR.fields_by_name and response.HasField(name) else None

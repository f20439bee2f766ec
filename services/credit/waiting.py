"""Operations that wait for the batch in which they are decided and written."""

import asyncio
from contextlib import AbstractContextManager
from dataclasses import dataclass

from opentelemetry import trace

from services.credit.batch import Outcome
from services.credit.operations import Operation
from services.runtime import spans


@dataclass(slots=True)
class Waiting:
    """An operation before its batch is written; `cause` is the span of its caller."""

    key: int
    operation: Operation
    answer: asyncio.Future[Outcome]
    cause: trace.SpanContext
    unsure: bool = False
    """What was decided for it in memory writes nothing, so that nothing compared it with the books: it is decided again under the lock."""


type WaitingBatch = list[Waiting]


def spanned(batch: WaitingBatch) -> AbstractContextManager[None]:
    """Have what is done and logged for a batch belong to its callers' traces."""
    attributes: spans.Attributes = {"db.system.name": "postgresql", "db.operation.batch.size": len(batch)}
    return spans.together("credit batch", [waiting.cause for waiting in batch], attributes)


def keyed(batch: WaitingBatch) -> list[tuple[int, Operation]]:
    """Return a batch's operations, each with its account's key."""
    return [(waiting.key, waiting.operation) for waiting in batch]

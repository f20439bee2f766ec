"""Where a failure ends: it is counted and logged there, once, as its row of FAILURES says.

A failure that crosses a call ends twice: in the service that raised it (its caller gets a status), and in the one that makes words, a fallback or a
later attempt of it.
"""

from enum import StrEnum

from prometheus_client import Counter

from services.runtime.errors import Internal, JobFailed, ParlourError, PartFailed
from services.runtime.telemetry import get_logger, trace_id

_failures = Counter("parlour_failures_total", "Failures by reason, and where they ended", ["reason", "category", "place"])
_log = get_logger(__name__)


class Place(StrEnum):
    """Where a failure ended."""

    RPC = "rpc"  # the caller of one of our methods was told
    TURN = "turn"  # a person was told, or answered with something missing
    COMMAND = "command"  # the same, for a command
    DISCORD = "discord"  # what Discord sent could not be dealt with
    MODEL = "model"  # another model was asked
    JOB = "job"  # the queue tries again, or gave up
    BACKGROUND = "background"  # nobody waited
    PROCESS = "process"  # the process ends


def ended(error: BaseException, place: Place, event: str, **details: object) -> ParlourError:
    """Log and count a failure, and return it as an error with a reason. What has no reason is INTERNAL; its frames are logged, its message is not.

    `event` says in the log what failed; `details` are what an operator needs to find it: never what people write.
    """
    known = error if isinstance(error, ParlourError) else _unexpected(error)
    failure = known.failure
    _failures.labels(known.reason, failure.category, place).inc()
    log = getattr(_log, failure.log_level)
    log(event, place=str(place), reason=known.reason, problem=known.message, exc_info=_traced(error, known), **details)
    return known


def _unexpected(error: BaseException) -> ParlourError:
    known = Internal(f"unexpected; trace {trace_id()}")
    known.__cause__ = error
    return known


def _traced(error: BaseException, known: ParlourError) -> BaseException | None:
    """What of a failure needs its frames to be understood: what nobody expected. An error of ours says itself what it is, and where one came from
    another service, that has logged them."""
    if error is not known:
        return error
    cause = known.__cause__
    return cause if isinstance(known, PartFailed | JobFailed) and not isinstance(cause, ParlourError) else None

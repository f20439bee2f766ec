"""Every way in which Parlour fails, and the one table that says what follows from each.

An error is raised where the rule is broken and mapped once: `status` turns it into a gRPC status, the gateway's `notices` into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

import grpc


class Category(StrEnum):
    """How far a failure reaches."""

    CRITICAL = "critical"  # the service cannot do its work: somebody must look, a part is reconnected or restarted
    FEATURE = "feature"  # one request cannot be served as asked; the answer says why
    TRANSIENT = "transient"  # the same request may succeed soon
    BACKGROUND = "background"  # nobody waits; a job tries again


class LogLevel(StrEnum):
    """The level a failure is logged at."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Retry(StrEnum):
    """Who may try again, and how."""

    NEVER = "never"
    CHANNEL = "channel"  # the client's channel, for calls that may be repeated: exponential backoff with jitter, three attempts
    REREAD = "reread"  # the caller reads again and repeats, a bounded number of times
    LATER = "later"  # whoever asked, after the time that the error carries; the channel never
    JOB = "job"  # the job queue, with exponential backoff, a bounded number of times


class Recovery(StrEnum):
    """What the service itself does about it."""

    NOTHING = "nothing"
    RECONNECT = "reconnect"  # broken connections are discarded, the next use opens new ones
    SHED = "shed"  # load is refused until there is room
    FALL_BACK = "fall_back"  # another way is taken: the next model, no memories, local order
    RESTART = "restart"  # the process stops being ready, ends with status 1 and is started anew by whoever supervises it


@dataclass(frozen=True, slots=True)
class Failure:
    """What follows from one reason. `notice` names the words a person is given (gateway.notices); None: people never meet it.

    `alert` is one of services.runtime.alerts. `unwell` says that the target itself is in trouble: such failures open a circuit breaker. `final` says
    that the same request is refused for good: what must happen anyway, such as a settlement or a job, is given up for no other reason.
    """

    category: Category
    code: grpc.StatusCode
    log_level: LogLevel
    retry: Retry
    recovery: Recovery
    notice: str | None
    alert: str | None = None
    unwell: bool = False
    final: bool = False

    @property
    def metric(self) -> str:
        """The counter that counts it, labelled by reason, category and the place where it ended (services.runtime.failures)."""
        return "parlour_failures_total"

    @property
    def worth_repeating(self) -> bool:
        """Whether the same work, under the same key, may succeed later: what must happen anyway, such as a settlement or a job, is tried again."""
        return self.unwell or self.retry in (Retry.CHANNEL, Retry.LATER)


class ParlourError(Exception):
    """A failure with a reason from FAILURES.

    `message` is for operators and tools, never for people in Discord. `metadata` is sent with the status as ErrorInfo metadata.
    """

    reason: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str = "", *, metadata: Mapping[str, str] | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = dict(metadata or {})
        self.retry_after_s = retry_after_s

    @property
    def failure(self) -> Failure:
        """The row of FAILURES."""
        return FAILURES[self.reason]


class Internal(ParlourError):
    """Something that should not happen; the log has the traceback, the caller a trace id."""

    reason = "INTERNAL"


class InvalidField(ParlourError):
    """A request field breaks its rule; nothing was touched."""

    reason = "INVALID_FIELD"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}", metadata={"field": field, "problem": problem})
        self.field = field
        self.problem = problem


class NotFound(ParlourError):
    """The thing named does not exist, or the caller may not know that it does."""

    reason = "NOT_FOUND"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not found", metadata={"what": what})


class RequestIdReused(ParlourError):
    """The request id was used before with another payload."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str) -> None:
        super().__init__(f"request id {request_id} was used before with another payload", metadata={"request_id": request_id})


class StaleVersion(ParlourError):
    """The row was changed since the caller read it."""

    reason = "STALE_VERSION"


class StaleFence(ParlourError):
    """A newer turn holds the fence: the caller lost its place and must not write."""

    reason = "STALE_FENCE"


class InsufficientCredit(ParlourError):
    """The account has less than the work may cost."""

    reason = "INSUFFICIENT_CREDIT"

    def __init__(self, message: str = "", *, available_microcredits: int = 0, required_microcredits: int = 0) -> None:
        self.available_microcredits = available_microcredits
        self.required_microcredits = required_microcredits
        super().__init__(
            message or f"{available_microcredits} microcredits available, {required_microcredits} required",
            metadata={"available_microcredits": str(available_microcredits), "required_microcredits": str(required_microcredits)},
        )


class AccountFrozen(ParlourError):
    """The account may not spend."""

    reason = "ACCOUNT_FROZEN"


class AccountClosed(ParlourError):
    """The account was ended for good."""

    reason = "ACCOUNT_CLOSED"


class CaptureExceedsHold(ParlourError):
    """The work cost more than its hold, and the tier lets nothing be charged beyond it."""

    reason = "CAPTURE_EXCEEDS_HOLD"

    def __init__(self, message: str = "", *, used_microcredits: int = 0, held_microcredits: int = 0) -> None:
        super().__init__(
            message or f"{used_microcredits} microcredits used, {held_microcredits} held",
            metadata={"used_microcredits": str(used_microcredits), "held_microcredits": str(held_microcredits)},
        )


class RefundExceedsCapture(ParlourError):
    """More would be given back than was charged."""

    reason = "REFUND_EXCEEDS_CAPTURE"

    def __init__(self, message: str = "", *, amount_microcredits: int = 0, left_microcredits: int = 0) -> None:
        super().__init__(
            message or f"{left_microcredits} microcredits are left of the capture, {amount_microcredits} were to be given back",
            metadata={"left_microcredits": str(left_microcredits)},
        )


class HoldNotActive(ParlourError):
    """The hold was captured or released before."""

    reason = "HOLD_NOT_ACTIVE"

    def __init__(self, state: str) -> None:
        super().__init__(f"the hold is {state}", metadata={"state": state})


class HoldExpired(ParlourError):
    """The hold's time was over, by the database clock."""

    reason = "HOLD_EXPIRED"


class UnknownModel(ParlourError):
    """The price list or the models file does not name the model."""

    reason = "UNKNOWN_MODEL"

    def __init__(self, model: str) -> None:
        super().__init__(f"model {model} is not in the models file", metadata={"model": model})


class LimitReached(ParlourError):
    """A person or a scope holds as much as it may."""

    reason = "LIMIT_REACHED"

    def __init__(self, what: str, limit: int, *, left: int | None = None) -> None:
        metadata = {"what": what, "limit": str(limit)} | ({} if left is None else {"left": str(left)})
        super().__init__(f"{what}: the limit is {limit}" + ("" if left is None else f", {left} left"), metadata=metadata)


class PlanExpired(ParlourError):
    """A plan to forget, or its undo, is past its time."""

    reason = "PLAN_EXPIRED"


class PermissionRefused(ParlourError):
    """The caller may not do this."""

    reason = "PERMISSION_REFUSED"


class Overloaded(ParlourError):
    """A queue or a server is full; nothing was started."""

    reason = "OVERLOADED"

    def __init__(self, message: str = "", *, retry_after_s: float | None = 1.0) -> None:
        super().__init__(message, retry_after_s=retry_after_s)


class RateLimited(ParlourError):
    """Too many requests in too short a time."""

    reason = "RATE_LIMITED"


class CircuitOpen(ParlourError):
    """The target failed repeatedly and is given time to recover; nothing was sent."""

    reason = "CIRCUIT_OPEN"

    def __init__(self, target: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{target} is given time to recover", metadata={"target": target}, retry_after_s=retry_after_s)


class DependencyUnavailable(ParlourError):
    """Something this service needs could not be reached."""

    reason = "DEPENDENCY_UNAVAILABLE"

    def __init__(self, target: str = "", message: str = "") -> None:
        super().__init__(f"{target}: {message}" if message else target, metadata={"target": target})
        self.target = target


class Unimplemented(ParlourError):
    """The protos name this call and this version does not have it yet."""

    reason = "UNIMPLEMENTED"


class DeadlineExceeded(ParlourError):
    """There was not enough time."""

    reason = "DEADLINE_EXCEEDED"


class DeadlineMissing(ParlourError):
    """The call carries no deadline, so nobody could say when to give up."""

    reason = "DEADLINE_MISSING"


class ModelUnavailable(ParlourError):
    """No language model could answer."""

    reason = "MODEL_UNAVAILABLE"


class ContentRefused(ParlourError):
    """The model's provider refused the content."""

    reason = "CONTENT_REFUSED"


class ContextTooLong(ParlourError):
    """The prompt does not fit the model, even after shortening it."""

    reason = "CONTEXT_TOO_LONG"


class JobFailed(ParlourError):
    """A background job failed; the queue tries again."""

    reason = "JOB_FAILED"


class PartFailed(ParlourError):
    """A part that has to run for as long as its process did not: what it does would silently stay undone."""

    reason = "PART_FAILED"

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} failed", metadata={"part": part})


def _critical(code: grpc.StatusCode, notice: str | None, retry: Retry, recovery: Recovery, alert: str, *, unwell: bool = False) -> Failure:
    return Failure(Category.CRITICAL, code, LogLevel.ERROR, retry, recovery, notice, alert, unwell)


def _feature(code: grpc.StatusCode, notice: str | None, level: LogLevel = LogLevel.INFO, retry: Retry = Retry.NEVER) -> Failure:
    return Failure(Category.FEATURE, code, level, retry, Recovery.NOTHING, notice)


def _final(code: grpc.StatusCode, notice: str | None, level: LogLevel = LogLevel.INFO) -> Failure:
    return replace(_feature(code, notice, level), final=True)


def _transient(code: grpc.StatusCode, notice: str, retry: Retry, recovery: Recovery, *, unwell: bool = False, alert: str | None = None) -> Failure:
    return Failure(Category.TRANSIENT, code, LogLevel.WARNING, retry, recovery, notice, alert, unwell)


_Code = grpc.StatusCode

FAILURES: Mapping[str, Failure] = {
    "INTERNAL": _critical(_Code.INTERNAL, "something_broke", Retry.NEVER, Recovery.NOTHING, "ParlourInternalErrors", unwell=True),
    "DEPENDENCY_UNAVAILABLE": _critical(
        _Code.UNAVAILABLE, "service_unavailable", Retry.CHANNEL, Recovery.RECONNECT, "ParlourDependencyDown", unwell=True
    ),
    "PART_FAILED": _critical(_Code.INTERNAL, None, Retry.NEVER, Recovery.RESTART, "ParlourPartFailed"),
    "INVALID_FIELD": _final(_Code.INVALID_ARGUMENT, "not_understood"),
    "NOT_FOUND": _final(_Code.NOT_FOUND, "not_found"),
    "REQUEST_ID_REUSED": _final(_Code.ALREADY_EXISTS, "something_broke", LogLevel.WARNING),
    "STALE_VERSION": _feature(_Code.ABORTED, "changed_meanwhile", LogLevel.INFO, Retry.REREAD),
    "STALE_FENCE": _final(_Code.ABORTED, "superseded", LogLevel.WARNING),
    "INSUFFICIENT_CREDIT": _final(_Code.FAILED_PRECONDITION, "insufficient_credit"),
    "ACCOUNT_FROZEN": _final(_Code.FAILED_PRECONDITION, "account_frozen"),
    # Said of an account that is erased in this moment, too: asked again, credit knows no such account.
    "ACCOUNT_CLOSED": _feature(_Code.FAILED_PRECONDITION, "account_closed"),
    "CAPTURE_EXCEEDS_HOLD": _final(_Code.FAILED_PRECONDITION, "something_broke", LogLevel.WARNING),
    "REFUND_EXCEEDS_CAPTURE": _final(_Code.FAILED_PRECONDITION, "something_broke"),
    "HOLD_NOT_ACTIVE": _final(_Code.FAILED_PRECONDITION, "something_broke", LogLevel.WARNING),
    "HOLD_EXPIRED": _final(_Code.FAILED_PRECONDITION, "took_too_long", LogLevel.WARNING),
    "UNKNOWN_MODEL": _final(_Code.INVALID_ARGUMENT, "model_unavailable", LogLevel.WARNING),
    "LIMIT_REACHED": _feature(_Code.FAILED_PRECONDITION, "limit_reached"),
    "PLAN_EXPIRED": _final(_Code.FAILED_PRECONDITION, "plan_expired"),
    "PERMISSION_REFUSED": _feature(_Code.PERMISSION_DENIED, "not_allowed", LogLevel.WARNING),
    "UNIMPLEMENTED": _feature(_Code.UNIMPLEMENTED, "something_broke", LogLevel.WARNING),
    "DEADLINE_MISSING": _feature(_Code.INVALID_ARGUMENT, "something_broke", LogLevel.WARNING),
    "CONTENT_REFUSED": _final(_Code.FAILED_PRECONDITION, "content_refused"),
    "CONTEXT_TOO_LONG": _final(_Code.FAILED_PRECONDITION, "too_long"),
    "OVERLOADED": _transient(_Code.RESOURCE_EXHAUSTED, "busy", Retry.LATER, Recovery.SHED, alert="ParlourOverloaded"),
    "RATE_LIMITED": _transient(_Code.RESOURCE_EXHAUSTED, "slow_down", Retry.LATER, Recovery.SHED),
    "CIRCUIT_OPEN": _transient(_Code.UNAVAILABLE, "service_unavailable", Retry.LATER, Recovery.FALL_BACK, alert="ParlourCircuitOpen"),
    "DEADLINE_EXCEEDED": _transient(_Code.DEADLINE_EXCEEDED, "took_too_long", Retry.NEVER, Recovery.NOTHING, unwell=True),
    "MODEL_UNAVAILABLE": _transient(_Code.UNAVAILABLE, "model_unavailable", Retry.LATER, Recovery.FALL_BACK, alert="ParlourModelUnavailable"),
    "JOB_FAILED": Failure(Category.BACKGROUND, _Code.INTERNAL, LogLevel.WARNING, Retry.JOB, Recovery.NOTHING, None, "ParlourJobsFailing"),
}


def error_classes() -> Mapping[str, type[ParlourError]]:
    """Every error class by its reason."""
    found: dict[str, type[ParlourError]] = {}
    pending: list[type[ParlourError]] = [ParlourError]
    while pending:
        cls = pending.pop()
        pending.extend(cls.__subclasses__())
        if cls is not ParlourError:
            found[cls.reason] = cls
    return found

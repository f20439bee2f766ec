"""How a refusal is kept with the request that it answers, so that a repetition is refused in the same words. Pure."""

from google.rpc import error_details_pb2, status_pb2

from services.runtime.errors import (
    AccountClosed,
    AccountFrozen,
    CaptureExceedsHold,
    HoldExpired,
    HoldNotActive,
    InsufficientCredit,
    LimitReached,
    ParlourError,
    RateLimited,
    RefundExceedsCapture,
    error_classes,
)

STORED_REFUSALS = (
    InsufficientCredit,
    AccountFrozen,
    AccountClosed,
    HoldNotActive,
    HoldExpired,
    CaptureExceedsHold,
    RefundExceedsCapture,
    LimitReached,
    RateLimited,
)
"""Refusals that the account's state gives. What is wrong with a request itself (an unknown model or hold) is not kept: nothing is written."""


def refusal_bytes(error: ParlourError) -> bytes:
    """Serialise a refusal."""
    status = status_pb2.Status(message=error.message)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.reason, metadata=error.metadata), deterministic=True)
    if error.retry_after_s is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(round(error.retry_after_s * 1000))
        status.details.add().Pack(retry, deterministic=True)
    return bytes(status.SerializeToString(deterministic=True))


def refusal_from(stored: bytes) -> ParlourError:
    """Return the refusal that was serialised."""
    status = status_pb2.Status.FromString(stored)
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    cls = error_classes()[info.reason]
    error = cls.__new__(cls)
    retry = error_details_pb2.RetryInfo()
    waits = len(status.details) > 1 and status.details[1].Unpack(retry)
    ParlourError.__init__(
        error, status.message, metadata=dict(info.metadata), retry_after_s=retry.retry_delay.ToMilliseconds() / 1000 if waits else None
    )
    return error

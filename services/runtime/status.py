"""The one place that turns errors into gRPC statuses, and statuses back into errors.

A status carries google.rpc.ErrorInfo (domain "parlour.<service>", the reason, metadata), and RetryInfo where there is a time to wait.
"""

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.runtime import errors
from services.runtime.errors import ParlourError, Retry
from services.runtime.security import handshake_problem

_DETAILS_KEY = "grpc-status-details-bin"
_METADATA_CHARS_MAX = 1_000
_CONNECTION_BROKEN = "Stream removed"
"""What gRPC itself says, as UNKNOWN, where a connection ended in what is no HTTP/2: nothing was answered."""
NOT_AGAIN = ("grpc-retry-pushback-ms", "-1")
"""Tells the caller's channel to leave it at this attempt. To a channel every UNAVAILABLE looks alike; what may be repeated, FAILURES says."""


def status_details(error: ParlourError, service: str) -> tuple[grpc.StatusCode, str, tuple[tuple[str, str | bytes], ...]]:
    """Return code, message and trailing metadata for an error raised in a service."""
    code = error.failure.code
    status = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=error.message or error.reason)
    metadata = {key: value[:_METADATA_CHARS_MAX] for key, value in error.metadata.items()}
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=f"parlour.{service}", metadata=metadata)
    status.details.append(_packed(info))
    if error.retry_after_s is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(int(error.retry_after_s * 1000))
        status.details.append(_packed(retry))
    trailing: tuple[tuple[str, str | bytes], ...] = ((_DETAILS_KEY, status.SerializeToString(deterministic=True)),)
    if code is grpc.StatusCode.UNAVAILABLE and error.failure.retry is not Retry.CHANNEL:
        trailing += (NOT_AGAIN,)
    return code, status.message, trailing


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.RetryInfo) -> Any:
    packed = Any()
    packed.Pack(message, deterministic=True)
    return packed


def error_from_rpc(call: grpc.aio.AioRpcError, target: str, *, encrypted: bool = False) -> ParlourError:
    """Return the error that a call to a target failed with, as the target raised it where it did. `encrypted`: the call went over TLS."""
    trailing = call.trailing_metadata()
    details = next((value for key, value in trailing or () if key == _DETAILS_KEY), None)
    if isinstance(details, bytes):
        known = _error_from_details(status_pb2.Status.FromString(details))
        if known is not None:
            return known
    return _error_from_code(call.code(), _said(call.details() or "", encrypted=encrypted), target)


def error_from_sync_rpc(call: grpc.RpcError, target: str) -> ParlourError:
    """The same for the synchronous client."""
    status = rpc_status.from_call(call)  # type: ignore[arg-type]
    known = _error_from_details(status) if status is not None else None
    return known or _error_from_code(call.code(), _said(call.details() or ""), target)


def _said(details: str, *, encrypted: bool = False) -> str:
    return handshake_problem(details, encrypted=encrypted) or details


def _error_from_details(status: status_pb2.Status) -> ParlourError | None:
    error: ParlourError | None = None
    retry_after_s: float | None = None
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            error = _rebuilt(info, status.message)
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after_s = retry.retry_delay.ToMilliseconds() / 1000
    if error is not None and retry_after_s is not None:
        error.retry_after_s = retry_after_s
    return error


def _rebuilt(info: error_details_pb2.ErrorInfo, message: str) -> ParlourError | None:
    cls = errors.error_classes().get(info.reason)
    if cls is None:
        return None
    error = cls.__new__(cls)
    ParlourError.__init__(error, message, metadata=dict(info.metadata))
    for key in ("available_microcredits", "required_microcredits"):
        if key in info.metadata:
            setattr(error, key, int(info.metadata[key]))
    for key in ("field", "problem", "target"):
        if key in info.metadata:
            setattr(error, key, info.metadata[key])
    return error


def _error_from_code(code: grpc.StatusCode | None, details: str, target: str) -> ParlourError:
    match code:
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return errors.DeadlineExceeded(f"{target}: {details}", metadata={"target": target})
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.CANCELLED:
            return errors.DependencyUnavailable(target, details)
        case grpc.StatusCode.UNKNOWN if details.startswith(_CONNECTION_BROKEN):
            return errors.DependencyUnavailable(target, details)
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return errors.Overloaded(f"{target}: {details}")
        case grpc.StatusCode.INVALID_ARGUMENT:
            return errors.InvalidField("request", details)
        case grpc.StatusCode.UNIMPLEMENTED:
            return errors.Unimplemented(f"{target}: {details}")
        case grpc.StatusCode.PERMISSION_DENIED | grpc.StatusCode.UNAUTHENTICATED:
            return errors.PermissionRefused(f"{target}: {details}")
        case _:
            return errors.Internal(f"{target}: {code.name if code else 'no status'}: {details}", metadata={"target": target})

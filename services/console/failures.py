"""What went wrong with a call, in one sentence for the person at the terminal."""

import os
from collections.abc import Callable, Mapping

import grpc

from services.console.amounts import credits_text
from services.runtime.errors import ParlourError
from services.runtime.security import handshake_problem
from services.runtime.status import error_from_sync_rpc


def sentence(error: grpc.RpcError) -> str:
    """Say it without codes; details come from our own services and are fit to be read."""
    code, details = error.code(), error.details() or ""
    known = error_from_sync_rpc(error, "parlour") if _says_why(error) else None
    if known is not None and known.reason in _BY_REASON:
        return _BY_REASON[known.reason](known)
    if code is grpc.StatusCode.UNAVAILABLE and (problem := _of_certificates(details)):
        return f"Parlour cannot be reached: {problem}."
    if code is grpc.StatusCode.UNAVAILABLE:
        return "Parlour cannot be reached: is it running (`make up`), on this --port-base?"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "That took too long and was given up; try again."
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return "This Parlour does not offer that."
    return f"That did not work: {details.rstrip('.') or code.name.lower().replace('_', ' ')}."


def _of_certificates(details: str) -> str | None:
    if not os.environ.get("PARLOUR_TLS_CERT") and "Socket closed" in details:
        return "it closed the connection, as one that speaks TLS does; then set PARLOUR_TLS_CA, PARLOUR_TLS_CERT and PARLOUR_TLS_KEY"
    return handshake_problem(details, encrypted=True)


def _says_why(error: grpc.RpcError) -> bool:
    trailing = getattr(error, "trailing_metadata", lambda: None)()
    return any(key == "grpc-status-details-bin" for key, _ in trailing or ())


def _credits(error: ParlourError, field: str) -> str:
    return credits_text(int(error.metadata.get(field, "0")))


_BY_REASON: Mapping[str, Callable[[ParlourError], str]] = {
    "INSUFFICIENT_CREDIT": lambda error: (
        f"That account has {_credits(error, 'available_microcredits')} credits available and {_credits(error, 'required_microcredits')} are required."
    ),
    "REFUND_EXCEEDS_CAPTURE": lambda error: f"Of that charge, {_credits(error, 'left_microcredits')} credits are left to be given back.",
    "ACCOUNT_FROZEN": lambda error: "That account is frozen: thaw it first.",
    "ACCOUNT_CLOSED": lambda error: "That account is closed for good.",
    "NOT_FOUND": lambda error: f"There is no such {error.metadata.get('what', 'thing')}.",
    "REQUEST_ID_REUSED": lambda error: "That request id was used for something else: leave it out, or repeat exactly what it was used for.",
    "STALE_VERSION": lambda error: "Somebody else changed that at the same moment: look at it again, then repeat.",
    "PLAN_EXPIRED": lambda error: f"It is too late: {error.message.rstrip('.')}.",
    "LIMIT_REACHED": lambda error: f"That is too much: {error.message.rstrip('.')}.",
    "INVALID_FIELD": lambda error: f"That cannot be: {error.metadata.get('field', 'a field')} {error.metadata.get('problem', 'does not fit')}.",
    "OVERLOADED": lambda error: "Parlour has too much to do just now; try again.",
}

"""The operations that change the books: for each request which accounts and holds it concerns, its idempotency key, and who decides it. Pure.

Making an operation checks what the request's own fields can tell; what depends on the books is left to the decision.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.message import Message

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import decisions
from services.credit.accounts import GIVEN_SOURCES, PAID_SOURCES
from services.credit.decisions import Decide
from services.credit.identifiers import account_kind
from services.runtime.errors import InvalidField

SOURCES = GIVEN_SOURCES | PAID_SOURCES


@dataclass(frozen=True, slots=True)
class Operation:
    """One request to the ledger.

    `accounts` are account ids (or keys, for the ledger's own work), the owner first. The result is kept under (owner, `request_key`); with an empty
    key it is not. Accounts that do not exist are opened where `opens` says so.
    """

    method: str
    request: Message
    accounts: tuple[str | int, ...]
    request_key: str
    decide: Decide
    opens: tuple[bool, ...]
    hold_ids: tuple[str, ...] = ()

    @property
    def payload_hash(self) -> bytes:
        """Tell this payload from any other."""
        return hashlib.sha256(self.method.encode() + b"\0" + self.request.SerializeToString(deterministic=True)).digest()


def place_hold(request: pb.PlaceHoldRequest) -> Operation:
    """Raises InvalidField."""
    account_kind(request.account_id)
    if request.WhichOneof("size") is None:
        raise InvalidField("amount_microcredits", "an amount or a quote must be set")
    if request.HasField("quote") and request.quote.prompt_tokens + request.quote.max_completion_tokens == 0:
        raise InvalidField("quote.max_completion_tokens", "a quote must ask for at least one token")
    return _operation("PlaceHold", request, [request.account_id], request.request_id, decisions.place_hold, opens=[True])


def capture_hold(request: pb.CaptureHoldRequest) -> Operation:
    """Raises InvalidField."""
    account_kind(request.account_id)
    if request.WhichOneof("used") is None:
        raise InvalidField("amount_microcredits", "an amount or usage must be set")
    if request.HasField("usage"):
        _check_usage(request.usage)
    return _operation("CaptureHold", request, [request.account_id], request.request_id, decisions.capture_hold, hold_ids=[request.hold_id])


def release_hold(request: pb.ReleaseHoldRequest) -> Operation:
    """Raises InvalidField."""
    account_kind(request.account_id)
    return _operation("ReleaseHold", request, [request.account_id], request.request_id, decisions.release_hold, hold_ids=[request.hold_id])


def record_usage(request: pb.RecordUsageRequest) -> Operation:
    """A turn is recorded once, whatever request ids are in use elsewhere. Raises InvalidField."""
    account_kind(request.account_id)
    _check_usage(request.usage)
    return Operation(
        "RecordUsage",
        request,
        (request.account_id,),
        f"turn {request.turn_id}",
        decisions.record_usage,
        (False,),
        (request.hold_id,),
    )


def transfer(request: pb.TransferRequest) -> Operation:
    """Raises InvalidField."""
    account_kind(request.from_account_id, "from_account_id")
    account_kind(request.to_account_id, "to_account_id")
    if request.from_account_id == request.to_account_id:
        raise InvalidField("to_account_id", "must be another account than from_account_id")
    accounts = [request.from_account_id, request.to_account_id]
    return _operation("Transfer", request, accounts, request.request_id, decisions.transfer, opens=[True, True])


def create_grant(request: pb.CreateGrantRequest) -> Operation:
    """Raises InvalidField."""
    account_kind(request.account_id)
    if request.source not in SOURCES:
        raise InvalidField("source", f"must be one of {', '.join(sorted(SOURCES))}")
    return _operation("CreateGrant", request, [request.account_id], request.request_id, decisions.create_grant, opens=[True])


def open_account(request: pb.GetBalanceRequest) -> Operation:
    """Opens the account where nobody has. Raises InvalidField."""
    account_kind(request.account_id)
    return Operation("OpenAccount", request, (request.account_id,), "", decisions.read_balance, (True,))


def settle_due(account_key: int) -> Operation:
    """Expires what is due, which happens before every decision, and decides nothing more."""
    return Operation("SettleDue", pb.GetBalanceRequest(), (account_key,), "", decisions.read_balance, (False,))


def _operation(
    method: str,
    request: Message,
    accounts: Iterable[str],
    request_id: str,
    decide: Decide,
    *,
    opens: Iterable[bool] = (False,),
    hold_ids: Iterable[str] = (),
) -> Operation:
    # "request" keeps callers' ids apart from the turns' of RecordUsage.
    return Operation(method, request, tuple(accounts), f"request {request_id}", decide, tuple(opens), tuple(hold_ids))


def _check_usage(usage: pb.Usage) -> None:
    if usage.cached_prompt_tokens > usage.prompt_tokens:
        raise InvalidField("usage.cached_prompt_tokens", "must not be more than prompt_tokens")

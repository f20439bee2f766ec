"""The operations that change the books: for each request which account and hold it concerns, its idempotency key, and who decides it. Pure.

Every operation concerns one account, so that accounts on different shards never wait for each other. Making an operation checks what the request's
own fields can tell; what depends on the books is left to the decision.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from google.protobuf.message import Message

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import decisions, lease_decisions
from services.credit.accounts import GIVEN_SOURCES, PAID_SOURCES
from services.credit.decisions import Decide, Transfer
from services.credit.identifiers import LEASES, account_kind
from services.runtime.errors import InvalidField, ParlourError

SOURCES = GIVEN_SOURCES | PAID_SOURCES


@dataclass(slots=True)
class Operation:
    """One request to the ledger.

    `account` is an account id, or a key for the ledger's own work. The result is kept under (account, `request_key`); with an empty key it is kept
    only where something changed. An account that does not exist is opened where `opens` says so.
    """

    method: str
    request: Message
    account: str | int
    request_key: str
    decide: Decide
    opens: bool = False
    hold_id: str = ""
    lease_id: str = ""
    turn_ids: tuple[str, ...] = ()
    """Leased turns that it may concern."""
    member_key: int = 0
    alone: bool = False
    """It is written in a batch of its own: what it deletes must be there already."""

    @property
    def payload_hash(self) -> bytes:
        """Tell this payload from any other."""
        return hashlib.sha256(self.method.encode() + b"\0" + self.request.SerializeToString(deterministic=True)).digest()


def place_hold(request: pb.PlaceHoldRequest, *, pool: bool = False, member_key: int = 0) -> Operation:
    """Set credits aside; with `pool`, on the account of the sponsor, for a member. Raises InvalidField."""
    account_kind(request.account_id)
    if request.WhichOneof("size") is None:
        raise InvalidField("amount_microcredits", "an amount or a quote must be set")
    if request.HasField("quote") and not (request.quote.prompt_tokens or request.quote.max_completion_tokens or request.quote.images):
        raise InvalidField("quote.max_completion_tokens", "a quote must ask for at least one token")
    if request.sponsor_account_id and account_kind(request.sponsor_account_id, "sponsor_account_id") != "guild":
        raise InvalidField("sponsor_account_id", "must be guild:<id>")
    account = request.sponsor_account_id if pool else request.account_id
    decide = partial(decisions.place_hold, request, member_key)
    # Ids of requests are the members' own. The pool is opened where it is not, so that it keeps what it answered: a repetition must not be paid
    # by both.
    name = f"request/{member_key:x} {request.request_id}" if pool else f"request {request.request_id}"
    return Operation("PlaceHold", request, account, name, decide, opens=True, member_key=member_key)


def capture_hold(request: pb.CaptureHoldRequest) -> Operation:
    """Raises InvalidField."""
    account_kind(request.account_id)
    if request.WhichOneof("used") is None:
        raise InvalidField("amount_microcredits", "an amount or usage must be set")
    if request.HasField("usage"):
        _check_usage(request.usage)
    decide = partial(decisions.capture_hold, request)
    return Operation("CaptureHold", request, request.account_id, f"request {request.request_id}", decide, hold_id=request.hold_id)


def release_hold(request: pb.ReleaseHoldRequest) -> Operation:
    """Raises InvalidField."""
    account_kind(request.account_id)
    decide = partial(decisions.release_hold, request)
    return Operation("ReleaseHold", request, request.account_id, f"request {request.request_id}", decide, hold_id=request.hold_id)


def record_usage(request: pb.RecordUsageRequest) -> Operation:
    """A turn is recorded once, whatever request ids are in use elsewhere. Raises InvalidField."""
    _check_record(request)
    decide = partial(decisions.record_usage, request)
    return Operation("RecordUsage", request, request.account_id, f"turn {request.turn_id}", decide, hold_id=request.hold_id)


def record_leased_usage(request: pb.RecordUsageRequest, person_key: int = 0) -> Operation:
    """The same for a turn that was taken on a lease: it is recorded with the leases, as of a member. Raises InvalidField."""
    _check_record(request)
    decide = partial(lease_decisions.record_usage, request, person_key)
    name, turns = f"turn {request.turn_id}", (request.turn_id,)
    return Operation("RecordUsage", request, LEASES, name, decide, lease_id=request.lease_id, turn_ids=turns)


def _check_record(request: pb.RecordUsageRequest) -> None:
    account_kind(request.account_id)
    if bool(request.hold_id) == bool(request.lease_id):
        raise InvalidField("hold_id", "exactly one of hold_id and lease_id must be set")
    _check_usage(request.usage)


def acquire_lease(request: pb.AcquireLeaseRequest) -> Operation:
    """Funds an instance. Ids of requests are the instances' own, and then the leases'."""
    decide, name = partial(lease_decisions.acquire, request), f"request/{request.instance_id} {request.request_id}"
    return Operation("AcquireLease", request, LEASES, name, decide, opens=True)


def renew_lease(request: pb.RenewLeaseRequest) -> Operation:
    """Prolongs a lease."""
    decide, name = partial(lease_decisions.renew, request), f"request/{request.lease_id} {request.request_id}"
    return Operation("RenewLease", request, LEASES, name, decide, lease_id=request.lease_id)


def take_in_turns(request: pb.SettleLeaseRequest, keys: Mapping[str, int]) -> Operation:
    """The beginning of a settlement, kept under the request's id so that another payload is refused before anybody is charged.

    `keys` are those of the accounts that are there.
    """
    decide, name = partial(lease_decisions.take_in, request, keys), f"settling/{request.lease_id} {request.request_id}"
    return Operation("TakeInTurns", request, LEASES, name, decide, lease_id=request.lease_id, turn_ids=_turn_ids(request))


def ask_person(person_key: int, leases_key: int, turn_seq: int, amount: int) -> Operation:
    """A person's part of a settlement."""
    decide = partial(lease_decisions.ask_person, leases_key, turn_seq, amount)
    return Operation("ChargeLeasedTurn", pb.SettleLeaseRequest(), person_key, f"leased {leases_key:x}_{turn_seq}", decide)


def settle_lease(request: pb.SettleLeaseRequest) -> Operation:
    """The end of a settlement. Raises InvalidField."""
    for number, turn in enumerate(request.turns):
        account_kind(turn.account_id, f"turns[{number}].account_id")
        if turn.HasField("usage"):
            _check_usage(turn.usage, f"turns[{number}].usage")
    decide, name = partial(lease_decisions.settle, request), f"request/{request.lease_id} {request.request_id}"
    return Operation("SettleLease", request, LEASES, name, decide, lease_id=request.lease_id, turn_ids=_turn_ids(request))


def finish_leased_turns(turn_ids: Sequence[str]) -> Operation:
    """The end of settlements that were cut off."""
    decide = partial(lease_decisions.finish, turn_ids)
    return Operation("FinishLeasedTurns", pb.SettleLeaseRequest(), LEASES, "", decide, turn_ids=tuple(turn_ids))


def close_lost_leases(lost_before: datetime) -> Operation:
    """Ends the leases that expired before a time and that nobody has closed."""
    return Operation("CloseLostLeases", pb.SettleLeaseRequest(), LEASES, "", partial(lease_decisions.close_lost, lost_before))


def _turn_ids(request: pb.SettleLeaseRequest) -> tuple[str, ...]:
    return tuple(dict.fromkeys(turn.turn_id for turn in request.turns))


def transfer(request: pb.TransferRequest, recipient_key: int = 0, refusal: ParlourError | None = None) -> Operation:
    """The sender's part of a transfer. Raises InvalidField."""
    account_kind(request.from_account_id, "from_account_id")
    account_kind(request.to_account_id, "to_account_id")
    if request.from_account_id == request.to_account_id:
        raise InvalidField("to_account_id", "must be another account than from_account_id")
    decide = partial(decisions.transfer, request, recipient_key, refusal)
    return Operation("Transfer", request, request.from_account_id, f"request {request.request_id}", decide, opens=True)


def prepare_receive(account_id: str) -> Operation:
    """Asks whether an account could take credits, opening it where nobody has."""
    return Operation("OpenAccount", pb.GetBalanceRequest(), account_id, "", decisions.prepare_receive, opens=True)


def receive(sent: Transfer, *, returned: bool = False) -> Operation:
    """The recipient's part of a transfer or, where it cannot take it, the sender's taking back."""
    account = sent.account_key if returned else sent.recipient_key
    name = f"{'returned' if returned else 'transfer'} {sent.account_key:x}_{sent.operation_seq}"
    return Operation("ReceiveTransfer", pb.TransferRequest(), account, name, partial(decisions.receive, sent, returned))


def create_grant(request: pb.CreateGrantRequest) -> Operation:
    """Raises InvalidField."""
    account_kind(request.account_id)
    if request.source not in SOURCES:
        raise InvalidField("source", f"must be one of {', '.join(sorted(SOURCES))}")
    return _admin("CreateGrant", request, partial(decisions.create_grant, request), opens=True)


def revoke_grant(request: pb.RevokeGrantRequest) -> Operation:
    """Raises InvalidField."""
    return _admin("RevokeGrant", request, partial(decisions.revoke_grant, request))


def refund_capture(request: pb.RefundCaptureRequest) -> Operation:
    """Raises InvalidField."""
    return _admin("RefundCapture", request, partial(decisions.refund_capture, request), hold_id=request.hold_id)


def set_tier(request: pb.SetTierRequest) -> Operation:
    """Raises InvalidField."""
    return _admin("SetTier", request, partial(decisions.set_tier, request), opens=True)


def set_pool(request: pb.SetPoolRequest) -> Operation:
    """Raises InvalidField for an account that is not a guild's."""
    if account_kind(request.account_id) != "guild":
        raise InvalidField("account_id", "must be guild:<id>")
    return _admin("SetPool", request, partial(decisions.set_pool, request), opens=True)


def freeze_account(request: pb.FreezeAccountRequest) -> Operation:
    """Raises InvalidField."""
    return _admin("FreezeAccount", request, partial(decisions.freeze_account, request), opens=True)


def close_account(request: pb.CloseAccountRequest) -> Operation:
    """Raises InvalidField."""
    return _admin("CloseAccount", request, partial(decisions.close_account, request))


def open_account(account_id: str) -> Operation:
    """Opens the account where nobody has. Raises InvalidField."""
    account_kind(account_id)
    return Operation("OpenAccount", pb.GetBalanceRequest(), account_id, "", decisions.read_balance, opens=True)


def settle_due(account_key: int) -> Operation:
    """Expires what is due, which happens before every decision, and decides nothing more."""
    return Operation("SettleDue", pb.GetBalanceRequest(), account_key, "", decisions.read_balance)


def erase(account_id: str) -> Operation:
    """Ends an account and forgets whose it was."""
    return Operation("EraseSubject", pb.GetBalanceRequest(), account_id, "", decisions.erase, alone=True)


type _AdminRequest = (
    pb.CreateGrantRequest
    | pb.RevokeGrantRequest
    | pb.RefundCaptureRequest
    | pb.SetTierRequest
    | pb.SetPoolRequest
    | pb.FreezeAccountRequest
    | pb.CloseAccountRequest
)


def _admin(method: str, request: _AdminRequest, decide: Decide, *, opens: bool = False, hold_id: str = "") -> Operation:
    account_kind(request.account_id)
    return Operation(method, request, request.account_id, f"request {request.request_id}", decide, opens=opens, hold_id=hold_id)


def _check_usage(usage: pb.Usage, field: str = "usage") -> None:
    if usage.cached_prompt_tokens > usage.prompt_tokens:
        raise InvalidField(f"{field}.cached_prompt_tokens", "must not be more than prompt_tokens")

"""What becomes of each request: from the request, the account as it stands and the terms, to the answer. No I/O.

Every function takes the account that its operation is about, with what is due already settled, changes it by the rules of `ledger` and `holds`, and
notes what else is to be written on the tape. It raises the refusal instead of deciding; then nothing of the request is written but, for a refusal
that lies in the account's state, the refusal itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from google.protobuf.message import Message

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import holds, ledger
from services.credit.accounts import Account, Entry, Grant, Hold, HoldState
from services.credit.forms import grant_message, show_balance, show_hold
from services.credit.identifiers import grant_seq, hold_seq
from services.credit.posting import Limits
from services.credit.pricing import PriceList, TokenUse
from services.runtime.errors import CaptureExceedsHold, InvalidField, LimitReached, NotFound, ParlourError, PermissionRefused

HOLD_TTL_S = 180


@dataclass(frozen=True, slots=True)
class Terms:
    """What a decision goes by, besides the account: `now` is the database's clock."""

    prices: PriceList
    now: datetime
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """What one turn used, as the conversation service tells it."""

    account_key: int
    turn_id: str
    hold_seq: int
    member_key: int
    model: str
    use: TokenUse
    price_version: str
    cost: int
    charged: int
    captured_now: bool
    tier: str
    guild_id: str
    feature: str
    lease_seq: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote about an operation."""

    account_key: int
    operation_seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Credits on their way: they left the account in the operation, and arrive at the recipient's in one of its own."""

    account_key: int
    operation_seq: int
    recipient_key: int
    parts: tuple[tuple[datetime | None, int], ...]
    note: str = ""


@dataclass(slots=True)
class Tape:
    """What a batch writes beside the accounts themselves."""

    journal: list[Entry] = field(default_factory=list)
    usage: list[UsageRecord] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    arrived: list[tuple[Transfer, bool]] = field(default_factory=list)
    asked: list[tuple[int, int, int]] = field(default_factory=list)
    """People who were asked to pay for a leased turn: the account of leases, the turn, and what was charged."""
    erased: list[int] = field(default_factory=list)


type Decide = Callable[[Account, Terms, Tape], Message]


def place_hold(request: pb.PlaceHoldRequest, member_key: int, account: Account, terms: Terms, tape: Tape) -> Message:
    """Hold an amount, or the price of a quote, and say which of the tier's models that covers."""
    prices, quote, amount = terms.prices, request.quote, request.amount_microcredits
    given = request.metadata
    size = quote.prompt_tokens, quote.max_completion_tokens, quote.images
    if request.HasField("quote"):
        try:
            amount = prices.quote(account.tier, quote.model, *size)
        except PermissionRefused:
            if not member_key:
                raise
            # A refusal that is kept: asked again, the pool must not pay for what the member's own account has paid meanwhile.
            raise LimitReached("models of the sponsor's tier", len(prices.tier(account.tier).models)) from None
    hold = holds.place_hold(
        account,
        amount=amount,
        ttl_s=request.ttl_s or HOLD_TTL_S,
        tier=prices.tier(account.tier),
        now=terms.now,
        limits=terms.limits,
        metadata={name: given[name] for name in given},  # a quarter of the time that dict() takes with a map of protobuf's
        member_key=member_key,
    )
    response = pb.PlaceHoldResponse(models=prices.covered(account.tier, amount, *size))
    show_hold(response.hold, account, hold, terms.now)
    return _with_balance(response, account, terms)


def capture_hold(request: pb.CaptureHoldRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Charge an amount, or the price of usage; a hold that expired within its grace is charged late."""
    hold = _hold(account, request.hold_id)
    model, used = "", request.amount_microcredits
    if request.HasField("usage"):
        model, used = request.usage.model, _cost(request.usage, terms)
    charge = _charge(account, hold, used, model, terms, tape)
    response = pb.CaptureHoldResponse(
        charged_microcredits=charge.charged,
        released_microcredits=charge.released,
        overage_microcredits=charge.overage,
        written_off_microcredits=charge.written_off,
    )
    return _with_balance(response, account, terms)


def release_hold(request: pb.ReleaseHoldRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Free the whole hold."""
    hold = _hold(account, request.hold_id)
    released = holds.release_hold(account, hold, terms.now, tape.journal)
    _note(tape, account, hold.ended_seq, request.reason)
    return _with_balance(pb.ReleaseHoldResponse(released_microcredits=released), account, terms)


def record_usage(request: pb.RecordUsageRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Record what a turn used, and charge its hold if nobody has and it still can be charged.

    A hold that was released, or expired longer than its grace ago, or is too small for a strict tier, is not charged: the usage is recorded all the
    same, for reconciliation.
    """
    hold = _hold(account, request.hold_id)
    cost = _cost(request.usage, terms)
    charged_now = _charge_if_nobody_has(account, hold, cost, request.usage.model, terms, tape)
    tape.usage.append(
        UsageRecord(
            account_key=account.key,
            turn_id=request.turn_id,
            hold_seq=hold.seq,
            member_key=hold.member_key,
            model=request.usage.model,
            use=_use(request.usage),
            price_version=terms.prices.price_version,
            cost=cost,
            charged=hold.captured,
            captured_now=charged_now,
            tier=terms.prices.tier_name(account.tier),
            guild_id=hold.metadata.get("guild_id", ""),
            feature=hold.metadata.get("feature", ""),
        )
    )
    return pb.RecordUsageResponse(charged_microcredits=hold.captured, captured_now=charged_now)


def transfer(request: pb.TransferRequest, recipient_key: int, refusal: ParlourError | None, account: Account, terms: Terms, tape: Tape) -> Message:
    """Send credits on their way. `refusal` is what the recipient's account said when it was asked whether it could take them."""
    if refusal is not None:
        raise refusal
    expires_at = request.expire_time.ToDatetime(UTC) if request.HasField("expire_time") else None
    if expires_at is not None and expires_at <= terms.now:
        raise InvalidField("expire_time", "must be in the future")
    seq, parts = ledger.send(account, request.amount_microcredits, terms.now, tape.journal, expires_at)
    tape.transfers.append(Transfer(account.key, seq, recipient_key, tuple(parts), request.note))
    _note(tape, account, seq, request.note)
    return _with_balance(pb.TransferResponse(), account, terms)


def receive(sent: Transfer, returned: bool, account: Account, terms: Terms, tape: Tape) -> Message:
    """Take in what is on its way; a closed account cannot, and its sender takes it back. Raises AccountClosed."""
    if not returned:
        account.require_not_closed()
    seq = ledger.receive(account, sent.parts, terms.now, tape.journal)
    tape.arrived.append((sent, returned))
    _note(tape, account, seq, sent.note)
    return _with_balance(pb.TransferResponse(), account, terms)


def prepare_receive(account: Account, terms: Terms, _tape: Tape) -> Message:
    """Open the account where it is not, and say whether it could take credits. Raises AccountClosed and LimitReached."""
    ledger.require_room(account, terms.limits)
    return pb.TransferResponse()


def create_grant(request: pb.CreateGrantRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Add credits."""
    expires_at = request.expire_time.ToDatetime(UTC) if request.HasField("expire_time") else None
    effective_at = request.effective_time.ToDatetime(UTC) if request.HasField("effective_time") else None
    if expires_at is not None and expires_at <= max(terms.now, effective_at or terms.now):
        raise InvalidField("expire_time", "must be in the future, and after effective_time")
    grant = ledger.grant_credits(
        account,
        amount=request.amount_microcredits,
        source=request.source,
        priority=request.priority,
        effective_at=max(effective_at, terms.now) if effective_at is not None else None,
        expires_at=expires_at,
        now=terms.now,
        journal=tape.journal,
        limits=terms.limits,
    )
    _note(tape, account, grant.seq, request.note)
    return _with_balance(pb.CreateGrantResponse(grant=grant_message(account, grant)), account, terms)


def revoke_grant(request: pb.RevokeGrantRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Take back what is left of a grant."""
    grant = _grant(account, request.grant_id)
    revoked = ledger.revoke_grant(account, grant, terms.now, tape.journal)
    _note(tape, account, account.last_seq, request.note)
    return _with_balance(pb.RevokeGrantResponse(revoked_microcredits=revoked), account, terms)


def refund_capture(request: pb.RefundCaptureRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Give back the whole or a part of a capture."""
    hold = _hold(account, request.hold_id)
    grant = ledger.refund(account, hold, request.amount_microcredits, terms.now, tape.journal)
    _note(tape, account, grant.seq, request.reason)
    return _with_balance(pb.RefundCaptureResponse(), account, terms)


def set_tier(request: pb.SetTierRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Move an account to another tier; where that one's recurring allowance is larger, the difference for the period is given at once."""
    if request.tier not in terms.prices.tiers:
        raise InvalidField("tier", f"must be one of {', '.join(sorted(terms.prices.tiers))}")
    account.require_not_closed()
    account.tier, account.changed = request.tier, True
    account.next_seq()
    ledger.settle_due(account, terms.prices.tier(account.tier), terms.now, tape.journal)
    return _with_balance(pb.SetTierResponse(), account, terms)


def set_pool(request: pb.SetPoolRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Say how much a guild's account pays a day for each member."""
    account.require_not_closed()
    account.member_daily_limit, account.changed = request.member_daily_microcredits, True
    account.next_seq()
    return _with_balance(pb.SetPoolResponse(), account, terms)


def freeze_account(request: pb.FreezeAccountRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Freeze an account, or thaw it."""
    ledger.freeze(account, request.frozen)
    _note(tape, account, account.last_seq, request.reason)
    return pb.FreezeAccountResponse(frozen=request.frozen)


def close_account(request: pb.CloseAccountRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """End an account for good."""
    ledger.close(account, terms.now, tape.journal)
    _note(tape, account, account.last_seq, request.reason)
    return _with_balance(pb.CloseAccountResponse(), account, terms)


def erase(account: Account, terms: Terms, tape: Tape) -> Message:
    """End an account and forget whose it was: its holds are released, its credits go to breakage, and the link to the person is cut."""
    for hold in [hold for hold in account.holds.values() if hold.state is HoldState.ACTIVE]:
        holds.release_hold(account, hold, terms.now, tape.journal)
    ledger.close(account, terms.now, tape.journal)
    account.erased = account.changed = True
    tape.erased.append(account.key)
    return pb.EraseSubjectResponse()


def read_balance(account: Account, terms: Terms, _tape: Tape) -> Message:
    """Change nothing: what is due was settled, and an account that was not there opened, before."""
    return _with_balance(pb.GetBalanceResponse(), account, terms)


type _WithBalance = (
    pb.PlaceHoldResponse
    | pb.CaptureHoldResponse
    | pb.ReleaseHoldResponse
    | pb.TransferResponse
    | pb.CreateGrantResponse
    | pb.RevokeGrantResponse
    | pb.RefundCaptureResponse
    | pb.SetTierResponse
    | pb.SetPoolResponse
    | pb.CloseAccountResponse
    | pb.GetBalanceResponse
)


def _with_balance(response: _WithBalance, account: Account, terms: Terms) -> Message:
    show_balance(response.balance, account, terms.prices, terms.now)
    return response


def _note(tape: Tape, account: Account, seq: int, text: str) -> None:
    if text:
        tape.notes.append(Note(account.key, seq, text))


def _hold(account: Account, given: str) -> Hold:
    hold = account.holds.get(hold_seq(account.key, given))
    if hold is None:
        raise NotFound("hold")
    return hold


def _grant(account: Account, given: str) -> Grant:
    grant = account.grants.get(grant_seq(account.key, given))
    if grant is None or not grant.remaining:  # one that was just spent is still at hand
        raise NotFound("grant with credits left")
    return grant


def _use(usage: pb.Usage) -> TokenUse:
    return TokenUse(usage.prompt_tokens, usage.completion_tokens, usage.cached_prompt_tokens, usage.images)


def _cost(usage: pb.Usage, terms: Terms) -> int:
    return terms.prices.cost(usage.model, _use(usage))


def _charge(account: Account, hold: Hold, used: int, model: str, terms: Terms, tape: Tape) -> holds.Charge:
    version = terms.prices.price_version if model else ""
    tier = terms.prices.tier(account.tier)
    return holds.capture(account, hold, used, tier=tier, now=terms.now, journal=tape.journal, model=model, version=version)


def _charge_if_nobody_has(account: Account, hold: Hold, cost: int, model: str, terms: Terms, tape: Tape) -> bool:
    late = hold.state is HoldState.EXPIRED and not hold.charged_seq and holds.within_grace(hold, terms.prices.tier(account.tier), terms.now)
    if hold.state is not HoldState.ACTIVE and not late:
        return False
    try:
        _charge(account, hold, cost, model, terms, tape)
    except CaptureExceedsHold:
        return False
    return True

"""What becomes of each request: from the request, the accounts as they stand and the terms, to the answer and what it changes. Pure.

Every function takes the accounts that its operation names, the owner first, with what is due already settled. It raises the refusal instead of
deciding; then nothing of the request is written but, for a refusal that lies in the account's state, the refusal itself.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import ledger
from services.credit.accounts import Account, Entry, Grant, Hold, HoldState
from services.credit.identifiers import grant_id, hold_id, hold_seq
from services.credit.ledger import Charge, Limits
from services.credit.pricing import PriceList, TokenUse
from services.runtime.errors import InvalidField, NotFound

HOLD_TTL_S = 180

_STATES = {
    HoldState.ACTIVE: pb.Hold.STATE_ACTIVE,
    HoldState.CAPTURED: pb.Hold.STATE_CAPTURED,
    HoldState.RELEASED: pb.Hold.STATE_RELEASED,
    HoldState.EXPIRED: pb.Hold.STATE_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a decision goes by, besides the accounts: `now` is the database's clock."""

    prices: PriceList
    now: datetime
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """What one turn used, as the conversation service tells it."""

    account_key: int
    turn_id: str
    hold_seq: int
    model: str
    use: TokenUse
    price_version: str
    cost: int
    charged: int
    captured_now: bool
    tier: str
    guild_id: str
    feature: str


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote about an operation."""

    account_key: int
    operation_seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer (without account ids, which are the caller's and stay out of the books), the accounts afterwards, and what to write."""

    response: Message
    accounts: tuple[Account, ...]
    entries: tuple[tuple[int, Entry], ...] = ()
    usage: UsageRecord | None = None
    notes: tuple[Note, ...] = ()


Decide = Callable[[Any, Sequence[Account], Terms], Decision]


def place_hold(request: pb.PlaceHoldRequest, accounts: Sequence[Account], terms: Terms) -> Decision:
    """Hold an amount, or the price of a quote, and say which of the tier's models that covers."""
    account, prices = accounts[0], terms.prices
    amount, prompt_tokens, completion_tokens = request.amount_microcredits, 0, 0
    if request.HasField("quote"):
        quote = request.quote
        prompt_tokens, completion_tokens = quote.prompt_tokens, quote.max_completion_tokens
        amount = prices.quote(account.tier, quote.model, prompt_tokens, completion_tokens)
    step = ledger.place_hold(
        account,
        amount=amount,
        ttl_s=request.ttl_s or HOLD_TTL_S,
        overdraft=prices.tier(account.tier).overdraft_microcredits,
        now=terms.now,
        metadata=dict(request.metadata),
        limits=terms.limits,
    )
    response = pb.PlaceHoldResponse(
        hold=hold_message(step.account, step.account.holds[step.seq], terms.now),
        balance=balance_message(step.account, terms),
        models=prices.covered(account.tier, amount, prompt_tokens, completion_tokens),
    )
    return _decided(response, step.account, step.entries)


def capture_hold(request: pb.CaptureHoldRequest, accounts: Sequence[Account], terms: Terms) -> Decision:
    """Charge an amount, or the price of usage, at most the hold; a hold that expired within its grace is charged late."""
    account = accounts[0]
    hold = _hold(account, request.hold_id)
    model, used = "", request.amount_microcredits
    if request.HasField("usage"):
        model, used = request.usage.model, _cost(request.usage, terms)
    charge = _charge(account, hold, used, model, terms)
    response = pb.CaptureHoldResponse(
        charged_microcredits=charge.charged,
        released_microcredits=charge.released,
        overage_microcredits=charge.overage,
        balance=balance_message(charge.step.account, terms),
    )
    return _decided(response, charge.step.account, charge.step.entries)


def release_hold(request: pb.ReleaseHoldRequest, accounts: Sequence[Account], terms: Terms) -> Decision:
    """Free the whole hold."""
    charge = ledger.release_hold(accounts[0], _hold(accounts[0], request.hold_id), terms.now)
    response = pb.ReleaseHoldResponse(released_microcredits=charge.released, balance=balance_message(charge.step.account, terms))
    return _decided(response, charge.step.account, charge.step.entries, note=request.reason, seq=charge.step.seq)


def record_usage(request: pb.RecordUsageRequest, accounts: Sequence[Account], terms: Terms) -> Decision:
    """Record what a turn used, and charge its hold if nobody has and it still can be charged.

    A hold that was released, or expired longer than its grace ago, is not charged: the usage is recorded all the same, for reconciliation.
    """
    account = accounts[0]
    hold = _hold(account, request.hold_id)
    cost = _cost(request.usage, terms)
    charge = _charge_if_nobody_has(account, hold, cost, request.usage.model, terms)
    charged = charge.charged if charge is not None else hold.captured
    usage = UsageRecord(
        account_key=account.key,
        turn_id=request.turn_id,
        hold_seq=hold.seq,
        model=request.usage.model,
        use=_use(request.usage),
        price_version=terms.prices.price_version,
        cost=cost,
        charged=charged,
        captured_now=charge is not None,
        tier=terms.prices.tier_name(account.tier),
        guild_id=hold.metadata.get("guild_id", ""),
        feature=hold.metadata.get("feature", ""),
    )
    step = charge.step if charge is not None else ledger.Step(account)
    response = pb.RecordUsageResponse(charged_microcredits=charged, captured_now=charge is not None)
    return _decided(response, step.account, step.entries, usage=usage)


def transfer(request: pb.TransferRequest, accounts: Sequence[Account], terms: Terms) -> Decision:
    """Move credits to another account: two operations through `transit`, each of which sums to zero."""
    sender, recipient = accounts
    sent, given = ledger.send(sender, request.amount_microcredits, terms.now)
    received = ledger.receive(recipient, given, terms.now, limits=terms.limits)
    notes = [Note(sender.key, sent.seq, request.note), Note(recipient.key, received.seq, request.note)] if request.note else []
    return Decision(
        pb.TransferResponse(balance=balance_message(sent.account, terms)),
        (sent.account, received.account),
        (*_keyed(sender.key, sent.entries), *_keyed(recipient.key, received.entries)),
        notes=tuple(notes),
    )


def create_grant(request: pb.CreateGrantRequest, accounts: Sequence[Account], terms: Terms) -> Decision:
    """Add credits."""
    expires_at = request.expire_time.ToDatetime(UTC) if request.HasField("expire_time") else None
    if expires_at is not None and expires_at <= terms.now:
        raise InvalidField("expire_time", "must be in the future")
    step = ledger.add_grant(
        accounts[0],
        amount=request.amount_microcredits,
        source=request.source,
        priority=request.priority,
        expires_at=expires_at,
        now=terms.now,
        limits=terms.limits,
    )
    grant = step.account.grants[step.seq]
    response = pb.CreateGrantResponse(grant=grant_message(step.account, grant), balance=balance_message(step.account, terms))
    return _decided(response, step.account, step.entries, note=request.note, seq=step.seq)


def read_balance(_request: Message, accounts: Sequence[Account], terms: Terms) -> Decision:
    """Change nothing: what is due was settled, and an account that was not there opened, before."""
    return Decision(pb.GetBalanceResponse(balance=balance_message(accounts[0], terms)), (accounts[0],))


def hold_message(account: Account, hold: Hold, now: datetime) -> pb.Hold:
    """Show a hold as it stands by the database's clock."""
    return pb.Hold(
        hold_id=hold_id(account.key, hold.seq),
        state=_STATES[HoldState.EXPIRED if hold.due(now) else hold.state],
        amount_microcredits=hold.amount,
        captured_microcredits=hold.captured,
        create_time=timestamp(hold.created_at),
        expire_time=timestamp(hold.expires_at),
        metadata=hold.metadata,
    )


def grant_message(account: Account, grant: Grant) -> pb.Grant:
    """Show a grant."""
    return pb.Grant(
        grant_id=grant_id(account.key, grant.seq),
        source=grant.source,
        priority=grant.priority,
        amount_microcredits=grant.amount,
        remaining_microcredits=grant.remaining,
        expire_time=timestamp(grant.expires_at) if grant.expires_at is not None else None,
        create_time=timestamp(grant.created_at),
    )


def balance_message(account: Account, terms: Terms) -> pb.Balance:
    """Show what an account has."""
    return pb.Balance(
        posted_microcredits=account.posted,
        held_microcredits=account.held,
        available_microcredits=account.available(terms.now, terms.prices.tier(account.tier).overdraft_microcredits),
        tier=terms.prices.tier_name(account.tier),
    )


def timestamp(at: datetime) -> Timestamp:
    """Show a time."""
    message = Timestamp()
    message.FromDatetime(at)
    return message


def _decided(
    response: Message,
    account: Account,
    entries: Iterable[Entry],
    *,
    usage: UsageRecord | None = None,
    note: str = "",
    seq: int = 0,
) -> Decision:
    notes = (Note(account.key, seq, note),) if note else ()
    return Decision(response, (account,), _keyed(account.key, entries), usage, notes)


def _keyed(account_key: int, entries: Iterable[Entry]) -> tuple[tuple[int, Entry], ...]:
    return tuple((account_key, entry) for entry in entries)


def _hold(account: Account, given: str) -> Hold:
    hold = account.holds.get(hold_seq(account.key, given))
    if hold is None:
        raise NotFound("hold")
    return hold


def _use(usage: pb.Usage) -> TokenUse:
    return TokenUse(
        prompt_tokens=usage.prompt_tokens,
        cached_prompt_tokens=usage.cached_prompt_tokens,
        completion_tokens=usage.completion_tokens,
        images=usage.images,
    )


def _cost(usage: pb.Usage, terms: Terms) -> int:
    return terms.prices.cost(usage.model, _use(usage))


def _charge(account: Account, hold: Hold, used: int, model: str, terms: Terms) -> Charge:
    version = terms.prices.price_version if model else ""
    if hold.state is not HoldState.EXPIRED:
        return ledger.capture_hold(account, hold, used, terms.now, model=model, price_version=version)
    tier = terms.prices.tier(account.tier)
    return ledger.charge_late(
        account,
        hold,
        used,
        terms.now,
        grace_s=tier.grace_s,
        overdraft=tier.overdraft_microcredits,
        model=model,
        price_version=version,
    )


def _charge_if_nobody_has(account: Account, hold: Hold, cost: int, model: str, terms: Terms) -> Charge | None:
    if hold.state is HoldState.ACTIVE:
        return _charge(account, hold, cost, model, terms)
    if hold.state is HoldState.EXPIRED and not hold.charged_seq and ledger.within_grace(hold, terms.prices.tier(account.tier).grace_s, terms.now):
        return _charge(account, hold, cost, model, terms)
    return None

"""How accounts, holds and grants are shown in answers. Account ids are left out: they are the caller's, and stay out of the books."""

from datetime import UTC, datetime
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.accounts import Account, AccountState, Grant, Hold, HoldState
from services.credit.identifiers import grant_id, hold_id
from services.credit.pricing import PriceList, dearest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOLD_STATES = {
    HoldState.ACTIVE: pb.Hold.STATE_ACTIVE,
    HoldState.CAPTURED: pb.Hold.STATE_CAPTURED,
    HoldState.RELEASED: pb.Hold.STATE_RELEASED,
    HoldState.EXPIRED: pb.Hold.STATE_EXPIRED,
}
_ACCOUNT_STATES = {
    AccountState.OPEN: pb.Balance.STATE_OPEN,
    AccountState.FROZEN: pb.Balance.STATE_FROZEN,
    AccountState.CLOSED: pb.Balance.STATE_CLOSED,
}


def show_hold(shown: pb.Hold, account: Account, hold: Hold, now: datetime) -> None:
    """Show a hold as it stands by the database's clock. Fields are set in place: that takes half the time of making a message and moving it in."""
    shown.hold_id = hold_id(account.key, hold.seq)
    shown.state = _HOLD_STATES[HoldState.EXPIRED if hold.due(now) else hold.state]
    shown.amount_microcredits = hold.amount
    if hold.captured:
        shown.captured_microcredits = hold.captured
    if hold.used:
        shown.used_microcredits = hold.used
    if hold.refunded:
        shown.refunded_microcredits = hold.refunded
    show_time(shown.create_time, hold.created_at)
    show_time(shown.expire_time, hold.expires_at)
    metadata = shown.metadata
    for name, value in hold.metadata.items():
        metadata[name] = value


def grant_message(account: Account, grant: Grant) -> pb.Grant:
    """Show a grant."""
    return pb.Grant(
        grant_id=grant_id(account.key, grant.seq),
        source=grant.source,
        priority=grant.priority,
        amount_microcredits=grant.amount,
        remaining_microcredits=grant.remaining,
        held_microcredits=grant.held,
        effective_time=timestamp(grant.effective_at),
        expire_time=timestamp(grant.expires_at) if grant.expires_at is not None else None,
        create_time=timestamp(grant.created_at),
    )


def show_balance(shown: pb.Balance, account: Account, prices: PriceList, now: datetime) -> None:
    """Show what an account has."""
    tier = prices.tier_name(account.tier)
    shown.posted_microcredits = account.posted
    shown.held_microcredits = account.held
    shown.available_microcredits = account.available(now, prices.tiers[tier].overdraft_microcredits)
    shown.tier = tier
    if account.member_daily_limit:
        shown.member_daily_microcredits = account.member_daily_limit
    shown.state = _ACCOUNT_STATES[account.state]


def outage_terms(prices: PriceList) -> pb.OutageTerms:
    """What people may do while credit cannot be reached, at prices that no model of their tier exceeds."""
    shown = pb.OutageTerms(default_tier=prices.default_tier, price_version=prices.price_version)
    for name, tier in prices.tiers.items():
        price = dearest(prices.price(model) for model in tier.models)
        shown.tiers.add(
            tier=name,
            turns_max=tier.outage_turns,
            models=tier.models,
            prompt_microcredits_per_million_tokens=price.prompt_microcredits_per_million_tokens,
            completion_microcredits_per_million_tokens=price.completion_microcredits_per_million_tokens,
            image_microcredits=price.image_microcredits,
        )
    return shown


def show_time(shown: Timestamp, at: datetime) -> None:
    """Show a time."""
    shown.seconds, shown.nanos = _seconds_and_nanos(at)


@lru_cache(maxsize=1_024)
def _seconds_and_nanos(at: datetime) -> tuple[int, int]:
    """A batch is decided at one time, and most of its holds end at one."""
    since = at - _EPOCH
    return since.days * 86_400 + since.seconds, since.microseconds * 1000


def timestamp(at: datetime) -> Timestamp:
    """Show a time as a message of its own."""
    shown = Timestamp()
    show_time(shown, at)
    return shown

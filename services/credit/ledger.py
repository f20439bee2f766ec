"""The rules of the ledger, as functions that change an account and append entries to a journal. No I/O; nothing changes before a refusal is raised.

Amounts are whole microcredits; times come from the database's clock, as arguments. One sentence a rule:

* Every operation's entries sum to zero; what an account gains or loses, a system account (`SystemAccount`) loses or gains in the same operation.
* An account's posted balance is the sum of its entries; its held balance is the sum of its active holds.
* A hold is ACTIVE and then exactly one of CAPTURED, RELEASED or EXPIRED, for good.
* A hold earmarks grants in the order priority, earliest expiry, given before paid, age; what they do not cover comes from the tier's overdraft.
* A capture spends the hold, in the same order, and frees the rest; zero is legal. What is used beyond the hold follows the tier's policy (`capture`).
* What a hold frees returns to the grant it came from, or to breakage where that grant has expired meanwhile.
* A hold past its time is expired, and a grant past its time broken, before anything else is decided for the account, and never before its time.
* A hold that expired no longer than the tier's grace ago can still be charged, once, from what the account has then; it stays EXPIRED.
* What an account owes is repaid from whatever credits are free, before they can be spent.
* A recurring allowance is given once a period (a day or a month, UTC), when the account is first looked at in it, and ends with the period.
"""

from collections.abc import Iterable
from datetime import datetime

from services.credit.accounts import NEVER, OVERDRAFT, REFUND_SOURCE, Account, AccountState, EntryKind, Grant, Hold, HoldState, SystemAccount
from services.credit.holds import end_hold, grants_of
from services.credit.posting import Journal, Limits, Posting, allocate
from services.credit.tiers import Period, Tier
from services.runtime.errors import InsufficientCredit, LimitReached, RefundExceedsCapture


def open_account(key: int, kind: str, tier_name: str, tier: Tier, now: datetime, journal: Journal) -> Account:
    """Make an account; a user's gets the tier's allowance, for good or, where it recurs, for the period."""
    account = Account(key, kind, tier_name)
    if kind == "user" and tier.allowance_period is Period.ONCE and tier.allowance_microcredits:
        grant_credits(account, amount=tier.allowance_microcredits, source="allowance", now=now, journal=journal)
    _renew_allowance(account, tier, now, journal)
    return account


def settle_due(account: Account, tier: Tier, now: datetime, journal: Journal) -> None:
    """Expire the holds and break the grants whose time is over, renew the allowance, and repay what is owed from what is free."""
    if account.next_due_at <= now:
        for hold in sorted((hold for hold in account.holds.values() if hold.due(now)), key=lambda hold: hold.seq):
            posting = Posting(account, account.next_seq(), journal, hold.seq)
            end_hold(account, hold, HoldState.EXPIRED, posting.seq, now)
            posting.break_expired(grants_of(account, hold), now, EntryKind.BREAKAGE)
        expired = [grant for grant in account.grants.values() if grant.expired(now) and grant.free]
        if expired:
            Posting(account, account.next_seq(), journal).break_expired(expired, now, EntryKind.EXPIRY)
        # A grant past its time that is held to the last is not due again: what its holds free is broken as they end.
        account.next_due_at = min((at for at in account.due_times() if at > now), default=NEVER)
    _renew_allowance(account, tier, now, journal)
    if account.overdrawn:
        _repay(account, now, journal)


def _renew_allowance(account: Account, tier: Tier, now: datetime, journal: Journal) -> None:
    if tier.allowance_period is Period.ONCE or not tier.allowance_microcredits or account.kind != "user" or account.state is AccountState.CLOSED:
        return
    period = tier.allowance_period.of(now)
    if account.allowance_period == period and account.allowance_granted >= tier.allowance_microcredits:
        return
    given = account.allowance_granted if account.allowance_period == period else 0
    account.allowance_period, account.allowance_granted, account.changed = period, tier.allowance_microcredits, True
    if missing := tier.allowance_microcredits - given:
        expires_at = tier.allowance_period.end(now)
        grant_credits(account, amount=missing, source="allowance", expires_at=expires_at, now=now, journal=journal)


def grant_credits(
    account: Account,
    *,
    amount: int,
    source: str,
    now: datetime,
    journal: Journal,
    priority: int = 0,
    effective_at: datetime | None = None,
    expires_at: datetime | None = None,
    kind: EntryKind = EntryKind.GRANT,
    origin: SystemAccount = SystemAccount.ISSUED,
    hold_seq: int | None = None,
    limits: Limits | None = None,
) -> Grant:
    """Add credits, taken from `origin`. With `limits`, raises AccountClosed and LimitReached."""
    if limits is not None:
        require_room(account, limits)
    posting = Posting(account, account.next_seq(), journal, hold_seq)
    grant = Grant(posting.seq, source, priority, amount, amount, 0, effective_at or now, expires_at, now)
    account.add_grant(grant)
    account.posted += amount
    posting.leg(kind, amount, grant_seq=grant.seq)
    posting.leg(kind, -amount, system=origin)
    if account.overdrawn:
        _repay(account, now, journal)
    return grant


def require_room(account: Account, limits: Limits) -> None:
    """Raises AccountClosed and LimitReached where the account cannot take another grant."""
    account.require_not_closed()
    if len(account.grants) >= limits.grants_max and sum(1 for grant in account.grants.values() if grant.remaining) >= limits.grants_max:
        raise LimitReached("grants with credits left", limits.grants_max)


def revoke_grant(account: Account, grant: Grant, now: datetime, journal: Journal) -> int:
    """Take back what is free of a grant, and let it end: what its holds free later goes to breakage. Return what was taken."""
    posting = Posting(account, account.next_seq(), journal)
    revoked = posting.spend([(grant.seq, grant.free)], EntryKind.REVOCATION, SystemAccount.ISSUED) if grant.free else 0
    account.end_grant(grant, min(grant.expires_at or now, now))
    return revoked


def refund(account: Account, hold: Hold, amount: int, now: datetime, journal: Journal) -> Grant:
    """Give back a part of what a hold was charged, as a grant that does not expire. Raises AccountClosed and RefundExceedsCapture."""
    account.require_not_closed()
    left = hold.captured - hold.refunded
    if amount > left:
        raise RefundExceedsCapture(amount_microcredits=amount, left_microcredits=left)
    hold.refunded += amount
    account.touch(hold)
    return grant_credits(
        account,
        amount=amount,
        source=REFUND_SOURCE,
        now=now,
        journal=journal,
        kind=EntryKind.REFUND,
        origin=SystemAccount.REVENUE,
        hold_seq=hold.seq,
    )


def send(
    account: Account, amount: int, now: datetime, journal: Journal, ends_at: datetime | None = None
) -> tuple[int, list[tuple[datetime | None, int]]]:
    """Take credits out for another account; return the operation's number and what was sent, by expiry, which is `ends_at` at the latest.

    Only credits that the account owns can be sent, no overdraft. Raises AccountFrozen, AccountClosed and InsufficientCredit.
    """
    account.require_open()
    available = account.available(now, 0)
    if amount > available:
        raise InsufficientCredit(available_microcredits=available, required_microcredits=amount)
    parts = allocate(account, amount, now)
    posting = Posting(account, account.next_seq(), journal)
    posting.spend(parts, EntryKind.TRANSFER, SystemAccount.TRANSIT)
    by_expiry: dict[datetime | None, int] = {}
    for grant_seq, part in parts:
        expires_at = account.grants[grant_seq].expires_at
        if ends_at is not None:
            expires_at = ends_at if expires_at is None else min(expires_at, ends_at)
        by_expiry[expires_at] = by_expiry.get(expires_at, 0) + part
    return posting.seq, list(by_expiry.items())


def receive(account: Account, parts: Iterable[tuple[datetime | None, int]], now: datetime, journal: Journal, source: str = "gift") -> int:
    """Add what another account sent, as gifts that keep the expiry of the credits they are made of; return the last operation's number."""
    for expires_at, amount in parts:
        grant_credits(
            account,
            amount=amount,
            source=source,
            expires_at=expires_at if account.state is not AccountState.CLOSED else now,
            now=now,
            journal=journal,
            kind=EntryKind.TRANSFER,
            origin=SystemAccount.TRANSIT,
        )
    settle_grants(account, now, journal)
    return account.last_seq


def settle_grants(account: Account, now: datetime, journal: Journal) -> None:
    """Break what arrived, or ended, past its time."""
    expired = [grant for grant in account.grants.values() if grant.expired(now) and grant.free]
    if expired:
        Posting(account, account.next_seq(), journal).break_expired(expired, now, EntryKind.EXPIRY)


def freeze(account: Account, frozen: bool) -> None:
    """Stop an account from holding and sending, or let it again. Raises AccountClosed."""
    account.require_not_closed()
    account.state, account.changed = AccountState.FROZEN if frozen else AccountState.OPEN, True
    account.next_seq()


def close(account: Account, now: datetime, journal: Journal) -> None:
    """End an account for good: what is free goes to breakage now, what its open holds free later goes there then. Closing twice is closing once."""
    account.next_seq()
    account.state, account.changed = AccountState.CLOSED, True
    for grant in account.grants.values():
        if not grant.expired(now):
            account.end_grant(grant, now)
    settle_grants(account, now, journal)


def _repay(account: Account, now: datetime, journal: Journal) -> None:
    """Make up for the overdraft from free credits: the account gives to itself, so that posted stays and the grants shrink."""
    owed = min(account.overdrawn, sum(grant.free for grant in account.grants.values() if grant.usable(now)))
    if owed <= 0:
        return
    posting = Posting(account, account.next_seq(), journal)
    posting.leg(EntryKind.REPAYMENT, owed, grant_seq=OVERDRAFT)
    for grant_seq, amount in allocate(account, owed, now):
        grant = account.grants[grant_seq]
        grant.remaining -= amount
        account.touch(grant)
        posting.leg(EntryKind.REPAYMENT, -amount, grant_seq=grant_seq)
    account.overdrawn -= owed

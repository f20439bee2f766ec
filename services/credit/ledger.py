"""The rules of the ledger, as functions from an account and a time to the account afterwards and its entries. Pure.

Amounts are whole microcredits; times come from the database's clock, as arguments. One sentence a rule:

* Every operation's entries sum to zero; what an account gains or loses, a system account (`SystemAccount`) loses or gains in the same operation.
* An account's posted balance is the sum of its entries; its held balance is the sum of its active holds.
* A hold is ACTIVE and then exactly one of CAPTURED, RELEASED or EXPIRED, for good.
* A hold earmarks grants in the order priority, earliest expiry, given before paid, age; what they do not cover comes from the tier's overdraft.
* A capture spends at most the hold, in the same order, and frees the rest; zero is legal.
* What a hold frees returns to the grant it came from, or to breakage where that grant has expired meanwhile.
* A hold past its time is expired, and a grant past its time broken, before anything else is decided for the account.
* A hold that expired no longer than the tier's grace ago can still be charged, once, from what the account has then; it stays EXPIRED.
* What an account owes is repaid from whatever credits are free, before they can be spent.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.credit.accounts import GIVEN_SOURCES, OVERDRAFT, Account, Allocation, Entry, EntryKind, Grant, Hold, HoldState, SystemAccount
from services.runtime.errors import AccountFrozen, HoldExpired, HoldNotActive, InsufficientCredit, LimitReached


@dataclass(frozen=True, slots=True)
class Step:
    """The account after a change, and the entries that the change made."""

    account: Account
    entries: tuple[Entry, ...] = ()
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """What a hold was charged: `released` returned to its grants, `overage` is what the use cost beyond the charge."""

    step: Step
    charged: int
    released: int
    overage: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account may have open at once, so that no decision has to load without bound."""

    open_holds_max: int = 10_000
    grants_max: int = 1_000


def open_account(key: int, kind: str, tier: str, allowance: int, now: datetime) -> Step:
    """Make an account, with its starting allowance as its first grant."""
    account = Account(key, kind, tier)
    if not allowance:
        return Step(account)
    return add_grant(account, amount=allowance, source="allowance", priority=0, expires_at=None, now=now)


def settle_due(account: Account, now: datetime) -> Step:
    """Expire the holds and break the grants whose time is over, and repay what is owed from what is free."""
    entries: list[Entry] = []
    for hold in [hold for hold in account.holds.values() if hold.due(now)]:
        seq, account = account.next_seq()
        account = _end(account, hold, HoldState.EXPIRED, seq, now)
        account, broken = _break_expired(account, now, seq, EntryKind.BREAKAGE, hold.seq, hold.allocations)
        entries += broken
    for settle in (_expire_grants, _repay):
        step = settle(account, now)
        account, entries = step.account, [*entries, *step.entries]
    return Step(account, tuple(entries))


def add_grant(
    account: Account,
    *,
    amount: int,
    source: str,
    priority: int,
    expires_at: datetime | None,
    now: datetime,
    kind: EntryKind = EntryKind.GRANT,
    limits: Limits | None = None,
) -> Step:
    """Add credits, taken from `issued` (or from `transit`, for a transfer). Raises LimitReached."""
    grants_max = (limits or Limits()).grants_max
    if sum(1 for grant in account.grants.values() if grant.remaining) >= grants_max:
        raise LimitReached("grants with credits left", grants_max)
    seq, account = account.next_seq()
    grant = Grant(seq, source, priority, amount, amount, 0, now, expires_at, now)
    account = replace(account.with_grants([grant]), posted=account.posted + amount)
    origin = SystemAccount.TRANSIT if kind is EntryKind.TRANSFER else SystemAccount.ISSUED
    entries = (
        Entry(seq, 0, None, seq, amount, kind),
        Entry(seq, 1, origin, None, -amount, kind),
    )
    repaid = _repay(account, now)
    return Step(repaid.account, entries + repaid.entries, seq)


def place_hold(
    account: Account,
    *,
    amount: int,
    ttl_s: int,
    overdraft: int,
    now: datetime,
    metadata: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Step:
    """Set `amount` aside for `ttl_s` seconds. Raises AccountFrozen, InsufficientCredit and LimitReached."""
    open_holds_max = (limits or Limits()).open_holds_max
    if account.frozen:
        raise AccountFrozen("the account is frozen")
    if account.open_holds >= open_holds_max:
        raise LimitReached("open holds", open_holds_max)
    _require(account.available(now, overdraft), amount)
    seq, account = account.next_seq()
    allocations = allocate(account, amount, now)
    hold = Hold(seq, amount, now, now + timedelta(seconds=ttl_s), allocations, dict(metadata or {}))
    account = _earmark(account, allocations, +1).with_hold(hold)
    return Step(replace(account, held=account.held + amount, open_holds=account.open_holds + 1), seq=seq)


def capture_hold(account: Account, hold: Hold, used: int, now: datetime, *, model: str = "", price_version: str = "") -> Charge:
    """Charge what was used, at most the hold, and free the rest. Raises HoldNotActive."""
    _require_active(hold)
    charged = min(used, hold.amount)
    seq, account = account.next_seq()
    account = _end(account, hold, HoldState.CAPTURED, seq, now)
    account, spent = _spend(account, _first(hold.allocations, charged), seq, EntryKind.CAPTURE, SystemAccount.REVENUE, hold.seq)
    account = _charged(account, hold.seq, charged, seq, model, price_version)
    account, broken = _break_expired(account, now, seq, EntryKind.BREAKAGE, hold.seq, hold.allocations, leg=len(spent))
    return Charge(Step(account, (*spent, *broken), seq), charged, hold.amount - charged, used - charged)


def charge_late(
    account: Account, hold: Hold, used: int, now: datetime, *, grace_s: int, overdraft: int, model: str = "", price_version: str = ""
) -> Charge:
    """Charge an expired hold, within its grace: at most the hold, and at most what the account has now.

    Raises HoldNotActive where the hold did not expire or was charged late before, and HoldExpired past the grace.
    """
    if hold.state is not HoldState.EXPIRED or hold.charged_seq:
        raise HoldNotActive(hold.state)
    if not within_grace(hold, grace_s, now):
        raise HoldExpired("the hold expired, and its grace is over")
    charged = min(used, hold.amount, max(0, account.available(now, overdraft)))
    seq, account = account.next_seq()
    account, spent = _spend(account, allocate(account, charged, now), seq, EntryKind.CAPTURE, SystemAccount.REVENUE, hold.seq)
    account = _charged(account, hold.seq, charged, seq, model, price_version)
    return Charge(Step(account, spent, seq), charged, 0, used - charged)


def within_grace(hold: Hold, grace_s: int, now: datetime) -> bool:
    """Whether a hold that expired may still be charged."""
    return now <= hold.expires_at + timedelta(seconds=grace_s)


def release_hold(account: Account, hold: Hold, now: datetime) -> Charge:
    """Free the whole hold. Raises HoldNotActive."""
    _require_active(hold)
    seq, account = account.next_seq()
    account = _end(account, hold, HoldState.RELEASED, seq, now)
    account, broken = _break_expired(account, now, seq, EntryKind.BREAKAGE, hold.seq, hold.allocations)
    return Charge(Step(account, broken, seq), 0, hold.amount, 0)


def send(account: Account, amount: int, now: datetime) -> tuple[Step, tuple[Grant, ...]]:
    """Take credits out for another account; return also the grants that gave them, each with the amount it gave.

    Only credits that the account owns can be sent, no overdraft. Raises AccountFrozen and InsufficientCredit.
    """
    if account.frozen:
        raise AccountFrozen("the account is frozen")
    _require(account.available(now, 0), amount)
    seq, account = account.next_seq()
    taken = allocate(account, amount, now)
    given = tuple(replace(account.grants[part.grant_seq], amount=part.amount) for part in taken)
    account, entries = _spend(account, taken, seq, EntryKind.TRANSFER, SystemAccount.TRANSIT, None)
    return Step(account, entries, seq), given


def receive(account: Account, given: Iterable[Grant], now: datetime, *, limits: Limits | None = None) -> Step:
    """Add what another account sent, as gifts that keep the expiry of the credits they are made of. Raises LimitReached."""
    amounts: dict[datetime | None, int] = {}
    for grant in given:
        amounts[grant.expires_at] = amounts.get(grant.expires_at, 0) + grant.amount
    entries: tuple[Entry, ...] = ()
    for expires_at, amount in amounts.items():
        step = add_grant(
            account,
            amount=amount,
            source="gift",
            priority=0,
            expires_at=expires_at,
            now=now,
            kind=EntryKind.TRANSFER,
            limits=limits,
        )
        account, entries = step.account, entries + step.entries
    return Step(account, entries, account.last_seq)


def allocate(account: Account, amount: int, now: datetime) -> tuple[Allocation, ...]:
    """Choose the grants that give `amount`, in burn order; the overdraft gives what they do not have."""
    parts: list[Allocation] = []
    for grant in sorted((grant for grant in account.grants.values() if grant.usable(now) and grant.free > 0), key=_burn_order):
        if amount == 0:
            break
        part = min(grant.free, amount)
        parts.append(Allocation(grant.seq, part))
        amount -= part
    return (*parts, Allocation(OVERDRAFT, amount)) if amount else tuple(parts)


def _burn_order(grant: Grant) -> tuple[int, float, bool, int]:
    expires_at_s = grant.expires_at.timestamp() if grant.expires_at is not None else float("inf")
    return grant.priority, expires_at_s, grant.source not in GIVEN_SOURCES, grant.seq


def _require(available: int, amount: int) -> None:
    if amount > available:
        raise InsufficientCredit(available_microcredits=available, required_microcredits=amount)


def _require_active(hold: Hold) -> None:
    if hold.state is not HoldState.ACTIVE:
        raise HoldNotActive(hold.state)


def _end(account: Account, hold: Hold, state: HoldState, seq: int, now: datetime) -> Account:
    """Give an active hold its final state and its credits back to their grants."""
    account = _earmark(account, hold.allocations, -1).with_hold(replace(hold, state=state, ended_seq=seq, ended_at=now))
    return replace(account, held=account.held - hold.amount, open_holds=account.open_holds - 1)


def _charged(account: Account, hold_seq: int, charged: int, seq: int, model: str, price_version: str) -> Account:
    hold = account.holds[hold_seq]
    return account.with_hold(replace(hold, captured=charged, charged_seq=seq, model=model, price_version=price_version))


def _earmark(account: Account, allocations: Iterable[Allocation], sign: int) -> Account:
    parts = [part for part in allocations if part.grant_seq != OVERDRAFT]
    return account.with_grants(
        replace(account.grants[part.grant_seq], held=account.grants[part.grant_seq].held + sign * part.amount) for part in parts
    )


def _first(allocations: Iterable[Allocation], amount: int) -> tuple[Allocation, ...]:
    """Return the first `amount` of these allocations."""
    parts = []
    for part in allocations:
        taken = min(part.amount, amount)
        if taken:
            parts.append(Allocation(part.grant_seq, taken))
        amount -= taken
    return tuple(parts)


def _spend(
    account: Account,
    parts: Iterable[Allocation],
    seq: int,
    kind: EntryKind,
    to: SystemAccount,
    hold_seq: int | None,
    leg: int = 0,
) -> tuple[Account, tuple[Entry, ...]]:
    """Move free credits of these grants to a system account: a leg for each grant, and one for the sum."""
    entries: list[Entry] = []
    for part in parts:
        entries.append(Entry(seq, leg + len(entries), None, part.grant_seq, -part.amount, kind, hold_seq))
        if part.grant_seq == OVERDRAFT:
            account = replace(account, overdrawn=account.overdrawn + part.amount)
        else:
            grant = account.grants[part.grant_seq]
            account = account.with_grants([replace(grant, remaining=grant.remaining - part.amount)])
    total = -sum(entry.amount for entry in entries)
    if total:
        entries.append(Entry(seq, leg + len(entries), to, None, total, kind, hold_seq))
    return replace(account, posted=account.posted - total), tuple(entries)


def _break_expired(
    account: Account, now: datetime, seq: int, kind: EntryKind, hold_seq: int, allocations: Iterable[Allocation], leg: int = 0
) -> tuple[Account, tuple[Entry, ...]]:
    """Move what is free of these grants to breakage where their time is over."""
    touched = [account.grants[part.grant_seq] for part in allocations if part.grant_seq != OVERDRAFT]
    parts = [Allocation(grant.seq, grant.free) for grant in touched if grant.expired(now) and grant.free]
    return _spend(account, parts, seq, kind, SystemAccount.BREAKAGE, hold_seq, leg=leg)


def _expire_grants(account: Account, now: datetime) -> Step:
    parts = [Allocation(grant.seq, grant.free) for grant in account.grants.values() if grant.expired(now) and grant.free]
    return _as_operation(account, bool(parts), lambda account, seq: _spend(account, parts, seq, EntryKind.EXPIRY, SystemAccount.BREAKAGE, None))


def _repay(account: Account, now: datetime) -> Step:
    """Make up for the overdraft from free credits: the account gives to itself, so that posted stays and the grants shrink."""
    owed = min(account.overdrawn, sum(grant.free for grant in account.grants.values() if grant.usable(now)))
    return _as_operation(account, owed > 0, lambda account, seq: _repaid(account, owed, seq, now))


def _repaid(account: Account, owed: int, seq: int, now: datetime) -> tuple[Account, tuple[Entry, ...]]:
    entries = [Entry(seq, 0, None, OVERDRAFT, owed, EntryKind.REPAYMENT)]
    for part in allocate(account, owed, now):
        grant = account.grants[part.grant_seq]
        account = account.with_grants([replace(grant, remaining=grant.remaining - part.amount)])
        entries.append(Entry(seq, len(entries), None, grant.seq, -part.amount, EntryKind.REPAYMENT))
    return replace(account, overdrawn=account.overdrawn - owed), tuple(entries)


def _as_operation(account: Account, needed: bool, change: Callable[[Account, int], tuple[Account, tuple[Entry, ...]]]) -> Step:
    if not needed:
        return Step(account)
    seq, account = account.next_seq()
    account, entries = change(account, seq)
    return Step(account, entries, seq)

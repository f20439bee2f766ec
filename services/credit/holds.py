"""The life of a hold: placed, then captured, released or expired. The rules are told in `ledger`. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.credit.accounts import OVERDRAFT, Account, AccountState, Allocation, EntryKind, Grant, Hold, HoldState, SystemAccount
from services.credit.posting import Journal, Limits, Posting, allocate
from services.credit.tiers import CapturePolicy, Tier, day_of, minute_of
from services.runtime.errors import CaptureExceedsHold, HoldExpired, HoldNotActive, InsufficientCredit, LimitReached, RateLimited


@dataclass(slots=True)
class Charge:
    """What a hold was charged: `released` returned to its grants, `overage` is what the use cost beyond the charge, `written_off` the part of
    the overage that was booked as lost."""

    seq: int
    charged: int
    released: int
    overage: int
    written_off: int = 0


def place_hold(
    account: Account,
    *,
    amount: int,
    ttl_s: int,
    tier: Tier,
    now: datetime,
    limits: Limits,
    metadata: Mapping[str, str] | None = None,
    member_key: int = 0,
) -> Hold:
    """Set `amount` aside for `ttl_s` seconds, for a member of a pool where `member_key` is given.

    Raises AccountFrozen, AccountClosed, InsufficientCredit, LimitReached and RateLimited.
    """
    account.require_open()
    if account.open_holds >= limits.open_holds_max:
        raise LimitReached("open holds", limits.open_holds_max)
    day = day_of(now)
    if member_key and (used := account.member(member_key, day).used) + amount > account.member_daily_limit:
        raise LimitReached("sponsored microcredits a member and day", account.member_daily_limit, left=account.member_daily_limit - used)
    available = account.available(now, tier.overdraft_microcredits)
    if amount > available:
        raise InsufficientCredit(available_microcredits=available, required_microcredits=amount)
    _keep_pace(account, tier, now)
    allocations = allocate(account, amount, now)
    for grant_seq, part in allocations:
        if grant_seq != OVERDRAFT:
            account.grants[grant_seq].held += part
            account.touch(account.grants[grant_seq])
    hold = Hold(account.next_seq(), amount, now, now + timedelta(seconds=ttl_s), allocations, metadata or {})
    account.held += amount
    account.open_holds += 1
    account.add_hold(hold)
    if member_key:
        hold.member_key, hold.member_day = member_key, day
        _use_member(account, hold, amount)
    return hold


def _keep_pace(account: Account, tier: Tier, now: datetime) -> None:
    """Count a hold where the tier has limits. Raises RateLimited, with the whole seconds until the minute or the day is over."""
    if not tier.holds_per_minute_max and not tier.holds_per_day_max:
        return
    pace, minute, day = account.pace, minute_of(now), day_of(now)
    minute_holds = pace.minute_holds if pace.minute == minute else 0
    day_holds = pace.day_holds if pace.day == day else 0
    if tier.holds_per_minute_max and minute_holds >= tier.holds_per_minute_max:
        raise RateLimited(f"{tier.holds_per_minute_max} holds a minute", retry_after_s=60 - int(now.timestamp()) % 60)
    if tier.holds_per_day_max and day_holds >= tier.holds_per_day_max:
        raise RateLimited(f"{tier.holds_per_day_max} holds a day", retry_after_s=86_400 - int(now.timestamp()) % 86_400)
    account.changed = True
    pace.minute, pace.minute_holds, pace.day, pace.day_holds = minute, minute_holds + 1, day, day_holds + 1


def capture(account: Account, hold: Hold, used: int, *, tier: Tier, now: datetime, journal: Journal, model: str = "", version: str = "") -> Charge:
    """Charge what was used. `hold.used` is recorded in every case.

    An active hold is charged up to its amount and the rest of it freed. Beyond it the tier's policy decides: STRICT refuses the capture and leaves
    the hold as it is; CAP charges the hold; EXTEND takes more from the balance, then from the overdraft up to its limit, and writes the rest off. An
    expired hold within its grace is charged from what the account has now, by the same policy. Raises HoldNotActive where the hold was ended or
    charged before, HoldExpired past the grace, and CaptureExceedsHold.
    """
    late = hold.state is HoldState.EXPIRED
    if (hold.state is not HoldState.ACTIVE and not late) or hold.charged_seq:
        raise HoldNotActive(hold.state)
    if late and not within_grace(hold, tier, now):
        raise HoldExpired("the hold expired, and its grace is over")
    hold.used = max(hold.used, used)
    account.touch(hold)
    if used > hold.amount and tier.capture_policy is CapturePolicy.STRICT:
        raise CaptureExceedsHold(used_microcredits=used, held_microcredits=hold.amount)
    posting = Posting(account, account.next_seq(), journal, hold.seq)
    parts = () if late else _first(hold.allocations, used)
    if not late:
        end_hold(account, hold, HoldState.CAPTURED, posting.seq, now)
    extended = tier.capture_policy is CapturePolicy.EXTEND
    wanted = (used if extended else min(used, hold.amount)) - sum(amount for _, amount in parts)
    parts = _joined(parts, _more(account, parts, wanted, tier, now, late=late))
    charged = posting.spend(parts, EntryKind.CAPTURE, SystemAccount.REVENUE)
    _use_member(account, hold, charged - (0 if late else hold.amount))
    overage = used - charged
    if extended and overage:
        posting.leg(EntryKind.WRITE_OFF, overage, system=SystemAccount.REVENUE)
        posting.leg(EntryKind.WRITE_OFF, -overage, system=SystemAccount.WRITE_OFF)
    if not late:
        posting.break_expired(grants_of(account, hold), now, EntryKind.BREAKAGE)
    hold.captured, hold.charged_seq, hold.model, hold.price_version = charged, posting.seq, model, version
    released = 0 if late else hold.amount - min(used, hold.amount)
    return Charge(posting.seq, charged, released, overage, overage if extended else 0)


def _more(account: Account, parts: Iterable[Allocation], wanted: int, tier: Tier, now: datetime, *, late: bool) -> tuple[Allocation, ...]:
    """Choose up to `wanted` beyond these parts from what the account has. Beyond a hold, nothing is taken from a frozen account."""
    if wanted <= 0 or (account.state is not AccountState.OPEN and not late):
        return ()
    spoken_for = dict(parts)
    # What the hold had earmarked of a grant that has expired meanwhile is not a part of what is available.
    counted = sum(amount for seq, amount in spoken_for.items() if seq == OVERDRAFT or account.grants[seq].usable(now))
    available = account.available(now, tier.overdraft_microcredits) - counted
    return allocate(account, max(0, min(wanted, available)), now, spoken_for)


def _joined(first: Iterable[Allocation], second: Iterable[Allocation]) -> tuple[Allocation, ...]:
    amounts: dict[int, int] = {}
    for grant_seq, amount in (*first, *second):
        amounts[grant_seq] = amounts.get(grant_seq, 0) + amount
    return tuple(amounts.items())


def within_grace(hold: Hold, tier: Tier, now: datetime) -> bool:
    """Whether a hold that expired may still be charged."""
    return now <= hold.expires_at + timedelta(seconds=tier.grace_s)


def release_hold(account: Account, hold: Hold, now: datetime, journal: Journal) -> int:
    """Free the whole hold; return its amount. Raises HoldNotActive."""
    if hold.state is not HoldState.ACTIVE:
        raise HoldNotActive(hold.state)
    posting = Posting(account, account.next_seq(), journal, hold.seq)
    end_hold(account, hold, HoldState.RELEASED, posting.seq, now)
    _use_member(account, hold, -hold.amount)
    posting.break_expired(grants_of(account, hold), now, EntryKind.BREAKAGE)
    return hold.amount


def end_hold(account: Account, hold: Hold, state: HoldState, seq: int, now: datetime) -> None:
    """Give an active hold its final state and its credits back to their grants."""
    for grant_seq, amount in hold.allocations:
        if grant_seq != OVERDRAFT:
            grant = account.grants[grant_seq]
            grant.held -= amount
            account.touch(grant)
    hold.state, hold.ended_seq, hold.ended_at = state, seq, now
    account.touch(hold)
    account.held -= hold.amount
    account.open_holds -= 1
    if state is HoldState.EXPIRED:
        _use_member(account, hold, -hold.amount)


def _use_member(account: Account, hold: Hold, amount: int) -> None:
    if hold.member_key and amount:
        member = account.member(hold.member_key, hold.member_day)
        member.used += amount
        member.added += amount
        account.touch(member)


def grants_of(account: Account, hold: Hold) -> list[Grant]:
    """The grants that an active hold has earmarked."""
    return [account.grants[grant_seq] for grant_seq, _ in hold.allocations if grant_seq != OVERDRAFT]


def _first(allocations: Iterable[Allocation], amount: int) -> tuple[Allocation, ...]:
    """Return the first `amount` of these allocations."""
    parts = []
    for grant_seq, part in allocations:
        taken = min(part, amount)
        if taken:
            parts.append((grant_seq, taken))
        amount -= taken
    return tuple(parts)

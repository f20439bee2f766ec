"""How credits move: an operation's entries, one leg each, and the choice of the grants that give them. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.credit.accounts import OVERDRAFT, Account, Allocation, Entry, EntryKind, Grant, SystemAccount

type Journal = list[Entry]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account may have open at once, so that no decision has to load without bound."""

    open_holds_max: int = 10_000
    grants_max: int = 1_000
    lease_microcredits_max: int = 1_000_000_000
    """Of one lease."""
    leases_microcredits_max: int = 10_000_000_000
    """Of all open leases together: the most that outages can cost."""
    lease_ttl_max_s: int = 604_800


class Posting:
    """One operation's entries: numbers the legs."""

    __slots__ = ("account", "hold_seq", "journal", "legs", "seq")

    def __init__(self, account: Account, seq: int, journal: Journal, hold_seq: int | None = None) -> None:
        self.account = account
        self.seq = seq
        self.journal = journal
        self.hold_seq = hold_seq
        self.legs = 0

    def leg(self, kind: EntryKind, amount: int, *, grant_seq: int | None = None, system: SystemAccount | None = None) -> None:
        self.journal.append(Entry(self.account.key, self.seq, self.legs, system, grant_seq, amount, kind, self.hold_seq))
        self.legs += 1

    def spend(self, parts: Iterable[Allocation], kind: EntryKind, to: SystemAccount) -> int:
        """Move free credits of these grants to a system account: a leg for each grant, and one for the sum, which is returned."""
        account, total = self.account, 0
        for grant_seq, amount in parts:
            self.leg(kind, -amount, grant_seq=grant_seq)
            if grant_seq == OVERDRAFT:
                account.overdrawn += amount
            else:
                grant = account.grants[grant_seq]
                grant.remaining -= amount
                account.touch(grant)
            total += amount
        if total:
            self.leg(kind, total, system=to)
            account.posted -= total
        return total

    def break_expired(self, grants: Iterable[Grant], now: datetime, kind: EntryKind) -> None:
        """Move what is free of these grants to breakage where their time is over."""
        parts = [(grant.seq, grant.free) for grant in grants if grant.expired(now) and grant.free]
        if parts:
            self.spend(parts, kind, SystemAccount.BREAKAGE)


def allocate(account: Account, amount: int, now: datetime, spoken_for: Mapping[int, int] | None = None) -> tuple[Allocation, ...]:
    """Choose the grants that give `amount`, in burn order, beside what is `spoken_for`; the overdraft gives what they do not have."""
    parts: list[Allocation] = []
    for grant in account.in_burn_order():
        if amount == 0:
            break
        free = grant.remaining - grant.held
        if spoken_for:
            free -= spoken_for.get(grant.seq, 0)
        if free > 0 and grant.usable(now):
            part = min(free, amount)
            parts.append((grant.seq, part))
            amount -= part
    if amount:
        parts.append((OVERDRAFT, amount))
    return tuple(parts)

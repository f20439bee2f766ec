"""What the ledger is made of: accounts, grants, holds and entries, as immutable values. Pure.

Amounts are whole microcredits; times come from the database's clock. A grant, a hold and an operation are numbered by their account (`seq`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

OVERDRAFT = 0
"""Stands for the overdraft where a grant's number is asked for; real grants count from 1."""

GIVEN_SOURCES = frozenset({"allowance", "promotion"})
PAID_SOURCES = frozenset({"purchase", "gift", "correction"})


class SystemAccount(StrEnum):
    """The other side of an account's entries. Their balances are sums over the entries, kept in no row of their own."""

    ISSUED = "issued"  # credits that were granted
    REVENUE = "revenue"  # credits that were spent
    BREAKAGE = "breakage"  # credits that expired unspent
    TRANSIT = "transit"  # credits on their way from one account to another
    OVERHEAD = "overhead"  # what Parlour's own background work cost


class EntryKind(StrEnum):
    """Why an entry was made."""

    GRANT = "grant"
    CAPTURE = "capture"
    TRANSFER = "transfer"
    EXPIRY = "expiry"  # a grant came to its time
    BREAKAGE = "breakage"  # a hold freed credits of a grant that had come to its time
    REPAYMENT = "repayment"  # credits made up for an overdraft


class HoldState(StrEnum):
    """The life of a hold."""

    ACTIVE = "active"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Grant:
    """Credits of one origin. `held` is the part of `remaining` that open holds have earmarked."""

    seq: int
    source: str
    priority: int
    amount: int
    remaining: int
    held: int
    effective_at: datetime
    expires_at: datetime | None
    created_at: datetime

    @property
    def free(self) -> int:
        """What no hold has earmarked."""
        return self.remaining - self.held

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now

    def usable(self, now: datetime) -> bool:
        """Whether its time has come and is not over."""
        return self.effective_at <= now and not self.expired(now)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a hold that one grant (or the OVERDRAFT) covers."""

    grant_seq: int
    amount: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Credits set aside. `charged_seq` is the operation that charged it, 0 for none; `ended_seq` the one that ended it."""

    seq: int
    amount: int
    created_at: datetime
    expires_at: datetime
    allocations: tuple[Allocation, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    state: HoldState = HoldState.ACTIVE
    captured: int = 0
    charged_seq: int = 0
    ended_seq: int = 0
    ended_at: datetime | None = None
    model: str = ""
    price_version: str = ""

    def due(self, now: datetime) -> bool:
        """Whether it is still active though its time is over."""
        return self.state is HoldState.ACTIVE and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Entry:
    """One leg of an operation: on the account itself (`system_account` None, `grant_seq` says from what) or on a system account."""

    operation_seq: int
    leg: int
    system_account: SystemAccount | None
    grant_seq: int | None
    amount: int
    kind: EntryKind
    hold_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as far as it was loaded: every grant with something left, and the holds that a decision may concern.

    `last_seq` is the last number given out; operations, and the holds and grants that they make, are numbered by it.
    `overdrawn` is what the account owes, so that posted = what its grants have left - overdrawn.
    """

    key: int
    kind: str
    tier: str
    frozen: bool = False
    posted: int = 0
    held: int = 0
    overdrawn: int = 0
    open_holds: int = 0
    last_seq: int = 0
    grants: Mapping[int, Grant] = field(default_factory=dict)
    holds: Mapping[int, Hold] = field(default_factory=dict)

    def available(self, now: datetime, overdraft: int) -> int:
        """What could be held now: free credits of usable grants and the unused overdraft, in microcredits."""
        unusable = sum(grant.free for grant in self.grants.values() if not grant.usable(now))
        return self.posted - self.held - unusable + overdraft

    def with_grants(self, grants: Iterable[Grant]) -> "Account":
        """Put these grants in place of their earlier versions."""
        return replace(self, grants={**self.grants, **{grant.seq: grant for grant in grants}})

    def with_hold(self, hold: Hold) -> "Account":
        """Put this hold in place of its earlier version."""
        return replace(self, holds={**self.holds, hold.seq: hold})

    def next_seq(self) -> tuple[int, "Account"]:
        """Give out a number."""
        seq = self.last_seq + 1
        return seq, replace(self, last_seq=seq)

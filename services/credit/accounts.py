"""What the ledger is made of: accounts, grants, holds and entries. No I/O.

Amounts are whole microcredits; times come from the database's clock. An account numbers its operations; a grant and a hold have the number (`seq`) of
the operation that made them. Accounts, grants and holds are changed in place by `ledger`, which notes what it touched: an account is a working copy
of its rows, and whoever fails to write it throws it away.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from services.runtime.errors import AccountClosed, AccountFrozen

OVERDRAFT = 0
"""Stands for the overdraft where a grant's number is asked for; real grants count from 1."""

GIVEN_SOURCES = frozenset({"allowance", "promotion"})
PAID_SOURCES = frozenset({"purchase", "gift", "correction"})
REFUND_SOURCE = "refund"

NEVER = datetime.max.replace(tzinfo=UTC)


class SystemAccount(StrEnum):
    """The other side of an account's entries. Their balances are sums over the entries, kept in no row of their own."""

    ISSUED = "issued"  # credits that were granted
    REVENUE = "revenue"  # credits that were spent
    BREAKAGE = "breakage"  # credits that expired unspent
    TRANSIT = "transit"  # credits on their way from one account to another
    OVERHEAD = "overhead"  # what Parlour's own background work cost
    WRITE_OFF = "write_off"  # what was used and nobody could pay


class EntryKind(StrEnum):
    """Why an entry was made."""

    GRANT = "grant"
    CAPTURE = "capture"
    REFUND = "refund"
    TRANSFER = "transfer"
    EXPIRY = "expiry"  # a grant came to its time
    BREAKAGE = "breakage"  # a hold freed credits of a grant that had come to its time
    REPAYMENT = "repayment"  # credits made up for an overdraft
    REVOCATION = "revocation"  # a grant was taken back
    LEASE = "lease"  # a lease was funded, or what was left of it returned
    LEASED_TURN = "leased_turn"  # a person was charged for a turn that had been taken on a lease
    WRITE_OFF = "write_off"  # the part of a use that neither balance nor overdraft covers


class HoldState(StrEnum):
    """The life of a hold."""

    ACTIVE = "active"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


class LeaseState(StrEnum):
    """Whether turns of a lease can be settled: until its instance closes it, or it counts as lost."""

    OPEN = "open"
    CLOSED = "closed"
    LOST = "lost"


class AccountState(StrEnum):
    """What an account may do: all, nothing new, nothing ever again."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"


@dataclass(slots=True)
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
    stored: bool = field(default=False, compare=False)
    touched: bool = field(default=False, compare=False)
    ended: bool = field(default=False, compare=False)
    """Its expiry was changed since it was stored."""

    @property
    def free(self) -> int:
        """What no hold has earmarked."""
        return self.remaining - self.held

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now

    def usable(self, now: datetime) -> bool:
        """Whether its time has come and is not over."""
        return self.effective_at <= now and (self.expires_at is None or self.expires_at > now)

    @property
    def burn_order(self) -> tuple[int, datetime, bool, int]:
        """Priority, earliest expiry, given before paid, age."""
        return self.priority, self.expires_at or NEVER, self.source not in GIVEN_SOURCES, self.seq


type Allocation = tuple[int, int]
"""The part of a hold that one grant (or the OVERDRAFT) covers: the grant's number and an amount."""


@dataclass(slots=True)
class Hold:
    """Credits set aside. `charged_seq` is the operation that charged it, 0 for none; `ended_seq` the one that ended it.

    `used` is what the work cost, whatever of it was charged. A sponsored hold names the member it was placed for and the day it counts for.
    """

    seq: int
    amount: int
    created_at: datetime
    expires_at: datetime
    allocations: tuple[Allocation, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    member_key: int = 0
    member_day: int = 0
    state: HoldState = HoldState.ACTIVE
    captured: int = 0
    used: int = 0
    refunded: int = 0
    charged_seq: int = 0
    ended_seq: int = 0
    ended_at: datetime | None = None
    model: str = ""
    price_version: str = ""
    stored: bool = field(default=False, compare=False)
    touched: bool = field(default=False, compare=False)

    @property
    def ttl_s(self) -> int:
        """How long it lasts."""
        return round((self.expires_at - self.created_at).total_seconds())

    def due(self, now: datetime) -> bool:
        """Whether it is still active though its time is over."""
        return self.state is HoldState.ACTIVE and self.expires_at <= now


@dataclass(slots=True)
class Member:
    """What a pool has set aside and spent for one member on one day.

    `used` is told where a hold is about to be placed; what is `added` is added to the stored sum.
    """

    key: int
    day: int
    used: int = 0
    added: int = 0
    touched: bool = field(default=False, compare=False)


@dataclass(slots=True)
class Lease:
    """Credits that one gateway instance may spend while credit cannot be reached. The grant of the same number has what is left of them."""

    seq: int
    instance_id: str
    amount: int
    created_at: datetime
    expires_at: datetime
    charged: int = 0
    returned: int = 0
    state: LeaseState = LeaseState.OPEN
    stored_state: LeaseState = field(default=LeaseState.OPEN, compare=False)
    stored: bool = field(default=False, compare=False)
    touched: bool = field(default=False, compare=False)

    @property
    def remaining(self) -> int:
        """What has neither been spent nor returned."""
        return self.amount - self.charged - self.returned


@dataclass(slots=True)
class LeasedTurn:
    """A turn that was taken on a lease. The hold of the same number sets aside what the lease pays if the person does not.

    `cost` is what the turn cost by the usage of the settlement, which `price_version` is given for; without, by what was recorded, or else `bound`.
    `charged_to_person` is None as long as the person has not been asked; a `person_key` of 0 stands for nobody whose account is there.
    """

    seq: int
    turn_id: str
    lease_seq: int
    person_key: int
    bound: int
    cost: int
    price_version: str
    taken_at: datetime | None
    charged_to_person: int | None = None
    charged_to_lease: int = 0
    finished: bool = False
    stored: bool = field(default=False, compare=False)
    touched: bool = field(default=False, compare=False)

    @property
    def due(self) -> int:
        """What somebody has to pay: nobody pays more than was promised."""
        return min(self.cost, self.bound)


@dataclass(slots=True)
class Entry:
    """One leg of an operation: on the account itself (`system_account` None, `grant_seq` says from what) or on a system account."""

    account_key: int
    operation_seq: int
    leg: int
    system_account: SystemAccount | None
    grant_seq: int | None
    amount: int
    kind: EntryKind
    hold_seq: int | None = None


@dataclass(slots=True)
class Pace:
    """How many holds an account has placed in the minute and on the day (both counted from 1970, UTC) that it placed the last one in."""

    minute: int = 0
    minute_holds: int = 0
    day: int = 0
    day_holds: int = 0


@dataclass(slots=True)
class Account:
    """An account as far as it was loaded: every grant with something left, every active hold, and the ended holds that a decision may concern.

    `last_seq` is the last number given out. `overdrawn` is what the account owes, so that posted = what its grants have left - overdrawn.
    `allowance_period` is the period that the last recurring allowance was for, `allowance_granted` what was given for it.
    A pool sponsors each member with `member_daily_limit` a day. The account of all leases has the open `leases` and those that a decision may
    concern, and the `turns` that it concerns, with what was `recorded` of their use, by their ids.
    """

    key: int
    kind: str
    tier: str
    state: AccountState = AccountState.OPEN
    erased: bool = False
    posted: int = 0
    held: int = 0
    overdrawn: int = 0
    open_holds: int = 0
    last_seq: int = 0
    allowance_period: int = 0
    allowance_granted: int = 0
    member_daily_limit: int = 0
    pace: Pace = field(default_factory=Pace)
    grants: dict[int, Grant] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    members: dict[tuple[int, int], Member] = field(default_factory=dict)
    leases: dict[int, Lease] = field(default_factory=dict)
    turns: dict[str, LeasedTurn] = field(default_factory=dict)
    recorded: dict[str, int] = field(default_factory=dict)
    stored: bool = field(default=False, compare=False)
    changed: bool = field(default=False, compare=False)
    """More than its balances was changed since it was stored."""
    stored_seq: int = field(default=0, compare=False)
    stored_posted: int = field(default=0, compare=False)
    touched: list["Item"] = field(default_factory=list, compare=False)
    next_due_at: datetime = field(default=NEVER, compare=False)
    """Nothing is due before it."""
    _burn_order: list[Grant] | None = field(default=None, compare=False, repr=False)
    _all_usable: tuple[datetime, datetime] = field(default=(NEVER, NEVER), compare=False, repr=False)
    """From when until when every grant can be used."""

    def available(self, now: datetime, overdraft: int) -> int:
        """What could be held now: free credits of usable grants and the unused overdraft, in microcredits."""
        since, until = self._all_usable
        unusable = 0 if since <= now < until else self._unusable(now)
        return self.posted - self.held - unusable + overdraft

    def _unusable(self, now: datetime) -> int:
        """Sum what is free of grants that cannot be used now; note for how long there will be none."""
        unusable, since, until = 0, now, NEVER
        for grant in self.grants.values():
            since, until = max(since, grant.effective_at), min(until, grant.expires_at or NEVER)
            if not grant.usable(now):
                unusable += grant.free
        self._all_usable = since, until
        return unusable

    def require_not_closed(self) -> None:
        """Raises AccountClosed."""
        if self.state is AccountState.CLOSED:
            raise AccountClosed("the account is closed")

    def require_open(self) -> None:
        """Raises AccountClosed and AccountFrozen."""
        self.require_not_closed()
        if self.state is AccountState.FROZEN:
            raise AccountFrozen("the account is frozen")

    def next_seq(self) -> int:
        """Give out a number."""
        self.last_seq += 1
        return self.last_seq

    def touch(self, item: "Item") -> None:
        """Note that an item must be written."""
        if not item.touched:
            item.touched = True
            self.touched.append(item)

    def add_grant(self, grant: Grant) -> None:
        """Take in a new grant."""
        self.grants[grant.seq] = grant
        self._burn_order, self._all_usable = None, (NEVER, NEVER)
        self.touch(grant)
        if grant.expires_at is not None and grant.expires_at < self.next_due_at:
            self.next_due_at = grant.expires_at

    def end_grant(self, grant: Grant, at: datetime) -> None:
        """Let a grant's time be over."""
        grant.expires_at, grant.ended = at, True
        self._burn_order, self._all_usable = None, (NEVER, NEVER)
        self.touch(grant)
        self.next_due_at = min(self.next_due_at, at)

    def add_hold(self, hold: Hold) -> None:
        """Take in a new hold."""
        self.holds[hold.seq] = hold
        self.touch(hold)
        if hold.expires_at < self.next_due_at:
            self.next_due_at = hold.expires_at

    def in_burn_order(self) -> list[Grant]:
        """Every grant, in the order in which they are spent."""
        if self._burn_order is None:
            self._burn_order = sorted(self.grants.values(), key=lambda grant: grant.burn_order)
        return self._burn_order

    def member(self, key: int, day: int) -> Member:
        """What was spent for a member on a day."""
        return self.members.setdefault((key, day), Member(key, day))

    def due_times(self) -> Iterator[datetime]:
        """When something will be due: active holds, and grants with credits left."""
        yield from (hold.expires_at for hold in self.holds.values() if hold.state is HoldState.ACTIVE)
        yield from (grant.expires_at for grant in self.grants.values() if grant.expires_at is not None and grant.remaining)

    def loaded(self) -> None:
        """Note that everything is as it is stored."""
        self.written(holds_kept=len(self.holds))

    def written(self, holds_kept: int = 1) -> None:
        """Note that everything was written, and forget what no later decision needs: spent grants, and holds that ended a while ago.

        What was just changed is kept: the database may not have it yet when the next decision asks for it.
        """
        spent, touched = False, self.touched
        for item in touched:
            item.touched = False
            if isinstance(item, Grant):
                item.stored, item.ended = True, False
                spent = spent or not item.remaining
            elif not isinstance(item, Member):
                item.stored = True
                if isinstance(item, Lease):
                    item.stored_state = item.state
        self.touched = []
        self.changed = False
        self.stored, self.stored_seq, self.stored_posted = True, self.last_seq, self.posted
        if spent:
            self.grants = {seq: grant for seq, grant in self.grants.items() if grant.remaining}
            self._burn_order = None
        if len(self.holds) > 2 * self.open_holds + holds_kept:
            just_now = {item.seq for item in touched if isinstance(item, Hold)}
            self.holds = {seq: hold for seq, hold in self.holds.items() if hold.state is HoldState.ACTIVE or seq in just_now}
        if self.members:
            self.members.clear()
        if self.kind == "lease":
            self.leases = {seq: lease for seq, lease in self.leases.items() if lease.state is LeaseState.OPEN or lease in touched}
            self.turns = {item.turn_id: item for item in touched if isinstance(item, LeasedTurn)}
            self.recorded.clear()


type Item = Grant | Hold | Member | Lease | LeasedTurn
"""What an account has, and a batch writes."""

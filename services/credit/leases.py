"""The rules of leases: what a gateway instance may spend while credit cannot be reached, and who pays for what it spent. No I/O.

* A lease is funded by `system:overhead`: a grant of the account of all leases, which belongs to one instance. What is left of it returns there.
* An instance has at most one open lease; all open ones together have a limit, which is the most that outages can cost.
* A turn is settled once, whatever lease it is settled on. What the lease pays if the person does not is set aside first, then the person is asked,
  then the lease is charged or gets back what was set aside.
* A person pays what a turn cost, at most the bound that was promised, whole or not at all, and only for a use that is known.
* A lease pays at most the bound, and never more than it has.
* An expired lease can be settled until it is closed. What is being settled when it is closed is charged or returned as that ends.
"""

from datetime import datetime, timedelta

from services.credit import ledger
from services.credit.accounts import Account, AccountState, EntryKind, Hold, Lease, LeasedTurn, LeaseState, SystemAccount
from services.credit.holds import capture, release_hold
from services.credit.posting import Journal, Limits, Posting, allocate
from services.credit.tiers import Tier
from services.runtime.errors import LimitReached, NotFound, Overloaded

LEASE_SOURCE = "lease"
SET_ASIDE_S = 3_650 * 86_400
"""How long a lease's part for a turn is set aside at most. It ends as the turn is settled, which a job sees to: this is only not for ever."""


def acquire(account: Account, instance_id: str, amount: int, ttl_s: int, now: datetime, limits: Limits, journal: Journal) -> Lease:
    """Fund an instance; the lease that it has open is prolonged instead. Raises LimitReached."""
    _require_ttl(ttl_s, limits)
    open_leases = [lease for lease in account.leases.values() if lease.state is LeaseState.OPEN]
    for lease in open_leases:
        if lease.instance_id == instance_id:
            prolong(account, lease, ttl_s, now, limits)
            return lease
    if amount > limits.lease_microcredits_max:
        raise LimitReached("microcredits of a lease", limits.lease_microcredits_max)
    leased = sum(lease.amount for lease in open_leases)
    if leased + amount > limits.leases_microcredits_max:
        raise LimitReached("microcredits of all open leases", limits.leases_microcredits_max, left=limits.leases_microcredits_max - leased)
    if len(open_leases) >= limits.grants_max:
        raise LimitReached("open leases", limits.grants_max)
    ledger.require_room(account, limits)
    grant = ledger.grant_credits(
        account, amount=amount, source=LEASE_SOURCE, now=now, journal=journal, kind=EntryKind.LEASE, origin=SystemAccount.OVERHEAD
    )
    lease = Lease(grant.seq, instance_id, amount, now, now + timedelta(seconds=ttl_s))
    account.leases[lease.seq] = lease
    account.touch(lease)
    return lease


def prolong(account: Account, lease: Lease, ttl_s: int, now: datetime, limits: Limits) -> None:
    """Let a lease last so long from now on, if it does not anyway. Raises LimitReached, and NotFound where it was closed."""
    _require_ttl(ttl_s, limits)
    require_open(lease)
    lease.expires_at = max(lease.expires_at, now + timedelta(seconds=ttl_s))
    account.next_seq()
    account.touch(lease)


def _require_ttl(ttl_s: int, limits: Limits) -> None:
    if ttl_s > limits.lease_ttl_max_s:
        raise LimitReached("seconds of a lease", limits.lease_ttl_max_s)


def require_open(lease: Lease) -> None:
    """Raises NotFound where nothing can be settled on a lease any more."""
    if lease.state is not LeaseState.OPEN:
        raise NotFound("open lease")


def require_room(account: Account, turns: int, limits: Limits) -> None:
    """Raises Overloaded where too many turns are being settled to take in so many more."""
    if account.open_holds + turns > limits.open_holds_max:
        raise Overloaded(f"{account.open_holds} leased turns are being settled")


def set_aside(account: Account, turn: LeasedTurn, now: datetime) -> None:
    """Take a turn in, and set aside what its lease pays if the person does not: what is due, at most what the lease has."""
    grant = account.grants.get(turn.lease_seq)
    amount = min(turn.due, grant.free) if grant is not None else 0
    if amount and grant is not None:
        grant.held += amount
        account.touch(grant)
    allocations = ((turn.lease_seq, amount),) if amount else ()
    turn.seq = account.next_seq()
    account.held += amount
    account.open_holds += 1
    account.add_hold(Hold(turn.seq, amount, now, now + timedelta(seconds=SET_ASIDE_S), allocations))
    account.turns[turn.turn_id] = turn
    account.touch(turn)


def charge_person(account: Account, amount: int, tier: Tier, now: datetime, journal: Journal) -> int:
    """Charge a person for a turn, whole or not at all; return what was charged. Nobody's account that is frozen or closed is charged."""
    if not amount or account.state is not AccountState.OPEN or amount > account.available(now, tier.overdraft_microcredits):
        return 0
    return Posting(account, account.next_seq(), journal).spend(allocate(account, amount, now), EntryKind.LEASED_TURN, SystemAccount.REVENUE)


def finish(account: Account, turn: LeasedTurn, tier: Tier, now: datetime, journal: Journal) -> None:
    """Charge a turn's lease, or give it back what was set aside, now that the person was asked."""
    lease, hold = account.leases[turn.lease_seq], account.holds[turn.seq]
    if turn.charged_to_person:
        release_hold(account, hold, now, journal)
    else:
        turn.charged_to_lease = capture(account, hold, hold.amount, tier=tier, now=now, journal=journal).charged
        lease.charged += turn.charged_to_lease
    turn.finished = True
    account.touch(turn)
    account.touch(lease)
    if lease.state is not LeaseState.OPEN:
        _return_rest(account, lease, journal)


def close(account: Account, lease: Lease, state: LeaseState, journal: Journal) -> None:
    """End a lease: what nothing is set aside of returns now, the rest of what is set aside as that ends."""
    if lease.state is LeaseState.OPEN:
        account.next_seq()
        lease.state = state
        account.touch(lease)
        _return_rest(account, lease, journal)


def close_lost(account: Account, lost_before: datetime, journal: Journal) -> list[Lease]:
    """End the leases that expired so long ago that whoever has their journal will not come back."""
    lost = [lease for lease in account.leases.values() if lease.state is LeaseState.OPEN and lease.expires_at <= lost_before]
    for lease in lost:
        close(account, lease, LeaseState.LOST, journal)
    return lost


def _return_rest(account: Account, lease: Lease, journal: Journal) -> None:
    grant = account.grants.get(lease.seq)
    if grant is not None and grant.free:
        posting = Posting(account, account.next_seq(), journal)
        lease.returned += posting.spend([(grant.seq, grant.free)], EntryKind.LEASE, SystemAccount.OVERHEAD)

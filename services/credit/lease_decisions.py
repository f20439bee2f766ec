"""What becomes of requests about leases: from the request, the account of all leases (or a person's) and the terms, to the answer. No I/O.

Settling is several operations: the lease's account takes the turns in, each person is asked, the lease's account is charged for the others. Each is
done once, so that whoever was cut off begins anew. The ids of turns stay out of what is kept; whoever asked knows them.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from google.protobuf.message import Message

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import leases
from services.credit.accounts import Account, Lease, LeasedTurn, LeaseState
from services.credit.decisions import Tape, Terms, UsageRecord
from services.credit.forms import outage_terms, timestamp
from services.credit.identifiers import lease_id, lease_seq
from services.credit.pricing import TokenUse
from services.runtime.errors import NotFound, StaleVersion, UnknownModel


def acquire(request: pb.AcquireLeaseRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Fund an instance, or prolong what it has."""
    amount, ttl_s = request.amount_microcredits, request.ttl_s
    lease = leases.acquire(account, request.instance_id, amount, ttl_s, terms.now, terms.limits, tape.journal)
    return pb.AcquireLeaseResponse(lease=_shown(account, lease), terms=outage_terms(terms.prices))


def renew(request: pb.RenewLeaseRequest, account: Account, terms: Terms, _tape: Tape) -> Message:
    """Prolong a lease."""
    lease = _lease(account, request.lease_id)
    leases.prolong(account, lease, request.ttl_s, terms.now, terms.limits)
    return pb.RenewLeaseResponse(lease=_shown(account, lease), terms=outage_terms(terms.prices))


def record_usage(request: pb.RecordUsageRequest, person_key: int, account: Account, terms: Terms, tape: Tape) -> Message:
    """Record what a turn on a lease used; it is charged by its settlement alone."""
    lease, usage = _lease(account, request.lease_id), request.usage
    use = _use(usage)
    tape.usage.append(
        UsageRecord(
            account_key=account.key,
            turn_id=request.turn_id,
            hold_seq=0,
            member_key=person_key,
            model=usage.model,
            use=use,
            price_version=terms.prices.price_version,
            cost=terms.prices.cost(usage.model, use),
            charged=0,
            captured_now=False,
            tier="",
            guild_id="",
            feature="",
            lease_seq=lease.seq,
        )
    )
    turn = account.turns.get(request.turn_id)
    return pb.RecordUsageResponse(charged_microcredits=(turn.charged_to_person or 0) + turn.charged_to_lease if turn is not None else 0)


def take_in(request: pb.SettleLeaseRequest, keys: Mapping[str, int], account: Account, terms: Terms, _tape: Tape) -> Message:
    """Set aside what the lease pays for each turn that is not known yet, if the person does not. `keys` are those of the accounts that are there.

    Raises NotFound where the lease is not open, and Overloaded; turns that are known need no open lease.
    """
    lease = _lease(account, request.lease_id)
    new = {turn.turn_id: turn for turn in reversed(request.turns) if turn.turn_id not in account.turns}
    if new:
        leases.require_open(lease)
        leases.require_room(account, len(new), terms.limits)
    for given in reversed(new.values()):
        leases.set_aside(account, _taken_in(given, lease, keys.get(given.account_id, 0), account.recorded.get(given.turn_id), terms), terms.now)
    return pb.SettleLeaseResponse()


def _taken_in(given: pb.LeasedTurn, lease: Lease, person_key: int, recorded: int | None, terms: Terms) -> LeasedTurn:
    """A turn as it will be settled. Of a use that nobody knows, or whose model has no price any more, the person pays nothing."""
    bound, cost, version = given.upper_bound_microcredits, None, ""
    if given.HasField("usage"):
        with suppress(UnknownModel):
            cost, version = terms.prices.cost(given.usage.model, _use(given.usage)), terms.prices.price_version
    known = cost is not None
    if cost is None:
        cost = bound if recorded is None else recorded
    turn = LeasedTurn(
        seq=0,
        turn_id=given.turn_id,
        lease_seq=lease.seq,
        person_key=person_key,
        bound=bound,
        cost=cost,
        price_version=version,
        taken_at=given.take_time.ToDatetime(UTC) if given.HasField("take_time") else None,
    )
    if not known or not person_key or not turn.due:
        turn.charged_to_person = 0
    return turn


def ask_person(leases_key: int, turn_seq: int, amount: int, account: Account, terms: Terms, tape: Tape) -> Message:
    """Charge a person for a turn that was taken on a lease, if their credit covers it."""
    charged = leases.charge_person(account, amount, terms.prices.tier(account.tier), terms.now, tape.journal)
    tape.asked.append((leases_key, turn_seq, charged))
    return pb.SettledTurn(charged_to_person_microcredits=charged)


def settle(request: pb.SettleLeaseRequest, account: Account, terms: Terms, tape: Tape) -> Message:
    """Finish turns whose people were asked, close the lease if that is asked for, and say what became of each turn, in the order of the request."""
    lease = _lease(account, request.lease_id)
    turns = [account.turns.get(turn_id) for turn_id in dict.fromkeys(turn.turn_id for turn in request.turns)]
    for turn in turns:
        _finish(account, turn, terms, tape)
    if request.close:
        leases.close(account, lease, LeaseState.CLOSED, tape.journal)
    settled = [_settled(turn) for turn in turns]
    return pb.SettleLeaseResponse(
        charged_to_people_microcredits=sum(turn.charged_to_person_microcredits for turn in settled),
        charged_to_lease_microcredits=sum(turn.charged_to_lease_microcredits for turn in settled),
        remaining_microcredits=lease.remaining,
        turns=settled,
    )


def finish(turn_ids: Sequence[str], account: Account, terms: Terms, tape: Tape) -> Message:
    """Finish turns whose settlement was cut off after their people were asked."""
    for turn_id in turn_ids:
        _finish(account, account.turns.get(turn_id), terms, tape)
    return pb.SettleLeaseResponse()


def close_lost(lost_before: datetime, account: Account, _terms: Terms, tape: Tape) -> Message:
    """End leases that expired long ago: what is left of them returns, nobody is charged."""
    leases.close_lost(account, lost_before, tape.journal)
    return pb.SettleLeaseResponse()


def _finish(account: Account, turn: LeasedTurn | None, terms: Terms, tape: Tape) -> None:
    if turn is None or turn.finished:  # None: the person was erased meanwhile, and the turn has another id
        return
    if turn.charged_to_person is None:
        raise StaleVersion("the person has not been asked yet")
    leases.finish(account, turn, terms.prices.tier(account.tier), terms.now, tape.journal)


def _settled(turn: LeasedTurn | None) -> pb.SettledTurn:
    if turn is None:
        return pb.SettledTurn()
    return pb.SettledTurn(charged_to_person_microcredits=turn.charged_to_person or 0, charged_to_lease_microcredits=turn.charged_to_lease)


def _lease(account: Account, given: str) -> Lease:
    lease = account.leases.get(lease_seq(account.key, given))
    if lease is None:
        raise NotFound("lease")
    return lease


def _shown(account: Account, lease: Lease) -> pb.Lease:
    return pb.Lease(
        lease_id=lease_id(account.key, lease.seq),
        instance_id=lease.instance_id,
        amount_microcredits=lease.amount,
        expire_time=timestamp(lease.expires_at),
        remaining_microcredits=lease.remaining,
    )


def _use(usage: pb.Usage) -> TokenUse:
    return TokenUse(usage.prompt_tokens, usage.completion_tokens, usage.cached_prompt_tokens, usage.images)

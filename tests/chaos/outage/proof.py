"""What must be true of leases and the turns taken on them when an outage is over, read from credit's database past the service."""

from tests.chaos.afterwards import DatabaseUrl, Findings, query
from tests.chaos.people import Final, Told

_OVERSPENT = """
    SELECT coalesce(sum(greatest(0, spent.amount - leases.amount_microcredits)), 0)::bigint
    FROM leases JOIN (
        SELECT account_key, lease_seq,
               sum(greatest(cost_microcredits - coalesce(charged_to_person_microcredits, 0), charged_to_lease_microcredits)) AS amount
        FROM leased_turns GROUP BY account_key, lease_seq
    ) AS spent USING (account_key, lease_seq)
"""
"""What turns cost beyond what people paid, where that is more than the lease that they were taken on."""
_UNFINISHED = "SELECT turn_id FROM leased_turns WHERE finished_at IS NULL"
_LEASED = "SELECT turn_id FROM leased_turns"
_NOTED = "SELECT request_key FROM operations WHERE refusal = '' AND request_key = ANY(%s)"


async def leased_turns(url: DatabaseUrl) -> int:
    """How many turns credit has settled, or recorded, on leases."""
    return len(await query(url("credit"), _LEASED))


async def overspend_beyond_lease(url: DatabaseUrl) -> int:
    """In microcredits, summed over the leases; 0 is what is promised."""
    return int((await query(url("credit"), _OVERSPENT))[0][0])


async def look_for_unsettled(url: DatabaseUrl, told: list[Told], found: Findings) -> None:
    """Look for leased turns that are not settled, and for answers that neither a hold nor a lease stands for, or both do."""
    for row in await query(url("credit"), _UNFINISHED):
        found.wrong(f"recorded on a lease and not settled: {row[0]}")
    answered = [one for one in told if one.final is not None and one.final.outcome == Final.OUTCOME_ANSWERED]
    leased = {str(row[0]) for row in await query(url("credit"), _LEASED)}
    captures = {f"request {one.turn_id}:capture": one.turn_id for one in answered}
    usages = {f"turn {one.turn_id}": one.turn_id for one in answered}  # also of a turn on a lease, once it is settled
    noted = {str(row[0]) for row in await query(url("credit"), _NOTED, [*captures, *usages])}
    captured = {turn_id for key, turn_id in captures.items() if key in noted}
    for twice in sorted(leased & captured):
        found.answered_twice += 1
        found.wrong(f"charged on a hold and taken on a lease: {twice}")
    stood_for = leased | captured | {turn_id for key, turn_id in usages.items() if key in noted}
    for one in answered:
        if one.turn_id not in stood_for:
            found.acknowledged_lost += 1
            found.wrong(f"answered and nowhere in credit: {one.turn_id}")

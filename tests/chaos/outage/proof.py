"""What must be true of leases and the turns taken on them when an outage is over, read from credit's database past the service."""

from tests.chaos.afterwards import DatabaseUrl, Findings, query
from tests.chaos.people import Final, Told

_OVERSPENT = """
    SELECT coalesce(sum(greatest(0, spent.amount - leases.amount_microcredits)), 0)::bigint
    FROM leases JOIN (
        SELECT account_key, lease_seq, sum(amount) AS amount FROM (
            SELECT account_key, lease_seq,
                   greatest(cost_microcredits - coalesce(charged_to_person_microcredits, 0), charged_to_lease_microcredits) AS amount
            FROM leased_turns
            UNION ALL
            SELECT account_key, lease_seq, cost_microcredits FROM usage_records u
            WHERE lease_seq <> 0 AND NOT EXISTS (SELECT FROM leased_turns t WHERE (t.account_key, t.turn_id) = (u.account_key, u.turn_id))
        ) AS turns GROUP BY account_key, lease_seq
    ) AS spent USING (account_key, lease_seq)
"""
"""What turns cost beyond what people paid, settled or not, where that is more than the lease that they were taken on."""
_UNFINISHED = "SELECT turn_id FROM leased_turns WHERE finished_at IS NULL"
_LEASED = "SELECT turn_id FROM leased_turns"
_CAPTURED = "SELECT request_key FROM operations WHERE refusal = '' AND request_key = ANY(%s)"
_USED_ON_A_HOLD = "SELECT turn_id FROM usage_records WHERE lease_seq = 0 AND turn_id = ANY(%s)"


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
    captured = {captures[str(row[0])] for row in await query(url("credit"), _CAPTURED, list(captures))}
    # That the conversation service told what a turn on a lease used settles nothing: its gateway's journal must have.
    on_a_hold = captured | {str(row[0]) for row in await query(url("credit"), _USED_ON_A_HOLD, list(captures.values()))}
    for twice in sorted(leased & captured):
        found.answered_twice += 1
        found.wrong(f"charged on a hold and taken on a lease: {twice}")
    for one in answered:
        if one.turn_id not in leased | on_a_hold:
            found.acknowledged_lost += 1
            found.wrong(f"answered, and neither on a hold nor settled on a lease: {one.turn_id}")

"""How leases and the turns taken on them are written: arrays' types and statements for `writing`, and the rows for them."""

from collections.abc import Mapping
from typing import Any

from services.credit.accounts import Lease, LeasedTurn

type _Row = tuple[Any, ...]

LEASE_TABLES: Mapping[str, tuple[str, str]] = {
    "new_leases": (
        "iitiiitz",
        """
    INSERT INTO leases (created_at, account_key, lease_seq, instance_id, amount_microcredits, charged_microcredits, returned_microcredits, state,
                        expires_at, closed_at)
    SELECT $1, *, CASE WHEN state <> 'open' THEN $1 END
    FROM unnest(%s) AS c (account_key, lease_seq, instance_id, amount, charged, returned, state, expires_at)""",
    ),
    "changed_leases": (
        "iiiitz",
        """
    UPDATE leases l SET charged_microcredits = c.charged, returned_microcredits = c.returned, state = c.state, expires_at = c.expires_at,
           closed_at = CASE WHEN c.state <> 'open' THEN coalesce(l.closed_at, $1) END
    FROM unnest(%s) AS c (account_key, lease_seq, charged, returned, state, expires_at)
    WHERE l.account_key = c.account_key AND l.lease_seq = c.lease_seq""",
    ),
    "new_leased_turns": (
        "iitiiiitznii",
        """
    INSERT INTO leased_turns (created_at, account_key, turn_seq, turn_id, lease_seq, person_key, bound_microcredits, cost_microcredits,
                              price_version, taken_at, charged_to_person_microcredits, charged_to_lease_microcredits, finished_at)
    SELECT $1, account_key, turn_seq, turn_id, lease_seq, person_key, bound, cost, version, taken_at, person, lease,
           CASE WHEN finished <> 0 THEN $1 END
    FROM unnest(%s) AS c (account_key, turn_seq, turn_id, lease_seq, person_key, bound, cost, version, taken_at, person, lease, finished)""",
    ),
    "finished_leased_turns": (
        "iini",
        """
    UPDATE leased_turns t SET charged_to_person_microcredits = c.person, charged_to_lease_microcredits = c.lease, finished_at = $1
    FROM unnest(%s) AS c (account_key, turn_seq, person, lease)
    WHERE t.account_key = c.account_key AND t.turn_seq = c.turn_seq""",
    ),
    # Written with the person's account: whatever becomes of it afterwards, it is known that they were asked, and what they were charged.
    "asked_leased_turns": (
        "iii",
        """
    UPDATE leased_turns t SET charged_to_person_microcredits = c.charged FROM unnest(%s) AS c (account_key, turn_seq, charged)
    WHERE t.account_key = c.account_key AND t.turn_seq = c.turn_seq AND t.charged_to_person_microcredits IS NULL""",
    ),
}
"""By name: a letter for each array (see `arrays`), and the statement that %s stands for them in."""


def lease_row(key: int, item: Lease | LeasedTurn) -> tuple[str, _Row]:
    """Return what of a lease or a leased turn is to be written, and the name of the table."""
    if isinstance(item, Lease):
        changing = item.charged, item.returned, item.state.value, item.expires_at
        if item.stored:
            return "changed_leases", (key, item.seq, *changing)
        return "new_leases", (key, item.seq, item.instance_id, item.amount, *changing)
    charged = item.charged_to_person, item.charged_to_lease
    if item.stored:
        return "finished_leased_turns", (key, item.seq, *charged)
    turn = item.turn_id, item.lease_seq, item.person_key, item.bound, item.cost, item.price_version, item.taken_at
    return "new_leased_turns", (key, item.seq, *turn, *charged, int(item.finished))

"""What must hold for leases and the turns that were taken on them, one query a rule, as in `checks`."""

from collections.abc import Mapping

LEASE_CHECKS: Mapping[str, str] = {
    # What was leased is what remains (the grant), what turns were charged, and what was returned.
    "lease_does_not_add_up": """
        SELECT l.account_key, 'lease ' || l.lease_seq,
               l.amount_microcredits - l.charged_microcredits - l.returned_microcredits - coalesce(g.remaining_microcredits, 0)
        FROM leases l LEFT JOIN grants g ON g.account_key = l.account_key AND g.grant_seq = l.lease_seq
        WHERE l.account_key = ANY(%(keys)s)
          AND l.amount_microcredits <> l.charged_microcredits + l.returned_microcredits + coalesce(g.remaining_microcredits, 0)
    """,
    "lease_is_not_its_entries": """
        SELECT account_key, 'lease ' || lease_seq,
               abs(coalesce(l.amount, 0) - coalesce(e.funded, 0)) + abs(coalesce(l.returned, 0) - coalesce(e.returned, 0))
               + abs(coalesce(l.charged, 0) - coalesce(e.charged, 0))
        FROM (SELECT account_key, lease_seq, amount_microcredits AS amount, returned_microcredits AS returned, charged_microcredits AS charged
              FROM leases WHERE account_key = ANY(%(keys)s)) l
        FULL JOIN (SELECT account_key, grant_seq AS lease_seq,
                          coalesce(sum(amount_microcredits) FILTER (WHERE n.kind = 'lease' AND amount_microcredits > 0), 0) AS funded,
                          -coalesce(sum(amount_microcredits) FILTER (WHERE n.kind = 'lease' AND amount_microcredits < 0), 0) AS returned,
                          -coalesce(sum(amount_microcredits) FILTER (WHERE n.kind = 'capture'), 0) AS charged
                   FROM entries n JOIN accounts USING (account_key)
                   WHERE account_key = ANY(%(keys)s) AND accounts.kind = 'lease' AND system_account IS NULL GROUP BY account_key, grant_seq) e
             USING (account_key, lease_seq)
        WHERE coalesce(l.amount, 0) <> coalesce(e.funded, 0) OR coalesce(l.returned, 0) <> coalesce(e.returned, 0)
           OR coalesce(l.charged, 0) <> coalesce(e.charged, 0)
    """,
    "lease_is_not_what_its_turns_were_charged": """
        SELECT account_key, 'lease ' || lease_seq, coalesce(l.charged_microcredits, 0) - coalesce(t.charged, 0)
        FROM (SELECT account_key, lease_seq, charged_microcredits FROM leases WHERE account_key = ANY(%(keys)s)) l
        FULL JOIN (SELECT account_key, lease_seq, sum(charged_to_lease_microcredits) AS charged FROM leased_turns WHERE account_key = ANY(%(keys)s)
                   GROUP BY account_key, lease_seq) t USING (account_key, lease_seq)
        WHERE coalesce(l.charged_microcredits, 0) <> coalesce(t.charged, 0)
    """,
    # While a turn is being settled, its hold is active; then the hold was captured for the lease's part, or released.
    "leased_turn_is_not_its_hold": """
        SELECT account_key, 'leased turn ' || turn_seq, coalesce(t.charged, 0) - coalesce(h.captured, 0)
        FROM (SELECT account_key, turn_seq, charged_to_lease_microcredits AS charged, finished_at FROM leased_turns
              WHERE account_key = ANY(%(keys)s)) t
        FULL JOIN (SELECT account_key, hold_seq AS turn_seq, captured_microcredits AS captured, h.state FROM holds h JOIN accounts USING (account_key)
                   WHERE account_key = ANY(%(keys)s) AND accounts.kind = 'lease') h USING (account_key, turn_seq)
        WHERE coalesce(t.charged, 0) <> coalesce(h.captured, 0) OR t.turn_seq IS NULL OR h.turn_seq IS NULL
           OR (t.finished_at IS NULL) <> (h.state = 'active')
    """,
    "leased_turn_was_charged_otherwise": """
        SELECT account_key, 'leased turn ' || turn_seq, coalesce(charged_to_person_microcredits, 0) + charged_to_lease_microcredits - due
        FROM leased_turns CROSS JOIN LATERAL (SELECT least(cost_microcredits, bound_microcredits) AS due) d
        WHERE account_key = ANY(%(keys)s)
          AND (coalesce(charged_to_person_microcredits, 0) NOT IN (0, due) OR charged_to_lease_microcredits > due
               OR (charged_to_person_microcredits > 0 AND charged_to_lease_microcredits > 0)
               OR (finished_at IS NOT NULL AND charged_to_person_microcredits IS NULL)
               OR (charged_to_person_microcredits > 0 AND (price_version = '' OR person_key = 0)))
    """,
    "leased_turns_are_not_what_the_person_was_charged": """
        SELECT account_key, 'leased turns', coalesce(t.charged, 0) - coalesce(e.charged, 0)
        FROM (SELECT person_key AS account_key, sum(charged_to_person_microcredits) AS charged FROM leased_turns WHERE person_key = ANY(%(keys)s)
              GROUP BY person_key) t
        FULL JOIN (SELECT account_key, -sum(amount_microcredits) AS charged FROM entries
                   WHERE account_key = ANY(%(keys)s) AND kind = 'leased_turn' AND system_account IS NULL GROUP BY account_key) e USING (account_key)
        WHERE coalesce(t.charged, 0) <> coalesce(e.charged, 0)
    """,
    "leased_turn_is_stuck": """
        SELECT account_key, 'leased turn ' || turn_seq, least(cost_microcredits, bound_microcredits)
        FROM leased_turns
        WHERE account_key = ANY(%(keys)s) AND finished_at IS NULL AND created_at < clock_timestamp() - make_interval(secs => %(overdue_s)s)
    """,
    # The gateway's account of the turn beside that of the conversation service. Under another price list the same use costs something else.
    "leased_usage_was_settled_otherwise": """
        SELECT t.account_key, 'leased turn ' || t.turn_seq, u.cost_microcredits - t.cost_microcredits
        FROM leased_turns t JOIN usage_records u USING (account_key, turn_id)
        WHERE t.account_key = ANY(%(keys)s)
          AND ((t.price_version = u.price_version AND t.cost_microcredits <> u.cost_microcredits) OR t.lease_seq <> u.lease_seq)
    """,
}

LEASE_EVENTS: Mapping[str, str] = {
    # Its instance has not come back with its journal: what was left has returned, and turns in the journal were charged to nobody.
    "lost_lease_journal": """
        SELECT account_key, 'lease ' || lease_seq, returned_microcredits FROM leases WHERE account_key = ANY(%(keys)s) AND state = 'lost'
    """,
    "leased_usage_was_not_settled": """
        SELECT u.account_key, 'usage on lease ' || u.lease_seq, sum(u.cost_microcredits)
        FROM usage_records u JOIN leases l USING (account_key, lease_seq)
        WHERE u.account_key = ANY(%(keys)s) AND u.lease_seq <> 0 AND l.state <> 'open'
          AND NOT EXISTS (SELECT FROM leased_turns t WHERE t.account_key = u.account_key AND t.turn_id = u.turn_id)
        GROUP BY u.account_key, u.lease_seq
    """,
    # Nobody paid for it: the bound was too small, or more was taken on the lease than it had.
    "leased_turn_was_not_covered": """
        SELECT t.account_key, 'leased turn ' || t.turn_seq,
               greatest(t.cost_microcredits, u.cost_microcredits) - t.charged_to_person_microcredits - t.charged_to_lease_microcredits
        FROM leased_turns t LEFT JOIN usage_records u USING (account_key, turn_id)
        WHERE t.account_key = ANY(%(keys)s) AND t.finished_at IS NOT NULL
          AND greatest(t.cost_microcredits, u.cost_microcredits) > t.charged_to_person_microcredits + t.charged_to_lease_microcredits
    """,
}
"""What somebody should look into though the books balance."""

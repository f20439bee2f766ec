"""What must hold for an account's stored rows, one query a rule. Every query reads the rows of the accounts asked for, and no others.

A query returns account_key, detail and difference of what breaks the rule that its name states. Details name rows by their numbers within the
account, and never quote a person or the id of a turn, which would lead to one: findings stay when a person is erased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from services.credit.lease_checks import LEASE_CHECKS, LEASE_EVENTS
from services.credit.pricing import PriceList

FOUND_MAX = 1_000
"""Rows that one query returns at most: where there are more, the books need no longer list."""

OVERDUE_S = 300
"""How long after its time a hold or a transfer is a finding: the jobs that see to them run each minute."""

GRACE_S = 600
"""How long a hold may be charged late where no tier says it."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Two records of the same thing that disagree. `detail` names the row within the account; the difference is in microcredits.

    The account is 0 where the discrepancy is one of the journal's; the difference is 0 where it is not one of amounts.
    """

    kind: str
    account_key: int
    detail: str
    difference_microcredits: int = 0


CHECKS: Mapping[str, str] = {
    **LEASE_CHECKS,
    "operation_does_not_sum_to_zero": """
        SELECT account_key, 'operation ' || operation_seq, sum(amount_microcredits)
        FROM entries WHERE account_key = ANY(%(keys)s) GROUP BY account_key, operation_seq HAVING sum(amount_microcredits) <> 0
    """,
    "entry_is_in_no_batch": """
        SELECT e.account_key, 'operation ' || e.operation_seq, sum(abs(e.amount_microcredits))
        FROM entries e LEFT JOIN batches b USING (shard, batch_seq)
        WHERE e.account_key = ANY(%(keys)s) AND (b.decided_at IS DISTINCT FROM e.created_at OR e.shard <> e.account_key %% %(shards)s)
        GROUP BY e.account_key, e.operation_seq
    """,
    "operation_is_in_no_batch": """
        SELECT o.account_key, 'operation ' || o.operation_seq, 0
        FROM operations o LEFT JOIN batches b ON b.shard = o.account_key %% %(shards)s AND b.batch_seq = o.batch_seq
        WHERE o.account_key = ANY(%(keys)s) AND b.decided_at IS DISTINCT FROM o.created_at
    """,
    "account_is_behind_its_entries": """
        SELECT a.account_key, 'last number', e.last_seq - a.last_seq
        FROM accounts a JOIN (SELECT account_key, max(operation_seq) AS last_seq FROM entries WHERE account_key = ANY(%(keys)s)
                              GROUP BY account_key) e USING (account_key)
        WHERE a.last_seq < e.last_seq
    """,
    "posted_is_not_the_sum_of_entries": """
        SELECT a.account_key, 'posted', a.posted_microcredits - coalesce(e.total, 0)
        FROM accounts a
        LEFT JOIN (SELECT account_key, sum(amount_microcredits) AS total FROM entries
                   WHERE account_key = ANY(%(keys)s) AND system_account IS NULL GROUP BY account_key) e USING (account_key)
        WHERE a.account_key = ANY(%(keys)s) AND a.posted_microcredits <> coalesce(e.total, 0)
    """,
    "posted_is_not_what_grants_have_left": """
        SELECT a.account_key, 'posted', a.posted_microcredits - coalesce(g.remaining, 0) + a.overdrawn_microcredits
        FROM accounts a
        LEFT JOIN (SELECT account_key, sum(remaining_microcredits) AS remaining FROM grants WHERE account_key = ANY(%(keys)s)
                   GROUP BY account_key) g USING (account_key)
        WHERE a.account_key = ANY(%(keys)s) AND a.posted_microcredits <> coalesce(g.remaining, 0) - a.overdrawn_microcredits
    """,
    "grant_is_not_the_sum_of_its_entries": """
        SELECT account_key, 'grant ' || grant_seq, coalesce(g.remaining_microcredits, 0) - coalesce(e.total, 0)
        FROM (SELECT account_key, grant_seq, remaining_microcredits FROM grants WHERE account_key = ANY(%(keys)s)) g
        FULL JOIN (SELECT account_key, grant_seq, sum(amount_microcredits) AS total FROM entries
                   WHERE account_key = ANY(%(keys)s) AND grant_seq > 0 GROUP BY account_key, grant_seq) e USING (account_key, grant_seq)
        WHERE coalesce(g.remaining_microcredits, 0) <> coalesce(e.total, 0)
    """,
    "overdrawn_is_not_the_sum_of_its_entries": """
        SELECT a.account_key, 'overdrawn', a.overdrawn_microcredits + coalesce(e.total, 0)
        FROM accounts a
        LEFT JOIN (SELECT account_key, sum(amount_microcredits) AS total FROM entries WHERE account_key = ANY(%(keys)s) AND grant_seq = 0
                   GROUP BY account_key) e USING (account_key)
        WHERE a.account_key = ANY(%(keys)s) AND a.overdrawn_microcredits <> -coalesce(e.total, 0)
    """,
    "held_is_not_the_sum_of_open_holds": """
        SELECT a.account_key, 'held', a.held_microcredits - coalesce(h.held, 0)
        FROM accounts a
        LEFT JOIN (SELECT account_key, sum(amount_microcredits) AS held, count(*) AS open FROM holds
                   WHERE account_key = ANY(%(keys)s) AND state = 'active' GROUP BY account_key) h USING (account_key)
        WHERE a.account_key = ANY(%(keys)s) AND (a.held_microcredits <> coalesce(h.held, 0) OR a.open_holds <> coalesce(h.open, 0))
    """,
    "hold_is_not_the_sum_of_its_allocations": """
        SELECT h.account_key, 'hold ' || h.hold_seq, h.amount_microcredits - coalesce(p.total, 0)
        FROM holds h
        CROSS JOIN LATERAL (SELECT sum(allocations[n + 1]) AS total FROM generate_series(1, cardinality(allocations), 2) n) p
        WHERE h.account_key = ANY(%(keys)s) AND h.amount_microcredits <> coalesce(p.total, 0)
    """,
    "grant_is_not_held_by_its_allocations": """
        SELECT account_key, 'grant ' || grant_seq, coalesce(g.held_microcredits, 0) - coalesce(p.total, 0)
        FROM (SELECT account_key, grant_seq, held_microcredits FROM grants WHERE account_key = ANY(%(keys)s)) g
        FULL JOIN (SELECT account_key, allocations[n] AS grant_seq, sum(allocations[n + 1]) AS total
                   FROM holds CROSS JOIN LATERAL generate_series(1, cardinality(allocations), 2) n
                   WHERE account_key = ANY(%(keys)s) AND state = 'active' AND allocations[n] > 0 GROUP BY account_key, allocations[n]) p
             USING (account_key, grant_seq)
        WHERE coalesce(g.held_microcredits, 0) <> coalesce(p.total, 0)
    """,
    "capture_is_not_its_entries": """
        SELECT account_key, 'hold ' || hold_seq, coalesce(h.captured_microcredits, 0) + coalesce(e.total, 0)
        FROM (SELECT account_key, hold_seq, captured_microcredits, charged_seq, state FROM holds WHERE account_key = ANY(%(keys)s)) h
        FULL JOIN (SELECT account_key, hold_seq, sum(amount_microcredits) AS total FROM entries
                   WHERE account_key = ANY(%(keys)s) AND kind = 'capture' AND system_account IS NULL GROUP BY account_key, hold_seq) e
             USING (account_key, hold_seq)
        WHERE coalesce(h.captured_microcredits, 0) <> -coalesce(e.total, 0)
           OR (h.captured_microcredits > 0 AND (h.charged_seq = 0 OR h.state NOT IN ('captured', 'expired')))
    """,
    "refund_is_not_its_entries": """
        SELECT account_key, 'hold ' || hold_seq, coalesce(h.refunded_microcredits, 0) - coalesce(e.total, 0)
        FROM (SELECT account_key, hold_seq, refunded_microcredits FROM holds WHERE account_key = ANY(%(keys)s)) h
        FULL JOIN (SELECT account_key, hold_seq, sum(amount_microcredits) AS total FROM entries
                   WHERE account_key = ANY(%(keys)s) AND kind = 'refund' AND system_account IS NULL GROUP BY account_key, hold_seq) e
             USING (account_key, hold_seq)
        WHERE coalesce(h.refunded_microcredits, 0) <> coalesce(e.total, 0)
    """,
    "transfer_is_not_its_entries": """
        SELECT account_key, 'operation ' || operation_seq, coalesce(t.sent, 0) - coalesce(e.total, 0)
        FROM (SELECT account_key, operation_seq, (SELECT sum((part ->> 1)::numeric) FROM jsonb_array_elements(parts) part) AS sent
              FROM transfers WHERE account_key = ANY(%(keys)s)) t
        FULL JOIN (SELECT account_key, operation_seq, sum(amount_microcredits) AS total FROM entries
                   WHERE account_key = ANY(%(keys)s) AND system_account = 'transit' AND amount_microcredits > 0
                   GROUP BY account_key, operation_seq) e USING (account_key, operation_seq)
        WHERE coalesce(t.sent, 0) <> coalesce(e.total, 0)
    """,
    "transfer_is_stuck": """
        SELECT account_key, 'operation ' || operation_seq, (SELECT sum((part ->> 1)::numeric) FROM jsonb_array_elements(parts) part)
        FROM transfers
        WHERE account_key = ANY(%(keys)s) AND finished_at IS NULL AND created_at < clock_timestamp() - make_interval(secs => %(overdue_s)s)
    """,
    "hold_outlived_its_time": """
        SELECT account_key, 'hold ' || hold_seq, amount_microcredits
        FROM holds
        WHERE account_key = ANY(%(keys)s) AND state = 'active' AND expires_at < clock_timestamp() - make_interval(secs => %(overdue_s)s)
    """,
    "usage_was_priced_otherwise": """
        SELECT u.account_key, 'usage of hold ' || u.hold_seq, sum(u.cost_microcredits - c.cost)
        FROM usage_records u
        JOIN unnest(%(models)s::text[], %(prompt_prices)s::bigint[], %(cached_prices)s::bigint[], %(completion_prices)s::bigint[],
                    %(image_prices)s::bigint[]) AS p (model, prompt, cached, completion, image) USING (model)
        CROSS JOIN LATERAL (
            SELECT ceil(((u.prompt_tokens - u.cached_prompt_tokens)::numeric * p.prompt + u.cached_prompt_tokens::numeric * p.cached
                         + u.completion_tokens::numeric * p.completion) / 1000000) + u.images::numeric * p.image AS cost) c
        WHERE u.account_key = ANY(%(keys)s) AND u.price_version = %(price_version)s AND u.cost_microcredits <> c.cost
        GROUP BY u.account_key, u.hold_seq
    """,
    # A hold that its tier's policy did not let the usage charge, and that was captured by amount later, is no discrepancy: charged is 0 then.
    "usage_was_charged_otherwise": """
        SELECT u.account_key, 'usage of hold ' || u.hold_seq, max(u.charged_microcredits - coalesce(h.captured_microcredits, 0))
        FROM usage_records u LEFT JOIN holds h USING (account_key, hold_seq)
        WHERE u.account_key = ANY(%(keys)s) AND u.charged_microcredits <> 0 AND u.charged_microcredits <> coalesce(h.captured_microcredits, 0)
        GROUP BY u.account_key, u.hold_seq
    """,
    # As long as its hold is active, it may still be captured.
    "usage_was_not_captured": """
        SELECT u.account_key, 'usage of hold ' || u.hold_seq, sum(u.cost_microcredits)
        FROM usage_records u LEFT JOIN holds h USING (account_key, hold_seq)
        WHERE u.account_key = ANY(%(keys)s) AND u.lease_seq = 0 AND u.cost_microcredits > 0 AND coalesce(h.charged_seq, 0) = 0
          AND h.state IS DISTINCT FROM 'active'
        GROUP BY u.account_key, u.hold_seq
    """,
}

EVENTS: Mapping[str, str] = {
    **LEASE_EVENTS,
    # Whoever placed it neither captured nor released it, and can no longer charge it: most likely it crashed.
    "hold_was_abandoned": """
        SELECT account_key, 'hold ' || hold_seq, amount_microcredits
        FROM holds
        WHERE account_key = ANY(%(keys)s) AND state = 'expired' AND charged_seq = 0
          AND expires_at < clock_timestamp() - make_interval(secs => %(grace_s)s)
    """,
}
"""What somebody should look into though the books balance."""

ONCE = frozenset({"hold_was_abandoned", "usage_was_not_captured", *LEASE_EVENTS})
"""What has happened and stays so: when it was resolved, it is not found again."""


def parameters(prices: PriceList | None, shards: int) -> dict[str, object]:
    """What the queries are given beside `keys`. Without prices, no cost is computed again."""
    models = prices.models if prices is not None else {}
    listed = [model.price for model in models.values()]
    return {
        "shards": shards,
        "overdue_s": OVERDUE_S,
        "grace_s": max(tier.grace_s for tier in prices.tiers.values()) if prices is not None else GRACE_S,
        "price_version": prices.price_version if prices is not None else "",
        "models": list(models),
        "prompt_prices": [price.prompt_microcredits_per_million_tokens for price in listed],
        "cached_prices": [price.cached_prompt_microcredits_per_million_tokens for price in listed],
        "completion_prices": [price.completion_microcredits_per_million_tokens for price in listed],
        "image_prices": [price.image_microcredits for price in listed],
    }


async def check_accounts(connection: psycopg.AsyncConnection, keys: Sequence[int], given: Mapping[str, object], *, events: bool) -> list[Discrepancy]:
    """Return what is wrong with these accounts, as the connection's transaction sees them; with `events`, what happened to them besides."""
    found: list[Discrepancy] = []
    for kind, query in ({**CHECKS, **EVENTS} if events else CHECKS).items():
        limited = f"SELECT * FROM ({query}) found LIMIT {FOUND_MAX}"  # noqa: S608 -- both are constants
        # Planned for these accounts each time: a plan for any accounts would be one for few.
        cursor = await connection.execute(limited.encode(), {**given, "keys": list(keys)}, prepare=False)
        found += [Discrepancy(kind, int(key), str(detail), int(difference)) for key, detail, difference in await cursor.fetchall()]
    return found

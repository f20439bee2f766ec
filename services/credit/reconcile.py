"""Whether the books balance: every rule of the ledger that can be told from the stored rows, one query each."""

from dataclasses import dataclass

from sqlalchemy import text

from services.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Two records of the same thing that disagree. `detail` names the row within the account; the difference is in microcredits."""

    kind: str
    account_key: int
    detail: str
    difference_microcredits: int


# Each query returns account_key, detail and difference of what breaks the rule that its name states.
CHECKS = {
    "operation_does_not_sum_to_zero": """
        SELECT account_key, 'operation ' || operation_seq, sum(amount_microcredits)
        FROM entries GROUP BY account_key, operation_seq HAVING sum(amount_microcredits) <> 0
    """,
    "posted_is_not_the_sum_of_entries": """
        SELECT a.account_key, 'posted', a.posted_microcredits - coalesce(e.total, 0)
        FROM accounts a
        LEFT JOIN (SELECT account_key, sum(amount_microcredits) AS total FROM entries WHERE system_account IS NULL GROUP BY account_key) e
               USING (account_key)
        WHERE a.posted_microcredits <> coalesce(e.total, 0)
    """,
    "posted_is_not_what_grants_have_left": """
        SELECT a.account_key, 'posted', a.posted_microcredits - coalesce(g.remaining, 0) + a.overdrawn_microcredits
        FROM accounts a
        LEFT JOIN (SELECT account_key, sum(remaining_microcredits) AS remaining FROM grants GROUP BY account_key) g USING (account_key)
        WHERE a.posted_microcredits <> coalesce(g.remaining, 0) - a.overdrawn_microcredits
    """,
    "grant_is_not_the_sum_of_its_entries": """
        SELECT account_key, 'grant ' || grant_seq, coalesce(g.remaining_microcredits, 0) - coalesce(e.total, 0)
        FROM grants g
        FULL JOIN (SELECT account_key, grant_seq, sum(amount_microcredits) AS total FROM entries WHERE grant_seq > 0
                   GROUP BY account_key, grant_seq) e USING (account_key, grant_seq)
        WHERE coalesce(g.remaining_microcredits, 0) <> coalesce(e.total, 0)
    """,
    "overdrawn_is_not_the_sum_of_its_entries": """
        SELECT a.account_key, 'overdrawn', a.overdrawn_microcredits + coalesce(e.total, 0)
        FROM accounts a
        LEFT JOIN (SELECT account_key, sum(amount_microcredits) AS total FROM entries WHERE grant_seq = 0 GROUP BY account_key) e
               USING (account_key)
        WHERE a.overdrawn_microcredits <> -coalesce(e.total, 0)
    """,
    "held_is_not_the_sum_of_open_holds": """
        SELECT a.account_key, 'held', a.held_microcredits - coalesce(h.held, 0)
        FROM accounts a
        LEFT JOIN (SELECT account_key, sum(amount_microcredits) AS held, count(*) AS open FROM holds WHERE state = 'active'
                   GROUP BY account_key) h USING (account_key)
        WHERE a.held_microcredits <> coalesce(h.held, 0) OR a.open_holds <> coalesce(h.open, 0)
    """,
    "hold_is_not_the_sum_of_its_allocations": """
        SELECT h.account_key, 'hold ' || h.hold_seq, h.amount_microcredits - coalesce(p.total, 0)
        FROM holds h
        CROSS JOIN LATERAL (SELECT sum(allocations[n + 1]) AS total FROM generate_series(1, cardinality(allocations), 2) n) p
        WHERE h.amount_microcredits <> coalesce(p.total, 0)
    """,
    "grant_is_not_held_by_its_allocations": """
        SELECT g.account_key, 'grant ' || g.grant_seq, g.held_microcredits - coalesce(p.total, 0)
        FROM grants g
        LEFT JOIN (SELECT account_key, allocations[n] AS grant_seq, sum(allocations[n + 1]) AS total
                   FROM holds CROSS JOIN LATERAL generate_series(1, cardinality(allocations), 2) n
                   WHERE state = 'active' GROUP BY account_key, allocations[n]) p USING (account_key, grant_seq)
        WHERE g.held_microcredits <> coalesce(p.total, 0)
    """,
    "capture_is_not_its_entries": """
        SELECT h.account_key, 'hold ' || h.hold_seq, h.captured_microcredits + coalesce(e.total, 0)
        FROM holds h
        LEFT JOIN (SELECT account_key, hold_seq, sum(amount_microcredits) AS total FROM entries
                   WHERE kind = 'capture' AND system_account IS NULL GROUP BY account_key, hold_seq) e USING (account_key, hold_seq)
        WHERE h.captured_microcredits <> -coalesce(e.total, 0)
           OR (h.captured_microcredits > 0 AND (h.charged_seq = 0 OR h.state NOT IN ('captured', 'expired')))
    """,
    "usage_was_charged_otherwise": """
        SELECT u.account_key, 'turn ' || u.turn_id, u.charged_microcredits - coalesce(h.captured_microcredits, 0)
        FROM usage_records u LEFT JOIN holds h USING (account_key, hold_seq)
        WHERE u.charged_microcredits > coalesce(h.captured_microcredits, 0)
    """,
    "transit_is_not_empty": """
        SELECT 0, 'transit', sum(amount_microcredits) FROM entries WHERE system_account = 'transit' HAVING sum(amount_microcredits) <> 0
    """,
}


async def check_books(database: Database) -> list[Discrepancy]:
    """Return everything in which the books disagree with themselves, as of one moment. It reads the whole journal."""
    found: list[Discrepancy] = []
    async with database.read() as session:
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        for kind, query in CHECKS.items():
            rows = await session.execute(text(query))
            found += [Discrepancy(kind, int(key), detail, int(difference)) for key, detail, difference in rows]
    return found


async def check_books_at(database_url: str) -> list[Discrepancy]:
    """The same, for a caller that has only the address."""
    database = Database(database_url, pool_size=1, statement_timeout_s=60, application_name="parlour-credit-check")
    try:
        return await check_books(database)
    finally:
        await database.close()

"""The tables as the migrations make them."""

import re
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.errors import RaiseException
from sqlalchemy.dialects import postgresql

from services.credit import jobs, lease_desk, shard, store, teller, writing
from services.credit.identifiers import KEY_MAX
from services.credit.reading import _page
from services.credit.tables import metadata
from services.runtime.database import LOOKED_UP, Database


def test_the_migrations_make_the_tables_that_the_code_knows(credit_database_url):
    engine = sa.create_engine(sa.engine.make_url(credit_database_url).set(drivername="postgresql+psycopg"))
    options = {"include_name": lambda name, kind, parents: kind != "table" or name in metadata.tables, "compare_server_default": True}
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


async def test_the_journal_refuses_to_be_changed(credit):
    await credit.hold()
    for statement in ("UPDATE entries SET amount_microcredits = 1", "DELETE FROM entries", "TRUNCATE entries"):
        with pytest.raises(RaiseException, match="append-only"):
            await credit.run(statement)


ROWS = 100_000
FILLED = {
    "account_keys": "SELECT 'user:' || n, n",
    "accounts": "SELECT n, 'user', 'free', 'open', false, 10, 0, 0, 0, 9, 0, 0, 0, '{0,0,0,0}', now()",
    # Each account has one grant with credits left and one open hold in a hundred; account 7 has a long history of spent grants and ended holds.
    "grants": "SELECT CASE WHEN n % 100 = 0 THEN n ELSE 7 END, n, 'gift', 0, 1, (n % 100 = 0)::int, 0, now(), now() + interval '1 day', now(),"
    " n % 100 > 0",
    "holds": "SELECT CASE WHEN n % 100 = 0 THEN n ELSE 7 END, n, CASE WHEN n % 100 = 0 THEN 'active' ELSE 'captured' END, 1, 0, 0, 0, now(),"
    " now() + interval '1 h', CASE WHEN n % 100 > 0 THEN now() END, 0, 0, '', '', '{}', 0, 0, '{1,1}'",
    "pool_members": "SELECT n % 100 + 1, n, 20000, 5",
    "transfers": "SELECT n, n, n + 1, '[]', now(), CASE WHEN n % 1000 > 0 THEN now() END, false",
    "batches": "SELECT n % 8, n, now(), '1', 1, '', '', ''",
    "entries": "SELECT 7, n, 0, NULL, 1, 1, 'grant', NULL, 7, n, now()",
    "notes": "SELECT 7, n, 'a note'",
    "usage_records": "SELECT 7, 'turn ' || n, n, 0, 'small', 1, 0, 1, 0, '1', 1, 1, true, 'free', '', '', 0, now()",
    # One lease in a hundred is open, one settlement in a thousand is not finished.
    "leases": "SELECT 7, n, 'gateway-' || n, 9, 0, 0, CASE WHEN n % 100 > 0 THEN 'closed' ELSE 'open' END, now(), now(),"
    " CASE WHEN n % 100 > 0 THEN now() END",
    "leased_turns": "SELECT 7, n, 'turn ' || n, n, n, 1, 1, '1', now(), 1, 0, now(), CASE WHEN n % 1000 > 0 THEN now() END",
    "operations": "SELECT n % 1000 + 1, 'request ' || n, n, n, 'PlaceHold', '', '', '', now() - interval '40 days' + n * interval '35 s'",
}
LOADED: list[object] = [[7], [5], [7], [7], [19_000], [7], ["request 6"], [7], [9], [7], ["turn 9"]]
HOT = {
    "what a batch loads": (store._LOAD_ONLY, [[7, 500], None, *LOADED]),
    "what a batch loads under the lock": (store._LOCK_AND_LOAD, [[7, 500], 3, *LOADED]),
    "the keys of accounts": (b"SELECT account_id, account_key FROM account_keys WHERE account_id = ANY($1)", [["user:7", "user:8"]]),
    "whether a batch was written": (shard._WRITTEN, [3, 11]),
    "transfers of a sender that are on their way": (teller._ON_THEIR_WAY, {"sender": 7, "limit": 100}),
    "transfers of anybody that are on their way": (teller._ON_THEIR_WAY, {"sender": None, "limit": 100}),
    "accounts on which something is due": (jobs._DUE_ACCOUNTS.encode(), {"ahead": timedelta(0), "accounts_max": 1000}),
    "leased turns of a settlement": (lease_desk._OF_REQUEST, {"leases": "user:7", "turns": ["turn 9"]}),
    "leased turns whose settlement was cut off": (lease_desk._CUT_OFF, {"ahead": timedelta(0), "limit": 1000}),
    "requests that are too old": (jobs._PURGE.encode(), [40, 10_000]),
}


@pytest.fixture
async def long_history(make_credit):
    """Books with a hundred thousand rows in each table."""
    credit = await make_credit()
    for table, rows in FILLED.items():
        await credit.run(f"INSERT INTO {table} {rows} FROM generate_series(1, {ROWS}) n")
        await credit.run(f"ANALYZE {table}")
    return credit


async def test_with_a_long_history_an_operation_still_looks_at_nothing_but_its_own_rows(long_history):
    for what, (query, parameters) in HOT.items():
        async with long_history.database.connection() as connection, connection.transaction(force_rollback=True):
            cursor = psycopg.AsyncRawCursor(connection) if b"$1" in query else connection.cursor()
            for plan in ("force_custom_plan", "force_generic_plan"):
                await connection.execute(f"SET LOCAL plan_cache_mode = {plan}".encode())
                await cursor.execute(b"EXPLAIN " + query, parameters)
                lines = [str(row[0]) for row in await cursor.fetchall()]
                for table in FILLED:
                    scanned = [line for line in lines if re.search(rf"Seq Scan on {table}\b", line)]
                    assert not scanned, f"{what}, {plan}:\n" + "\n".join(lines)


async def test_a_page_of_entries_is_read_by_index(long_history):
    statement = _page(7, (KEY_MAX, 0), 51).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    lines = [str(row[0]) for row in await long_history.rows(f"EXPLAIN {statement}")]
    assert not [line for line in lines if "Seq Scan" in line or "Sort" in line], "\n".join(lines)


# Those of an erasure are planned together: one reads what the other deletes.
TOGETHER = [("forgotten_operations", "counted_operations"), ("salted", "forgotten_turns"), ("salted", "forgotten_leased_turns")]
WRITING = [*((name,) for name in writing._TABLES if name != "moved_head" and not any(name in names for names in TOGETHER)), *TOGETHER]
PLANNED_ONCE = {
    **{" and ".join(names): writing._statement(("moved_head", *names)) for names in WRITING},
    "what a batch loads": store._LOAD_ONLY,
    "what a batch loads under the lock": store._LOCK_AND_LOAD,
}


@pytest.fixture(scope="module")
def new_database_url(cloned_database):
    return cloned_database("credit")[1]


@pytest.mark.parametrize("what", PLANNED_ONCE)
async def test_a_plan_made_while_the_tables_are_empty_still_looks_rows_up_by_their_keys(new_database_url, what):
    # Prepared once, on a new deployment: a plan that reads a whole table because it is empty would read all of it when it is large.
    database = Database(new_database_url, pool_size=1, planner=LOOKED_UP)
    try:
        async with database.connection() as connection:
            cursor = await psycopg.AsyncRawCursor(connection).execute(b"EXPLAIN (GENERIC_PLAN) " + PLANNED_ONCE[what], prepare=False)
            lines = [str(row[0]) for row in await cursor.fetchall()]
    finally:
        await database.close()
    assert not [line for line in lines if re.search("Seq Scan|Hash Join|Merge Join", line)], "\n".join(lines)
    unbound = [line for line, below in zip(lines, [*lines[1:], ""], strict=True) if re.search("Index (Only )?Scan", line) and "Cond" not in below]
    assert not unbound, "\n".join(lines)

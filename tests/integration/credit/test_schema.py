"""The tables as the migrations make them."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.errors import RaiseException

from services.credit.tables import metadata


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


async def test_the_hot_path_reads_by_index(credit):
    """With a long history behind it, an operation still looks at nothing but its own rows."""
    await credit.balance("user:1")
    await credit.run(
        "INSERT INTO holds (account_key, hold_seq, state, amount_microcredits, created_at, expires_at, ended_at)"
        " SELECT account_key, n, 'captured', 1, now(), now(), now() FROM accounts, generate_series(1000, 30000) n"
    )
    await credit.run("INSERT INTO grants SELECT account_key, n, 'gift', 0, 1, 0, 0, now(), NULL, now() FROM accounts, generate_series(1000, 30000) n")
    await credit.run("ANALYZE holds")
    await credit.run("ANALYZE grants")
    for query in (
        "SELECT * FROM holds WHERE account_key = ANY(ARRAY[1::bigint]) AND state = 'active' AND expires_at <= clock_timestamp()",
        "SELECT * FROM grants WHERE account_key = ANY(ARRAY[1::bigint]) AND remaining_microcredits > 0",
        "SELECT account_key FROM holds WHERE state = 'active' AND expires_at <= clock_timestamp()",
    ):
        plan = "\n".join(str(row[0]) for row in await credit.rows(f"EXPLAIN {query}"))
        assert "Seq Scan" not in plan, plan
    await credit.run("DELETE FROM holds")

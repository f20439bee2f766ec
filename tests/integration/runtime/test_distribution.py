"""Which tables can be spread over several machines, and by what: the keys are compared with what Citus asks of them.

Citus asks that each unique key of a distributed table holds the column by which it is distributed, and that foreign keys hold it too
(https://docs.citusdata.com/en/stable/develop/reference_ddl.html). There is no Citus to be had here, so the rule is tried on the catalog.
"""

from collections.abc import Callable, Mapping

import psycopg
import pytest

from services.local.environment import DATABASES
from services.local.postgres import Postgres
from services.runtime.schema import TABLES

BY: Mapping[str, Mapping[str, str]] = {
    "credit": dict.fromkeys(
        ("accounts", "entries", "grants", "holds", "leased_turns", "leases", "notes", "operations", "pool_members", "transfers", "usage_records"),
        "account_key",
    ),
    "memory": dict.fromkeys(("memory_terms", "observed_messages", "scopes"), "scope_id"),
    "conversation": {
        **dict.fromkeys(("conversations", "message_embeddings", "message_terms", "messages"), "channel_id"),
        **dict.fromkeys(("fences", "persona_versions", "personas", "relationships", "user_activity"), "user_id"),
        **dict.fromkeys(("background_usage", "guild_settings", "guild_settings_versions"), "guild_id"),
    },
}
"""What can be distributed as it is. Direct messages have no guild, so what they hold goes by channel or by person."""
TO_BE_REKEYED: Mapping[str, Mapping[str, str]] = {
    "credit": {},
    "memory": dict.fromkeys(("memories", "memory_embeddings", "memory_traits", "memory_versions"), "scope_id"),
    "conversation": {"topics": "channel_id", "turns": "user_id"},
}
"""What would be distributed by a column that it has, and that its primary key lacks: a migration away."""
STAYS: Mapping[str, frozenset[str]] = {
    "credit": frozenset({"account_keys", "batches", "erased_operations", "erasures", "findings", "reconciled", "shards"}),
    "memory": frozenset({"embedded_scopes", "embedding_models", "erased_memories", "erasures", "forget_plan_items", "forget_plans", "operations"}),
    "conversation": frozenset({"blocks", "erased_places", "erasures", "opt_outs", "requests", "tombstones"}),
}
"""What stays on the first machine: small, or of all accounts and people together."""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'procrastinate%'"
_UNIQUE = """
    SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, array_agg(a.attname::text)
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY((i.indkey::int2[])[0:i.indnkeyatts - 1])
    WHERE i.indisunique GROUP BY 1, 2
"""
_FOREIGN = "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text NOT LIKE 'procrastinate%'"
_COLUMNS = "SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public'"


@pytest.fixture(params=DATABASES)
def catalog(request, cloned_database: Callable[[str], tuple[str, str]], postgres: Postgres):
    name, _ = cloned_database(request.param)
    with psycopg.connect(postgres.url(name)) as connection:
        yield request.param, lambda query: connection.execute(query).fetchall()
    postgres.drop_database(name)


def test_every_table_has_its_place(catalog):
    service, ask = catalog
    placed = [*BY[service], *TO_BE_REKEYED[service], *STAYS[service], *TABLES]
    assert sorted(placed) == sorted(table for (table,) in ask(_TABLES))


def test_every_unique_key_of_a_distributed_table_holds_the_column_that_it_goes_by(catalog):
    service, ask = catalog
    keys = [(table, key, columns) for table, key, columns in ask(_UNIQUE) if table in BY[service]]
    assert {table for table, _, _ in keys} == BY[service].keys()
    assert [(table, key) for table, key, columns in keys if BY[service][table] not in columns] == []


def test_what_is_to_be_rekeyed_lacks_it_and_has_the_column(catalog):
    service, ask = catalog
    lacking = {table for table, _, columns in ask(_UNIQUE) if table in TO_BE_REKEYED[service] and TO_BE_REKEYED[service][table] not in columns}
    assert lacking == TO_BE_REKEYED[service].keys()
    columns = {(table, column): nullable for table, column, nullable in ask(_COLUMNS)}
    assert all(columns[table, column] == "NO" for table, column in {**BY[service], **TO_BE_REKEYED[service]}.items())


def test_no_distributed_table_points_at_another_one(catalog):
    service, ask = catalog
    assert {table for (table,) in ask(_FOREIGN)} <= STAYS[service]

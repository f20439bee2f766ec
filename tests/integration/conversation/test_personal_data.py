"""Every column in which something of a person's could lie is known to what exports and erases."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.conversation import tables
from services.conversation.privacy.personal_data import IMPERSONAL, NOT_EXPORTED, OWNED, SHARED
from services.runtime.schema import TABLES
from tests.integration.conversation.conftest import rows

WORDY = ("text", "character varying", "json", "jsonb", "bytea", "ARRAY", "USER-DEFINED", "hstore", "tsvector", "xml")


async def wordy_columns(database) -> dict[str, set[str]]:
    """The columns of our tables that can hold words, or what is made of them, as the database has them."""
    found: dict[str, set[str]] = {}
    for table, column, kind in await rows(
        database,
        "SELECT table_name, column_name, data_type FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_type = 'BASE TABLE' AND table_schema = 'public'",
    ):
        if kind in WORDY and not table.startswith("procrastinate") and table not in TABLES:
            found.setdefault(table, set()).add(column)
    return found


async def test_every_column_that_can_hold_words_is_classified_once(database):
    unclassified, twice = set(), set()
    for table, columns in (await wordy_columns(database)).items():
        for column in columns:
            ways = [table in OWNED, column in SHARED.get(table, {}), column in IMPERSONAL.get(table, ())]
            if not any(ways):
                unclassified.add(f"{table}.{column}")
            if sum(ways) > 1:
                twice.add(f"{table}.{column}")
    assert (unclassified, twice) == (set(), set())


async def test_nothing_is_classified_that_is_not_there(database):
    found = await wordy_columns(database)
    named = {table: {column} for table, column in OWNED.items()}
    for source in (SHARED, IMPERSONAL, NOT_EXPORTED):
        for table, columns in source.items():
            named.setdefault(table, set()).update(columns)
    assert {table: missing for table, columns in named.items() if (missing := columns - found.get(table, set()))} == {}


def test_a_table_that_says_whose_it_is_is_owned_or_known_to_be_shared():
    for table in tables.metadata.tables.values():
        for column in ("user_id", "author_id"):
            if column in table.c:
                assert table.name in OWNED or column in SHARED[table.name], table.name


async def test_whose_a_row_is_is_found_by_an_index(database):
    for table, column in [*OWNED.items(), ("messages", "author_id"), ("requests", "user_id")]:
        definitions = [text for (text,) in await rows(database, "SELECT indexdef FROM pg_indexes WHERE tablename = %s", table)]
        assert any(f"({column}" in text for text in definitions), table


def test_kinds_of_columns_that_hold_words_are_those_that_are_looked_for():
    kinds = {type(column.type) for table in tables.metadata.tables.values() for column in table.c}
    harmless = {sa.BigInteger, sa.Integer, sa.SmallInteger, sa.Boolean, sa.DateTime, sa.Date, sa.Double}
    assert {kind.__name__ for kind in kinds - harmless} <= {"Text", "JSONB", "ARRAY", "LargeBinary", "VECTOR", "HALFVEC", pg.JSONB.__name__}

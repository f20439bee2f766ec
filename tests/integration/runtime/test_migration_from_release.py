"""The databases of the last release, brought up to date: nothing is lost, and each service starts on them.

They are real ones, written at a release (tests/released). A revision that was released is not edited: what has run somewhere does not run there
again. What people find afterwards is in tests/e2e/test_last_release.py.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import class_row

from services.credit.reconcile import check_books_at
from services.local.environment import DATABASES
from services.local.postgres import Postgres
from services.runtime import schema
from services.runtime.migrations import migrate
from services.runtime.schema import TABLES
from tests.released import dumps
from tests.service_process import models_file, told_by

CHANGED_BY_MIGRATIONS = TABLES
"""What migrating is to change. A table that a later release has no use for any more goes here, when the release goes that drops it."""
_COLUMNS = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1, 2
"""

type Columns = Mapping[str, list[str]]
"""The columns of each table."""


@dataclass(frozen=True)
class Upgraded:
    """A database as the last release left it, its copy that was migrated, and one that never was anything but new; by name."""

    service: str
    released: str
    migrated: str
    fresh: str


@pytest.fixture(scope="module", params=DATABASES)
def upgraded(request: pytest.FixtureRequest, postgres: Postgres, cloned_database: Callable[[str], tuple[str, str]]) -> Iterator[Upgraded]:
    service = request.param
    fresh, _ = cloned_database(service)
    one = Upgraded(service, f"{service}_released", f"{service}_migrated", fresh)
    dumps.load(postgres, one.released, service)
    postgres.create_database(one.migrated, owner=service, template=one.released)
    migrate(postgres.url(one.migrated, user=service), f"services.{service}")
    yield one
    for name in (one.released, one.migrated, one.fresh):
        postgres.drop_database(name)


def rows_of(url: str, columns: Columns) -> Mapping[str, Counter[str]]:
    """A digest of every row of these tables, by these columns."""
    with psycopg.connect(url) as connection:
        query = sql.SQL("SELECT md5(row({})::text) FROM {}")
        found = {
            table: connection.execute(query.format(sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table))).fetchall()
            for table, names in columns.items()
        }
    return {table: Counter(digest for (digest,) in digests) for table, digests in found.items()}


def columns_of(url: str) -> dict[str, list[str]]:
    """The columns of every table but those that migrating changes."""
    found: dict[str, list[str]] = {}
    with psycopg.connect(url) as connection:
        for table, column in connection.execute(_COLUMNS).fetchall():
            if table not in CHANGED_BY_MIGRATIONS:
                found.setdefault(table, []).append(column)
    return found


def schema_in(url: str) -> schema.Schema:
    """The revision that a database says it is at."""
    with psycopg.connect(url, row_factory=class_row(schema.Schema)) as connection:
        found = connection.execute(schema.READ).fetchone()
    assert found is not None
    return found


def test_its_tables_are_those_of_a_new_database(postgres: Postgres, upgraded: Upgraded) -> None:
    assert dumps.schema_of(postgres, upgraded.migrated, upgraded.service) == dumps.schema_of(postgres, upgraded.fresh, upgraded.service)


def test_every_row_is_there_as_it_was(postgres: Postgres, upgraded: Upgraded) -> None:
    before, after = columns_of(postgres.url(upgraded.released)), columns_of(postgres.url(upgraded.migrated))
    both = {table: [name for name in names if name in after.get(table, [])] for table, names in before.items()}
    assert [table for table, names in both.items() if not names] == []
    was, now = rows_of(postgres.url(upgraded.released), both), rows_of(postgres.url(upgraded.migrated), both)
    assert sum(rows.total() for rows in was.values()) > 100
    assert {table: (was[table] - now[table]).total() for table in both if was[table] - now[table]} == {}


def test_the_release_before_works_on_its_tables_too(postgres: Postgres, upgraded: Upgraded) -> None:
    released, migrated = (schema_in(postgres.url(name)) for name in (upgraded.released, upgraded.migrated))
    package = f"services.{upgraded.service}"
    assert migrated.revision == schema.newest(package)
    schema.require_fit(migrated, released.revision, package)


async def test_its_service_starts_on_it(postgres: Postgres, upgraded: Upgraded, tmp_path: Path) -> None:
    name = f"{upgraded.service}_served"
    postgres.create_database(name, owner=upgraded.service, template=upgraded.migrated)
    try:
        status, lines = await told_by(upgraded.service, "serve", environment(upgraded.service, postgres.url(name, user=upgraded.service), tmp_path))
        assert (status, sum('"serving"' in line for line in lines)) == (0, 1)
        if upgraded.service == "credit":
            assert await check_books_at(postgres.url(name, user="credit")) == []
    finally:
        postgres.drop_database(name)


def environment(service: str, url: str, folder: Path) -> Mapping[str, str]:
    """What one service is told; the others are away."""
    elsewhere = {f"PARLOUR_{name.upper()}_ADDRESS": "127.0.0.1:9" for name in DATABASES}
    files = {"PARLOUR_MODELS_FILE": str(models_file(folder)), "PARLOUR_CONVERSATION_TOMBSTONES_FILE": str(folder / "tombstones.jsonl")}
    return {f"PARLOUR_{service.upper()}_DATABASE_URL": url, **elsewhere, **files}

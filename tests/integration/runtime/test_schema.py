"""A service meets a database of its own release, of another one, or with nothing in it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import services
from services.local.environment import DATABASES
from services.local.postgres import Postgres
from services.runtime.schema import Schema, UnfitSchema, newest, require_fit
from tests.service_process import models_file, told_by


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[str]:
    postgres.create_database("empty", owner="credit")
    yield postgres.url("empty", user="credit")
    postgres.drop_database("empty")


@pytest.fixture
def environment(tmp_path: Path) -> Callable[[str], Mapping[str, str]]:
    return lambda url: {"PARLOUR_CREDIT_DATABASE_URL": url, "PARLOUR_MODELS_FILE": str(models_file(tmp_path))}


def said(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def at_revision(url: str, revision: str, works_with: str) -> None:
    """Leave a database as a later, or an earlier, release would."""
    said(url, f"UPDATE alembic_version SET version_num = '{revision}'")
    said(url, f"UPDATE schema_support SET works_with = '{works_with}'")


@pytest.mark.parametrize("service", DATABASES)
def test_the_newest_revision_is_known_by_its_file_and_says_what_works_with_it(service):
    config = Config()
    config.set_main_option("script_location", str(Path(services.__path__[0]) / service / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_revision("head")
    assert head is not None
    assert newest(f"services.{service}") == head.revision
    assert "0001" <= head.module.WORKS_WITH <= head.revision


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "its database has no tables yet: run `python -m services.credit migrate` first"),
        (Schema("0002", "0001"), "at revision 0002 and 0003 is needed: run `python -m services.credit migrate` first"),
        (Schema("0005", "0004"), "works with releases of revision 0004 and later: this one's is 0003, start a newer release"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(found, told):
    with pytest.raises(UnfitSchema, match=told.replace("`", ".")):
        require_fit(found, "0003", "services.credit")


@pytest.mark.parametrize("found", [Schema("0003", "0003"), Schema("0004", "0003"), Schema("0005", "0001")])
def test_what_fits_may_be_newer(found):
    require_fit(found, "0003", "services.credit")


async def test_a_service_before_its_migration_says_so_in_one_line_and_works_after_it(empty, environment):
    status, lines = await told_by("credit", "serve", environment(empty))
    assert (status, lines) == (1, ["parlour-credit cannot start: its database has no tables yet: run `python -m services.credit migrate` first\n"])
    assert await told_by("credit", "migrate", environment(empty)) == (0, [])
    status, lines = await told_by("credit", "serve", environment(empty))
    assert status == 0
    assert any('"serving"' in line for line in lines)


async def test_a_service_starts_on_the_tables_of_the_next_release_and_leaves_them_as_they_are(credit_database_url, environment):
    at_revision(credit_database_url, "0002", "0001")
    assert await told_by("credit", "migrate", environment(credit_database_url)) == (0, [])
    status, lines = await told_by("credit", "serve", environment(credit_database_url))
    assert status == 0
    assert len([line for line in lines if "newer than this release, and works with it" in line]) == 1
    assert said(credit_database_url, "SELECT version_num, works_with FROM alembic_version, schema_support") == [("0002", "0001")]


@pytest.mark.parametrize("role", ["serve", "migrate"])
async def test_a_service_refuses_tables_that_its_release_does_not_work_with(role, credit_database_url, environment):
    at_revision(credit_database_url, "0009", "0008")
    status, lines = await told_by("credit", role, environment(credit_database_url))
    assert status == 1
    assert [line for line in lines if "start a newer release" in line] == lines
    assert len(lines) == 1

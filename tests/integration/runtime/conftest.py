"""A database with the job queue's tables."""

from collections.abc import AsyncIterator
from importlib.resources import files

import psycopg
import pytest

from services.runtime.database import Database


@pytest.fixture
async def database(postgres) -> AsyncIterator[Database]:
    postgres.create_database("runtime", owner="credit")
    url = postgres.url("runtime", user="credit")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(files("procrastinate").joinpath("sql", "schema.sql").read_text())  # type: ignore[call-overload]
        connection.execute("CREATE TABLE notes (id int PRIMARY KEY, version int NOT NULL DEFAULT 1)")
    database = Database(url, pool_size=3, pool_wait_s=3.0, statement_timeout_s=3.0)
    yield database
    await database.close()
    postgres.drop_database("runtime")

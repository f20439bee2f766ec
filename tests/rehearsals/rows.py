"""All rows of all databases, as digests: what is there, and what is there no more."""

from collections import Counter
from collections.abc import Mapping

import psycopg
from psycopg import sql

from services.local.postgres import Postgres

DATABASES = ("credit", "memory", "conversation")
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"

type Rows = Mapping[str, Counter[str]]
"""Digests of rows, by database and table."""


def rows_of(server: Postgres) -> Rows:
    """Read everything; each database in one snapshot."""
    found: dict[str, Counter[str]] = {}
    for database in DATABASES:
        with psycopg.connect(server.url(database)) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for (table,) in connection.execute(_TABLES).fetchall():
                digests = connection.execute(sql.SQL("SELECT md5(one::text) FROM {} one").format(sql.Identifier(table))).fetchall()
                found[f"{database}.{table}"] = Counter(str(digest) for (digest,) in digests)
    return found


def lost(before: Rows, after: Rows) -> Mapping[str, int]:
    """Return how many rows of each table are not there any more, or not as they were."""
    missing = {table: (rows - after.get(table, Counter())).total() for table, rows in before.items()}
    return {table: number for table, number in missing.items() if number}

"""Databases as SQL texts: pg_dump writes them and psql reads them, both as the wheel brings them. Both are asked as the superuser, who owns nothing.

Owners and rights are part of a dump: whom row level security confines is as much a promise as a column. Roles are not: `load` wants those of a
database of the same service, migrated on the same server.
"""

import subprocess
from pathlib import Path

from services.local.databases import EXTENSIONS
from services.local.postgres import Postgres, _binaries, _environment

FOLDER = Path(__file__).parent
_RESTRICT_KEY = "released"  # of the lines \restrict and \unrestrict, or each dump would have its own


def path_of(service: str) -> Path:
    """Where the last release's dump of a service's database lies."""
    return FOLDER / f"{service}.sql"


def dump(server: Postgres, database: str) -> str:
    """Return everything in a database. Raises RuntimeError with what pg_dump says."""
    return _run("pg_dump", f"--restrict-key={_RESTRICT_KEY}", f"--dbname={server.url(database)}")


def schema_of(server: Postgres, database: str, service: str) -> list[str]:
    """Return the lines of a database's schema, in pg_dump's order, which does not depend on that of their making.

    As it is after a dump and a load: PostgreSQL writes down the expressions that it has read from its own writing with fewer parentheses.
    """
    loaded = f"{database}_schema"
    server.create_database(loaded, owner=service, extensions=EXTENSIONS.get(service, ()))
    try:
        _fill(server, loaded, _schema(server, database))
        return [line for line in _schema(server, loaded).splitlines() if line and not line.startswith("--")]
    finally:
        server.drop_database(loaded)


def load(server: Postgres, database: str, service: str) -> None:
    """Create a database and fill it with the last release's. Raises RuntimeError with what psql says."""
    server.create_database(database, owner=service, extensions=EXTENSIONS.get(service, ()))
    _fill(server, database, path_of(service).read_text())


def _schema(server: Postgres, database: str) -> str:
    return _run("pg_dump", f"--restrict-key={_RESTRICT_KEY}", "--schema-only", f"--dbname={server.url(database)}")


def _fill(server: Postgres, database: str, text: str) -> None:
    options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-")
    _run("psql", *options, f"--dbname={server.url(database)}", given=text)


def _run(program: str, *arguments: str, given: str = "") -> str:
    made = subprocess.run([_binaries() / program, *arguments], env=_environment(), input=given, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise RuntimeError(made.stderr)
    return made.stdout

"""Whether a release's code and its database's tables fit together.

Revisions are named in ascending order ("0001", "0002"). The newest one of a package says in `WORKS_WITH` from which revision on code works with its
tables: tables grow first and shrink a release later, so the code of one release before still does. `migrate` leaves that in the database, for code
that does not know the revision.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import psycopg
from prometheus_client import Info
from psycopg.rows import class_row

from services.runtime.telemetry import get_logger

CONNECT_TIMEOUT_S = 2
TABLES = frozenset({"alembic_version", "schema_support"})
"""What migrations keep for themselves, in every service's database."""
READ = "SELECT a.version_num AS revision, s.works_with FROM alembic_version a CROSS JOIN schema_support s"
_info = Info("parlour_schema", "The revision that the service's database was at when it started, and the newest that the service knows")
_log = get_logger(__name__)


class UnfitSchema(ValueError):
    """The database's tables are not those that this release works with; the message says what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The revision that a database is at, and the oldest one whose code works with it."""

    revision: str
    works_with: str


def newest(package: str) -> str:
    """Return the newest revision of a package such as "services.credit", without loading any."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return max(path.name.partition("_")[0] for path in (Path(spec.origin).parent / "migrations" / "versions").glob("[0-9]*_*.py"))


def require_fit(found: Schema | None, ours: str, package: str) -> None:
    """Raise UnfitSchema unless code whose newest revision is `ours` works with a database; None has no tables."""
    if found is None:
        raise UnfitSchema(f"its database has no tables yet: run `python -m {package} migrate` first")
    if found.revision < ours:
        raise UnfitSchema(f"its database is at revision {found.revision} and {ours} is needed: run `python -m {package} migrate` first")
    if ours < found.works_with:
        raise UnfitSchema(
            f"its database is at revision {found.revision}, which works with releases of revision {found.works_with} and later:"
            f" this one's is {ours}, start a newer release"
        )


async def require_schema(database_url: str, package: str) -> None:
    """Look at a database before a service starts on it; one that cannot be reached is left to the service, which can wait for it.

    Raises UnfitSchema.
    """
    ours = newest(package)
    try:
        connection = await psycopg.AsyncConnection.connect(database_url, connect_timeout=CONNECT_TIMEOUT_S, row_factory=class_row(Schema))
        async with connection:
            found = await (await connection.execute(READ)).fetchone()
    except psycopg.errors.UndefinedTable:
        found = None
    except psycopg.Error as error:
        _log.warning("the tables of the database could not be looked at", error=type(error).__name__)
        return
    require_fit(found, ours, package)
    assert found is not None  # it fits
    _info.info({"revision": found.revision, "known": ours})
    if found.revision > ours:
        _log.warning("the database is newer than this release, and works with it", revision=found.revision, known=ours)

"""Brings a service's database up to date with Alembic.

Revisions lie in services/<name>/migrations/versions. Several instances may start at once: an advisory lock lets one migrate while the others wait.
A database that a later release has migrated is left as it is, where that release says that this one works with it (services.runtime.schema).
"""

import importlib.util
from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from alembic import context
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, make_url

from services.runtime import schema

LOCK_TIMEOUT = "5s"
_ADVISORY_LOCK = 7_275_091
_SUPPORT_TABLE = sa.text("CREATE TABLE IF NOT EXISTS schema_support (one boolean PRIMARY KEY DEFAULT true CHECK (one), works_with text NOT NULL)")
_NOTE_SUPPORT = sa.text(
    "INSERT INTO schema_support (works_with) VALUES (:works_with) ON CONFLICT (one) DO UPDATE SET works_with = excluded.works_with"
)


def migrate(database_url: str, package: str) -> None:
    """Apply every missing revision of a package such as "services.credit".

    Raises sqlalchemy.exc.OperationalError where the database cannot be reached or a lock is not granted in LOCK_TIMEOUT, and UnfitSchema where a
    later release has migrated it and this one does not work with it.
    """
    script = ScriptDirectory.from_config(_config(package))
    engine = sa.create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
            connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.commit()
            if not _is_newer(connection, package):
                _upgrade(connection, script, package)
                _note_support(connection, script)
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
            connection.commit()
    finally:
        engine.dispose()


def _config(package: str) -> Config:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    config = Config()
    config.set_main_option("script_location", str(Path(spec.origin).parent / "migrations"))
    return config


def _upgrade(connection: Connection, script: ScriptDirectory, package: str) -> None:
    def steps(revision: object, _context: object) -> object:
        return script._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(_config(package), script, fn=steps):
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    connection.commit()


def _is_newer(connection: Connection, package: str) -> bool:
    """Whether a later release has migrated the database. Raises UnfitSchema where this one does not work with it."""
    if not connection.scalar(sa.text("SELECT to_regclass('schema_support') IS NOT NULL")):
        return False
    row = connection.execute(sa.text(schema.READ)).one_or_none()
    ours = schema.newest(package)
    if row is None or row.revision <= ours:
        return False
    schema.require_fit(schema.Schema(row.revision, row.works_with), ours, package)
    return True


def _note_support(connection: Connection, script: ScriptDirectory) -> None:
    newest = script.get_revision("head")
    assert newest is not None  # every service that migrates has one
    connection.execute(_SUPPORT_TABLE)
    connection.execute(_NOTE_SUPPORT, {"works_with": newest.module.WORKS_WITH})
    connection.commit()


def install_jobs_schema(op: Operations) -> None:
    """Create the job queue's tables; call it in a service's first revision."""
    schema = files("procrastinate").joinpath("sql", "schema.sql").read_text(encoding="utf-8")
    # The driver's own cursor takes several statements at once, and leaves percent signs alone when no parameters are given.
    cursor = op.get_bind().connection.cursor()
    try:
        cursor.execute(schema)
    finally:
        cursor.close()

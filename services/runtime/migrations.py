"""Brings a service's database up to date with Alembic.

Revisions lie in services/<name>/migrations/versions. Several instances may start at once: an advisory lock lets one migrate while the others wait.
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

LOCK_TIMEOUT = "5s"
_ADVISORY_LOCK = 7_275_091


def migrate(database_url: str, package: str) -> None:
    """Apply every missing revision of a package such as "services.credit".

    Raises sqlalchemy.exc.OperationalError where the database cannot be reached or a lock is not granted in LOCK_TIMEOUT.
    """
    script = ScriptDirectory.from_config(_config(package))
    engine = sa.create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
            connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.commit()
            _upgrade(connection, script, package)
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


def head(package: str) -> str:
    """Return the newest revision of a package."""
    revision = ScriptDirectory.from_config(_config(package)).get_current_head()
    return revision or ""


def install_jobs_schema(op: Operations) -> None:
    """Create the job queue's tables; call it in a service's first revision."""
    schema = files("procrastinate").joinpath("sql", "schema.sql").read_text(encoding="utf-8")
    # The driver's own cursor takes several statements at once, and leaves percent signs alone when no parameters are given.
    cursor = op.get_bind().connection.cursor()
    try:
        cursor.execute(schema)
    finally:
        cursor.close()

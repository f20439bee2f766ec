"""One durable PostgreSQL server for a whole run, and the programs that run beside it; all of it goes when the run ends, also when it is killed."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from services.local.child import Command, spawn, stop
from services.local.postgres import Postgres
from services.local.watchdog import Watchdog
from services.runtime.migrations import migrate
from tests.running_stack import OURS

OWNER = "credit"
_LOG_LINES_SHOWN = 20

# The quote of a hold comes to 2,000 microcredits, and what its capture uses to 1,200: as in pgbench/pair.sql.
_MODELS = """
price_version = "bench"
default_tier = "free"
[models.m.price]
prompt_microcredits_per_million_tokens = 1_000_000
cached_prompt_microcredits_per_million_tokens = 500_000
completion_microcredits_per_million_tokens = 2_000_000
[tiers.free]
models = ["m"]
allowance_microcredits = 1_000_000_000_000
"""


@dataclass(frozen=True)
class DurableServer:
    """A server that loses nothing: fsync and synchronous_commit are on."""

    folder: Path
    postgres: Postgres
    watchdog: Watchdog

    @property
    def models_file(self) -> Path:
        """Prices and tiers, for the service and the engine alike."""
        return self.folder / "models.toml"

    def url(self, database: str) -> str:
        """A database's address, as the owner of its tables."""
        return self.postgres.url(database, user=OWNER)

    def create(self, database: str) -> str:
        """Create an empty database of the credit service; return its address."""
        self.postgres.create_database(database, owner=OWNER)
        migrate(self.url(database), "services.credit")
        return self.url(database)

    def settle(self, database: str) -> None:
        """Have the statistics up to date and nothing left to be written, so that what is measured next pays for nothing that was done before."""
        with psycopg.connect(self.postgres.url(database), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    @contextlib.contextmanager
    def copied(self, template: str) -> Iterator[str]:
        """The address of a fresh copy of a database, dropped at the end."""
        name = f"{template}_copy"
        self.postgres.create_database(name, owner=OWNER, template=template)
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        try:
            yield self.url(name)
        finally:
            self.postgres.drop_database(name)

    def setting(self, name: str) -> str:
        """What the server says of one of its settings."""
        with psycopg.connect(self.postgres.url()) as connection:
            row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()
        assert row is not None
        return str(row[0])

    @contextlib.contextmanager
    def beside(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[None]:
        """Run a module in a process of its own. Where the block fails, the process's last words are shown."""
        outer = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        command = Command(module, [sys.executable, "-m", module, *arguments], {**outer, **(environment or {})})
        log_path = self.folder / f"{module}.log"
        process = spawn(command, log_path, self.watchdog)
        try:
            yield
        except BaseException:
            print(*log_path.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:], sep="\n", file=sys.stderr)
            raise
        finally:
            stop(process, command, self.watchdog)

    @contextlib.contextmanager
    def credit_service(self, url: str, port: int) -> Iterator[None]:
        """The service itself as it is started everywhere, without a collector for its traces."""
        environment = {
            "PARLOUR_CREDIT_LISTEN": f"127.0.0.1:{port}",
            "PARLOUR_CREDIT_DATABASE_URL": url,
            "PARLOUR_MODELS_FILE": str(self.models_file),
            "PARLOUR_LOG_LEVEL": "warning",
        }
        with self.beside("services.credit", "serve", environment=environment):
            yield


@contextlib.contextmanager
def durable_server() -> Iterator[DurableServer]:
    """Start a server on a new data folder."""
    folder = Path(tempfile.mkdtemp(prefix="parlour-bench-"))
    folder.chmod(0o755)
    watchdog = Watchdog()
    watchdog.remove_folder(str(folder))
    server = DurableServer(folder, Postgres(folder / "data", settings={}), watchdog)
    server.models_file.write_text(_MODELS)
    try:
        server.postgres.prepare()
        command, log_path = server.postgres.command(), folder / "postgres.log"
        process = spawn(command, log_path, watchdog)
        try:
            server.postgres.wait_ready(process, log_path)
            assert server.setting("fsync") == server.setting("synchronous_commit") == "on"
            yield server
        finally:
            stop(process, command, watchdog)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        watchdog.close()

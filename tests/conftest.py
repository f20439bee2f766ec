"""Real engines for the tests: one PostgreSQL and one Valkey a session, a fresh clone of a migrated database a test.

The engines end with pytest, also when it is killed: see services/local/watchdog.py.
"""

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings

from services.local.addresses import free_port
from services.local.child import spawn, stop
from services.local.postgres import NOT_DURABLE, Postgres
from services.local.valkey import Valkey
from services.local.watchdog import Watchdog

for name in [name for name in os.environ if name.startswith(("OPENAI_", "PARLOUR_", "DISCORD_", "OTEL_"))]:
    del os.environ[name]  # a person's own settings must not decide what a test sees

# A machine that stalls for a second says nothing of what is tested.
settings.register_profile("parlour", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("parlour")


@pytest.fixture(scope="session")
def watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog()
    yield watchdog
    watchdog.close()


@pytest.fixture(scope="session")
def engine_folder(watchdog: Watchdog) -> Iterator[Path]:
    """A short path that the database's user may enter, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="parlour-test-"))
    folder.chmod(0o755)
    watchdog.remove_folder(str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def start_postgres(engine_folder: Path, watchdog: Watchdog) -> Iterator[Callable[..., Postgres]]:
    """Starts further PostgreSQL servers: `start_postgres("name", durable=True)`."""
    started = []

    def start(name: str, *, durable: bool = False) -> Postgres:
        server = Postgres(engine_folder / name / "data", settings={} if durable else NOT_DURABLE)
        (engine_folder / name).mkdir(mode=0o755)
        server.prepare()
        log_path = engine_folder / name / "log"
        process = spawn(server.command(), log_path, watchdog)
        started.append((process, server.command()))
        server.wait_ready(process, log_path)
        return server

    yield start
    for process, command in reversed(started):
        stop(process, command, watchdog)


@pytest.fixture(scope="session")
def postgres(start_postgres: Callable[..., Postgres]) -> Postgres:
    """The session's PostgreSQL; it forgoes fsync."""
    return start_postgres("postgres")


@pytest.fixture(scope="session")
def cloned_database(postgres: Postgres) -> Callable[[str], tuple[str, str]]:
    """Gives (database name, url) of a fresh clone of a service's migrated database; the template is made when it is first asked for."""
    # Here, because most tests need no database and Alembic takes its time.
    from services.local.databases import EXTENSIONS
    from services.runtime.migrations import migrate

    templates: set[str] = set()
    numbers = itertools.count(1)

    def clone(service: str) -> tuple[str, str]:
        template = f"{service}_template"
        if template not in templates:
            postgres.create_database(template, owner=service, extensions=EXTENSIONS.get(service, ()))
            migrate(postgres.url(template, user=service), f"services.{service}")
            templates.add(template)
        name = f"{service}_{next(numbers)}"
        postgres.create_database(name, owner=service, template=template)
        return name, postgres.url(name, user=service)

    return clone


def _clone(service: str, postgres: Postgres, cloned_database: Callable[[str], tuple[str, str]]) -> Iterator[str]:
    name, url = cloned_database(service)
    yield url
    postgres.drop_database(name)


@pytest.fixture
def credit_database_url(postgres: Postgres, cloned_database: Callable[[str], tuple[str, str]]) -> Iterator[str]:
    yield from _clone("credit", postgres, cloned_database)


@pytest.fixture
def memory_database_url(postgres: Postgres, cloned_database: Callable[[str], tuple[str, str]]) -> Iterator[str]:
    yield from _clone("memory", postgres, cloned_database)


@pytest.fixture
def conversation_database_url(postgres: Postgres, cloned_database: Callable[[str], tuple[str, str]]) -> Iterator[str]:
    yield from _clone("conversation", postgres, cloned_database)


@pytest.fixture(scope="session")
def start_valkey(engine_folder: Path, watchdog: Watchdog) -> Iterator[Callable[..., Valkey]]:
    """Starts further Valkey servers: `start_valkey("name", {"a setting": "its value"})`."""
    started = []

    def start(name: str, settings: Mapping[str, str] | None = None) -> Valkey:
        server = Valkey(engine_folder / name, engine_folder, settings=settings)
        server.socket = engine_folder / f"{name}.sock"
        server.prepare()
        log_path = engine_folder / f"{name}.log"
        process = spawn(server.command(), log_path, watchdog)
        started.append((process, server.command()))
        server.wait_ready(process, log_path)
        return server

    yield start
    for process, command in reversed(started):
        stop(process, command, watchdog)


@pytest.fixture(scope="session")
def valkey(start_valkey: Callable[..., Valkey], engine_folder: Path) -> Valkey:
    """The session's Valkey: a cluster of one, which refuses a command whose keys would lie on several machines of a larger one."""
    bus, port = free_port(), free_port()
    nodes = str(engine_folder / "valkey-nodes.conf")
    server = start_valkey("valkey", {"cluster-enabled": "yes", "cluster-config-file": nodes, "port": str(port), "cluster-port": str(bus)})
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16_383)
        while client.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
            time.sleep(0.01)
    return server


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """An empty Valkey."""
    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
    return valkey.url

"""The memory service on a database of a durable server, started as it is everywhere."""

import contextlib
from collections.abc import Iterator

from services.local.databases import EXTENSIONS
from services.runtime.migrations import migrate
from tests.bench.credit.server import DurableServer

OWNER = "memory"


def create(server: DurableServer, database: str) -> str:
    """Create an empty database of the memory service; return its address as the owner of its tables."""
    server.postgres.create_database(database, owner=OWNER, extensions=EXTENSIONS["memory"])
    url = server.postgres.url(database, user=OWNER)
    migrate(url, "services.memory")
    return url


@contextlib.contextmanager
def memory_service(server: DurableServer, url: str, port: int) -> Iterator[None]:
    """Run the service in a process of its own, without a collector for its traces."""
    environment = {"PARLOUR_MEMORY_LISTEN": f"127.0.0.1:{port}", "PARLOUR_MEMORY_DATABASE_URL": url, "PARLOUR_LOG_LEVEL": "warning"}
    with server.beside("services.memory", "serve", environment=environment):
        yield

"""A PostgreSQL of a stack's folder while the stack does not run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.local.child import spawn, stop
from services.local.postgres import Postgres
from services.local.watchdog import Watchdog


@contextmanager
def running_alone(server: Postgres, log_path: Path) -> Iterator[None]:
    """Start a server, new where its folder is missing, and stop it at the end. Raises StackFailure."""
    watchdog = Watchdog()
    server.prepare()
    process = spawn(server.command(), log_path, watchdog)
    try:
        server.wait_ready(process, log_path)
        yield
    finally:
        stop(process, server.command(), watchdog)
        watchdog.close()

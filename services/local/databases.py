"""The databases of the three services that store something: created where missing, brought to the newest schema.

Run as `python -m services.local.databases FOLDER`: in a process of its own, so that its imports overlap the server's start and are gone afterwards.
"""

import sys
import time
from pathlib import Path

import psycopg

from services.local.environment import DATABASES
from services.local.postgres import Postgres
from services.runtime.migrations import migrate

EXTENSIONS = {"memory": ("vector",)}
_SERVER_WAIT_S = 30.0


def create_and_migrate(server: Postgres) -> None:
    """Create and migrate every database. Repeating it changes nothing."""
    for name in DATABASES:
        server.create_database(name, owner=name, extensions=EXTENSIONS.get(name, ()))
        migrate(server.url(name, user=name), f"services.{name}")


def _wait_for(server: Postgres) -> None:
    end = time.monotonic() + _SERVER_WAIT_S
    while True:
        try:
            psycopg.connect(server.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


if __name__ == "__main__":
    server = Postgres(Path(sys.argv[1]))
    _wait_for(server)
    create_and_migrate(server)

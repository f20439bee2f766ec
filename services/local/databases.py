"""The databases of the three services that store something: created where missing, brought to the newest schema.

Run as `python -m services.local.databases FOLDER`, in a process of its own: what it imports is needed only when something is missing.
"""

import sys
from pathlib import Path

from services.local.environment import DATABASES
from services.local.postgres import Postgres
from services.runtime.migrations import migrate

EXTENSIONS: dict[str, tuple[str, ...]] = {"memory": ("vector",), "conversation": ("vector",)}


def create_and_migrate(server: Postgres) -> None:
    """Create and migrate every database. Repeating it changes nothing."""
    for name in DATABASES:
        server.create_database(name, owner=name, extensions=EXTENSIONS.get(name, ()))
        migrate(server.url(name, user=name), f"services.{name}")


if __name__ == "__main__":
    create_and_migrate(Postgres(Path(sys.argv[1])))

"""`make release-databases`: writes the databases of this release, which later ones must be able to bring up to date without a loss.

A real stack is started, people talk to it (daily_life.py), it is stopped, and each database is written down. Where a table is empty that should
not be, nothing is written, and it ends with 1. About a minute.
"""

import asyncio
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from services.local.addresses import free_port, free_port_base
from services.local.environment import DATABASES
from services.local.postgres import Postgres
from tests.fakes.model_server import Answer, ModelServer
from tests.released import daily_life, dumps
from tests.released.alone import running_alone
from tests.running_stack import RunningStack

NOTHING_STAYS = {
    *("memory.erased_memories", "memory.embedded_scopes", "conversation.erased_places"),
    *(f"{service}.procrastinate_{what}" for service in DATABASES for what in ("jobs", "events", "workers")),
}
"""What is there only while an erasure, a change of the embedding model or a job is under way."""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


def main() -> int:
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="parlour-release-"))
    folder.chmod(0o755)
    try:
        asyncio.run(_live(folder / "data"))
        empty = _write(Postgres(folder / "data" / "postgres"), folder / "log")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for table in empty:
        print(f"nobody has left anything in {table}: let somebody in tests/released/daily_life.py", file=sys.stderr)
    return 1 if empty else 0


async def _live(data_dir: Path) -> None:
    async with ModelServer(port=free_port(), default=Answer(text="Certainly, and with pleasure.")) as model:
        environment = {"OPENAI_BASE_URL": model.base_url, "PARLOUR_MODEL": "scripted", **daily_life.SETTINGS}
        stack = RunningStack(data_dir, free_port_base(), environment)
        await asyncio.to_thread(stack.start)
        try:
            await daily_life.live(stack)
        finally:
            await asyncio.to_thread(stack.stop)


def _write(server: Postgres, log_path: Path) -> list[str]:
    """Write every database of a server that is stopped, unless tables are empty that should not be; return these."""
    with running_alone(server, log_path):
        empty = [table for database in DATABASES for table in _empty_tables(server, database) if table not in NOTHING_STAYS]
        if not empty:
            for database in DATABASES:
                dumps.path_of(database).write_text(dumps.dump(server, database))
        return empty


def _empty_tables(server: Postgres, database: str) -> list[str]:
    with psycopg.connect(server.url(database)) as connection:
        tables = [str(table) for (table,) in connection.execute(_TABLES).fetchall()]
        has_rows = sql.SQL("SELECT EXISTS (SELECT FROM {})")
        return [f"{database}.{table}" for table in tables if connection.execute(has_rows.format(sql.Identifier(table))).fetchone() == (False,)]


if __name__ == "__main__":
    sys.exit(main())

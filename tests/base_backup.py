"""A copy of a running PostgreSQL server's files, by the wheel's pg_basebackup."""

import subprocess
from pathlib import Path

from services.local.postgres import Postgres, _binaries, _environment, _server_account


def copy_server(source: Postgres, folder: Path, *options: str) -> None:
    """Copy a server into a folder whose parent is of the server's user. `options` are pg_basebackup's. Raises RuntimeError with what it says."""
    account = _server_account()
    made = subprocess.run(
        [str(_binaries() / "pg_basebackup"), "-D", str(folder), "-d", source.url(), "-c", "fast", "--no-sync", *options],
        user=account.uid,
        group=account.gid,
        extra_groups=[] if account.uid is not None else None,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if made.returncode != 0:
        raise RuntimeError(made.stderr)

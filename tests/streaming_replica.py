"""Real streaming replicas of a PostgreSQL server: a copy by the wheel's pg_basebackup, started beside it."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg

from services.local.child import spawn, stop
from services.local.postgres import Postgres, _server_account
from services.local.watchdog import Watchdog
from tests.base_backup import copy_server


class StreamingReplica:
    """A hot standby that streams from `source`, which may be a replica itself. The folder's parents must be open to the server's user."""

    def __init__(self, source: Postgres, folder: Path, watchdog: Watchdog) -> None:
        self._source = source
        self._folder = folder
        self._watchdog = watchdog
        self.server = Postgres(folder / "data")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Copy the source where there is no copy yet, and follow it."""
        if not self.server.folder.exists():
            self._copy()
        self.server.prepare()
        log_path = self._folder / "log"
        command = self.server.command()
        self._process = spawn(command, log_path, self._watchdog)
        self.server.wait_ready(self._process, log_path)

    def _copy(self) -> None:
        self._folder.mkdir(mode=0o755, parents=True)
        account = _server_account()
        if account.uid is not None and account.gid is not None:
            os.chown(self._folder, account.uid, account.gid)
        # -R writes the standby.signal and the address to stream from.
        copy_server(self._source, self.server.folder, "-R", "-X", "stream")
        if account.uid is not None:
            os.chown(self._folder, os.geteuid(), os.getegid())  # the socket's folder is made beside the data

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the superuser of the replica."""
        with psycopg.connect(self.server.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def signal(self, number: signal.Signals) -> None:
        """Signal the server and each of its processes, which are in sessions of their own."""
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        for process in (*server.children(recursive=True), server):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        """End the server as a loss of its machine would."""
        self.signal(signal.SIGKILL)
        process, self._process = self._process, None
        assert process is not None
        process.wait()
        self._watchdog.forget(process.pid)

    def stop(self) -> None:
        """Stop the server, if it runs."""
        if self._process is not None:
            stop(self._process, self.server.command(), self._watchdog)
            self._process = None

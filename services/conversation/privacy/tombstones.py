"""Tombstones: that somebody was erased, and until when, without saying who it was.

They lie in the database, where they stop whatever comes late, and in a file outside it: after a restore from a backup, which knows nothing of what
was erased since, the file tells whom to erase again. The file is only ever appended to, one JSON object a line, and synced before anything is erased;
it grows by some 150 bytes an erasure.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.runtime.telemetry import get_logger

_HASH_BYTES = 32
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was said up to before_time is not taken in again. `opted_out`: they had opted out, and have when they come back."""

    subject_hash: bytes
    before_time: datetime
    opted_out: bool = False


def subject_hash(user_id: str) -> bytes:
    """Return what a tombstone knows a person by: SHA-256 of the id, as the triggers of the database make it, and as memory does."""
    return hashlib.sha256(user_id.encode()).digest()


def line_of(tombstone: Tombstone) -> bytes:
    """Return a tombstone as a line of the file."""
    said = {"subject": tombstone.subject_hash.hex(), "before": tombstone.before_time.isoformat(), "opted_out": tombstone.opted_out}
    return f"{json.dumps(said)}\n".encode()


def tombstone_of(line: bytes) -> Tombstone | None:
    """Read a line; None where it is none of ours, as the last one of a process that was killed in the middle of it."""
    try:
        said = json.loads(line)
        found = Tombstone(bytes.fromhex(said["subject"]), datetime.fromisoformat(said["before"]), bool(said["opted_out"]))
    except (ValueError, KeyError, TypeError):
        return None
    return found if len(found.subject_hash) == _HASH_BYTES and found.before_time.tzinfo is not None else None


class TombstoneFile:
    """The file. Its methods block and raise OSError. Several processes may append to one file: each line is one write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def prepare(self) -> None:
        """Make the file where it is missing, readable for its owner alone, so that a place where it cannot be is known at the start."""
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def append(self, tombstone: Tombstone) -> None:
        """Write a tombstone so that it outlives a loss of power. Writing it again does no harm."""
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(file).st_size
            torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            data = (b"\n" if torn else b"") + line_of(tombstone)
            if os.write(file, data) != len(data):
                raise OSError(f"{self._path} took only a part of a line")
            os.fsync(file)
        finally:
            os.close(file)

    def read(self) -> dict[bytes, Tombstone]:
        """Return the newest tombstone of everybody; lines that cannot be read are passed over and told in the log."""
        found: dict[bytes, Tombstone] = {}
        for tombstone in self._lines():
            known = found.get(tombstone.subject_hash)
            if known is None or known.before_time <= tombstone.before_time:
                found[tombstone.subject_hash] = tombstone
        return found

    def _lines(self) -> Iterator[Tombstone]:
        if not self._path.exists():
            return
        with open(self._path, "rb") as file:
            for number, line in enumerate(file, 1):
                tombstone = tombstone_of(line)
                if tombstone is not None:
                    yield tombstone
                elif line.strip():
                    _log.error("a line of the tombstones cannot be read", line=number)

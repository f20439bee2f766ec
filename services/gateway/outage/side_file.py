"""What leaves the outage journal without being settled, in a file beside it, for the operator."""

import os
from collections.abc import Sequence
from pathlib import Path

from services.gateway.outage import metrics
from services.gateway.outage.records import Read, Record, line_of
from services.runtime.telemetry import get_logger

SET_ASIDE = "outage.set-aside"
_log = get_logger(__name__)


class SideFile:
    """The side file in one folder. A journal that cannot be replaced is read again and again: what it has lost is kept once."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SET_ASIDE
        self._kept: Sequence[bytes] = ()

    def keep_unreadable(self, found: Read) -> None:
        """Keep the lines of a journal that cannot be read, before they leave it. Raises OSError: then none is kept."""
        lines = [*(b"bad " + line for line in found.bad), *([b"torn " + found.torn] if found.torn else [])]
        if not lines or lines == self._kept:
            return
        self._append(b"".join(line + b"\n" for line in lines))
        self._kept = lines
        metrics.corrupt_lines.labels("bad").inc(len(found.bad))
        metrics.corrupt_lines.labels("torn").inc(1 if found.torn else 0)
        log = _log.error if found.bad else _log.warning
        log("lines of the outage journal were set aside", bad=len(found.bad), torn=1 if found.torn else 0, file=str(self._path))

    def keep_refused(self, cause: str, records: Sequence[Record]) -> None:
        """Keep records that credit refused. Raises OSError: then none is kept."""
        self._append(b"".join(cause.encode() + b" " + line_of(record) for record in records))
        metrics.corrupt_lines.labels("refused").inc(len(records))

    def _append(self, content: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            stands = os.fstat(file).st_size
            try:
                write_all(file, content)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, stands)
                raise
        finally:
            os.close(file)


def write_all(file: int, content: bytes) -> None:
    """Write all of it, however much the system takes at once."""
    while content:
        content = content[os.write(file, content) :]

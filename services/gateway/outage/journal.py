"""The outage journal: records on disk before anything follows from them.

One file, append-only, one line a record; whoever appends at the same time shares one fsync, off the event loop. A database was considered
(SQLite): this has to be readable by an operator with a pager, and a line with a checksum says by itself whether it was written whole.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.gateway.outage import metrics
from services.gateway.outage.records import Read, Record, line_of, read
from services.gateway.outage.side_file import SideFile, write_all
from services.runtime.telemetry import get_logger

JOURNAL = "outage.journal"
_LOCK = "outage.lock"
_log = get_logger(__name__)


class JournalLocked(ValueError):
    """Another process has this journal; the message is a sentence for the operator."""


class JournalUnavailable(Exception):
    """A record could not be written, and is not in the journal."""


@dataclass(slots=True)
class _Waiting:
    """What is to be written, and who waits for it. `whole`: the line is all that the journal is to say."""

    line: bytes
    done: "asyncio.Future[None]"
    whole: bool = False


class Journal:
    """The journal in one folder, held by this process. Made by `open_journal`; belongs to one event loop."""

    def __init__(self, folder: Path, lock: int, file: int, size_bytes: int) -> None:
        self._folder = folder
        self._lock = lock
        self._file = file
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._size_bytes = size_bytes
        self._closed = False
        metrics.journal_bytes.set(size_bytes)

    @property
    def size_bytes(self) -> int:
        """What is written, and what waits to be."""
        return self._size_bytes + sum(len(one.line) for one in self._waiting if not one.whole)

    async def append(self, record: Record) -> None:
        """Return when the record is on the disk. Raises JournalUnavailable: then it is not. Cancelling the caller does not stop the writing."""
        await self._written(_Waiting(line_of(record), asyncio.get_running_loop().create_future()))

    async def rewrite(self, records: Sequence[Record]) -> None:
        """Replace by these what was appended before, all or nothing; what is appended from now on stands behind them. Raises JournalUnavailable.

        They are not made of what is in the file: a line that has rotted since it was written would be lost, and nobody would see that it was there.
        """
        await self._written(_Waiting(b"".join(map(line_of, records)), asyncio.get_running_loop().create_future(), whole=True))

    async def _written(self, waiting: _Waiting) -> None:
        if self._closed:
            raise JournalUnavailable("the journal is closed")
        self._waiting.append(waiting)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_waiting())
        await asyncio.shield(waiting.done)

    async def _write_waiting(self) -> None:
        """Write what waits, as one group each time, until nothing does."""
        while self._waiting:
            group, self._waiting = _next_group(self._waiting)
            try:
                await asyncio.to_thread(self._write, group)
            except Exception as error:  # whatever it is, such as no thread to be had: nobody is to wait for what is not written
                problem = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
                metrics.journal_failed.inc(len(group))
                _log.error("the outage journal cannot be written", problem=problem, records=len(group))
                for one in group:
                    _fail(one.done, JournalUnavailable(problem))
            else:
                for one in group:
                    if not one.done.done():
                        one.done.set_result(None)
            metrics.journal_bytes.set(self._size_bytes)

    def _write(self, group: Sequence[_Waiting]) -> None:
        """In a thread. Raises OSError, after taking back what was written of it: a later line must not stand behind a torn one."""
        content = b"".join(one.line for one in group)
        if group[0].whole:
            self._tell_rotten()
            self._replace(content)
            return
        stands = os.fstat(self._file)
        if stands.st_nlink == 0:
            # Somebody removed it while it is in use: what it said is still to be read here, and is put back.
            self._replace(os.pread(self._file, self._size_bytes, 0))
        elif stands.st_size != self._size_bytes:
            os.ftruncate(self._file, self._size_bytes)
        try:
            write_all(self._file, content)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size_bytes)
            os.fsync(self._file)
            raise
        self._size_bytes += len(content)

    def _replace(self, content: bytes) -> None:
        new = _replaced(self._folder, content)
        os.close(self._file)
        self._file, self._size_bytes = new, len(content)

    def _tell_rotten(self) -> None:
        """Say that the disk has lost something of what is written anew: nothing is lost yet, and the next time something may be."""
        rotten = len(read(os.pread(self._file, self._size_bytes, 0)).bad)
        if rotten:
            metrics.corrupt_lines.labels("written_anew").inc(rotten)
            _log.error("lines of the outage journal could not be read back and are written anew", lines=rotten, file=str(self._folder / JOURNAL))

    async def close(self) -> None:
        """Write what waits, and let another process have the journal."""
        self._closed = True
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        os.close(self._file)
        os.close(self._lock)


def open_journal(folder: Path, side_file: SideFile, *, mend: Callable[[Read], Sequence[Record]]) -> tuple[Journal, Sequence[Record]]:
    """Open a folder's journal and return it with what it says.

    Lines that cannot be read go to a side file, are counted and told in one line of the log; `mend` says what the journal is to say from then on,
    and is asked each time. Raises JournalLocked, and OSError where the folder cannot be used.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _hold(folder)
    file = -1
    try:
        path = folder / JOURNAL
        content = path.read_bytes() if path.exists() else None
        found = read(content or b"")
        side_file.keep_unreadable(found)
        records = mend(found)
        made = b"".join(line_of(record) for record in records)
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC) if made == content else _replaced(folder, made)
        return Journal(folder, lock, file, len(made)), records
    except BaseException:
        if file >= 0:
            os.close(file)
        os.close(lock)
        raise


def _hold(folder: Path) -> int:
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
        os.close(lock)
        raise JournalLocked(
            f"another gateway (process {holder or 'unknown'}) uses the outage journal in {folder}: "
            "give this one another PARLOUR_GATEWAY_OUTAGE_INSTANCE or PARLOUR_DATA_DIR"
        ) from None
    except OSError:
        os.close(lock)
        raise
    with suppress(OSError):  # who holds it is a courtesy: a full disk must not stop a gateway
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _replaced(folder: Path, content: bytes) -> int:
    """Put a new journal in the old one's place; return it, open."""
    path = folder / f"{JOURNAL}.new"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        write_all(file, content)
        os.fsync(file)
        path.rename(folder / JOURNAL)
        entry = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
    except BaseException:
        os.close(file)
        raise
    return file


def _next_group(waiting: list[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """Return what is written together: lines up to the next rewriting, or that alone."""
    if waiting[0].whole:
        return waiting[:1], waiting[1:]
    end = next((number for number, one in enumerate(waiting) if one.whole), len(waiting))
    return waiting[:end], waiting[end:]


def _fail(done: "asyncio.Future[None]", error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
        done.exception()  # seen: whoever waited may have been cancelled

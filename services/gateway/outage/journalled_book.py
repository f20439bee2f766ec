"""The book and its journal, kept together: what is in the book survives this process."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from services.gateway.outage import metrics
from services.gateway.outage.book import Book, compacted
from services.gateway.outage.journal import Journal, JournalUnavailable, open_journal
from services.gateway.outage.records import Dropped, Opened, Read, Record, Taken
from services.gateway.outage.side_file import SideFile
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)
_COMPACT_MIN_BYTES = 16_384


class JournalledBook:
    """The book of one gateway, called `name`, in `folder`; None: it has no place to write, and takes no turns.

    `bytes_max` bounds the journal: beyond it no turn is taken, while those taken before can still be ended and settled.
    """

    def __init__(self, folder: Path | None, name: str, *, bytes_max: int, new_suffix: Callable[[], str] = lambda: secrets.token_hex(4)) -> None:
        self.book = Book()
        self.folder = folder
        self._name = name
        self._bytes_max = bytes_max
        self._new_suffix = new_suffix
        self._journal: Journal | None = None
        self._side_file = SideFile(folder) if folder is not None else None
        self._being_taken = 0
        """Turns in the book whose line is on its way."""
        self._told = False
        self._told_of_side_file = False

    @property
    def is_open(self) -> bool:
        """Whether there is a journal to write to."""
        return self._journal is not None

    def open(self) -> bool:
        """Read the journal, unless that is done; return whether it is open. Raises JournalLocked where another process has it."""
        if self._journal is None and self.folder is not None and self._side_file is not None:
            try:
                self._journal, records = open_journal(self.folder, self._side_file, mend=self._mended)
            except OSError as error:
                if not self._told:
                    _log.error("the outage journal cannot be opened: no turn is taken while credit is away", problem=error.strerror or str(error))
                self._told = True
            else:
                self.book = Book(records)
        return self.is_open

    def _mended(self, found: Read) -> Sequence[Record]:
        """A journal that has lost something does not know what of its lease is left: it gets a new name, and with it another lease.

        The old one is not closed, so that credit finds it and the operator hears of it.
        """
        records = list(found.records)
        book = Book(records)
        if found.bad and book.lease is not None:
            records.append(Dropped(book.lease.lease_id))
        if found.bad or not book.instance:
            records.append(Opened(f"{self._name}-{self._new_suffix()}"))
        return compacted(records)

    async def take(self, record: Taken) -> None:
        """Set a turn's bound aside, in the book at once, and return when that is on the disk. Raises JournalUnavailable: it is not set aside."""
        if self._journal is None:
            raise JournalUnavailable("there is no journal")
        if self._journal.size_bytes >= self._bytes_max:
            raise JournalUnavailable("the journal is full")
        self.book.apply(record)
        self._being_taken += 1
        try:
            await self._journal.append(record)
        except JournalUnavailable:
            self.book.untake(record)
            raise
        finally:
            self._being_taken -= 1

    async def write(self, record: Record) -> None:
        """Go on by a record, in the book at once, and return when it is on the disk. Raises JournalUnavailable: it is in the book alone."""
        self.book.apply(record)
        if self._journal is None:
            raise JournalUnavailable("there is no journal")
        await self._journal.append(record)

    async def note(self, record: Record) -> None:
        """Go on by a record. Where it cannot be written, it is known until this process ends; what follows then is asked for again."""
        try:
            await self.write(record)
        except JournalUnavailable as error:
            _log.warning("a record of the outage journal is not kept", kind=record.KIND, problem=str(error))

    async def compact(self) -> None:
        """Drop what is over from the journal, once that is most of it."""
        if self._journal is None or self._journal.size_bytes < _COMPACT_MIN_BYTES + 2_000 * len(self.book.turns):
            return
        if self._being_taken:
            return  # if its line cannot be written, a turn leaves the book again: it must not be in the journal. The next time will do.
        with suppress(JournalUnavailable):
            await self._journal.rewrite(self.book.records())

    def set_aside(self, cause: str, records: Sequence[Record]) -> bool:
        """Keep records that nothing can be done about for the operator, in a file beside the journal; return whether they are on the disk."""
        if self._side_file is None:
            return False
        try:
            self._side_file.keep_refused(cause, records)
        except OSError as error:
            if not self._told_of_side_file:
                _log.error("turns that credit refuses cannot be set aside and stay", problem=error.strerror or str(error))
            self._told_of_side_file = True
            return False
        self._told_of_side_file = False
        return True

    def publish(self) -> None:
        """Publish what the book says."""
        metrics.lease_left.set(self.book.left_microcredits)
        metrics.unsettled.set(len(self.book.turns))

    async def close(self) -> None:
        """Write what waits, and let go of the journal."""
        journal, self._journal = self._journal, None
        if journal is not None:
            await journal.close()

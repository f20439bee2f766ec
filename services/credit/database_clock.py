"""The database's clock, without asking it each time: carried on by this machine's for a moment after it was read."""

import time
from datetime import datetime, timedelta

AGE_MAX_S = 1.0


class DatabaseClock:
    """What time it is in the database. It is never ahead: what is carried on began when the answer came, which is later than it was read."""

    def __init__(self) -> None:
        self._read: datetime | None = None
        self._read_at_s = 0.0

    def read(self, now: datetime) -> None:
        """Take what the database said just now."""
        self._read, self._read_at_s = now, time.monotonic()

    def now(self) -> datetime | None:
        """The time, or None where it was read too long ago."""
        age_s = time.monotonic() - self._read_at_s
        return self._read + timedelta(seconds=age_s) if self._read is not None and age_s <= AGE_MAX_S else None

"""What reads on replicas have to know of the primary: how far it was a short while ago, and which cluster it is."""

import asyncio
import time
from collections.abc import Callable

from services.memory.last_writes import last_writes
from services.runtime import deadline
from services.runtime.database import Database
from services.runtime.errors import DependencyUnavailable
from services.runtime.telemetry import get_logger

_QUESTIONS_A_LAG = 4
_log = get_logger(__name__)


class PrimaryWatch:
    """Asks the primary while somebody reads, in the background and one question at a time; what it answers is kept in `last_writes`."""

    def __init__(self, primary: Database, *, lag_max_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._primary = primary
        self._lag_max_s = lag_max_s
        self._clock = clock
        self._asking: asyncio.Task[None] | None = None
        self._asked_at_s = float("-inf")
        self.system_identifier: int | None = None
        """Which cluster of databases the primary's is; None until it has been asked."""

    async def known(self, *, wait_s: float) -> None:
        """See to it that the primary was asked within the greatest lag, and is asked anew before that is over; wait for its answer only at first.

        Where it does not answer, replicas serve on what is known of it: they are all that is left.
        """
        latest, now = last_writes(self._primary).latest, self._clock()
        age_s = float("inf") if latest is None else now - latest.asked_at_s
        interval_s = self._lag_max_s / _QUESTIONS_A_LAG
        if (age_s > interval_s or self.system_identifier is None) and now - self._asked_at_s > interval_s:
            self.ask()
        # Who comes later, while it is silent, does not wait as well.
        unknown = age_s > self._lag_max_s or self.system_identifier is None
        if unknown and self._asking is not None and now - self._asked_at_s < wait_s:
            await asyncio.wait({self._asking}, timeout=wait_s)

    def ask(self) -> None:
        """Ask in the background, unless that is under way."""
        if self._asking is None or self._asking.done():
            self._asked_at_s = self._clock()
            self._asking = asyncio.create_task(self._learn(), name="ask the primary how far it is")

    async def _learn(self) -> None:
        try:
            # The deadline of who came first does not end what others wait for, too.
            with deadline.detached(self._lag_max_s):
                async with asyncio.timeout(self._lag_max_s):
                    await last_writes(self._primary).position(self._primary)
                    if self.system_identifier is None:
                        self.system_identifier = await _system_identifier(self._primary)
        except Exception as error:  # whatever it is, reads go on with what was known before
            _log.warning("the primary does not say how far it is", problem=type(error).__name__)

    async def close(self) -> None:
        """End what is under way."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})


async def _system_identifier(database: Database) -> int:
    async with database.connection() as connection:
        row = await (await connection.execute("SELECT system_identifier FROM pg_control_system()")).fetchone()
    if row is None:
        raise DependencyUnavailable("database", "it does not say which cluster it is")
    return int(row[0])

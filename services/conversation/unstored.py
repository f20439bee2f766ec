"""Turns answered while the database was away: they are ended there once it is back, so that nobody takes them for orphans and answers again.

The reply's text is left out: the person was told that it is not kept.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from services.conversation.models import model_metrics
from services.conversation.turn import Ending
from services.runtime import failures
from services.runtime.errors import DeadlineExceeded, DependencyUnavailable, ParlourError
from services.runtime.telemetry import get_logger

_RETRY_S = 1.0
_log = get_logger(__name__)


class UnstoredEndings:
    """Tries again for retry_s, at most size_max endings at once; what does not fit, or takes longer, becomes an orphan."""

    def __init__(self, end: Callable[[Ending], Awaitable[object]], *, size_max: int, retry_s: float) -> None:
        self._end = end
        self._size_max = size_max
        self._retry_s = retry_s
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, ending: Ending) -> None:
        """Store an ending as soon as the database lets us."""
        model_metrics.unstored.labels("reply").inc()
        if len(self._tasks) >= self._size_max:
            _log.warning("too many replies wait for the database", turn_id=ending.turn_id)
            return
        task = asyncio.create_task(self._retry(replace(ending, text="")))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _retry(self, ending: Ending) -> None:
        give_up_at = time.monotonic() + self._retry_s
        while time.monotonic() < give_up_at:
            await asyncio.sleep(_RETRY_S)
            try:
                await self._end(ending)
            except (DependencyUnavailable, DeadlineExceeded):
                continue
            except ParlourError as error:
                failures.ended(error, failures.Place.BACKGROUND, "a reply could not be stored", turn_id=ending.turn_id)
            return

    async def close(self) -> None:
        """Stop trying."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

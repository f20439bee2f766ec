"""Replies whose reader went away: a gateway that lives ends the turn itself in a moment; one that was killed never will.

So the turn's deadline is drawn near: another gateway then finds the orphan soon, and the person does not wait a whole turn's time for an apology.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter as MetricCounter

from services.conversation.turn import NOT_STORED
from services.runtime import failures
from services.runtime.errors import ParlourError

_left = MetricCounter("parlour_conversation_replies_abandoned_total", "Replies whose reader went away before the end")


class AbandonedReplies:
    """Calls `hasten` with turn id and fence for a reply that nobody reads any more; at most size_max such calls at once."""

    def __init__(self, hasten: Callable[[str, int], Awaitable[None]], *, size_max: int) -> None:
        self._hasten = hasten
        self._size_max = size_max
        self._tasks: set[asyncio.Task[None]] = set()
        self._readers: Counter[str] = Counter()  # by turn, of replies under way, which the server's limit of calls bounds

    @contextmanager
    def noticed(self, turn_id: str, fence: int) -> Iterator[None]:
        """Watch over the reading of one reply."""
        self._readers[turn_id] += 1
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            _left.inc()
            # A second reader is the gateway that has taken the turn over from one that was paused: it ends the turn.
            if fence != NOT_STORED and self._readers[turn_id] == 1 and len(self._tasks) < self._size_max:
                # The reader's own task is being cancelled: nothing more can be awaited there.
                task = asyncio.create_task(self._draw_near(turn_id, fence))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            raise
        finally:
            self._readers[turn_id] -= 1
            if not self._readers[turn_id]:
                del self._readers[turn_id]

    async def _draw_near(self, turn_id: str, fence: int) -> None:
        try:
            await self._hasten(turn_id, fence)
        except ParlourError as error:
            failures.ended(error, failures.Place.BACKGROUND, "an abandoned turn keeps its deadline", turn_id=turn_id)

    async def close(self) -> None:
        """Wait for the calls under way; each is one statement."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

"""Stopping an answer under way: because somebody asked for it, or because the message that it answers is gone.

An answer is not cut at any place: only inside the blocks that say so, so that what comes after them (charging, storing) is never skipped.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from prometheus_client import Counter

_stopped = Counter("parlour_gateway_answers_stopped_total", "Answers that were stopped while under way", ["why"])


class Why(StrEnum):
    """Why an answer was stopped: the reason that its last event carries."""

    STOPPED = "STOPPED"
    WITHDRAWN = "WITHDRAWN"


class AnswerStopped(Exception):
    """The answer is not wanted any more."""


class StopSwitch:
    """Stops one answer, with all its parts. It belongs to one event loop and, at any moment, to one task."""

    def __init__(self) -> None:
        self.why: Why | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancelled = False
        self._too_late = False

    def too_late(self) -> None:
        """From now on the answer is not cut any more, until a further block may be stopped."""
        self._too_late = True

    def stop(self, why: Why) -> bool:
        """Stop the answer; return whether that ends it early. What is as good as done is not cut, but no further part of it begins."""
        if self.why is None:
            self.why = why
            _stopped.labels(why.value).inc()
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()
        return not self._too_late

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let the block be stopped. Raises AnswerStopped if it is, or was before; a cancellation by anybody else stays one.

        It works as asyncio.timeout does: the cancellation that it sent itself is taken back.
        """
        if self.why is not None:
            raise AnswerStopped(self.why)
        task = asyncio.current_task()
        assert task is not None
        cancelling = task.cancelling()
        self._task, self._cancelled, self._too_late = task, False, False
        try:
            yield
        except asyncio.CancelledError:
            if self._cancelled and task.uncancel() <= cancelling:
                raise AnswerStopped(self.why) from None
            raise
        finally:
            self._task = None

"""What to do next so that Discord shows the newest state of an answer, and when. Pure; the clock is an argument."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.discord.answer_pages import AnswerPage


@dataclass(frozen=True, slots=True)
class Send:
    """Post a further message."""

    part: int
    page: AnswerPage


@dataclass(frozen=True, slots=True)
class Edit:
    """Change a message."""

    part: int
    page: AnswerPage


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a message that is no longer needed."""

    part: int


Step = Send | Edit | Delete


def next_step(shown: Sequence[AnswerPage | None], wanted: Sequence[AnswerPage]) -> Step | None:
    """Return the first difference between the messages shown and those wanted; None: there is none.

    A message whose content is not known (None) is different from whatever is wanted. Nothing wanted at all leaves what is shown alone: an answer is
    never taken back by being empty.
    """
    for part, page in enumerate(wanted):
        if part >= len(shown):
            return Send(part, page)
        if shown[part] != page:
            return Edit(part, page)
    return Delete(len(shown) - 1) if wanted and len(shown) > len(wanted) else None


@dataclass(slots=True)
class Pace:
    """At most one write each `interval_s` seconds, for edits; a post goes out at once and pushes the next edit back."""

    interval_s: float
    _last_at: float = -math.inf

    def wait_s(self, step: Step, now: float) -> float:
        """Return how long this step has to wait."""
        return 0.0 if isinstance(step, Send) else max(0.0, self._last_at + self.interval_s - now)

    def wrote(self, now: float) -> None:
        """Note that something was written."""
        self._last_at = now


def backoff_s(failures: int, retry_after_s: float | None) -> float:
    """Return how long to wait after this many failures in a row: what Discord asked for, or 0.5 s doubled up to 8 s."""
    return retry_after_s if retry_after_s is not None else min(8.0, 0.5 * 2 ** (failures - 1))

"""What became of the messages: every one is counted once, and how long it took counts from when it was due."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hdrh.histogram import HdrHistogram

from tests.load.mix import TURNS, Kind

TICKS_PER_S = 10_000
"""Histograms count tenths of a millisecond."""
LONGEST_S = 120.0
WINDOWS_MAX = 300
WINDOWS_MIN = 5
WINDOW_S_MIN = 1.0
WINDOW_DUE_MIN = 20
"""Messages that are due in a window on average, at least, where there is time for WINDOWS_MIN of them."""
_DIGITS, _WINDOW_DIGITS = 3, 2
"""Significant digits of a histogram of the whole, and of a window: what a window's takes is 20 KB."""


class Outcome(StrEnum):
    """What became of a message."""

    ANSWERED = "answered"
    COMMAND = "command"
    IGNORED = "ignored"
    SUPERSEDED = "superseded"
    """Left because its person wrote it anew while it was being answered."""
    CUT = "cut"
    REFUSED = "refused"
    FAILED = "failed"
    """The call ended without a last event."""
    NOT_SENT = "not sent"
    """As many were in flight as the generator admits. That is the generator's limit, and the run says nothing about more."""


ERRORS = frozenset({Outcome.CUT, Outcome.REFUSED, Outcome.FAILED, Outcome.NOT_SENT})
WAITED = frozenset({Outcome.ANSWERED, Outcome.CUT, Outcome.FAILED})
"""Their time is that of an answer: one that failed after a minute was waited for a minute."""


@dataclass(frozen=True)
class Heard:
    """What its person heard of one message; times are seconds of the sender's clock."""

    outcome: Outcome
    reason: str = ""
    first_text_at_s: float | None = None


def histogram(digits: int = _DIGITS) -> HdrHistogram:
    """An empty one of 0.1 ms to two minutes."""
    return HdrHistogram(1, int(LONGEST_S * TICKS_PER_S), digits)


def note(into: HdrHistogram, seconds: float) -> None:
    """Count a time; one that is longer than a histogram reaches counts as the longest."""
    into.record_value(min(max(1, round(seconds * TICKS_PER_S)), int(LONGEST_S * TICKS_PER_S)))


def percentile_ms(of: HdrHistogram, percentile: float) -> float:
    """The time that so many percent did not exceed, in milliseconds; 0 where there is none."""
    return float(of.get_value_at_percentile(percentile)) * 1000 / TICKS_PER_S if of.get_total_count() else 0.0


@dataclass
class Window:
    """A stretch of the run. Times are of the messages that were due in it; `turns` counts the answers that came in it."""

    due: int = 0
    asked: int = 0
    """Of those, what was for the model: known when it has ended."""
    turns: int = 0
    errors: int = 0
    in_flight: int = 0
    """The most at once."""
    answers: HdrHistogram = field(default_factory=lambda: histogram(_WINDOW_DIGITS))


class Tally:
    """The count of one run of one plan of so many seconds and messages. Times are seconds from the run's beginning."""

    def __init__(self, seconds: float, scheduled: int) -> None:
        self.seconds = seconds
        # Windows so wide that one has some messages to take percentiles of, and that they fill the time without a rest.
        width_s = max(WINDOW_S_MIN, seconds / WINDOWS_MAX, min(seconds * WINDOW_DUE_MIN / max(1, scheduled), seconds / WINDOWS_MIN))
        self.windows = [Window() for _ in range(max(1, int(seconds / width_s)))]
        self.window_s = seconds / len(self.windows)
        self.outcomes: Counter[tuple[Kind, Outcome, str]] = Counter()
        self.answers, self.first_texts, self.late = histogram(), histogram(), histogram()
        self.others = {outcome: histogram() for outcome in (Outcome.COMMAND, Outcome.IGNORED, Outcome.REFUSED)}
        self.in_flight = 0
        self.in_flight_max = 0
        self.due = 0

    def sent(self, due_s: float, now_s: float) -> None:
        """A message was handed to the gateway."""
        self.due += 1
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)
        window = self._window(due_s)
        window.due += 1
        window.in_flight = max(window.in_flight, self.in_flight)
        note(self.late, now_s - due_s)

    def not_sent(self, kind: Kind, due_s: float) -> None:
        """A message was due for which there was no room in the generator."""
        self.due += 1
        window = self._window(due_s)
        window.due += 1
        window.asked += kind in TURNS
        window.errors += 1
        self.outcomes[kind, Outcome.NOT_SENT, ""] += 1

    def ended(self, kind: Kind, due_s: float, now_s: float, heard: Heard) -> None:
        """A message has its last event, or never will."""
        self.in_flight -= 1
        self.outcomes[kind, heard.outcome, heard.reason] += 1
        window, waited_s = self._window(due_s), now_s - due_s
        window.asked += kind in TURNS or heard.outcome is Outcome.ANSWERED
        window.errors += heard.outcome in ERRORS
        if heard.outcome in WAITED:
            note(self.answers, waited_s)
            note(window.answers, waited_s)
        if heard.outcome in self.others:
            note(self.others[heard.outcome], waited_s)
        if heard.outcome is Outcome.ANSWERED:
            if heard.first_text_at_s is not None:
                note(self.first_texts, heard.first_text_at_s - due_s)
            if now_s < self.seconds:  # later ones are nobody's throughput
                self._window(now_s).turns += 1

    def _window(self, at_s: float) -> Window:
        return self.windows[min(int(at_s / self.window_s), len(self.windows) - 1)]

    @property
    def accounted(self) -> int:
        """Messages of which it is known what became of them."""
        return self.outcomes.total()

    @property
    def turns(self) -> int:
        """Messages that the model answered."""
        return sum(count for (_, outcome, _), count in self.outcomes.items() if outcome is Outcome.ANSWERED)

    @property
    def errors(self) -> int:
        return sum(count for (_, outcome, _), count in self.outcomes.items() if outcome in ERRORS)

    @property
    def turns_in_time(self) -> int:
        """Answers that came before the schedule was over."""
        return sum(window.turns for window in self.windows)


def error_counts(outcomes: Mapping[tuple[Kind, Outcome, str], int]) -> dict[str, int]:
    """How often what went wrong, by outcome and reason, the most frequent first."""
    counted: Counter[str] = Counter()
    for (_, outcome, reason), count in outcomes.items():
        if outcome in ERRORS:
            counted[f"{outcome} {reason}".strip()] += count
    return dict(counted.most_common())

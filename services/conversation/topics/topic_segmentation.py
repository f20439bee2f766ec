"""Where one topic ends and the next begins in a stream of messages. Pure.

Between two messages the evidence for a boundary is summed up, in units of which one is enough:

- drift: how little what came before and what comes after have in common (cosine of the mean embeddings of a few messages on either side), measured
  as the depth of the valley between the heights around it (TextTiling's depth, Hearst 1997, over meanings in place of words);
- a pause, by the logarithm of its length; one as long as a session's end is a boundary by itself;
- a greeting after it, a farewell before it; while people are talking (no pause) somebody joins, which counts for less;
- a reply to a message of the current topic binds, and counts against.

The stream is read from the beginning of the topic that is still open, so what was decided before never changes. A boundary is decided once enough
messages follow it that no later one can move it: `decided` on a longer stream begins with what it said on a shorter one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from services.conversation.topics.talk_cues import opens_talk, takes_leave
from services.retrieval.text_embedding import Vectors

_Sums = npt.NDArray[np.float64]
_NOTHING = 1e-9
"""A length below it is that of a difference which rounding left."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message as far as topics go. `vector` has length 1, None where there is none; `at_s` is when it was said, None where nobody knows."""

    vector: Vectors | None
    opens: bool = False
    leaves: bool = False
    at_s: float | None = None
    replies_to: int | None = None  # the place in the stream of what it answers
    afresh: bool = False  # the conversation was reset before it


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What a topic is. Lengths are messages, times seconds, weights shares of what makes a boundary."""

    messages_min: int = 8
    messages_max: int = 60
    window: int = 5  # messages on either side whose meanings are compared
    drift: float = 1.0
    opening: float = 1.0
    farewell: float = 0.5
    reply: float = 1.0
    pause_noticed_s: float = 120.0
    pause_certain_s: float = 3600.0

    @property
    def lookahead(self) -> int:
        """Messages after a boundary, itself included, that must be known before it is decided."""
        return self.messages_min + 2 * self.window

    @property
    def undecided_max(self) -> int:
        """The longest that an open topic can get."""
        return self.messages_max + self.lookahead


def utterance(text: str, vector: Vectors | None, *, at_s: float | None = None, replies_to: int | None = None, afresh: bool = False) -> Utterance:
    """Return a message as it is judged, its words read for cues."""
    return Utterance(vector, opens_talk(text), takes_leave(text), at_s, replies_to, afresh)


def decided(stream: Sequence[Utterance], rules: Segmentation, *, ended: bool = False) -> list[int]:
    """Return the places of the messages that begin a new topic, in order; the first message begins one anyway and is not among them.

    With `ended` nothing follows the stream, and all of it is decided. Otherwise the last topic is open: it may still grow, and be split.
    """
    breaks = [place for place in range(1, len(stream)) if stream[place].afresh or _pause_s(stream, place) >= rules.pause_certain_s]
    sums = _running_sums(stream)
    boundaries: list[int] = []
    for first, end in pairwise([0, *breaks, len(stream)]):
        if first:
            boundaries.append(first)
        boundaries += _within(_Evidence(stream, sums, rules, first, end), first, end, rules, ended=ended or end < len(stream))
    return boundaries


def _within(evidence: "_Evidence", first: int, end: int, rules: Segmentation, *, ended: bool) -> list[int]:
    """Return the boundaries inside a stretch without breaks."""
    boundaries: list[int] = []
    start, place = first, first + 1
    while place < end and (ended or place + rules.lookahead <= end):
        boundary = 0
        if place - start >= rules.messages_max:
            # Nothing stood out: the best place in its second half, so that neither part is a scrap.
            second_half = range(start + max(rules.messages_min, rules.messages_max // 2), place + 1)
            boundary = max(second_half, key=lambda one: (evidence.of(start, one), one))
        elif place - start >= rules.messages_min and _stands_out(evidence, start, place, end, rules):
            boundary = place
        if boundary:
            boundaries.append(boundary)
            start = place = boundary
        place += 1
    return boundaries


def _stands_out(evidence: "_Evidence", start: int, place: int, end: int, rules: Segmentation) -> bool:
    """Whether the evidence is enough, and no less than that for the places which a boundary here would rule out."""
    here = evidence.of(start, place)
    return here >= 1.0 and all(here >= evidence.of(start, later) for later in range(place + 1, min(place + rules.messages_min, end)))


def _pause_s(stream: Sequence[Utterance], place: int) -> float:
    before, after = stream[place - 1].at_s, stream[place].at_s
    return 0.0 if before is None or after is None else after - before


class _Evidence:
    """What speaks for a boundary before each message of a stretch. What lies before the current topic's start is not looked at."""

    def __init__(self, stream: Sequence[Utterance], sums: _Sums, rules: Segmentation, first: int, end: int) -> None:
        self._stream = stream
        self._sums = sums
        self._rules = rules
        self._start = first
        self._end = end
        self._similarities: dict[int, float] = {}
        self._found: dict[int, float] = {}

    def of(self, start: int, place: int) -> float:
        """Return the evidence before the message at `place`, given where the current topic starts."""
        if start != self._start:
            self._start, self._similarities, self._found = start, {}, {}
        if place not in self._found:
            self._found[place] = self._rules.drift * self._depth(place) + self._cues(place)
        return self._found[place]

    def _cues(self, place: int) -> float:
        rules, stream = self._rules, self._stream
        pause_s = _pause_s(stream, place)
        total = 0.0
        if pause_s > rules.pause_noticed_s:
            total += math.log(pause_s / rules.pause_noticed_s) / math.log(rules.pause_certain_s / rules.pause_noticed_s)
        if stream[place].opens:
            talking = stream[place].at_s is not None and stream[place - 1].at_s is not None and pause_s <= rules.pause_noticed_s
            total += rules.opening * (0.5 if talking else 1.0)
        if any(one.leaves for one in stream[max(self._start, place - 2) : place]):
            total += rules.farewell
        # What answers the topic so far keeps together all that lies between.
        after = stream[place : min(place + rules.window, self._end)]
        if any(one.replies_to is not None and self._start <= one.replies_to < place for one in after):
            total -= rules.reply
        return total

    def _depth(self, place: int) -> float:
        """How much less alike the two sides are than around the nearest places where they are most alike."""
        reach = self._rules.window
        here = self._similarity(place)
        left = max(self._similarity(one) for one in range(max(self._start + 1, place - reach), place + 1))
        right = max(self._similarity(one) for one in range(place, min(place + reach, self._end - 1) + 1))
        return (left - here) + (right - here)

    def _similarity(self, place: int) -> float:
        if place not in self._similarities:
            before = self._sums[place] - self._sums[max(self._start, place - self._rules.window)]
            after = self._sums[min(place + self._rules.window, self._end)] - self._sums[place]
            lengths = float(np.linalg.norm(before) * np.linalg.norm(after))
            self._similarities[place] = float(before @ after) / lengths if lengths > _NOTHING else 1.0
        return self._similarities[place]


def _running_sums(stream: Sequence[Utterance]) -> _Sums:
    dimensions = next((len(one.vector) for one in stream if one.vector is not None), 1)
    sums = np.zeros((len(stream) + 1, dimensions), dtype=np.float64)
    for place, one in enumerate(stream):
        if one.vector is not None:
            sums[place + 1] = one.vector
    return np.asarray(np.cumsum(sums, axis=0), dtype=np.float64)

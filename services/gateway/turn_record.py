"""What is measured and logged about each turn: one line at its end, never its text."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram

from parlour.gateway.v1 import gateway_pb2
from services.runtime.telemetry import get_logger

_BUCKETS_S = (0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60)
_turns = Counter("parlour_gateway_turns_total", "Messages answered, by outcome", ["outcome", "origin"])
_turn_seconds = Histogram("parlour_gateway_turn_seconds", "From a message's arrival to its last event", ["outcome"], buckets=_BUCKETS_S)
_first_text_seconds = Histogram("parlour_gateway_first_text_seconds", "From a message's arrival to its first text", buckets=_BUCKETS_S)
_notices = Counter("parlour_gateway_notices_total", "Degradations that people were told of", ["kind"])
_log = get_logger(__name__)


class TurnRecord:
    """Keeps the times of one turn's steps; `took` is told each, in seconds, at its end."""

    def __init__(
        self,
        turn_id: str,
        origin: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        took: Callable[[str, float], None] = lambda step, seconds: None,
    ) -> None:
        self._turn_id = turn_id
        self._origin = origin
        self._clock = clock
        self._took = took
        self._started_s = clock()
        self._ms_by_step: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step of the turn."""
        started_s = self._clock()
        try:
            yield
        finally:
            seconds = self._clock() - started_s
            self._ms_by_step[f"{name}_ms"] = round(seconds * 1000, 1)
            self._took(name, seconds)

    def first_text(self) -> None:
        """Note that the first text is about to be sent; later calls change nothing."""
        if "first_text_ms" not in self._ms_by_step:
            waited_s = self._clock() - self._started_s
            self._ms_by_step["first_text_ms"] = round(waited_s * 1000, 1)
            _first_text_seconds.observe(waited_s)

    def notice(self, kind: str) -> None:
        """Count a degradation that was said."""
        _notices.labels(kind).inc()

    def finish(self, final: gateway_pb2.Final) -> None:
        """Log and count the end of the turn."""
        outcome = gateway_pb2.Final.Outcome.Name(final.outcome).removeprefix("OUTCOME_").lower()
        self._end(
            "replayed" if final.replayed else outcome,
            reason=final.reason,
            model=final.model,
            prompt_tokens=final.prompt_tokens,
            completion_tokens=final.completion_tokens,
            charged_microcredits=final.charged_microcredits,
            memories=final.memories_used,
        )

    def stopped(self) -> None:
        """Log and count a turn whose reader went away."""
        self._end("stopped")

    def _end(self, outcome: str, **details: object) -> None:
        total_s = self._clock() - self._started_s
        _turns.labels(outcome, self._origin).inc()
        _turn_seconds.labels(outcome).observe(total_s)
        _log.info(
            "turn ended",
            turn_id=self._turn_id,
            origin=self._origin,
            outcome=outcome,
            total_ms=round(total_s * 1000, 1),
            **self._ms_by_step,
            **details,
        )

"""Where spans go: in batches to a collector, counted, and dropped rather than waited for."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import Counter

_spans = Counter(
    "parlour_trace_spans_total", "Spans that were exported, that the collector did not take, or dropped because too many waited", ["result"]
)
_exported, _refused, _dropped = (_spans.labels(result) for result in ("exported", "refused", "dropped"))


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """Spans that wait at most, spans sent at once at most, milliseconds until they are sent, seconds that sending may take."""

    queue_max: int = 2048
    batch_max: int = 512
    delay_ms: int = 5_000
    timeout_s: float = 3.0


class NamedResource(Resource):
    """A service, by its name and what the environment tells of it. The exporter hashes it with every span, and the library's own hash writes it down
    as JSON each time; this one does so once."""

    def __init__(self, service: str) -> None:
        told = Resource.create({"service.name": service})
        super().__init__(told.attributes, told.schema_url)
        self._hashed = super().__hash__()

    def __hash__(self) -> int:
        return self._hashed

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)


class Waiting:
    """How many spans wait. The library drops the oldest where there are too many, and says so to nobody who counts."""

    def __init__(self, spans_max: int) -> None:
        self._max = spans_max
        self._count = 0
        self._lock = threading.Lock()

    def came(self) -> bool:
        """Note a span; return whether another one was dropped for it."""
        with self._lock:
            full = self._count >= self._max
            self._count += not full
        return full

    def went(self, spans: int) -> None:
        """Note that spans were taken from the queue."""
        with self._lock:
            self._count = max(0, self._count - spans)


class CountedExporter(SpanExporter):
    """Counts what another exporter does."""

    def __init__(self, exporter: SpanExporter, waiting: Waiting) -> None:
        self._exporter = exporter
        self._waiting = waiting

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; those that are not taken are gone."""
        self._waiting.went(len(spans))
        counter = _refused
        try:
            result = self._exporter.export(spans)
            counter = _exported if result is SpanExportResult.SUCCESS else _refused
            return result
        finally:
            counter.inc(len(spans))

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()


class CountedProcessor(BatchSpanProcessor):
    """Batches spans, and counts those dropped."""

    def __init__(self, exporter: SpanExporter, limits: ExportLimits) -> None:
        self._waiting = Waiting(limits.queue_max)
        super().__init__(
            CountedExporter(exporter, self._waiting),
            max_queue_size=limits.queue_max,
            schedule_delay_millis=limits.delay_ms,
            max_export_batch_size=min(limits.batch_max, limits.queue_max),
        )

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span that is sampled."""
        if span.context is not None and span.context.trace_flags.sampled and self._waiting.came():
            _dropped.inc()
        super().on_end(span)


def processor(endpoint: str, limits: ExportLimits) -> CountedProcessor:
    """Return what sends spans to a collector's address."""
    return CountedProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=limits.timeout_s), limits)

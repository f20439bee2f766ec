"""Spans are made only where the work at hand is traced, tell an error by its type alone, and never break what carries a trace on."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.runtime import spans
from services.runtime.errors import DependencyUnavailable
from services.runtime.span_export import NamedResource, Waiting

UNSAMPLED = f"00-{'a' * 32}-{'b' * 16}-00"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    processor = SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor)
    monkeypatch.setattr(spans, "_tracer", provider.get_tracer("test"))
    monkeypatch.setattr(spans, "_leaves", spans._Leaves())
    spans.take_leaves(provider.resource, processor.on_end)
    yield exporter
    provider.shutdown()


def test_outside_a_traced_call_no_span_is_made(exported: InMemorySpanExporter) -> None:
    with spans.leaf("redis lease", {}) as span:
        assert span is None
    with trace.use_span(trace.get_current_span(propagate.extract({"traceparent": UNSAMPLED}))), spans.leaf("redis lease", {}):
        pass
    assert exported.get_finished_spans() == ()


def test_an_error_is_told_by_its_type_or_reason_and_never_by_its_words(exported: InMemorySpanExporter) -> None:
    for error in (ValueError("sentinel"), DependencyUnavailable("database", "sentinel")):
        with pytest.raises(type(error)), spans.current("job any"), spans.leaf("postgresql read", {}):
            raise error
    found = exported.get_finished_spans()
    assert [(span.attributes or {})["error.type"] for span in found] == ["ValueError"] * 2 + [DependencyUnavailable.reason] * 2
    assert "sentinel" not in "".join(span.to_json() for span in found)


def test_a_leaf_lies_below_the_work_at_hand_and_tells_what_was_added(exported: InMemorySpanExporter) -> None:
    with spans.current("call"), spans.leaf("memory lookup", {"kind": "words"}, spans.INTERNAL) as leaf:
        above = spans.cause()
        assert leaf is not None
        leaf.add({"served_by": "a replica"})
        assert spans.cause() == above, "it is not made the current span"
    seen, call = exported.get_finished_spans()
    assert (seen.name, seen.kind, seen.attributes) == ("memory lookup", spans.INTERNAL, {"kind": "words", "served_by": "a replica"})
    assert seen.context is not None
    assert seen.parent == above == call.context
    assert seen.context.trace_id == above.trace_id
    assert seen.context.span_id not in (0, above.span_id)
    assert (call.start_time or 0) <= (seen.start_time or 0) <= (seen.end_time or 0) <= (call.end_time or 0)
    assert seen.status.is_unset


def test_a_resource_is_as_the_library_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=here")
    named, told = NamedResource("parlour-credit"), Resource.create({"service.name": "parlour-credit"})
    assert named == told
    assert hash(named) == hash(told)
    assert named != NamedResource("parlour-memory")


def test_a_batch_lies_below_its_first_traced_caller_and_links_to_each(exported: InMemorySpanExporter) -> None:
    causes = [trace.INVALID_SPAN_CONTEXT, trace.get_current_span(propagate.extract({"traceparent": UNSAMPLED})).get_span_context()]
    for _ in range(2):
        with spans.current("call"):
            causes.append(spans.cause())
    with spans.together("credit batch", causes, {}):
        assert spans.cause().trace_id == causes[2].trace_id
    batch = exported.get_finished_spans()[-1]
    assert batch.parent == causes[2]
    assert [link.context for link in batch.links] == causes[2:]


def test_a_batch_of_callers_who_are_not_traced_carries_the_first_one_s_id_for_the_log(exported: InMemorySpanExporter) -> None:
    unsampled = trace.get_current_span(propagate.extract({"traceparent": UNSAMPLED})).get_span_context()
    with spans.together("credit batch", [unsampled], {}):
        assert f"{spans.cause().trace_id:032x}" == "a" * 32
    assert exported.get_finished_spans() == ()


SAMPLED_OFF = """
import sys
from opentelemetry import propagate, trace
from services.runtime import spans, telemetry
telemetry.configure_tracing("gateway", sys.argv[1], ratio=0.0)
with spans.current("turn") as span:
    carrier = {}
    propagate.inject(carrier)
    print(span.is_recording(), int(carrier["traceparent"][-2:], 16) & 1, carrier["traceparent"][3:35] == telemetry.trace_id() != "")
"""


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:1"])
def test_what_is_sampled_off_is_carried_on_with_its_id_and_recorded_nowhere(endpoint: str) -> None:
    done = subprocess.run([sys.executable, "-c", SAMPLED_OFF, endpoint], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "0", "True"]


def test_a_span_that_finds_the_queue_full_drops_another() -> None:
    waiting = Waiting(2)
    assert [waiting.came() for _ in range(3)] == [False, False, True]
    waiting.went(2)
    assert [waiting.came() for _ in range(3)] == [False, False, True]

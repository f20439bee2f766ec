"""Spans below a call: a statement, a command, a model's answer, a batch. Where the work at hand is not traced, none is made and nothing is paid.

Attributes are names and numbers of ours, by OpenTelemetry's semantic conventions; an error is told by its type alone, because its message may quote
what a person wrote.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry import trace

from services.runtime.errors import ParlourError

CLIENT = trace.SpanKind.CLIENT
INTERNAL = trace.SpanKind.INTERNAL
type Attributes = Mapping[str, str | int | float | bool]

_tracer = trace.get_tracer("parlour")
_NOTHING: AbstractContextManager[trace.Span] = nullcontext(trace.INVALID_SPAN)


def leaf(name: str, attributes: Attributes, kind: trace.SpanKind = CLIENT) -> AbstractContextManager[trace.Span]:
    """Return a span of the work at hand for as long as the block runs; nothing where that is not traced.

    It is not made the current span: a generator may be closed from another task than the one that began it.
    """
    return _leaf(name, attributes, kind) if trace.get_current_span().is_recording() else _NOTHING


@contextmanager
def _leaf(name: str, attributes: Attributes, kind: trace.SpanKind) -> Iterator[trace.Span]:
    span = _tracer.start_span(name, kind=kind, attributes=attributes)
    try:
        yield span
    except Exception as error:
        failed(span, error)
        raise
    finally:
        span.end()


@contextmanager
def current(name: str, *, attributes: Attributes | None = None, links: Iterable[trace.Link] = ()) -> Iterator[trace.Span]:
    """Make a span the current one for as long as the block runs, in one task: what is done and logged in it belongs to it."""
    span = _tracer.start_span(name, attributes=attributes, links=list(links))
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except Exception as error:
            failed(span, error)
            raise


def cause() -> trace.SpanContext:
    """Return what names the span at hand, for who does the work later, with that of others."""
    return trace.get_current_span().get_span_context()


@contextmanager
def together(name: str, causes: Iterable[trace.SpanContext], attributes: Attributes) -> Iterator[None]:
    """Do work for several callers: below the first who is traced, with a link to each such. Where nobody is, it carries the first one's id."""
    known = [one for one in causes if one.is_valid]
    traced = [one for one in known if one.trace_flags.sampled]
    if not known:
        yield
        return
    with trace.use_span(trace.NonRecordingSpan((traced or known)[0]), record_exception=False, set_status_on_exception=False):
        if not traced:
            yield
            return
        with current(name, attributes=attributes, links=[trace.Link(one) for one in traced]):
            yield


def rpc(path: str, code: str) -> Attributes:
    """Return the attributes of a call: its path, as "/package.Service/Method", and the name of its status."""
    service, _, method = path.lstrip("/").rpartition("/")
    return {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method, "rpc.grpc.status_code": code}


def failed(span: trace.Span, error: BaseException) -> None:
    """Mark a span as failed, by the error's reason or type."""
    span.set_attribute("error.type", error.reason if isinstance(error, ParlourError) else type(error).__name__)
    span.set_status(trace.StatusCode.ERROR)

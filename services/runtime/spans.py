"""Spans below a call: a statement, a command, a model's answer, a batch. Where the work at hand is not traced, none is made and nothing is paid.

Attributes are names and numbers of ours, by OpenTelemetry's semantic conventions; an error is told by its type alone, because its message may quote
what a person wrote.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from services.runtime.errors import ParlourError

CLIENT = trace.SpanKind.CLIENT
INTERNAL = trace.SpanKind.INTERNAL
type Attributes = Mapping[str, str | int | float | bool]

_SCOPE = InstrumentationScope("parlour")
_UNSET, _FAILED = trace.Status(trace.StatusCode.UNSET), trace.Status(trace.StatusCode.ERROR)
_tracer = trace.get_tracer(_SCOPE.name)


class Leaf:
    """A span below which there is none, made when it is over: that takes a sixth of the time of one that is begun and ended."""

    __slots__ = ("_attributes", "_began_ns", "_kind", "_name", "_parent")

    def __init__(self, name: str, attributes: Attributes, kind: trace.SpanKind, parent: trace.SpanContext) -> None:
        self._name = name
        self._attributes = attributes
        self._kind = kind
        self._parent = parent

    def add(self, attributes: Attributes) -> None:
        """Tell more of it."""
        self._attributes = {**self._attributes, **attributes}

    def __enter__(self) -> "Leaf":
        self._began_ns = time.time_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        status = _UNSET
        if isinstance(error, Exception):
            status = _FAILED
            self.add({"error.type": _error_type(error)})
        parent = self._parent
        context = trace.SpanContext(parent.trace_id, random.getrandbits(64) or 1, False, parent.trace_flags, parent.trace_state)
        _leaves.ended(
            ReadableSpan(
                self._name,
                context,
                parent,
                _leaves.resource,
                self._attributes,
                kind=self._kind,
                status=status,
                start_time=self._began_ns,
                end_time=time.time_ns(),
                instrumentation_scope=_SCOPE,
            )
        )


class _Leaves:
    """Where leaves go: nowhere before somebody takes them."""

    def __init__(self) -> None:
        self.resource = Resource.get_empty()
        self.ended: Callable[[ReadableSpan], None] = lambda span: None


_leaves = _Leaves()
_NOTHING: AbstractContextManager[Leaf | None] = nullcontext()


def take_leaves(resource: Resource, ended: Callable[[ReadableSpan], None]) -> None:
    """Have leaves handed to `ended`, as spans of `resource`."""
    _leaves.resource, _leaves.ended = resource, ended


def leaf(name: str, attributes: Attributes, kind: trace.SpanKind = CLIENT) -> AbstractContextManager[Leaf | None]:
    """Return a span of the work at hand for as long as the block runs; nothing where that is not traced.

    It is not made the current span: a generator may be closed from another task than the one that began it.
    """
    above = trace.get_current_span()
    return Leaf(name, attributes, kind, above.get_span_context()) if above.is_recording() else _NOTHING


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
    span.set_attribute("error.type", _error_type(error))
    span.set_status(trace.StatusCode.ERROR)


def _error_type(error: BaseException) -> str:
    return error.reason if isinstance(error, ParlourError) else type(error).__name__

"""Logs, traces and metrics, set up once a process.

Logs are JSON lines on standard error and carry the trace id of the request at hand. Nobody logs what people write.
"""

import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from importlib.metadata import version
from typing import Any, cast

import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from prometheus_client import Gauge, Info, start_http_server

from services.runtime import spans
from services.runtime.span_export import ExportLimits, NamedResource, processor

get_logger = structlog.get_logger
tracer = trace.get_tracer
_build = Info("parlour_build", "Which service this is, and its version")
_clock = Gauge("parlour_clock_timestamp_seconds", "What this process's clock shows when it is asked, in seconds since 1970")
_clock.set_function(time.time)
_CAUSES_MAX = 5


def trace_id() -> str:
    """Return the trace id of the work at hand, 32 hexadecimal digits; empty outside a trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def _add_trace_id(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.setdefault("trace_id", trace_id())
    return event


def _add_frames(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace exc_info by the frames and types of the error and its causes.

    Messages are left out: a database's or a library's may quote what a person wrote.
    """
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    parts: list[str] = []
    while error is not None and len(parts) < _CAUSES_MAX:
        parts.append(f"{type(error).__module__}.{type(error).__qualname__}\n{''.join(traceback.format_tb(error.__traceback__))}")
        error = error.__cause__ or error.__context__
    if parts:
        event["error"] = "caused by ".join(parts)
    return event


def configure_logging(service: str, level: str) -> None:
    """Send structlog's and the standard library's records to standard error as JSON lines."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace_id,
        _add_frames,
    ]
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(sort_keys=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(sort_keys=False)],
            foreign_pre_chain=[*shared, _fixed_service(service)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING))
    # It warns of each attempt to connect, which is what the probe of the dependency tells once.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


def _fixed_service(service: str) -> structlog.types.Processor:
    def add(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return cast("structlog.types.Processor", add)


def configure_tracing(service: str, otlp_endpoint: str, *, ratio: float = 1.0, limits: ExportLimits | None = None) -> TracerProvider:
    """Make spans for every hop where an endpoint is given, of `ratio` of the traces; who began a trace decides for all. Ids are there in any case."""
    sampler = ParentBased(TraceIdRatioBased(ratio)) if otlp_endpoint else ALWAYS_OFF
    resource = NamedResource(f"parlour-{service}")
    provider = TracerProvider(resource=resource, sampler=sampler)
    if otlp_endpoint:
        exporting = processor(otlp_endpoint, limits or ExportLimits())
        provider.add_span_processor(exporting)
        spans.take_leaves(resource, exporting.on_end)
    trace.set_tracer_provider(provider)
    return provider


def serve_metrics(listen: str, service: str) -> None:
    """Serve this process's metrics to Prometheus at http://listen/metrics. Raises OSError where the port is taken."""
    _build.info({"service": service, "version": version("parlour")})
    host, _, port = listen.rpartition(":")
    start_http_server(int(port), addr=host or "127.0.0.1")

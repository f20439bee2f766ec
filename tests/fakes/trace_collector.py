"""A collector of traces in the test's own process: what the services export arrives here over gRPC."""

from collections.abc import Iterable
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2

type Request = trace_service_pb2.ExportTraceServiceRequest
type Response = trace_service_pb2.ExportTraceServiceResponse


@dataclass(frozen=True)
class Seen:
    """A span as it arrived; ids in hexadecimal digits, the parent's empty at the root. `links` are (trace id, span id)."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    links: tuple[tuple[str, str], ...]
    attributes: dict[str, str]
    began_ns: int
    ended_ns: int

    @classmethod
    def of(cls, service: str, span: trace_pb2.Span) -> "Seen":
        """Translate a span."""
        links = tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links)
        attributes = {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}
        ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
        return cls(service, span.name, *ids, links, attributes, span.start_time_unix_nano, span.end_time_unix_nano)


class TraceCollector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps spans, and everything that came as text in `received`."""

    def __init__(self, port: int) -> None:
        self.spans: list[Seen] = []
        self.received: list[str] = []
        self._port = port
        self._server: grpc.aio.Server | None = None

    async def __aenter__(self) -> "TraceCollector":
        self._server = grpc.aio.server()
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self._server.add_insecure_port(f"127.0.0.1:{self._port}")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        await self._server.stop(0)

    async def Export(self, request: Request, context: "grpc.aio.ServicerContext[object, object]") -> Response:
        self.received.append(str(request))
        for resource in request.resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [Seen.of(names["service.name"], span) for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    @property
    def endpoint(self) -> str:
        """What services are told."""
        return f"http://127.0.0.1:{self._port}"

    def trace(self, trace_id: str) -> list[Seen]:
        """Return a trace's spans in order of their beginning."""
        return sorted((span for span in self.spans if span.trace_id == trace_id), key=lambda span: span.began_ns)


def tree(spans: Iterable[Seen]) -> str:
    """Return a trace as text: a line for each span, with its service and milliseconds."""
    known = sorted(spans, key=lambda span: span.began_ns)
    lines: list[str] = []

    def grow(parent_id: str, depth: int) -> None:
        for span in known:
            if span.parent_id == parent_id:
                took_ms = (span.ended_ns - span.began_ns) / 1e6
                served = span.attributes.get("parlour.memory.served_by", "")
                lines.append(f"{'  ' * depth}{span.service.removeprefix('parlour-')}: {span.name} {took_ms:.1f} ms {served}".rstrip())
                grow(span.span_id, depth + 1)

    roots = {span.parent_id for span in known} - {span.span_id for span in known}
    for root in sorted(roots):
        grow(root, 0)
    return "\n".join(lines)

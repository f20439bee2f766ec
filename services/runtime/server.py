"""The gRPC server that every service runs: one guard around each call does what no servicer should have to think of.

In order: trace, the caller, deadline, admission, parsing and validation, the servicer, the mapping of errors, metrics. Health and reflection pass
without it.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_reflection.v1alpha import reflection
from opentelemetry import context, propagate, trace
from prometheus_client import Counter, Gauge, Histogram

from services.runtime import deadline, failures, spans
from services.runtime.callers import AllowedCallers, Table
from services.runtime.channel import KEEPALIVE_MS
from services.runtime.errors import DeadlineExceeded, DeadlineMissing, InvalidField, Overloaded, ParlourError, RateLimited, Unimplemented
from services.runtime.health import Health
from services.runtime.rate_limit import RateLimit
from services.runtime.security import Tls
from services.runtime.settings import ServiceSettings
from services.runtime.status import status_details
from services.runtime.validation import parse, validate

type _Context = grpc.aio.ServicerContext[Any, Any]
type _Handler = grpc.RpcMethodHandler[Any, Any]
type _Read = Callable[[bytes], Message]
_EXEMPT = ("/grpc.health.", "/grpc.reflection.")
_ATTEMPTS = "grpc-previous-rpc-attempts"
"""What gRPC sends along with the second and the third attempt."""

_seconds = Histogram(
    "parlour_rpc_server_duration_seconds",
    "How long calls took to serve",
    ["method", "code"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
_in_flight = Gauge("parlour_rpc_in_flight", "Calls being served")
_in_flight_max = Gauge("parlour_rpc_in_flight_max", "Calls served at once at most; more are refused")
_refused = Counter("parlour_rpc_refused_total", "Calls refused before they began: full, too_late, no_deadline, or rate", ["why"])
_repeated = Counter("parlour_rpc_server_repeats_total", "Calls that a caller's channel sent again", ["method"])
_tracer = trace.get_tracer("parlour.server")


class Server:
    """A service's gRPC server.

    With `tls`, each call must come from a caller that `callers` names for its method; without a table, from nobody. Without `tls`, anybody may call:
    it belongs on loopback.
    """

    def __init__(self, service: str, settings: ServiceSettings, health: Health, tls: Tls | None = None, *, callers: Table | None = None) -> None:
        self._settings = settings
        self._health = health
        self._names = [reflection.SERVICE_NAME]
        options = [
            # Larger messages than accepted still reach the guard, which names the problem; far larger ones are cut off by gRPC.
            ("grpc.max_receive_message_length", settings.message_bytes_max * 4),
            ("grpc.max_connection_age_ms", settings.connection_age_max_s * 1000),
            ("grpc.max_connection_age_grace_ms", 120_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", KEEPALIVE_MS // 2),
            ("grpc.so_reuseport", 0),
        ]
        allowed = AllowedCallers(callers or {}, tls.identity_prefix) if tls is not None else None
        self._server = grpc.aio.server(interceptors=[Guard(service, settings, allowed)], options=options)
        health.add_to(self._server)
        self._tls = tls
        self.port = 0

    def add[T](self, add_to_server: Callable[[T, grpc.aio.Server], None], servicer: T, service_name: str) -> None:
        """Serve a servicer under its full name, such as "parlour.credit.v1.CreditService"."""
        add_to_server(servicer, self._server)
        self._names.append(service_name)

    async def start(self) -> None:
        """Listen and serve. Raises OSError where the address is taken."""
        if self._settings.reflection:
            reflection.enable_server_reflection(self._names, self._server)
        try:
            if self._tls is None:
                self.port = self._server.add_insecure_port(self._settings.listen)
            else:
                self.port = self._server.add_secure_port(self._settings.listen, self._tls.server_credentials())
        except RuntimeError as error:
            raise OSError(f"cannot listen on {self._settings.listen}") from error
        await self._server.start()
        for name in ["", *self._names]:
            await self._health.serving(name)

    async def stop(self, drain_s: float) -> None:
        """Refuse new calls, wait up to `drain_s` for those under way, then cancel them."""
        await self._server.stop(drain_s)


class Guard(grpc.aio.ServerInterceptor):
    """What surrounds every call."""

    def __init__(self, service: str, settings: ServiceSettings, callers: AllowedCallers | None = None) -> None:
        self._service = service
        self._settings = settings
        self._callers = callers
        self._rate = RateLimit("runtime_callers", per_second=settings.calls_per_second, burst=settings.calls_burst, keys_max=settings.callers_max)
        self._running = 0
        self._guarded: dict[str, _Handler] = {}  # keyed by method: as many as the protos have
        _in_flight_max.set(settings.in_flight_max)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler | None:
        """Return the method's handler with the guard around it."""
        method = handler_call_details.method
        guarded = self._guarded.get(method)
        if guarded is None:
            handler = await continuation(handler_call_details)
            if handler is None or method.startswith(_EXEMPT):
                return handler
            guarded = self._guarded[method] = self._wrap(handler, method)
        return guarded

    def _wrap(self, handler: Any, method: str) -> _Handler:
        # Without a deserializer requests come as bytes: nothing is read for a caller that may not call.
        read = partial(_read, handler.request_deserializer.__self__, self._settings.message_bytes_max)
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._unary(handler.unary_unary, method, read), None, handler.response_serializer)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(self._stream(handler.unary_stream, method, read), None, handler.response_serializer)
        return grpc.stream_unary_rpc_method_handler(self._upload(handler.stream_unary, method, read), None, handler.response_serializer)

    def _unary(self, behaviour: Any, method: str, read: _Read) -> Any:
        async def serve(request: bytes, context: _Context) -> Any:
            call = _Call(self, method, context)
            with call.observed():
                try:
                    self._allow(context, method)
                    with self._admitted(context):
                        return await behaviour(read(request), context)
                except Exception as error:
                    return await call.abort(error)

        return serve

    def _stream(self, behaviour: Any, method: str, read: _Read) -> Any:
        async def serve(request: bytes, context: _Context) -> AsyncIterator[Message]:
            call = _Call(self, method, context)
            with call.observed():
                try:
                    self._allow(context, method)
                    with self._admitted(context):
                        async with aclosing(behaviour(read(request), context)) as responses:
                            async for response in responses:
                                yield response
                except Exception as error:
                    await call.abort(error)

        return serve

    def _upload(self, behaviour: Any, method: str, read: _Read) -> Any:
        async def checked(requests: AsyncIterator[bytes]) -> AsyncIterator[Message]:
            async for request in requests:
                yield read(request)

        async def serve(requests: AsyncIterator[bytes], context: _Context) -> Any:
            call = _Call(self, method, context)
            with call.observed():
                try:
                    self._allow(context, method)
                    with self._admitted(context):
                        return await behaviour(checked(requests), context)
                except Exception as error:
                    return await call.abort(error)

        return serve

    def _allow(self, context: _Context, method: str) -> None:
        caller = ""
        if self._callers is not None:
            caller = self._callers.caller(context)
            self._callers.check(caller, method)
        wait_s = self._rate.take(caller)
        if wait_s > 0:
            _refused.labels("rate").inc()
            raise RateLimited(f"{caller or 'callers'}: {self._settings.calls_per_second:g} calls a second are served", retry_after_s=wait_s)

    @contextmanager
    def _admitted(self, context: _Context) -> Iterator[None]:
        left_s = context.time_remaining()
        if left_s is None or left_s > 1e9:
            _refused.labels("no_deadline").inc()
            raise DeadlineMissing("every call needs a deadline", metadata={"field": "grpc-timeout"})
        if left_s < self._settings.deadline_left_min_s:
            _refused.labels("too_late").inc()
            raise DeadlineExceeded(f"{left_s:.3f} s left, at least {self._settings.deadline_left_min_s} s are needed")
        if self._running >= self._settings.in_flight_max:
            _refused.labels("full").inc()
            raise Overloaded(f"{self._running} calls are being served")
        deadline.enter(left_s)
        self._running += 1
        _in_flight.inc()
        try:
            yield
        finally:
            self._running -= 1
            _in_flight.dec()

    def failed(self, error: Exception, method: str) -> ParlourError:
        """Log and count a failure, and return it as an error with a reason."""
        if isinstance(error, NotImplementedError):  # what a generated servicer raises for a method that nobody wrote
            error = Unimplemented(f"{method} is not there yet")
        return failures.ended(error, failures.Place.RPC, "call failed", method=method)

    def details(self, error: ParlourError) -> tuple[grpc.StatusCode, str, tuple[tuple[str, str | bytes], ...]]:
        """Return the status of an error of this service."""
        return status_details(error, self._service)


class _Call:
    """One call being served."""

    def __init__(self, guard: Guard, method: str, rpc: _Context) -> None:
        self._guard = guard
        self._method = method
        self._rpc = rpc
        self._code = "OK"

    @contextmanager
    def observed(self) -> Iterator[None]:
        """Trace and time the call."""
        started_s = time.monotonic()
        metadata = {key: value for key, value in self._rpc.invocation_metadata() or () if isinstance(value, str)}
        if _ATTEMPTS in metadata:
            _repeated.labels(self._method).inc()
        parent = propagate.extract(metadata)
        span = _tracer.start_span(self._method, context=parent, kind=trace.SpanKind.SERVER)
        # Never detached: a call is a task with a context of its own, and a cancelled stream is closed from another task, where that would fail.
        context.attach(trace.set_span_in_context(span))
        try:
            yield
        except BaseException:
            self._code = self._code if self._code != "OK" else "CANCELLED"
            raise
        finally:
            if span.is_recording():
                span.set_attributes(spans.rpc(self._method, self._code))
            span.end()
            _seconds.labels(self._method, self._code).observe(time.monotonic() - started_s)

    async def abort(self, error: Exception) -> Any:
        """End the call with the status that belongs to an error."""
        if isinstance(error, grpc.aio.AbortError):
            raise error
        known = self._guard.failed(error, self._method)
        code, message, trailing = self._guard.details(known)
        self._code = code.name
        await self._rpc.abort(code, message, trailing)


def _read(message_type: type[Message], bytes_max: int, data: bytes) -> Message:
    """Parse and check a request. Raises InvalidField."""
    if len(data) > bytes_max:
        raise InvalidField("request", f"has {len(data)} bytes, {bytes_max} are accepted")
    request = parse(message_type, data)
    validate(request)
    return request

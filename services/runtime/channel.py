"""How one service calls another: one long-lived channel per target, with deadlines, retries, breakers, traces and typed errors.

Deadlines, spans and breakers are applied around the call instead of in interceptors: interceptors of grpc.aio return before the call ends and cost
more than all of this together.
"""

import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Protocol

import grpc
from google.protobuf.message import Message
from opentelemetry import propagate, trace
from prometheus_client import Histogram

from services.runtime import deadline, spans
from services.runtime.breaker import Breaker, Outcome, Permit
from services.runtime.errors import DeadlineExceeded, DependencyUnavailable, ParlourError
from services.runtime.renewed_channel import RenewedChannel
from services.runtime.security import Tls
from services.runtime.status import error_from_rpc

FAIR_BUDGET_S = 0.25
"""A call that had less time than this and ran out of it tells nothing about the target."""

KEEPALIVE_MS = 3_000
KEEPALIVE_WAIT_MS = 2_500
"""A connection whose other end fell silent without closing it is noticed within the two together: until then each call on it runs out of time."""

_ALIVE = frozenset(
    {
        grpc.StatusCode.OK,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.OUT_OF_RANGE,
    }
)
# The target answers, and it is something behind it that does not.
_ALIVE_REASONS = frozenset({"MODEL_UNAVAILABLE"})

_seconds = Histogram(
    "parlour_rpc_client_duration_seconds",
    "How long calls to other services took",
    ["target", "method", "code"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
_tracer = trace.get_tracer("parlour.channel")


class Unary[Q: Message, A: Message](Protocol):
    """A unary method of a generated asynchronous stub."""

    def __call__(
        self, request: Q, /, *, timeout: float | None = None, metadata: grpc.aio.Metadata | None = None
    ) -> grpc.aio.UnaryUnaryCall[Q, A]: ...


class Streaming[Q: Message, A: Message](Protocol):
    """A response-streaming method of a generated asynchronous stub."""

    def __call__(
        self, request: Q, /, *, timeout: float | None = None, metadata: grpc.aio.Metadata | None = None
    ) -> grpc.aio.UnaryStreamCall[Q, A]: ...


class Uploading[Q: Message, A: Message](Protocol):
    """A request-streaming method of a generated asynchronous stub."""

    def __call__(
        self, requests: AsyncIterator[Q], /, *, timeout: float | None = None, metadata: grpc.aio.Metadata | None = None
    ) -> grpc.aio.StreamUnaryCall[Q, A]: ...


def service_config(retried: list[str]) -> str:
    """Return the service config: UNAVAILABLE is retried, three attempts with backoff and jitter, throttled, for the services named."""
    policy = {
        "maxAttempts": 3,
        "initialBackoff": "0.05s",
        "maxBackoff": "0.5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return json.dumps(
        {
            "loadBalancingConfig": [{"round_robin": {}}],
            "methodConfig": [{"name": [_method_name(name) for name in retried], "retryPolicy": policy}] if retried else [],
            "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.2},
            "healthCheckConfig": {"serviceName": ""},
        }
    )


def _method_name(name: str) -> dict[str, str]:
    service, _, method = name.partition("/")
    return {"service": service, "method": method} if method else {"service": service}


class Remote:
    """A channel to one service.

    `retried` names the services ("parlour.credit.v1.CreditService") or methods ("service/Method") whose calls may be repeated: those that carry an
    idempotency key or only read. Make it inside the running loop.
    """

    def __init__(
        self,
        target: str,
        address: str,
        *,
        retried: list[str] | None = None,
        message_bytes_max: int = 4 << 20,
        failures_max: int = 5,
        open_s: float = 3.0,
        tls: Tls | None = None,
    ) -> None:
        self.target = target
        options: list[tuple[str, object]] = [
            ("grpc.service_config", service_config(retried or [])),
            ("grpc.max_receive_message_length", message_bytes_max),
            ("grpc.keepalive_time_ms", KEEPALIVE_MS),
            ("grpc.keepalive_timeout_ms", KEEPALIVE_WAIT_MS),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.ping_timeout_ms", KEEPALIVE_WAIT_MS),  # of gRPC's other pings: while one of them is out, no other is sent
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 1_000),  # how long an attempt to connect may take: a busy target needs its time
            # Short, so that an instance that is back is known before a deployment stops the next one.
            ("grpc.max_reconnect_backoff_ms", 1_000 + random.randrange(250)),  # noqa: S311 -- jitter
        ]
        self.channel: grpc.aio.Channel
        if tls is None:
            self.channel = grpc.aio.insecure_channel(address, options=options)
        else:
            self.channel = renewed = RenewedChannel(lambda: grpc.aio.secure_channel(address, tls.channel_credentials(), options=options))
            tls.on_renewal(renewed.renew)
        self._encrypted = tls is not None
        self._breakers = {
            method_class: Breaker(target, method_class, failures_max=failures_max, open_s=open_s) for method_class in ("unary", "stream")
        }

    @property
    def breaker_state(self) -> str:
        """The worst state of this target's breakers: open, half_open or closed."""
        states = [breaker.state for breaker in self._breakers.values()]
        return next((state for state in ("open", "half_open") if state in states), "closed")

    async def unary[Q: Message, A: Message](self, method: Unary[Q, A], request: Q, *, timeout_s: float) -> A:
        """Call a unary method; it takes `timeout_s` at most and never longer than the deadline at hand.

        Raises the error that the service raised, or CircuitOpen, DeadlineExceeded or DependencyUnavailable.
        """
        with self._observed("unary", _path(method)) as observed:
            call = method(request, timeout=observed.allow(timeout_s), metadata=observed.metadata())
            try:
                return await call
            except grpc.aio.AioRpcError as error:
                raise error_from_rpc(error, self.target, encrypted=self._encrypted) from None

    async def stream[Q: Message, A: Message](self, method: Streaming[Q, A], request: Q, *, timeout_s: float) -> AsyncIterator[A]:
        """Call a streaming method; closing the iterator, or cancelling its reader, cancels the call. Raises like `unary`."""
        with self._observed("stream", _path(method)) as observed:
            call = method(request, timeout=observed.allow(timeout_s), metadata=observed.metadata())
            try:
                async for response in call:
                    observed.answered()
                    yield response
            except grpc.aio.AioRpcError as error:
                raise error_from_rpc(error, self.target, encrypted=self._encrypted) from None
            finally:
                call.cancel()

    async def upload[Q: Message, A: Message](self, method: Uploading[Q, A], requests: AsyncIterator[Q], *, timeout_s: float) -> A:
        """Call a method that takes a stream of requests. Raises like `unary`."""
        with self._observed("stream", _path(method)) as observed:
            call = method(requests, timeout=observed.allow(timeout_s), metadata=observed.metadata())
            try:
                return await call
            except grpc.aio.AioRpcError as error:
                raise error_from_rpc(error, self.target, encrypted=self._encrypted) from None
            finally:
                call.cancel()

    @contextmanager
    def _observed(self, method_class: str, path: str) -> Iterator["_Observed"]:
        permit = self._breakers[method_class].admit()
        observed = _Observed(self.target, path, permit)
        outcome = Outcome.NEUTRAL
        try:
            yield observed
        except ParlourError as error:
            outcome = observed.outcome_of(error)
            observed.code = error.failure.code.name
            raise
        except BaseException:
            observed.code = "CANCELLED"
            raise
        else:
            outcome = Outcome.ALIVE
        finally:
            permit.report(outcome)
            observed.finish()

    def reached(self) -> None:
        """Say that the target answers a health check: calls need not wait for a breaker that opened because nobody answered."""
        for breaker in self._breakers.values():
            breaker.reached()

    async def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        await self.channel.close()


class _Observed:
    """One call under way: its time, its outcome."""

    def __init__(self, target: str, path: str, permit: Permit) -> None:
        self._target = target
        self._path = path
        self._permit = permit
        self._started_s = time.monotonic()
        # Not made the current span: a stream is read in its reader's context, which would keep it between two reads.
        self._span = _tracer.start_span(path, kind=trace.SpanKind.CLIENT)
        self._timeout_s = 0.0
        self.code = "OK"

    def allow(self, timeout_s: float) -> float:
        """Return the time for the call. Raises DeadlineExceeded when there is none left."""
        self._timeout_s = deadline.call_timeout_s(timeout_s)
        if self._timeout_s <= 0:
            raise DeadlineExceeded(f"no time left to call {self._target}", metadata={"target": self._target})
        return self._timeout_s

    def metadata(self) -> grpc.aio.Metadata:
        """Return the metadata that carries the trace on."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier, context=trace.set_span_in_context(self._span))
        return grpc.aio.Metadata(*carrier.items())

    def answered(self) -> None:
        """Note that the target answers, however long a reply may yet take: a later timeout is not counted against it."""
        self._timeout_s = 0.0
        self._permit.answered()

    def outcome_of(self, error: ParlourError) -> Outcome:
        """Return what an error tells about the target: only what says that the target is unwell counts."""
        if error.reason in _ALIVE_REASONS:
            return Outcome.ALIVE
        if isinstance(error, DeadlineExceeded):
            stalled = time.monotonic() - self._started_s > self._timeout_s + deadline.STALLED_S
            return Outcome.NEUTRAL if stalled or self._timeout_s < FAIR_BUDGET_S else Outcome.UNWELL
        if error.failure.code in _ALIVE:
            return Outcome.ALIVE
        return Outcome.UNREACHABLE if isinstance(error, DependencyUnavailable) and error.target == self._target else Outcome.UNWELL

    def finish(self) -> None:
        """End the span and publish how long it took."""
        if self._span.is_recording():
            self._span.set_attributes(spans.rpc(self._path, self.code))
        self._span.end()
        _seconds.labels(self._target, self._path, self.code).observe(time.monotonic() - self._started_s)


def _path(method: object) -> str:
    path = getattr(method, "_method", b"")
    return path.decode() if isinstance(path, bytes) else str(path)

"""Durable background jobs: procrastinate in the service's own database, enqueued in the transaction that causes them.

Arguments are ids, never text: what is erased elsewhere must not live on in a queue. A job runs at least once, so every task is idempotent.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import procrastinate
import psycopg
import psycopg_pool
import structlog
from opentelemetry import propagate, trace
from procrastinate import jobs as procrastinate_jobs
from prometheus_client import Counter, Histogram
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from services.runtime import deadline, failures, spans
from services.runtime.bounded_connection import BoundedConnection, check_idle
from services.runtime.database import Database, driver_connection
from services.runtime.errors import DependencyUnavailable, JobFailed, ParlourError
from services.runtime.held_jobs import HELD, HeldJobs
from services.runtime.telemetry import get_logger

HEARTBEAT_S = 3.0
STALLED_S = 12.0
_STOP_S = 2.0  # beyond the time that jobs under way are given
_TRACE = "trace"
DEFAULT = "default"
"""The queue at which workers look, by procrastinate's own name for it."""

DEFER = """procrastinate_defer_jobs_v1(ARRAY[
    ROW(%(job_queue)s, %(job_task)s, %(job_priority)s, %(job_lock)s, NULL, %(job_arguments)s, NULL)::procrastinate_job_to_defer_v1
])"""
"""An SQL expression that enqueues a job as a part of any statement; `Jobs.deferred` returns its parameters."""

_Task = Callable[..., Awaitable[None]]
_runs = Counter("parlour_jobs_total", "Job runs by result", ["task", "result"])
_seconds = Histogram("parlour_job_duration_seconds", "How long jobs ran", ["task"], buckets=(0.01, 0.05, 0.25, 1, 5, 30, 120))
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Backoff(procrastinate.BaseRetryStrategy):
    """Exponential waiting: backoff_s, doubled each time, at most backoff_max_s; given up after retries_max retries."""

    retries_max: int
    backoff_s: float
    backoff_max_s: float

    def get_retry_decision(self, *, exception: BaseException, job: procrastinate_jobs.Job) -> procrastinate.RetryDecision | None:
        if job.attempts >= self.retries_max:
            _runs.labels(job.task_name, "given_up").inc()
            _log.error("job given up", task=job.task_name, job_id=job.id, attempts=job.attempts, **_caused_by(_cause_of(job)))
            return None
        wait_s = min(self.backoff_max_s, self.backoff_s * 2.0 ** min(job.attempts, 30))
        return procrastinate.RetryDecision(retry_in={"seconds": max(1, round(wait_s))})


@dataclass(frozen=True, slots=True)
class Deferred:
    """A job that the process itself runs: `parameters` of DEFER, and `begin` for when the transaction is through, with the id that DEFER returned."""

    parameters: dict[str, object]
    begin: Callable[[int], None]


class Jobs:
    """The tasks of one service and their queue. `held_max`: jobs that may wait for this process itself (held_jobs.py)."""

    def __init__(self, database: Database, *, concurrency: int = 4, drain_s: float = 3.0, held_max: int = 256) -> None:
        self._concurrency = concurrency
        self._drain_s = drain_s
        self._connector = procrastinate.PsycopgConnector(
            pool_factory=_pool, conninfo=database.url, min_size=1, max_size=concurrency + 3, timeout=5, reconnect_timeout=5
        )
        self._app = procrastinate.App(connector=self._connector)
        self._database = database
        self._held = HeldJobs(database, concurrency=concurrency, waiting_max=held_max)

    def task(
        self,
        *,
        name: str,
        retries_max: int = 10,
        backoff_s: float = 1.0,
        backoff_max_s: float = 300.0,
        priority: int = 0,
        timeout_s: float = 60.0,
    ) -> Callable[[_Task], _Task]:
        """Register a task. It runs with a deadline of `timeout_s`; any error makes the queue try again, `retries_max` times."""

        def register(function: _Task) -> _Task:
            self._app.task(name=name, queue=DEFAULT, priority=priority, retry=_Backoff(retries_max, backoff_s, backoff_max_s))(
                _observed(name, function, timeout_s)
            )
            return function

        return register

    def periodic(self, *, cron: str, name: str, timeout_s: float = 60.0) -> Callable[[Callable[[], Awaitable[None]]], _Task]:
        """Register a task that runs by a cron expression (a sixth field counts seconds); one at a time, whatever the number of instances."""

        def register(function: Callable[[], Awaitable[None]]) -> _Task:
            async def run(timestamp: int) -> None:
                await function()

            task = self._app.task(name=name, queueing_lock=name, lock=name)(_observed(name, run, timeout_s))
            self._app.periodic(cron=cron)(task)
            return run

        return register

    async def enqueue(
        self,
        transaction: AsyncSession | psycopg.AsyncConnection,
        name: str,
        *,
        lock: str | None = None,
        delay_s: int = 0,
        **arguments: str | int | bool,
    ) -> int:
        """Enqueue a task in a transaction: it runs if that commits, and is gone if not. Returns the job's id.

        Jobs with the same `lock` run one after the other. (Queueing locks are not offered: where the job waits already, one ends the transaction.)
        """
        connection = await driver_connection(transaction)
        registered = self._app.tasks[name]
        task = registered.configure(
            lock=lock,
            schedule_in={"seconds": delay_s} if delay_s else None,
            connection=connection,
        )
        return await task.defer_async(**_traced(arguments))

    async def withdraw(self, job_id: int) -> None:
        """Take a job that has not begun out of the queue: what it was for is done."""
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM procrastinate_jobs WHERE id = %s AND status = 'todo'", (job_id,))

    def deferred(self, name: str, *, lock: str | None = None, **arguments: str | int | bool) -> dict[str, object]:
        """Return the parameters of DEFER for a task: like `enqueue`, in the very statement that causes the job."""
        return self._parameters(name, self._app.tasks[name].queue, _traced(arguments), lock)

    def held(self, name: str, **arguments: str | int | bool) -> Deferred:
        """Return a task to be deferred in the very statement that causes it, and run here at once (held_jobs.py)."""
        traced = _traced(arguments)
        parameters = self._parameters(name, HELD, traced, None)
        return Deferred(parameters, lambda job_id: self._held.begin(job_id, partial(self._app.tasks[name].func, **traced)))

    def _parameters(self, name: str, queue: str, arguments: dict[str, str | int | bool], lock: str | None) -> dict[str, object]:
        return {
            "job_queue": queue,
            "job_task": name,
            "job_priority": self._app.tasks[name].priority,
            "job_lock": lock,
            "job_arguments": Jsonb(arguments),
        }

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Work on the queue while the block runs; on leaving, jobs under way get `drain_s` to end, and are tried again later if they do not."""
        async with AsyncExitStack() as stack:
            for supervised in (self._work_forever(), self._retry_stalled_forever()):
                worker = asyncio.create_task(supervised)
                stack.push_async_callback(_cancelled, worker, self._drain_s + _STOP_S)
            await stack.enter_async_context(self._held.run(self._drain_s))
            yield
        if self._connector._async_pool is not None:
            await self._app.close_async()

    async def _work_forever(self) -> None:
        while True:
            try:
                await self._open()
                await self._app.run_worker_async(
                    queues=[DEFAULT],
                    concurrency=self._concurrency,
                    install_signal_handlers=False,
                    listen_notify=True,
                    fetch_job_polling_interval=2.0,
                    shutdown_graceful_timeout=self._drain_s,
                    delete_jobs="successful",
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=STALLED_S,
                )
            except Exception as error:
                _log.warning("the job worker lost its database and starts again", problem=type(error).__name__)
                await self._discard_broken()
            await asyncio.sleep(1.0)

    async def _discard_broken(self) -> None:
        if self._connector._async_pool is not None:
            await self._connector.pool.check()

    async def _open(self) -> None:
        if self._connector._async_pool is None:
            await self._app.open_async()

    async def _retry_stalled_forever(self) -> None:
        while True:
            await asyncio.sleep(STALLED_S / 2)
            try:
                for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                    _log.warning("job of a lost worker is queued again", task=job.task_name, job_id=job.id, **_caused_by(_cause_of(job)))
                    await self._app.job_manager.retry_job(job)
            except Exception as error:  # the database is away: the next round tries again
                _log.warning("stalled jobs could not be looked for", problem=type(error).__name__)

    async def waiting(self) -> int:
        """Return how many jobs wait or run."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "SELECT count(*) FROM procrastinate_jobs j WHERE status IN ('todo', 'doing')"
                " AND NOT EXISTS (SELECT 1 FROM procrastinate_periodic_defers d WHERE d.job_id = j.id)"
            )
            row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def drained(self, interval_s: float = 0.02) -> None:
        """Wait until no job waits or runs, those of a clock aside."""
        while await self.waiting():  # noqa: ASYNC110 -- the condition lies in the database
            await asyncio.sleep(interval_s)


def _pool(**arguments: Any) -> psycopg_pool.AsyncConnectionPool[psycopg.AsyncConnection]:
    """The queue's pool, at one round trip a statement instead of four.

    procrastinate checks each connection before each statement, and wraps a transaction around it: every one of its statements is one on its own,
    and connections are checked when one fails.
    """
    arguments.pop("check", None)
    return psycopg_pool.AsyncConnectionPool(connection_class=BoundedConnection, configure=_autocommit, check=check_idle, **arguments)


async def _autocommit(connection: psycopg.AsyncConnection) -> None:
    await connection.set_autocommit(True)


def _traced(arguments: dict[str, str | int | bool]) -> dict[str, str | int | bool]:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return {**arguments, _TRACE: carrier["traceparent"]} if "traceparent" in carrier else arguments


def _cause(traceparent: object) -> trace.SpanContext:
    return trace.get_current_span(propagate.extract({"traceparent": str(traceparent)})).get_span_context()


def _cause_of(job: procrastinate_jobs.Job) -> trace.SpanContext:
    return _cause(job.task_kwargs.get(_TRACE, ""))


def _caused_by(cause: trace.SpanContext) -> dict[str, str]:
    """For the log: the trace of whoever deferred a job. What the clock defers has none."""
    return {"caused_by": f"{cause.trace_id:032x}"} if cause.is_valid else {}


def _observed(name: str, function: _Task, timeout_s: float) -> _Task:
    attributes = {"messaging.system": "procrastinate", "messaging.operation.type": "process", "messaging.destination.name": name}

    async def run(**arguments: object) -> None:
        started_s = time.monotonic()
        cause = _cause(arguments.pop(_TRACE, ""))
        links = [trace.Link(cause)] if cause.is_valid else []
        with spans.current(f"job {name}", links=links, attributes=attributes), structlog.contextvars.bound_contextvars(**_caused_by(cause)):
            result = "failed"
            try:
                with deadline.detached(timeout_s):
                    async with asyncio.timeout(timeout_s):
                        await function(**arguments)
                result = "done"
            except Exception as error:
                reason, problem = _why(error)
                failed = JobFailed(f"{name}: {problem}")
                failed.__cause__ = error
                raise failures.ended(failed, failures.Place.JOB, "job failed", task=name, cause=reason, arguments=arguments) from error
            finally:
                _runs.labels(name, result).inc()
                _seconds.labels(name).observe(time.monotonic() - started_s)

    run.__name__ = name
    return run


def _why(error: Exception) -> tuple[str, str]:
    """The reason and the problem of a job that failed: procrastinate says in a class of its own that the database is away."""
    if isinstance(error, procrastinate.exceptions.ConnectorException):
        return DependencyUnavailable.reason, "the queue's database is away"
    return (error.reason, error.message) if isinstance(error, ParlourError) else ("INTERNAL", type(error).__name__)


async def _cancelled(task: "asyncio.Task[None]", again_after_s: float) -> None:
    """Cancel a task until it has ended: a worker that is just losing its database takes a cancellation for a part of that, and starts again."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=again_after_s)
    if not task.cancelled():
        task.exception()  # so that asyncio does not report it as forgotten

"""Jobs that run at once in the process that deferred them, without a way through the queue.

Such a job is deferred like any other, in the transaction that causes it, but to a queue at which no worker looks. The process runs it as soon as that
transaction is through, and takes it out of the queue when it is done. Whatever becomes of the process, it is not lost: a job that failed, for which
there was no room, or that is still there after HELD_S is handed over to the workers. So it may run twice, as every job may.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from prometheus_client import Counter, Gauge

from services.runtime import failures
from services.runtime.database import Database
from services.runtime.errors import JobFailed

HELD = "held"
"""The queue of jobs that their own process runs."""
HELD_S = 5.0
"""How long a job is left to the process that deferred it, in seconds."""
_AGAIN_AFTER_S = 1.0
_STOP_S = 2.0

_DONE = "DELETE FROM procrastinate_jobs WHERE id = %(job_id)s AND queue_name = %(held)s AND status = 'todo'"
_HAND_OVER = """
    UPDATE procrastinate_jobs SET queue_name = 'default', scheduled_at = now() + make_interval(secs => %(wait_s)s)
    WHERE id = ANY(%(job_ids)s) AND queue_name = %(held)s AND status = 'todo'
"""
# procrastinate keeps no time of its own with a job, but one with what happened to it.
_HAND_OVER_OLD = """
    UPDATE procrastinate_jobs j SET queue_name = 'default'
    WHERE j.queue_name = %(held)s AND j.status = 'todo' AND EXISTS (
        SELECT FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred' AND e.at < now() - make_interval(secs => %(held_s)s)
    )
"""

_held = Gauge("parlour_jobs_held", "Jobs that wait for the process that deferred them, or run in it")
_handed_over = Counter(
    "parlour_jobs_handed_over_total", "Jobs that came to the workers because the process that deferred them did not do them", ["why"]
)


@dataclass(frozen=True, slots=True)
class _Held:
    job_id: int
    work: Callable[[], Awaitable[None]]


class HeldJobs:
    """Runs at most `concurrency` of them at once; at most `waiting_max` wait, the others are left to the workers."""

    def __init__(self, database: Database, *, concurrency: int, waiting_max: int) -> None:
        self._database = database
        self._concurrency = concurrency
        self._waiting: asyncio.Queue[_Held] = asyncio.Queue(waiting_max)
        self._busy: dict[asyncio.Task[None], int] = {}
        self._stopping = False

    def begin(self, job_id: int, work: Callable[[], Awaitable[None]]) -> None:
        """Have a job done, whose transaction is through. `work` says in the log itself what fails."""
        try:
            self._waiting.put_nowait(_Held(job_id, work))
        except asyncio.QueueFull:
            _handed_over.labels("full").inc()  # it stays where it is, and is found there
        else:
            _held.inc()

    @asynccontextmanager
    async def run(self, drain_s: float) -> AsyncIterator[None]:
        """Do what is begun while the block runs; on leaving, what is under way gets `drain_s` to end, and the rest goes to the workers."""
        workers = [asyncio.create_task(self._work_until_stopped()) for _ in range(self._concurrency)]
        finding = asyncio.create_task(self._hand_over_old_forever())
        try:
            yield
        finally:
            self._stopping = True
            left = [self._waiting.get_nowait().job_id for _ in range(self._waiting.qsize())]
            if self._busy:
                await asyncio.wait(list(self._busy), timeout=drain_s)
            left += self._busy.values()
            for task in (finding, *workers):
                task.cancel()
            await asyncio.wait([finding, *workers])
            _held.dec(len(left))
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_S):
                    await self._hand_over(left, "stopped")

    async def _work_until_stopped(self) -> None:
        worker = asyncio.current_task()
        assert worker is not None
        while not self._stopping:
            held = await self._waiting.get()
            self._busy[worker] = held.job_id
            await self._do(held)
            del self._busy[worker]
            _held.dec()

    async def _do(self, held: _Held) -> None:
        try:
            await held.work()
        except JobFailed:  # it has said so in the log
            await self._hand_over([held.job_id], "failed", wait_s=_AGAIN_AFTER_S)
            return
        try:
            async with self._database.connection() as connection:
                await connection.execute(_DONE, {"job_id": held.job_id, "held": HELD})
        except Exception as error:
            failures.ended(error, failures.Place.JOB, "a job that is done stays in the queue, and is done again", job_id=held.job_id)

    async def _hand_over(self, job_ids: Sequence[int], why: str, *, wait_s: float = 0.0) -> None:
        """Give jobs to the workers; where the database cannot be told, they are found there later."""
        if not job_ids:
            return
        _handed_over.labels(why).inc(len(job_ids))
        try:
            async with self._database.connection() as connection:
                await connection.execute(_HAND_OVER, {"job_ids": list(job_ids), "held": HELD, "wait_s": wait_s})
        except Exception as error:
            failures.ended(error, failures.Place.JOB, "jobs could not be handed over, and wait for their time", jobs=len(job_ids))

    async def _hand_over_old_forever(self) -> None:
        while True:
            await asyncio.sleep(HELD_S / 2)
            try:
                async with self._database.connection() as connection:
                    cursor = await connection.execute(_HAND_OVER_OLD, {"held": HELD, "held_s": HELD_S})
                _handed_over.labels("left").inc(cursor.rowcount)
            except Exception as error:  # the next round tries again
                failures.ended(error, failures.Place.JOB, "jobs that were left could not be looked for")

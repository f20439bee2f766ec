"""What a job logs names the job's own trace, and that of the turn which caused it."""

import asyncio

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from structlog.testing import LogCapture

from services.runtime import failures, jobs, spans, telemetry
from services.runtime.errors import JobFailed

TURN = "a" * 32


def test_a_job_that_fails_logs_its_trace_and_the_one_that_caused_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "_tracer", TracerProvider(sampler=ALWAYS_OFF).get_tracer("test"))  # as in a process that exports nothing
    before = structlog.get_config()
    captured = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, telemetry._add_trace_id, captured], cache_logger_on_first_use=False)
    # A logger that was used before keeps what it was configured with.
    monkeypatch.setattr(failures, "_log", structlog.get_logger())

    async def fails() -> None:
        structlog.get_logger().info("at work")
        raise KeyError("sentinel")

    try:
        with pytest.raises(JobFailed):
            asyncio.run(_run(fails))
    finally:
        structlog.configure(**before)
    assert [line["event"] for line in captured.entries] == ["at work", "job failed"]
    assert [line["caused_by"] for line in captured.entries] == [TURN, TURN]
    assert captured.entries[0]["trace_id"] == captured.entries[1]["trace_id"] != ""
    assert captured.entries[0]["trace_id"] != TURN


async def _run(function: jobs._Task) -> None:
    await jobs._observed("any", function, 5.0)(trace=f"00-{TURN}-{'b' * 16}-00")

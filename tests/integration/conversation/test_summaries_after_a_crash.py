"""kill -9 of the service between the commit of messages and their jobs, and in the middle of one: topics and summaries are there all the same."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.conversation.client import RETRIED, ConversationClient
from services.local.addresses import free_port
from services.local.child import Command, signal_group, spawn, stop
from services.local.watchdog import Watchdog
from services.runtime.channel import Remote
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import drained
from tests.integration.conversation.test_summaries import GOOD, SUMMARY, summaries
from tests.integration.conversation.test_topics import CATS, DAY, append, running, topics


class Process:
    """The service in a process of its own."""

    def __init__(self, settings, folder: Path, watchdog: Watchdog) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        environment = dict(os.environ) | {
            "PARLOUR_CONVERSATION_INDEX_WAIT_MESSAGES": "1",
            "PARLOUR_CONVERSATION_LISTEN": self.address,
            "PARLOUR_CONVERSATION_DATABASE_URL": settings.database_url,
            "PARLOUR_CONVERSATION_SUMMARY_RETRY_S": "1",
            "PARLOUR_CONVERSATION_FIRST_TOKEN_S": "60",
            "PARLOUR_CREDIT_ADDRESS": settings.credit_address,
            "PARLOUR_MEMORY_ADDRESS": settings.memory_address,
            "PARLOUR_MODELS_FILE": settings.models_file,
        }
        self._command = Command("conversation", [sys.executable, "-m", "services.conversation", "serve"], environment)
        self._watchdog = watchdog
        self._process = spawn(self._command, folder / "conversation.log", watchdog)

    def kill(self) -> None:
        if self._process.poll() is None:
            signal_group(self._process.pid, signal.SIGKILL)
            stop(self._process, self._command, self._watchdog)


@pytest.fixture
def process(settings, tmp_path: Path, watchdog: Watchdog) -> Iterator[Process]:
    started = Process(settings, tmp_path, watchdog)
    yield started
    started.kill()


@pytest.mark.parametrize("moment", ["after the commit", "while a model writes"])
async def test_a_killed_service_sums_up_when_it_is_back(process, settings, database, model, monkeypatch, moment):
    monkeypatch.setattr("services.runtime.jobs.STALLED_S", 4.0)  # the job of the lost worker is found sooner
    model.next(Answer(never=True))
    remote = Remote("conversation", process.address, retried=RETRIED)
    try:
        options = [("grpc.max_reconnect_backoff_ms", 200)]
        async with grpc.aio.insecure_channel(process.address, options=options) as channel:
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60, wait_for_ready=True)
        await append(ConversationClient(remote), CATS, DAY)
        if moment == "while a model writes":
            assert "You sum up" in (await model.request(timeout_s=30)).prompt
        process.kill()
    finally:
        await remote.close()
    model.default = GOOD
    model.always("first", GOOD)
    async with running(settings, summary_retry_s=1.0):
        await drained(database, 60)
    assert await topics(database) == [(8, 8, True)]
    assert await summaries(database) == [(1, "model", SUMMARY, False)]

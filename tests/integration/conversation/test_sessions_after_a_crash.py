"""kill -9 of the service while people's sessions are hot: what they said is counted all the same, once."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.conversation.client import RETRIED, ConversationClient
from services.conversation.people.relationship_store import RelationshipStore
from services.conversation.people.session_jobs import commit_left
from services.local.watchdog import Watchdog
from services.runtime.channel import Remote
from tests.integration.conversation.conftest import Service, answered, drained, message, rows
from tests.integration.conversation.test_summaries_after_a_crash import Process

HOUR_S = 3600.0


@pytest.fixture
def killed_later(settings, tmp_path: Path, watchdog: Watchdog) -> Iterator[Process]:
    started = Process(settings, tmp_path, watchdog)
    yield started
    started.kill()


async def test_sessions_of_a_killed_process_are_counted_once(killed_later, settings, database):
    remote = Remote("conversation", killed_later.address, retried=RETRIED)
    try:
        async with grpc.aio.insecure_channel(killed_later.address, options=[("grpc.max_reconnect_backoff_ms", 200)]) as channel:
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60, wait_for_ready=True)
        client = ConversationClient(remote)
        for user_id in ("ann", "ann", "bob"):
            await answered(client, message("chess", user_id=user_id, nickname=f"nick of {user_id}"))
        killed_later.kill()
    finally:
        await remote.close()
    async with database.connection() as connection:
        await connection.execute("UPDATE turns SET end_time = end_time - interval '61 minutes'")
    service = await Service(settings).start()
    try:
        await drained(database, 30)
        counted = await commit_left(RelationshipStore(database, assistant_name="Parlour"), HOUR_S)
        assert counted <= 2  # the periodic job of the instance that is back may have come first
        assert await commit_left(RelationshipStore(database, assistant_name="Parlour"), HOUR_S) == 0
    finally:
        await service.stop()
    found = await rows(database, "SELECT user_id, nickname, turns, days FROM relationships ORDER BY 1")
    assert found == [("ann", "nick of ann", 2, 1), ("bob", "nick of bob", 1, 1)]
    assert await rows(database, "SELECT user_id, messages_since_extraction FROM user_activity ORDER BY 1") == [("ann", 0), ("bob", 0)]

"""Which answer belongs to which message: here, and in Redis for other instances."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis.asyncio as redis

from services.gateway.discord.answer_records import AnswerRecord, AnswerRecords

RECORD = AnswerRecord("1", "2", "3", "4", attempt=1, edited_at="2024-10-27T07:36:02+00:00", message_ids=("8", "9"), instance="here")


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator["redis.Redis"]:
    client = redis.from_url(redis_url, socket_timeout=3)
    yield client
    await client.aclose()


def records(client: "redis.Redis | None", **limits: float) -> AnswerRecords:
    values = {"size_max": 100, "keep_s": 60.0} | limits
    return AnswerRecords(client, **values)  # type: ignore[arg-type]


async def test_a_record_is_known_at_once_and_to_others_soon(client: "redis.Redis") -> None:
    here, there = records(client), records(client)
    here.put(RECORD)
    assert await here.get("1") == RECORD
    await here.drain()
    assert await there.get("1") == RECORD


async def test_the_newest_attempt_counts_whoever_has_it(client: "redis.Redis") -> None:
    here, there = records(client), records(client)
    here.put(RECORD)
    await here.drain()
    newer = AnswerRecord("1", "2", "3", "4", attempt=2, instance="there")
    there.put(newer)
    await there.drain()
    assert await here.get("1") == newer


async def test_writes_of_one_message_keep_their_order(client: "redis.Redis") -> None:
    here = records(client)
    for attempt in range(20):
        here.put(AnswerRecord("1", "2", "3", "4", attempt=attempt))
    here.put(RECORD.ended(("8",)))
    await here.drain()
    assert await records(client).get("1") == RECORD.ended(("8",))


async def test_what_is_forgotten_is_forgotten_everywhere(client: "redis.Redis") -> None:
    here, there = records(client), records(client)
    here.put(RECORD)
    here.forget("1")
    await here.drain()
    assert await here.get("1") is None
    assert await there.get("1") is None


async def test_records_in_redis_run_out(client: "redis.Redis") -> None:
    here = records(client, keep_s=60.0)
    here.put(RECORD)
    await here.drain()
    [key] = [key async for key in client.scan_iter("parlour:discord:answer:*")]
    assert 0 < await client.ttl(key) <= 60


async def test_here_the_number_of_records_is_bounded() -> None:
    here = records(None, size_max=3)
    for number in range(10):
        here.put(AnswerRecord(str(number), "2", "3", "4"))
    assert [await here.get(str(number)) is not None for number in range(10)] == [False] * 7 + [True] * 3


async def test_without_redis_what_is_known_here_is_known_and_nothing_fails() -> None:
    client = redis.from_url("redis://127.0.0.1:1", socket_timeout=0.3)
    for here in (records(None), records(client)):
        here.put(RECORD)
        assert await here.get("1") == RECORD
        here.forget("1")
        await asyncio.wait_for(here.drain(), 5)
        assert await here.get("1") is None
    await client.aclose()


@pytest.mark.parametrize("written", [b"nonsense", b"[]", b'{"message_id": "1"}', b'{"message_ids": ["8"], "unknown": 1}'])
async def test_what_another_version_wrote_is_nothing(client: "redis.Redis", written: bytes) -> None:
    await client.set("parlour:discord:answer:1", written)
    assert await records(client).get("1") is None

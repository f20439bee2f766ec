"""Several processes of one bot keep one pace, through a real Valkey."""

import asyncio
from itertools import pairwise

import redis.asyncio as redis

from services.gateway.discord.bot import run_bot
from services.gateway.discord.identify import IdentifyPace, StartLimit

from .conftest import Place, RecordedHealth, ScriptedAssistant, settings_for

INTERVAL_S = 0.4


async def ask() -> StartLimit:
    return StartLimit(max_concurrency=2)


async def test_processes_take_turns_in_each_bucket(redis_url):
    clients = [redis.from_url(redis_url) for _ in range(3)]
    paces = [IdentifyPace(client, interval_s=INTERVAL_S) for client in clients]
    granted: list[tuple[int, float]] = []

    async def identify(number: int, shard_id: int) -> None:
        await paces[number % 3].granted(7, shard_id, ask)
        granted.append((shard_id % 2, asyncio.get_running_loop().time()))

    await asyncio.gather(*(identify(number, number) for number in range(6)))
    for bucket in (0, 1):
        times = sorted(at for found, at in granted if found == bucket)
        assert len(times) == 3
        assert all(later - earlier >= INTERVAL_S for earlier, later in pairwise(times))
    started, ended = min(at for _, at in granted), max(at for _, at in granted)
    assert ended - started < 4 * INTERVAL_S  # both buckets side by side: three turns each, and no more
    for client in clients:
        await client.aclose()


async def test_bots_of_different_applications_do_not_wait_for_each_other(redis_url):
    async with redis.from_url(redis_url) as client:
        pace, other = (IdentifyPace(client, interval_s=30.0) for _ in range(2))
        await pace.granted(1, 0, ask)
        await asyncio.wait_for(other.granted(2, 0, ask), 2)
        assert sorted(await client.keys("*")) == [b"parlour:identify:1:0", b"parlour:identify:2:0"]


async def test_without_redis_each_process_keeps_the_pace_by_itself():
    async with redis.from_url("redis://127.0.0.1:1") as client:
        pace = IdentifyPace(client, interval_s=0.2)
        started = asyncio.get_running_loop().time()
        for _ in range(3):
            await pace.granted(1, 0, ask)
        assert asyncio.get_running_loop().time() - started >= 0.4


async def test_two_bots_of_one_application_are_let_in_one_after_the_other(place: Place, redis_url: str) -> None:
    place.discord.limit_identifies(interval_s=INTERVAL_S)
    async with redis.from_url(redis_url) as client:
        bots = [
            asyncio.create_task(
                run_bot(
                    settings_for(place.discord, discord_shard_count=2, discord_shard_ids=str(shard), discord_identify_interval_s=INTERVAL_S),
                    ScriptedAssistant(),
                    RecordedHealth(),
                    client=client,
                )
            )
            for shard in range(2)
        ]
        await place.discord.wait_connected(2)
        assert place.discord.gateway.starts.too_fast == 0
        assert len(place.discord.gateway.identifies) == 2
        for bot in bots:
            bot.cancel()
        await asyncio.gather(*bots, return_exceptions=True)

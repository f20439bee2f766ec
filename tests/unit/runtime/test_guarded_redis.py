"""Redis behind a breaker: what a pause of this process made fail is not held against it."""

import asyncio

import pytest
import redis.asyncio as redis

from services.runtime.guarded_redis import GuardedRedis, RedisUnavailable, connect


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Failing:
    """Fails so often, each time after so many seconds, and then answers."""

    def __init__(self, clock: Clock, times: int, after_s: float) -> None:
        self._clock, self._left, self._after_s = clock, times, after_s
        self.asked = 0

    async def __call__(self, client: "redis.Redis") -> str:
        self.asked += 1
        if self._left:
            self._left -= 1
            self._clock.now_s += self._after_s
            raise redis.TimeoutError("Timeout reading")
        return "answer"


def guarded(clock: Clock) -> GuardedRedis:
    return GuardedRedis(connect("redis://127.0.0.1:1", timeout_s=0.1, connections_max=3), "test", clock=clock)


async def test_a_command_that_a_pause_made_fail_is_said_once_more():
    clock = Clock()
    call = Failing(clock, 1, after_s=6.0)
    assert await guarded(clock).ask(call) == "answer"
    assert call.asked == 2


async def test_one_that_fails_in_its_time_is_not_repeated():
    clock = Clock()
    call = Failing(clock, 1, after_s=0.1)
    with pytest.raises(RedisUnavailable):
        await guarded(clock).ask(call)
    assert call.asked == 1


async def test_pauses_do_not_open_the_breaker_and_failures_do():
    clock = Clock()
    redis_ = guarded(clock)
    for _ in range(5):
        with pytest.raises(RedisUnavailable):
            await redis_.ask(Failing(clock, 2, after_s=6.0))
    assert await redis_.ask(Failing(clock, 0, after_s=0)) == "answer"
    for _ in range(3):
        with pytest.raises(RedisUnavailable):
            await redis_.ask(Failing(clock, 1, after_s=0.1))
    late = Failing(clock, 0, after_s=0)
    with pytest.raises(RedisUnavailable, match="given time"):
        await redis_.ask(late)
    assert late.asked == 0


async def test_commands_wait_for_a_connection_instead_of_failing(redis_url: str):
    client = connect(redis_url, timeout_s=2.0, connections_max=2)
    assert await asyncio.gather(*(client.ping() for _ in range(200))) == [True] * 200
    await client.aclose()

import asyncio

import pytest
import redis.asyncio as redis

from services.runtime.guarded_redis import RedisUnavailable
from services.runtime.redis_lease import RedisLeases


@pytest.fixture
async def client(redis_url):
    client = redis.Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def test_one_holder_at_a_time_and_tokens_rise(client):
    leases = RedisLeases(client)
    first = await leases.acquire("g:u")
    assert first is not None
    assert await leases.acquire("g:u") is None
    assert await leases.release(first)
    second = await leases.acquire("g:u")
    assert second is not None
    assert second.token > first.token


async def test_a_waiter_gets_the_lease_when_it_is_given_up(client):
    leases = RedisLeases(client, poll_s=0.005)
    first = await leases.acquire("g:u")
    waiter = asyncio.create_task(leases.acquire("g:u", wait_s=5))
    await asyncio.sleep(0)
    await leases.release(first)
    assert (await waiter) is not None


async def test_an_expired_lease_can_neither_be_renewed_nor_release_its_successor(client):
    leases = RedisLeases(client, ttl_s=0.02, poll_s=0.005)
    first = await leases.acquire("g:u")
    second = await leases.acquire("g:u", wait_s=5)
    assert second is not None
    assert second.token > first.token
    assert not await leases.renew(first)
    assert not await leases.release(first)
    assert await client.ttl("parlour:lease:{g:u}:token") > 0


async def test_a_lease_can_be_prolonged(client):
    leases = RedisLeases(client, ttl_s=30)
    lease = await leases.acquire("g:u")
    await client.pexpire("parlour:lease:{g:u}", 1000)
    assert await leases.renew(lease)
    assert await client.pttl("parlour:lease:{g:u}") > 20_000


async def test_without_redis_the_caller_is_told():
    client = redis.Redis.from_url("redis://127.0.0.1:1")
    with pytest.raises(RedisUnavailable):
        await RedisLeases(client).acquire("g:u")
    await client.aclose()


async def test_these_tests_would_find_a_command_whose_keys_lie_on_several_machines_of_a_cluster(client):
    with pytest.raises(redis.RedisError, match=r"(?i)slot"):
        await client.mget(["parlour:message:1", "parlour:message:2"])

"""A cache that is exact across instances: real Valkey, and an owner of the values that takes as long as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.runtime.cache import Cache
from services.runtime.cache_generations import Generations
from services.runtime.cache_standing import Standing

NOWHERE = "redis://127.0.0.1:1"
KEYS = ["guild", "guild:ann"]


@dataclass
class Owner:
    """What a database is to the cache: a value by key that is read and committed, here a count of edits, and an epoch."""

    values: dict[str, int] = field(default_factory=dict)
    epoch: int = 1
    loads: int = 0
    reading: asyncio.Event | None = None
    going_on: asyncio.Event | None = None

    async def load(self, keys=KEYS) -> int:
        self.loads += 1
        await asyncio.sleep(0)
        found = sum(self.values.get(key, 0) for key in keys)
        if self.reading is not None and self.going_on is not None:
            self.reading.set()
            await self.going_on.wait()
        await asyncio.sleep(0)
        return found

    async def commit(self, key: str = "guild") -> int:
        await asyncio.sleep(0)
        self.values[key] = self.values.get(key, 0) + 1
        return self.values[key]

    async def read_epoch(self) -> int:
        await asyncio.sleep(0)
        return self.epoch

    async def advance(self) -> None:
        await asyncio.sleep(0)
        self.epoch += 1


class Instance:
    """One process's cache."""

    def __init__(self, owner: Owner, url: str, *, lease_s: float = 60.0, edit_s: float = 30.0, size_max: int = 100, ttl_s: float = 600.0, clock=None):
        clocked = {} if clock is None else {"clock": clock}
        self.owner = owner
        self.generations = Generations(url, "test", timeout_s=2.0, ttl_s=600, edit_s=edit_s)
        self.standing = Standing(owner.read_epoch, owner.advance, lease_s=lease_s, **clocked)
        self.cache: Cache[int] = Cache("test", self.generations, self.standing, size_max=size_max, ttl_s=ttl_s, **clocked)

    async def read(self, keys=KEYS) -> int:
        return await self.cache.get(keys, lambda: self.owner.load(keys))

    async def edit(self, key: str = "guild") -> int:
        async with self.cache.editing([key]):
            return await self.owner.commit(key)


@asynccontextmanager
async def instances(owner: Owner, url: str, count: int, **limits) -> AsyncIterator[list[Instance]]:
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(count):
            instance = Instance(owner, url, **limits)
            stack.push_async_callback(instance.generations.close)
            await instance.standing.confirm()
            await instance.generations.observe(["its first connection is made"])
            made.append(instance)
        yield made


@pytest.fixture
def owner() -> Owner:
    return Owner()


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("parlour_cache_reads_total", {"cache": "test", "result": result}) or 0.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_what_was_read_is_not_read_again(owner, redis_url):
    async with instances(owner, redis_url, 2) as (here, there):
        hits = counted("hit")
        assert [await here.read() for _ in range(3)] == [0, 0, 0]
        assert owner.loads == 1
        assert counted("hit") == hits + 2
        assert await there.read() == 0  # an instance keeps its own
        assert owner.loads == 2


async def test_after_an_edit_every_instance_reads_what_is_new(owner, redis_url):
    async with instances(owner, redis_url, 2) as (here, there):
        await asyncio.gather(here.read(), there.read())
        await here.edit()
        assert (await here.read(), await there.read()) == (1, 1)


async def test_a_value_depends_on_every_key_and_on_no_other(owner, redis_url):
    async with instances(owner, redis_url, 1) as (here,):
        await here.read()
        await here.read(["guild", "guild:bob"])
        await here.edit("guild:ann")
        loads = owner.loads
        assert await here.read(["guild", "guild:bob"]) == 0
        assert owner.loads == loads
        assert await here.read() == 1
        await here.edit("guild")
        assert (await here.read(), await here.read(["guild", "guild:bob"])) == (2, 1)


async def test_while_somebody_edits_everybody_reads_the_database_and_keeps_nothing(owner, redis_url):
    async with instances(owner, redis_url, 2) as (here, there):
        await there.read()
        async with here.cache.editing(["guild"]):
            assert await there.read() == 0
            await owner.commit()
            assert await there.read() == 1  # committed, not announced yet
            loads = owner.loads
            assert await there.read() == 1
            assert owner.loads == loads + 1


async def test_what_was_read_before_an_edit_and_arrives_after_it_is_never_used(owner, redis_url):
    async with instances(owner, redis_url, 2) as (here, there):
        owner.reading, owner.going_on = asyncio.Event(), asyncio.Event()
        slow = asyncio.create_task(there.read())
        await owner.reading.wait()
        await here.edit()
        owner.going_on.set()
        assert await slow == 0  # it was asked for before the edit
        owner.reading = owner.going_on = None
        assert await there.read() == 1


async def test_an_editor_that_dies_after_its_commit_leaves_nothing_old_behind(owner, redis_url):
    async with instances(owner, redis_url, 2, edit_s=0.2) as (here, there):
        await there.read()
        await here.generations.begin(["guild"], "0" * 16)
        await owner.commit()  # and it is killed
        assert await there.read() == 1
        with redis.Redis.from_url(redis_url) as beside:
            await until(lambda: not any(value.startswith(b"!") for value in beside.mget(beside.keys("*") or ["none"]) if value))
        assert await there.read() == 1
        loads = owner.loads
        assert await there.read() == 1  # the mark has expired: it is kept again
        assert owner.loads == loads


async def test_the_first_of_two_editors_to_be_ready_does_not_speak_for_the_other(owner, redis_url):
    async with instances(owner, redis_url, 3) as (here, there, reader):
        async with here.cache.editing(["guild"]):
            await there.edit()
            assert await reader.read() == 1
            await owner.commit()
            assert await reader.read() == 2
        assert await reader.read() == 2


async def test_an_edit_that_fails_may_be_stored_all_the_same(owner, redis_url):
    async with instances(owner, redis_url, 2) as (here, there):
        await there.read()

        async def answer_lost() -> None:
            async with here.cache.editing(["guild"]):
                await owner.commit()
                raise ConnectionError("the commit's answer was lost")

        with pytest.raises(ConnectionError):
            await answer_lost()
        assert await there.read() == 1
        loads = owner.loads
        assert await there.read() == 1
        assert owner.loads == loads  # nobody edits any more


async def test_a_cancelled_edit_may_be_stored_all_the_same(owner, redis_url):
    async with instances(owner, redis_url, 2) as (here, there):
        await there.read()
        committed = asyncio.Event()

        async def never_answered() -> None:
            async with here.cache.editing(["guild"]):
                await owner.commit()
                committed.set()
                await asyncio.Event().wait()

        editing = asyncio.create_task(never_answered())
        await committed.wait()
        editing.cancel()
        await asyncio.gather(editing, return_exceptions=True)
        assert await there.read() == 1


async def test_an_emptied_redis_makes_nothing_old_current(owner, redis_url):
    async with instances(owner, redis_url, 1) as (here,):
        await here.read()
        await owner.commit()  # around the cache: whoever edited lost his generation with the rest
        with redis.Redis.from_url(redis_url) as beside:
            beside.flushall()
        assert await here.read() == 1


async def test_a_redis_that_was_set_back_makes_nothing_old_current(owner, redis_url):
    async with instances(owner, redis_url, 2) as (here, there):
        await there.read()
        with redis.Redis.from_url(redis_url) as beside:
            backup = {key: beside.get(key) for key in beside.keys("*")}
            await here.edit()
            beside.mset(backup)
            beside.client_kill_filter(_type="normal", skipme=True)
        assert [await there.read() for _ in range(3)] == [1, 1, 1]  # the first may find its connection broken


async def test_an_edit_while_redis_is_away_is_done_and_then_read_by_those_who_reach_redis(owner, redis_url):
    reached, away = instances(owner, redis_url, 1, lease_s=0.3), instances(owner, NOWHERE, 1, lease_s=0.3)
    async with reached as (there,), away as (here,), there.standing.confirming():
        await there.read()
        await here.edit()
        assert await there.read() == 1
        hits = counted("hit")
        async with asyncio.timeout(5):
            while counted("hit") == hits:  # and it is kept again
                assert await there.read() == 1
                await asyncio.sleep(0.005)


async def test_an_instance_that_cannot_ask_the_database_keeps_nothing_after_such_an_edit(owner, redis_url):
    async with instances(owner, redis_url, 1, lease_s=0.3) as (there,), instances(owner, NOWHERE, 1, lease_s=0.3) as (here,):
        await there.read()
        await here.edit()  # `there` is not told: it does not ask
        assert there.standing.epoch is None
        assert await there.read() == 1


async def test_the_end_of_an_edit_while_redis_is_away_can_be_left_to_itself(owner):
    async with instances(owner, NOWHERE, 1, lease_s=60.0) as (here,), asyncio.timeout(10), here.cache.editing(["guild"], wait=False):
        await owner.commit()
    assert owner.epoch == 2


async def test_with_redis_away_the_database_is_read(owner):
    async with instances(owner, NOWHERE, 1) as (here,):
        passed_by = counted("unavailable")
        assert [await here.read(), await owner.commit(), await here.read()] == [0, 1, 1]
        assert counted("unavailable") == passed_by + 2


async def test_without_redis_there_is_no_cache(owner):
    standing = Standing(owner.read_epoch, owner.advance, lease_s=60)
    cache: Cache[int] = Cache("test", None, standing, size_max=10, ttl_s=60)
    async with cache.editing(["guild"]):
        await owner.commit()
    assert [await cache.get(["guild"], owner.load) for _ in range(2)] == [1, 1]
    assert (owner.loads, owner.epoch) == (2, 1)


async def test_a_value_gets_no_older_than_its_time(owner, redis_url):
    now = [0.0]
    async with instances(owner, redis_url, 1, ttl_s=10.0, lease_s=1000.0, clock=lambda: now[0]) as (here,):
        await here.read()
        await owner.commit()  # around the cache
        now[0] = 6.0
        assert await here.read() == 0
        now[0] = 10.5  # a look renews nothing
        assert await here.read() == 1


async def test_no_more_is_kept_than_there_is_room_for(owner, redis_url):
    async with instances(owner, redis_url, 1, size_max=2) as (here,):
        for key in ("a", "b", "c"):
            await here.read([key])
        loads = owner.loads
        await here.read(["c"])
        assert owner.loads == loads
        await here.read(["a"])
        assert owner.loads == loads + 1


async def test_redis_learns_neither_names_nor_values(owner, redis_url):
    async with instances(owner, redis_url, 1) as (here,):
        await here.read(["guild:417712"])
        await here.edit("guild:417712")
        with redis.Redis.from_url(redis_url, decode_responses=True) as beside:
            held = {key: beside.get(key) for key in beside.keys("*")}
        assert len(held) == 2
        assert "417712" not in str(held)
        assert all(value is not None and len(value) == 16 for value in held.values())


@dataclass(frozen=True)
class Event:
    """One read or edit: when it began and ended, and what it answered."""

    kind: str
    began: int
    ended: int
    version: int


STEPS = st.lists(
    st.tuples(st.sampled_from(["read", "read", "read", "edit", "failing edit", "empty", "disconnect"]), st.integers(0, 2), st.integers(0, 3)),
    min_size=5,
    max_size=40,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_however_edits_and_reads_meet_nobody_reads_what_is_older_than_what_was_read_or_acknowledged_before(redis_url, steps):
    asyncio.run(played(redis_url, steps))


async def played(url: str, steps) -> None:
    owner, clock, history = Owner(), [0], []
    # Small timeouts: where "disconnect" breaks an editor's connection, its edit ends by the epoch and a lease.
    async with instances(owner, url, 3, lease_s=0.1) as made, AsyncExitStack() as stack:
        for instance in made:
            await stack.enter_async_context(instance.standing.confirming())

        async def step(kind: str, instance: Instance, pauses: int) -> None:
            for _ in range(pauses):
                await asyncio.sleep(0.001)
            clock[0] += 1
            began = clock[0]
            if kind == "read":
                version = await instance.read(["guild"])
            elif kind == "edit":
                version = await instance.edit()
            elif kind == "failing edit":
                with pytest.raises(ZeroDivisionError):
                    async with instance.cache.editing(["guild"]):
                        raise ZeroDivisionError
                return
            else:
                with redis.Redis.from_url(url) as beside:
                    beside.flushall() if kind == "empty" else beside.client_kill_filter(_type="normal", skipme=True)
                return
            clock[0] += 1
            history.append(Event(kind, began, clock[0], version))

        async with asyncio.timeout(20):
            await asyncio.gather(*(step(kind, made[number], pauses) for kind, number, pauses in steps))
            await asyncio.gather(*(step("read", instance, 0) for instance in made))
    disconnected = any(kind in ("disconnect", "empty") for kind, _, _ in steps)
    for late in history:
        for early in history:
            if late.kind == "read" and early.ended < late.began and (early.kind == "edit" or not disconnected):
                assert late.version >= early.version, (early, late)

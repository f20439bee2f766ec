"""Two instances on one database and one Valkey: nobody is answered older settings than somebody else was, or than were acknowledged."""

import asyncio
import bisect
import itertools
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis
from prometheus_client import REGISTRY

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.client import ConversationClient
from services.conversation.guilds.settings_cache import SettingsCache, advance_epoch, read_epoch
from services.conversation.settings import ConversationSettings
from services.local.valkey import Valkey
from services.runtime.database import Database
from services.runtime.errors import StaleVersion
from tests.integration.conversation.conftest import Service, rows

COLUMNS = "guild_id, addressing_threshold, channel_context, extraction, retention_days, version"
SHORT_S = 0.5
"""A lease as short as this is over before a test is."""
ROOT = Path(__file__).resolve().parents[3]
_numbers = itertools.count(1)


@asynccontextmanager
async def two_instances(
    settings: ConversationSettings, url: str, lease_s: float = 20.0
) -> AsyncIterator[tuple[ConversationClient, ConversationClient]]:
    cached = settings.model_copy(update={"redis_url": url, "redis_timeout_s": 3.0, "cache_lease_s": lease_s})
    services = [await Service(cached).start() for _ in range(2)]
    try:
        yield services[0].client, services[1].client
    finally:
        for service in services:
            await service.stop()


@pytest.fixture
async def both(settings: ConversationSettings, redis_url: str) -> AsyncIterator[tuple[ConversationClient, ConversationClient]]:
    async with two_instances(settings, redis_url) as clients:
        yield clients


def counted(cache: str, result: str) -> float:
    return REGISTRY.get_sample_value("parlour_cache_reads_total", {"cache": cache, "result": result}) or 0.0


async def hit(cache: str, read: Callable) -> object:
    """Read until the answer comes from what the instance keeps: connections are new, or not confirmed yet, at first."""
    async with asyncio.timeout(10):
        while True:
            before = counted(cache, "hit")
            found = await read()
            if counted(cache, "hit") > before:
                return found
            await asyncio.sleep(0.01)


async def read(client: ConversationClient, guild_id: str = "guild") -> pb.GuildSettings:
    return (await client.get_guild_settings(pb.GetGuildSettingsRequest(guild_id=guild_id))).settings


async def edit(client: ConversationClient, guild_id: str = "guild") -> int:
    """Edit a guild's settings, reading again where somebody was faster; return the version."""
    while True:
        settings = await read(client, guild_id)
        settings.retention_days += 1
        try:
            request = pb.UpdateGuildSettingsRequest(request_id=f"e{next(_numbers)}", settings=settings)
            return (await client.update_guild_settings(request, timeout_s=10)).settings.version
        except StaleVersion:
            continue


async def persona(client: ConversationClient, user_id: str = "ann") -> pb.GetPersonaResponse:
    return await client.get_persona(pb.GetPersonaRequest(guild_id="guild", user_id=user_id))


async def set_persona(client: ConversationClient, warmth: int, **layer: str) -> None:
    own = (await client.get_persona(pb.GetPersonaRequest(**layer))).own
    changed = pb.Persona(warmth=warmth, version=own.version)
    await client.update_persona(pb.UpdatePersonaRequest(request_id=f"p{next(_numbers)}", persona=changed, **layer), timeout_s=10)


@dataclass
class History:
    """What was answered to whom, and when."""

    edits: list[tuple[float, int]] = field(default_factory=list)
    """When an edit was acknowledged, and as which version."""
    reads: list[tuple[float, float, int]] = field(default_factory=list)
    """When a read began and ended, and the version that it was answered."""

    async def edit(self, client: ConversationClient, guild_id: str = "guild") -> None:
        version = await edit(client, guild_id)
        self.edits.append((time.monotonic(), version))

    async def read(self, client: ConversationClient, guild_id: str = "guild") -> None:
        began = time.monotonic()
        version = (await read(client, guild_id)).version
        self.reads.append((began, time.monotonic(), version))

    def older_than_acknowledged(self) -> list[tuple[float, float, int]]:
        """Reads that began after an edit was acknowledged, and were answered what was before it."""
        return _older(self.edits, self.reads)

    def older_than_read(self) -> list[tuple[float, float, int]]:
        """Reads that began after another read had ended, and were answered something older."""
        return _older([(ended, version) for _, ended, version in self.reads], self.reads)


def _older(known: list[tuple[float, int]], reads: list[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    known = sorted(known)
    times = [at for at, _ in known]
    newest = [0, *itertools.accumulate((version for _, version in known), max)]
    return [one for one in reads if one[2] < newest[bisect.bisect_left(times, one[0])]]


def test_the_check_of_a_history_finds_what_it_is_for():
    history = History(edits=[(1.0, 1), (2.0, 2)], reads=[(0.5, 1.5, 0), (1.5, 1.6, 2), (1.7, 1.8, 1), (2.5, 2.6, 1)])
    assert history.older_than_acknowledged() == [(2.5, 2.6, 1)]
    assert history.older_than_read() == [(1.7, 1.8, 1), (2.5, 2.6, 1)]


async def played(history: History, clients: tuple[ConversationClient, ConversationClient], edits: int, happening: Callable | None = None) -> None:
    """Four editors and six readers, spread over the instances; `happening` in the midst of it."""
    done = asyncio.Event()

    async def read_on(client: ConversationClient) -> None:
        while not done.is_set():
            await history.read(client)

    async def edit_on(client: ConversationClient, count: int) -> None:
        for _ in range(count):
            await history.edit(client)

    readers = [asyncio.create_task(read_on(clients[number % 2])) for number in range(6)]
    editors = [asyncio.create_task(edit_on(clients[number % 2], edits // 4)) for number in range(4)]
    async with asyncio.timeout(60):
        if happening is not None:
            while len(history.edits) < edits // 3:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(happening)
        await asyncio.gather(*editors)
        done.set()
        await asyncio.gather(*readers)


async def test_hundreds_of_concurrent_edits_and_reads_are_as_if_there_were_no_cache(both):
    history = History()
    await played(history, both, 80)
    assert len(history.reads) > 80
    assert sorted(version for _, version in history.edits) == list(range(1, 81))
    assert (history.older_than_acknowledged(), history.older_than_read()) == ([], [])


async def test_an_emptied_redis_in_the_midst_of_it_makes_nothing_old_current(both, redis_url):
    def empty() -> None:
        with redis.Redis.from_url(redis_url) as beside:
            beside.flushall()

    history = History()
    await played(history, both, 40, empty)
    assert history.older_than_acknowledged() == []


async def test_a_redis_that_ends_and_comes_back_costs_no_edit_and_makes_nothing_old_current(settings, start_valkey):
    server: Valkey = start_valkey("ending")

    def end() -> None:
        with redis.Redis.from_url(server.url) as beside:
            beside.shutdown(nosave=True)

    async with two_instances(settings, server.url, SHORT_S) as clients:
        history = History()
        await played(history, clients, 20, end)
        await asyncio.to_thread(start_valkey, "ending")
        await played(history, clients, 20)
        await hit("guild_settings", lambda: read(clients[1]))
    assert len(history.edits) == 40
    assert history.older_than_acknowledged() == []


async def test_settings_are_read_once_by_an_instance_and_again_after_an_edit_by_the_other(both, database):
    here, there = both
    assert (await hit("guild_settings", lambda: read(there))).retention_days == 0
    async with database.connection() as connection:
        await connection.execute(f"INSERT INTO guild_settings ({COLUMNS}) VALUES ('guild', 0.5, false, true, 99, 1)".encode())
    assert (await read(there)).retention_days == 0  # around the service: nobody was told
    assert (await edit(here)) == 2
    assert (await read(there)).retention_days == 100


async def test_an_edit_of_a_guilds_or_the_default_persona_is_seen_by_all_who_inherit_it(both):
    here, there = both
    for warmth, layer in enumerate([{}, {"guild_id": "guild"}, {"guild_id": "guild", "user_id": "ann"}]):
        before = await hit("personas", lambda: persona(there))
        assert before.persona.warmth == max(0, warmth - 1)
        await set_persona(here, warmth, **layer)
        assert (await persona(there)).persona.warmth == warmth
    assert (await persona(there, "bob")).persona.warmth == 1


async def test_a_change_that_is_taken_back_is_seen_at_once(both):
    here, there = both
    await set_persona(here, 2, guild_id="guild", user_id="ann")
    assert (await hit("personas", lambda: persona(there))).persona.warmth == 2
    await here.undo_persona(pb.UndoPersonaRequest(request_id="undo", guild_id="guild", user_id="ann"))
    assert (await persona(there)).persona.warmth == 0


# Argument: the settings of a service, as JSON. It is killed between the commit of an edit and what tells the other instances of it.
DYING_EDITOR = """
import asyncio, json, os, signal, sys
from services.conversation.settings import ConversationSettings
from services.conversation.guilds.settings_cache import SettingsCache
from services.runtime.database import Database

async def edit():
    settings = ConversationSettings.model_construct(**json.loads(sys.argv[1]))
    database = Database(settings.database_url)
    async with SettingsCache(database, settings).editing_guild("guild"):
        async with database.connection() as connection:
            await connection.execute("UPDATE guild_settings SET version = 2, retention_days = 2")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(edit())
"""


async def test_an_editor_killed_between_commit_and_announcement_leaves_nothing_old_behind(settings, redis_url):
    cached = settings.model_copy(update={"redis_url": redis_url, "redis_timeout_s": 3.0, "cache_lease_s": 20.0, "cache_edit_s": 1.0})
    service = await Service(cached).start()
    try:
        await edit(service.client)
        assert (await hit("guild_settings", lambda: read(service.client))).version == 1
        killed = await asyncio.create_subprocess_exec(sys.executable, "-c", DYING_EDITOR, cached.model_dump_json(), cwd=ROOT)
        assert await killed.wait() == -signal.SIGKILL
        assert (await read(service.client)).version == 2
        # Its mark expires: the new version is kept, and the old one is never taken for current.
        assert (await hit("guild_settings", lambda: read(service.client))).version == 2
    finally:
        await service.stop()


async def test_every_raise_of_the_epoch_shows_the_first_of_all_too(conversation_database_url):
    database = Database(conversation_database_url, pool_size=1)
    async with database.connection() as connection:
        await connection.execute("ALTER SEQUENCE cache_epoch RESTART")
    seen = [await read_epoch(database)]
    for _ in range(2):
        await advance_epoch(database)
        seen.append(await read_epoch(database))
    assert seen == [0, 1, 2]
    await database.close()


async def test_a_raised_epoch_has_every_instance_drop_what_it_keeps(settings, redis_url, database):
    async with two_instances(settings, redis_url, SHORT_S) as (_, there):
        await hit("guild_settings", lambda: read(there))
        async with database.connection() as connection:
            await connection.execute(f"INSERT INTO guild_settings ({COLUMNS}) VALUES ('guild', 0.5, false, true, 7, 1)".encode())
        before = await read_epoch(database)
        await advance_epoch(database)
        assert await read_epoch(database) > before
        await asyncio.sleep(SHORT_S)
        assert (await read(there)).retention_days == 7


async def test_what_is_kept_is_used_while_people_wait_for_connections(settings, redis_url):
    cached = settings.model_copy(update={"redis_url": redis_url, "redis_timeout_s": 3.0, "cache_lease_s": SHORT_S})
    database = Database(settings.database_url, pool_size=2, pool_wait_s=30)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        cache = SettingsCache(database, cached)
        await cache.start(stack)
        await hit("guild_settings", lambda: cache.guild_settings("guild"))
        done = asyncio.Event()

        async def hold() -> None:
            async with database.connection():
                await done.wait()

        holders = [asyncio.create_task(hold()) for _ in range(4)]  # there are two connections
        await asyncio.sleep(2 * SHORT_S)
        await hit("guild_settings", lambda: cache.guild_settings("guild"))
        done.set()
        await asyncio.gather(*holders)


async def test_redis_holds_nothing_of_what_is_kept(both, redis_url):
    here, _ = both
    await set_persona(here, 1, guild_id="guild-4711", user_id="ann-4711")
    await edit(here, "guild-4711")
    await persona(here, "ann-4711")
    with redis.Redis.from_url(redis_url, decode_responses=True) as beside:
        held = {key: beside.get(key) for key in beside.keys("parlour:cache:*")}
    assert held
    assert "4711" not in str(held)


async def test_without_redis_settings_are_read_from_the_database(settings, database):
    service = await Service(settings).start()
    try:
        off = counted("guild_settings", "off")
        assert await edit(service.client) == 1
        assert (await read(service.client)).retention_days == 1
        assert counted("guild_settings", "off") > off
        assert await rows(database, "SELECT version FROM guild_settings") == [(1,)]
    finally:
        await service.stop()

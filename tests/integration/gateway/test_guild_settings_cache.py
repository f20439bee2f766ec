"""A guild's settings in the gateway: asked for once, refreshed behind the caller's back, and never in the way of a message."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2
from services.gateway.guild_settings import GuildSettingsCache
from services.runtime import deadline, errors
from tests.integration.gateway.scripted_services import Scripted, eventually, scripted_services


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
async def scripted():
    async with scripted_services(guild_settings_ask_s=0.2, guild_settings_max=3) as scripted:
        yield scripted


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def cache(scripted: Scripted, clock: Clock):
    cache = GuildSettingsCache(scripted.services.conversation, scripted.settings, clock)
    yield cache
    await cache.close()


def asked(scripted: Scripted) -> int:
    return len(scripted.asked("GetGuildSettings"))


async def test_a_guild_is_asked_for_once_and_then_known(scripted: Scripted, cache: GuildSettingsCache):
    scripted.guilds.of("g").rules = "be kind"
    assert (await cache.get("g")).rules == (await cache.get("g")).rules == "be kind"
    assert asked(scripted) == 1


async def test_many_who_ask_at_once_are_answered_by_one_call(scripted: Scripted, cache: GuildSettingsCache):
    found = await asyncio.gather(*(cache.get("g") for _ in range(20)))
    assert (len(found), asked(scripted)) == (20, 1)


async def test_in_direct_messages_the_defaults_hold_and_nobody_is_asked(scripted: Scripted, cache: GuildSettingsCache):
    settings = await cache.get("")
    assert (settings.extraction, settings.HasField("images"), settings.addressing_threshold) == (True, False, 0)
    assert asked(scripted) == 0


async def test_what_is_stale_holds_for_the_caller_and_is_asked_for_behind_its_back(scripted: Scripted, cache: GuildSettingsCache, clock: Clock):
    await cache.get("g")
    scripted.guilds.of("g").rules = "be kind"
    clock.now_s += scripted.settings.guild_settings_s
    gate = asyncio.Event()
    scripted.fail("GetGuildSettings", gate)
    assert [(await cache.get("g")).rules for _ in range(3)] == ["", "", ""]
    gate.set()
    await eventually(lambda: cache._kept.peek("g").settings.rules == "be kind", "the new settings are there")
    assert ((await cache.get("g")).rules, asked(scripted)) == ("be kind", 2)


async def test_after_a_change_from_here_the_new_settings_hold_at_once(scripted: Scripted, cache: GuildSettingsCache):
    await cache.get("g")
    scripted.guilds.of("g").rules = "be kind"
    cache.forget("g")
    assert (await cache.get("g")).rules == "be kind"


async def test_what_was_asked_for_before_a_change_is_not_kept_after_it(scripted: Scripted, cache: GuildSettingsCache):
    gate = asyncio.Event()
    scripted.fail("GetGuildSettings", gate)
    asking = asyncio.create_task(cache.get("g"))
    await eventually(lambda: asked(scripted) == 1, "conversation is asked")
    cache.forget("g")
    gate.set()
    await asking
    await cache.get("g")
    assert asked(scripted) == 2


@pytest.mark.parametrize("fault", [errors.DependencyUnavailable("database"), asyncio.Event()], ids=["refused", "slow"])
async def test_where_conversation_cannot_be_asked_the_defaults_hold_for_a_moment(scripted: Scripted, cache: GuildSettingsCache, clock: Clock, fault):
    scripted.guilds.of("g").rules = "be kind"
    scripted.fail("GetGuildSettings", fault)
    assert ((await cache.get("g")).guild_id, (await cache.get("g")).rules) == ("g", "")
    assert (await cache.get("g")).extraction
    calls = asked(scripted)
    await cache.get("g")
    assert asked(scripted) == calls
    scripted.heal("GetGuildSettings")
    clock.now_s += scripted.settings.guild_settings_retry_s
    await cache.get("g")
    await eventually(lambda: cache._kept.peek("g").settings.rules == "be kind", "the settings are there")


async def test_what_is_known_holds_on_while_conversation_is_away(scripted: Scripted, cache: GuildSettingsCache, clock: Clock):
    scripted.guilds.of("g").rules = "be kind"
    await cache.get("g")
    scripted.fail("GetGuildSettings", errors.DependencyUnavailable("database"))
    for _ in range(3):
        clock.now_s += scripted.settings.guild_settings_s
        assert (await cache.get("g")).rules == "be kind"
        await eventually(lambda: len(cache._asking) == 0, "conversation was asked")


async def test_who_has_little_time_left_does_not_shorten_it_for_others(scripted: Scripted, cache: GuildSettingsCache):
    scripted.guilds.of("g").rules = "be kind"
    with deadline.limited(0.0):
        assert (await cache.get("g")).rules == "be kind"


async def test_who_goes_away_does_not_stop_the_question_for_others(scripted: Scripted, cache: GuildSettingsCache):
    gate = asyncio.Event()
    scripted.fail("GetGuildSettings", gate)
    first, second = (asyncio.create_task(cache.get("g")) for _ in range(2))
    await eventually(lambda: asked(scripted) == 1, "conversation is asked")
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    gate.set()
    assert isinstance(await second, conversation_pb2.GuildSettings)


async def test_only_so_many_guilds_are_kept(scripted: Scripted, cache: GuildSettingsCache):
    for number in range(10):
        await cache.get(f"g{number}")
    assert len(cache._kept) == scripted.settings.guild_settings_max

"""The fake Discord keeps Discord's rules: a second nextcord client, in the part of a person, sees what a person's client sees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import nextcord
import pytest

from services.gateway.discord.api import use_api
from tests.fakes.discord_server import FakeDiscord

from .conftest import Place, settings_for

READING = nextcord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True, guild_reactions=True)


class Person(nextcord.Client):
    """Somebody at a client of their own, and everything it was told."""

    def __init__(self, intents: nextcord.Intents) -> None:
        super().__init__(intents=intents, lazy_load_commands=False, rollout_delete_unknown=False, rollout_register_new=False)
        self.seen: list[tuple[str, Any]] = []
        self.messages_seen: list[nextcord.Message] = []

    async def on_message(self, message: nextcord.Message) -> None:
        self.messages_seen.append(message)

    def dispatch(self, event: str, *args: Any, **kwargs: Any) -> None:
        self.seen.append((event, args))
        super().dispatch(event, *args, **kwargs)

    def saw(self, event: str) -> list[Any]:
        return [args for name, args in self.seen if name == event]


@asynccontextmanager
async def played(discord: FakeDiscord, token: str, intents: nextcord.Intents = READING) -> AsyncIterator[Person]:
    use_api(settings_for(discord))
    client = Person(intents)
    task = asyncio.create_task(client.start(token))
    try:
        await asyncio.wait_for(client.wait_until_ready(), 10)
        yield client
    finally:
        await client.close()
        with suppress(Exception):
            await task


async def test_a_person_at_a_client_of_their_own_talks_to_the_bot_and_is_answered(place: Place) -> None:
    place.discord.create_played_person("bea", "beas.token", guilds=[place.guild])
    await place.run_connected()
    async with played(place.discord, "beas.token") as bea:
        channel = bea.get_channel(int(place.general.id))
        assert isinstance(channel, nextcord.TextChannel)
        said = await channel.send(f"<@{place.discord.bot.id}> hello from a client")
        await place.discord.until(lambda: [one for one in bea.messages_seen if one.author.id == int(place.discord.bot.id)])
        answer = next(one for one in bea.messages_seen if one.author.id == int(place.discord.bot.id))
        assert answer.reference is not None
        assert answer.reference.message_id == said.id
        await place.discord.wait_for_text(place.general.messages[str(said.id)], "You said: hello from a client")
        assert (await channel.fetch_message(answer.id)).content == "You said: hello from a client"


async def test_text_is_shown_only_to_who_may_read_it(place: Place) -> None:
    place.discord.create_played_person("bea", "beas.token", guilds=[place.guild])
    deaf = nextcord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    async with played(place.discord, "beas.token", deaf) as bea:
        user = place.discord.world.users[str(bea.user.id)]
        place.discord.person_says(place.general, place.ada, "not for everybody")
        place.discord.person_says(place.general, place.ada, "for you", mentions=[user])
        await place.discord.until(lambda: len(bea.messages_seen) == 2)
        assert [message.content for message in bea.messages_seen] == ["", f"{user.mention} for you"]


async def test_deletions_reactions_and_previews_are_told(place: Place) -> None:
    place.discord.create_played_person("bea", "beas.token", guilds=[place.guild])
    async with played(place.discord, "beas.token") as bea:
        said = [place.discord.person_says(place.general, place.ada, f"number {number}") for number in range(4)]
        place.discord.person_reacts(said[0], place.ada, "👍")
        place.discord.embeds_arrive(said[0], "https://example.org")
        place.discord.person_deletes(said[1])
        place.discord.moderator_deletes(place.general, said[2:])
        await place.discord.until(lambda: bea.saw("raw_bulk_message_delete"))
        assert [event.message_id for (event,) in bea.saw("raw_message_delete")] == [int(said[1].id)]
        assert {int(message.id) for message in said[2:]} == bea.saw("raw_bulk_message_delete")[0][0].message_ids
        assert [event.emoji.name for (event,) in bea.saw("raw_reaction_add")] == ["👍"]
        [(update,)] = bea.saw("raw_message_edit")
        assert "content" not in update.data


async def test_an_identify_beyond_the_days_number_costs_the_token() -> None:
    async with FakeDiscord() as discord:
        discord.limit_identifies(total=0)
        use_api(settings_for(discord))
        client = Person(READING)
        with pytest.raises(nextcord.ConnectionClosed) as closed:
            await asyncio.wait_for(client.start(discord.token), 10)
        assert closed.value.code == 4004
        assert discord.world.bot_with_token("fake.bot.token") is None
        await client.close()


async def test_a_file_is_served_as_it_was_attached(place: Place) -> None:
    attached = place.discord.attachment("notes.txt", b"hello", "text/plain", description="my notes")
    assert (attached["size"], attached["content_type"], attached["description"]) == (5, "text/plain", "my notes")
    async with aiohttp.ClientSession() as session, session.get(attached["url"]) as response:
        assert await response.read() == b"hello"

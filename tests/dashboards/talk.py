"""People who give every panel something to show: questions, things to remember, commands, chatter, in Discord and over the API."""

import asyncio
import itertools
import random
import time

import grpc

from tests.e2e.discord_community import Community
from tests.running_stack import Person

_PEOPLE = 6
_PAUSE_S = 0.4
_SAID = (
    "What grows well in the shade?",
    "Remember that I play the cello",
    "How do tides work?",
    "What do you know about me?",
    "How many credits do I have?",
    "My sister lives in Oslo and I visit her every summer",
    "Tell me about bees",
)
_CHATTER = ("did anybody see the match?", "lol", "see you at eight", "that book was long")


async def talk(community: Community, channel: grpc.aio.Channel, seconds: float) -> None:
    """Let people talk for so long."""
    end_s = time.monotonic() + seconds
    await asyncio.gather(
        *(_over_the_api(Person(channel, guild_id="a-guild"), end_s, number) for number in range(_PEOPLE)),
        *(_in_discord(community, f"person {number}", end_s, number) for number in range(_PEOPLE)),
    )


async def _over_the_api(person: Person, end_s: float, seed: int) -> None:
    for text in itertools.islice(itertools.cycle(_SAID), seed, None):
        if time.monotonic() >= end_s:
            return
        await person.ask(text)
        await asyncio.sleep(_PAUSE_S)


async def _in_discord(community: Community, name: str, end_s: float, seed: int) -> None:
    person, chance = community.newcomer(name), random.Random(seed)
    while time.monotonic() < end_s:
        if chance.random() < 0.3:
            community.discord.person_says(community.general, person, chance.choice(_CHATTER))
        elif chance.random() < 0.3:
            community.discord.person_uses(community.general, person, "memories")
        else:
            await community.discord.wait_for_reply(community.mention(person, chance.choice(_SAID)))
        await asyncio.sleep(_PAUSE_S)

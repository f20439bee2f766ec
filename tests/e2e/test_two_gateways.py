"""Several gateways in one Discord: each message is answered once and in its person's order, also while they are paused and killed.

The fake Discord and the scripted model live in this process, on one loop for the whole file; the stack's own gateway is not in Discord.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from services.local.addresses import free_port, free_port_base
from tests.chaos.gateway.crowd import ANSWER, Crowd
from tests.chaos.gateway.disturbance import LEASE_S, PATIENT, disturb
from tests.fakes.discord_server import FakeDiscord, Guild, Message
from tests.fakes.model_server import DELTAS, ModelServer
from tests.fakes.model_server import Answer as Scripted
from tests.gateway_process import gateways
from tests.running_stack import RunningStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S = 90.0
QUICK = Scripted(delta_delay_s=0.005)


@dataclass
class Place:
    """The stack without a Discord of its own, and the folder of the gateways' logs."""

    stack: RunningStack
    folder: Path
    model: ModelServer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="parlour-e2e-two-"))
    folder.chmod(0o755)
    async with ModelServer(port=free_port(), default=QUICK) as model:
        environment = {
            "OPENAI_BASE_URL": model.base_url,
            "PARLOUR_MODEL": "scripted",
            **PATIENT,
        }
        stack = RunningStack(folder / "data", free_port_base(), environment)
        await asyncio.to_thread(stack.start)
        yield Place(stack, folder, model)
        await asyncio.to_thread(stack.stop)
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="module")
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as made:
        yield made


def problems_of(discord: FakeDiscord, said: list[Message]) -> list[str]:
    """What is wrong with the answers to a person's messages, which were said in this order."""
    answers = [discord.replies_to(message) for message in said]
    problems = [f"{message.content}: {len(replies)} answers" for message, replies in zip(said, answers, strict=True) if len(replies) != 1]
    posted = [int(reply.id) for replies in answers for reply in replies]
    problems += ["out of order"] if posted != sorted(posted) else []
    # Every answer of the scripted model is of 20 words, and grows as it is edited.
    shown = [reply.content for replies in answers for reply in replies]
    return problems + [f"not whole: {text}" for text in shown if len(text.split()) < DELTAS]


async def test_a_burst_of_one_person_is_answered_in_order_by_two_gateways(place: Place, discord: FakeDiscord) -> None:
    guild = discord.create_guild("Book club")
    channel, ada = discord.create_channel(guild, "general"), discord.create_user("ada", guilds=[guild])
    async with gateways(place.stack, discord, place.folder, {}, {}):
        await discord.wait_connected(2, timeout_s=WAIT_S)
        said = [discord.person_says(channel, ada, f"question {number}", mentions=[discord.bot]) for number in range(6)]
        await discord.wait_for_reply(said[-1], timeout_s=WAIT_S)
        await discord.until(lambda: not problems_of(discord, said), timeout_s=WAIT_S)
    assert problems_of(discord, said) == []


async def test_messages_that_discord_tells_of_a_second_time_are_not_answered_again(place: Place, discord: FakeDiscord) -> None:
    guild = discord.create_guild("Book club")
    channel, ada = discord.create_channel(guild, "general"), discord.create_user("ada", guilds=[guild])
    async with gateways(place.stack, discord, place.folder, {}) as (one,):
        await discord.wait_connected(timeout_s=WAIT_S)
        said = [discord.person_says(channel, ada, f"question {number}", mentions=[discord.bot]) for number in range(3)]
        await discord.until(lambda: not problems_of(discord, said), timeout_s=WAIT_S)
        texts = [discord.replies_to(message)[0].content for message in said]
        await one.kill()
        await one.start()
        await discord.wait_connected(timeout_s=WAIT_S)
        asked = len(place.model.requests)
        for message in said:
            discord.rest.announce("MESSAGE_CREATE", message)
        last = discord.person_says(channel, ada, "and one more", mentions=[discord.bot])  # it is answered behind the others
        await discord.until(lambda: not problems_of(discord, [last]), timeout_s=WAIT_S)
    assert [discord.replies_to(message)[0].content for message in said] == texts
    assert problems_of(discord, [*said, last]) == []
    assert len(place.model.requests) == asked + 1


async def test_each_guild_is_answered_by_the_process_that_has_its_shard(place: Place, discord: FakeDiscord) -> None:
    guilds: dict[int, Guild] = {}
    while len(guilds) < 2:  # ids grow by the millisecond
        guild = discord.create_guild("Book club")
        guilds[(int(guild.id) >> 22) % 2] = guild
        await asyncio.sleep(0.001)
    shards = [{"PARLOUR_GATEWAY_DISCORD_SHARD_COUNT": "2", "PARLOUR_GATEWAY_DISCORD_SHARD_IDS": str(shard)} for shard in range(2)]
    async with gateways(place.stack, discord, place.folder, *shards) as processes:
        sessions = await discord.wait_connected(2, timeout_s=WAIT_S)
        assert sorted(session.shard for session in sessions) == [(0, 2), (1, 2)]
        for shard, guild in guilds.items():
            channel, ada = discord.create_channel(guild, "general"), discord.create_user("ada", guilds=[guild])
            await discord.wait_for_reply(discord.person_says(channel, ada, "who has this shard?", mentions=[discord.bot]), timeout_s=WAIT_S)
            await processes[1 - shard].end()
            question = discord.person_says(channel, ada, "and now, without the other?", mentions=[discord.bot])
            await discord.wait_for_reply(question, timeout_s=WAIT_S)
            await processes[1 - shard].start()
            await discord.wait_connected(2, timeout_s=WAIT_S)
        await discord.wait_for_reply(discord.dm(discord.create_user("bea"), "direct messages are on shard 0"), timeout_s=WAIT_S)


async def test_one_paused_beyond_its_claims_and_the_other_killed_each_message_is_answered_once_in_order_and_whole(
    place: Place, discord: FakeDiscord
) -> None:
    place.model.default = Scripted(deltas=ANSWER, delta_delay_s=0.01)
    messages = 160
    try:
        async with gateways(place.stack, discord, place.folder, {}, {}) as pair:
            await discord.wait_connected(2, timeout_s=WAIT_S)
            crowd = Crowd(discord, people=20, channels=4, seed=1)
            async with asyncio.TaskGroup() as group:
                group.create_task(disturb(crowd, pair, messages, 2, pause_s=2 * LEASE_S))
                await crowd.talk(messages)
            await crowd.quiet(1.0)
    finally:
        place.model.default = QUICK
    verdict = crowd.judge()
    assert verdict.sound, verdict
    assert verdict.messages == messages

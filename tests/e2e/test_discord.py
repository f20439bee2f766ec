"""What people in Discord get: a fake Discord on a real socket, the whole stack as its own processes, a scripted model.

The fake lives in this process, on one loop for the whole file: the stack's gateway stays connected to it from test to test.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from services.gateway.discord.api import invite_link
from services.gateway.notices import WORDS
from services.local.addresses import free_port, free_port_base
from tests.fakes.discord_server import Channel, FakeDiscord, Guild, Interaction, Message, User
from tests.fakes.model_server import Answer as Scripted
from tests.fakes.model_server import ModelServer
from tests.running_stack import RunningStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S = 30.0
SLOW = Scripted(delta_delay_s=0.05)  # one second for its twenty deltas


@dataclass
class Community:
    """A server in Discord with one channel, and Parlour in it."""

    discord: FakeDiscord
    guild: Guild
    general: Channel
    stack: RunningStack
    model_port: int

    def newcomer(self) -> User:
        return self.discord.create_user("ada", guilds=[self.guild])

    def mention(self, person: User, text: str) -> Message:
        return self.discord.person_says(self.general, person, text, mentions=[self.discord.bot])

    async def reply_with(self, said: Message, text: str) -> Message:
        return await self.discord.wait_for_text(said, text, timeout_s=WAIT_S)

    async def replied_with(self, used: Interaction, text: str) -> Message:
        return (await self.discord.until(lambda: [one for one in used.messages if text in one.content], timeout_s=WAIT_S))[0]

    async def printed(self, text: str) -> str:
        """The first line of the stack's output with this text."""
        assert self.stack.process.stdout is not None
        while not (found := [line for line in self.stack.lines if text in line]):
            line = await asyncio.to_thread(self.stack.process.stdout.readline)
            assert line, "the stack has ended"
            self.stack.lines.append(line.rstrip())
        return found[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def community() -> AsyncIterator[Community]:
    data_dir = Path(tempfile.mkdtemp(prefix="parlour-e2e-discord-"))
    data_dir.chmod(0o755)
    async with FakeDiscord() as discord:
        guild = discord.create_guild("Book club")
        general, model_port = discord.create_channel(guild, "general"), free_port()
        environment = {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
            "PARLOUR_MODEL": "scripted",
            "DISCORD_TOKEN": discord.token,
            "PARLOUR_DISCORD_API_URL": discord.api_url,
            "PARLOUR_DISCORD_GATEWAY_URL": discord.gateway_url,
            "PARLOUR_GATEWAY_DISCORD_IDENTIFY_INTERVAL_S": "0",
            "PARLOUR_GATEWAY_DISCORD_EDIT_INTERVAL_S": "0.1",
            "PARLOUR_GATEWAY_TURN_S": "15",
            "PARLOUR_GATEWAY_ORPHAN_POLL_S": "0.5",
            "PARLOUR_GATEWAY_LEASE_TTL_S": "3",  # a person whose gateway was killed waits for its lease to run out
        }
        stack = RunningStack(data_dir, free_port_base(), environment)
        await asyncio.to_thread(stack.start)
        await discord.wait_connected(timeout_s=WAIT_S)
        yield Community(discord, guild, general, stack, model_port)
        await asyncio.to_thread(stack.stop)
    shutil.rmtree(data_dir, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="module")
async def model(community: Community) -> AsyncIterator[ModelServer]:
    async with ModelServer(port=community.model_port) as server:
        yield server


def is_streamed(answer: Message) -> bool:
    """Whether an answer grew: each text that it had begins with the one before."""
    texts = answer.history
    return len(texts) > 2 and all(later.startswith(earlier) for earlier, later in pairwise(texts))


async def test_the_start_registers_the_slash_commands_and_prints_the_invite_link(community):
    line = await community.printed("Slash commands registered.")
    assert invite_link(community.discord.bot.id) in line
    registered = community.discord.interactions.commands[(community.discord.bot.id, None)]
    assert {command["name"] for command in registered.values()} == {"ask", "remember", "memories", "forget", "credits", "help"}


async def test_a_mention_is_answered_with_streamed_edits(community, model):
    model.default = SLOW
    question = community.mention(community.newcomer(), "what is a good name for a dog?")
    answer = await community.reply_with(question, "-1.19")
    assert answer.reply_to == question.id
    assert len(answer.content.split()) == 20
    assert is_streamed(answer)
    assert "what is a good name for a dog?" in (await model.request()).prompt


async def test_a_reply_to_an_answer_is_answered_with_what_was_said_before(community, model):
    ada = community.newcomer()
    answer = await community.reply_with(community.mention(ada, "I am planning a trip to Lisbon."), "-1.19")
    model.default = SLOW
    quiet = {"parse": [], "replied_user": False}  # the reply itself addresses the assistant, not its ping
    question = community.discord.person_says(community.general, ada, "Which month is best?", reply_to=answer, allowed_mentions=quiet)
    assert is_streamed(await community.reply_with(question, "-2.19"))
    assert "Lisbon" in (await model.request(1)).prompt


async def test_a_direct_message_is_answered_with_streamed_edits(community, model):
    model.default = SLOW
    question = community.discord.dm(community.newcomer(), "what is a good name for a dog?")
    assert is_streamed(await community.reply_with(question, "-1.19"))


async def test_what_a_direct_message_says_to_remember_is_listed_there_and_not_in_the_server(community, model):
    ada = community.newcomer()
    await community.reply_with(community.discord.dm(ada, "remember that my cat is called Miso"), "my cat is called Miso")
    await community.reply_with(community.discord.dm(ada, "what do you remember about me?"), "my cat is called Miso")
    told = await community.reply_with(community.mention(ada, "what do you remember about me?"), "remember")
    assert "Miso" not in told.content
    assert len(model.requests) == 0


async def test_slash_commands_are_answered_to_their_user_alone(community, model):
    ada = community.newcomer()
    used = community.discord.person_uses(community.general, ada, "remember", what="my dog is called Rex")
    await community.replied_with(used, "my dog is called Rex")
    listed = await community.replied_with(community.discord.person_uses(community.general, ada, "memories"), "my dog is called Rex")
    assert listed.visible_to == ada.id
    await community.replied_with(community.discord.person_uses(community.general, ada, "credits"), "You have 100 credits.")


async def test_a_slash_command_asks_the_model(community, model):
    used = community.discord.person_uses(community.general, community.newcomer(), "ask", question="what is a palfrey?")
    answer = await community.replied_with(used, "-1.19")
    assert answer.visible_to is None
    assert "palfrey" in (await model.request()).prompt


async def test_a_gateway_killed_in_mid_turn_apologises_in_the_channel_once_it_is_back(community, model):
    ada = community.newcomer()
    model.next(Scripted(hang_after=5))
    question = community.mention(ada, "tell me a story")
    begun = await community.reply_with(question, "-1.")
    community.stack.kill("gateway")
    apology = await community.reply_with(question, WORDS["orphaned"])
    assert apology is begun  # it takes the place of what stood there
    assert community.discord.replies_to(question) == [apology]
    await community.discord.wait_connected(timeout_s=WAIT_S)
    await community.reply_with(community.mention(ada, "tell me another one"), "-2.19")

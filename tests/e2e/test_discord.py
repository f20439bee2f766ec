"""What people in Discord get: a fake Discord on a real socket, the whole stack as its own processes, a scripted model.

The fake lives in this process, on one loop for the whole file: the stack's gateway stays connected to it from test to test.
"""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio

from services.gateway.discord.api import invite_link
from services.gateway.discord.slash_commands import command_payloads
from services.gateway.notices import WORDS
from tests.e2e.discord_community import WAIT_S, Community, running_community
from tests.fakes.discord_server import Message
from tests.fakes.model_server import Answer as Scripted
from tests.fakes.model_server import ModelServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW = Scripted(delta_delay_s=0.05)  # one second for its twenty deltas


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def community() -> AsyncIterator[Community]:
    async with running_community() as community:
        yield community


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
    assert {command["name"] for command in registered.values()} == {payload["name"] for payload in command_payloads()}


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
    told = await community.reply_with(community.mention(ada, "what do you remember about me?"), "for your eyes only")
    listed = await community.replied_with(community.discord.person_presses(told, ada, "Show me"), "remember")
    assert listed.visible_to == ada.id
    assert "Miso" not in listed.content
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


async def test_of_a_message_to_several_people_the_own_parts_are_answered_each_quoted(community, model):
    ada, bob, bot = community.newcomer(), community.newcomer("bob"), community.discord.bot
    first, second = "what is the highest mountain of the whole of Europe?", "and how long does it take a beginner to climb it?"
    model.next(Scripted(text="Mont Blanc."), Scripted(text="Two days."))
    question = community.mention(ada, f"{bot.mention} {first} {bob.mention} dinner is at eight, see you. {bot.mention} {second}")
    answer = await community.reply_with(question, "Two days.")
    assert answer.content == f"> {first}\nMont Blanc.\n\n> {second}\nTwo days."
    assert "@bob dinner is at eight, see you." in (await model.request(1)).prompt
    assert community.discord.replies_to(question) == [answer]


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

"""Slash commands, buttons, menus and forms as people in Discord meet them, with the whole stack behind them.

The fake Discord lives in this process, on one loop for the whole file: the stack's gateway stays connected to it from test to test.
"""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.gateway.notices import words
from tests.e2e.discord_community import WAIT_S, Community, running_community
from tests.fakes.discord_server import Message, User
from tests.fakes.discord_server.components import labels
from tests.fakes.model_server import Answer as Scripted
from tests.fakes.model_server import ModelServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def community() -> AsyncIterator[Community]:
    async with running_community(PARLOUR_GATEWAY_LISTED_MAX="2") as community:
        yield community


@pytest_asyncio.fixture(loop_scope="module")
async def model(community: Community) -> AsyncIterator[ModelServer]:
    async with ModelServer(port=community.model_port) as server:
        yield server


async def remembers(community: Community, person: User, *facts: str) -> None:
    for fact in facts:
        await community.replied_with(community.discord.person_uses(community.general, person, "remember", what=fact), fact)


async def listed(community: Community, person: User) -> Message:
    return await community.replied_with(community.discord.person_uses(community.general, person, "memories"), "I remember")


async def test_forgetting_is_offered_carried_out_and_undone_by_buttons(community: Community) -> None:
    ada = community.newcomer()
    await remembers(community, ada, "my cat is called Miso")
    used = community.discord.person_uses(community.general, ada, "forget", what="my cat")
    message = await community.replied_with(used, "I would forget")
    community.discord.person_presses(message, ada, "Forget it")
    await community.says(message, "Done: I forgot 1 thing.")
    assert message.visible_to == ada.id
    nothing = community.discord.person_uses(community.general, ada, "memories")
    await community.replied_with(nothing, words("memories_none"))
    community.discord.person_presses(message, ada, "Undo")
    await community.says(message, "I brought back 1 thing.")
    assert "Miso" in (await listed(community, ada)).content


async def test_keeping_withdraws_the_offer_so_that_a_later_yes_does_not_mean_it(community: Community) -> None:
    ada = community.newcomer()
    await remembers(community, ada, "my cat is called Miso")
    used = community.discord.person_uses(community.discord.open_dm(ada), ada, "remember", what="my dog is called Rex")
    await community.replied_with(used, "Rex")
    offered = community.discord.person_uses(community.discord.open_dm(ada), ada, "forget", what="my dog")
    message = await community.replied_with(offered, "I would forget")
    community.discord.person_presses(message, ada, "Keep it")
    await community.says(message, words("forget_declined"))
    said = community.discord.dm(ada, "what do you remember about me?")
    assert "Rex" in (await community.reply_with(said, "I remember")).content


async def test_plain_words_in_a_channel_get_the_same_buttons_for_their_asker_alone(community: Community) -> None:
    ada, bob = community.newcomer(), community.newcomer("bob")
    await remembers(community, ada, "my cat is called Miso")
    held_back = await community.reply_with(community.mention(ada, "forget that my cat is called Miso"), "for your eyes only")
    refused = community.discord.person_presses(held_back, bob, "Show me")
    assert (await community.replied_with(refused, words("button_of_another"))).visible_to == bob.id
    offered = await community.replied_with(community.discord.person_presses(held_back, ada, "Show me"), "I would forget")
    assert offered.visible_to == ada.id
    community.discord.person_presses(offered, ada, "Forget it")
    await community.says(offered, "Done: I forgot 1 thing.")
    assert labels(offered.components) == ["Undo"]


async def test_memories_are_picked_from_a_list_in_a_direct_message(community: Community) -> None:
    ada = community.newcomer()
    await community.reply_with(community.discord.dm(ada, "remember that my cat is called Miso"), "Miso")
    message = await community.reply_with(community.discord.dm(ada, "what do you remember about me?"), "Miso")
    community.discord.person_picks(message, ada, "Miso")
    await community.says(message, words("memory_shown"))
    opened = community.discord.person_presses(message, ada, "Edit")
    await community.discord.until(lambda: opened.callback, timeout_s=WAIT_S)
    assert "Miso" in opened.form["components"][0]["components"][0]["value"]
    community.discord.person_sends_form(opened, "my cat is called Momo")
    await community.says(message, "my cat is called Momo")


async def test_memories_are_paged_edited_and_deleted(community: Community) -> None:
    ada, discord = community.newcomer(), community.discord
    await remembers(community, ada, "my cat is called Miso", "my dog is called Rex", "my bird is called Kiwi")
    message = await listed(community, ada)
    assert "Kiwi" in message.content
    assert "Miso" not in message.content
    discord.person_presses(message, ada, "Next")
    await community.says(message, "Miso")
    discord.person_presses(message, ada, "Previous")
    await community.says(message, "Kiwi")
    discord.person_picks(message, ada, "Rex")
    await community.says(message, words("memory_shown"))
    opened = discord.person_presses(message, ada, "Edit")
    await discord.until(lambda: opened.callback, timeout_s=WAIT_S)
    assert "Rex" in opened.form["components"][0]["components"][0]["value"]
    discord.person_sends_form(opened, "my dog is called Bella")
    await community.says(message, "my dog is called Bella")
    discord.person_presses(message, ada, "Back to the list")
    await community.says(message, "I remember")
    discord.person_picks(message, ada, "Bella")
    await community.says(message, words("memory_shown"))
    discord.person_presses(message, ada, "Delete")
    await community.says(message, "I no longer remember this: my dog is called Bella")
    left = (await listed(community, ada)).content
    assert "Bella" not in left
    assert "Kiwi" in left


async def test_a_list_typed_in_front_of_all_is_shown_to_its_asker_alone(community: Community) -> None:
    ada = community.newcomer()
    await remembers(community, ada, "my cat is called Miso")
    answer = await community.reply_with(community.mention(ada, "/memories"), words("private_here"))
    assert "Miso" not in answer.content
    shown = community.discord.person_presses(answer, ada, "Show me")
    assert (await community.replied_with(shown, "Miso")).visible_to == ada.id


async def test_an_export_is_a_file_for_its_asker_alone(community: Community) -> None:
    ada = community.newcomer()
    await remembers(community, ada, "my cat is called Miso")
    used = community.discord.person_uses(community.general, ada, "privacy export")
    message = await community.replied_with(used, "Here is everything that is kept about you")
    assert message.visible_to == ada.id
    [(_, data)] = next(payload["files"] for payload in message.payloads if "files" in payload).items()
    lines = [json.loads(line) for line in data.decode().splitlines()]
    assert any("Miso" in json.dumps(line) for line in lines)
    public = await community.reply_with(community.mention(ada, "/privacy export"), words("private_file"))
    assert public.attachments == []


async def test_everything_is_erased_after_a_yes(community: Community) -> None:
    ada = community.newcomer()
    await remembers(community, ada, "my cat is called Miso")
    message = await community.replied_with(community.discord.person_uses(community.general, ada, "privacy erase"), "Shall I?")
    assert labels(message.components) == [words("erase_label"), "Cancel"]
    community.discord.person_presses(message, ada, words("erase_label"))
    await community.says(message, "This is your receipt")
    await community.replied_with(community.discord.person_uses(community.general, ada, "memories"), words("memories_none"))


async def test_cancelling_erases_nothing(community: Community) -> None:
    ada = community.newcomer()
    await remembers(community, ada, "my cat is called Miso")
    message = await community.replied_with(community.discord.person_uses(community.general, ada, "privacy erase"), "Shall I?")
    community.discord.person_presses(message, ada, "Cancel")
    await community.says(message, words("declined"))
    assert "Miso" in (await listed(community, ada)).content


async def test_a_gift_is_seen_by_all_and_arrives(community: Community) -> None:
    ada, bob = community.newcomer(), community.newcomer("bob")
    for person in (ada, bob):
        await community.replied_with(community.discord.person_uses(community.general, person, "credits"), "100 credits")
    used = community.discord.person_uses(community.general, ada, "gift", person=bob, credits=5, note="thanks")
    gift = await community.replied_with(used, bob.mention)
    assert gift.visible_to is None
    assert gift.pinged_users == []
    await community.replied_with(community.discord.person_uses(community.general, bob, "credits"), "105 credits")


async def test_an_answer_to_ask_is_stopped_by_its_button(community: Community, model: ModelServer) -> None:
    model.next(Scripted(hang_after=5))
    ada = community.newcomer()
    used = community.discord.person_uses(community.general, ada, "ask", question="tell me a story")
    answer = await community.replied_with(used, "-1.")
    assert answer.visible_to is None
    community.discord.person_presses(answer, ada, "Stop")
    await community.says(answer, words("stopped"))
    assert answer.components == []


async def test_ones_own_message_is_remembered_from_its_menu(community: Community) -> None:
    ada = community.newcomer()
    message = community.discord.person_says(community.general, ada, "my cat is called Miso")
    await community.replied_with(community.discord.person_uses_on(message, ada, "Remember this"), "my cat is called Miso")
    assert "Miso" in (await listed(community, ada)).content


async def test_settings_are_for_moderators_by_slash_command_and_by_typing(community: Community) -> None:
    ada, owner = community.newcomer(), community.discord.owner
    with pytest.raises(LookupError):
        community.discord.person_uses(community.general, ada, "settings set", name="rules", value="be loud")
    refused = await community.reply_with(community.mention(ada, "/settings set rules be loud"), "")
    used = community.discord.person_uses(community.general, owner, "settings set", name="rules", value="be kind")
    await community.replied_with(used, "be kind")
    shown = await community.replied_with(community.discord.person_uses(community.general, owner, "settings show"), "**rules**")
    assert "be kind" in shown.content
    assert "be loud" not in shown.content
    assert refused.content


@pytest.mark.parametrize("command", ["undo", "usage", "personality show", "summary", "reset", "privacy about", "why", "help"])
async def test_every_other_command_is_answered_to_its_user_alone(community: Community, command: str) -> None:
    used = community.discord.person_uses(community.general, community.newcomer(), command)
    message = await community.replied_with(used, "")
    assert message.visible_to == used.user.id
    assert message.content
    assert words("something_broke") not in message.content


@pytest.mark.parametrize("command", ["settings show", "pool show", "ignore", "allow", "quarantine list", "status"])
async def test_every_command_for_moderators_is_answered_to_them_alone(community: Community, command: str) -> None:
    used = community.discord.person_uses(community.general, community.discord.owner, command)
    message = await community.replied_with(used, "")
    assert message.visible_to == used.user.id
    assert words("something_broke") not in message.content


async def test_buttons_work_after_the_gateway_was_killed(community: Community) -> None:
    ada = community.newcomer()
    await remembers(community, ada, "my cat is called Miso")
    used = community.discord.person_uses(community.general, ada, "forget", what="my cat")
    message = await community.replied_with(used, "I would forget")
    community.stack.kill("gateway")
    await community.discord.until(lambda: not community.discord.gateway.connected(), timeout_s=WAIT_S)
    await community.discord.wait_connected(timeout_s=WAIT_S)
    community.discord.person_presses(message, ada, "Forget it")
    await community.says(message, "Done: I forgot 1 thing.")

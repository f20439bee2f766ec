"""Texts that nobody expects, handed to the assistant: each has a stated result."""

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.message_context import NO_WORDS
from services.gateway.notices import WORDS as NOTICES
from services.runtime import errors
from tests.integration.gateway.scripted_faults import WORDS
from tests.integration.gateway.scripted_services import Scripted, ask, scripted_services

Final = gateway_pb2.Final
WHOLE = "".join(WORDS)
PNG = gateway_pb2.Image(url="https://cdn.example.org/cat.png", media_type="image/png", description="a cat")


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


def said(scripted: Scripted) -> list[str]:
    return [request.text for request in scripted.asked("BeginTurn")]


@pytest.mark.parametrize(
    "text", ["😀", "👨‍👩‍👧 ❤️", "a" + "\u0301" * 2000, "x" * 8000, "مرحبا כיצד"], ids=["emoji", "joined emoji", "accents", "no blank", "rtl"]
)
async def test_it_is_answered_as_it_is(scripted: Scripted, text: str):
    answer = await ask(scripted.assistant, text)
    assert (said(scripted), answer.text) == ([text], WHOLE)


@pytest.mark.parametrize("text", ["\u200b\u200c\u200d", "\u2060\ufeff \n", "\u202e\u202d", "\u3164\u2800"])
@pytest.mark.parametrize("guild_id", ["", "g"])
async def test_a_text_of_which_nothing_can_be_seen_is_empty(scripted: Scripted, text: str, guild_id: str):
    assert (await ask(scripted.assistant, text, guild_id=guild_id, mentions_assistant=bool(guild_id))).ignored == "empty"
    assert said(scripted) == []


async def test_a_text_that_turns_the_direction_of_others_round_does_so_no_longer(scripted: Scripted):
    await ask(scripted.assistant, "what is \u202egnp.tac\u2066?")
    assert said(scripted) == ["what is gnp.tac?"]


async def test_a_picture_alone_is_shown_to_the_model(scripted: Scripted):
    answer = await ask(scripted.assistant, "", images=[PNG])
    [request] = scripted.asked("BeginTurn")
    assert (request.text, [image.description for image in request.images], answer.text) == (NO_WORDS, ["a cat"], WHOLE)


async def test_a_text_file_alone_is_shown_to_the_model(scripted: Scripted):
    await ask(scripted.assistant, "", guild_id="g", mentions_assistant=True, text_files=[gateway_pb2.TextFile(name="a.txt", text="one\ntwo\n")])
    [request] = scripted.asked("BeginTurn")
    assert (request.text, request.text_files[0].text) == ("[file: a.txt]", "one\ntwo\n")


async def test_a_file_that_cannot_be_read_alone_is_told_in_words_without_a_model(scripted: Scripted):
    final = (await ask(scripted.assistant, "\u200b", unread_files=["x.zip"])).final
    assert (final.outcome, final.text, final.reason) == (Final.OUTCOME_REFUSED, NOTICES["unread_files"], "UNREAD_FILES")
    assert said(scripted) == []
    assert scripted.credit.holds == {}


async def test_a_file_that_cannot_be_read_beside_words_is_told_to_the_model(scripted: Scripted):
    await ask(scripted.assistant, "look at this", unread_files=["x.zip"])
    assert said(scripted) == ["look at this\n[file that you cannot read: x.zip]"]


async def test_a_file_that_is_for_nobody_is_ignored(scripted: Scripted):
    assert (await ask(scripted.assistant, "", guild_id="g", unread_files=["x.zip"])).ignored == "not_addressed"


@pytest.mark.parametrize("text", ["`@parlour, hi`", "```\nparlour, hi\n```", "> parlour, hi", "look: `<@12>`"])
async def test_a_name_or_mention_in_code_or_a_quote_addresses_nobody(scripted: Scripted, text: str):
    mentions = "<@" in text
    assert (await ask(scripted.assistant, text, guild_id="g", mentions_assistant=mentions)).ignored == "not_addressed"


async def test_a_mention_in_code_beside_a_real_one_stays_in_the_code(scripted: Scripted):
    await ask(scripted.assistant, "<@12> what does `<@12>` do?", guild_id="g", mentions_assistant=True)
    assert said(scripted) == ["what does `<@12>` do?"]


async def test_a_text_that_is_too_long_for_the_model_is_refused_in_words(scripted: Scripted):
    scripted.fail("Reply", errors.ContextTooLong("2300 tokens"))
    assert (await ask(scripted.assistant, "x" * 8000)).text == NOTICES["too_long"]


async def test_a_long_text_has_room_for_its_files_names(scripted: Scripted):
    await ask(scripted.assistant, "x" * 8000, unread_files=["x.zip"])
    assert len(said(scripted)[0]) == 8000
    assert said(scripted)[0].endswith("x\n[file that you cannot read: x.zip]")


async def test_the_hold_covers_a_messages_pictures_and_files_and_conversation_is_told_so(scripted: Scripted):
    settings = scripted.settings
    file = gateway_pb2.TextFile(name="a.txt", text="x" * 3000)
    await ask(scripted.assistant, "look", images=[PNG, PNG], text_files=[file])
    [hold], [reply] = scripted.asked("PlaceHold"), scripted.conversation.replies
    assert hold.quote.images == reply.max_images == 2 + settings.earlier_images_max
    assert hold.quote.prompt_tokens == reply.max_prompt_tokens == settings.prompt_tokens_max + 1032


async def test_what_discord_looks_up_late_is_cleaned_as_well(scripted: Scripted):
    async def complete(message: gateway_pb2.IncomingMessage) -> None:
        message.reply_chain.add(message_id="a", author_name="B\u202eob", text="a\u202eb")

    request = gateway_pb2.HandleMessageRequest(message=gateway_pb2.IncomingMessage(message_id="m", channel_id="dm", user_id="ada", text="hello"))
    _ = [event async for event in scripted.assistant.handle(request, complete=complete)]
    [begun] = scripted.asked("BeginTurn")
    assert (begun.reply_chain[0].author_name, begun.reply_chain[0].text) == ("Bob", "ab")

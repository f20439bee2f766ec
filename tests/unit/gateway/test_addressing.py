"""Is a message meant for the assistant? By rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.rules import Addressing, Reason, decide
from services.gateway.addressing.spoken import is_blank, spoken

TO_ANN = gateway_pb2.RepliedTo(message_id="r", author_id="ann")
TO_US = gateway_pb2.RepliedTo(message_id="r", from_assistant=True)


def message(text: str, **fields: object) -> gateway_pb2.IncomingMessage:
    values = {"message_id": "m", "channel_id": "c", "user_id": "u", "guild_id": "g"} | fields
    return gateway_pb2.IncomingMessage(text=text, **values)  # type: ignore[arg-type]


def decided(text: str, *, slash: bool = False, settings: dict[str, object] | None = None, **fields: object) -> Addressing:
    guild = conversation_pb2.GuildSettings(**(settings or {}))  # type: ignore[arg-type]
    return decide(message(text, **fields), name="parlour", slash=slash, settings=guild)


def test_a_direct_message_is_meant_for_the_assistant():
    assert decided("hello", guild_id="") == Addressing(Reason.DIRECT_MESSAGE, "hello")


def test_a_mention_is_meant_for_the_assistant():
    assert decided("hello", mentions_assistant=True) == Addressing(Reason.MENTION, "hello")


@pytest.mark.parametrize("text", ["<@123> remember that I sing", "<@!123>, remember that I sing"])
def test_the_mention_in_front_is_no_part_of_what_is_said(text: str):
    assert decided(text, mentions_assistant=True).text == "remember that I sing"


@pytest.mark.parametrize(
    "text",
    [
        "look: `<@123> hi`",
        "```\n<@123> hi\n```",
        "so:\n```py\nping('<@123>')\n```\nwhat is that",
        "> <@123> hi\nlol",
        ">>> a\n<@123> hi",
        "``<@!123>``",
    ],
)
def test_a_mention_in_code_or_in_a_quote_addresses_nobody(text: str):
    assert decided(text, mentions_assistant=True).reason is Reason.NOT_ADDRESSED


def test_a_mention_beside_code_counts():
    assert decided("<@123> what is `x`?", mentions_assistant=True).reason is Reason.MENTION


def test_a_reply_to_the_assistant_is_meant_for_it():
    assert decided("why?", replied_to=TO_US) == Addressing(Reason.REPLY, "why?")


def test_a_reply_to_somebody_else_is_not():
    assert decided("why?", replied_to=TO_ANN).reason is Reason.NOT_ADDRESSED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parlour, what is up?", "what is up?"),
        ("Parlour: what is up?", "what is up?"),
        ("hey parlour, what is up?", "what is up?"),
        ("@parlour - what is up?", "what is up?"),
        ("parlour?", "parlour?"),
        ("PARLOUR", "PARLOUR"),
        ("```\nx = 1\n```\nparlour, what is this?", "```\nx = 1\n```\nparlour, what is this?"),
        ("> tea or coffee\nparlour, choose", "> tea or coffee\nparlour, choose"),
        ("parlour what is up?", "what is up?"),
        ("parlour can you sing", "can you sing"),
        ("Parlour tell me a story", "tell me a story"),
    ],
)
def test_the_name_at_the_start_addresses_the_assistant(text: str, said: str):
    assert decided(text) == Addressing(Reason.NAME, said)


@pytest.mark.parametrize("text", ["what is up, parlour?", "so, what now, Parlour", "thanks parlour!", "hello @parlour", "thank you parlour"])
def test_the_name_at_the_end_addresses_the_assistant(text: str):
    assert decided(text) == Addressing(Reason.NAME, text)


@pytest.mark.parametrize(
    "text",
    [
        "parlour games are fun",
        "parlour is closed today",
        "do you know parlour",
        "my favourite is the parlour",
        "`what is up, parlour?`",
        "I asked parlour, it did not know",
        "parlourmaid, come",
        "what a day",
        "`parlour, hi`",
        "```\nparlour, hi\n```",
        "> parlour, hi\nlol",
        ">>> parlour, hi",
    ],
)
def test_other_talk_is_not_meant_for_the_assistant(text: str):
    decision = decided(text)
    assert decision.reason is Reason.NOT_ADDRESSED
    assert not decision.addressed


def test_a_slash_command_is_meant_for_the_assistant_anywhere():
    assert decided("/credits", slash=True) == Addressing(Reason.SLASH, "/credits")


@pytest.mark.parametrize("text", ["", "  \n\t ", "\u200b\u200d\u2060", "\ufeff \u00ad", "\u3164\u2800", "\ufe0f"])
def test_nothing_that_can_be_seen_is_empty_even_in_a_mention(text: str):
    decision = decided(text, mentions_assistant=True)
    assert decision.reason is Reason.EMPTY
    assert not decision.addressed


def test_a_picture_without_words_is_something_said():
    assert decided("", mentions_assistant=True, images=[gateway_pb2.Image(url="https://x/y.png")]) == Addressing(Reason.MENTION, "")


def test_a_text_file_without_words_is_something_said():
    assert decided("", guild_id="", text_files=[gateway_pb2.TextFile(name="a.txt", text="a")]) == Addressing(Reason.DIRECT_MESSAGE, "")


@pytest.mark.parametrize("text", ["🙂", "👍🏽👍🏽", "🏳️‍🌈"])
def test_emoji_alone_are_something_said(text: str):
    assert decided(text, guild_id="").reason is Reason.DIRECT_MESSAGE


def test_a_name_with_signs_is_taken_literally():
    assert decide(message("c.3po, hi"), name="c.3po", slash=False).reason is Reason.NAME
    assert decide(message("cx3po, hi"), name="c.3po", slash=False).reason is Reason.NOT_ADDRESSED


def test_every_message_in_a_designated_channel_is_meant_for_the_assistant():
    assert decided("what a day", settings={"answered_channel_ids": ["x", "c"]}) == Addressing(Reason.CHANNEL, "what a day")
    assert decided("what a day", settings={"answered_channel_ids": ["x"]}).reason is Reason.NOT_ADDRESSED


@pytest.mark.parametrize("fields", [{"replied_to": TO_ANN}, {"mentioned_user_ids": ["ann"]}])
def test_not_so_what_is_addressed_to_another_person_there(fields: dict[str, object]):
    assert decided("what a day", settings={"answered_channel_ids": ["c"]}, **fields).reason is Reason.NOT_ADDRESSED


@pytest.mark.parametrize(
    "settings", [{"ignored_user_ids": ["u"]}, {"ignored_channel_ids": ["c"]}, {"allowed_channel_ids": ["x"]}, {"ignored_user_ids": ["v", "u"]}]
)
@pytest.mark.parametrize("fields", [{"mentions_assistant": True}, {"replied_to": TO_US}, {}])
def test_who_or_where_is_ignored_is_not_answered_whatever_is_said(settings: dict[str, object], fields: dict[str, object]):
    decision = decided("parlour, hi", settings=settings | {"answered_channel_ids": ["c"]}, **fields)
    assert decision.reason is Reason.IGNORED
    assert not decision.addressed


def test_an_allowed_channel_is_answered_in():
    assert decided("parlour, hi", settings={"allowed_channel_ids": ["x", "c"]}).reason is Reason.NAME


def test_ignoring_ends_no_commands():
    assert decided("/privacy erase", slash=True, settings={"ignored_user_ids": ["u"], "allowed_channel_ids": ["x"]}).reason is Reason.SLASH


def test_nobody_is_ignored_in_direct_messages():
    assert decided("hi", guild_id="", settings={"ignored_user_ids": ["u"]}).reason is Reason.DIRECT_MESSAGE


@given(st.text(max_size=300))
def test_any_text_is_decided_on(text: str):
    assert isinstance(decided(text).reason, Reason)


@given(st.text(alphabet="ab `~>\n", max_size=80))
def test_what_is_spoken_has_no_other_signs_than_the_text(text: str):
    assert set(spoken(text)) <= set(text) | {" "}


@given(st.text(alphabet="abc de\n", max_size=80))
def test_text_without_code_and_quotes_is_spoken_as_it_stands(text: str):
    assert spoken(text) == text


@given(st.text(max_size=60))
def test_a_letter_is_never_blank(text: str):
    assert not is_blank(f"{text}a")


def test_a_long_run_of_backticks_takes_no_long_time():
    assert isinstance(spoken("`" * 8000), str)
    assert isinstance(spoken("` " * 4000), str)

"""Is a message meant for the assistant?"""

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.rules import Addressing, Reason, decide


def message(text: str, **fields: object) -> gateway_pb2.IncomingMessage:
    return gateway_pb2.IncomingMessage(message_id="m", channel_id="c", user_id="u", guild_id="g", text=text, **fields)


def decided(text: str, *, slash: bool = False, **fields: object) -> Addressing:
    return decide(message(text, **fields), name="parlour", slash=slash)


def test_a_direct_message_is_meant_for_the_assistant():
    direct = gateway_pb2.IncomingMessage(message_id="m", channel_id="c", user_id="u", text="hello")
    assert decide(direct, name="parlour", slash=False) == Addressing(Reason.DIRECT_MESSAGE, "hello")


def test_a_mention_is_meant_for_the_assistant():
    assert decided("hello", mentions_assistant=True) == Addressing(Reason.MENTION, "hello")


@pytest.mark.parametrize("text", ["<@123> remember that I sing", "<@!123>, remember that I sing"])
def test_the_mention_in_front_is_no_part_of_what_is_said(text: str):
    assert decided(text, mentions_assistant=True).text == "remember that I sing"


def test_a_reply_to_the_assistant_is_meant_for_it():
    replied = gateway_pb2.RepliedTo(message_id="r", from_assistant=True)
    assert decided("why?", replied_to=replied) == Addressing(Reason.REPLY, "why?")


def test_a_reply_to_somebody_else_is_not():
    replied = gateway_pb2.RepliedTo(message_id="r", author_id="ann")
    assert decided("why?", replied_to=replied).reason is Reason.NOT_ADDRESSED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parlour, what is up?", "what is up?"),
        ("Parlour: what is up?", "what is up?"),
        ("hey parlour, what is up?", "what is up?"),
        ("@parlour - what is up?", "what is up?"),
        ("parlour?", "parlour?"),
        ("PARLOUR", "PARLOUR"),
    ],
)
def test_the_name_at_the_start_addresses_the_assistant(text: str, said: str):
    assert decided(text) == Addressing(Reason.NAME, said)


@pytest.mark.parametrize("text", ["parlour games are fun", "I asked parlour, it did not know", "parlourmaid, come", "what a day"])
def test_other_talk_is_not_meant_for_the_assistant(text: str):
    decision = decided(text)
    assert decision.reason is Reason.NOT_ADDRESSED
    assert not decision.addressed


def test_a_slash_command_is_meant_for_the_assistant_anywhere():
    assert decided("/credits", slash=True) == Addressing(Reason.SLASH, "/credits")


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_nothing_said_is_empty_even_in_a_mention(text: str):
    decision = decided(text, mentions_assistant=True)
    assert decision.reason is Reason.EMPTY
    assert not decision.addressed


def test_a_name_with_signs_is_taken_literally():
    assert decide(message("c.3po, hi"), name="c.3po", slash=False).reason is Reason.NAME
    assert decide(message("cx3po, hi"), name="c.3po", slash=False).reason is Reason.NOT_ADDRESSED

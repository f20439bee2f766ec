"""Whom a command means where names stand for people, which may be called anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.commands import arguments
from services.gateway.commands.arguments import Gift, Unclear
from services.gateway.commands.named_people import people_in, with_ids

CREDIT = 1_000_000


@pytest.mark.parametrize(
    ("text", "mentioned", "expected"),
    [
        ("@Bob 5 credits", ["7"], Gift("7", 5 * CREDIT)),
        ("@Bob Smith, the 2nd 5 credits for the help", ["7"], Gift("7", 5 * CREDIT, "for the help")),
        ("@Bob 5 thanks", ["7"], Gift("7", 5 * CREDIT, "thanks")),
        ("5 credits to @Bob Smith", ["7"], Gift("7", 5 * CREDIT)),
        ("5 credits to @Bob Smith for the help", ["7"], Gift("7", 5 * CREDIT, "for the help")),
        ("5 to @Bob", ["7"], Gift("7", 5 * CREDIT)),
        ("<@7> 5", [], Gift("7", 5 * CREDIT)),
        ("<@7> 5", ["7"], Gift("7", 5 * CREDIT)),
        ("<@7> 5 for @Parlour", ["7"], Gift("7", 5 * CREDIT, "for <@assistant>")),
        ("@parlour 5", [], Gift("assistant", 5 * CREDIT)),
        ("5 credits to @Parlour", [], Gift("assistant", 5 * CREDIT)),
        ("@parlour 5 for <@7>", ["7"], Gift("assistant", 5 * CREDIT, "for <@7>")),
    ],
)
def test_a_name_stands_for_who_is_mentioned(text: str, mentioned: list[str], expected: Gift):
    assert arguments.gift(with_ids(text, mentioned, "parlour")) == expected


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("@Bob 500 5 credits", ["7"]),  # somebody is called "Bob 500"
        ("@Bob 500 credits for 5 credits", ["7"]),
        ("@Bob 5 credits for helping @Ann", ["7", "8"]),
        ("@Bob 5 credits for helping @Ann", ["7"]),
        ("5 credits to @Bob for 3 cakes", ["7"]),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked_about(text: str, mentioned: list[str]):
    with pytest.raises(Unclear) as raised:
        with_ids(text, mentioned, "parlour")
    assert raised.value.key == "person_unclear"


@pytest.mark.parametrize("text", ["@Bob 5", "Bob 5", "5 credits to @Bob"])
def test_a_name_alone_is_nobody(text: str):
    with pytest.raises(Unclear) as raised:
        arguments.gift(with_ids(text, [], "parlour"))
    assert raised.value.key == "person_form"


@given(st.text(st.characters(exclude_characters="@<>"), min_size=1, max_size=32))
def test_no_name_changes_how_much_is_given_or_to_whom(name: str):
    try:
        gift = arguments.gift(with_ids(f"@{name} 5 credits", ["7"], "parlour"))
    except Unclear:
        return
    assert (gift.user_id, gift.microcredits, gift.note) == ("7", 5 * CREDIT, "")


def test_people_in_a_list_are_those_who_are_mentioned():
    assert people_in("@Bob @Ann Lee", ["7", "8"]) == "<@7> <@8>"
    assert people_in("<@9>", ["7"]) == "<@9>"
    assert people_in("everyone", ["7"]) == "everyone"
    assert people_in("@Bob #general", ["7"]) == "@Bob #general"
    assert people_in("@Bob", []) == "@Bob"

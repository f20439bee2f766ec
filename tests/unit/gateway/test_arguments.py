"""What stands behind a command's name: whom, how much, for how long; and what is asked where it cannot be read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.commands import arguments
from services.gateway.commands.arguments import Gift, Look, PoolGrant, Span, Unclear
from services.gateway.notices import WORDS, words

CREDIT = 1_000_000
ADA = "123456789012345678"


def unclear(read, text: str) -> str:
    with pytest.raises(Unclear) as raised:
        read(text)
    assert words(raised.value.key, **raised.value.values)
    return raised.value.key


@given(st.decimals(min_value=Decimal("0.000001"), max_value=1_000_000, places=6))
def test_every_amount_with_six_decimals_is_read_exactly(number: Decimal):
    assert arguments.amount(f"{number:f}") == int(number * CREDIT)


@pytest.mark.parametrize(("word", "microcredits"), [("5", 5 * CREDIT), ("2.5", 2_500_000), (".5", 500_000), ("5.", 5 * CREDIT), ("007", 7 * CREDIT)])
def test_amounts_are_numbers_of_credits(word: str, microcredits: int):
    assert arguments.amount(word) == microcredits


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("", "amount_form"),
        (".", "amount_form"),
        ("five", "amount_form"),
        ("1,000", "amount_form"),
        ("0,5", "amount_form"),
        ("1.0000001", "amount_form"),
        ("1e9", "amount_form"),
        ("٥", "amount_form"),
        ("inf", "amount_form"),
        ("9" * 400, "amount_form"),
        ("0", "amount_too_small"),
        ("0.000000", "amount_too_small"),
        ("-5", "amount_too_small"),
        ("1000000.000001", "amount_too_large"),
        ("999999999999999", "amount_too_large"),
    ],
)
def test_what_is_no_amount_is_asked_about(word: str, key: str):
    assert unclear(arguments.amount, word) == key


@pytest.mark.parametrize(
    ("word", "user_id"),
    [
        ("<@1>", "1"),
        ("<@!42>", "42"),
        ("<@ada>", "ada"),
        (f"<@{ADA}>,", ADA),
        (ADA, ADA),
        ("Bob", None),
        ("@Bob", None),
        ("42", None),
        ("<#1>", None),
    ],
)
def test_a_person_is_a_mention_or_an_id_as_long_as_discords(word: str, user_id: str | None):
    assert arguments.person(word) == user_id


@pytest.mark.parametrize(("word", "channel_id"), [("<#1>", "1"), (ADA, ADA), ("#general", None), ("<@1>", None), ("<#>", None)])
def test_a_channel_is_a_mention_or_an_id(word: str, channel_id: str | None):
    assert arguments.channel(word) == channel_id


@pytest.mark.parametrize(
    ("text", "gift"),
    [
        ("<@1> 5", Gift("1", 5 * CREDIT)),
        ("<@1> 5 credits", Gift("1", 5 * CREDIT)),
        ("<@1>, 0.5 credit for the  help", Gift("1", 500_000, "for the help")),
        ("<@1> 5 thanks a lot", Gift("1", 5 * CREDIT, "thanks a lot")),
        ("5 credits to <@1>", Gift("1", 5 * CREDIT)),
        ("5 to <@1> for cake", Gift("1", 5 * CREDIT, "for cake")),
        (f"{ADA} 5", Gift(ADA, 5 * CREDIT)),
    ],
)
def test_gifts_name_a_person_and_an_amount_in_either_order(text: str, gift: Gift):
    assert arguments.gift(text) == gift


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "gift_form"),
        ("<@1>", "gift_form"),
        ("5", "gift_form"),
        ("5 credits", "gift_form"),
        ("5 credits to", "gift_form"),
        ("5 <@1>", "gift_form"),
        ("Bob 5", "person_form"),
        ("5 credits to Bob", "person_form"),
        ("<@1> many", "amount_form"),
        ("<@1> -5", "amount_too_small"),
        ("<@1> 5 " + "x" * 201, "note_too_long"),
    ],
)
def test_absurd_gifts_are_answered_with_how_it_is_meant(text: str, key: str):
    assert unclear(arguments.gift, text) == key


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        ("<@1> 5", PoolGrant("1", 5 * CREDIT)),
        ("<@1> 5 30", PoolGrant("1", 5 * CREDIT, 30)),
        ("<@1> 5 credits for 30 days", PoolGrant("1", 5 * CREDIT, 30)),
        ("<@1> 5 1 day", PoolGrant("1", 5 * CREDIT, 1)),
    ],
)
def test_grants_may_last_some_days(text: str, grant: PoolGrant):
    assert arguments.pool_grant(text) == grant


@pytest.mark.parametrize("text", ["", "<@1>", "<@1> 5 0", "<@1> 5 3651", "<@1> 5 soon", "<@1> 5 -1", "<@1> 5 1 2"])
def test_absurd_grants_are_answered_with_how_it_is_meant(text: str):
    assert unclear(arguments.pool_grant, text) == "grant_form"


@pytest.mark.parametrize(
    ("text", "look"),
    [
        ("", Look(Span.DAY)),
        ("today", Look(Span.DAY)),
        ("Week", Look(Span.WEEK)),
        ("server month", Look(Span.MONTH, of_guild=True)),
        ("week guild", Look(Span.WEEK, of_guild=True)),
    ],
)
def test_use_is_looked_at_over_a_day_a_week_or_a_month(text: str, look: Look):
    assert arguments.look(text) == look


def test_a_span_that_is_none_is_asked_about():
    assert unclear(arguments.look, "year") == "usage_form"


def test_people_and_channels_are_told_apart():
    assert arguments.people_and_channels("<@1>, <#2> <@!3>") == (["1", "3"], ["2"])
    assert arguments.people_and_channels("") == ([], [])
    assert unclear(arguments.people_and_channels, "<@1> everyone") == "people_form"


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_asked_about(text: str):
    for read in (arguments.gift, arguments.pool_grant, arguments.look, arguments.people_and_channels):
        try:
            read(text)
        except Unclear as raised:
            assert raised.key in WORDS

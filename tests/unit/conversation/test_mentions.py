"""What mentions a person in other people's words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.privacy.mentions import SOMEBODY, mention_pattern

DISCORD = "112233445566778899"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"ask <@{DISCORD}> or <@!{DISCORD}>", f"ask {SOMEBODY} or {SOMEBODY}"),
        (f"their id is {DISCORD}.", f"their id is {SOMEBODY}."),
        (f"an invoice, {DISCORD}0, is no id", f"an invoice, {DISCORD}0, is no id"),
        ("hey @Ann, are you there?", f"hey {SOMEBODY}, are you there?"),
        ("@Ann Smith knows", f"{SOMEBODY} knows"),
        ("@Annabel is somebody else", "@Annabel is somebody else"),
        ("Ann is a name without a mark", "Ann is a name without a mark"),
        ("@X is too short a name", "@X is too short a name"),
    ],
)
def test_mentions_are_replaced_and_nothing_else(text, expected):
    assert re.sub(mention_pattern(DISCORD, ["Ann", "Ann Smith", "X", ""]), SOMEBODY, text) == expected


def test_a_short_id_is_replaced_only_inside_a_mention():
    assert re.sub(mention_pattern("ann"), SOMEBODY, "ann said: ask <@ann>") == f"ann said: ask {SOMEBODY}"


@given(st.text(min_size=1), st.text(), st.text())
def test_no_mention_of_anybody_survives_whatever_the_id_is(user_id, before, after):
    assert f"<@{user_id}>" not in re.sub(mention_pattern(user_id), SOMEBODY, f"{before}<@{user_id}>{after}")

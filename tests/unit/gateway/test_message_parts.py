"""Which parts of a message are for the assistant: hand-written messages, and laws that hold for any text."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.gateway.message_parts import Part, own_parts, split
from services.gateway.part_cues import Audience
from tests.unit.gateway.message_parts_corpus import BY_ID, DIRECT, HERE, KNOWN, PARTS, REPLIED, WHOLE

FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
AUDIENCES = st.sampled_from([HERE, REPLIED, DIRECT, BY_ID, KNOWN])
# Pieces of what the corpus is made of, so that what is put together often has parts.
PIECES = st.sampled_from(
    [
        *("Parlour, ", "parlour: ", "@parlour ", "@Bob ", "Anna: ", "Anna, can you ", "@everyone ", "<@77> ", "<@12> ", "hey ", "1. ", "2. ", "- "),
        *(
            "what is this? ",
            "thanks! ",
            "it rains. ",
            "\n",
            "\n\n",
            "`@Bob?` ",
            "```\nParlour, a?\n```",
            "```",
            "`",
            "> Bob: hi\n",
            ">>> ",
            "🤔",
            "é",
            "\u0301",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=200)


def parts_of(text: str, audience: Audience = HERE, *, characters_min: int = 1, quote_characters_max: int = 60) -> tuple[Part, ...]:
    return split(text, audience, characters_min=characters_min, quote_characters_max=quote_characters_max)


def test_there_are_enough_messages_to_mean_something():
    assert len(WHOLE) + len(PARTS) >= 60
    assert len({text for text, *_ in (*WHOLE, *PARTS)}) == len(WHOLE) + len(PARTS)


@pytest.mark.parametrize(("text", "audience"), WHOLE, ids=[text[:40] for text, _ in WHOLE])
def test_a_message_that_is_all_for_us_stays_whole_and_is_not_quoted(text: str, audience: Audience):
    assert parts_of(text, audience) == (Part("us", text, text.strip()),)


@pytest.mark.parametrize(("text", "audience", "found"), PARTS, ids=[text[:40] for text, *_ in PARTS])
def test_a_message_has_the_parts_that_a_reader_finds(text: str, audience: Audience, found: tuple[tuple[str, str], ...]):
    assert tuple((part.addressee.value, part.said) for part in parts_of(text, audience)) == found


@pytest.mark.parametrize(("text", "audience", "found"), PARTS, ids=[text[:40] for text, *_ in PARTS])
def test_only_parts_for_us_are_quoted(text: str, audience: Audience, found: tuple[tuple[str, str], ...]):
    for part in parts_of(text, audience):
        assert bool(part.quote) == (part.addressee == "us")


def test_a_short_message_stays_whole():
    text, audience, found = PARTS[0]
    assert len(parts_of(text, audience, characters_min=len(text) + 1)) == 1
    assert len(parts_of(text, audience, characters_min=len(text))) == len(found)


# Laws.


@given(TEXTS, AUDIENCES)
@example("Parlour?\n@Bob can you?\n", HERE)
def test_every_character_is_in_exactly_one_part_and_the_order_is_kept(text: str, audience: Audience):
    assert "".join(part.text for part in parts_of(text, audience)) == text


@given(TEXTS, AUDIENCES)
def test_somebody_decided_that_it_is_for_us_and_so_a_part_of_it_is(text: str, audience: Audience):
    parts = parts_of(text, audience)
    assert len(parts) == 1 or own_parts(parts)


@given(TEXTS, AUDIENCES)
@example("```\nParlour, a?\n```@Bob what is this?\nParlour, what is this?", HERE)
@example("`Parlour, ```1. @Bob ", HERE)
def test_no_code_block_is_cut(text: str, audience: Audience):
    ends, place = set(), 0
    for part in parts_of(text, audience):
        place += len(part.text)
        ends.add(place)
    for fence in FENCE.finditer(text):
        assert not any(fence.start() < end < fence.end() for end in ends)


@given(TEXTS, AUDIENCES, st.integers(20, 80))
def test_a_quote_is_one_short_line_that_leaves_nothing_open(text: str, audience: Audience, characters_max: int):
    for part in parts_of(text, audience, quote_characters_max=characters_max):
        assert len(part.quote) <= characters_max
        assert part.quote == " ".join(part.quote.split())
        assert part.quote.count("`") % 2 == 0
        assert part.quote.count("||") % 2 == 0


@given(TEXTS, AUDIENCES)
def test_what_is_said_in_a_part_stands_in_its_text(text: str, audience: Audience):
    for part in parts_of(text, audience):
        assert part.said in part.text


# Quotes.


def quoted(text: str, characters_max: int = 30) -> str:
    [part] = [part for part in parts_of(f"{text}\n@Bob bye!", quote_characters_max=characters_max) if part.addressee == "us"]
    return part.quote


def test_a_long_part_is_quoted_up_to_a_word():
    assert quoted("What is the tallest mountain of the whole world?") == "What is the tallest mountain …"


def test_a_part_without_blanks_is_quoted_up_to_a_sign():
    assert quoted("x" * 8000) == f"{'x' * 28} …"


def test_the_quote_of_a_pile_of_accents_is_thinned():
    assert quoted(f"a{'\u0301' * 2000} what?") == f"a{'\u0301' * 4} what?"


def test_a_quote_cannot_reorder_what_stands_beside_it():
    assert quoted("what is \u202eabc\u202c here?") == "what is abc here?"


def test_a_spoiler_is_not_torn_open_by_its_quote():
    assert quoted("Is it true that ||the butler did it with the candlestick||?") == "Is it true that …"


def test_the_question_behind_an_introduction_is_quoted():
    parts = parts_of("Parlour, in one word each, please, for my homework:\n1. What is A?\n2. What is B?")
    assert [part.quote for part in parts] == ["What is A?", "What is B?"]

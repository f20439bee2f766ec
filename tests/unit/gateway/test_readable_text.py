"""Text beside other text: cut where no sign is torn, and without what reorders its neighbours."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.readable_text import beginning, cut, thinned, without_reordering

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1e9\U0001f1ea"
WAVE = "\U0001f44b\U0001f3fd"
SIGNS = st.sampled_from(["a", " ", "e\u0301", "한", FAMILY, FLAG, WAVE, "\n", "\u202e", "\u2067", "❤\ufe0f"]) | st.characters(
    exclude_categories=["Cs"]
)
TEXTS = st.lists(SIGNS, max_size=40).map("".join)
REORDERING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x2070))}


@given(TEXTS)
def test_nothing_that_reorders_other_text_stays_and_all_else_does(text: str):
    assert without_reordering(text) == "".join(sign for sign in text if sign not in REORDERING)


def test_the_plain_marks_that_hebrew_and_arabic_are_written_with_stay():
    assert without_reordering("\u200fשלום\u200e \u061cسلام") == "\u200fשלום\u200e \u061cسلام"


@given(TEXTS, st.integers(1, 50))
def test_a_cut_text_is_a_beginning_and_no_longer_than_allowed(text: str, characters_max: int):
    shown = cut(text, characters_max)
    assert text.startswith(shown)
    assert len(shown) <= characters_max
    assert shown or not text


@pytest.mark.parametrize("sign", [FAMILY, FLAG, WAVE, "e\u0301", "❤\ufe0f"], ids=["family", "flag", "skin tone", "accent", "variation"])
def test_no_sign_of_several_characters_is_torn(sign: str):
    for size in range(1, len(sign) * 3):
        shown = cut(f"{sign * 3}", size)
        assert size < len(sign) or (len(shown) % len(sign) == 0 and len(shown) > size - len(sign))


def test_flags_are_cut_between_flags():
    assert cut(FLAG * 3, 3) == FLAG


def test_two_thousand_accents_on_one_letter_are_cut_to_the_limit():
    assert len(cut("a" + "\u0301" * 2000, 100)) == 100


@given(TEXTS, st.integers(5, 50))
def test_a_beginning_is_one_line_within_the_limit(text: str, characters_max: int):
    line = beginning(text, characters_max)
    assert len(line) <= characters_max
    assert line == " ".join(line.split())


def test_a_beginning_ends_at_a_word_and_says_that_there_is_more():
    assert beginning("one two\nthree four", 12) == "one two …"
    assert beginning("one two", 12) == "one two"


@given(TEXTS)
def test_at_most_four_marks_stay_on_a_sign_and_every_other_sign_stays(text: str):
    piled = f"{text}a{'\u0301' * 9}"
    shown = thinned(piled)
    assert "\u0301" * 5 not in shown
    visible = [sign for sign in piled if unicodedata.category(sign) not in ("Mn", "Me")]
    assert [sign for sign in shown if unicodedata.category(sign) not in ("Mn", "Me")] == visible

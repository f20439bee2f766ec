"""What ranking looks at in a memory beside its meaning and its words."""

from datetime import UTC, datetime

import pytest

from services.memory.traits import searchable_text, traits_of
from services.retrieval.asking import folded_name
from services.retrieval.terms import terms_of


@pytest.mark.parametrize(
    ("text", "asks"), [("Do you like tea?", True), ('She said "really?"', True), ("Really? I do.", False), ("I like tea", False)]
)
def test_what_ends_with_a_question_asks(text, asks):
    assert traits_of(text, "").asks is asks


@pytest.mark.parametrize(
    ("text", "dated"),
    [
        ("I moved here last week", True),
        ("the raid is on Friday", True),
        ("we met in 2019", True),
        ("dinner at 7pm", True),
        ("I like tea", False),
        ("weakly", False),
        ("room 2019b", False),
    ],
)
def test_what_names_a_time_is_dated(text, dated):
    assert traits_of(text, "").dated is dated


def test_length_counts_terms_and_the_longest_text_fits():
    assert traits_of("my cat is called Miso", "Ada").length == 3
    assert traits_of("x " * 40_000, "").length == 32_767


def test_a_name_is_folded():
    assert traits_of("hello", "  Ada  LOVELACE ").speaker == folded_name("ada lovelace") == "ada lovelace"
    assert len(folded_name("x" * 1_000)) == 64


def test_a_memory_is_found_by_its_words_its_speaker_and_its_date():
    terms = terms_of(searchable_text("I adopted a cat", "Ada", datetime(2026, 5, 8, tzinfo=UTC))).counts
    assert {"adopt", "cat", "ada", "may", "2026", "8"} <= set(terms)

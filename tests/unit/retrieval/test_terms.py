"""What counts as the same word, and as the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retrieval.terms import QUERY_TERMS_MAX, STOPWORDS, normalised, overlap, query_terms, terms_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cat", "cats"),
        ("cat's", "Cat"),
        ("city", "cities"),
        ("box", "boxes"),
        ("live", "lived"),
        ("live", "living"),
        ("call", "called"),
        ("run", "running"),
        ("ﬁsh", "fish"),
        ("naïve", "naïve"),
        ("STRASSE", "straße"),
        ("cat’s", "cat's"),
    ],
)
def test_forms_of_a_word_are_one_term(one, other):
    assert set(terms_of(one).counts) == set(terms_of(other).counts) != set()


@pytest.mark.parametrize(("one", "other"), [("university", "universe"), ("bus", "bu"), ("thing", "th"), ("red", "r"), ("Oslo", "Osl")])
def test_other_words_are_other_terms(one, other):
    assert set(terms_of(one).counts) != set(terms_of(other).counts)


def test_terms_are_counted():
    terms = terms_of("Tea, tea and more teas, please")
    assert terms.counts["tea"] == 3
    assert terms.length == 4


def test_words_that_say_little_are_left_out():
    assert query_terms("what is my cat called") == ["call", "cat"]
    assert terms_of(" ".join(STOPWORDS)).counts == {}


def test_scripts_without_spaces_are_found_by_pairs_of_characters():
    assert set(query_terms("猫叫")) <= set(terms_of("我的猫叫米索").counts)


def test_a_long_query_keeps_its_longest_terms():
    terms = query_terms(" ".join(f"word{'x' * length}" for length in range(40)))
    assert len(terms) == QUERY_TERMS_MAX
    assert min(map(len, terms)) > 20


@pytest.mark.parametrize("other", ["my cat is called miso", " My  cat\tis called Miso. ", "MY CAT IS CALLED MISO!", "my cat is called Miso"])
def test_texts_that_differ_in_form_alone_are_the_same(other):
    assert normalised(other) == normalised("My cat is called Miso.")


@pytest.mark.parametrize("other", ["my cat is called Mimi", "is my cat called Miso", "my cat is called Miso?", "mycat is called Miso"])
def test_texts_that_differ_in_more_are_not(other):
    assert normalised(other) != normalised("My cat is called Miso.")


@given(st.text(max_size=300))
def test_normalising_twice_changes_nothing_more(text):
    once = normalised(text)
    assert normalised(once) == once


@given(st.text(max_size=300))
def test_any_text_has_terms_without_blanks_that_its_own_query_finds(text):
    terms = terms_of(text)
    assert terms.length == sum(terms.counts.values())
    assert all(term and not term.isspace() for term in terms.counts)
    assert set(query_terms(text)) <= set(terms.counts)


def test_overlap_is_the_share_in_common():
    assert overlap(frozenset("ab"), frozenset("bc")) == pytest.approx(1 / 3)
    assert overlap(frozenset(), frozenset()) == 1.0
    assert overlap(frozenset("a"), frozenset()) == 0.0

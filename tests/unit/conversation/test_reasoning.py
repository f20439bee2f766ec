"""Thoughts in marks are told from what is said, however the output is cut into pieces."""

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from services.conversation.models.reasoning import ThoughtFilter

_texts = st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "ink>", "</", "a", " b", "\n", "<thin", "k>"]), max_size=12).map("".join)


def told(pieces: list[str]) -> tuple[str, str]:
    thoughts = ThoughtFilter()
    parts = [thoughts.take(piece) for piece in pieces] + [thoughts.end()]
    return "".join(part.text for part in parts), "".join(part.thought for part in parts)


def split(text: str, cuts: list[int]) -> list[str]:
    places = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    return [text[start:end] for start, end in itertools.pairwise(places)]


def test_a_mark_split_over_three_pieces_is_found():
    assert told(["<th", "in", "k>hm", "m</thi", "nk>\n\nHel", "lo"]) == ("Hello", "<think>hmm</think>")


def test_what_only_looks_like_the_beginning_of_a_mark_is_said():
    assert told(["1 <", " 2 and <thin"]) == ("1 < 2 and <thin", "")


def test_thoughts_that_never_end_hide_all_that_follows():
    assert told(["Hi <think>one", " two </thin"]) == ("Hi ", "<think>one two </thin")


@given(_texts, st.lists(st.integers(0, 100), max_size=8))
def test_where_the_output_is_cut_changes_nothing(text, cuts):
    assert told(split(text, cuts)) == told([text])


@given(_texts, st.lists(st.integers(0, 100), max_size=8))
def test_what_is_said_is_the_output_without_thoughts_and_leading_space(text, cuts):
    expected = re.sub(r"<think>.*?(?:</think>|\Z)", "", text, flags=re.DOTALL).lstrip()
    assert told(split(text, cuts))[0] == expected

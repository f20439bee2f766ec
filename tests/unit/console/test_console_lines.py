"""What a person types is checked before it is sent, and what is shown cannot drive the terminal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from services.console.lines import LINE_CHARACTERS_MAX, cell, checked, folded, read_lines, visible


def test_a_plain_line_is_sent_as_it_is() -> None:
    line = checked("  my cat is called Miso ")
    assert (line.text, line.problem, line.remark) == ("my cat is called Miso", "", "")


def test_an_empty_line_gets_a_sentence() -> None:
    assert checked("   ").problem == "That line holds nothing: write a message, or /help."


def test_a_line_of_a_hundred_thousand_characters_is_told_the_limit() -> None:
    assert checked("a" * 100_000).problem == "That line has 100,000 characters and the limit is 8,000: please send less at once."


def test_a_line_at_the_limit_is_sent() -> None:
    assert checked("a" * LINE_CHARACTERS_MAX).problem == ""


def test_control_characters_are_removed_and_said_to_be() -> None:
    line = checked("he\x00llo\x1b[31m")
    assert line.text == "hello[31m"
    assert line.remark == "2 control characters were removed from that line."


def test_a_line_of_control_characters_alone_gets_a_sentence() -> None:
    assert checked("\x07\x08").problem == "That line holds nothing but control characters: write a message, or /help."


def test_a_line_longer_than_any_buffer_is_measured_without_being_kept() -> None:
    lines = list(read_lines(io.StringIO("a" * 300_000 + "\nnext\nlast")))
    assert [(len(text) <= 65_536, length) for text, length in lines] == [(True, 300_000), (True, 4), (True, 4)]


def test_a_line_that_ends_at_the_buffer_s_edge_is_one_line() -> None:
    lines = list(read_lines(io.StringIO("a" * 65_535 + "\n" + "b" * 65_536 + "\nc")))
    assert [length for _, length in lines] == [65_535, 65_536, 1]


@given(st.text())
def test_what_is_shown_holds_no_escape_and_folds_to_one_line(text: str) -> None:
    assert "\x1b" not in visible(text)
    assert "\n" not in folded(text)
    visible(text).encode("utf-8")


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_every_line_is_either_sent_or_answered_with_a_sentence(text: str) -> None:
    line = checked(text)
    assert bool(line.text) != bool(line.problem)


@pytest.mark.parametrize("text", ["[bold]x[/]", r"\[/x]", r"\\[red]x", "[[x]", "[x"])
def test_a_cell_of_a_table_shows_markup_as_it_was_written(text: str) -> None:
    assert Text.from_markup(cell(text)).plain == text

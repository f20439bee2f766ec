"""What a person at a terminal sees."""

import io

from rich.console import Console

from services.console.screens import Terminal


def _screen() -> tuple[Terminal, io.StringIO]:
    out = io.StringIO()
    return Terminal(Console(file=out, width=40, highlight=False)), out


def test_streamed_text_is_shown_once() -> None:
    screen, out = _screen()
    for part in ("Hel", "lo"):
        screen.delta(part)
    screen.answer("Hello there", "Hello")
    assert out.getvalue() == "parlour> Hello there\n"


def test_an_answer_that_replaces_what_was_streamed_starts_a_new_line() -> None:
    screen, out = _screen()
    screen.delta("Hel")
    screen.answer("Sorry.", "Hel")
    assert out.getvalue() == "parlour> Hel\nparlour> Sorry.\n"


def test_a_model_cannot_send_escape_sequences_or_markup() -> None:
    screen, out = _screen()
    screen.answer("\x1b[2Jgone [red]not red[/]", "")
    assert out.getvalue() == "parlour> [2Jgone [red]not red[/]\n"


def test_a_long_answer_is_not_broken_by_us() -> None:
    screen, out = _screen()
    screen.answer("word " * 40, "")
    assert out.getvalue().count("\n") == 1

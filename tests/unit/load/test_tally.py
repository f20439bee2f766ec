"""What became of the messages, counted."""

import re
from io import StringIO

import pytest
from rich.console import Console

from tests.load.mix import Kind
from tests.load.progress import drawn, line
from tests.load.tally import LONGEST_S, WINDOWS_MAX, Heard, Outcome, Tally, error_counts, percentile_ms


def ended(tally: Tally, outcome: Outcome, *, due_s: float = 0.5, after_s: float = 0.1, reason: str = "", kind: Kind = Kind.QUESTION) -> None:
    tally.sent(due_s, due_s)
    tally.ended(kind, due_s, due_s + after_s, Heard(outcome, reason))


def test_a_time_belongs_to_when_the_message_was_due_and_an_answer_to_when_it_came() -> None:
    tally = Tally(10, 1_000)
    ended(tally, Outcome.ANSWERED, due_s=2.5, after_s=4)
    assert percentile_ms(tally.windows[2].answers, 50) == pytest.approx(4_000, rel=0.02)
    assert (tally.windows[2].turns, tally.windows[6].turns) == (0, 1)


def test_what_was_for_the_model_is_told_apart_from_what_was_due() -> None:
    tally = Tally(10, 1_000)
    ended(tally, Outcome.IGNORED, kind=Kind.CHATTER)
    ended(tally, Outcome.ANSWERED, kind=Kind.CHATTER)  # the gateway took it as meant for the assistant
    ended(tally, Outcome.COMMAND, kind=Kind.COMMAND)
    ended(tally, Outcome.REFUSED, kind=Kind.LONG)
    tally.not_sent(Kind.SHORT, 0.5)
    assert (tally.windows[0].due, tally.windows[0].asked) == (5, 3)


def test_an_answer_after_the_end_is_counted_but_nobodys_throughput() -> None:
    tally = Tally(10, 1_000)
    ended(tally, Outcome.ANSWERED, due_s=9.9, after_s=0.2)
    assert (tally.turns, tally.turns_in_time) == (1, 0)


def test_a_call_that_failed_after_a_minute_is_not_hidden_from_the_percentiles() -> None:
    tally = Tally(10, 100)
    ended(tally, Outcome.FAILED, after_s=60)
    assert percentile_ms(tally.answers, 99) == pytest.approx(60_000, rel=0.01)
    assert tally.errors == 1


def test_a_quick_refusal_does_not_make_answers_look_quick() -> None:
    tally = Tally(10, 100)
    ended(tally, Outcome.REFUSED, after_s=0.001)
    assert tally.answers.get_total_count() == 0
    assert tally.others[Outcome.REFUSED].get_total_count() == 1
    assert tally.errors == 1


def test_what_is_meant_to_be_so_is_no_error() -> None:
    tally = Tally(10, 100)
    for outcome in (Outcome.ANSWERED, Outcome.COMMAND, Outcome.IGNORED, Outcome.SUPERSEDED):
        ended(tally, outcome)
    assert (tally.errors, error_counts(tally.outcomes)) == (0, {})


def test_errors_are_counted_by_outcome_and_reason() -> None:
    tally = Tally(10, 100)
    for reason in ("OVERLOADED", "OVERLOADED", "MODEL_UNAVAILABLE"):
        ended(tally, Outcome.REFUSED, reason=reason)
    ended(tally, Outcome.REFUSED, reason="OVERLOADED", kind=Kind.SHORT)
    tally.not_sent(Kind.LONG, 1.0)
    assert error_counts(tally.outcomes) == {"refused OVERLOADED": 3, "refused MODEL_UNAVAILABLE": 1, "not sent": 1}


@pytest.mark.parametrize(("seconds", "scheduled"), [(0.4, 3), (12, 50), (12, 12_000), (12.7, 400), (86_400, 800_000), (60, 0)])
def test_windows_are_few_and_fill_the_time(seconds: float, scheduled: int) -> None:
    tally = Tally(seconds, scheduled)
    assert 1 <= len(tally.windows) <= WINDOWS_MAX
    assert tally.window_s * len(tally.windows) == pytest.approx(seconds)


def test_a_time_that_is_longer_than_a_histogram_reaches_counts_as_the_longest() -> None:
    tally = Tally(10, 100)
    ended(tally, Outcome.ANSWERED, after_s=10 * LONGEST_S)
    assert percentile_ms(tally.answers, 100) == pytest.approx(LONGEST_S * 1000, rel=0.01)


def test_how_a_run_goes_is_told_in_a_line_and_on_a_terminal() -> None:
    tally = Tally(10, 1_000)
    for number in range(30):
        ended(tally, Outcome.ANSWERED, due_s=number / 10, after_s=0.2)
    ended(tally, Outcome.REFUSED, due_s=2.9, reason="OVERLOADED")
    tally.sent(3.0, 3.0)
    assert line("steady", tally, 100, 3.0) == (
        "steady     3 s: 32 of 100 messages, 10.3/s due, 9.3 turns/s, 1 in flight, p50 201 ms, p99 201 ms, 1 errors"
    )
    written = StringIO()
    Console(width=110, file=written, force_terminal=True).print(drawn("steady", tally, 100, 3.0, 10.0))
    shown = re.sub("\x1b\\[[0-9;]*m", "", written.getvalue())
    assert "steady, 3 of 10 s" in shown
    assert "errors: 1 refused OVERLOADED" in shown

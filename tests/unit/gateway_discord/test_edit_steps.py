import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.edit_steps import Delete, Edit, Pace, Send, backoff_s, next_step

PAGES = st.lists(st.sampled_from("abc").map(AnswerPage), max_size=4)

X = AnswerPage("x")


@given(PAGES, PAGES.filter(bool))
def test_taking_the_steps_ends_with_what_is_wanted_in_no_more_steps_than_needed(shown: list[AnswerPage | None], wanted: list[AnswerPage]) -> None:
    differing = sum(one != other for one, other in zip(shown, wanted, strict=False)) + abs(len(shown) - len(wanted))
    taken = 0
    while (step := next_step(shown, wanted)) is not None:
        taken += 1
        match step:
            case Send(part, page):
                assert part == len(shown)
                shown.append(page)
            case Edit(part, page):
                shown[part] = page
            case Delete(part):
                assert part == len(shown) - 1
                shown.pop()
    assert (shown, taken) == (wanted, differing)


def test_a_message_whose_content_is_not_known_is_changed() -> None:
    assert next_step([None], [X]) == Edit(0, X)


def test_other_buttons_or_files_are_a_difference() -> None:
    assert next_step([X], [AnswerPage("x", [{"type": 1}])]) is not None
    assert next_step([AnswerPage("x", [{"type": 1}])], [AnswerPage("x", [{"type": 1}])]) is None


def test_what_is_shown_is_not_taken_back_for_nothing() -> None:
    assert next_step([AnswerPage("hello")], []) is None


def test_an_edit_waits_for_its_interval_and_a_post_does_not() -> None:
    pace = Pace(0.9)
    assert pace.wait_s(Edit(0, X), 10.0) == 0.0
    pace.wrote(10.0)
    assert pace.wait_s(Edit(0, X), 10.5) == pytest.approx(0.4)
    assert pace.wait_s(Send(1, X), 10.5) == 0.0
    assert pace.wait_s(Edit(0, X), 11.0) == 0.0


def test_waiting_after_failures_doubles_up_to_a_limit_unless_discord_says_how_long() -> None:
    assert [backoff_s(failures, None) for failures in (1, 2, 3, 9)] == [0.5, 1.0, 2.0, 8.0]
    assert backoff_s(9, 0.3) == 0.3

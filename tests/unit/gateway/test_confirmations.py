"""Questions before what cannot be taken back: their ids are good for who was asked, where it matters there, and for a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.gateway.v1 import gateway_pb2
from services.gateway.commands import confirmations
from services.gateway.commands.confirmations import ERASE, ERASING, RESET, NotTheirs, TooLate

NOW_S = 1_800_000_000.0
IDS = st.text("abcdefgh0123456789:/", min_size=1, max_size=64)


def message(**fields: object) -> gateway_pb2.IncomingMessage:
    values = {"message_id": "m1", "user_id": "ada", "guild_id": "g", "channel_id": "c"} | fields
    return gateway_pb2.IncomingMessage(**values)  # type: ignore[arg-type]


@given(st.sampled_from([ERASE, RESET]), IDS, IDS, IDS, st.integers(1, 86_400))
def test_a_question_is_read_as_it_was_asked_and_fits_a_button(about: str, message_id: str, user_id: str, channel_id: str, wait_s: int):
    asked_in = message(message_id=message_id, user_id=user_id, channel_id=channel_id)
    confirmation_id = confirmations.ask(about, asked_in, NOW_S + wait_s)
    assert len(confirmation_id) <= 64
    assert ":" not in confirmation_id
    pressed = message(message_id="press", user_id=user_id, channel_id=channel_id)
    asked = confirmations.read(confirmation_id, pressed, NOW_S)
    assert (asked.about, asked.until_s) == (about, int(NOW_S) + wait_s)


@given(st.text(max_size=64))
def test_what_is_no_question_of_ours_is_refused(made_up: str):
    with pytest.raises((NotTheirs, TooLate)):
        confirmations.read(made_up, message(), NOW_S)


def test_somebody_elses_question_is_refused():
    confirmation_id = confirmations.ask(ERASE, message(), NOW_S + 600)
    with pytest.raises(NotTheirs):
        confirmations.read(confirmation_id, message(user_id="bob"), NOW_S)


@pytest.mark.parametrize("elsewhere", [{"channel_id": "other"}, {"guild_id": "other"}])
def test_a_question_about_a_channel_is_answered_there(elsewhere: dict[str, str]):
    confirmation_id = confirmations.ask(RESET, message(), NOW_S + 600)
    with pytest.raises(NotTheirs):
        confirmations.read(confirmation_id, message(**elsewhere), NOW_S)


def test_a_question_about_a_person_is_answered_anywhere():
    confirmation_id = confirmations.ask(ERASE, message(), NOW_S + 600)
    assert confirmations.read(confirmation_id, message(guild_id="", channel_id="dm"), NOW_S).about == ERASE


def test_one_kind_of_question_cannot_be_made_another():
    confirmation_id = confirmations.ask(RESET, message(), NOW_S + 600)
    with pytest.raises(NotTheirs):
        confirmations.read(confirmation_id.replace(RESET, ERASE), message(), NOW_S)


def test_a_question_cannot_be_given_more_time():
    about, _, *rest = confirmations.ask(ERASE, message(), NOW_S + 600).split(".")
    with pytest.raises(NotTheirs):
        confirmations.read(".".join([about, "zzzzzz", *rest]), message(), NOW_S)


def test_a_question_runs_out():
    confirmation_id = confirmations.ask(ERASE, message(), NOW_S + 600)
    with pytest.raises(TooLate):
        confirmations.read(confirmation_id, message(), NOW_S + 600)


def test_two_presses_are_one_request_and_two_questions_are_two():
    first, second = (confirmations.ask(ERASE, message(message_id=name), NOW_S + 600) for name in ("m1", "m2"))
    pressed = [confirmations.read(first, message(message_id=name), NOW_S).request_id for name in ("p1", "p2")]
    assert pressed[0] == pressed[1] != confirmations.read(second, message(), NOW_S).request_id


def test_a_look_at_an_erasure_is_the_request_that_began_it():
    asked = confirmations.read(confirmations.ask(ERASE, message(), NOW_S + 600), message(), NOW_S)
    look = confirmations.read(confirmations.look(asked, message(message_id="press"), NOW_S + 1200), message(), NOW_S + 900)
    assert (look.about, look.request_id) == (ERASING, asked.request_id)
    assert confirmations.read(confirmations.look(look, message(), NOW_S + 1800), message(), NOW_S).request_id == asked.request_id

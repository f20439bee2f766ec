from hypothesis import given
from hypothesis import strategies as st

from services.gateway.discord.answer_buttons import AGAIN, STOP, again_row, attempt_under, read_again, stop_row
from services.gateway.discord.custom_ids import CUSTOM_ID_MAX, CustomId, read_custom_id

IDS = st.integers(1, 2**63).map(str)


def custom_ids(rows: list[dict]) -> list[str]:
    return [button["custom_id"] for row in rows for button in row["components"]]


@given(IDS, IDS, st.integers(0, 100))
def test_what_a_regenerate_button_says_is_read_back(message_id: str, asker_id: str, attempt: int) -> None:
    [written] = custom_ids(again_row(message_id, attempt, asker_id))
    assert len(written) <= CUSTOM_ID_MAX
    read = read_custom_id(written)
    assert read is not None
    assert (read.kind, read.asker_id) == (AGAIN, asker_id)
    assert read_again(read) == (message_id, attempt)


@given(IDS, IDS)
def test_a_stop_button_names_the_message_and_the_asker(message_id: str, asker_id: str) -> None:
    [written] = custom_ids(stop_row(message_id, asker_id))
    assert read_custom_id(written) == CustomId(STOP, message_id, asker_id)


@given(st.text(max_size=90), st.text(min_size=1, max_size=20))
def test_nonsense_is_none_or_numbers(subject: str, asker_id: str) -> None:
    found = read_again(CustomId(AGAIN, subject, asker_id))
    assert found is None or (found[0].isdigit() and found[1] >= 0)


def test_the_attempt_under_a_message_is_that_of_its_own_button() -> None:
    assert attempt_under([*stop_row("1", "9"), *again_row("2", 3, "9")], "2") == 3
    assert attempt_under(again_row("2", 3, "9"), "1") is None
    assert attempt_under([{"type": 1}, {"components": [{}]}], "1") is None


def test_an_interactions_id_that_is_too_long_gets_no_button() -> None:
    assert stop_row("1" * 100, "9") == []

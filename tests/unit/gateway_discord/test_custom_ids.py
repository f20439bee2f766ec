from hypothesis import given
from hypothesis import strategies as st

from services.gateway.discord.custom_ids import CUSTOM_ID_MAX, CustomId, read_custom_id, write_custom_id

KINDS = st.text(st.characters(exclude_characters=":"), min_size=1, max_size=10)
ASKERS = st.text(st.characters(exclude_characters=":"), min_size=1, max_size=20)


@given(KINDS, st.text(max_size=60), ASKERS)
def test_what_is_written_is_read_back_whatever_the_subject_holds(kind: str, subject: str, asker_id: str) -> None:
    written = write_custom_id(kind, subject, asker_id)
    assert written is not None
    assert read_custom_id(written) == CustomId(kind, subject, asker_id)


@given(KINDS, st.text(max_size=200), ASKERS)
def test_nothing_longer_than_discord_takes_is_written(kind: str, subject: str, asker_id: str) -> None:
    written = write_custom_id(kind, subject, asker_id)
    assert (written is None) == (len(kind) + len(subject) + len(asker_id) + 2 > CUSTOM_ID_MAX)


@given(st.text())
def test_any_text_is_read_or_refused_without_an_error(written: str) -> None:
    read = read_custom_id(written)
    assert read is None or f"{read.kind}:{read.subject}:{read.asker_id}" == written


def test_what_names_no_asker_is_none_of_ours() -> None:
    assert [read_custom_id(written) for written in ("", "stop", "stop:1", "stop:1:", ":1:2")] == [None] * 5


def test_a_number_behind_the_last_colon_is_split_off() -> None:
    assert CustomId("again", "12:3", "7").split_subject() == ("12", 3)
    assert CustomId("again", "12", "7").split_subject() == ("12", 0)

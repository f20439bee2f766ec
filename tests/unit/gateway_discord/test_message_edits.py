from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.discord.message_edits import edit_of

WRITTEN = "1300000000000000000"  # 2024-10-27T07:35:52.832+00:00
UPDATE: dict[str, Any] = {
    "id": WRITTEN,
    "channel_id": "5",
    "guild_id": "6",
    "author": {"id": "7", "username": "ada"},
    "content": "hello",
    "edited_timestamp": "2024-10-27T08:36:02.832000+01:00",
    "mentions": [{"id": "8", "username": "ben", "global_name": None, "member": {"nick": "Benny"}}, {"id": "9", "username": "cy"}],
}


def test_an_edit_is_read_without_looking_anything_up() -> None:
    edit = edit_of(UPDATE)
    assert edit is not None
    assert (edit.message_id, edit.channel_id, edit.guild_id, edit.author_id, edit.content) == (WRITTEN, "5", "6", "7", "hello")
    assert edit.after_s == pytest.approx(10.0, abs=0.01)
    assert edit.edited_at == "2024-10-27T07:36:02.832000+00:00"
    assert dict(edit.names) == {"@8": "@Benny", "@9": "@cy"}


@pytest.mark.parametrize(
    "change",
    [
        {"edited_timestamp": None},
        {"author": {"id": "7", "bot": True}},
        {"author": {}},
        {"webhook_id": "3"},
        {"edited_timestamp": "yesterday"},
        {"edited_timestamp": "2024-10-27T08:36:02"},
        {"id": "x"},
        {"id": 1.3e18},
        {"id": "9" * 40},
        {"channel_id": "x"},
        {"guild_id": "x"},
    ],
)
def test_what_is_no_edit_by_a_person_is_nothing(change: dict[str, Any]) -> None:
    assert edit_of(UPDATE | change) is None


@pytest.mark.parametrize("field", ["content", "edited_timestamp", "id", "channel_id"])
def test_an_update_without_what_an_edit_needs_is_nothing(field: str) -> None:
    assert edit_of({name: value for name, value in UPDATE.items() if name != field}) is None


def test_an_edit_that_does_not_say_whose_it_is_may_be_anybodys() -> None:
    edit = edit_of({name: value for name, value in UPDATE.items() if name != "author"})
    assert edit is not None
    assert (edit.author_id, edit.content) == ("", "hello")


def test_fields_that_may_be_missing_may_be_missing() -> None:
    edit = edit_of({name: value for name, value in UPDATE.items() if name not in ("guild_id", "mentions")})
    assert edit is not None
    assert (edit.guild_id, dict(edit.names)) == ("", {})


TIMES_2024 = st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis adds the zone


@given(TIMES_2024, TIMES_2024)
def test_a_later_edit_is_greater(one: datetime, other: datetime) -> None:
    first, second = (edit_of(UPDATE | {"edited_timestamp": moment.isoformat()}) for moment in (one, other))
    assert first is not None
    assert second is not None
    assert (first.edited_at < second.edited_at) == (one < other)

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.discord.missing_fields import (
    whole_channel,
    whole_guild,
    whole_interaction,
    whole_message,
    whole_ready,
    whole_update,
    whole_user,
)

THREAD: dict[str, Any] = {"id": "1", "type": 11}


def test_what_is_told_stays_as_it_is() -> None:
    told = {"id": "1", "content": "hello", "type": 19, "tts": True, "mentions": [{"id": "2", "username": "ada"}], "flags": 4}
    assert whole_message(told).items() >= told.items()


def test_an_update_stays_partial() -> None:
    assert whole_update({"id": "1", "channel_id": "2", "pinned": True}) == {"id": "1", "channel_id": "2", "pinned": True}


def test_a_message_that_is_replied_to_is_completed_too() -> None:
    message = whole_message({"id": "1", "channel_id": "9", "message_reference": {"message_id": "2"}, "referenced_message": {"id": "2"}})
    assert message["referenced_message"]["content"] == ""
    assert message["message_reference"] == {"channel_id": "9", "message_id": "2"}


def test_null_counts_as_left_out_where_it_would_say_the_same() -> None:
    assert whole_user({"id": "1", "discriminator": None})["discriminator"] == "0"
    assert whole_channel({"id": "1", "type": 0, "position": None, "topic": None}) == {"id": "1", "type": 0, "name": "unnamed", "position": 0}


def test_a_text_that_is_null_is_not_taken_for_an_empty_one() -> None:
    assert whole_message({"id": "1", "content": None})["content"] is None


def test_a_thread_has_no_position_and_is_not_archived() -> None:
    thread = whole_channel(THREAD | {"thread_metadata": {"locked": True}})
    assert "position" not in thread
    assert (thread["thread_metadata"]["archived"], thread["thread_metadata"]["locked"]) == (False, True)


def test_what_nobody_reads_of_a_guild_is_taken_out() -> None:
    assert whole_guild({"id": "1", "voice_states": [{}], "emojis": 7, "channels": [None], "threads": [THREAD]}) == {
        "id": "1",
        "channels": [],
        "threads": [whole_channel(THREAD)],
    }


def test_an_interaction_says_where_it_was_in_one_way_or_the_other() -> None:
    assert whole_interaction({"id": "1", "channel": {"id": "2"}, "guild": {"id": "3"}}).items() >= {"channel_id": "2", "guild_id": "3"}.items()
    assert whole_interaction({"id": "1", "channel_id": "4", "channel": {"id": "2"}})["channel_id"] == "4"


def test_a_session_is_resumed_where_the_server_says_or_else_where_it_was_begun() -> None:
    assert whole_ready({"resume_gateway_url": "wss://there"}, "wss://here")["resume_gateway_url"] == "wss://there"
    assert whole_ready({}, "wss://here")["resume_gateway_url"] == "wss://here"


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
FIELDS = (
    "user",
    "member",
    "message",
    "mentions",
    "message_reference",
    "referenced_message",
    "application",
    "data",
    "channel",
    "type",
    "roles",
    "members",
)


@given(st.dictionaries(st.sampled_from(FIELDS), json))
def test_what_is_told_may_look_like_anything_and_is_left_as_it_was(data: dict[str, Any]) -> None:
    before = repr(data)
    for complete in (whole_message, whole_update, whole_interaction, whole_guild, whole_user):
        complete(data)
    whole_ready(data, "")
    assert repr(data) == before

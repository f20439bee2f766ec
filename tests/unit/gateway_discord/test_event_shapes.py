from typing import Any

import pytest

from services.gateway.discord.event_shapes import EventUnreadable, check_event

MESSAGE: dict[str, Any] = {
    "id": "1",
    "channel_id": "2",
    "guild_id": "3",
    "content": "hello",
    "author": {"id": "4", "username": "ada", "global_name": None, "bot": False},
    "member": {"roles": ["5"], "nick": None},
    "mentions": [{"id": "6", "username": "parlour", "member": {"roles": []}}],
    "attachments": [{"id": "7", "filename": "a.txt", "size": 1, "url": "https://example.com/a.txt"}],
    "referenced_message": {"id": "8", "channel_id": "2", "content": "before", "author": {"id": "4", "username": "ada"}},
}
PRESS: dict[str, Any] = {"id": "1", "application_id": "2", "token": "t", "type": 3, "data": {"custom_id": "undo:plan:4"}, "user": {"id": "4"}}


def test_a_message_as_discord_sends_it_is_read() -> None:
    check_event("MESSAGE_CREATE", MESSAGE)
    check_event("MESSAGE_UPDATE", {"id": "1", "channel_id": "2", "guild_id": "3", "embeds": []})


def test_what_nobody_reads_may_look_like_anything() -> None:
    check_event("TYPING_START", None)
    check_event("MESSAGE_CREATE", MESSAGE | {"something_new": [1, {"a": None}]})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": None}, "id: int_type"),
        ({"id": "9" * 30}, "id: less_than"),
        ({"content": 7}, "content: string_type"),
        ({"author": "ada"}, "author: model_type"),
        ({"author": {"id": "4", "username": None}}, "author.username: string_type"),
        ({"author": {"id": "4", "bot": "false"}}, "author.bot: bool_type"),
        ({"mentions": [None]}, "mentions.0: model_type"),
        ({"attachments": [{"id": "7", "filename": "a", "size": -1, "url": "u"}]}, "attachments.0.size: greater_than_equal"),
        ({"referenced_message": {"id": "8", "channel_id": "2", "content": []}}, "referenced_message.content: string_type"),
    ],
)
def test_a_message_of_another_shape_is_refused_and_the_place_is_named(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(EventUnreadable, match=f"^{problem}$"):
        check_event("MESSAGE_CREATE", MESSAGE | change)


def test_a_member_of_no_guild_is_not_taken_for_somebody_in_a_direct_message() -> None:
    with pytest.raises(EventUnreadable):
        check_event("MESSAGE_CREATE", {name: value for name, value in MESSAGE.items() if name != "guild_id"})


def test_what_an_event_carried_is_not_told() -> None:
    with pytest.raises(EventUnreadable) as refused:
        check_event("MESSAGE_CREATE", MESSAGE | {"mentions": [{"id": "my secret"}], "content": ["my secret"]})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        {"custom_id": None},
        {"custom_id": "a:b:4", "values": None},
        {"custom_id": "a:b:4", "components": [7]},
        {"name": "ask", "options": [{"name": "set", "options": "x"}]},
        {"name": "Remember this", "resolved": {"messages": {"1": {"author": 7}}}},
    ],
)
def test_an_interaction_of_another_shape_is_refused(data: dict[str, Any]) -> None:
    check_event("INTERACTION_CREATE", PRESS)
    with pytest.raises(EventUnreadable):
        check_event("INTERACTION_CREATE", PRESS | {"data": data})

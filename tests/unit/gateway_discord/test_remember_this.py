from typing import Any

import pytest

from services.gateway.discord.remember_this import NotTheirOwn, is_remember_this, said_of_message


def used_on(content: str = "my cat is called Miso", author_id: str = "7", **fields: Any) -> dict[str, Any]:
    message = {"id": "5", "content": content, "author": {"id": author_id}, **fields}
    return {"type": 3, "name": "Remember this", "target_id": "5", "resolved": {"messages": {"5": message}}}


def test_it_is_known_by_its_type_and_name() -> None:
    assert is_remember_this(used_on())
    assert not is_remember_this({"type": 1, "name": "Remember this"})
    assert not is_remember_this({"type": 3, "name": "Translate"})


def test_ones_own_message_is_said_as_something_to_remember() -> None:
    said = said_of_message(used_on(), "7", "1")
    assert (said.text, said.private) == ("/remember my cat is called Miso", True)


def test_the_assistants_mention_is_left_out_and_others_are_names() -> None:
    data = used_on("<@1> my friend is <@8>", mentions=[{"id": "8", "username": "bob", "global_name": "Bob"}])
    assert said_of_message(data, "7", "1").text == "/remember my friend is @Bob"


def test_a_message_without_words_asks_what_to_remember() -> None:
    assert said_of_message(used_on(""), "7", "1").text == "/remember"


@pytest.mark.parametrize("data", [used_on(author_id="8"), {"type": 3, "name": "Remember this"}, used_on() | {"target_id": "6"}])
def test_what_is_not_their_own_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(NotTheirOwn):
        said_of_message(data, "7", "1")

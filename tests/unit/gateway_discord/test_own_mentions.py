"""Which mentions in Discord's messages call the assistant."""

from types import SimpleNamespace
from typing import Any

import pytest

from services.gateway.discord.incoming import own_mentions


def mentioning(content: str) -> Any:
    return SimpleNamespace(content=content, mentions=[SimpleNamespace(id=1)], role_mentions=[], guild=None)


@pytest.mark.parametrize("content", ["<@1> hi", "hi <@!1>", "look at `<@1>`, <@1>", "> quoted\n<@1> hi", "a reply that pings"])
def test_a_mention_among_the_words_counts_and_so_does_one_that_comes_with_a_reply(content: str):
    assert own_mentions(mentioning(content), 1) == {"@1"}


@pytest.mark.parametrize("content", ["`<@1>`", "```\n<@!1> hi\n```", "> <@1> hi\nlol", ">>> lol\n<@1>", "```py\n<@1>"])
def test_a_mention_in_code_or_in_a_quote_alone_does_not(content: str):
    assert own_mentions(mentioning(content), 1) == frozenset()


def test_a_mention_of_somebody_else_is_none_of_the_assistant():
    assert own_mentions(mentioning("<@1> hi"), 2) == frozenset()

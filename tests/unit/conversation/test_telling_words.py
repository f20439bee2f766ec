"""Which words say what a message is about."""

import pytest

from services.conversation.people.telling_words import name_words, telling_words

NOBODY = name_words([])


def test_what_every_talk_is_made_of_tells_nothing():
    assert telling_words("Hi! I really think that we should talk about something else tomorrow, thanks a lot", NOBODY) == {}


def test_a_term_comes_with_the_word_that_was_said():
    assert telling_words("My puppies saw the lighthouse", NOBODY) == {"puppi": "puppies", "lighthous": "lighthouse"}


@pytest.mark.parametrize(
    "noise",
    [
        "<@123456789>",
        "<#42>",
        "<:pogchamp:99>",
        "@somebody",
        "https://example.org/secret/path?x=y",
        "www.example.org/path",
        "example.com",
        "ann@example.org",
        "`variable_name`",
        "```python\nimport secret\n```",
        "0451 12ab34",
    ],
)
def test_mentions_addresses_code_and_numbers_tell_nothing(noise):
    assert telling_words(f"chess {noise}", NOBODY) == {"chess": "chess"}


def test_names_tell_nothing_however_they_are_written():
    assert telling_words("miso's chess against PARLOUR and Anna", name_words(["Miso Soup", "Parlour", "anna"])) == {"chess": "chess"}


def test_other_languages_lose_their_small_words_too():
    assert telling_words("Ich habe gestern mit dem Hund im Garten eine Katze gesehen", NOBODY).keys() >= {"hund", "garten"}
    assert not telling_words("ich bin mir nicht sicher, aber das ist gut", NOBODY).keys() - {"sicher"}


def test_scripts_without_spaces_have_pairs_of_characters_for_words():
    assert telling_words("我喜欢猫", NOBODY) == {"我喜": "我喜", "喜欢": "喜欢", "欢猫": "欢猫"}

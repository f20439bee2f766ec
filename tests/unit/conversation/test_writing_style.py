"""How a person writes, and how slowly and how little their assistant follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.personas.writing_style import MESSAGES_MIN, moved, style_of, suggestions

CASUAL = ["lol yeah idk", "haha thats so good", "u coming tonight or nah", "ngl that was kinda weird", "omg stop it!!"]
FORMAL = [
    "Dear assistant, could you kindly tell me when the museum opens?",
    "I would appreciate a short list of the most important dates.",
    "Furthermore, I should like to know who wrote the first chapter.",
    "Thank you. However, the second figure would need an explanation.",
]
PLAIN = [
    "What is the best way to cook rice without it sticking?",
    "I tried the second recipe and it worked well.",
    "Is there a train to Ghent on Sunday morning?",
    "The cat sat on my keyboard again, so this took a while.",
]
LANGUAGES = {
    "en": ["what is the best way to get there", "i think that this is not the one we need", "can you tell me if they are in town"],
    "de": ["ich weiß nicht ob das so gut ist", "was ist der beste Weg dahin", "kannst du mir sagen wie das geht"],
    "fr": ["je ne sais pas si c'est une bonne idée", "est-ce que tu peux me dire qui est là", "il y a une fête dans le parc avec nous"],
    "es": ["no sé si es una buena idea para mí", "qué es lo que hay en la mesa", "me gusta el café pero no por la noche"],
    "it": ["non so se è una buona idea per me", "che cosa sono questi come si fa", "mi piace il caffè ma non la sera"],
    "pt": ["não sei se isso é uma boa ideia", "você tem uma coisa para mim", "eu gosto muito de café mas não agora"],
    "nl": ["ik weet niet of dat een goed idee is", "wat is er met de kat van je", "ik heb het niet voor jou maar voor mijn zus"],
    "pl": ["nie wiem czy to jest dobry pomysł", "co się z tym robi i jak", "ja już za tobą nie idę ale ty możesz"],
}


def spread(messages: list[str], count: int = 24) -> list[str]:
    return [messages[number % len(messages)] for number in range(count)]


def suggested(messages: list[str]) -> dict[str, int | str]:
    style = style_of(messages)
    assert style is not None
    return suggestions(style)


def test_too_few_messages_say_nothing():
    assert style_of(spread(CASUAL, MESSAGES_MIN - 1)) is None
    assert style_of([*spread(CASUAL, MESSAGES_MIN - 1), "> only a quote"]) is None
    assert style_of(spread(CASUAL, MESSAGES_MIN)) is not None


def test_who_writes_casually_is_answered_casually():
    assert suggested(spread(CASUAL))["formality"] == -1


def test_who_writes_formally_is_answered_formally():
    assert suggested(spread(FORMAL))["formality"] == 1


def test_who_writes_like_most_people_is_answered_neutrally():
    assert {name: value for name, value in suggested(spread(PLAIN)).items() if name != "language"} == {"formality": 0, "verbosity": 0}


def test_emoji_are_answered_with_emoji():
    assert suggested([f"{text} 😄" if number % 2 else text for number, text in enumerate(spread(PLAIN))])["emoji"] == 1
    assert suggested([f"{text} :)" for text in spread(PLAIN)])["emoji"] == 1
    assert suggested([f"{text} <:wave:1234567>" for text in spread(PLAIN)])["emoji"] == 1


def test_only_many_messages_without_an_emoji_mean_that_none_are_liked():
    assert "emoji" not in suggested(spread(PLAIN, 39))
    assert suggested(spread(PLAIN, 40))["emoji"] == -1
    assert "emoji" not in suggested([*spread(PLAIN, 100), "ok 😄"])


def test_short_messages_are_answered_shortly_and_long_ones_at_length():
    assert suggested(spread(["ok why", "how so", "what about Peru?"]))["verbosity"] == -1
    assert suggested(spread(["and then we went on to see " * 12]))["verbosity"] == 1


def test_code_quotes_and_links_are_nobodys_style():
    noise = "```\nlol u r gonna x\n```\n> omg lol\nhttps://lol.example/u/r\n"
    assert suggested([noise + text for text in spread(PLAIN)])["formality"] == 0


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_language_that_prevails_is_recognised(tag: str):
    assert suggested(spread(LANGUAGES[tag]))["language"] == tag


def test_who_writes_in_two_languages_is_answered_in_whichever_they_write():
    mixed = [text for pair in zip(spread(LANGUAGES["en"]), spread(LANGUAGES["de"]), strict=True) for text in pair]
    assert "language" not in suggested(mixed)


def test_messages_of_a_word_or_two_say_nothing_about_the_language():
    assert "language" not in suggested(spread(["ja", "ok", "gut so"]))


names = st.sampled_from(["emoji", "verbosity", "formality"])


@given(st.dictionaries(names, st.integers(-1, 1)), st.dictionaries(names, st.integers(-1, 1)))
def test_no_dimension_moves_by_more_than_one_or_beyond_one(before: dict[str, int], target: dict[str, int]):
    changes = moved(before, target)
    for name, value in changes.items():
        after = int(value or 0)
        assert name in target
        assert abs(after) <= 1
        assert abs(after - before.get(name, 0)) <= 1
    for name in target.keys() - changes.keys():
        assert before.get(name) == (target[name] or before.get(name))


@given(st.dictionaries(names, st.integers(-1, 1)), st.dictionaries(names, st.integers(-1, 1)))
def test_what_is_suggested_is_reached_in_two_steps_and_then_rests(before: dict[str, int], target: dict[str, int]):
    layer: dict[str, int | str | None] = dict(before)
    for _ in range(2):
        layer |= moved(layer, target)
    assert all((layer.get(name) or 0) == value for name, value in target.items())
    assert moved(layer, target) == {}


@given(st.lists(st.text(max_size=60), max_size=60))
def test_any_messages_are_read_without_an_error(texts: list[str]):
    style = style_of(texts)
    if style is not None:
        assert all(isinstance(value, str) or -1 <= value <= 1 for value in suggestions(style).values())

"""Greetings and farewells, and words that only look like them."""

import time

import pytest

from services.conversation.topics.talk_cues import opens_talk, takes_leave


@pytest.mark.parametrize(
    "text",
    [
        "Hey! How are you?",
        "  hello there",
        "Good morning everyone",
        "well, long time no see!",
        "So much happened since we last talked",
        "How’ve you been?",
        "Guten Morgen zusammen",
        "Moin",
        "¡Hola a todos!",
        "Bonjour, ça va ?",
        "привет всем",
        "こんにちは、元気ですか",
        "你好",
        "大家好，好久不见",
        "안녕하세요",
        "merhaba",
    ],
)
def test_a_greeting_opens_talk(text):
    assert opens_talk(text)


@pytest.mark.parametrize(
    "text", ["", "highly unlikely", "the hi-fi is broken", "Heyday of jazz", "I said hello to her", "oil prices rise", "👋", "history"]
)
def test_what_only_looks_like_a_greeting_does_not(text):
    assert not opens_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "ok bye!",
        "Talk to you soon",
        "see ya tomorrow",
        "Have a great weekend everybody",
        "Gute Nacht",
        "tschüss",
        "À bientôt",
        "hasta mañana",
        "до свидания",
        "おやすみ",
        "晚安",
    ],
)
def test_a_farewell_takes_leave(text):
    assert takes_leave(text)


@pytest.mark.parametrize("text", ["", "the byelaws changed", "I see your point", "later that day it rained", "goodness"])
def test_what_only_looks_like_a_farewell_does_not(text):
    assert not takes_leave(text)


@pytest.mark.parametrize("text", ["hey" * 5000, "y" * 20_000, " " * 20_000 + "hi", "!" * 20_000, "hey" + "y" * 20_000])
def test_reading_takes_no_longer_for_texts_made_to_be_slow(text):
    started = time.perf_counter()
    opens_talk(text)
    takes_leave(text)
    assert time.perf_counter() - started < 0.1

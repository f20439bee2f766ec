"""What people say about how they want to be talked to: a corpus of wishes, and of what only looks like one."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.personas.persona import DIMENSIONS, Persona
from services.conversation.personas.persona_layers import NAMES
from services.conversation.personas.preferences import QUOTE_CHARS_MAX, TEXT_CHARS_MAX, Preference, Wish, detect

CORPUS = tomllib.loads((Path(__file__).parent / "preference_corpus.toml").read_text())
SAID = [(said, expected) for expected, messages in CORPUS["said"].items() for said in messages]
TALK = CORPUS["talk"]["messages"]
NEUTRAL = Persona(language="xx")
LASTING = ("from now", "your answers", "your replies", "deine antworten", " me", "mir", "you're", "you are", "stop", "hör auf", "arrête", "deja de")


def told(preference: Preference | None) -> str:
    """What it changes where everything is neutral, as the corpus writes it."""
    if preference is None:
        return ""
    if preference.reset:
        return "reset"
    values = preference.values(NEUTRAL)
    return ", ".join(f"{name} {values[name]}" for name in sorted(values, key=lambda name: (name == "language", expected_order(name))))


def expected_order(name: str) -> int:
    return ("verbosity", "humour", "emoji", "warmth", "directness", "formality", "language").index(name)


@pytest.mark.parametrize(("said", "expected"), SAID)
def test_a_wish_is_understood(said: str, expected: str):
    assert told(detect(said)) == expected


@pytest.mark.parametrize("said", TALK)
def test_what_only_looks_like_a_wish_changes_nothing(said: str):
    assert detect(said) is None


def test_the_corpus_speaks_of_everything_in_both_directions():
    assert len(SAID) >= 80
    assert len(TALK) >= 80
    heard = {part for expected in CORPUS["said"] for part in expected.split(", ")}
    for name in DIMENSIONS:
        signs = {int(part.split()[1]) > 0 for part in heard if part.startswith(f"{name} ")}
        assert signs == {True, False}, name


@pytest.mark.parametrize("said", [said for said, _ in SAID])
def test_a_wish_in_quotation_marks_is_somebody_elses(said: str):
    assert detect(f'She said "{said}"') is None
    assert detect(f"`{said}`") is None
    assert detect(f"> {said}") is None


@pytest.mark.parametrize("said", [said for said, _ in SAID])
def test_a_wish_is_understood_however_it_is_written(said: str):
    assert told(detect(said.upper())) == told(detect(said))
    assert told(detect(f"  {said}  ")) == told(detect(said))
    assert told(detect(said.replace("'", "’"))) == told(detect(said))


@pytest.mark.parametrize("said", [said for said, _ in SAID])
def test_a_wish_beside_a_text_to_be_written_is_about_the_text(said: str):
    preference = detect(f"{said.rstrip('.!?')}. Write me a poem about the sea")
    assert preference is None or any(words in said.lower() for words in LASTING)


def test_a_wish_that_says_that_it_lasts_counts_beside_a_question():
    assert told(detect("What is the capital of Peru? And answer me in French from now on.")) == "language fr"


def test_the_words_of_a_wish_are_quoted_without_the_rest():
    preference = detect("I had a bad day.\nPlease be nicer to me!  ")
    assert preference is not None
    assert preference.quote == "Please be nicer to me!"


@given(st.sampled_from(DIMENSIONS), st.integers(-2, 2), st.sampled_from([-1, 1]), st.booleans())
def test_a_step_goes_no_further_than_one_and_never_out_of_bounds(name: str, before: int, steps: int, extreme: bool):
    persona = Persona(**{name: before})  # type: ignore[arg-type]
    values = Preference("so", {name: Wish(steps, extreme)}).values(persona)
    after = values.get(name, before)
    assert isinstance(after, int)
    assert -2 <= after <= 2
    assert after == 2 * steps if extreme else abs(after - before) <= 1
    assert (name in values) == (after != before)


def test_what_is_so_already_is_left_alone():
    assert Preference("so", {"emoji": Wish(-1, extreme=True)}).values(Persona(emoji=-2)) == {}
    assert Preference("so", language="de").values(Persona(language="de")) == {}


def test_back_to_normal_leaves_every_dimension_to_others():
    preference = detect("talk normally again")
    assert preference is not None
    assert preference.values(Persona(emoji=2, language="de")) == dict.fromkeys(NAMES)
    assert set(preference.about) == set(NAMES)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str):
    preference = detect(text)
    assert preference is None or len(preference.quote) <= QUOTE_CHARS_MAX


@pytest.mark.parametrize(
    "said",
    [
        "be be " * 320,
        "no " * 650,
        "please " * 280,
        ", " * 990,
        "ok. " * 490,
        "be more " * 14,
        "can you " * 14 + "?",
        "and " * 29,
        "'" * 1999,
        "> \n" * 600,
    ],
)
def test_no_message_takes_long_to_read(said: str):
    started = time.perf_counter()
    for _ in range(5):
        detect(said)
    assert (time.perf_counter() - started) / 5 < 0.1


def test_ordinary_talk_costs_next_to_nothing():
    started = time.perf_counter()
    for _ in range(100):
        detect("what is a good name for a dog that likes to swim? I thought of Otter, but my sister hates it")
    assert (time.perf_counter() - started) / 100 < 0.01


def test_a_message_too_long_to_be_a_wish_is_not_looked_at():
    assert detect("be brief" + " " * TEXT_CHARS_MAX) is None

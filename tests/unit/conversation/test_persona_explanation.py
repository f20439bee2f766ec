"""What people are told about how the assistant talks: plain words, whatever there is to say."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.personas.persona import DIMENSIONS
from services.conversation.personas.persona_explanation import NOTHING_SPECIAL, WAYS, explanation, reasons_of, shift_text, undone_text
from services.conversation.personas.persona_layers import SETTABLE, Layer, Origin, Source, Version, laid_over

TIME = datetime(2026, 3, 3, 12, tzinfo=UTC)
INTERNALS = re.compile(r"\b(?:version|layer|dimension|null|none|origin|guild|default persona|verbosity)\b|_|\{", re.IGNORECASE)


def version(layer: Layer, origin: Origin, quote: str = "") -> Version:
    return Version(layer, list(SETTABLE), origin, quote, TIME, None)


def explained(layer: Layer, origin: Origin, quote: str = "", *, source: Source = Source.USER) -> str:
    key = {Source.USER: ("g", "u"), Source.GUILD: ("g", ""), Source.DEFAULT: ("", "")}[source]
    persona = laid_over("g", "u", {key: layer})
    return explanation(persona, reasons_of(persona, {source: {layer.version: version(layer, origin, quote)}}))


@pytest.mark.parametrize(
    ("origin", "quote", "because"),
    [
        (Origin.SAID, "no jokes", 'you said "no jokes" on 3 March 2026'),
        (Origin.SAID, "", "you asked for it on 3 March 2026"),
        (Origin.WRITING, "", "you write that way yourself; I noticed it on 3 March 2026"),
        (Origin.PRESET, "", "it belongs to the personality you chose on 3 March 2026"),
        (Origin.SET, "", "you chose that on 3 March 2026"),
    ],
)
def test_each_origin_has_words(origin: Origin, quote: str, because: str):
    text = explained(Layer().changed({"humour": -1}), origin, quote)
    assert text == f'I stay serious: {because}.\nSay "talk like before" to take back the last change.'


def test_a_reason_that_is_not_known_any_more_is_not_made_up():
    persona = laid_over("g", "u", {("g", "u"): Layer().changed({"emoji": 2})})
    assert explanation(persona, reasons_of(persona, {})).startswith("I use emoji freely: you chose that.")


def test_neutral_is_nothing_special():
    persona = laid_over("g", "u", {})
    assert explanation(persona, reasons_of(persona, {})) == NOTHING_SPECIAL


@given(st.sampled_from(DIMENSIONS), st.integers(-2, 2), st.sampled_from(list(Origin)), st.sampled_from(list(Source)))
def test_no_internals_are_told(name: str, value: int, origin: Origin, source: Source):
    text = explained(Layer().changed({name: value}), origin, source=source)
    assert not INTERNALS.search(text)
    assert (value == 0) or WAYS[name][value + 2] in text


@given(st.dictionaries(st.sampled_from(DIMENSIONS), st.tuples(st.integers(-2, 2), st.sampled_from([-1, 1]))))
def test_a_change_is_told_in_one_sentence_for_all_that_changes(wishes: dict[str, tuple[int, int]]):
    text = shift_text({name: value for name, (value, _) in wishes.items()}, {name: step for name, (_, step) in wishes.items()})
    assert bool(text) == bool(wishes)
    assert text.count("; ") == len(wishes)
    assert not INTERNALS.search(text)


def test_what_was_taken_back_is_named():
    one = Version(Layer(), ["language"], Origin.SAID, "", TIME, None)
    three = Version(Layer(), ["formality", "emoji", "instructions"], Origin.SET, "", TIME, None)
    assert undone_text(one) == "I took back the last change to the language I answer in."
    assert undone_text(three) == "I took back the last change to how formal I am, how many emoji I use and the instructions for my style."

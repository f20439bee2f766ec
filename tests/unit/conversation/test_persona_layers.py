"""Layers of a persona laid over each other, changed and restored: the laws."""

from hypothesis import given
from hypothesis import strategies as st

from services.conversation.personas.persona_layers import NAMES, SETTABLE, Layer, Source, laid_over, stepped

numbers = st.none() | st.integers(-2, 2)
languages = st.sampled_from([None, "", "de", "fr"])
layers = st.builds(
    Layer,
    **dict.fromkeys(("formality", "verbosity", "humour", "warmth", "directness", "emoji"), numbers),
    language=languages,
    instructions=st.sampled_from(["", "be kind", "be brief"]),
    version=st.integers(0, 9),
)


@given(layers, layers, layers)
def test_each_dimension_is_that_of_the_nearest_layer_that_sets_it(user: Layer, guild: Layer, default: Layer):
    persona = laid_over("g", "u", {("g", "u"): user, ("g", ""): guild, ("", ""): default})
    for name in NAMES:
        setters = [(source, layer) for source, layer in zip(Source, (user, guild, default), strict=True) if layer.value(name) is not None]
        if setters:
            source, layer = setters[0]
            assert getattr(persona.persona, name) == layer.value(name)
            assert persona.sources[name] == source
        else:
            assert getattr(persona.persona, name) in (0, "")
            assert persona.sources[name] == Source.DEFAULT
    assert persona.persona.guild_instructions == (guild.instructions or default.instructions)
    assert persona.persona.instructions == user.instructions
    assert persona.persona.version == user.version


@given(layers, layers, layers)
def test_a_persons_persona_elsewhere_counts_for_nothing(user: Layer, guild: Layer, default: Layer):
    stored = {("g", "u"): user, ("g", ""): guild, ("", ""): default}
    assert laid_over("g", "v", stored).persona == laid_over("g", "", stored).persona.__class__(
        **{**{name: getattr(laid_over("g", "", stored).persona, name) for name in (*NAMES, "guild_instructions")}, "version": 0}
    )
    assert laid_over("", "u", stored).layers[Source.USER] == Layer()


@given(layers, layers)
def test_a_change_and_its_restoration_give_back_what_was_set(layer: Layer, other: Layer):
    changed = layer.changed(other.values())
    assert changed.values() == other.values()
    assert changed.version == layer.version + 1
    restored = changed.restored(layer)
    assert (restored.values(), restored.reasons, restored.version) == (layer.values(), layer.reasons, changed.version + 1)


@given(layers, layers)
def test_the_reason_of_what_changed_is_the_change_and_of_what_did_not_it_stays(layer: Layer, other: Layer):
    before = Layer().changed(layer.values())
    after = before.changed(other.values())
    for name in SETTABLE:
        if after.value(name) is None:
            assert name not in after.reasons
        elif after.value(name) == before.value(name):
            assert after.reasons[name] == 1
        else:
            assert after.reasons[name] == 2


@given(st.integers(-2, 2), st.integers(-9, 9))
def test_no_number_of_steps_leads_out_of_bounds(value: int, steps: int):
    assert -2 <= stepped(value, steps) <= 2

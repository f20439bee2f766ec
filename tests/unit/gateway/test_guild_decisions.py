"""What moderators may decide with /settings: every setting there is, how its value is written, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.conversation.v1 import conversation_pb2
from services.gateway.commands import guild_decisions
from services.gateway.commands.arguments import Unclear
from services.gateway.commands.guild_decisions import BY_NAME, DECISIONS, decided, find, lines, value_words
from services.gateway.notices import words

GuildSettings = conversation_pb2.GuildSettings
FRESH = GuildSettings(guild_id="g", extraction=True)


def said(name: str, text: str, settings: GuildSettings = FRESH) -> str:
    """What holds after somebody said so."""
    return value_words(decided(settings, BY_NAME[name], text), BY_NAME[name])


def test_every_setting_of_a_guild_can_be_decided():
    fields = {field.name for field in GuildSettings.DESCRIPTOR.fields} - {"guild_id", "version", "update_time"}
    assert {decision.field for decision in DECISIONS} == fields
    assert len(BY_NAME) == len(DECISIONS)


def test_a_fresh_guild_has_the_default_of_every_setting():
    for decision in DECISIONS:
        assert value_words(FRESH, decision) == decision.default, decision.name


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("images", "off", "off"),
        ("images", "ON", "on"),
        ("channel_context", "yes", "on"),
        ("extraction", "off", "off"),
        ("addressing_threshold", "0.6", "0.6"),
        ("addressing_threshold", "60%", "0.6"),
        ("addressing_threshold", "60 %", "0.6"),
        ("addressing_threshold", "1", "1"),
        ("retention_days", "90", "90"),
        ("retention_days", "90 days", "90"),
        ("retention_days", "off", "kept"),
        ("rules", "Be kind,  always", "Be kind, always"),
        ("rules", "nothing", "none"),
        ("answered_channels", "<#1> <#2> <#1>", "<#1>, <#2>"),
        ("allowed_channels", "all", "all"),
        ("ignored_people", "<@1>", "<@1>"),
    ],
)
def test_values_are_written_as_people_do(name: str, text: str, value: str):
    assert said(name, text) == value


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_every_setting_can_be_brought_back_to_its_default(decision):
    values = {"flag": "off", "switch": "on", "share": "0.9", "days": "3", "text": "words", "channels": "<#1>", "people": "<@1>"}
    changed = decided(FRESH, decision, values[decision.form])
    back = decided(changed, decision, "Default")
    assert back == FRESH
    assert changed != back or decision.name == "extraction"


def test_items_are_added_and_removed_and_others_stay():
    some = decided(FRESH, BY_NAME["ignored_people"], "<@1> <@2>")
    assert said("ignored_people", "add <@3>", some) == "<@1>, <@2>, <@3>"
    assert said("ignored_people", "remove <@1>", some) == "<@2>"
    assert said("ignored_people", "remove <@9>", some) == "<@1>, <@2>"
    assert said("ignored_people", "none", some) == "none"


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("images", "", "setting_form_flag"),
        ("images", "maybe", "setting_form_flag"),
        ("extraction", "1", "setting_form_switch"),
        ("addressing_threshold", "1.1", "setting_form_share"),
        ("addressing_threshold", "-0.1", "setting_form_share"),
        ("addressing_threshold", "nan", "setting_form_share"),
        ("addressing_threshold", "101%", "setting_form_share"),
        ("retention_days", "3651", "setting_form_days"),
        ("retention_days", "-1", "setting_form_days"),
        ("retention_days", "²", "setting_form_days"),
        ("retention_days", "1.5", "setting_form_days"),
        ("rules", "x" * 2001, "setting_form_text"),
        ("answered_channels", "#general", "setting_form_channels"),
        ("answered_channels", "<@1>", "setting_form_channels"),
        ("answered_channels", "add", "setting_form_channels"),
        ("answered_channels", "add none", "setting_form_channels"),
        ("ignored_people", "everyone", "setting_form_people"),
        ("answered_channels", " ".join(f"<#{number}>" for number in range(101)), "setting_list_full"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_would(name: str, text: str, key: str):
    with pytest.raises(Unclear) as raised:
        decided(FRESH, BY_NAME[name], text)
    assert raised.value.key == key
    assert name in words(raised.value.key, **raised.value.values)


def test_a_setting_is_found_however_it_is_written_and_an_unknown_one_is_answered_with_all_there_are():
    assert find("Retention-Days").name == "retention_days"
    with pytest.raises(Unclear) as raised:
        find("tea")
    assert "partial_responses" in words(raised.value.key, **raised.value.values)


def test_all_settings_are_shown_and_people_only_to_moderators():
    settings = decided(FRESH, BY_NAME["ignored_people"], "<@7> <@8>")
    shown = "\n".join(lines(settings, listed=True))
    assert all(f"**{decision.name}**" in shown for decision in DECISIONS)
    assert "<@7>, <@8> (default: none)" in shown
    assert "<@7>" not in "\n".join(lines(settings, listed=False))
    assert "2 set (default: none)" in "\n".join(lines(settings, listed=False))


def test_a_long_list_and_a_long_text_are_shown_in_part():
    people = decided(FRESH, BY_NAME["ignored_people"], " ".join(f"<@{number}>" for number in range(12)))
    assert value_words(people, BY_NAME["ignored_people"]).endswith("<@9> and 2 more")
    assert len(said("rules", "word " * 300)) < 210


@given(st.sampled_from(DECISIONS), st.text(max_size=40))
def test_whatever_is_typed_is_decided_or_asked_about_and_nothing_else_changes(decision, text: str):
    try:
        changed = decided(FRESH, decision, text)
    except Unclear as raised:
        assert words(raised.key, **raised.values)
        return
    for other in DECISIONS:
        if other is not decision:
            assert value_words(changed, other) == value_words(FRESH, other)


def test_the_decisions_name_no_more_than_conversation_keeps():
    assert guild_decisions.LIST_MAX == {"channels": 100, "people": 1000}

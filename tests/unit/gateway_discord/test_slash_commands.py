from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.personas.persona import DIMENSIONS
from services.conversation.personas.persona_presets import PRESETS
from services.gateway.commands.parsing import parse
from services.gateway.discord.slash_commands import COMMANDS, MANAGE_GUILD, command_payloads, said_of

PERSONAL = {"ask", "remember", "memories", "forget", "undo", "credits", "gift", "usage", "personality", "summary", "reset", "privacy", "why", "help"}
MODERATORS = {"settings", "grant", "pool", "ignore", "allow", "quarantine", "status"}


def used(name: str, subcommand: str = "", /, **options: Any) -> dict[str, Any]:
    given_options = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
    if subcommand:
        given_options = [{"name": subcommand, "type": 1, "options": given_options}]
    return {"id": "1", "name": name, "type": 1, "options": given_options}


def said(name: str, subcommand: str = "", /, **options: Any) -> str:
    found = said_of(used(name, subcommand, **options))
    assert found is not None
    return found.text


def payloads() -> dict[str, dict[str, Any]]:
    return {payload["name"]: payload for payload in command_payloads() if payload["type"] == 1}


def options_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return [inner for option in payload["options"] for inner in (option, *option.get("options", []))]


def test_every_command_is_there() -> None:
    assert set(payloads()) == PERSONAL | MODERATORS


def test_moderators_commands_are_offered_to_who_may_manage_the_server_and_only_there() -> None:
    for name, payload in payloads().items():
        moderated = name in MODERATORS
        assert payload["default_member_permissions"] == (str(MANAGE_GUILD) if moderated else None)
        assert payload["dm_permission"] is not moderated
        assert payload["contexts"] == ([0] if moderated else [0, 1])


def test_descriptions_and_names_are_as_long_as_discord_takes_them() -> None:
    for payload in payloads().values():
        for part in (payload, *options_of(payload)):
            assert 1 <= len(part["name"]) <= 32
            assert part["name"] == part["name"].lower()
            assert 1 <= len(part["description"]) <= 100


def test_required_options_come_first_and_choices_are_few_enough() -> None:
    for payload in payloads().values():
        for part in (payload, *options_of(payload)):
            required = [option.get("required", False) for option in part.get("options", ())]
            assert required == sorted(required, reverse=True)
            assert len(part.get("choices", ())) <= 25


def test_the_choices_are_those_that_conversation_knows() -> None:
    personality = {option["name"]: option for option in payloads()["personality"]["options"]}
    assert [one["value"] for one in personality["preset"]["options"][0]["choices"]] == [preset.name for preset in PRESETS]
    assert [one["value"] for one in personality["set"]["options"][0]["choices"]] == list(DIMENSIONS)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (used("ask", question="what is a palfrey?"), "what is a palfrey?"),
        (used("remember", what="my cat is called Miso"), "/remember my cat is called Miso"),
        (used("memories"), "/memories"),
        (used("gift", person="12", credits=5.0, note="thanks"), "/gift <@12> 5 thanks"),
        (used("gift", note="thanks", credits=0.25, person="12"), "/gift <@12> 0.25 thanks"),
        (used("usage"), "/usage"),
        (used("usage", whose="server", period="week"), "/usage week server"),
        (used("personality", "show"), "/personality show"),
        (used("personality", "set", dimension="humour", value="2"), "/personality set humour 2"),
        (used("personality", "preset", name="butler"), "/personality preset butler"),
        (used("privacy", "about"), "/privacy"),
        (used("privacy", "opt-out"), "/privacy opt-out"),
        (used("settings", "set", name="rules", value="be kind"), "/settings set rules be kind"),
        (used("grant", person="12", credits=10, days=30), "/grant <@12> 10 30"),
        (used("pool", "show"), "/pool"),
        (used("pool", "set", credits=2.5), "/pool set 2.5"),
        (used("pool", "off"), "/pool off"),
        (used("ignore", channel="34"), "/ignore <#34>"),
        (used("allow", person="12", channel="34"), "/allow <@12> <#34>"),
        (used("quarantine", "release", number=3), "/quarantine release 3"),
    ],
)
def test_a_command_is_said_as_people_could_type_it(data: dict[str, Any], text: str) -> None:
    found = said_of(data)
    assert found is not None
    assert found.text == text


def test_numbers_are_written_without_exponents() -> None:
    assert said("gift", person="12", credits=1e6) == "/gift <@12> 1000000"
    assert said("gift", person="12", credits=0.00001) == "/gift <@12> 0.00001"
    assert said("gift", person="12", credits=100) == "/gift <@12> 100"


def test_the_people_whom_options_name_are_known() -> None:
    found = said_of(used("gift", person="12", credits=5))
    assert found is not None
    assert found.people == ("12",)


def test_what_is_not_known_here_is_none() -> None:
    assert said_of(used("dance")) is None
    assert said_of(used("personality", "dance")) is None
    assert said_of({"name": "personality"}) is None
    assert said_of({}) is None


def test_an_option_that_is_not_known_here_is_left_out() -> None:
    assert said("memories", colour="red") == "/memories"


def test_only_what_all_may_read_is_answered_for_all() -> None:
    assert {command.name for command in COMMANDS if not command.private} == {"ask", "gift"}


VALUES: dict[int, st.SearchStrategy[Any]] = {
    3: st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=20),
    4: st.integers(1, 20),
    6: st.integers(10**17, 10**18).map(str),
    7: st.integers(10**17, 10**18).map(str),
    10: st.floats(0.01, 1000).map(lambda value: round(value, 2)),
}


@st.composite
def uses(draw: st.DrawFn) -> dict[str, Any]:
    payload = draw(st.sampled_from([one for name, one in payloads().items() if name != "ask"]))
    subcommands = [option for option in payload["options"] if option["type"] == 1]
    subcommand = draw(st.sampled_from(subcommands)) if subcommands else None
    declared = (subcommand or payload)["options"]
    values = {
        option["name"]: draw(st.sampled_from([one["value"] for one in option["choices"]]) if option.get("choices") else VALUES[option["type"]])
        for option in declared
        if option["required"] or draw(st.booleans())
    }
    return used(payload["name"], subcommand["name"] if subcommand else "", **values)


@given(uses())
def test_whatever_is_chosen_reads_as_a_command_of_that_name(data: dict[str, Any]) -> None:
    found = said_of(data)
    assert found is not None
    command = parse(found.text)
    assert command is not None
    assert command.kind is not None

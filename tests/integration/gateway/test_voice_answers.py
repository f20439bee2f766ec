"""How a person is talked to, as they set it: shown, set, reset and taken back, in slash commands and plain words."""

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.commands.voice_values import SCALES
from services.gateway.notices import WORDS as NOTICES
from services.runtime import errors
from tests.integration.gateway.scripted_services import Scripted, ask, scripted_services

Final = gateway_pb2.Final
ADA = ("", "ada")


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("/personality set formality 2", "formality", 2),
        ("/personality set humor -1", "humour", -1),
        ("/personality set warmth very warm", "warmth", 2),
        ("/personality set language pt-BR", "language", "pt-BR"),
        ("/personality set emoji never", "emoji", -2),
        ("/personality set verbosity +1", "verbosity", 1),
        ("set your formality to 2", "formality", 2),
        ("Please change the directness to blunt!", "directness", 2),
        ("can you set your humour to very serious?", "humour", -2),
    ],
)
async def test_one_thing_is_set_and_said(scripted: Scripted, said: str, name: str, value: object):
    answer = await ask(scripted.assistant, said)
    assert answer.final.outcome == Final.OUTCOME_COMMAND
    assert answer.text.startswith(f"From now on my {name} with you is ")
    assert [field.name for field, _ in scripted.personas.own[ADA].ListFields()] == [name, "version"]
    assert getattr(scripted.personas.own[ADA], name) == value


async def test_what_was_set_before_stays_and_default_takes_one_thing_back(scripted: Scripted):
    await ask(scripted.assistant, "/personality set formality 2")
    await ask(scripted.assistant, "/personality set instructions Call me\nCaptain")
    own = scripted.personas.own[ADA]
    assert (own.formality, own.instructions) == (2, "Call me\nCaptain")
    await ask(scripted.assistant, "/personality set formality default")
    assert not scripted.personas.own[ADA].HasField("formality")
    assert scripted.personas.own[ADA].instructions == "Call me\nCaptain"


async def test_what_is_changed_at_the_same_moment_is_not_lost(scripted: Scripted):
    scripted.personas.interferences = 2
    await ask(scripted.assistant, "/personality set formality 2")
    assert (scripted.personas.own[ADA].formality, scripted.personas.own[ADA].version) == (2, 3)
    scripted.personas.interferences = 100
    answer = await ask(scripted.assistant, "/personality set formality 1")
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["changed_meanwhile"])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("/personality sing a song", NOTICES["personality_form"]),
        ("/personality set", NOTICES["personality_dimension"].format(names=", ".join(SCALES))),
        ("/personality set tea 1", NOTICES["personality_dimension"].format(names=", ".join(SCALES))),
        ("/personality set formality 3", "formality goes from -2 to 2: -2 very casual, -1 casual, 0 neutral, 1 formal, 2 very formal."),
        ("/personality set emoji", "emoji goes from -2 to 2: -2 never"),
        ("/personality set language", NOTICES["personality_language"]),
        ("/personality set language Old Norse", NOTICES["personality_language"]),
        ("/personality set instructions " + "x" * 1001, NOTICES["personality_instructions"].format(limit=1000)),
        ("/personality preset viking", "I don't know that personality. There are these: neutral, butler."),
        ("/personality viking", "I don't know that personality."),
        ("/personality reset everything", NOTICES["personality_form"]),
    ],
)
async def test_absurd_wishes_are_answered_with_what_there_is_and_change_nothing(scripted: Scripted, said: str, words: str):
    assert (await ask(scripted.assistant, said)).text.startswith(words)
    assert scripted.asked("UpdatePersona") == []


async def test_a_language_that_conversation_does_not_take_is_refused_in_words(scripted: Scripted):
    answer = await ask(scripted.assistant, "/personality set language klingon-xx-yy")
    assert (answer.text, answer.final.reason) == (NOTICES["personality_language"], "INVALID_FIELD")


@pytest.mark.parametrize("said", ["/personality", "/personality show", "show me your personality", "show your style settings"])
async def test_how_a_person_is_talked_to_is_shown_with_whose_wish_it_is(scripted: Scripted, said: str):
    await ask(scripted.assistant, "/personality set formality 2")
    lines = (await ask(scripted.assistant, said)).text.splitlines()
    assert lines[0] == "I write formally: you asked me to."
    assert lines[1:] == [
        "- formality: +2, very formal (yours)",
        "- verbosity: neutral",
        "- humour: neutral",
        "- warmth: neutral",
        "- directness: neutral",
        "- emoji: neutral (this server's)",
        "- language: the one you write in",
    ]


@pytest.mark.parametrize("said", ["/personality reset", "reset your personality", "please reset the style to default"])
async def test_all_that_was_set_is_reset_and_can_be_taken_back(scripted: Scripted, said: str):
    await ask(scripted.assistant, "/personality set formality 2")
    assert (await ask(scripted.assistant, said)).text == NOTICES["personality_reset"]
    assert [field.name for field, _ in scripted.personas.own[ADA].ListFields()] == ["version"]
    assert (await ask(scripted.assistant, said)).text == NOTICES["personality_reset_nothing"]
    assert (await ask(scripted.assistant, "/personality undo")).text == "I talk as I did before."
    assert scripted.personas.own[ADA].formality == 2


@pytest.mark.parametrize("said", ["/personality preset butler", "/personality Butler", "use the butler personality"])
async def test_a_personality_is_taken_by_its_name(scripted: Scripted, said: str):
    assert (await ask(scripted.assistant, said)).text == NOTICES["preset_taken"].format(description="very formal, dry and tactful")
    assert scripted.asked("UpdatePersona")[0].preset == "butler"


async def test_a_persons_voice_is_set_for_the_place_where_they_said_it(scripted: Scripted):
    await ask(scripted.assistant, "/personality set formality 2", guild_id="g")
    assert scripted.personas.own["g", "ada"].formality == 2
    assert ADA not in scripted.personas.own


async def test_a_repeated_message_sets_once(scripted: Scripted):
    for _ in range(2):
        await ask(scripted.assistant, "/personality set formality 2", message_id="m1")
    assert [request.request_id for request in scripted.asked("UpdatePersona")] == ["m1:0:set-persona:0"]


@pytest.mark.parametrize(
    "said", ["/personality", "/personality set formality 1", "/personality reset", "/personality undo", "/personality preset butler"]
)
async def test_while_conversation_is_away_it_is_refused_in_its_words(scripted: Scripted, said: str):
    for method in ("GetPersona", "UndoPersona", "ExplainPersona", "ListPresets"):
        scripted.fail(method, errors.DependencyUnavailable("database"))
    answer = await ask(scripted.assistant, said)
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["voice_command_unavailable"])

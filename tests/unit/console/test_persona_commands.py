"""The commands on personas, as they are typed, against a fake channel."""

import json

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.conversation.v1 import conversation_pb2 as pb

pytestmark = pytest.mark.timeout(20)
SINCE = Timestamp(seconds=1_767_225_600)  # 2026-01-01


def read(own: pb.Persona, **merged) -> tuple[str, pb.GetPersonaResponse]:
    persona = pb.Persona(**{"formality": 0, "verbosity": 0, "humour": 0, "warmth": 0, "directness": 0, "emoji": 0, "language": ""} | merged)
    return "GetPersona", pb.GetPersonaResponse(persona=persona, own=own, source="user", sources={"emoji": "user", "humour": "guild"})


def stored(persona: pb.Persona) -> tuple[str, pb.UpdatePersonaResponse]:
    return "UpdatePersona", pb.UpdatePersonaResponse(persona=persona)


def test_a_persona_is_shown_with_whose_each_part_is(persona_typed):
    own = pb.Persona(emoji=-2, version=3)
    persona_typed.run("persona show --guild g1", read(own, emoji=-2, humour=1, language="de", instructions="[bold]Be kind\x1b[2J"))
    (request,) = persona_typed.requests
    assert (request.guild_id, request.user_id) == ("g1", "ada")
    lines = {line.split("│")[1].strip(): line for line in persona_typed.shown.splitlines() if line.count("│") == 4}
    assert "-2 (never to freely)" in lines["emoji"]
    assert "user" in lines["emoji"]
    assert "+1" in lines["humour"]
    assert "guild" in lines["humour"]
    assert "de" in lines["language"]
    assert "[bold]Be kind[2J" in lines["instructions"]
    assert "Version 3." in persona_typed.shown
    assert "\x1b" not in persona_typed.shown


@pytest.mark.parametrize(
    ("words", "whose"),
    [("", ("", "ada")), ("--user bob --guild g1", ("g1", "bob")), ("--guild g1 --everybody", ("g1", "")), ("--everybody", ("", ""))],
)
def test_whose_persona_is_meant_can_be_said(persona_typed, words, whose):
    persona_typed.run(f"persona show {words}", read(pb.Persona()))
    (request,) = persona_typed.requests
    assert (request.guild_id, request.user_id) == whose
    assert "Nothing of it was ever set here." in persona_typed.shown


def test_a_persona_is_read_by_a_program(persona_typed):
    persona_typed.run("persona show --json", read(pb.Persona(), instructions="a\x9b2J"))
    assert json.loads(persona_typed.shown)["persona"]["instructions"] == "a\x9b2J"
    assert "\x9b" not in persona_typed.shown


def test_only_what_is_named_changes(persona_typed):
    own = pb.Persona(emoji=1, humour=2, language="de", instructions="Be kind.", version=4)
    persona_typed.run("persona set --emoji -2 --humour inherit --language '' --warmth +1", read(own), stored(pb.Persona(emoji=-2, version=5)))
    update = persona_typed.requests[-1]
    assert update.persona == pb.Persona(emoji=-2, warmth=1, language="", instructions="Be kind.", version=4)
    assert "Version 5: emoji -2." in persona_typed.shown


def test_what_is_so_already_is_not_changed(persona_typed):
    persona_typed.run("persona set --emoji 1", read(pb.Persona(emoji=1, version=4)))
    assert "Nothing to change: it is so already." in persona_typed.shown


def test_a_change_is_made_again_where_somebody_else_was_faster(persona_typed):
    first, second = pb.Persona(emoji=1, version=1), pb.Persona(emoji=1, humour=2, version=2)
    answers = (read(first), ("UpdatePersona", grpc.StatusCode.ABORTED), read(second), stored(pb.Persona(emoji=2, humour=2, version=3)))
    persona_typed.run("persona set --emoji 2", *answers)
    assert persona_typed.requests[-1].persona == pb.Persona(emoji=2, humour=2, version=2)
    assert persona_typed.requests[1].request_id != persona_typed.requests[-1].request_id


def test_a_refusal_is_not_tried_again(persona_typed):
    with pytest.raises(grpc.RpcError):
        persona_typed.run("persona set --emoji 2", read(pb.Persona()), ("UpdatePersona", grpc.StatusCode.INVALID_ARGUMENT))


@pytest.mark.parametrize("value", ["3", "-3", "much", "", "1.5", "--1", "٢"])
def test_a_degree_out_of_range_is_refused_before_anything_is_sent(persona_typed, value, capsys):
    with pytest.raises(SystemExit):
        persona_typed.run(f"persona set --emoji='{value}'")
    assert not persona_typed.requests
    assert "neither a number from -2 to 2 nor inherit" in capsys.readouterr().err


def test_a_preset_is_taken_or_all_are_listed(persona_typed):
    persona_typed.run("persona preset butler", read(pb.Persona(language="de", version=1)), stored(pb.Persona(formality=2, version=2)))
    assert persona_typed.requests[-1].preset == "butler"
    assert persona_typed.requests[-1].persona == pb.Persona(language="de", version=1)
    presets = [pb.Preset(name="butler", description="very formal", persona=pb.Persona(formality=2, emoji=0))]
    persona_typed.run("persona preset", ("ListPresets", pb.ListPresetsResponse(presets=presets)))
    (row,) = (line for line in persona_typed.shown.splitlines() if "very formal" in line)
    assert "formality +2, emoji 0" in row


def test_a_change_is_taken_back_and_what_is_left_is_said(persona_typed):
    undone = pb.UndoPersonaResponse(undone=True, text="I took back the last change to how much I joke.", persona=pb.Persona(emoji=1, version=3))
    persona_typed.run("persona undo --guild g1 --request-id r1", ("UndoPersona", undone))
    assert (persona_typed.requests[-1].request_id, persona_typed.requests[-1].user_id) == ("r1", "ada")
    assert "I took back the last change to how much I joke. It is now: emoji +1." in persona_typed.shown
    persona_typed.run("persona undo", ("UndoPersona", pb.UndoPersonaResponse()))
    assert "There is nothing to take back." in persona_typed.shown


def test_the_reasons_are_said(persona_typed):
    persona_typed.run("persona explain", ("ExplainPersona", pb.ExplainPersonaResponse(text='I avoid emoji: you said "[red]no\x1b[2J".')))
    assert 'I avoid emoji: you said "[red]no[2J".' in persona_typed.shown


def test_changes_are_listed_with_the_words_behind_them(persona_typed):
    version = pb.PersonaVersion(persona=pb.Persona(emoji=-2, version=2), update_time=SINCE, origin="said", quote="no\n[b]emojis\x1b[2J")
    persona_typed.run("persona history --limit 5", ("ListPersonaVersions", pb.ListPersonaVersionsResponse(versions=[version])))
    assert persona_typed.requests[-1].page_size == 5
    (row,) = (line for line in persona_typed.shown.splitlines() if "said" in line)
    for shown in ("2", "2026-01-01 00:00", "emoji -2", "no [b]emojis[2J"):
        assert shown in row


def test_words_that_cannot_be_sent_are_refused_before_anything_is(persona_typed, capsys):
    with pytest.raises(SystemExit):
        persona_typed.run("persona set --instructions 'a\udcff'")
    assert "cannot be sent" in capsys.readouterr().err
    assert not persona_typed.requests

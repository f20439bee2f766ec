"""Which messages are commands about credits, personality and a guild: a corpus of what people write, and of what only looks like it."""

from pathlib import Path

import pytest

from services.gateway.commands import arguments, parsing
from services.gateway.commands.parsing import Kind, parse
from services.gateway.commands.voice_values import Wish, wish

LINES = (Path(__file__).parent / "phrases" / "credit_commands.tsv").read_text().splitlines()
CORPUS = [(said.replace("\\n", "\n"), kind) for kind, said in (line.split("\t") for line in LINES)]
KINDS = {
    Kind.CREDITS,
    Kind.GIFT,
    Kind.USAGE,
    Kind.PERSONALITY,
    Kind.SETTINGS,
    Kind.GRANT,
    Kind.POOL,
    Kind.IGNORE,
    Kind.ALLOW,
    Kind.QUARANTINE,
    Kind.STATUS,
    Kind.WHY,
}


@pytest.mark.parametrize(("said", "kind"), CORPUS, ids=[said for said, _ in CORPUS])
def test_what_is_meant_is_understood_and_what_only_looks_like_it_is_talk(said: str, kind: str):
    command = parse(said)
    assert (command.kind.value if command else "talk") == kind


def test_every_pattern_of_these_commands_is_met_by_the_corpus():
    spoken = [said.rstrip(" .!?") for said, _ in CORPUS]
    ours = [pattern for kind, pattern in parsing.PATTERNS if kind in KINDS]
    assert [pattern for pattern in ours if not any(map(parsing._compiled(pattern).fullmatch, spoken))] == []


@pytest.mark.parametrize("said", [said for said, kind in CORPUS if kind == "gift" and "222" in said])
def test_what_is_said_in_plain_words_names_the_same_person_as_the_slash_command(said: str):
    command = parse(said)
    assert command is not None
    assert arguments.gift(command.text).user_id == "222"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("formality 1", Wish("formality", 1)),
        ("your formality to very formal", Wish("formality", 2)),
        ("the humor to -2", Wish("humour", -2)),
        ("EMOJI Often", Wish("emoji", 2)),
        ("warmth default", Wish("warmth", None)),
        ("language de", Wish("language", "de")),
        ("language default", Wish("language", None)),
        ("instructions  Call me Al. ", Wish("instructions", "Call me Al.")),
        ("instructions to be brief", Wish("instructions", "to be brief")),
        ("instructions default", Wish("instructions", None)),
    ],
)
def test_wishes_are_written_as_a_number_a_word_or_default(text: str, expected: Wish):
    assert wish(text) == expected

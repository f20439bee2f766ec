"""How well commands are told from talk, over a corpus of what people write; the corpus says what each phrase is.

What is taken for a command by mistake is worse than a command that is taken for talk: the model answers the one, and nobody expects the other.
"""

from pathlib import Path

import pytest

from services.gateway.commands.parsing import parse

FOLDER = Path(__file__).with_name("phrases")
TALK = "talk"
CORPORA = ("memory_commands", "personal_commands")


def phrases(corpus: str) -> list[tuple[str, str]]:
    """The corpus as (kind, phrase)."""
    lines = (FOLDER / f"{corpus}.tsv").read_text().splitlines()
    return [(kind, phrase) for kind, _, phrase in (line.partition("\t") for line in lines)]


def judged(corpus: str) -> list[tuple[str, str, str]]:
    """(what it is, what it was taken for, phrase)."""
    return [(kind, command.kind.value if (command := parse(phrase)) else TALK, phrase) for kind, phrase in phrases(corpus)]


@pytest.mark.parametrize("corpus", CORPORA)
def test_what_is_taken_for_a_command_is_that_command(corpus: str):
    taken = [(kind, got, phrase) for kind, got, phrase in judged(corpus) if got != TALK]
    wrong = [one for one in taken if one[0] != one[1]]
    assert 1 - len(wrong) / len(taken) >= 0.98, wrong


@pytest.mark.parametrize("corpus", CORPORA)
def test_most_commands_are_understood(corpus: str):
    commands = [(kind, got, phrase) for kind, got, phrase in judged(corpus) if kind != TALK]
    missed = [one for one in commands if one[0] != one[1]]
    assert 1 - len(missed) / len(commands) >= 0.9, missed


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_corpus_is_large_and_has_both_sides(corpus: str):
    found = phrases(corpus)
    talk = sum(kind == TALK for kind, _ in found)
    assert len(found) >= 150
    assert talk >= 60
    assert len({phrase for _, phrase in found}) == len(found)


def test_every_kind_of_the_corpus_is_said_in_several_ways():
    kinds = [kind for corpus in CORPORA for kind, _ in phrases(corpus)]
    assert {kind: count for kind in set(kinds) if (count := kinds.count(kind)) < 8 and kind != "help"} == {}

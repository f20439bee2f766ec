"""What messages are about, as numbers: how texts are read and compared, and that what ships tells messages that go together."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.addressing.addressees import CANDIDATE_FEATURES, candidates_of
from services.gateway.addressing.channel_talk import ASSISTANT, Heard
from services.gateway.addressing.cues import cues_of
from services.gateway.addressing.features import FEATURES, measure
from services.gateway.addressing.meanings import DIMENSIONS, MEANINGS_FILE, Meanings, alike, read_meanings, shipped_meanings
from services.gateway.addressing.talk import Said, Talk

# Three things that can be talked about; the first weighs most.
THINGS = Meanings({"boat": 0, "ship": 0, "tea": 1, "the": 2}, np.diag([4.0, 2.0, 0.1]) @ np.eye(3, DIMENSIONS, dtype=np.float32))


def likeness(one: str, other: str, meanings: Meanings = THINGS) -> float:
    same, _ = alike(meanings.read(one), [meanings.read(other)], (), 30)
    return same[0]


def test_messages_about_the_same_are_alike_though_they_share_no_word():
    assert likeness("A boat!", "the ship") == pytest.approx(1, abs=0.01)
    assert likeness("boat", "tea") == pytest.approx(0, abs=0.01)


def test_words_count_by_their_length():
    assert likeness("boat and tea", "boat") == pytest.approx(4 / 20**0.5, abs=0.01)


@pytest.mark.parametrize("text", ["", "...", "zyzzyva", "\ud800"])
def test_what_has_no_word_that_is_known_is_about_nothing(text: str):
    assert THINGS.read(text) == b""
    assert likeness(text, "boat") == 0


def test_messages_together_are_about_what_each_is_about():
    before = [THINGS.read(text) for text in ("tea", "?", "the", "boat")]
    assert alike(THINGS.read("boat"), before, [0, 1], 3) == (
        pytest.approx([0, 0, 0], abs=0.01),
        pytest.approx([0.5**0.5, 0, 0], abs=0.02),
    )
    same, talk_same = alike(THINGS.read("boat"), before, [3], 2)  # what it is taken together with may be older
    assert (same, talk_same) == ([0, 0], [0, 0])


def test_nobody_is_compared_with_nobody():
    assert alike(THINGS.read("boat"), [], (), 30) == ([], [])


@given(st.text(max_size=400))
def test_any_text_is_read_and_is_like_itself(text: str):
    meaning = shipped_meanings().read(text)
    assert len(meaning) in (0, DIMENSIONS)
    if meaning:
        assert likeness(text, text, shipped_meanings()) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("said", "follows", "does_not"),
    [
        ("did the reboot help?", "it still freezes", "the football match was great"),
        ("which film did you see?", "a horror movie, in the cinema", "my printer shows an error"),
        ("try a smaller font", "the letters are too big on my screen", "we had pizza for dinner"),
    ],
)
def test_what_ships_tells_what_goes_on_from_a_message(said: str, follows: str, does_not: str):
    assert likeness(said, follows, shipped_meanings()) > likeness(said, does_not, shipped_meanings()) + 0.1


def test_a_file_that_does_not_fit_is_refused(tmp_path: Path):
    with pytest.raises(OSError, match="nowhere"):
        read_meanings(tmp_path / "nowhere.npz")
    words = np.frombuffer(b"boat\ntea", dtype=np.uint8)
    np.savez(tmp_path / "m.npz", words=words, numbers=np.zeros((3, DIMENSIONS), np.int8), scales=np.ones(3, np.float16))
    with pytest.raises(ValueError, match="2 words"):
        read_meanings(tmp_path / "m.npz")
    np.savez(tmp_path / "n.npz", words=words)
    with pytest.raises(KeyError):
        read_meanings(tmp_path / "n.npz")


def test_what_ships_holds_no_more_than_it_says():
    assert set(np.load(MEANINGS_FILE).files) == {"words", "numbers", "scales"}


def test_who_spoke_of_the_same_is_told_from_who_did_not():
    newest_first = [("bob", "tea"), (ASSISTANT, "the ship"), ("ann", "boat"), ("carl", "ship")]
    heard = [Heard(number + 1, author, 10, None, False, meaning=THINGS.read(text)) for number, (author, text) in enumerate(newest_first)]
    talk = Talk.before(Said("ann", 10, cues_of("boat"), meaning=THINGS.read("boat")), heard, {})
    candidates = candidates_of(talk)
    told = {one: dict(zip(CANDIDATE_FEATURES, candidates.row_of(one) or (), strict=True)) for one in candidates.ids}
    most = {one: (round(row["alike_most"], 1), bool(row["alike_best"])) for one, row in told.items()}
    assert most == {"bob": (0.0, False), ASSISTANT: (1.0, True), "carl": (1.0, True)}
    measured = dict(zip(FEATURES, measure(talk, candidates, {}), strict=True))
    assert measured["alike_with_own"] == pytest.approx(1, abs=0.01)
    assert measured["alike_with_others"] == pytest.approx(1, abs=0.01)
    assert measured["alike_with_mine"] == pytest.approx(1, abs=0.01)
    assert measured["alike_talk_more_with_own"] == pytest.approx(0, abs=0.01)

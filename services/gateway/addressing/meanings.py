"""What messages are about, as a few numbers each, so that those that go on from one another are alike though they share no word.

A message's numbers are those of its words added up, in a direction alone. The words' numbers were fitted so that this comes near to what a language
model reads out of whole messages (training/addressing/meanings.py): reading them takes microseconds, where the model takes milliseconds.
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.gateway.addressing.cues import TEXT_MAX

MEANINGS_FILE = Path(__file__).with_name("meanings.npz")
DIMENSIONS = 64
WORDS_MAX = 60
"""Words of a message that are looked at."""

_WORD = re.compile(r"\w+(?:'\w+)?")
_LENGTH = 127.0  # of a meaning, whose numbers are bytes

Meaning = bytes
"""DIMENSIONS numbers from -127 to 127; empty of a message without a word that is known."""
_NONE = bytes(DIMENSIONS)

type Vectors = NDArray[np.float32]


class Meanings:
    """Reads messages. `words` gives the row of each word in `vectors`, shape (words, DIMENSIONS): the more a word tells, the longer it is."""

    def __init__(self, words: Mapping[str, int], vectors: Vectors) -> None:
        self.words = words
        self.vectors = vectors

    def read(self, text: str) -> Meaning:
        """Return what somebody says is about."""
        row_of = self.words.get
        rows = [row for word in words_of(text) if (row := row_of(word)) is not None]
        return _direction(np.add.reduce(self.vectors.take(rows, axis=0))).astype(np.int8).tobytes() if rows else b""


def words_of(text: str) -> list[str]:
    """Return the words that are looked at."""
    return _WORD.findall(text[:TEXT_MAX].casefold())[:WORDS_MAX]


def alike(said: Meaning, before: Sequence[Meaning], talk: Sequence[int], looked_back: int) -> tuple[list[float], list[float]]:
    """Return how much a message is like each of the last `looked_back` before it, and how much it is together with those before it at `talk`.

    That is the cosine; 0 for a message that is about nothing known. `before` is the newest first.
    """
    kept = max(looked_back, talk[-1] + 1) if talk else looked_back
    every = np.frombuffer(b"".join([one or _NONE for one in (said, *before[:kept])]), dtype=np.int8).reshape(-1, DIMENSIONS).astype(np.float32)
    earlier = every[1 : looked_back + 1]
    together = _direction(np.add.reduce(every.take([0, *(age + 1 for age in talk)], axis=0)))
    scale = np.float32(1 / (_LENGTH * _LENGTH))
    return ((earlier @ every[0]) * scale).tolist(), ((earlier @ together) * scale).tolist()


def read_meanings(file: Path) -> Meanings:
    """Return what a file holds. Raises OSError, ValueError or KeyError."""
    with np.load(file, allow_pickle=False) as stored:
        words = stored["words"].tobytes().decode().split("\n")
        vectors = stored["numbers"].astype(np.float32) * stored["scales"].astype(np.float32)[:, None]
    if vectors.shape != (len(words), DIMENSIONS):
        raise ValueError(f"{file.name}: numbers of shape {vectors.shape} for {len(words)} words")
    return Meanings({word: row for row, word in enumerate(words)}, vectors)


@cache
def shipped_meanings() -> Meanings:
    """Return those of this release."""
    return read_meanings(MEANINGS_FILE)


def _direction(total: Vectors) -> Vectors:
    """Return whole numbers in the same direction, of the length that meanings have; nothing has none."""
    squared = float(total @ total)
    return np.rint(total * (_LENGTH / math.sqrt(squared))) if squared > 0 else total

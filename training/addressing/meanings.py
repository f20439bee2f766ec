"""Fitting the numbers of words so that a message's, added up, come near to what a language model reads out of the whole message.

The model is all-MiniLM-L6-v2, which memory searches with. Words begin with what it makes of them alone; a ridge regression then moves them towards
the messages that they stand in. Of the directions, those are kept in which messages differ most (principal components).
"""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from tokenizers import Tokenizer

from services.gateway.addressing.meanings import DIMENSIONS, MEANINGS_FILE, Meanings, words_of
from services.retrieval.embedding import EmbeddingModel
from services.retrieval.model_files import TOKENIZER, read_pinned
from training.addressing.logs import Variant, View

MESSAGES_MIN = 4
"""A word that the model has not as a whole is one of ours if it stands in so many messages."""
RIDGE = 1.0
STEPS = 30
RARE = 0.01
"""A word that stands in this share of the messages weighs half of one that hardly ever stands anywhere (Arora et al., ICLR 2017)."""
_WHOLE = re.compile(r"[^\W\d_]+|\d{1,4}")

type _Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Different texts of the logs, their logs' numbers (of one each that it stands in), and what the language model reads: texts and words."""

    texts: Sequence[str]
    logs: Sequence[str]
    read: _Floats
    words: Sequence[str]
    words_read: _Floats


def corpus_of(views: Sequence[View]) -> Corpus:
    """Have the language model read the logs; takes minutes."""
    logs = {view.log: view for view in views if view.variant is Variant.BARE}
    log_of = {line.text: log for log, view in sorted(logs.items(), reverse=True) for line in view.lines}
    texts = sorted(log_of)
    people = {word for view in logs.values() for line in view.lines for word in words_of(line.author)}
    counted = Counter(word for text in texts for word in set(words_of(text)))
    known = (word for word in Tokenizer.from_str(read_pinned(TOKENIZER).decode()).get_vocab() if _WHOLE.fullmatch(word))
    words = sorted({*known, *(word for word, count in counted.items() if count >= MESSAGES_MIN)} - people)
    model = EmbeddingModel()
    try:
        read, words_read = asyncio.run(_read(model, texts)), asyncio.run(_read(model, words))
    finally:
        model.close()
    return Corpus(texts, [log_of[text] for text in texts], read, words, words_read)


def fit_meanings(corpus: Corpus, without: frozenset[str] = frozenset()) -> Meanings:
    """Return the numbers of words fitted to all texts but those of some logs."""
    seen = [number for number, log in enumerate(corpus.logs) if log not in without]
    row_of = {word: row for row, word in enumerate(corpus.words)}
    weights = _weights([corpus.texts[number] for number in seen], corpus.words)
    messages = _messages([corpus.texts[number] for number in seen], row_of, weights)
    wanted = _unit(corpus.read[seen] - corpus.read[seen].mean(axis=0))
    begin = _unit(corpus.words_read - corpus.words_read.mean(axis=0))
    added = messages @ begin
    begin *= (added * wanted).sum() / (added * added).sum()
    fitted = begin + _ridge(messages, wanted - messages @ begin)
    told = _unit(messages @ fitted)
    _, directions = np.linalg.eigh(told.T @ told)
    return Meanings(row_of, (fitted * weights[:, None]) @ directions[:, ::-1][:, :DIMENSIONS])


def write_meanings(meanings: Meanings) -> None:
    """Write them into the gateway: a byte for each number and a scale for each word."""
    words = sorted(meanings.words, key=lambda word: meanings.words[word])
    scales = np.maximum(np.abs(meanings.vectors).max(axis=1) / 127, 1e-6).astype(np.float16)
    numbers = np.clip(np.rint(meanings.vectors / scales.astype(np.float32)[:, None]), -127, 127).astype(np.int8)
    np.savez_compressed(MEANINGS_FILE, words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8), numbers=numbers, scales=scales)


async def _read(model: EmbeddingModel, texts: Sequence[str]) -> _Floats:
    step = 1_024  # fewer than may wait
    return np.concatenate([await model.embed(texts[start : start + step]) for start in range(0, len(texts), step)])


def _weights(texts: Sequence[str], words: Sequence[str]) -> _Floats:
    counted = Counter(word for text in texts for word in set(words_of(text)))
    return np.array([RARE / (RARE + counted[word] / len(texts)) for word in words], dtype=np.float32)


def _messages(texts: Sequence[str], row_of: Mapping[str, int], weights: _Floats) -> sparse.csr_matrix:
    """Return how much of each word is in each text, shape (texts, words)."""
    rows, columns, values = [], [], []
    for number, text in enumerate(texts):
        found = [row_of[word] for word in words_of(text) if word in row_of]
        rows += [number] * len(found)
        columns += found
        values += list(weights[found] / np.linalg.norm(weights[found])) if found else []
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), len(row_of)), dtype=np.float32)


def _ridge(messages: sparse.csr_matrix, missing: _Floats) -> _Floats:
    """Return what is to be added to the words' numbers: conjugate gradients, for each dimension by itself."""
    added = np.zeros((messages.shape[1], missing.shape[1]), dtype=np.float32)
    left = messages.T @ missing
    direction, length = left.copy(), (left * left).sum(axis=0)
    for _ in range(STEPS):
        ahead = messages.T @ (messages @ direction) + RIDGE * direction
        step = length / ((direction * ahead).sum(axis=0) + 1e-12)
        added += step * direction
        left -= step * ahead
        before, length = length, (left * left).sum(axis=0)
        direction = left + (length / (before + 1e-12)) * direction
    return added


def _unit(vectors: _Floats) -> _Floats:
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return (vectors / lengths).astype(np.float32)

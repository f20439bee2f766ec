"""Which earlier messages of a conversation bear on a new one, in which order, and which topics they belong to. Pure.

The arms are those of memory's ranking, for the same reasons and with its round numbers: messages of a conversation are told, asked and answered as
memories were. What needs no text is computed for every message at once; only the most promising are looked at as messages.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.retrieval.asking import Question, folded_name, names_a_time

SATURATION = 1.2
LENGTH_SHARE = 0.4
"""BM25's k1 and b (Robertson and Zaragoza 2009). Chat messages are short and of like length, so b lies below the usual 0.75."""
VECTOR_DEVIATION_MIN = 0.05
"""Cosines of this model differ by as much between unrelated texts; among few messages less than that is no signal."""
LEXICAL_DEVIATION_MIN = 0.5
"""A quarter of what one fairly rare word scores."""
VECTOR_WEIGHT = 1.25
"""Meaning counts a little more than words: a question seldom uses the words of its answer."""
NEIGHBOUR_SHARES = (0.3, 0.15)
"""The part of its score that a message lends to those right before and after it, and to those one further."""
ANSWER_SHARE = 0.4
"""The part that a question lends, beside that, to what somebody else says next: an answer often means nothing without it."""
NEIGHBOUR_GAP = timedelta(minutes=30)
"""What was said longer apart is not one talk: half an hour of silence is the usual end of one."""
SPEAKER_BONUS = 2.0
"""Two deviations, about what one telling word is worth, for the words of somebody whom the new message names."""
WHEN_BONUS = 1.0
"""For what names a time, where the new message asks for one."""
LENGTH_WEIGHT = 0.5
"""What says more answers more: each e-fold of words counts half a deviation."""
CHARACTERS_A_TERM = 10
"""A word has five letters, and about one in two is a term: so a text's length tells how many it has, without counting them."""
ASKS_PENALTY = 0.75
"""A question tells nothing by itself."""
TOPICS_MAX = 3
"""A new message returns to one topic or compares two; more would be guessed."""
TOPIC_HITS = 10
"""The best messages, whose topics count."""

Floats = npt.NDArray[np.float64]
Sequences = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arms:
    """What a search of a whole conversation brings: the cosine of each message, in order, and where the terms of the new message occur.

    `similarities` belong to `sequences`; the other four columns to each other: message, number of the term, occurrences of it, terms of the message.
    """

    sequences: Sequences
    similarities: Floats
    hit_sequences: Sequences
    hit_terms: npt.NDArray[np.int64]
    hit_occurrences: Floats
    hit_lengths: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """Every message searched, in order, its score by meaning and words in standard deviations, and whether it shares words or enough meaning."""

    sequences: Sequences
    own: Floats
    hits: npt.NDArray[np.bool_]


class Message(NamedTuple):
    """A message as it is stored; `topic_id` is 0 where it belongs to no topic yet, `called` what its author is called by now.

    Of one that was only said beside a promising one (`beside`) no more is read than what it lends needs.
    """

    sequence: int
    author_id: str
    said_at: datetime
    asks: bool
    beside: bool
    message_id: str = ""
    role: str = ""
    author_name: str = ""
    text: str = ""
    topic_id: int = 0
    called: str = ""


class Relevant(NamedTuple):
    """A message with its fused score, in standard deviations."""

    message: Message
    score: float


def score(arms: Arms, similarity_floor: float) -> Scores:
    """Score every message of the conversation by meaning and words: each arm in deviations from its mean over all of them."""
    sequences, similarity = arms.sequences, arms.similarities
    if len(sequences) == 0 or (sequences[np.searchsorted(sequences[:-1], arms.hit_sequences)] != arms.hit_sequences).any():
        # Some have no vector of this model yet.
        sequences = np.union1d(arms.sequences, arms.hit_sequences)
        similarity = np.zeros(len(sequences))
        similarity[np.searchsorted(sequences, arms.sequences)] = arms.similarities
    lexical = _bm25(arms, sequences)
    own = VECTOR_WEIGHT * _standardised(similarity, arms.similarities, VECTOR_DEVIATION_MIN) + _standardised(lexical, lexical, LEXICAL_DEVIATION_MIN)
    return Scores(sequences, own, (lexical > 0) | (similarity >= similarity_floor))


def _bm25(arms: Arms, sequences: Sequences) -> Floats:
    if len(arms.hit_sequences) == 0:
        return np.zeros(len(sequences))
    holders = np.bincount(arms.hit_terms)
    rarity = np.log1p((len(sequences) - holders + 0.5) / (holders + 0.5))
    spread = arms.hit_occurrences + SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * arms.hit_lengths / max(1.0, float(arms.hit_lengths.mean())))
    weights = rarity[arms.hit_terms] * arms.hit_occurrences * (SATURATION + 1) / spread
    return np.bincount(np.searchsorted(sequences, arms.hit_sequences), weights=weights, minlength=len(sequences))


def _standardised(scores: Floats, over: Floats, deviation_min: float) -> Floats:
    if len(over) == 0:
        return np.zeros(len(scores))
    return np.asarray((scores - over.mean()) / max(float(over.std()), deviation_min))


def promising(scores: Scores, count: int) -> tuple[Sequences, Sequences]:
    """Return what is worth being read, at most `count` messages that are hits or stand beside one, and what else was said around each, in order."""
    near = scores.hits.copy()
    near[1:] |= scores.hits[:-1]
    near[:-1] |= scores.hits[1:]
    places = np.flatnonzero(near)
    if len(places) > count:
        wanted = scores.own + _lent_at_most(scores.own)
        places = np.sort(places[np.argpartition(-wanted[places], count)[:count]])
    steps = np.arange(-len(NEIGHBOUR_SHARES), len(NEIGHBOUR_SHARES) + 1)
    around = np.setdiff1d(places[:, None] + steps, places)
    return scores.sequences[places], scores.sequences[around[(around >= 0) & (around < len(near))]]


def _lent_at_most(own: Floats) -> Floats:
    """Return what neighbours lend if all of it is one talk, and nothing of it an answer."""
    lent = np.zeros(len(own))
    for distance, share in enumerate(NEIGHBOUR_SHARES, start=1):
        lent[distance:] += share * own[:-distance]
        lent[:-distance] += share * own[distance:]
    return lent


def rank(scores: Scores, read: Sequence[Message], question: Question, mentioned: Collection[str] = ()) -> list[Relevant]:
    """Return the messages that were read, best first, but those that were only said beside one.

    `mentioned` are the ids of people whom the question mentions without their names.
    """
    places = np.searchsorted(scores.sequences, np.fromiter((message.sequence for message in read), np.int64, len(read))).tolist()
    lenders = {
        place: _Lender(own, message.said_at, message.author_id, message.asks)
        for place, own, message in zip(places, scores.own[places].tolist(), read, strict=True)
    }
    found = [
        Relevant(message, lenders[place].own + _lent(place, lenders) + _form(message, question, mentioned))
        for place, message in zip(places, read, strict=True)
        if not message.beside
    ]
    return sorted(found, key=lambda one: (-one.score, one.message.sequence))


class _Lender(NamedTuple):
    own: float
    said_at: datetime
    author_id: str
    asks: bool


_STEPS = tuple((sign * (distance + 1), share) for distance, share in enumerate(NEIGHBOUR_SHARES) for sign in (-1, 1))


def _lent(place: int, lenders: Mapping[int, _Lender]) -> float:
    """Return what a message is lent by what was said around it in the same talk."""
    one, lent = lenders[place], 0.0
    for step, share in _STEPS:
        lender = lenders.get(place + step)
        if lender is None or abs(lender.said_at - one.said_at) > NEIGHBOUR_GAP:
            continue
        answers = step == -1 and lender.asks and lender.author_id != one.author_id
        lent += lender.own * (share + ANSWER_SHARE if answers else share)
    return lent


def _form(message: Message, question: Question, mentioned: Collection[str]) -> float:
    """Return what speaks for a message beside its meaning and its words."""
    found = LENGTH_WEIGHT * math.log1p(len(message.text) / CHARACTERS_A_TERM) - ASKS_PENALTY * message.asks
    if message.author_id in mentioned or (question.speakers and folded_name(message.author_name) in question.speakers):
        found += SPEAKER_BONUS
    if question.when and names_a_time(message.text):
        found += WHEN_BONUS
    return found


def topics_of(relevant: Sequence[Relevant]) -> list[int]:
    """Return the topics that the best messages belong to, the one with the most weight first: a message's weight is one divided by its rank."""
    weights: dict[int, float] = {}
    for place, one in enumerate(relevant[:TOPIC_HITS], start=1):
        if one.message.topic_id:
            weights[one.message.topic_id] = weights.get(one.message.topic_id, 0.0) + 1 / place
    return sorted(weights, key=lambda topic_id: -weights[topic_id])[:TOPICS_MAX]

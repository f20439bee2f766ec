"""Which earlier messages bear on a new one: the arms, what neighbours lend, what speaks for a message beside them, and the laws of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.topics.relevance import Arms, Message, Relevant, promising, rank, score, topics_of
from services.retrieval.asking import Question, asks, understood

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = Question("about", ["about"], frozenset(), when=False)
FLOOR = 0.1


def arms(similarities, hits=()):
    """Messages 10, 20, 30 and so on with these cosines; `hits` are (place, term, occurrences, terms of the message)."""
    sequences = np.arange(1, len(similarities) + 1, dtype=np.int64) * 10
    columns = list(zip(*hits, strict=True)) if hits else [(), (), (), ()]
    found = sequences[np.array(columns[0], dtype=np.int64)]
    terms = np.array(columns[1], dtype=np.int64)
    return Arms(sequences, np.array(similarities, dtype=np.float64), found, terms, *(np.array(column, dtype=np.float64) for column in columns[2:]))


def said(place, text="what was said here, in some words", **changes):
    given = {"author_id": f"u{place % 2}", "author_name": f"Name{place % 2}", "said_at": NOON + timedelta(minutes=place), "topic_id": 0}
    given |= changes
    about = (given["author_id"], given["said_at"], asks(text), given.get("beside", False))
    return Message((place + 1) * 10, *about, f"m{place}", "user", given["author_name"], text, given["topic_id"])


def ranked(similarities, hits=(), question=PLAIN, mentioned=(), texts=None, **changes):
    """The places of the messages, best first, and their scores."""
    scores = score(arms(similarities, hits), FLOOR)
    everything = [said(place, **({"text": texts[place]} if texts else {}), **changes) for place in range(len(similarities))]
    found = rank(scores, everything, question, mentioned)
    return [one.message.sequence // 10 - 1 for one in found], [one.score for one in found]


def test_what_means_the_same_comes_first():
    places, _ = ranked([0.1, 0.1, 0.1, 0.9, 0.1, 0.1])
    assert places[0] == 3


def test_what_shares_a_rare_word_comes_before_what_shares_a_common_one():
    common = [(place, 0, 1, 5) for place in range(0, 12, 2)]
    places, _ = ranked([0.1] * 12, [*common, (9, 1, 1, 5)])
    assert places[0] == 9


def test_what_shares_neither_word_nor_meaning_is_not_read_unless_it_stands_beside_what_does():
    wanted, beside = promising(score(arms([0.0, 0.0, 0.0, 0.8, 0.0, 0.0, 0.0]), FLOOR), 10)
    assert wanted.tolist() == [30, 40, 50]
    assert beside.tolist() == [10, 20, 60, 70]


def test_what_was_only_read_for_what_it_lends_is_not_found():
    scores = score(arms([0.9, 0.5, 0.1, 0.1, 0.1, 0.1]), FLOOR)
    everything = [said(0, beside=True), said(1), said(2, beside=True)]
    assert [one.message.sequence for one in rank(scores, everything, PLAIN)] == [20]
    assert rank(scores, everything, PLAIN)[0].score > rank(scores, [said(1)], PLAIN)[0].score


def test_the_answer_to_a_question_that_matches_comes_next_though_it_shares_nothing():
    texts = ["weather is fine today", "nothing of note happened", "what is your dog called?", "Bello, since ever", "nothing of note happened", "bye"]
    places, _ = ranked([0.0, 0.0, 0.9, 0.0, 0.0, 0.0], texts=texts)
    assert places[:2] == [2, 3]


def test_nothing_is_lent_over_a_long_silence():
    near = {place: said(place) for place in range(3)}
    far = {**near, 2: said(2, said_at=NOON + timedelta(hours=2))}
    scores = score(arms([0.0, 0.9, 0.0]), FLOOR)

    def scored(messages):
        return {one.message.sequence: one.score for one in rank(scores, list(messages.values()), PLAIN)}

    assert scored(near)[30] > scored(far)[30]


def test_words_of_somebody_who_is_named_get_a_bonus():
    question = understood("what did Name1 say?", {"name0", "name1"})
    places, _ = ranked([0.5] * 6, question=question)
    assert [place % 2 for place in places[:3]] == [1, 1, 1]


def test_words_of_somebody_who_is_mentioned_by_id_get_the_same_bonus():
    assert ranked([0.5] * 6, mentioned={"u1"}) == ranked([0.5] * 6, question=understood("what did Name1 say?", {"name0", "name1"}))


def test_what_names_a_time_is_preferred_where_one_is_asked_for():
    texts = ["we went to the lake", "we went to it in May", "we went to the lake", "we went to the lake"]
    assert ranked([0.5] * 4, texts=texts, question=understood("when did you go?", ()))[0][0] == 1


def test_a_question_ranks_below_a_statement():
    texts = ["we went to the lake", "you went to the lake?"]
    assert ranked([0.5, 0.5], texts=texts)[0] == [0, 1]


def test_what_says_more_ranks_above_what_says_little():
    texts = ["yes", "yes, and we saw the boats on the lake"]
    assert ranked([0.5, 0.5], texts=texts)[0] == [1, 0]


def test_an_empty_conversation_has_nothing():
    scores = score(arms([]), FLOOR)
    assert [part.tolist() for part in promising(scores, 10)] == [[], []]
    assert rank(scores, [], PLAIN) == []


def test_a_word_in_a_message_that_has_no_vector_yet_counts_all_the_same():
    first = arms([0.3, 0.3])
    found = Arms(first.sequences, first.similarities, np.array([25]), np.array([0]), np.array([1.0]), np.array([4.0]))
    scores = score(found, FLOOR)
    assert scores.sequences.tolist() == [10, 20, 25]
    assert rank(scores, [said(0)._replace(sequence=25)], PLAIN)[0].message.sequence == 25


def test_only_the_promising_are_read_with_what_was_said_around_them():
    similarities = [0.0] * 100
    similarities[50] = 0.9
    wanted, beside = promising(score(arms(similarities), FLOOR), 1)
    assert (wanted.tolist(), beside.tolist()) == ([510], [490, 500, 520, 530])


def test_at_the_ends_of_a_conversation_there_is_nothing_around():
    wanted, beside = promising(score(arms([0.9, 0.0, 0.0, 0.0]), FLOOR), 1)
    assert (wanted.tolist(), beside.tolist()) == ([10], [20, 30])


def test_the_topic_of_the_best_messages_comes_first_and_none_twice():
    topics = [7, 3, 3, 0, 5, 9]
    found = [Relevant(said(place, topic_id=topic), 1.0) for place, topic in enumerate(topics)]
    assert topics_of(found) == [7, 3, 5]
    assert topics_of([]) == []


COSINES = st.lists(st.floats(-1, 1, allow_nan=False, width=32), min_size=0, max_size=40)


@given(COSINES, st.integers(1, 30), st.data())
def test_ranking_gives_each_message_once_in_the_order_of_its_score(similarities, count, data):
    place = st.integers(0, max(0, len(similarities) - 1))
    hit = st.tuples(place, st.integers(0, 3), st.integers(1, 5), st.integers(1, 30))
    hits = data.draw(st.lists(hit, max_size=20, unique_by=lambda one: one[:2])) if similarities else []
    scores = score(arms(similarities, hits), FLOOR)
    wanted, beside = (part.tolist() for part in promising(scores, count))
    assert wanted + beside == list(dict.fromkeys(wanted + beside))
    assert set(wanted + beside) <= set(scores.sequences.tolist())
    assert len(wanted) <= count
    assert len(beside) <= 4 * len(wanted)
    read = [said(sequence // 10 - 1) for sequence in wanted] + [said(sequence // 10 - 1, beside=True) for sequence in beside]
    found = rank(scores, read, PLAIN)
    assert {one.message.sequence for one in found} == set(wanted)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len({one.message.sequence for one in found}) == len(found)


@given(COSINES, st.integers(0, 39))
def test_a_better_cosine_never_ranks_a_message_lower(similarities, at):
    if not similarities:
        return
    at %= len(similarities)
    better = [*similarities]
    better[at] = 1.0

    def place(given):
        everything = [said(number) for number in range(len(given))]
        found = [one.message.sequence // 10 - 1 for one in rank(score(arms(given), -1.0), everything, PLAIN)]
        return found.index(at)

    alone = sum(similarity >= 1.0 for similarity in similarities) == 0
    if alone:
        assert place(better) <= place(similarities)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_is_promising_holds_the_best_whatever_its_place(number):
    rng = np.random.default_rng(number)
    similarities = rng.uniform(-0.1, 0.3, 500)
    similarities[137] = 0.95
    assert 1380 in promising(score(arms(similarities), FLOOR), 5)[0]

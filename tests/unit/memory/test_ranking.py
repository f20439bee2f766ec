"""In which order candidates are answered: meaning and words, who spoke, what was said around them, whether they tell anything."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from services.memory.ranking import (
    ANSWER_SHARE,
    ASKS_PENALTY,
    LENGTH_WEIGHT,
    NEIGHBOUR_GAP,
    NEIGHBOUR_SHARES,
    SPEAKER_BONUS,
    WHEN_BONUS,
    Candidate,
    Candidates,
    rank,
)
from services.memory.traits import Traits
from services.retrieval.asking import Question, understood
from services.retrieval.fusion import Spread

SCOPE = uuid.uuid4()
NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)
PLAIN = Question("what is the cat called", ["cat", "call"], frozenset(), False)


def candidate(similarity, lexical=0.0, *, position=0, said_at=NOON, speaker="", length=0, asks=False, dated=False, scope_id=SCOPE):
    return Candidate(uuid.uuid4(), 1, similarity, lexical, scope_id, position, said_at, Traits(speaker, length, asks, dated))


def ranked(*found, question=PLAIN):
    return rank(Candidates(found, Spread(0.0, 0.1), Spread(0.0, 1.0)), question, similarity_floor=0.1)


def test_a_candidate_that_both_arms_favour_comes_first():
    both, meaning, word = candidate(0.7, 3.0), candidate(0.75, position=10), candidate(0.1, 3.5, position=20)
    found = ranked(word, meaning, both)
    assert found[0].candidate is both
    assert found[0].score_by_arm == {"vector": 0.7, "lexical": 3.0}


def test_what_shares_neither_word_nor_meaning_is_not_found():
    unlike, word_only = candidate(0.05), candidate(0.05, 1.0, position=10)
    assert [one.candidate for one in ranked(unlike, word_only)] == [word_only]


@pytest.mark.parametrize(("step", "share"), [(1, NEIGHBOUR_SHARES[0]), (-1, NEIGHBOUR_SHARES[0]), (2, NEIGHBOUR_SHARES[1]), (3, 0), (-3, 0)])
def test_what_was_said_beside_a_good_memory_is_lent_a_part_of_its_score(step, share):
    good, beside = candidate(0.8, position=10), candidate(0.2, position=10 + step)
    found = {one.candidate.memory_id: one for one in ranked(good, beside)}
    lent = found[beside.memory_id].score_by_arm.get("neighbour", 0)
    assert lent == pytest.approx(share * (found[good.memory_id].score - found[good.memory_id].score_by_arm.get("neighbour", 0)))


@pytest.mark.parametrize("elsewhere", [{"said_at": NOON + NEIGHBOUR_GAP + timedelta(seconds=1)}, {"scope_id": uuid.uuid4()}])
def test_what_was_said_at_another_time_or_place_is_lent_nothing(elsewhere):
    good, other = candidate(0.8, position=10), candidate(0.2, position=11, **elsewhere)
    assert all("neighbour" not in one.score_by_arm for one in ranked(good, other))


@pytest.mark.parametrize(
    ("asked_by", "answered_by", "position", "answers"), [("bo", "ada", 11, True), ("ada", "ada", 11, False), ("bo", "ada", 9, False)]
)
def test_an_answer_is_lent_more_by_its_question(asked_by, answered_by, position, answers):
    question = candidate(0.8, position=10, speaker=asked_by, asks=True)
    answer = candidate(0.2, position=position, speaker=answered_by)
    found = {one.candidate.memory_id: one for one in ranked(question, answer)}
    lent = found[answer.memory_id].score_by_arm["neighbour"]
    own = found[question.memory_id].score - found[question.memory_id].score_by_arm["neighbour"] + ASKS_PENALTY
    assert lent == pytest.approx((NEIGHBOUR_SHARES[0] + (ANSWER_SHARE if answers else 0)) * own)


def test_words_of_somebody_whom_the_query_names_count_more():
    ada, bo = candidate(0.5, speaker="ada", position=10), candidate(0.5, speaker="bo", position=20)
    first, second = ranked(ada, bo, question=Question("likes tea", ["tea"], frozenset({"bo"}), False))
    assert first.candidate is bo
    assert first.score - second.score == pytest.approx(SPEAKER_BONUS) == first.score_by_arm["speaker"]
    assert "speaker" not in second.score_by_arm


def test_what_names_a_time_counts_more_where_a_time_is_asked_for():
    dated, undated = candidate(0.5, dated=True, position=10), candidate(0.5, position=20)
    when = Question("did the cat come", ["cat"], frozenset(), True)
    assert ranked(dated, undated, question=when)[0].score_by_arm["time"] == WHEN_BONUS
    assert all("time" not in one.score_by_arm for one in ranked(dated, undated))


def test_what_says_more_counts_more_and_a_question_less():
    short, long, asks = candidate(0.5, length=1), candidate(0.5, length=15, position=10), candidate(0.5, length=15, position=20, asks=True)
    scores = [one.score for one in ranked(short, long, asks)]
    assert [one.candidate for one in ranked(short, long, asks)] == [long, asks, short]
    assert scores[0] - scores[1] == pytest.approx(ASKS_PENALTY)
    assert scores[0] - scores[2] == pytest.approx(LENGTH_WEIGHT * 2.0794415, abs=1e-6)  # ln 16 - ln 2


def test_of_several_versions_in_one_place_the_best_speaks_for_it():
    now, before, beside = candidate(0.8, position=10), candidate(0.1, position=10), candidate(0.2, position=11)
    found = {one.candidate.memory_id: one for one in ranked(before, now, beside)}
    assert found[beside.memory_id].score_by_arm["neighbour"] == pytest.approx(NEIGHBOUR_SHARES[0] * 1.25 * 8)


@pytest.mark.parametrize(
    ("query", "text", "speakers"),
    [
        ("What did Ada Lovelace cook?", "What did cook?", {"ada lovelace"}),
        ("What is ada's favourite tea", "What is favourite tea", {"ada lovelace"}),
        ("Does Bob like what Ada cooks?", "Does like what cooks?", {"ada lovelace", "bob"}),
        ("an adaptation of bobsleigh", "an adaptation of bobsleigh", set()),
        ("Ada", "Ada", {"ada lovelace"}),
        ("who said that?", "who said that?", set()),
    ],
)
def test_names_of_people_in_sight_are_found_and_left_out_of_what_is_embedded(query, text, speakers):
    question = understood(query, ["ada lovelace", "bob", "", "li", "will"])
    assert question.text == text
    assert question.speakers == speakers


def test_a_name_that_is_a_common_word_or_one_letter_names_nobody():
    assert understood("will x come", ["will", "x", "will smith"]).speakers == set()
    assert understood("will Li come, or Al", ["will", "li", "al capone"]).speakers == {"li"}
    assert understood("小明 喜欢什么", ["小明"]).speakers == {"小明"}


@pytest.mark.parametrize(
    ("query", "when"),
    [("When did we meet?", True), ("what year was it", True), ("how long ago was that", True), ("whenever you like", False), ("what is it", False)],
)
def test_a_query_that_asks_for_a_time_says_so(query, when):
    assert understood(query, []).when is when

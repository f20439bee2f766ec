"""Where topics begin: what a boundary needs, what binds, and that nothing decided is ever taken back."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.conversation.topics.topic_segmentation import Segmentation, Utterance, decided, utterance

RULES = Segmentation(messages_min=3, messages_max=12, window=2)
THEMES = np.eye(4, dtype=np.float32)


def about(theme: int, count: int, **more) -> list[Utterance]:
    return [Utterance(THEMES[theme], **more)] * count


def timed(stream: list[Utterance], apart_s: float = 10.0, start_s: float = 0.0) -> list[Utterance]:
    return [replace(one, at_s=start_s + apart_s * place) for place, one in enumerate(stream)]


@st.composite
def streams(draw) -> list[Utterance]:
    messages = st.tuples(
        st.sampled_from([1.0, 10.0, 200.0, 900.0, 4000.0]), st.sampled_from([None, *THEMES]), st.integers(0, 63), st.none() | st.integers(1, 12)
    )
    at_s = 0.0
    stream = []
    for place, (pause_s, vector, cues, back) in enumerate(draw(st.lists(messages, max_size=45))):
        at_s += pause_s
        replies_to = place - back if back is not None and back <= place else None
        stream.append(Utterance(vector, cues % 4 == 0, cues % 4 == 1, at_s if cues % 3 else None, replies_to, cues == 63))
    return stream


rules = st.builds(
    Segmentation, messages_min=st.integers(2, 6), messages_max=st.integers(8, 20), window=st.integers(1, 4), drift=st.sampled_from([0.0, 0.5, 1.0])
)


@given(streams(), rules, st.integers(0, 60))
@settings(max_examples=100)
def test_what_is_decided_stays_decided_whatever_follows(stream, given_rules, known):
    before = decided(stream[:known], given_rules)
    assert decided(stream, given_rules)[: len(before)] == before
    assert decided(stream, given_rules, ended=True)[: len(before)] == before


@given(streams(), rules)
@settings(max_examples=100)
def test_reading_on_from_the_open_topics_beginning_decides_the_same(stream, given_rules):
    whole = decided(stream, given_rules)
    for start in whole:
        moved = [
            replace(one, replies_to=None if one.replies_to is None or one.replies_to < start else one.replies_to - start) for one in stream[start:]
        ]
        assert [start + place for place in decided(moved, given_rules)] == [place for place in whole if place > start]


@given(streams(), rules, st.booleans())
@settings(max_examples=100)
def test_topics_keep_to_their_lengths_unless_silence_or_a_reset_ends_them(stream, given_rules, ended):
    starts = [0, *decided(stream, given_rules, ended=ended)]
    assert starts == sorted(set(starts))
    for start, end in pairwise(starts):
        before, after = stream[end - 1].at_s, stream[end].at_s
        certain = stream[end].afresh or (before is not None and after is not None and after - before >= given_rules.pause_certain_s)
        assert end - start <= given_rules.messages_max
        assert certain or end - start >= given_rules.messages_min
    if not ended and stream:
        assert len(stream) - starts[-1] <= given_rules.undecided_max


def test_meaning_that_changes_alone_makes_a_boundary():
    assert decided(about(0, 6) + about(1, 6), replace(RULES, drift=2.0), ended=True) == [6]


def test_talk_about_one_thing_has_no_boundary():
    assert decided(about(0, 12), RULES, ended=True) == []


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_message_has_no_boundary(count):
    assert decided(about(0, count), RULES, ended=True) == []


def test_a_pause_as_long_as_a_sessions_end_makes_one_whatever_is_said():
    stream = timed(about(0, 2)) + timed(about(0, 2), start_s=5000.0)
    assert decided(stream, RULES) == [2]


def test_a_reset_makes_one():
    assert decided([*about(0, 2), *about(0, 1, afresh=True), *about(0, 1)], RULES) == [2]


def test_a_greeting_opens_a_topic_where_no_time_is_known():
    assert decided([*about(0, 4), *about(0, 1, opens=True), *about(0, 5)], RULES, ended=True) == [4]


def test_a_greeting_while_people_are_talking_opens_none():
    assert decided(timed([*about(0, 4), *about(0, 1, opens=True), *about(0, 5)]), RULES, ended=True) == []


def test_a_greeting_after_a_while_opens_one():
    stream = timed(about(0, 4)) + timed([*about(0, 1, opens=True), *about(0, 5)], start_s=1000.0)
    assert decided(stream, RULES, ended=True) == [4]


def test_a_reply_to_what_was_said_before_binds():
    stream = [*about(0, 4), *about(0, 1, opens=True), *about(0, 5)]
    stream[5] = replace(stream[5], replies_to=1)
    assert decided(stream, RULES, ended=True) == []


def test_a_reply_within_the_new_topic_does_not_bind():
    stream = [*about(0, 4), *about(0, 1, opens=True), *about(0, 5)]
    stream[5] = replace(stream[5], replies_to=4)
    assert decided(stream, RULES, ended=True) == [4]


def test_a_farewell_and_a_change_make_one_that_neither_makes_alone():
    parted = [*about(0, 5), *about(0, 1, leaves=True), *about(1, 6)]
    some = replace(RULES, drift=0.5)
    assert decided(parted, some, ended=True) == [6]
    assert decided(about(0, 6) + about(1, 6), replace(some, drift=0.4), ended=True) == []
    assert decided([*about(0, 5), *about(0, 1, leaves=True), *about(0, 6)], some, ended=True) == []


def test_what_goes_on_and_on_is_split_in_its_second_half():
    starts = decided(about(0, 40), RULES, ended=True)
    assert starts
    assert all(RULES.messages_max // 2 <= end - start <= RULES.messages_max for start, end in pairwise([0, *starts]))


def test_of_two_boundaries_too_close_for_both_the_stronger_one_counts():
    stream = [*about(0, 5), *about(0, 1, opens=True), *about(0, 1, leaves=True), *about(0, 1, opens=True), *about(0, 6)]
    assert decided(stream, RULES, ended=True) == [7]


def test_a_message_is_read_for_its_cues():
    read = utterance("hey everybody, take care!", None, at_s=1.0, replies_to=0, afresh=True)
    assert read == Utterance(None, True, True, 1.0, 0, True)

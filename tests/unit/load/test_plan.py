"""Who says what when."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.load.arrivals import Phase
from tests.load.mix import DEFAULT, KINDS, Kind, parse_mix
from tests.load.people import Guilds
from tests.load.plan import EDIT_AFTER_S, Plan, is_direct
from tests.load.words import LONG_CHARACTERS, text_of

MIX = parse_mix(DEFAULT)


def planned(*, users: int = 200, seed: int = 1, rate_per_s: float = 20, seconds: float = 60, mix: str = DEFAULT) -> Plan:
    return Plan([Phase("steady", rate_per_s, seconds)], parse_mix(mix), users, seed)


def test_kinds_come_in_their_shares() -> None:
    plan = planned(seconds=600)
    for kind, share in MIX.shares.items():
        # An edit for which no question is left becomes a question.
        assert abs(plan.counts()[kind] / len(plan) - share) < 0.015, kind


@given(st.integers(2, 300), st.integers(0, 2**32))
@settings(max_examples=25)
def test_everybody_is_one_of_the_people_and_nobody_chats_in_direct_messages(users: int, seed: int) -> None:
    for message in planned(users=users, seed=seed, seconds=10):
        assert 0 <= message.person < users
        assert message.kind is not Kind.CHATTER or not is_direct(message.person)


def test_an_edit_is_of_a_question_of_the_same_person_shortly_before_and_no_question_is_edited_twice() -> None:
    plan = planned(mix="questions=3,edits=1")
    edits = [message for message in plan if message.kind is Kind.EDIT]
    assert len(edits) > 100
    assert len({message.edits for message in edits}) == len(edits)
    for message in edits:
        assert message.edits is not None
        asked = plan[message.edits]
        assert asked.kind is Kind.QUESTION
        assert asked.person == message.person
        assert EDIT_AFTER_S[0] <= message.due_s - asked.due_s <= EDIT_AFTER_S[1]


def test_an_edit_that_finds_no_question_is_one() -> None:
    plan = planned(rate_per_s=100, seconds=1, mix="questions=1,edits=9")
    assert plan.counts()[Kind.EDIT] == 0
    assert plan.counts()[Kind.QUESTION] == len(plan)


def test_the_same_seed_makes_the_same_plan() -> None:
    assert list(planned(seed=5)) == list(planned(seed=5))
    assert list(planned(seed=5)) != list(planned(seed=6))


def test_people_of_a_burst_are_of_one_guild() -> None:
    plan = planned(users=5_000, rate_per_s=2, seconds=300)
    guilds = [message.person // 50 for message in plan]
    together = sum(one == next_one for one, next_one in pairwise(guilds))
    assert together > 0.1 * len(guilds)  # of 100 guilds, chance alone would make it one in a hundred


def test_texts_are_the_same_again_and_differ_from_each_other() -> None:
    questions = [text_of(Kind.QUESTION, number, 1) for number in range(200)]
    assert questions == [text_of(Kind.QUESTION, number, 1) for number in range(200)]
    assert len(set(questions)) == 200


def test_long_messages_are_long_and_short_ones_short() -> None:
    long = [len(text_of(Kind.LONG, number, 1)) for number in range(200)]
    assert min(long) > LONG_CHARACTERS[0] - 150
    assert max(long) < 4_000
    assert max(len(text_of(Kind.SHORT, number, 1)) for number in range(200)) < 20


def test_only_chatter_does_not_mention_the_assistant_and_an_edit_is_the_second_attempt_of_its_question() -> None:
    plan = planned(mix="questions=3,edits=1,chatter=1")
    guilds = Guilds([], plan, "name")
    for scheduled in plan:
        message = guilds.message(scheduled)
        assert message.mentions_assistant == (scheduled.kind is not Kind.CHATTER)
        assert bool(message.guild_id) != is_direct(scheduled.person)
        if scheduled.edits is not None:
            asked = guilds.message(plan[scheduled.edits])
            assert (message.message_id, message.channel_id, message.user_id) == (asked.message_id, asked.channel_id, asked.user_id)
            assert (asked.attempt, message.attempt) == (0, 1)
            assert message.text != asked.text


def test_every_kind_has_words() -> None:
    assert all(text_of(kind, 1, 1) for kind in KINDS)

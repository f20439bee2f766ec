"""What a replica must have replayed, by what was written and by what is known about the primary."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.memory.last_writes import LastWrites, Position, later
from services.memory.replica_standing import Reason, Standing, judge
from services.memory.replicas import replica_addresses
from services.runtime.breaker import Outcome

ADA, GRACE, ALAN = (uuid.UUID(int=number) for number in range(3))
NOTHING = Position(0, 0)
CLUSTER = 42

positions = st.builds(Position, st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 64) - 1))


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def writes(clock):
    return LastWrites(clock=clock)


def ask(writes, clock, lsn, timeline=1):
    """The primary is asked how far it is, and answers at once."""
    writes.reached(writes.number, clock(), Position(timeline, lsn))


@given(positions)
def test_a_token_names_its_position(position):
    assert Position.parse(str(position)) == position


@given(positions, positions)
def test_tokens_sort_like_their_positions(one, other):
    assert (str(one) < str(other)) == (one < other)


def test_what_postgresql_calls_a_position_is_a_token_of_no_timeline():
    assert Position.parse("A/16B3748") == Position(0, 0xA016B3748)


def test_nothing_known_and_nothing_written_needs_nothing(writes):
    assert writes.settled([ADA])
    assert writes.needed([ADA], since_s=0) == NOTHING


def test_a_write_is_settled_by_the_first_answer_to_a_question_after_it(writes, clock):
    ask(writes, clock, 10)
    writes.wrote([ADA])
    assert not writes.settled([ADA, GRACE])
    assert writes.settled([GRACE])
    clock.now_s += 1
    ask(writes, clock, 20)
    assert writes.settled([ADA, GRACE])
    clock.now_s += 1
    ask(writes, clock, 30)
    assert writes.needed([ADA], since_s=0) == Position(1, 20)


def test_a_question_asked_before_a_write_and_answered_after_it_does_not_settle_it(writes, clock):
    asked = writes.number, clock()
    writes.wrote([ADA])
    writes.reached(*asked, Position(1, 10))
    assert not writes.settled([ADA])


def test_the_last_write_to_any_scope_in_sight_counts(writes, clock):
    for lsn, scope_id in ((10, ADA), (20, GRACE), (30, ALAN)):
        writes.wrote([scope_id])
        clock.now_s += 1
        ask(writes, clock, lsn)
    assert writes.needed([ADA, GRACE], since_s=0) == Position(1, 20)


def test_who_wrote_nothing_needs_what_there_was_a_lag_ago(writes, clock):
    for lsn in (10, 20, 30):
        ask(writes, clock, lsn)
        clock.now_s += 1
    assert writes.needed([ADA], since_s=clock.now_s - 2) == Position(1, 20)


def test_with_no_answer_within_a_lag_the_last_one_has_to_do(writes, clock):
    ask(writes, clock, 10)
    ask(writes, clock, 20)
    clock.now_s += 1_000
    assert writes.needed([ADA], since_s=clock.now_s - 2) == Position(1, 20)


def test_a_token_is_needed_where_it_lies_behind_the_rest(writes, clock):
    ask(writes, clock, 10)
    assert writes.needed([ADA], since_s=0, token=Position(1, 30)) == Position(1, 30)
    assert writes.needed([ADA], since_s=0, token=Position(1, 5)) == Position(1, 10)


def test_a_scope_that_was_dropped_is_held_to_be_written_as_late_as_it_was(clock):
    writes = LastWrites(scopes_max=1, clock=clock)
    writes.wrote([ADA])
    clock.now_s += 1
    ask(writes, clock, 10)
    writes.wrote([GRACE])
    assert writes.settled([ADA])
    assert writes.needed([ADA], since_s=0) == Position(1, 10)
    writes.wrote([ALAN])  # Grace is dropped, and with her it is forgotten who was not
    assert not writes.settled([ADA])


def test_positions_of_the_old_timeline_are_replaced_by_the_first_of_the_new_one(writes, clock):
    writes.wrote([ADA])
    ask(writes, clock, 50)
    clock.now_s += 1
    ask(writes, clock, 20, timeline=2)
    assert writes.needed([ADA], since_s=0) == Position(2, 20)


def test_positions_kept_are_bounded_and_older_writes_need_the_oldest_that_is_left(clock):
    writes = LastWrites(samples_max=8, clock=clock)
    writes.wrote([ADA])
    for lsn in range(1, 30):
        clock.now_s += 1
        ask(writes, clock, lsn)
    needed = writes.needed([ADA], since_s=0)
    assert 20 < needed.lsn < 29
    assert needed == writes.oldest.position


def test_a_write_to_no_scope_is_none(writes):
    writes.wrote([])
    assert writes.number == 0


@given(positions, positions)
def test_whoever_has_the_later_of_two_positions_has_both(one, other):
    both = later(one, other)
    assert both == later(other, one)
    assert both.timeline == max(one.timeline, other.timeline)
    assert both.lsn == max(one.lsn, other.lsn)


def standing(lsn=100, timeline=1, *, in_recovery=True, cluster=CLUSTER):
    return Standing(in_recovery, Position(timeline, lsn), cluster)


@pytest.mark.parametrize(
    ("server", "needed", "reason"),
    [
        (standing(), Position(1, 100), Reason.FIT),
        (standing(), Position(0, 100), Reason.FIT),
        (standing(timeline=7), NOTHING, Reason.FIT),
        (standing(), Position(1, 101), Reason.LAGS),
        (standing(timeline=2), Position(1, 50), Reason.OTHER_TIMELINE),
        (standing(timeline=1), Position(2, 50), Reason.OTHER_TIMELINE),
        (standing(in_recovery=False), NOTHING, Reason.PROMOTED),
        (standing(cluster=1), NOTHING, Reason.OTHER_CLUSTER),
    ],
)
def test_a_server_serves_what_it_is_sure_to_have(server, needed, reason):
    assert judge(server, needed, CLUSTER) is reason


def test_before_the_primary_has_said_which_cluster_it_is_none_is_refused_for_that():
    assert judge(standing(cluster=1), NOTHING, None) is Reason.FIT


def test_what_a_server_says_of_itself_is_read_with_its_timeline():
    assert Standing.of(True, "1/2", 3, CLUSTER) == standing((1 << 32) + 2, 3)


def test_an_answer_is_a_sign_of_life_though_it_is_no_use():
    assert {reason for reason in Reason if reason.outcome is Outcome.ALIVE} == {Reason.FIT, Reason.CANCELLED, Reason.MISSING}


@pytest.mark.parametrize(
    ("urls", "addresses"),
    [
        ("", []),
        ("postgresql://a/m", ["postgresql://a/m"]),
        ("postgresql://a/m, postgres://b/m,", ["postgresql://a/m", "postgres://b/m"]),
        ("postgresql://u:p,w@a,b/m,postgresql://c/m", ["postgresql://u:p,w@a,b/m", "postgresql://c/m"]),
    ],
)
def test_addresses_are_separated_by_commas(urls, addresses):
    assert replica_addresses(urls) == addresses

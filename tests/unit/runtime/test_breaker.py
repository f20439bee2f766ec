import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.breaker import Breaker, Outcome
from services.runtime.errors import CircuitOpen


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("memory", "unary", failures_max=3, open_s=5, clock=clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.admit().report(Outcome.UNWELL)


def test_failures_in_a_row_open_it_and_calls_are_refused_with_the_time_to_wait(breaker, clock):
    fail(breaker, 3)
    clock.now = 2
    with pytest.raises(CircuitOpen) as refused:
        breaker.admit()
    assert refused.value.retry_after_s == 3


def test_a_success_between_failures_starts_the_count_again(breaker):
    fail(breaker, 2)
    breaker.admit().report(Outcome.ALIVE)
    fail(breaker, 2)
    assert breaker.state == "closed"


def test_a_neutral_outcome_neither_counts_nor_resets(breaker):
    fail(breaker, 2)
    breaker.admit().report(Outcome.NEUTRAL)
    fail(breaker, 1)
    assert breaker.state == "open"


def test_half_open_admits_a_single_probe(breaker, clock):
    fail(breaker, 3)
    clock.now = 6
    assert breaker.state == "half_open"
    probe = breaker.admit()
    with pytest.raises(CircuitOpen):
        breaker.admit()
    probe.report(Outcome.ALIVE)
    assert breaker.state == "closed"


def test_a_failed_probe_opens_it_for_another_while(breaker, clock):
    fail(breaker, 3)
    clock.now = 6
    breaker.admit().report(Outcome.UNWELL)
    assert breaker.state == "open"
    clock.now = 10
    assert breaker.state == "open"
    clock.now = 11.5
    assert breaker.state == "half_open"


def test_a_neutral_probe_lets_the_next_one_through(breaker, clock):
    fail(breaker, 3)
    clock.now = 6
    breaker.admit().report(Outcome.NEUTRAL)
    breaker.admit().report(Outcome.ALIVE)
    assert breaker.state == "closed"


def test_a_probe_that_is_answered_closes_it_before_it_ends_and_its_end_counts_like_any_other(breaker, clock):
    fail(breaker, 3)
    clock.now = 6
    probe = breaker.admit()
    probe.answered()
    assert breaker.state == "closed"
    fail(breaker, 2)
    probe.report(Outcome.UNWELL)
    assert breaker.state == "open"


def test_the_answer_to_a_call_that_began_before_it_opened_does_not_close_it(breaker, clock):
    early = breaker.admit()
    fail(breaker, 3)
    early.answered()
    assert breaker.state == "open"


def test_a_probe_that_hears_nothing_for_as_long_as_the_breaker_rests_lets_the_next_one_through(breaker, clock):
    fail(breaker, 3)
    clock.now = 6
    silent = breaker.admit()
    clock.now = 10
    with pytest.raises(CircuitOpen) as refused:
        breaker.admit()
    assert refused.value.retry_after_s == 1
    clock.now = 11
    breaker.admit().report(Outcome.ALIVE)
    silent.report(Outcome.UNWELL)
    assert breaker.state == "closed"


def test_the_end_of_a_probe_that_was_given_up_does_not_let_a_third_one_through(breaker, clock):
    fail(breaker, 3)
    clock.now = 6
    silent = breaker.admit()
    clock.now = 11
    breaker.admit()
    silent.report(Outcome.NEUTRAL)
    with pytest.raises(CircuitOpen):
        breaker.admit()


def test_a_success_that_began_before_it_opened_does_not_close_it(breaker):
    early = breaker.admit()
    fail(breaker, 3)
    early.report(Outcome.ALIVE)
    assert breaker.state == "open"


def test_a_failure_that_began_before_it_closed_again_does_not_count(breaker, clock):
    early = breaker.admit()
    fail(breaker, 3)
    clock.now = 6
    breaker.admit().report(Outcome.ALIVE)
    early.report(Outcome.UNWELL)
    fail(breaker, 2)
    assert breaker.state == "closed"


def test_a_target_that_nobody_could_reach_is_called_again_as_soon_as_it_answers_a_health_check(breaker):
    for _ in range(3):
        breaker.admit().report(Outcome.UNREACHABLE)
    assert breaker.state == "open"
    breaker.reached()
    assert breaker.state == "closed"


def test_a_health_check_does_not_close_it_when_the_target_answered_with_failures(breaker):
    fail(breaker, 3)
    breaker.reached()
    assert breaker.state == "open"


@given(st.lists(st.sampled_from([*Outcome, "wait"]), max_size=60))
def test_it_is_never_open_longer_than_its_time_without_a_new_failure(steps):
    clock = Clock()
    breaker = Breaker("law", "unary", failures_max=2, open_s=5, clock=clock)
    for step in steps:
        if step == "wait":
            clock.now += 2
            continue
        try:
            breaker.admit().report(step)
        except CircuitOpen:
            assert breaker.state == "open"
    clock.now += 5
    breaker.admit().report(Outcome.ALIVE)
    assert breaker.state == "closed"

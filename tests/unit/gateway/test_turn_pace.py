"""The number of turns at once falls while they begin slowly, and comes back when they do not."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.turn_pace import STEPS, TurnPace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def pace_of(clock: Clock | None = None) -> TurnPace:
    return TurnPace(running_max=64, running_min=8, slow_s=1.0, clock=clock or Clock())


def test_it_is_as_high_as_it_may_be_until_something_is_slow() -> None:
    pace = pace_of()
    pace.took("begin", 0.9, running=64)
    assert pace.limit == 64


def test_a_slow_beginning_lowers_it_below_what_runs() -> None:
    pace = pace_of()
    pace.took("hold", 1.5, running=40)
    assert pace.limit == 28


def test_a_slow_model_does_not_lower_it() -> None:
    pace = pace_of()
    pace.took("reply", 30.0, running=64)
    assert pace.limit == 64


def test_turns_that_are_slow_together_lower_it_once() -> None:
    clock = Clock()
    pace = pace_of(clock)
    for _ in range(40):
        pace.took("begin", 1.5, running=40)
    assert pace.limit == 28
    clock.now += 1.0
    pace.took("begin", 1.5, running=28)
    assert pace.limit == 19


def test_quick_beginnings_at_the_limit_raise_it_again() -> None:
    pace = pace_of()
    pace.took("begin", 1.5, running=20)
    for _ in range(100):
        pace.took("begin", 0.05, running=pace.limit)
    assert pace.limit == 64


def test_quick_beginnings_far_below_the_limit_say_nothing_about_it() -> None:
    pace = pace_of()
    pace.took("begin", 1.5, running=64)
    lowered = pace.limit
    pace.took("begin", 0.05, running=3)
    assert pace.limit == lowered


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.floats(0, 60), st.integers(1, 200), st.floats(0, 5))))
def test_it_stays_within_its_bounds_whatever_happens(happened: Iterable[tuple[str, float, int, float]]) -> None:
    clock = Clock()
    pace = pace_of(clock)
    for step, seconds, running, passed_s in happened:
        clock.now += passed_s
        pace.took(step, seconds, running)
        assert 8 <= pace.limit <= 64

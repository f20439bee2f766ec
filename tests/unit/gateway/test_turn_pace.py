"""The number of turns at once falls while they begin slowly, and comes back over time when they do not."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.turn_pace import RISE_S, STEPS, TurnPace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def pace_of(clock: Clock | None = None) -> TurnPace:
    return TurnPace(running_max=64, running_min=8, slow_s=1.0, clock=clock or Clock())


def raised(pace: TurnPace, beginnings: int = 100) -> TurnPace:
    """Have so many turns begin quickly while as many run as may."""
    for _ in range(beginnings):
        pace.took("begin", 0.05, running=pace.limit)
    return pace


def test_it_starts_low_and_rises_with_each_quick_beginning_at_the_limit() -> None:
    pace = pace_of()
    assert pace.limit == 8
    assert raised(pace, 20).limit == 28
    assert raised(pace).limit == 64


def test_a_slow_beginning_lowers_it_below_what_runs() -> None:
    pace = raised(pace_of())
    pace.took("hold", 1.5, running=40)
    assert pace.limit == 28


def test_a_slow_model_does_not_lower_it() -> None:
    pace = raised(pace_of())
    pace.took("reply", 30.0, running=64)
    assert pace.limit == 64


def test_so_few_that_may_always_run_are_not_slow_for_their_number() -> None:
    pace = raised(pace_of())
    pace.took("begin", 1.5, running=8)
    assert pace.limit == 64


def test_turns_that_are_slow_together_lower_it_once() -> None:
    clock = Clock()
    pace = raised(pace_of(clock))
    for _ in range(40):
        pace.took("begin", 1.5, running=40)
    assert pace.limit == 28
    clock.now = 1.0
    pace.took("begin", 1.5, running=28)
    assert pace.limit == 19


def test_after_what_began_before_it_was_lowered_it_rises_to_where_it_was_then_at_once() -> None:
    clock = Clock()
    pace = raised(pace_of(clock))
    for second in range(10):  # such as those that wait for a service that has just gone away
        clock.now = second
        pace.took("hold", 10.0, running=40)
    assert pace.limit == 8
    assert raised(pace).limit == 39  # 40 was too many ten seconds ago
    clock.now = 20.0
    pace.took("begin", 1.5, running=20)
    assert pace.limit == 14
    assert raised(pace).limit == 14


def test_it_rises_quickly_to_what_was_too_many_slowly_around_it_and_quickly_beyond() -> None:
    clock = Clock()
    pace = raised(pace_of(clock))
    pace.took("begin", 1.5, running=40)
    limits = []
    for part in (0, 0.5, 0.8, 1, 1.2, 1.5, 2, 3):
        clock.now = part * RISE_S
        limits.append(raised(pace).limit)
    # 40 * (1 + 0.3 * (part - 1) ** 3), and 64 at most
    assert limits == [28, 38, 39, 40, 40, 41, 52, 64]


def test_after_a_long_time_it_still_rises_by_one_for_each_beginning() -> None:
    clock = Clock()
    pace = raised(pace_of(clock))
    pace.took("begin", 1.5, running=20)
    clock.now += 3600
    assert raised(pace, 5).limit == 14 + 5


def test_quick_beginnings_far_below_the_limit_say_nothing_about_it() -> None:
    clock = Clock()
    pace = raised(pace_of(clock))
    pace.took("begin", 1.5, running=64)
    lowered = pace.limit
    clock.now += 3600
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

"""Buckets of tokens."""

from hypothesis import given
from hypothesis import strategies as st

from services.runtime.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def limit(clock: Clock, *, per_second: float = 1.0, burst: float = 3, keys_max: int = 10) -> RateLimit:
    return RateLimit("test_rates", per_second=per_second, burst=burst, keys_max=keys_max, clock=clock)


def test_a_burst_passes_and_the_next_one_waits_until_there_is_a_token() -> None:
    clock = Clock()
    rates = limit(clock)
    assert [rates.take("ada") for _ in range(3)] == [0, 0, 0]
    assert rates.take("ada") == 1.0
    clock.now_s += 1.0
    assert rates.take("ada") == 0
    assert rates.take("ada") > 0


def test_one_who_is_refused_loses_nothing_by_it() -> None:
    clock = Clock()
    rates = limit(clock, burst=1)
    rates.take("ada")
    for _ in range(100):
        rates.take("ada")
    clock.now_s += 1.0
    assert rates.take("ada") == 0


def test_everybody_has_a_bucket_of_their_own() -> None:
    rates = limit(Clock(), burst=1)
    assert (rates.take("ada"), rates.take("bob")) == (0, 0)


def test_no_limit_takes_nothing() -> None:
    rates = limit(Clock(), per_second=0)
    assert {rates.take("ada") for _ in range(1000)} == {0}


def test_what_costs_less_happens_more_often() -> None:
    rates = limit(Clock(), burst=1)
    assert [rates.take("ada", 0.25) for _ in range(4)] == [0, 0, 0, 0]
    assert rates.take("ada", 0.25) > 0


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200), st.floats(0.1, 20), st.integers(1, 20))
def test_never_more_than_the_burst_and_what_time_has_brought_passes(pauses: list[float], per_second: float, burst: int) -> None:
    clock = Clock()
    rates = limit(clock, per_second=per_second, burst=burst)
    began_s, passed = clock.now_s, 0
    for pause_s in pauses:
        clock.now_s += pause_s
        passed += rates.take("ada") == 0
        assert passed <= burst + (clock.now_s - began_s) * per_second + 1e-6


@given(st.lists(st.floats(0, 2), min_size=1, max_size=100), st.floats(0.5, 5))
def test_who_waits_as_long_as_told_passes(pauses: list[float], per_second: float) -> None:
    clock = Clock()
    rates = limit(clock, per_second=per_second, burst=2)
    for pause_s in pauses:
        clock.now_s += pause_s
        wait_s = rates.take("ada")
        if wait_s:
            clock.now_s += wait_s + 1e-9
            assert rates.take("ada") == 0

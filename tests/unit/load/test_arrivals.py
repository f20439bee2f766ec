"""When the simulator's messages come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.load.arrivals import SCHEDULED_MAX, Arrivals, Bursts, Phase, arrivals


def made(*phases: Phase, bursts: Bursts | None = None, seed: int = 1) -> Arrivals:
    return arrivals(phases, bursts or Bursts(), np.random.default_rng(seed))


@given(
    st.lists(st.tuples(st.floats(0.1, 50), st.floats(0.5, 20)), min_size=1, max_size=4),
    st.floats(0, 1),
    st.integers(1, 9),
    st.integers(0, 2**32),
)
@settings(max_examples=60)
def test_messages_come_in_order_and_each_within_its_phase(parts: list[tuple[float, float]], share: float, followers: int, seed: int) -> None:
    phases = [Phase(str(number), rate, seconds) for number, (rate, seconds) in enumerate(parts)]
    came = made(*phases, bursts=Bursts(share, followers), seed=seed)
    assert np.all(np.diff(came.at_s) >= 0)
    ends_s = np.cumsum([phase.seconds for phase in phases])
    begins_s = np.concatenate([[0], ends_s[:-1]])
    assert np.all(came.at_s >= begins_s[came.phase] - 1e-9)
    assert np.all(came.at_s <= ends_s[came.phase] + 1e-9)


@pytest.mark.parametrize("bursts", [Bursts(share=0), Bursts(), Bursts(share=0.5, followers_max=12)])
def test_bursts_do_not_change_how_many_come(bursts: Bursts) -> None:
    came = made(Phase("steady", 100, 400), bursts=bursts)
    assert came.at_s.size == pytest.approx(40_000, rel=0.05)


def test_without_bursts_the_gaps_are_those_of_a_poisson_process() -> None:
    gaps_s = np.diff(made(Phase("steady", 50, 400), bursts=Bursts(share=0)).at_s)
    assert gaps_s.mean() == pytest.approx(1 / 50, rel=0.03)
    assert gaps_s.std() == pytest.approx(1 / 50, rel=0.05)  # of an exponential distribution it is the mean


def test_bursts_make_seconds_differ_more_than_chance_does() -> None:
    def spread(bursts: Bursts) -> float:
        per_second, _ = np.histogram(made(Phase("steady", 20, 600), bursts=bursts).at_s, bins=600, range=(0, 600))
        return float(per_second.var() / per_second.mean())

    assert spread(Bursts(share=0)) == pytest.approx(1, abs=0.2)
    assert spread(Bursts()) > 1.5


def test_the_rate_is_that_of_each_phase() -> None:
    came = made(Phase("calm", 10, 200), Phase("spike", 40, 100), Phase("calm again", 10, 200))
    assert [int((came.phase == number).sum()) for number in range(3)] == [
        pytest.approx(2_000, rel=0.1),
        pytest.approx(4_000, rel=0.1),
        pytest.approx(2_000, rel=0.1),
    ]


def test_the_same_seed_makes_the_same_schedule_and_another_one_another() -> None:
    once, again, other = (made(Phase("steady", 10, 60), seed=seed).at_s for seed in (7, 7, 8))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_a_time_in_which_nothing_comes_is_a_schedule_as_well() -> None:
    assert made(Phase("silence", 1e-9, 1)).at_s.size == 0


def test_a_schedule_that_would_be_too_long_is_refused_before_it_is_made() -> None:
    with pytest.raises(ValueError, match=r"2,000,000 messages are too many"):
        made(Phase("endless", 1.0, 2.0 * SCHEDULED_MAX))

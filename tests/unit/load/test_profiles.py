"""How the rate goes, and when a step is broken."""

import pytest

from tests.load.profiles import Bounds, Profile, Step, broken, half_of_peak, phases


def step(*, turns_per_s: float, offered: float | None = None, p99_ms: float = 100, errors_share: float = 0) -> Step:
    offered = turns_per_s if offered is None else offered
    return Step(10, 2 * offered, offered, turns_per_s, p99_ms, errors_share)


@pytest.mark.parametrize("profile", [Profile.STEADY, Profile.SPIKE, Profile.SOAK])
@pytest.mark.parametrize("seconds", [30.0, 3_600.0, 86_400.0])
def test_a_profile_takes_just_the_time_it_is_given(profile: Profile, seconds: float) -> None:
    assert sum(phase.seconds for phase in phases(profile, 5, seconds)) == pytest.approx(seconds)


def test_a_spike_is_four_times_the_rate_between_two_calm_stretches() -> None:
    before, spike, after = phases(Profile.SPIKE, 10, 100)
    assert (before.rate_per_s, spike.rate_per_s, after.rate_per_s) == (10, 40, 10)
    assert (before.seconds, spike.seconds, after.seconds) == (40, 20, 40)


@pytest.mark.parametrize("seconds", [60.0, 7_200.0, 86_400.0])
def test_the_waves_of_a_soak_swing_around_the_rate(seconds: float) -> None:
    waves = phases(Profile.SOAK, 10, seconds)
    assert sum(phase.rate_per_s * phase.seconds for phase in waves) / seconds == pytest.approx(10)
    assert max(phase.rate_per_s for phase in waves) > 14
    assert min(phase.rate_per_s for phase in waves) < 6
    assert len(waves) <= 255


def test_steps_cannot_be_made_ahead() -> None:
    with pytest.raises(ValueError, match="one by one"):
        phases(Profile.STEP, 1, 60)


def test_a_step_that_keeps_up_holds() -> None:
    assert broken(step(turns_per_s=13), [step(turns_per_s=10)], Bounds()) is None


def test_a_step_breaks_where_p99_passes_its_bound() -> None:
    assert broken(step(turns_per_s=13, p99_ms=3_000), [], Bounds(p99_ms_max=3_000)) is None
    assert "p99 is 3,001 ms" in (broken(step(turns_per_s=13, p99_ms=3_001), [], Bounds(p99_ms_max=3_000)) or "")


def test_a_step_breaks_where_refusals_pass_their_share() -> None:
    assert broken(step(turns_per_s=13, errors_share=0.01), [], Bounds(errors_share_max=0.01)) is None
    assert "2.0% of the messages were refused" in (broken(step(turns_per_s=13, errors_share=0.02), [], Bounds(errors_share_max=0.01)) or "")


def test_a_step_breaks_where_throughput_stops_growing() -> None:
    best = [step(turns_per_s=8), step(turns_per_s=10)]
    assert "throughput stopped growing: 10.1 turns/s of 13.0 offered, after 10.0" in (
        broken(step(turns_per_s=10.1, offered=13), best, Bounds(growth_min=0.03)) or ""
    )
    assert broken(step(turns_per_s=10.5, offered=13), best, Bounds(growth_min=0.03)) is None


def test_a_step_to_which_chance_gave_fewer_messages_is_not_broken() -> None:
    assert broken(step(turns_per_s=9.5, offered=9.6), [step(turns_per_s=10)], Bounds()) is None


def test_half_of_the_peak_is_offered_by_so_many_messages_of_the_mix() -> None:
    steps = [step(turns_per_s=8), step(turns_per_s=12), step(turns_per_s=11)]
    assert half_of_peak(steps) == (12, 12)


@pytest.mark.parametrize("steps", [[], [step(turns_per_s=0, offered=5)]])
def test_where_nothing_was_answered_there_is_no_half(steps: list[Step]) -> None:
    with pytest.raises(ValueError, match="no step"):
        half_of_peak(steps)

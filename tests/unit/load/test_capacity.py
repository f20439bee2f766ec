"""What a machine is enough for, from what a turn costs."""

import pytest

from tests.load.capacity import error, instances, turns_per_second


def test_what_an_idle_stack_leaves_of_the_cores_is_shared_out_among_turns():
    assert turns_per_second(2, {"gateway": 0.1, "postgres": 0.1}, {"gateway": 10.0, "postgres": 30.0}) == pytest.approx(1.8 / 0.04)


def test_cores_that_are_busy_when_idle_are_enough_for_nothing():
    assert turns_per_second(1, {"gateway": 1.5}, {"gateway": 10.0}) == 0


@pytest.mark.parametrize(("predicted", "measured", "off"), [(11, 10, 0.1), (9, 10, 0.1), (10, 10, 0.0)])
def test_an_error_is_a_share_of_what_was_measured(predicted, measured, off):
    assert error(predicted, measured) == pytest.approx(off)


@pytest.mark.parametrize(("turns", "needed"), [(0, 1), (70, 1), (71, 2), (700, 10), (701, 11)])
def test_instances_are_busy_for_no_more_than_they_should(turns, needed):
    assert instances(turns, 10.0) == needed

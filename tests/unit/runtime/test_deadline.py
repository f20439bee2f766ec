import pytest

from services.runtime import deadline


def test_without_a_deadline_a_call_gets_the_time_it_asks_for():
    assert deadline.remaining_s() is None
    assert deadline.call_timeout_s(3) == 3


def test_a_call_gets_what_is_left_minus_the_margin():
    with deadline.limited(1):
        assert deadline.call_timeout_s(3) == pytest.approx(1 - deadline.MARGIN_S, abs=0.05)
        assert deadline.call_timeout_s(0.2) == 0.2


def test_a_limit_narrows_and_never_widens():
    with deadline.limited(1), deadline.limited(60):
        assert deadline.remaining_s() == pytest.approx(1, abs=0.05)


def test_detached_work_has_its_own_time():
    with deadline.limited(0.001), deadline.detached(2):
        assert deadline.remaining_s() == pytest.approx(2, abs=0.05)
    assert deadline.remaining_s() is None

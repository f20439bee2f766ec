"""A process that was paused does not take it for a failure of those whom it had called."""

import pytest

from services.runtime.breaker import Breaker, Outcome
from services.runtime.channel import _Observed
from services.runtime.deadline import STALLED_S
from services.runtime.errors import DeadlineExceeded


@pytest.mark.parametrize(("late_s", "outcome"), [(0.0, Outcome.UNWELL), (STALLED_S / 2, Outcome.UNWELL), (STALLED_S * 2, Outcome.NEUTRAL)])
def test_a_timeout_that_is_noticed_late_says_nothing_about_the_target(late_s: float, outcome: Outcome) -> None:
    observed = _Observed("credit", "/credit/PlaceHold", Breaker("credit", "unary").admit())
    observed.allow(3.0)
    observed._started_s -= 3.0 + late_s
    assert observed.outcome_of(DeadlineExceeded("too late")) is outcome

"""The figures of the long tiers are what their names say."""

from typing import cast

import grpc
import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS
from tests.chaos.overload.load import Load, is_polite
from tests.chaos.people import Told, percentile
from tests.chaos.soak.residence import by_tenth, growth_percent
from tests.running_stack import Person

Final = gateway_pb2.Final
NOBODY = cast(Person, None)


def told(final: Final | None = None, *, said_at_s: float = 0.0, seconds: float = 0.0, refused: grpc.StatusCode | None = None) -> Told:
    return Told(NOBODY, "Hello", final=final, said_at_s=said_at_s, seconds=seconds, refused=refused)


def answered(said_at_s: float = 0.0, seconds: float = 0.0) -> Told:
    return told(Final(outcome=Final.OUTCOME_ANSWERED), said_at_s=said_at_s, seconds=seconds)


def test_growth_is_the_last_tenth_against_the_one_before() -> None:
    steady = [(number / 100, 100.0 if number < 50 else 200.0) for number in range(100)]
    assert growth_percent(by_tenth(steady)) == 0
    leaking = [(number / 100, 100.0 + number) for number in range(100)]
    assert growth_percent(by_tenth(leaking)) == pytest.approx(100 * 10 / 184.5)


def test_one_high_sample_is_no_growth() -> None:
    samples = [(number / 100, 900.0 if number == 97 else 100.0) for number in range(100)]
    assert growth_percent(by_tenth(samples)) == 0


def test_a_tenth_without_a_sample_is_like_the_one_before() -> None:
    assert by_tenth([(0.05, 1.0), (0.95, 3.0)]) == [1.0] * 9 + [3.0]


def test_answers_that_come_after_the_load_are_no_goodput() -> None:
    load = Load(100.0, 10.0, [answered(0.0, 1.0), answered(9.0, 0.5), answered(9.0, 2.0), told(said_at_s=5.0)])
    assert load.answered_per_s == 0.2


def test_only_the_words_for_it_are_a_polite_refusal() -> None:
    assert is_polite(told(Final(outcome=Final.OUTCOME_REFUSED, reason="OVERLOADED", text=WORDS["busy"])))
    assert is_polite(told(refused=grpc.StatusCode.RESOURCE_EXHAUSTED))
    assert not is_polite(told(Final(outcome=Final.OUTCOME_REFUSED, reason="OVERLOADED", text="INTERNAL")))
    assert not is_polite(told(Final(outcome=Final.OUTCOME_REFUSED, reason="CIRCUIT_OPEN", text=WORDS["busy"])))
    assert not is_polite(told())


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(1, 101), 0.99) == 100
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([], 0.5) == 0.0

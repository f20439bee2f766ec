"""Scores of different measures are made comparable and added."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retrieval.fusion import Arm, Spread, fused, ranked

scores = st.floats(min_value=0, max_value=100, allow_nan=False)


def test_a_score_is_expressed_in_deviations_from_the_mean():
    assert Spread(10.0, 2.0).standardised(14.0, deviation_min=0.1) == 2.0


def test_little_spread_is_not_blown_up_into_a_signal():
    assert Spread(0.5, 0.0001).standardised(0.501, deviation_min=0.05) == pytest.approx(0.02)


@given(st.lists(scores, min_size=1, max_size=30), st.integers(min_value=0, max_value=30))
def test_a_spread_from_sums_counts_the_items_without_a_score_as_zero(matched, unmatched):
    everything = matched + [0.0] * unmatched
    spread = Spread.of_sums(len(everything), sum(matched), sum(score * score for score in matched))
    assert spread.mean == pytest.approx(statistics.fmean(everything))
    assert spread.deviation == pytest.approx(statistics.pstdev(everything), abs=1e-4)


def test_nothing_searched_has_no_spread():
    assert Spread.of_sums(0, 0.0, 0.0) == Spread(0.0, 0.0)


def test_the_arms_add_up_by_weight():
    arms = {"vector": Arm(Spread(0.0, 1.0)), "lexical": Arm(Spread(0.0, 1.0), weight=2.0)}
    assert fused({"vector": [1.0, 0.0], "lexical": [0.0, 1.0]}, arms) == [1.0, 2.0]


def test_an_arm_in_which_little_matches_speaks_loudly_where_it_does():
    common, rare = Arm(Spread(0.5, 0.3)), Arm(Spread(0.01, 0.1))
    best = ranked(fused({"common": [0.9, 0.5], "rare": [0.0, 1.0]}, {"common": common, "rare": rare}))
    assert best[0] == 1


def test_arms_of_different_lengths_are_a_mistake():
    with pytest.raises(ValueError, match="shorter"):
        fused({"one": [1.0, 2.0], "two": [1.0]}, {"one": Arm(Spread(0, 1)), "two": Arm(Spread(0, 1))})


@given(st.lists(scores, max_size=30), st.floats(min_value=0.1, max_value=10), scores)
def test_ranking_does_not_depend_on_an_arms_unit(values, factor, shift):
    shifted = [value * factor + shift for value in values]
    assert ranked(values) == ranked(values[:])
    assert [values[index] for index in ranked(values)] == sorted(values, reverse=True)
    assert [shifted[index] for index in ranked(shifted)] == sorted(shifted, reverse=True)


def test_equal_scores_keep_their_order():
    assert ranked([1.0, 2.0, 1.0, 2.0]) == [1, 3, 0, 2]

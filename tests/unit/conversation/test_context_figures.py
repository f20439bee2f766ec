"""The bench's own reckoning: what counts as shown, and what keeps a bound."""

import pytest

from tests.bench.context.__main__ import BOUNDS, Bound
from tests.bench.context.evidence import share


def test_a_text_counts_where_it_stands_word_for_word_whatever_its_line_breaks():
    assert share(["we went\nto the lake", "we went to the sea"], "Ann: we went to the\n lake, all of us") == 0.5


def test_no_evidence_is_no_share():
    assert share([], "anything") == 0.0


@pytest.mark.parametrize(
    ("bound", "kept", "missed"), [(Bound("a", "", at_least=0.7), 0.7, 0.69), (Bound("b", "", at_most=10), 10, 10.01)], ids=["at least", "at most"]
)
def test_a_bound_is_kept_up_to_its_value(bound, kept, missed):
    assert bound.kept(kept)
    assert not bound.kept(missed)


def test_every_bound_says_one_thing():
    assert all((bound.at_least is None) != (bound.at_most is None) for bound in BOUNDS)
    assert len({bound.figure for bound in BOUNDS}) == len(BOUNDS) == 5

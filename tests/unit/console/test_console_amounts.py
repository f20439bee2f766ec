"""Credits in words, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.amounts import credits_text, microcredits


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "0.00"), (1_000_000, "1.00"), (1_234_567_800_000, "1,234,567.80"), (41_200, "0.0412"), (12, "0.000012"), (-2_500_000, "-2.50")],
)
def test_an_amount_is_shown_with_as_many_decimals_as_it_needs(amount: int, shown: str) -> None:
    assert credits_text(amount) == shown


@given(st.integers(min_value=1, max_value=10**12))
def test_an_amount_written_in_full_is_read_back(amount: int) -> None:
    assert microcredits(f"{amount // 1_000_000}.{amount % 1_000_000:06d}") == amount


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "0.0000001", "nan", "inf", "1e400"])
def test_what_is_no_amount_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        microcredits(text)

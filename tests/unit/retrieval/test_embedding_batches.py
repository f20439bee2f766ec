"""Batches hold no more tokens than they may, padding counted, and every text once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.retrieval.embedding_batches import batches_within

LENGTHS = st.lists(st.integers(1, 256), max_size=64)


@given(lengths=LENGTHS, tokens_max=st.integers(1, 1_024))
def test_every_text_is_in_one_batch(lengths: list[int], tokens_max: int) -> None:
    batches = batches_within(lengths, tokens_max=tokens_max)
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))


@given(lengths=LENGTHS, tokens_max=st.integers(1, 1_024))
def test_a_batch_of_several_texts_holds_no_more_than_it_may_padding_counted(lengths: list[int], tokens_max: int) -> None:
    for batch in batches_within(lengths, tokens_max=tokens_max):
        assert batch
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= tokens_max


@given(lengths=LENGTHS, tokens_max=st.integers(1, 1_024))
def test_texts_of_like_length_share_a_batch_and_no_batch_ends_before_it_is_full(lengths: list[int], tokens_max: int) -> None:
    batches = batches_within(lengths, tokens_max=tokens_max)
    for batch, after in pairwise(batches):
        assert lengths[batch[-1]] <= lengths[after[0]]
        assert (len(batch) + 1) * lengths[after[0]] > tokens_max


def test_long_texts_are_read_one_by_one_and_short_ones_together() -> None:
    assert batches_within([256, 10, 300, 12, 256], tokens_max=256) == [[1, 3], [0], [4], [2]]

"""How long a shard waits before it connects anew."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.discord.shard_connection import ReconnectBackoff


def test_waits_double_up_to_the_longest():
    backoff = ReconnectBackoff(60.0, lambda: 1.0)
    assert [backoff.delay() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(st.floats(0.05, 600), st.floats(0, 1), st.integers(1, 2000))
def test_no_wait_is_longer_than_the_longest_however_often_it_fails(max_s, jitter, failures):
    backoff = ReconnectBackoff(max_s, lambda: jitter)
    waits = [backoff.delay() for _ in range(failures)]
    assert all(0 < wait <= max_s for wait in waits)

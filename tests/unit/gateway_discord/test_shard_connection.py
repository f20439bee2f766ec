"""How long a shard waits before it connects anew."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.discord.shard_connection import SILENCE_MIN_S, ReconnectBackoff, silence_max_s


def test_waits_double_up_to_the_longest():
    backoff = ReconnectBackoff(60.0, lambda: 1.0)
    assert [backoff.delay() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(st.floats(0.05, 600), st.floats(0, 1), st.integers(1, 2000))
def test_no_wait_is_longer_than_the_longest_however_often_it_fails(max_s, jitter, failures):
    backoff = ReconnectBackoff(max_s, lambda: jitter)
    waits = [backoff.delay() for _ in range(failures)]
    assert all(0 < wait <= max_s for wait in waits)


def test_a_connection_may_be_silent_for_one_and_a_half_heartbeats_within_limits():
    assert silence_max_s(20.0, 60.0) == 30.0
    assert silence_max_s(0.5, 60.0) == SILENCE_MIN_S
    assert silence_max_s(41.25, 60.0) == 60.0

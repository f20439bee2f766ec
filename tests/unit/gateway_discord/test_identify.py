"""IDENTIFYs keep Discord's pace and its number for the day; time is made up here, and processes share a made-up Redis where they share one."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from services.gateway.discord.identify import IN_PLACE_MAX_S, MARGIN, IdentifyLater, IdentifyPace, StartLimit, start_limit


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)


def says(*limits: StartLimit) -> Callable[[], object]:
    """Discord, which answers with these limits, the last one for ever."""
    left = list(limits)

    async def ask() -> StartLimit:
        return left.pop(0) if len(left) > 1 else left[0]

    return ask


def pace_by(time: Time, interval_s: float = 5.0) -> IdentifyPace:
    return IdentifyPace(None, interval_s=interval_s, clock=time, sleep=time.sleep)


async def test_the_first_identify_goes_out_at_once_and_the_next_of_its_bucket_five_seconds_later():
    time = Time()
    pace = pace_by(time)
    for expected_s in (0.0, 5.0 * MARGIN, 10.0 * MARGIN):
        await pace.granted(1, 0, says(StartLimit()))
        assert time.now_s - 1000.0 == pytest.approx(expected_s, abs=0.11)


async def test_shards_of_different_buckets_do_not_wait_for_each_other():
    time = Time()
    pace = pace_by(time)
    for shard_id in range(16):
        await pace.granted(1, shard_id, says(StartLimit(max_concurrency=16)))
    assert time.now_s == 1000.0
    await pace.granted(1, 16, says(StartLimit(max_concurrency=16)))
    assert time.now_s > 1005.0


async def test_with_none_left_it_waits_until_there_are_some_and_says_so_in_one_line():
    time = Time()
    pace = pace_by(time)
    with capture_logs() as logs:
        limit = await pace.opened(says(StartLimit(remaining=0, reset_after_s=3600.0), StartLimit(remaining=1000)))
    assert limit.remaining == 1000
    assert time.now_s == 1000.0 + 3600.0
    assert [entry["event"] for entry in logs] == ["Discord allows no more connections for now: waiting until it does"]
    assert logs[0]["wait_s"] == 3600


async def test_a_shard_that_connects_anew_is_not_kept_waiting_for_hours():
    time = Time()
    pace = pace_by(time)
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(IdentifyLater):
                await pace.granted(1, 0, says(StartLimit(remaining=0, reset_after_s=3600.0)))
    assert len(logs) == 1
    assert time.now_s == 1000.0


async def test_none_left_and_no_time_to_wait_for_is_not_asked_about_again_at_once():
    time = Time()
    await pace_by(time).opened(says(StartLimit(remaining=0, reset_after_s=0.0), StartLimit(remaining=5)))
    assert time.now_s >= 1001.0


async def test_a_bucket_that_stays_busy_is_given_up_before_the_connection_is():
    class Taken:
        async def set(self, *_: object, **__: object) -> None:
            return None

    time = Time()
    pace = IdentifyPace(Taken(), interval_s=5.0, clock=time, sleep=time.sleep)  # type: ignore[arg-type]
    with pytest.raises(IdentifyLater):
        await pace.granted(1, 0, says(StartLimit()))
    assert IN_PLACE_MAX_S <= time.now_s - 1000.0 < 60.0


async def test_no_interval_is_no_pace():
    time = Time()
    pace = pace_by(time, interval_s=0.0)
    for _ in range(10):
        await pace.granted(1, 0, says(StartLimit()))
    assert time.now_s == 1000.0


def test_the_limit_is_read_as_discord_documents_it():
    answer = {
        "url": "wss://x",
        "shards": 9,
        "session_start_limit": {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 16},
    }
    assert start_limit(answer) == StartLimit(remaining=999, reset_after_s=14_400.0, max_concurrency=16)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["remaining", "reset_after", "max_concurrency", "total"]), anything) | anything)
def test_whatever_a_server_says_is_read_as_a_limit_that_can_be_kept(said):
    limit = start_limit({"session_start_limit": said})
    assert limit.max_concurrency >= 1
    assert limit.reset_after_s >= 0
    assert limit.remaining is None or isinstance(limit.remaining, int)

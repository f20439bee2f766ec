"""R1.1, R1.2: nothing keyed by people grows without end."""

import resource

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.runtime.bounded_map import BoundedMap, sweep_all


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_full_map_drops_the_least_recently_used_item_and_counts_it():
    dropped = []
    bounded: BoundedMap[str, int] = BoundedMap("lru", size_max=2, on_evict=lambda key, value: dropped.append((key, value)))
    bounded.put("a", 1)
    bounded.put("b", 2)
    assert bounded.get("a") == 1
    bounded.put("c", 3)
    assert dropped == [("b", 2)]
    assert sorted(bounded) == ["a", "c"]
    assert REGISTRY.get_sample_value("parlour_map_evictions_total", {"map": "lru", "cause": "size"}) == 1


def test_an_idle_item_goes_when_swept_and_a_used_one_stays():
    clock = Clock()
    bounded: BoundedMap[str, int] = BoundedMap("idle", ttl_s=10, clock=clock)
    bounded.put("used", 1)
    bounded.put("idle", 2)
    clock.now = 9
    assert bounded.get("used") == 1
    clock.now = 11
    sweep_all()
    assert list(bounded) == ["used"]
    assert REGISTRY.get_sample_value("parlour_map_evictions_total", {"map": "idle", "cause": "idle"}) == 1
    assert REGISTRY.get_sample_value("parlour_map_items", {"map": "idle"}) == 1


def test_an_expired_item_is_not_answered_even_before_the_sweep():
    clock = Clock()
    bounded: BoundedMap[str, int] = BoundedMap("expired", ttl_s=10, clock=clock)
    bounded.put("a", 1)
    clock.now = 10.5
    assert bounded.get("a") is None
    assert "a" not in bounded


def test_a_peek_renews_nothing_and_finds_what_is_idle():
    clock = Clock()
    bounded: BoundedMap[str, int] = BoundedMap("peeked", size_max=2, ttl_s=10, clock=clock)
    bounded.put("a", 1)
    bounded.put("b", 2)
    assert (bounded.peek("a"), bounded.peek("nobody")) == (1, None)
    bounded.put("c", 3)
    assert "a" not in bounded
    clock.now = 11
    assert bounded.peek("b") == 2
    assert bounded.get("b") is None


def test_what_is_popped_is_not_counted_as_evicted():
    dropped = []
    bounded: BoundedMap[str, int] = BoundedMap("popped", on_evict=lambda key, value: dropped.append(key))
    bounded.put("a", 1)
    assert bounded.pop("a") == 1
    assert bounded.pop("a") is None
    assert dropped == []


@given(st.lists(st.tuples(st.sampled_from("gp"), st.integers(0, 20)), max_size=200))
def test_size_never_exceeds_the_limit_and_the_latest_put_is_always_there(steps):
    bounded: BoundedMap[int, int] = BoundedMap("law", size_max=5)
    for step, key in steps:
        if step == "p":
            bounded.put(key, key)
            assert bounded.get(key) == key
        else:
            assert bounded.get(key) in (None, key)
        assert len(bounded) <= 5


def test_a_million_distinct_users_leave_a_flat_resident_set():
    bounded: BoundedMap[str, dict[str, int]] = BoundedMap("million", size_max=10_000)
    for number in range(100_000):
        bounded.put(f"user:{number}", {"seen": number})
    warm = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(100_000, 1_000_000):
        bounded.put(f"user:{number}", {"seen": number})
    assert len(bounded) == 10_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - warm < 8 * 1024  # KiB

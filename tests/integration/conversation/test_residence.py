"""What is kept per person in process stays at its limits, however many people come."""

from tests.bench.context.residence import observed

PEOPLE = 50_000
GROWTH_MAX_MB = 32.0
"""Half of what a million people may take; everything is full after these."""


async def test_memory_and_every_map_stay_within_their_limits_when_many_people_come():
    seen = await observed(PEOPLE)
    assert seen["growth_mb"] <= GROWTH_MAX_MB
    over = {name: (most, limit) for name, (most, limit) in seen["items"].items() if most > limit}
    assert over == {}
    full = {name for name, (most, limit) in seen["items"].items() if most == limit}
    assert full >= {"conversation_sessions", "token_counts", "recent_query_vectors"}
    evicted = seen["evicted"]
    assert evicted["conversation_sessions size"] > 0
    assert evicted["conversation_sessions idle"] > 0
    # Every session that ended was handed over to be committed; those under way at the end are the rest.
    assert seen["committed"] == evicted["conversation_sessions size"] + evicted["conversation_sessions idle"]
    assert 0 <= PEOPLE - seen["committed"] <= seen["items"]["conversation_sessions"][1]

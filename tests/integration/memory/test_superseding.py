"""A newer fact takes an older one's place, and how that is taken back."""

import asyncio
from datetime import UTC, datetime

import psycopg
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.memory.v1 import memory_pb2 as pb


def at(year):
    moment = Timestamp()
    moment.FromDatetime(datetime(year, 1, 1, tzinfo=UTC))
    return moment


async def delete(memory, scopes, memory_id, request_id=None):
    request = pb.DeleteMemoryRequest(request_id=request_id or scopes.request_id(), viewer=scopes.viewer(), memory_id=memory_id)
    await memory.client.delete_memory(request)


async def test_the_older_fact_keeps_when_and_why_it_ended(memory, superuser_url):
    await memory.add("my cat is called Miso", valid_from=at(2020))
    newer = await memory.add("my cat is called Momo", valid_from=at(2022))
    await memory.add("my cat is called Kiki", valid_from=at(2021))
    with psycopg.connect(superuser_url) as connection:
        rows = connection.execute("SELECT text, extract(year FROM valid_to)::int, superseded_reason FROM memories ORDER BY valid_from").fetchall()
        assert rows == [
            ("my cat is called Miso", 2021, "newer"),
            ("my cat is called Kiki", 2022, "late"),
            ("my cat is called Momo", None, ""),
        ]
        (by,) = connection.execute("SELECT superseded_by::text FROM memories WHERE text = 'my cat is called Kiki'").fetchone()
    assert by == newer.memory.memory_id


async def test_looking_back_shows_one_name_at_a_time_whatever_the_order_of_hearing(memory):
    for name, year in (("Miso", 2020), ("Momo", 2024), ("Kiki", 2022)):
        await memory.add(f"my cat is called {name}", valid_from=at(year))
    for year, name in ((2021, "Miso"), (2023, "Kiki"), (2025, "Momo")):
        assert await memory.search("cat name", as_of=at(year)) == [f"my cat is called {name}"]


async def test_deleting_a_wrong_correction_brings_the_older_fact_back(memory, scopes):
    older = await memory.add("my cat is called Miso", valid_from=at(2020))
    newer = await memory.add("my cat is called Momo")
    assert await memory.search("what is my cat called") == ["my cat is called Momo"]
    await delete(memory, scopes, newer.memory.memory_id)
    (found,) = (await memory.client.list_memories(pb.ListMemoriesRequest(viewer=scopes.viewer()))).memories
    assert (found.memory_id, found.valid_from) == (older.memory.memory_id, at(2020))
    assert not found.HasField("valid_to")
    assert await memory.search("what is my cat called") == ["my cat is called Miso"]


async def test_saying_what_was_right_is_enough_and_the_mistake_stays_in_the_past(memory):
    await memory.add("my cat is called Miso", valid_from=at(2020))
    await memory.add("my cat is called Momo", valid_from=at(2022))
    await memory.add("that's wrong, my cat is called Miso", valid_from=at(2023))
    assert await memory.list() == ["that's wrong, my cat is called Miso"]
    assert await memory.search("cat name", as_of=at(2021)) == ["my cat is called Miso"]


async def test_what_somebody_says_is_true_no_more_ends_and_nothing_else_does(memory, scopes, superuser_url):
    await memory.add("I'm living in Oslo", valid_from=at(2020))
    await memory.add("I work at the harbour", valid_from=at(2020))
    denial = await memory.add("I no longer live in Oslo", valid_from=at(2024))
    assert sorted(await memory.list()) == ["I no longer live in Oslo", "I work at the harbour"]
    assert "I'm living in Oslo" not in await memory.search("where do I live")
    assert "I'm living in Oslo" in await memory.search("where do I live", as_of=at(2022))
    with psycopg.connect(superuser_url) as connection:
        assert connection.execute("SELECT text, superseded_reason FROM memories WHERE superseded_reason <> ''").fetchall() == [
            ("I'm living in Oslo", "denied")
        ]
    await delete(memory, scopes, denial.memory.memory_id)
    assert sorted(await memory.list()) == ["I work at the harbour", "I'm living in Oslo"]


async def test_a_denial_leaves_what_it_does_not_speak_of(memory, scopes):
    await memory.add("I live in Rome")
    await memory.add("I live in Oslo", scopes.shared("bob"))
    await memory.add("I no longer live in Oslo")
    await memory.add("I no longer live in Oslo", scopes.shared("ada"))
    assert sorted(await memory.list()) == ["I live in Oslo", "I live in Rome", "I no longer live in Oslo", "I no longer live in Oslo"]


async def test_after_the_window_what_ended_stays_ended(start_service, scopes):
    memory = await start_service(supersede_undo_s=0)
    await memory.add("I live in Oslo")
    newer = await memory.add("I live in Rome")
    await delete(memory, scopes, newer.memory.memory_id)
    assert await memory.list() == []
    assert await memory.search("where do I live") == []


async def test_deleting_the_middle_of_three_changes_only_the_past(memory, scopes):
    await memory.add("my cat is called Miso", valid_from=at(2020))
    middle = await memory.add("my cat is called Kiki", valid_from=at(2022))
    await memory.add("my cat is called Momo", valid_from=at(2024))
    await delete(memory, scopes, middle.memory.memory_id)
    assert await memory.list() == ["my cat is called Momo"]
    assert await memory.search("cat name", as_of=at(2023)) == ["my cat is called Miso"]


async def test_a_correction_that_turns_out_to_be_about_something_else_gives_the_place_back(memory, scopes):
    await memory.add("my cat is called Miso")
    newer = await memory.add("my cat is called Momo")
    change = pb.UpdateMemoryRequest(
        request_id=scopes.request_id(), viewer=scopes.viewer(), memory_id=newer.memory.memory_id, version=1, text="my dog is called Momo"
    )
    await memory.client.update_memory(change)
    assert sorted(await memory.list()) == ["my cat is called Miso", "my dog is called Momo"]


async def test_a_mended_spelling_does_not_bring_the_older_fact_back(memory, scopes):
    await memory.add("my cat is called Miso")
    newer = await memory.add("my cat is called Momo")
    change = pb.UpdateMemoryRequest(
        request_id=scopes.request_id(), viewer=scopes.viewer(), memory_id=newer.memory.memory_id, version=1, text="my cat is called Mo"
    )
    await memory.client.update_memory(change)
    assert await memory.list() == ["my cat is called Mo"]


async def test_forgetting_brings_nothing_back_and_undoing_it_finds_the_place_as_it_was(memory):
    await memory.add("my zebra is called Miso")
    await memory.add("my zebra is called Momo")
    plan = await memory.plan("that my zebra is called Momo")
    await memory.commit(plan.plan_id)
    assert await memory.list() == []
    await memory.undo(plan.plan_id)
    assert await memory.list() == ["my zebra is called Momo"]


async def test_what_was_forgotten_does_not_come_back_by_a_deletion(memory, scopes):
    await memory.add("my zebra is called Miso")
    plan = await memory.plan("what my zebra is called")
    newer = await memory.add("my zebra is called Momo")
    await memory.commit(plan.plan_id)
    await delete(memory, scopes, newer.memory.memory_id)
    assert await memory.list() == []


async def test_a_deletion_that_is_repeated_undoes_once(memory, scopes):
    await memory.add("my cat is called Miso")
    newer = await memory.add("my cat is called Momo")
    await delete(memory, scopes, newer.memory.memory_id, "same")
    await memory.add("my cat is called Kiki")
    await delete(memory, scopes, newer.memory.memory_id, "same")
    assert await memory.list() == ["my cat is called Kiki"]


async def test_however_statements_and_deletions_meet_one_name_holds_and_searches_agree(memory, scopes, superuser_url):
    await memory.add("my cat is called Zero", valid_from=at(2000))
    added = await asyncio.gather(*(memory.add(f"my cat is called Number{year}", valid_from=at(year)) for year in range(2001, 2009)))
    doomed = [one.memory.memory_id for one in added[4:]]
    later = [memory.add(f"my cat is called Late{year}", valid_from=at(year)) for year in (1999, 2002, 2003)]
    await asyncio.gather(*(delete(memory, scopes, memory_id) for memory_id in doomed), *later)
    assert await memory.list() == ["my cat is called Number2004"]
    assert await memory.search("what is my cat called") == ["my cat is called Number2004"]
    with psycopg.connect(superuser_url) as connection:
        for table in ("memory_embeddings", "memory_terms"):
            assert connection.execute(f"SELECT bool_and(t.live = m.live) FROM {table} t JOIN memories m USING (memory_id)").fetchone() == (True,)
        # Each interval ends where another begins.
        gaps = "SELECT count(*) FROM memories m WHERE valid_to IS NOT NULL AND NOT EXISTS (SELECT FROM memories n WHERE n.valid_from = m.valid_to)"
        assert connection.execute(gaps).fetchone() == (0,)
        assert connection.execute("SELECT memory_count FROM scopes").fetchall() == [(8,)]

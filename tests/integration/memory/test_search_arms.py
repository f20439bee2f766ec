"""What else than meaning and words finds a memory: who said it, what was said around it, when, and of which kind it is."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from parlour.memory.v1 import memory_pb2 as pb
from services.runtime.errors import InvalidField


@pytest.fixture
def tell(memory, scopes):
    """Store what people said one after the other in a guild: `await tell((author, text), ...)`."""

    async def store(*said, minutes_apart=1.0):
        return await _tell(memory, scopes, said, minutes_apart)

    return store


async def _tell(memory, scopes, said, minutes_apart):
    at, memories = datetime(2026, 5, 8, 12, tzinfo=UTC), []
    for author, text in said:
        told = pb.NewMemory(scope=scopes.shared(author), text=text, provenance=pb.Provenance(author_id=author, author_name=author.title()))
        told.valid_from.FromDatetime(at)
        memories.append(told)
        at += timedelta(minutes=minutes_apart)
    request = pb.BatchAddMemoriesRequest(request_id=scopes.request_id(), memories=memories)
    return [result.memory for result in (await memory.client.batch_add_memories(request, timeout_s=20)).results]


def why(results, text):
    (found,) = [result for result in results if result.memory.text == text]
    return found.score_by_arm


async def test_whoever_the_query_names_is_asked_first(memory, tell, scopes):
    await tell(("ada", "I really enjoy green tea"), ("cy", "rain again"), ("cy", "so much rain"), ("bob", "I enjoy any green tea"))
    for name, text in (("Ada", "I really enjoy green tea"), ("bob", "I enjoy any green tea")):
        results = await memory.results(f"which tea does {name} enjoy?", scopes.viewer("reader"))
        assert results[0].memory.text == text
        assert results[0].score_by_arm["speaker"] > 0
        assert "speaker" not in results[1].score_by_arm


async def test_a_person_is_found_by_name_alone(memory, tell, scopes):
    await tell(("ada", "the raid is on Friday"), ("bob", "I never have time"))
    assert (await memory.search("Bob", scopes.viewer("reader")))[0] == "I never have time"


async def test_an_answer_is_found_by_its_question(memory, tell, scopes):
    noise = [("cy", f"the weather in week {week} was fine") for week in range(20)]
    said = [*noise, ("bob", "Ada, what is your kitten called?"), ("ada", "Miso, of course."), *noise[:3]]
    await tell(*said)
    results = await memory.results("the name of the kitten", scopes.viewer("reader"), limit=20)
    assert "neighbour" in why(results, "Miso, of course.")
    assert [result.memory.text for result in results[:2]] == ["Ada, what is your kitten called?", "Miso, of course."]


async def test_what_was_said_much_later_is_no_answer(memory, tell, scopes):
    await tell(("bob", "what is your kitten called?"), ("ada", "the kitten scratched Miso"), minutes_apart=120)
    results = await memory.results("the name of the kitten", scopes.viewer("reader"))
    assert "neighbour" not in why(results, "the kitten scratched Miso")


async def test_what_names_a_time_answers_when(memory, tell, scopes):
    await tell(("ada", "I adopted my kitten last March"), ("cy", "rain"), ("cy", "more rain"), ("ada", "I adopted my kitten from a shelter"))
    results = await memory.results("when did Ada adopt the kitten", scopes.viewer("reader"))
    assert results[0].memory.text == "I adopted my kitten last March"
    assert results[0].score_by_arm["time"] > 0


async def test_a_memory_is_found_by_the_month_it_was_said_in(memory, tell, scopes):
    await tell(("ada", "we raided the old castle"))
    await memory.add("we raided the new castle", scopes.shared("bob"))
    results = await memory.results("castle raid in May 2026", scopes.viewer("reader"))
    assert results[0].memory.text == "we raided the old castle"
    assert results[0].score_by_arm["lexical"] > results[1].score_by_arm["lexical"]


async def test_only_the_kinds_asked_for_are_found(memory):
    await memory.add("the tea party was fun", kind="event")
    await memory.add("tea is what I prefer", kind="preference")
    assert await memory.search("tea", kinds=["event"]) == ["the tea party was fun"]
    assert set(await memory.search("tea", kinds=["event", "preference"])) == {"the tea party was fun", "tea is what I prefer"}
    assert await memory.search("tea", kinds=["relationship"]) == []
    later = datetime.now(UTC) + timedelta(days=1)
    assert await memory.search("tea", kinds=["event"], as_of=later) == ["the tea party was fun"]


async def test_an_unknown_kind_is_refused(memory):
    with pytest.raises(InvalidField, match=r"kinds\[1\]"):
        await memory.search("tea", kinds=["event", "rumour"])


async def test_a_new_version_takes_the_place_of_the_old_and_the_next_memory_comes_after_all(memory, tell, scopes, superuser_url):
    first, second = await tell(("ada", "my favourite tea is green"), ("ada", "I was in Oslo once"))
    request = pb.UpdateMemoryRequest(
        request_id=scopes.request_id(), viewer=scopes.viewer("ada"), memory_id=first.memory_id, version=1, text="my favourite tea is black"
    )
    await memory.client.update_memory(request, timeout_s=20)
    (third,) = await tell(("ada", "the raid is on Friday"))
    with psycopg.connect(superuser_url) as connection:
        rows = connection.execute("SELECT memory_id::text, version, position, live FROM memory_traits ORDER BY position, version").fetchall()
    assert rows == [
        (first.memory_id, 1, 1, False),
        (first.memory_id, 2, 1, True),
        (second.memory_id, 1, 2, True),
        (third.memory_id, 1, 3, True),
    ]
    await memory.client.delete_memory(
        pb.DeleteMemoryRequest(request_id=scopes.request_id(), viewer=scopes.viewer("ada"), memory_id=first.memory_id), timeout_s=20
    )
    with psycopg.connect(superuser_url) as connection:
        assert connection.execute("SELECT count(*) FROM memory_traits WHERE memory_id = %s", [first.memory_id]).fetchone() == (0,)

"""The same said in slightly other words is one memory, also when it is said at once; what merely sounds alike stays two."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.memory.v1 import memory_pb2 as pb

SAME = [
    ("My cat is called Miso", 'my cat is called "Miso"'),
    ("my cat's name is Miso", "Miso is my cat's name"),
    ("I live in Oslo", "I live in Oslo now"),
    ("I'm allergic to peanuts", "I am allergic to the peanuts"),
    ("I don't like tea", "I do not like tea"),
    ("I have a dog and a cat", "I have a dog, and a cat too"),
]
ALIKE = [
    ("I like tea", "I do not like tea"),
    ("Tom is older than Ann", "Ann is older than Tom"),
    ("I like C++", "I like C#"),
    ("I have two cats", "I had two cats"),
    ("the bike costs 350 euros", "the bike costs 355 euros"),
    ("we met on May 4", "we met on May 5"),
    ("I wrote to Tom", "I wrote about Tom"),
    ("my cat likes Bob", "Bob likes my cat"),
]


@pytest.mark.parametrize(("first", "second"), SAME)
async def test_the_same_in_slightly_other_words_is_answered_with_the_memory_that_is_there(memory, first, second):
    stored = await memory.add(first)
    again = await memory.add(second)
    assert again.duplicate
    assert again.memory == stored.memory
    assert await memory.list() == [first]


@pytest.mark.parametrize(("first", "second"), ALIKE)
async def test_what_merely_sounds_alike_coexists(memory, first, second):
    await memory.add(first)
    assert not (await memory.add(second)).duplicate
    assert sorted(await memory.list()) == sorted([first, second])


async def test_one_batch_may_say_the_same_twice(memory, scopes):
    texts = ["I don't like tea", "I do not like tea", "I like tea", "I DO NOT like tea!"]
    new = [pb.NewMemory(scope=scopes.guild(), text=text) for text in texts]
    results = (await memory.client.batch_add_memories(pb.BatchAddMemoriesRequest(request_id=scopes.request_id(), memories=new), timeout_s=20)).results
    assert [result.duplicate for result in results] == [False, True, False, True]
    assert results[1].memory == results[3].memory == results[0].memory
    assert sorted(await memory.list()) == ["I don't like tea", "I like tea"]


async def test_of_many_who_say_it_at_once_one_is_stored(memory, superuser_url):
    texts = ["I do not like tea", "I don't like tea", "I don't like the tea", "I don't like tea now"]
    added = await asyncio.gather(*(memory.add(text) for text in texts * 3))
    assert sum(not one.duplicate for one in added) == 1
    assert len({one.memory.memory_id for one in added}) == 1
    with psycopg.connect(superuser_url) as connection:
        assert connection.execute("SELECT memory_count FROM scopes").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM memories").fetchone() == (1,)


async def test_another_person_or_another_scope_says_it_for_themself(memory, scopes):
    await memory.add("I don't like tea", scopes.shared("ada"))
    assert not (await memory.add("I do not like tea", scopes.shared("bob"))).duplicate
    assert not (await memory.add("I do not like tea", scopes.guild("ada"))).duplicate


async def test_another_author_says_something_else(memory):
    await memory.add("I don't like tea", provenance=pb.Provenance(author_id="ada"))
    assert not (await memory.add("I do not like tea", provenance=pb.Provenance(author_id="bob"))).duplicate


async def test_what_is_known_to_be_about_something_takes_the_place_that_is_its_own(memory):
    await memory.add("Miso is my cat's name")
    assert not (await memory.add("my cat's name is Miso")).duplicate
    assert (await memory.add("Miso is “my cat's name”")).duplicate


async def test_another_subject_is_something_else(memory):
    await memory.add("the vet is in Oslo", subject="cat", attribute="vet")
    assert not (await memory.add("vet is in Oslo", subject="dog", attribute="vet")).duplicate


async def test_the_same_event_on_another_day_is_another_event(memory):
    first, hours, days = (Timestamp() for _ in range(3))
    began = datetime(2024, 5, 4, 9, tzinfo=UTC)
    first.FromDatetime(began)
    hours.FromDatetime(began + timedelta(hours=3))
    days.FromDatetime(began + timedelta(days=7))
    await memory.add("I ran the marathon", kind="event", valid_from=first)
    assert (await memory.add("I ran a marathon", kind="event", valid_from=hours)).duplicate
    assert not (await memory.add("so I ran a marathon", kind="event", valid_from=days)).duplicate


async def test_what_was_superseded_may_be_said_again_in_other_words(memory):
    await memory.add("my cat is called Miso")
    await memory.add("my cat is called Momo")
    assert not (await memory.add('my cat is called "Miso"')).duplicate
    assert await memory.list() == ['my cat is called "Miso"']


async def test_a_changed_text_is_compared_as_it_is_now(memory, scopes):
    stored = await memory.add("I like tea")
    change = pb.UpdateMemoryRequest(
        request_id=scopes.request_id(), viewer=scopes.viewer(), memory_id=stored.memory.memory_id, version=1, text="I don't like tea"
    )
    await memory.client.update_memory(change)
    assert (await memory.add("I do not like tea")).duplicate
    assert not (await memory.add("So I like tea")).duplicate


async def test_what_is_observed_in_other_words_is_not_stored_again(memory, scopes):
    await memory.add("I'm allergic to peanuts", provenance=pb.Provenance(author_id="ada"))
    message = pb.ObservedMessage(message_id="m1", author_id="ada", author_name="Ada", text="I am allergic to the peanuts!")
    await memory.client.observe_messages(pb.ObserveMessagesRequest(request_id=scopes.request_id(), scope=scopes.guild(), messages=[message]))
    async with memory.parts.jobs.run(), asyncio.timeout(60):
        await memory.parts.jobs.drained()
    assert await memory.list() == ["I'm allergic to peanuts"]

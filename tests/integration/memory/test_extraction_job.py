"""What people state in passing becomes memories by a job, once, and the messages' text is wiped."""

import asyncio

import psycopg
import pytest

from parlour.memory.v1 import memory_pb2 as pb
from services.memory.scopes import Scope, Visibility
from services.runtime.errors import LimitReached


def observation(scopes, *messages, request_id=None, scope=None):
    return pb.ObserveMessagesRequest(
        request_id=request_id or scopes.request_id(),
        scope=scope or scopes.guild(),
        messages=[
            pb.ObservedMessage(message_id=message_id, author_id=author, author_name=author.title(), text=text)
            for message_id, author, text in messages
        ],
    )


async def drained(memory):
    async with memory.parts.jobs.run(), asyncio.timeout(60):
        await memory.parts.jobs.drained()


async def test_plain_statements_become_memories_with_their_origin(memory, scopes):
    request = observation(scopes, ("m1", "ada", "hi! my cat is called Miso, and I live in Oslo."), ("m2", "ada", "what's for lunch?"))
    assert (await memory.client.observe_messages(request)).accepted == 2
    await drained(memory)
    found = (await memory.client.list_memories(pb.ListMemoriesRequest(viewer=scopes.viewer()))).memories
    assert sorted(one.text for one in found) == ["I live in Oslo", "my cat is called Miso"]
    assert {tuple(one.provenance.message_ids) for one in found} == {("m1",)}
    assert {(one.provenance.source, one.provenance.author_name) for one in found} == {("extracted", "Ada")}


async def test_the_text_of_a_message_is_wiped_once_extracted(memory, scopes, superuser_url):
    await memory.client.observe_messages(observation(scopes, ("m1", "ada", "I live in Oslo. What's for lunch, Xylophonquartz?")))
    await drained(memory)
    with psycopg.connect(superuser_url) as connection:
        assert connection.execute("SELECT text, extractor_version FROM observed_messages").fetchall() == [(None, 1)]


async def test_a_message_that_states_nothing_is_taken_in_and_leaves_nothing(memory, scopes, superuser_url):
    request = observation(scopes, ("m1", "ada", "what's for lunch?"), request_id="same")
    assert [(await memory.client.observe_messages(request)).accepted for _ in range(2)] == [1, 1]
    with psycopg.connect(superuser_url) as connection:
        for table in ("observed_messages", "operations", "scopes", "procrastinate_jobs"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


async def test_beside_a_statement_a_message_that_states_nothing_is_not_kept(memory, scopes, superuser_url):
    request = observation(scopes, ("m1", "ada", "I live in Oslo"), ("m2", "ada", "what's for lunch?"), request_id="same")
    assert [(await memory.client.observe_messages(request)).accepted for _ in range(2)] == [2, 2]
    with psycopg.connect(superuser_url) as connection:
        assert connection.execute("SELECT message_id FROM observed_messages").fetchall() == [("m1",)]


async def test_only_the_scopes_own_user_states_anything(memory, scopes):
    request = observation(scopes, ("m1", "bob", "my cat is called Miso"), ("m2", "assistant", "I live in Oslo"))
    assert (await memory.client.observe_messages(request)).accepted == 0
    await drained(memory)
    assert await memory.list() == []


async def test_a_message_is_taken_once_whoever_repeats_it(memory, scopes):
    first = observation(scopes, ("m1", "ada", "I live in Oslo"), request_id="same")
    assert [(await memory.client.observe_messages(first)).accepted for _ in range(2)] == [1, 1]
    assert (await memory.client.observe_messages(observation(scopes, ("m1", "ada", "I live in Oslo")))).accepted == 0
    await drained(memory)
    assert await memory.list() == ["I live in Oslo"]


async def test_a_job_that_comes_late_or_twice_brings_nothing_back(memory, scopes):
    await memory.client.observe_messages(observation(scopes, ("m1", "ada", "I live in Oslo")))
    scope_id = Scope(Visibility.GUILD, "g1", "", "ada").scope_id
    await asyncio.gather(*(memory.parts.observing.extract_waiting(scope_id, "ada") for _ in range(3)))
    assert await memory.list() == ["I live in Oslo"]
    await memory.commit((await memory.plan("where I live")).plan_id)
    await memory.parts.observing.extract_waiting(scope_id, "ada")
    await drained(memory)
    assert await memory.list() == []


async def test_what_was_forgotten_is_not_extracted_from_a_message_that_still_waited(memory, scopes):
    await memory.add("I live in Oslo")
    await memory.client.observe_messages(observation(scopes, ("m1", "ada", "I live in Oslo")))
    await memory.commit((await memory.plan("where I live")).plan_id)
    await drained(memory)
    assert await memory.list() == []


async def test_a_later_statement_supersedes_an_earlier_one(memory, scopes):
    await memory.client.observe_messages(observation(scopes, ("m1", "ada", "I live in Oslo")))
    await drained(memory)
    await memory.client.observe_messages(observation(scopes, ("m2", "ada", "I just moved to Rome")))
    await drained(memory)
    assert await memory.list() == ["I just moved to Rome"]


async def test_what_has_ended_is_never_stored_as_its_opposite(memory, scopes):
    await memory.client.observe_messages(observation(scopes, ("m1", "ada", "I live in Oslo")))
    await drained(memory)
    await memory.client.observe_messages(observation(scopes, ("m2", "ada", "I no longer live in Oslo!")))
    await drained(memory)
    assert await memory.list() == ["I no longer live in Oslo"]


async def test_messages_of_a_direct_message_stay_private(memory, scopes):
    await memory.client.observe_messages(observation(scopes, ("m1", "ada", "I live in Oslo"), scope=scopes.private()))
    await drained(memory)
    assert await memory.list() == []
    assert await memory.list(scopes.private_viewer()) == ["I live in Oslo"]


async def test_more_messages_than_may_wait_are_refused(start_service, scopes):
    memory = await start_service(observed_waiting_max=2)
    await memory.client.observe_messages(observation(scopes, ("m1", "ada", "I live in Oslo"), ("m2", "ada", "I like my cat. My cat is called Miso")))
    with pytest.raises(LimitReached):
        await memory.client.observe_messages(observation(scopes, ("m3", "ada", "I speak Norwegian")))


async def test_a_job_carries_no_text(memory, scopes, superuser_url):
    await memory.client.observe_messages(observation(scopes, ("m1", "ada", "my sentinel is called Xylophonquartz")))
    with psycopg.connect(superuser_url) as connection:
        (arguments,) = connection.execute("SELECT args::text FROM procrastinate_jobs WHERE task_name = 'extract_memories'").fetchone()
    assert "Xylophonquartz" not in arguments

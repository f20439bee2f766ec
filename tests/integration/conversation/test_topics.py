"""Topics are found by a job as messages come in; real PostgreSQL, the real embedding model."""

import itertools
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.client import ConversationClient
from services.conversation.message_store import Conversation
from services.conversation.topics.topic_segmentation import Segmentation
from services.conversation.topics.topics import SUMMARIZE, Topics
from services.retrieval.embedding import MODEL_NAME
from services.runtime.database import Database
from services.runtime.jobs import Jobs
from tests.integration.conversation.conftest import Service, drained, rows

CATS = [
    "my cat had three kittens last night",
    "how lovely, what do the kittens look like?",
    "two kittens are ginger and one is grey like the mother cat",
    "does the mother cat let anybody near the kittens?",
    "she purrs when I stroke her and the kittens sleep all day",
    "kittens need a vaccination after eight weeks",
    "the vet for the kittens is booked for March",
    "I would love to adopt the grey kitten",
]
TRAINS = [
    "is the night train to Vienna still running?",
    "yes, the train leaves Hamburg at nine in the evening",
    "a sleeping berth on the train costs eighty euros",
    "we should book the train tickets before the summer",
    "can bicycles be taken on the night train?",
    "there are six places for bicycles on that train",
    "then I book two berths and two bicycles on the train",
    "the train arrives in Vienna in time for breakfast",
]
DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
_numbers = itertools.count(1)


async def append(
    client: ConversationClient,
    texts: list[str],
    at: datetime,
    *,
    apart_s: float = 30,
    channel: str = "lounge",
    guild: str = "guild",
    authors: tuple[str, ...] = ("ann", "bob"),
) -> list[str]:
    """Store what people said in turn, `apart_s` seconds apart; return the message ids."""
    messages = []
    for number, text in enumerate(texts):
        author = authors[number % len(authors)]
        message = pb.Message(message_id=f"t{next(_numbers)}", author_id=author, author_name=author.title(), text=text)
        message.create_time.FromDatetime(at + timedelta(seconds=apart_s * number))
        messages.append(message)
    where = pb.ConversationKey(guild_id=guild, channel_id=channel)
    for some in itertools.batched(messages, 100):
        await client.append_messages(pb.AppendMessagesRequest(request_id=some[0].message_id, conversation=where, messages=some))
    return [message.message_id for message in messages]


@asynccontextmanager
async def running(settings, **changes):
    """A service with other settings."""
    service = await Service(settings.model_copy(update=changes)).start()
    try:
        yield service
    finally:
        await service.stop()


def beside(database: Database) -> Topics:
    """Topics as another instance keeps them; its jobs are done by the service."""
    jobs = Jobs(database)
    found = Topics(database, jobs, MODEL_NAME, Segmentation(), step=8, idle_s=3600, sweep_max=10)
    found.register(found.segment)
    jobs.task(name=SUMMARIZE)(found.segment)
    return found


async def topics(database: Database, channel: str = "lounge") -> list[tuple[int, int, bool]]:
    """The number of messages in each topic's range, what it says its number is, and whether it is closed."""
    return await rows(
        database,
        "SELECT (SELECT count(*)::int FROM messages m WHERE m.channel_id = t.channel_id AND m.sequence BETWEEN first_sequence AND last_sequence),"
        " message_count, closed FROM topics t WHERE channel_id = %s AND level = 1 ORDER BY first_sequence",
        channel,
    )


async def test_silence_as_long_as_a_sessions_end_parts_topics(client, database):
    await append(client, CATS, DAY)
    await append(client, TRAINS[:3], DAY + timedelta(hours=2))
    await drained(database)
    assert await topics(database) == [(8, 8, True), (3, 3, True)]


async def test_talk_that_turns_to_something_else_is_parted_without_a_pause(settings, database):
    talk = [*CATS, *CATS[::-1], "hi all, long time no see! is anybody here?", *TRAINS, *TRAINS[::-1], *CATS]
    async with running(settings, topic_messages_max=100) as service:
        await append(service.client, talk, datetime.now(UTC) - timedelta(hours=50), apart_s=300)
        await drained(database)
        first, *_ = await topics(database)
    assert first == (16, 16, True)


async def test_what_is_still_talked_about_is_an_open_topic_that_grows(client, database):
    now = datetime.now(UTC)
    await append(client, CATS[:3], now - timedelta(minutes=8))
    await drained(database)
    assert await topics(database) == [(3, 3, False)]
    await append(client, CATS, now - timedelta(minutes=5))
    await drained(database)
    assert await topics(database) == [(11, 11, False)]


async def test_a_few_more_messages_are_not_worth_looking_at_the_open_topic_again(client, database):
    now = datetime.now(UTC)
    await append(client, CATS[:3], now - timedelta(minutes=8))
    await drained(database)
    await append(client, CATS[3:6], now - timedelta(minutes=5))
    await drained(database)
    assert await topics(database) == [(3, 3, False)]


async def test_an_open_topic_is_closed_when_people_have_fallen_silent(settings, database):
    async with running(settings) as service:
        await append(service.client, CATS, datetime.now(UTC) - timedelta(minutes=20), apart_s=1)
        await drained(database)
    assert await topics(database) == [(8, 8, False)]
    # A clock would take an hour: what was said is made older instead.
    await rows(database, "UPDATE messages SET create_time = create_time - interval '2 hours' RETURNING 1")
    await rows(database, "UPDATE topics SET end_time = end_time - interval '2 hours' RETURNING 1")
    async with running(settings) as service:
        assert await beside(database).sweep() == 1
        await drained(database)
        assert await beside(database).sweep() == 0
    assert await topics(database) == [(8, 8, True)]


async def test_a_reset_closes_the_topic_and_what_follows_is_another(client, database):
    now = datetime.now(UTC)
    await append(client, CATS[:4], now - timedelta(minutes=4))
    await drained(database)
    where = pb.ConversationKey(guild_id="guild", channel_id="lounge")
    await client.reset_conversation(pb.ResetConversationRequest(request_id="r", conversation=where))
    await drained(database)
    assert await topics(database) == [(4, 4, True)]
    await append(client, CATS[4:], now - timedelta(minutes=1), apart_s=5)
    await drained(database)
    assert await topics(database) == [(4, 4, True), (4, 4, False)]


async def test_a_reset_in_the_middle_of_what_no_job_has_seen_parts_it(settings, database):
    async with running(settings, topic_step_messages=100) as service:
        now = datetime.now(UTC)
        await append(service.client, CATS[:1], now - timedelta(minutes=6))
        await drained(database)
        await append(service.client, CATS[1:3], now - timedelta(minutes=4))
        await drained(database)
        where = pb.ConversationKey(guild_id="guild", channel_id="lounge")
        await service.client.reset_conversation(pb.ResetConversationRequest(request_id="r", conversation=where))
        await append(service.client, CATS[3:5], now - timedelta(minutes=1), apart_s=5)
        await drained(database)
    assert await topics(database) == [(3, 3, True), (2, 2, False)]


async def test_hundreds_of_messages_are_parted_once_and_each_lies_in_one_topic(client, database):
    for number in range(3):
        await append(client, [*CATS, *TRAINS] * 7, DAY + timedelta(days=number), apart_s=60)
    await drained(database, 60)
    found = await topics(database)
    assert all(held == said for held, said, _ in found)
    assert sum(held for held, _, _ in found) == 336
    assert all(8 <= held <= 60 for held, _, _ in found[:-1])


async def test_running_twice_at_once_adds_no_topic_twice(client, database):
    await append(client, CATS, DAY)
    await drained(database)
    await append(client, TRAINS, DAY + timedelta(hours=3))
    where = Conversation("guild", "lounge")
    await beside(database).segment(where, all_of_it=True)
    await beside(database).segment(where)
    await drained(database)
    assert [held for held, _, _ in await topics(database)] == [8, 8]


async def test_a_message_committed_late_lies_in_a_topic_and_is_summed_up(client, database):
    await append(client, CATS, DAY)
    await append(client, TRAINS, DAY + timedelta(hours=2))
    await drained(database)
    ((late,),) = await rows(database, "SELECT min(sequence) + 3 FROM messages")
    await rows(database, "UPDATE messages SET in_context = false WHERE sequence = %s RETURNING 1", late)
    await append(client, CATS, DAY + timedelta(hours=5))
    await drained(database)
    assert await topics(database) == [(8, 7, True), (8, 8, True), (8, 8, True)]


@pytest.mark.parametrize("channel", ["lounge", "kitchen"])
async def test_conversations_have_topics_of_their_own(client, database, channel):
    await append(client, CATS, DAY, channel="lounge")
    await append(client, TRAINS, DAY, channel="kitchen")
    await drained(database)
    assert await topics(database, channel) == [(8, 8, True)]

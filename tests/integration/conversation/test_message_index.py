"""Messages are made findable by a job that the transaction enqueues which stores them, once, and not after they changed or went."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.message_store import Conversation
from services.conversation.topics.message_index import INDEX, MessageIndex, enqueue_index
from services.retrieval.embedding import EmbeddingModel
from services.runtime.database import Database
from services.runtime.errors import Overloaded
from services.runtime.jobs import Jobs
from tests.integration.conversation.conftest import Service, answered, drained, embedding_model, message, rows
from tests.running_stack import eventually

LOUNGE = Conversation("guild", "lounge")
NOT_INDEXED = "SELECT count(*) FROM messages WHERE NOT indexed"
TERMS = "SELECT DISTINCT term FROM message_terms WHERE sequence = (SELECT sequence FROM messages WHERE message_id = %s) ORDER BY term"


def appended(*texts: str, request_id: str = "a1", channel: str = "lounge") -> pb.AppendMessagesRequest:
    said = [pb.Message(message_id=f"{request_id}-{number}", author_id="bob", author_name="Bob", text=text) for number, text in enumerate(texts)]
    return pb.AppendMessagesRequest(request_id=request_id, conversation=pb.ConversationKey(guild_id="guild", channel_id=channel), messages=said)


class Indexing:
    """The index without a service around it: nothing runs but what a test calls."""

    def __init__(self, database: Database, model: EmbeddingModel, **limits: float) -> None:
        self.jobs = Jobs(database)
        self.followed: list[Conversation] = []
        self.killed = False
        given = {"batch_max": 64, "sweep_age_s": 0.0, "sweep_max": 100, **limits}
        self.index = MessageIndex(database, self.jobs, model, self._follow, **given)  # type: ignore[arg-type]
        self.index.register()

    async def _follow(self, where: Conversation) -> None:
        if self.killed:
            raise asyncio.CancelledError
        self.followed.append(where)


async def said(database, *texts: str, channel: str = "lounge", in_context: bool = True) -> None:
    async with database.connection() as connection:
        for text in texts:
            await connection.execute(
                "INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, author_name, text, in_context)"
                " VALUES ('guild', %s, %s, 'user', 'bob', 'Bob', %s, %s)",
                (channel, text[:40], text, in_context),
            )


async def test_appended_messages_are_indexed_by_a_job_of_their_own_transaction(client, database):
    await client.append_messages(appended("the ferry to Oslo leaves at nine", "and it is cheap"))
    await drained(database)
    assert await rows(database, "SELECT count(*) FROM message_embeddings") == [(2,)]
    assert [term for (term,) in await rows(database, TERMS, "a1-0")] == ["bob", "ferri", "leav", "nine", "oslo"]
    assert await rows(database, NOT_INDEXED) == [(0,)]


async def test_both_messages_of_a_turn_are_indexed_after_it(client, database, model):
    await answered(client, message("what is a good name for a dog?"))
    await drained(database)
    roles = "SELECT m.role FROM messages m JOIN message_embeddings e USING (guild_id, channel_id, sequence) ORDER BY m.sequence"
    assert await rows(database, roles) == [("user",), ("assistant",)]


async def test_what_is_appended_again_enqueues_nothing(client, database):
    await client.append_messages(appended("once"))
    await drained(database)
    await client.append_messages(pb.AppendMessagesRequest(request_id="a2", conversation=appended().conversation, messages=appended("once").messages))
    assert await rows(database, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", INDEX) == [(0,)]


async def test_indexing_twice_changes_nothing(database, conversation_database_url):
    indexing = Indexing(database, embedding_model())
    await said(database, "one", "two", "three")
    everything = "SELECT sequence, embedding::text FROM message_embeddings ORDER BY sequence"
    assert await indexing.index.index(LOUNGE) == 3
    before = await rows(database, everything)
    assert await indexing.index.index(LOUNGE) == 0
    assert await rows(database, everything) == before


async def test_a_long_conversation_is_indexed_in_batches_by_several_jobs(database, conversation_database_url):
    indexing = Indexing(database, embedding_model(), batch_max=1)
    await said(database, *(f"message number {number}" for number in range(25)))
    assert await indexing.index.index(LOUNGE) == 20
    assert await rows(database, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", INDEX) == [(1,)]
    assert await indexing.index.index(LOUNGE) == 5


async def test_two_jobs_of_one_conversation_at_once_index_it_once(database, conversation_database_url):
    indexing = Indexing(database, embedding_model(), batch_max=2)
    await said(database, *(f"number {number}" for number in range(9)))
    done = await asyncio.gather(indexing.index.index(LOUNGE), indexing.index.index(LOUNGE))
    assert sum(done) == 9
    assert await rows(database, "SELECT count(*) FROM message_embeddings") == [(9,)]


async def test_a_message_that_changes_while_it_is_embedded_is_indexed_as_it_reads_then(database, conversation_database_url):
    class Slow(EmbeddingModel):
        async def embed(self, texts):
            vectors = await embedding_model().embed(texts)
            if texts == ["before"]:
                async with database.connection() as connection:
                    await connection.execute("UPDATE messages SET text = 'afterwards' WHERE text = 'before'")
            return vectors

    indexing = Indexing(database, Slow())
    await said(database, "before")
    await indexing.index.index(LOUNGE)
    assert [term for (term,) in await rows(database, TERMS, "before")] == ["afterward", "bob"]


async def test_a_message_that_goes_while_it_is_embedded_leaves_nothing(database, conversation_database_url):
    class Slow(EmbeddingModel):
        async def embed(self, texts):
            async with database.connection() as connection:
                await connection.execute("DELETE FROM messages")
            return await embedding_model().embed(texts)

    indexing = Indexing(database, Slow())
    await said(database, "gone")
    assert await indexing.index.index(LOUNGE) == 0
    assert await rows(database, "SELECT (SELECT count(*) FROM message_embeddings) + (SELECT count(*) FROM message_terms)") == [(0,)]


@pytest.mark.parametrize(
    "change",
    ["UPDATE messages SET text = 'something else'", "UPDATE messages SET in_context = false", "DELETE FROM messages"],
    ids=["edited", "shown to no model any more", "deleted"],
)
async def test_what_was_made_of_a_text_goes_with_it_in_the_same_statement(database, conversation_database_url, change):
    indexing = Indexing(database, embedding_model())
    await said(database, "a secret")
    await indexing.index.index(LOUNGE)
    async with database.connection() as connection:
        await connection.execute(change)
    assert await rows(database, "SELECT (SELECT count(*) FROM message_embeddings) + (SELECT count(*) FROM message_terms)") == [(0,)]
    assert await rows(database, "SELECT count(*) FROM messages WHERE indexed") == [(0,)]


async def test_what_no_model_is_shown_is_not_indexed(database, conversation_database_url):
    indexing = Indexing(database, embedding_model())
    await said(database, "an apology", in_context=False)
    assert await indexing.index.index(LOUNGE) == 0
    assert await indexing.index.sweep() == 0


async def test_a_question_asked_anew_is_found_by_its_new_words(client, database):
    said = message("the old wording about ferries")
    await answered(client, said)
    await drained(database)
    again = message("the new wording about trains", message_id=said.message_id, attempt=1)
    await answered(client, again)
    await drained(database)
    terms = {term for (term,) in await rows(database, TERMS, said.message_id)}
    assert "train" in terms
    assert "ferri" not in terms


async def test_descriptions_of_pictures_are_found_too(database, conversation_database_url):
    indexing = Indexing(database, embedding_model())
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, text, images) VALUES ('guild', 'lounge', 'p', 'user', 'bob',"
            """ 'look', '[{"url": "https://x/y.png", "media_type": "image/png", "description": "a lighthouse"}]')"""
        )
    await indexing.index.index(LOUNGE)
    assert [term for (term,) in await rows(database, TERMS, "p")] == ["lighthous", "look"]


async def test_messages_that_no_job_came_to_are_indexed_by_the_sweep(database, conversation_database_url):
    indexing = Indexing(database, embedding_model())
    await said(database, "left behind")
    await said(database, "elsewhere", "and more", channel="kitchen")
    assert await indexing.index.sweep() == 2
    assert await rows(database, NOT_INDEXED) == [(0,)]
    assert set(indexing.followed) == {Conversation("guild", "kitchen"), LOUNGE}
    assert await indexing.index.sweep() == 0
    assert await rows(database, "SELECT task_name FROM procrastinate_jobs") == []


async def test_what_the_sweep_cannot_index_gets_jobs(database, conversation_database_url):
    class Full(EmbeddingModel):
        full = True

        async def embed(self, texts):
            if self.full and "too much" in texts:
                raise Overloaded("too many texts wait")
            return await embedding_model().embed(texts)

    model = Full()
    indexing = Indexing(database, model)
    for channel, text in (("a", "before"), ("b", "too much"), ("c", "after")):
        await said(database, text, channel=channel)
    assert await indexing.index.sweep() == 3
    assert await indexing.index.sweep() == 0  # their jobs wait
    async with indexing.jobs.run():
        await eventually(lambda: waits(database, "too much"), "only what cannot be indexed is left")
        model.full = False
        await drained(database)
    assert await rows(database, NOT_INDEXED) == [(0,)]
    assert {where.channel_id for where in indexing.followed} == {"a", "b", "c"}


async def test_what_follows_is_done_by_jobs_where_a_killed_sweep_left_it(database, conversation_database_url):
    indexing = Indexing(database, embedding_model())
    await said(database, "one")
    await said(database, "two", channel="kitchen")
    indexing.killed = True
    with pytest.raises(asyncio.CancelledError):
        await indexing.index.sweep()
    assert await rows(database, NOT_INDEXED) == [(0,)]
    indexing.killed = False
    # A clock would take a minute.
    await rows(database, "UPDATE procrastinate_jobs SET scheduled_at = now() RETURNING 1")
    async with indexing.jobs.run():
        await drained(database)
    assert set(indexing.followed) == {Conversation("guild", "kitchen"), LOUNGE}


async def waits(database, *texts: str) -> bool:
    return await rows(database, "SELECT text FROM messages WHERE NOT indexed") == [(text,) for text in texts]


async def test_conversations_with_messages_of_one_id_keep_their_own_meanings(database, conversation_database_url):
    indexing = Indexing(database, embedding_model())
    async with database.connection() as connection:
        for channel, question in (("a", "what do bees eat?"), ("b", "when does the ferry leave?")):
            for message_id, role, text, answers in (("q", "user", question, ""), ("t", "assistant", "It depends.", "q")):
                await connection.execute(
                    "INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, text, answers_message_id)"
                    " VALUES ('guild', %s, %s, %s, 'bob', %s, %s)",
                    (channel, message_id, role, text, answers),
                )
    assert await indexing.index.sweep() == 2
    vectors = "SELECT m.channel_id, m.role, e.embedding::text FROM messages m JOIN message_embeddings e USING (guild_id, channel_id, sequence)"
    found = {(channel, role): vector for channel, role, vector in await rows(database, vectors)}
    assert found["a", "user"] == found["a", "assistant"] != found["b", "user"] == found["b", "assistant"]


async def test_a_job_done_again_does_what_follows_again(database, conversation_database_url):
    # Whoever indexed the messages may have been killed before that.
    indexing = Indexing(database, embedding_model())
    await said(database, "once")
    assert [await indexing.index.index(LOUNGE) for _ in range(2)] == [1, 0]
    assert indexing.followed == [LOUNGE, LOUNGE]


async def test_what_was_said_just_now_is_left_to_its_own_job(database, conversation_database_url):
    indexing = Indexing(database, embedding_model(), sweep_age_s=60)
    await said(database, "just now")
    assert await indexing.index.sweep() == 0


async def test_a_job_enqueued_by_a_killed_instance_is_run_by_the_next(settings, database):
    # As a kill between the commit and the job leaves it: stored, enqueued, nobody there.
    indexing = Indexing(database, embedding_model())
    async with database.connection() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, text) VALUES ('guild', 'lounge', 'k', 'user', 'bob', 'killed')"
        )
        await enqueue_index(indexing.jobs, connection, LOUNGE)
    service = await Service(settings).start()
    try:
        await drained(database)
    finally:
        await service.stop()
    assert await rows(database, NOT_INDEXED) == [(0,)]


async def test_of_a_transaction_that_is_rolled_back_no_job_is_left(database, conversation_database_url):
    indexing = Indexing(database, embedding_model())
    with pytest.raises(RuntimeError):
        async with database.connection() as connection, connection.transaction():
            await enqueue_index(indexing.jobs, connection, LOUNGE)
            raise RuntimeError
    assert await rows(database, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", INDEX) == [(0,)]


async def test_an_overloaded_model_leaves_the_messages_for_a_later_try(database, conversation_database_url):
    class Full(EmbeddingModel):
        async def embed(self, texts):
            raise Overloaded("full")

    await said(database, "later")
    with pytest.raises(Overloaded):
        await Indexing(database, Full()).index.index(LOUNGE)
    assert await rows(database, NOT_INDEXED) == [(1,)]
    assert await Indexing(database, embedding_model()).index.index(LOUNGE) == 1


async def test_a_message_of_any_length_is_indexed(database, conversation_database_url):
    indexing = Indexing(database, embedding_model())
    await said(database, " ".join(f"word{number}" for number in range(9_000)))
    assert await indexing.index.index(LOUNGE) == 1
    assert (await rows(database, "SELECT count(*) FROM message_terms"))[0][0] < 2_000

"""What was said long before comes back when the talk returns to it, as messages; and a reply does not wait for it, nor fail without it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.message_store import Conversation
from services.conversation.topics.older_messages import Older, OlderMessages
from services.retrieval.embedding import EmbeddingModel
from services.runtime.errors import Overloaded
from tests.integration.conversation.conftest import answered, drained, embedding_model, message, rows
from tests.integration.conversation.test_message_index import Indexing

LOUNGE = Conversation("guild", "lounge")
START = datetime(2026, 1, 1, tzinfo=UTC)
CHATTER = ("the weather is fine today", "my train was late again", "this coffee tastes burnt", "who watched the match?", "I need a new keyboard")


def looking(database, model=None, **limits):
    given = {"searched_max": 10_000, "read_max": 60, "found_max": 60, "similarity_floor": 0.1, "wait_s": 10.0, **limits}
    return OlderMessages(database, model or embedding_model(), **given)


async def talk(database, *said, where=LOUNGE, after=0):
    """Store and index messages of `author: text`, a minute apart."""
    async with database.connection() as connection:
        for number, line in enumerate(said, start=after):
            author, _, text = line.partition(": ")
            await connection.execute(
                "INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, author_name, text, create_time)"
                " VALUES (%s, %s, %s, 'user', %s, %s, %s, %s)",
                (where.guild_id, where.channel_id, f"t{number}", author.casefold(), author, text, START + timedelta(minutes=number)),
            )
    await Indexing(database, embedding_model()).index.index(where)


def chatter(count):
    return [f"Eve: {CHATTER[number % len(CHATTER)]}, as I said {number} times" for number in range(count)]


async def found(database, text, *, message_id="new", where=LOUNGE, **limits):
    older = await looking(database, **limits).relevant(where, message_id, text)
    assert older.available
    return [said.text for said in older.messages]


async def test_a_message_on_the_topic_comes_first_whoever_said_it_and_when(database, conversation_database_url):
    await talk(database, "Bob: we named the puppy Bello", *chatter(50))
    assert (await found(database, "what is the dog called?"))[0] == "we named the puppy Bello"


async def test_what_is_found_says_who_said_it_and_when(database, conversation_database_url):
    await talk(database, "Bob: we named the puppy Bello", *chatter(5))
    said = (await looking(database).relevant(LOUNGE, "new", "what is the puppy called?")).messages[0]
    assert (said.role, said.author_id, said.author_name, said.message_id, said.sent_at) == ("user", "bob", "Bob", "t0", START)
    assert said.sequence > 0


async def test_a_person_who_is_named_is_meant_and_does_not_blur_what_is_asked(database, conversation_database_url):
    await talk(database, "Bob: I work as a nurse", "Cleo: I work as a pilot", *chatter(30))
    assert (await found(database, "what does Cleo work as?"))[0] == "I work as a pilot"


async def test_an_answer_is_found_with_its_question(database, conversation_database_url):
    await talk(database, *chatter(20), "Bob: when does the ferry to Oslo leave?", "Cleo: at nine", *chatter(20))
    assert "at nine" in (await found(database, "what was it about the ferry to Oslo?"))[:3]


async def test_the_new_message_is_not_found_itself(database, conversation_database_url):
    await talk(database, "Bob: the ferry leaves at nine", *chatter(3), "Ann: when does the ferry leave?")
    assert "when does the ferry leave?" not in await found(database, "when does the ferry leave?", message_id="t4")


async def test_nothing_from_before_a_reset_is_found(client, database):
    await talk(database, "Bob: the ferry leaves at nine")
    key = pb.ConversationKey(guild_id="guild", channel_id="lounge")
    await client.reset_conversation(pb.ResetConversationRequest(request_id="r", conversation=key))
    await talk(database, "Bob: the ferry is late", *chatter(3), after=10)
    texts = await found(database, "when does the ferry leave?")
    assert "the ferry leaves at nine" not in texts
    assert texts[0] == "the ferry is late"


@pytest.mark.parametrize("elsewhere", [Conversation("guild", "kitchen"), Conversation("other", "lounge"), Conversation("", "lounge")])
async def test_nothing_of_another_conversation_is_found(database, conversation_database_url, elsewhere):
    await talk(database, "Bob: the ferry leaves at nine", where=elsewhere)
    await talk(database, *chatter(3))
    assert "the ferry leaves at nine" not in await found(database, "when does the ferry leave?")


async def test_what_leaves_later_prompts_is_not_found(database, conversation_database_url):
    await talk(database, "Bob: the ferry leaves at nine", *chatter(3))
    async with database.connection() as connection:
        await connection.execute("UPDATE messages SET in_context = false WHERE text LIKE 'the ferry%'")
    assert "the ferry leaves at nine" not in await found(database, "when does the ferry leave?")


async def test_a_reply_without_a_word_of_its_own_is_understood_by_what_it_replies_to(database, conversation_database_url):
    await talk(database, "Bob: the ferry to Oslo leaves at nine", *chatter(40))
    older = await looking(database).relevant(LOUNGE, "new", "why?", "the ferry is so early")
    assert older.messages[0].text == "the ferry to Oslo leaves at nine"


async def test_no_more_is_returned_than_asked_for(database, conversation_database_url):
    await talk(database, *chatter(30))
    assert len(await found(database, "how is the weather, the coffee and the train?", found_max=4)) == 4


async def test_of_a_very_long_conversation_the_newest_part_is_looked_through(database, conversation_database_url):
    await talk(database, "Bob: the ferry leaves at nine", *chatter(20))
    assert "the ferry leaves at nine" not in await found(database, "when does the ferry leave?", searched_max=10)


async def test_the_topics_of_what_is_found_are_named_the_best_first(database, conversation_database_url):
    await talk(database, "Bob: we named the puppy Bello", "Cleo: Bello is a sweet name for a puppy", *chatter(30))
    async with database.connection() as connection:
        for first, last in ((1, 2), (3, 32)):
            await connection.execute(
                "INSERT INTO topics (guild_id, channel_id, first_sequence, last_sequence) SELECT 'guild', 'lounge', min(sequence), max(sequence)"
                " FROM (SELECT sequence, row_number() OVER (ORDER BY sequence) AS place FROM messages) m WHERE place BETWEEN %s AND %s",
                (first, last),
            )
    topics = [topic for (topic,) in await rows(database, "SELECT topic_id FROM topics ORDER BY first_sequence")]
    assert (await looking(database).relevant(LOUNGE, "new", "what is the puppy called?")).topics[0] == topics[0]


async def test_a_model_that_is_overloaded_costs_the_older_messages_and_nothing_else(database, conversation_database_url):
    class Full(EmbeddingModel):
        async def embed_query(self, text):
            raise Overloaded("full")

    await talk(database, "Bob: the ferry leaves at nine")
    assert await looking(database, Full()).relevant(LOUNGE, "new", "ferry?") == Older(available=False)


async def test_a_database_that_takes_too_long_costs_the_older_messages_and_nothing_else(database, conversation_database_url):
    await talk(database, "Bob: the ferry leaves at nine")
    locked, done = asyncio.Event(), asyncio.Event()

    async def hold():
        async with database.connection() as connection, connection.transaction():
            await connection.execute("LOCK TABLE message_embeddings IN ACCESS EXCLUSIVE MODE")
            locked.set()
            await done.wait()

    holding = asyncio.create_task(hold())
    await locked.wait()
    assert await looking(database, wait_s=0.2).relevant(LOUNGE, "new", "ferry?") == Older(available=False)
    done.set()
    await holding


async def overheard(client, database, *lines):
    said = [pb.Message(message_id=f"o{number}", author_id="bob", author_name="Bob", text=text) for number, text in enumerate(lines)]
    key = pb.ConversationKey(guild_id="guild", channel_id="lounge")
    await client.append_messages(pb.AppendMessagesRequest(request_id="a", conversation=key, messages=said))
    await drained(database)


def part(reply, name):
    return next(one for one in reply.started[0].parts if one.name == name)


async def test_the_prompt_shows_what_was_said_before_the_recent_messages_when_the_talk_returns_to_it(client, database, model):
    await overheard(client, database, "our puppy is called Bello", *[f"{CHATTER[number % 5]}, number {number}" for number in range(95)])
    _, reply = await answered(client, message("what is the puppy called?"), max_prompt_tokens=1_000)
    assert "our puppy is called Bello" in model.requests[-1].prompt
    assert part(reply, "older").included > 0


async def test_a_conversation_that_fits_is_not_searched(client, database, model):
    await overheard(client, database, "our puppy is called Bello", "and it barks")
    _, reply = await answered(client, message("what is the puppy called?"))
    assert "our puppy is called Bello" in model.requests[-1].prompt
    assert part(reply, "older").included == part(reply, "older").left_out == 0


async def test_a_reply_is_made_without_older_messages_while_they_cannot_be_had(client, database, model, monkeypatch):
    async def full(self, text):
        raise Overloaded("full")

    await overheard(client, database, "our puppy is called Bello", *[f"{CHATTER[number % 5]}, number {number}" for number in range(95)])
    monkeypatch.setattr(EmbeddingModel, "embed_query", full)
    _, reply = await answered(client, message("what is the puppy called?"), max_prompt_tokens=1_000)
    assert reply.finished.stored
    assert part(reply, "older").reason == "unavailable"


async def test_a_person_who_is_mentioned_is_meant(database, conversation_database_url):
    await talk(database, "Bob: I work as a nurse", "Cleo: I work as a pilot", *chatter(30))
    assert (await found(database, "<@cleo> what was it that you work as?"))[0] == "I work as a pilot"


async def test_the_ids_of_a_chat_are_no_words(database, conversation_database_url):
    await talk(database, "Bob: <@1234567890> look at <#42>", *chatter(3))
    assert await rows(database, "SELECT count(*) FROM message_terms WHERE term IN ('1234567890', '42')") == [(0,)]

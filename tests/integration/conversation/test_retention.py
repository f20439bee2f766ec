"""Guilds that keep messages for some days only: what is older goes with all that was made of it, what is younger stays."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.guilds.retention import Retention
from services.conversation.topics.topics import SUMMARIZE
from services.runtime.database import Database
from services.runtime.errors import DeadlineExceeded
from services.runtime.jobs import Jobs
from tests.integration.conversation.conftest import answered, drained, message, rows

DAYS = 30
REGISTER = Retention.register
OLD, YOUNG = timedelta(days=DAYS, minutes=5), timedelta(days=DAYS) - timedelta(minutes=5)


async def written(database: Database, statement: str, *arguments: object) -> None:
    async with database.connection() as connection:
        await connection.execute(statement, arguments)


async def limit(client, days: int, guild_id: str = "guild") -> None:
    settings = (await client.get_guild_settings(pb.GetGuildSettingsRequest(guild_id=guild_id))).settings
    settings.retention_days = days
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id=f"limit-{guild_id}-{settings.version}", settings=settings))


async def append(client, *said: tuple[str, timedelta], guild_id: str = "guild", channel_id: str = "lounge") -> None:
    """Have bob say texts, so long ago; a text is the message's id, too."""
    now = datetime.now(UTC)
    messages = [pb.Message(message_id=text.replace(" ", "-"), author_id="bob", author_name="Bob", text=text) for text, _ in said]
    for each, (_, age) in zip(messages, said, strict=True):
        each.create_time.FromDatetime(now - age)
    conversation = pb.ConversationKey(guild_id=guild_id, channel_id=channel_id)
    request_id = f"{guild_id}-{channel_id}-{messages[0].message_id}"
    await client.append_messages(pb.AppendMessagesRequest(request_id=request_id, conversation=conversation, messages=messages))


async def dated_back(database: Database, age: timedelta = OLD) -> None:
    """Have all that was said so far, said so long ago."""
    await written(database, "UPDATE messages SET create_time = create_time - %s::interval", age)
    await written(database, "UPDATE turns SET accept_time = accept_time - %s::interval, end_time = end_time - %s::interval", age, age)


async def texts(database: Database) -> list[str]:
    return [text for (text,) in await rows(database, "SELECT text FROM messages ORDER BY sequence")]


async def found_in_database(database: Database, needle: str) -> set[str]:
    """Every table.column in which a text is found."""
    columns = await rows(
        database,
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_type = 'BASE TABLE' AND table_schema = 'public'",
    )
    return {
        f"{table}.{column}"
        for table, column in columns
        if await rows(database, f'SELECT 1 FROM "{table}" WHERE "{column}"::text ILIKE %s LIMIT 1', f"%{needle}%")
    }


@pytest.fixture(autouse=True)
def no_run_of_its_own(monkeypatch):
    """A service that starts within ten minutes of its hourly run makes up for it: here only what a test runs deletes anything."""
    monkeypatch.setattr(Retention, "register", lambda self: None)


@pytest.fixture
def retention(service, database) -> Callable[..., Retention]:
    """Makes the deletion as the service's job runs it; what it enqueues is worked on by the service."""

    def make(beside: Database = database, *, batch_max: int = 3, run_s: float = 30.0) -> Retention:
        jobs = Jobs(beside)

        @jobs.task(name=SUMMARIZE)
        async def summarize_topics(*, guild_id: str, channel_id: str) -> None:
            raise AssertionError("the service's worker runs it")

        return Retention(beside, jobs, batch_max=batch_max, run_s=run_s)

    return make


async def test_the_hourly_job_deletes_what_is_too_old(database):
    await written(
        database, "INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, text) VALUES ('guild', 'c', 'm', 'user', 'u', 'x')"
    )
    await dated_back(database)
    settings = "guild_id, addressing_threshold, channel_context, extraction, retention_days, version"
    await written(database, f"INSERT INTO guild_settings ({settings}) VALUES ('guild', 0.5, false, true, %s, 1)", DAYS)
    jobs = Jobs(database)

    @jobs.task(name=SUMMARIZE)
    async def summarize_topics(*, guild_id: str, channel_id: str) -> None:
        """Nothing was summed up."""

    REGISTER(Retention(database, jobs, batch_max=10, run_s=30.0))
    async with database.write() as session:
        await jobs.enqueue(session, "expire_messages", timestamp=0)
    async with jobs.run(), asyncio.timeout(20):
        while await texts(database):
            await asyncio.sleep(0.02)


async def test_nothing_is_left_of_what_is_older_than_the_limit(client, database, model, retention):
    said = message("my parrot is called Quetzalcoatl", user_name="Anneliese")
    await answered(client, said)
    await drained(database)
    assert await rows(database, "SELECT count(*) > 0 FROM message_terms")
    await dated_back(database)
    await limit(client, DAYS)
    assert await retention().run() == 2
    await drained(database)
    assert await texts(database) == []
    assert await found_in_database(database, "Quetzalcoatl") == set()
    assert await rows(database, "SELECT user_name, nickname, payload_hash FROM turns") == [("", "", b"")]
    for table in ("message_embeddings", "message_terms", "topics"):
        assert await rows(database, f"SELECT count(*) FROM {table}") == [(0,)]
    assert await retention().run() == 0


async def test_what_is_younger_stays_to_the_minute(client, database, retention):
    await append(client, ("too old", OLD), ("young enough", YOUNG), ("of today", timedelta()))
    await limit(client, DAYS)
    assert await retention().run() == 1
    assert await texts(database) == ["young enough", "of today"]


async def test_guilds_without_a_limit_and_direct_messages_keep_everything(client, database, retention):
    for guild_id in ("guild", "other", ""):
        await append(client, (f"old in {guild_id or 'private'}", timedelta(days=1000)), guild_id=guild_id, channel_id=f"lounge{guild_id}")
    await limit(client, DAYS, "guild")
    await limit(client, 0, "other")
    assert await retention().run() == 1
    assert await texts(database) == ["old in other", "old in private"]


async def test_a_limit_that_was_taken_back_counts_no_more(client, database, retention):
    await append(client, ("old", OLD))
    await limit(client, DAYS)
    await limit(client, 0)
    assert await retention().run() == 0
    assert await texts(database) == ["old"]


async def test_more_than_a_batch_is_deleted_in_turns_of_guilds_and_channels(client, database, retention):
    for guild_id in ("guild", "other"):
        for channel_id in ("lounge", "kitchen"):
            await append(client, *((f"{number} of {channel_id}", OLD) for number in range(5)), guild_id=guild_id, channel_id=channel_id + guild_id)
        await limit(client, DAYS, guild_id)
    counted = REGISTRY.get_sample_value("parlour_conversation_expired_messages_total") or 0.0
    assert await retention().run() == 20
    assert await texts(database) == []
    assert REGISTRY.get_sample_value("parlour_conversation_expired_messages_total") == counted + 20


async def test_what_a_run_has_no_time_for_is_left_to_the_next(client, database, retention):
    await append(client, ("old", OLD))
    await limit(client, DAYS)
    assert await retention(run_s=0).run() == 0
    assert REGISTRY.get_sample_value("parlour_conversation_expired_guilds_left") == 1
    assert await retention().run() == 1
    assert REGISTRY.get_sample_value("parlour_conversation_expired_guilds_left") == 0


async def topics_of_parrots_and_dogs(client, database: Database) -> None:
    """One topic of the past, and one that the limit goes through."""
    await append(client, ("the parrot is green", OLD), ("the parrot bites", OLD), ("the dog sleeps all day", YOUNG), ("the dog snores", YOUNG))
    await drained(database)
    await written(database, "DELETE FROM topics")
    covering = "INSERT INTO topics (guild_id, channel_id, first_sequence, last_sequence, start_time, end_time, closed, summary, summary_source)"
    now = "SELECT 'guild', 'lounge', min(sequence), max(sequence), min(create_time), max(create_time), true, 'they spoke of a parrot', 'model'"
    await written(database, f"{covering} {now} FROM messages WHERE text = 'the parrot is green'")
    await written(database, f"{covering} {now} FROM messages WHERE text <> 'the parrot is green'")
    await limit(client, DAYS)


async def test_a_topic_of_the_past_goes_and_one_that_lost_a_part_is_summed_up_again(client, database, retention):
    await topics_of_parrots_and_dogs(client, database)
    assert await retention().run() == 2
    assert await found_in_database(database, "parrot") == set()
    await drained(database)
    ((summary, source, stale),) = await rows(database, "SELECT summary, summary_source, summary_stale FROM topics")
    assert ("dog" in summary, source, stale) == (True, "extractive", False)
    assert await found_in_database(database, "parrot") == set()


async def test_topics_of_the_past_go_where_a_guild_does_without_summaries_too(client, database, retention):
    await topics_of_parrots_and_dogs(client, database)
    await written(database, "UPDATE guild_settings SET summaries = false")
    await retention().run()
    await drained(database)
    assert await rows(database, "SELECT summary FROM topics") == [("",)]


async def test_younger_messages_and_personas_quote_nothing_of_what_is_gone(client, database, retention):
    said = message("shorter please")
    await answered(client, said)
    await drained(database)
    await dated_back(database)
    quoted = pb.RepliedTo(message_id=said.message_id, author_id="ann", author_name="Ann", text=said.text)
    await answered(client, message("well said", user_id="bob", user_name="Bob", replied_to=quoted))
    assert {"messages.replied_to", "persona_versions.quote"} <= await found_in_database(database, said.text)
    await limit(client, DAYS)
    await retention().run()
    await drained(database)
    assert await found_in_database(database, said.text) == set()
    assert "well said" in await texts(database)


async def test_a_repeated_turn_of_a_message_that_is_gone_is_answered_as_it_is_stored(client, database, retention):
    said = message("hello")
    begun, _ = await answered(client, said)
    await dated_back(database)
    await limit(client, DAYS)
    await retention().run()
    again = await client.begin_turn(said)
    assert (again.turn_id, again.state, again.reply_text) == (begun.turn_id, pb.TURN_STATE_FINISHED, "")


async def test_a_guild_that_cannot_be_dealt_with_keeps_no_other_waiting(client, database, conversation_database_url, retention):
    for guild_id in ("guild", *(f"other{number}" for number in range(8))):
        await append(client, (f"old in {guild_id}", OLD), guild_id=guild_id, channel_id=f"lounge{guild_id}")
        await limit(client, DAYS, guild_id)
    impatient = Database(conversation_database_url, pool_size=2, statement_timeout_s=0.3)
    async with database.connection() as connection, connection.transaction():
        await connection.execute("SELECT FROM messages WHERE guild_id = 'guild' FOR UPDATE")
        with pytest.raises(DeadlineExceeded):
            await retention(impatient).run()
    await impatient.close()
    assert await texts(database) == ["old in guild"]

"""No statement on a turn's path reads a whole table beside 100,000 messages, whether it is planned for its values or, once prepared, for any."""

import asyncio
import functools
import itertools

import numpy as np
import psycopg
import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.message_store import Conversation
from services.conversation.settings import ConversationSettings
from services.conversation.tables import metadata
from services.conversation.topics.message_index import INDEX, LEFT_BEHIND
from services.local.postgres import Postgres
from services.retrieval.embedding import MODEL_NAME
from services.retrieval.terms import terms_of
from services.retrieval.text_embedding import vector_literal
from services.runtime.database import PLANNED_ONCE, Database
from tests.bench.memory.sentences import sentences
from tests.fakes.model_server import ModelServer
from tests.integration.conversation.conftest import MODELS, Service, answered, embedding_model, message
from tests.integration.conversation.test_older_messages import looking
from tests.integration.memory.recorded_statements import Recorder, count_rows, explained, nodes

SMALL, SMALL_MESSAGES, LARGE_MESSAGES = 900, 100, 10_000
LARGE_ROWS = 10_000
BUSY = {"messages", "message_embeddings", "message_terms", "turns"}
LARGE = Conversation("guild", "large")
PLANTED = "our puppy is called Bello"

_FILL = (
    """
    CREATE TEMP TABLE places AS
    SELECT channel, n, (channel * 31 + n) %% 1000 AS s FROM generate_series(0, %(small)s) channel
    CROSS JOIN LATERAL generate_series(1, CASE channel WHEN 0 THEN %(large_messages)s ELSE %(small_messages)s END) n
    """,
    """
    INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, author_name, text, create_time, indexed)
    SELECT 'guild', CASE channel WHEN 0 THEN 'large' ELSE 'small' || channel END, 's' || s || '-' || n, 'user', 'u' || n %% 7, 'Name' || n %% 7, text,
        now() - make_interval(mins => 20000 - n), true
    FROM places JOIN source_texts USING (s) ORDER BY channel, n
    """,
    """
    INSERT INTO message_embeddings (guild_id, channel_id, sequence, model, embedding)
    SELECT guild_id, channel_id, sequence, %(model)s, embedding FROM messages
    JOIN source_vectors ON s = split_part(substr(message_id, 2), '-', 1)::int ORDER BY sequence
    """,
    """
    INSERT INTO message_terms (guild_id, channel_id, sequence, term, occurrences, length)
    SELECT guild_id, channel_id, sequence, term, occurrences, length FROM messages
    JOIN source_terms ON s = split_part(substr(message_id, 2), '-', 1)::int
    """,
    """
    INSERT INTO topics (guild_id, channel_id, first_sequence, last_sequence, message_count, closed, summary, summary_source)
    SELECT guild_id, channel_id, min(sequence), max(sequence), count(*), true, 'about things', 'extractive'
    FROM (SELECT *, sequence / 10 AS topic FROM messages) m GROUP BY guild_id, channel_id, topic
    """,
    """
    INSERT INTO turns (turn_id, message_id, attempt, guild_id, channel_id, user_id, state, fence, deadline_at, end_time, payload_hash, counted)
    SELECT channel_id || sequence, message_id, 0, guild_id, channel_id, author_id, 2, sequence, create_time, create_time, '', true FROM messages
    """,
)


def fill(superuser_url: str) -> None:
    with psycopg.connect(superuser_url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET work_mem = '256MB'")
        connection.execute("CREATE TEMP TABLE source_texts (s int, text text)")
        connection.execute("CREATE TEMP TABLE source_terms (s int, term text, occurrences int, length int)")
        connection.execute("CREATE TEMP TABLE source_vectors (s int, embedding vector(384))")
        texts = list(itertools.islice(sentences(1), 1_000))
        vectors = np.random.default_rng(1).standard_normal((1_000, 384), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1)[:, None]
        with connection.cursor() as cursor:
            with cursor.copy("COPY source_texts FROM STDIN") as copy:
                for row in enumerate(texts):
                    copy.write_row(row)
            with cursor.copy("COPY source_terms FROM STDIN") as copy:
                for number, text in enumerate(texts):
                    terms = terms_of(text)
                    for term, count in terms.counts.items():
                        copy.write_row((number, term, count, terms.length))
            with cursor.copy("COPY source_vectors FROM STDIN") as copy:
                for number, vector in enumerate(vectors):
                    copy.write_row((number, vector_literal(vector)))
        values = {"small": SMALL, "small_messages": SMALL_MESSAGES, "large_messages": LARGE_MESSAGES, "model": MODEL_NAME}
        for statement in _FILL:
            connection.execute(statement.encode(), values)
        connection.execute("ANALYZE")
        connection.execute("VACUUM")


@pytest.fixture(scope="module")
def filled(postgres: Postgres, cloned_database):
    """(url, superuser's url) of a database with 100,000 messages, a tenth of them in one conversation."""
    name, url = cloned_database("conversation")
    fill(postgres.url(name))
    yield url, postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def said(filled, tmp_path_factory):
    """What the service said to the database while messages were appended, indexed, answered and listed."""
    recorder = Recorder()

    async def live():
        async with ModelServer() as model:
            models_file = tmp_path_factory.mktemp("models") / "models.toml"
            models_file.write_text(MODELS.format(url=model.base_url))
            nowhere = {"PARLOUR_CREDIT_ADDRESS": "127.0.0.1:9", "PARLOUR_MEMORY_ADDRESS": "127.0.0.1:9", "PARLOUR_MODELS_FILE": str(models_file)}
            service = await Service(ConversationSettings(listen="127.0.0.1:0", database_url=filled[0], index_wait_messages=1, **nowhere)).start()
            try:
                key = pb.ConversationKey(guild_id="guild", channel_id="large")
                planted = pb.Message(message_id="planted", author_id="bob", author_name="Bob", text=PLANTED)
                await service.client.append_messages(pb.AppendMessagesRequest(request_id="a", conversation=key, messages=[planted]))
                await indexed(filled[0])
                _, reply = await answered(service.client, message("what is the puppy called?", channel_id="large"), account_id="", hold_id="")
                assert reply.finished.stored
                await service.client.list_messages(pb.ListMessagesRequest(conversation=key))
                await indexed(filled[0])
            finally:
                await service.stop()

    with pytest.MonkeyPatch.context() as patch, recorder.recording(patch):
        asyncio.run(live())
    return recorder.statements


async def indexed(url):
    """Wait until nothing waits to be indexed: memory is not there, so the job after a turn is never over."""
    database = Database(url, pool_size=1)
    try:
        async with asyncio.timeout(60):
            while True:
                async with database.connection() as connection:
                    row = await (await connection.execute("SELECT count(*) FROM messages WHERE in_context AND NOT indexed")).fetchone()
                if row == (0,):
                    return
                await asyncio.sleep(0.05)
    finally:
        await database.close()


@pytest.fixture(scope="module")
def connection(filled):
    with psycopg.connect(filled[0], autocommit=True, prepare_threshold=None) as connection:
        yield connection


@functools.cache
def _tables():
    return sorted(metadata.tables)


@pytest.fixture(scope="module")
def large(connection):
    """The tables that must not be read whole."""
    return {table for table in _tables() if count_rows(connection, table) >= LARGE_ROWS}


def test_the_busy_tables_are_full(large):
    assert large >= BUSY


@pytest.mark.parametrize("generic", [False, True], ids=["planned for its values", "planned for any values"])
def test_no_statement_of_a_turn_reads_a_whole_table(said, connection, large, generic):
    distinct = {one.shape: one for one in said if any(table in one.query for table in BUSY | {"topics"}) and "procrastinate" not in one.query}
    assert len(distinct) > 10
    assert any("inner_product" in shape for shape in distinct)
    # An index over what waits may be read from one end to the other.
    partial = {name for (name,) in connection.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")}
    wrong = []
    for shape, one in distinct.items():
        for node in nodes(explained(connection, one, generic=generic)):
            through = node.get("Index Name")
            reads_all = node["Node Type"] == "Seq Scan" or (through not in {None, *partial} and not any("Cond" in name for name in node))
            if node.get("Relation Name") in large and reads_all:
                wrong.append(f"{node['Node Type']} on {node['Relation Name']}: {shape}")
    assert not wrong, "\n\n".join(wrong)


async def test_a_large_conversation_is_searched_in_no_time_after_small_ones_with_the_same_prepared_statements(filled, said):
    # A plan that suits a hundred messages and compares all with all takes minutes for ten thousand.
    database = Database(filled[0], pool_size=1, statement_timeout_s=3.0, planner=PLANNED_ONCE)
    older = looking(database, embedding_model())
    try:
        for number in range(1, 16):
            assert await older.search(Conversation("guild", f"small{number}"), "new", "what is the puppy called?")
        found = await older.search(LARGE, "new", "what is the puppy called?")
    finally:
        await database.close()
    # Somebody asked the same before: nothing but that question and its answer may come first.
    asked = [one.message.text for one in found if one.message.text != "what is the puppy called?" and one.message.role == "user"]
    assert asked[0] == PLANTED
    assert PLANTED in [one.message.text for one in found[:3]]


async def test_the_search_for_those_left_behind_reads_only_what_waits(connection, filled):
    values = {"age_s": 60.0, "task": INDEX, "limit": 10}
    query = LEFT_BEHIND.text
    for name in values:
        query = query.replace(f":{name}", f"%({name})s")
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {query}".encode(), values).fetchone()
    read = [node for node in nodes(row[0][0]["Plan"]) if node.get("Relation Name") == "messages"]
    assert [node["Index Name"] for node in read] == ["messages_not_indexed"]

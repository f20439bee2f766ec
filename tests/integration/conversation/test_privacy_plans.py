"""No edit, deletion or step of an erasure reads all messages of a large database, but the one that says so."""

import psycopg
import pytest
import sqlalchemy as sa

from services.conversation.guilds import ignored_people
from services.conversation.privacy import erasure_store, message_changes
from services.runtime.database import Database

pytestmark = pytest.mark.timeout(240)  # a full table takes its time on a busy machine
MESSAGES = 100_000
_FILL = f"""
    INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, text, answers_message_id, replied_to, indexed)
    SELECT 'g' || n % 7, 'c' || n % 70, 'm' || n, CASE WHEN n % 2 = 0 THEN 'user' ELSE 'assistant' END, 'u' || n % 500, 'words ' || n,
        CASE WHEN n % 2 = 1 THEN 'm' || n - 1 ELSE '' END,
        CASE WHEN n % 10 = 0 THEN jsonb_build_object('message_id', 'm' || n - 70, 'author_id', 'u1', 'text', 'quoted') END, true
    FROM generate_series(1, {MESSAGES}) n
"""
_FILL_TURNS = """
    INSERT INTO turns (turn_id, message_id, attempt, guild_id, channel_id, user_id, state, fence, deadline_at, payload_hash)
    SELECT concat('m', n, chr(58), '0'), 'm' || n, 0, 'g' || n % 7, 'c' || n % 70, 'u' || n % 500, 2, n, now(), ''
    FROM generate_series(1, 20000) n
"""
_KEY = {"guild_id": "g1", "channel_id": "c1"}
_TURNS = {**_KEY, "message_ids": ["m2"], "turn_ids": ["m2:0"]}
STATEMENTS = {
    "an edit": (message_changes._EDIT, {**_KEY, "message_id": "m2", "author_id": "u2", "text": "x"}),
    "its quotes": (message_changes._REQUOTE, {**_KEY, "message_id": "m2", "author_id": "u2", "text": "x"}),
    "its turns": (message_changes._FORGET_PAYLOADS, _TURNS),
    "a deletion": (message_changes._DELETE, {**_KEY, "message_ids": ["m2"], "author_id": ""}),
    "its replies": (message_changes._DELETE_REPLIES, {**_KEY, "message_ids": ["m2"]}),
    "the quotes of what is deleted": (message_changes._UNQUOTE, {**_KEY, "message_ids": ["m2"]}),
    "the quotes of replies": (message_changes._UNQUOTE_REPLIES, {**_KEY, "texts": ["words 3"]}),
    "a withdrawal": (message_changes._WITHDRAW, _TURNS),
    "a batch of an erasure": (erasure_store._THEIR_MESSAGES, {"user_id": "u2", "before_time": "2100-01-01", "batch_max": 500}),
    "its names": (erasure_store._NAMES, {"user_id": "u2", "names_max": 20}),
    "a step through what others said": (
        erasure_store._OTHERS,
        {
            "guild_id": "g1",
            "channel_id": "c1",
            "sequence": 0,
            "walk_max": 500,
            "user_id": "u2",
            "guild_ids": ["g1"],
            "named": "<@u2>",
            "anywhere": "<@u2>",
        },
    ),
}


@pytest.fixture
async def filled(database: Database) -> Database:
    # A connection of its own: the service's gives up a server that says nothing for seconds, as this one does on a busy machine.
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
        for statement in (_FILL, _FILL_TURNS, "ANALYZE messages, turns"):
            await connection.execute(statement.encode())
    return database


async def test_every_statement_finds_its_messages_by_an_index(filled):
    for name, (statement, values) in STATEMENTS.items():
        async with filled.write() as session:
            plan = "\n".join((await session.execute(sa.text(f"EXPLAIN {statement.text}"), values)).scalars())
            await session.rollback()
        assert "Seq Scan on messages" not in plan, f"{name}:\n{plan}"
        assert "Index" in plan, f"{name}:\n{plan}"


async def test_who_is_ignored_is_found_by_an_index(database):
    settings = "guild_id, version, addressing_threshold, channel_context, extraction, ignored_user_ids"
    values = "'g' || n, 1, 0, false, true, CASE WHEN n % 50 = 0 THEN ARRAY['u' || n, 'u1'] ELSE '{}' END FROM generate_series(1, 20000) n"
    async with database.write() as session:
        for table in ("guild_settings", "guild_settings_versions"):
            await session.execute(sa.text(f"INSERT INTO {table} ({settings}) SELECT {values}"))
        await session.execute(sa.text("ANALYZE guild_settings, guild_settings_versions"))
    for statement in (ignored_people.IGNORING, ignored_people.EDIT_VERSIONS):
        async with database.write() as session:
            plan = "\n".join((await session.execute(sa.text(f"EXPLAIN {statement.text}"), {"user_id": "u250"})).scalars())
            await session.rollback()
        assert "_by_ignored" in plan, plan

"""Loads what is to be summed up and keeps summaries. Every method is one transaction; none calls a model.

A summary is kept only if what it was made of still reads the same. The check holds the messages first and the topic after them, in the order in which
an edit and its trigger take them: whoever changes a message meanwhile waits, and empties the summary then. Where summaries are summed up for the
first time their messages are held as well: an edit that is under way would not see the new row.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import numpy as np
import psycopg
from prometheus_client import Counter
from psycopg.rows import namedtuple_row

from services.conversation.message_store import Conversation
from services.conversation.models.images import stored_images, with_mentions
from services.conversation.topics.summaries import Line, extractive, lines_of, to_be_grouped
from services.runtime.database import Database

MODEL, EXTRACTIVE = "model", "extractive"
_TOPICS_READ_MAX = 1_000

_conflicts = Counter("parlour_conversation_summary_conflicts_total", "Summaries thrown away because what they sum up changed meanwhile")
_deleted = Counter("parlour_conversation_topics_deleted_total", "Topics deleted because nothing was left of them")
_grouped = Counter("parlour_conversation_summaries_grouped_total", "Summaries that were summed up together")

_ALLOWED = "SELECT coalesce((SELECT g.summaries FROM guild_settings g WHERE g.guild_id = %(guild_id)s), true)"

_TOPIC = """
    t.topic_id, t.level, t.parent_id, t.closed, t.first_sequence, t.last_sequence, t.start_time, t.end_time, t.message_count, t.summary,
    t.summary_source, t.summary_stale, t.summary_tries
"""

# What sums up summaries waits until there is one of each.
_DUE = f"""
SELECT {_TOPIC} FROM topics t
WHERE t.guild_id = %(guild_id)s AND t.channel_id = %(channel_id)s AND t.summary_stale
    AND NOT EXISTS (SELECT FROM topics c WHERE c.parent_id = t.topic_id AND c.summary = '' AND c.summary_stale)
ORDER BY t.level, t.first_sequence LIMIT %(limit)s
"""  # noqa: S608 -- made of constants
_OPEN = f"""
SELECT {_TOPIC} FROM topics t
WHERE t.guild_id = %(guild_id)s AND t.channel_id = %(channel_id)s AND t.level = 1 AND NOT t.closed AND t.summary_stale
    AND coalesce((SELECT g.summaries FROM guild_settings g WHERE g.guild_id = t.guild_id), true)
LIMIT 1
"""  # noqa: S608 -- made of constants
_ONE = f"SELECT {_TOPIC} FROM topics t WHERE t.topic_id = %(topic_id)s"  # noqa: S608 -- made of constants
_TOP = f"""
SELECT {_TOPIC} FROM topics t
WHERE t.guild_id = %(guild_id)s AND t.channel_id = %(channel_id)s AND t.parent_id IS NULL AND t.first_sequence > coalesce(
    (SELECT c.reset_sequence FROM conversations c WHERE c.guild_id = %(guild_id)s AND c.channel_id = %(channel_id)s), 0
)
ORDER BY t.first_sequence LIMIT %(limit)s
"""  # noqa: S608 -- made of constants

_SAID = """
SELECT m.sequence, m.role, m.author_id, m.author_name, m.text, m.images, e.embedding::real[] AS embedding
FROM messages m LEFT JOIN message_embeddings e
    ON e.guild_id = m.guild_id AND e.channel_id = m.channel_id AND e.sequence = m.sequence AND e.model = %(model)s
WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s AND m.in_context AND m.sequence BETWEEN %(first)s AND %(last)s
ORDER BY m.sequence
"""
_SAID_LOCKED = f"{_SAID} FOR SHARE OF m"
_SUMS = "SELECT topic_id, summary, summary_source FROM topics WHERE parent_id = %(topic_id)s ORDER BY first_sequence"
_HOLD_TOPIC = "SELECT FROM topics WHERE topic_id = %(topic_id)s FOR UPDATE"
_HOLD_MESSAGES = """
SELECT count(*) FROM (
    SELECT FROM messages WHERE guild_id = %(guild_id)s AND channel_id = %(channel_id)s AND sequence BETWEEN %(first)s AND %(last)s FOR SHARE
) held
"""

_KEEP = """
UPDATE topics SET summary = %(summary)s, summary_source = %(source)s, summary_stale = %(stale)s, summary_tries = %(tries)s, summarized_at = now(),
    message_count = CASE WHEN level = 1 THEN %(count)s ELSE message_count END
WHERE topic_id = %(topic_id)s AND first_sequence = %(first)s AND last_sequence = %(last)s AND closed = %(closed)s
RETURNING parent_id
"""
_KEEP_TRIES = "UPDATE topics SET summary_tries = %(tries)s WHERE topic_id = ANY(%(topic_ids)s) AND summary_stale AND summary_tries < %(tries)s"
_STALE = "UPDATE topics SET summary_stale = true, summary_tries = 0 WHERE topic_id = %(topic_id)s"
_DELETE = "DELETE FROM topics WHERE topic_id = %(topic_id)s RETURNING parent_id"

_GROUP = """
INSERT INTO topics (guild_id, channel_id, level, first_sequence, last_sequence, start_time, end_time, message_count, closed, summary, summary_source,
    summary_stale, summarized_at)
SELECT guild_id, channel_id, max(level) + 1, min(first_sequence), max(last_sequence), min(start_time), max(end_time), sum(message_count), true,
    %(summary)s, 'extractive', true, now()
FROM topics WHERE topic_id = ANY(%(topic_ids)s) GROUP BY guild_id, channel_id
RETURNING topic_id
"""
_SUMMARIES = "SELECT summary, summary_source FROM topics WHERE topic_id = ANY(%(topic_ids)s) ORDER BY first_sequence"
_SETTLED = "SELECT count(*) FROM topics WHERE topic_id = ANY(%(topic_ids)s) AND parent_id IS NULL AND summary <> '' AND NOT summary_stale"
_ADOPT = "UPDATE topics SET parent_id = %(parent_id)s WHERE topic_id = ANY(%(topic_ids)s)"

# Rows are locked in one order, so that two conversations of a guild cannot wait for each other.
_ACTIVITY = """
UPDATE user_activity a SET last_summary_time = now() FROM (
    SELECT guild_id, user_id FROM user_activity WHERE guild_id = %(guild_id)s AND user_id = ANY(%(user_ids)s) ORDER BY user_id FOR UPDATE
) said WHERE a.guild_id = said.guild_id AND a.user_id = said.user_id
"""


@dataclass(frozen=True, slots=True)
class Topic:
    """A stretch of a conversation (level 1), or several that are summed up together.

    `source` says where the summary is from: MODEL, EXTRACTIVE, or empty where there is none. `stale`: it is to be made (again), and a model has tried
    `tries` times since.
    """

    topic_id: int
    level: int
    parent_id: int | None
    closed: bool
    first_sequence: int
    last_sequence: int
    start_time: datetime
    end_time: datetime
    message_count: int
    summary: str
    source: str
    stale: bool
    tries: int


@dataclass(frozen=True, slots=True)
class Source:
    """What a topic is summed up from, the people who said it, and a digest that tells whether it changed."""

    lines: Sequence[Line]
    user_ids: Sequence[str]
    digest: bytes


class SummaryStore:
    """Topics and their summaries. `model_name` names the model whose embeddings are read."""

    def __init__(self, database: Database, model_name: str, *, assistant_name: str) -> None:
        self._database = database
        self._model_name = model_name
        self._assistant_name = assistant_name

    async def allowed(self, where: Conversation) -> bool:
        """Whether the guild has summaries made."""
        return bool((await self._rows(_ALLOWED, _key(where)))[0][0])

    async def due(self, where: Conversation, limit: int) -> list[Topic]:
        """Return topics that are not summed up, or not as they now read: those of messages first, then oldest first."""
        return [Topic(*row) for row in await self._rows(_DUE, _key(where) | {"limit": limit})]

    async def open(self, where: Conversation) -> Topic | None:
        """Return the topic that is still talked about, where it is to be summed up (again)."""
        rows = await self._rows(_OPEN, _key(where))
        return Topic(*rows[0]) if rows else None

    async def topic(self, topic_id: int) -> Topic | None:
        """Return a topic, None where it is no longer there."""
        rows = await self._rows(_ONE, {"topic_id": topic_id})
        return Topic(*rows[0]) if rows else None

    async def top(self, where: Conversation) -> list[Topic]:
        """Return what is not summed up with others, oldest first; nothing from before the last reset."""
        return [Topic(*row) for row in await self._rows(_TOP, _key(where) | {"limit": _TOPICS_READ_MAX})]

    async def source(self, where: Conversation, topic: Topic) -> Source:
        """Return what a topic is summed up from; without lines where nothing of it is left."""
        async with self._database.connection() as connection:
            return await self._read(connection, where, topic, locked=False)

    async def keep(self, where: Conversation, topic: Topic, source: Source, summary: str, kind: str, *, stale: bool = False, tries: int = 0) -> bool:
        """Keep a summary, of MODEL or EXTRACTIVE kind; `stale`: until there is a better one. Returns False where its source changed: nothing is kept.

        What sums it up with others is stale then. Raises StaleVersion where two transactions met, and DependencyUnavailable.
        """
        async with self._database.connection() as connection, connection.transaction():
            now = await self._read(connection, where, topic, locked=True)
            values: dict[str, object] = {
                "first": topic.first_sequence,
                "last": topic.last_sequence,
                "closed": topic.closed,
                "topic_id": topic.topic_id,
            }
            values |= {"summary": summary, "source": kind, "stale": stale, "tries": tries, "count": len(now.lines)}
            kept = now.digest == source.digest and await (await connection.execute(_KEEP, values)).fetchone()
            if not kept:
                _conflicts.inc()
                return False
        if kept[0] is not None and summary != topic.summary:
            await self._make_stale(kept[0])
        return True

    async def delete_empty(self, where: Conversation, topic: Topic) -> None:
        """Delete a topic of which nothing is left; what sums it up with others is stale then."""
        async with self._database.connection() as connection, connection.transaction():
            if (await self._read(connection, where, topic, locked=True)).lines:
                return
            deleted = await (await connection.execute(_DELETE, {"topic_id": topic.topic_id})).fetchall()
        _deleted.inc(len(deleted))
        for (parent_id,) in deleted:
            if parent_id is not None:
                await self._make_stale(parent_id)

    async def count_try(self, topics: Sequence[Topic], tries: int) -> None:
        """Note how often a model was tried in vain for topics that are still to be summed up."""
        async with self._database.connection() as connection:
            await connection.execute(_KEEP_TRIES, {"topic_ids": [topic.topic_id for topic in topics], "tries": tries})

    async def group(self, where: Conversation, *, top_max: int, group: int, characters_max: int) -> bool:
        """Sum up the oldest summaries together where there are more than top_max, extractively for now; return whether it was done.

        Only summaries that are settled: otherwise it is done after they are.
        """
        closed = [one for one in await self.top(where) if one.closed]
        chosen = [closed[place] for place in to_be_grouped([one.level for one in closed], top_max=top_max, group=group)]
        if not chosen or any(one.stale or not one.summary for one in chosen):
            return False
        topic_ids = [one.topic_id for one in chosen]
        held = _key(where) | {"first": chosen[0].first_sequence, "last": chosen[-1].last_sequence}
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(_HOLD_MESSAGES, held)
            settled = await (await connection.execute(_SETTLED, {"topic_ids": topic_ids})).fetchone()
            if settled is None or settled[0] != len(chosen):
                return False
            sums = await (await connection.execute(_SUMMARIES, {"topic_ids": topic_ids})).fetchall()
            lines = [line for summary, source in sums for line in lines_of(summary, extracted=source == EXTRACTIVE)]
            values = {"topic_ids": topic_ids, "summary": extractive(lines, characters_max=characters_max)}
            (parent_id,) = await (await connection.execute(_GROUP, values)).fetchone() or (None,)
            await connection.execute(_ADOPT, {"topic_ids": topic_ids, "parent_id": parent_id})
        _grouped.inc(len(chosen))
        return True

    async def note_activity(self, where: Conversation, user_ids: Sequence[str]) -> None:
        """Note that what these people said is summed up now."""
        async with self._database.connection() as connection:
            await connection.execute(_ACTIVITY, {"guild_id": where.guild_id, "user_ids": list(user_ids)})

    async def _read(self, connection: psycopg.AsyncConnection, where: Conversation, topic: Topic, *, locked: bool) -> Source:
        cursor = connection.cursor(row_factory=namedtuple_row)
        if topic.level > 1:
            if locked:
                await cursor.execute(_HOLD_TOPIC, {"topic_id": topic.topic_id})
            sums: Sequence[Any] = await (await cursor.execute(_SUMS, {"topic_id": topic.topic_id})).fetchall()
            lines = [line for row in sums for line in lines_of(row.summary, extracted=row.summary_source == EXTRACTIVE)]
            return Source(lines, (), _digest((row.topic_id, row.summary) for row in sums))
        values = _key(where) | {"first": topic.first_sequence, "last": topic.last_sequence, "model": self._model_name}
        said: Sequence[Any] = await (await cursor.execute(_SAID_LOCKED if locked else _SAID, values)).fetchall()
        user_ids = sorted({row.author_id for row in said if row.role == "user"})
        return Source([self._line(row) for row in said], user_ids, _digest((row.sequence, row.author_name, row.text, row.images) for row in said))

    def _line(self, row: Any) -> Line:
        vector = None if row.embedding is None else np.asarray(row.embedding, dtype=np.float32)
        speaker = row.author_name or (self._assistant_name if row.role == "assistant" else "")
        return Line(speaker, with_mentions(row.text, stored_images(row.images)), vector)

    async def _make_stale(self, topic_id: int) -> None:
        # In a transaction of its own: an edit's trigger takes topics in any order, and nobody must wait for the other.
        async with self._database.connection() as connection:
            await connection.execute(_STALE, {"topic_id": topic_id})

    async def _rows(self, statement: LiteralString, values: dict[str, object]) -> list[tuple[Any, ...]]:
        async with self._database.connection() as connection:
            return await (await connection.execute(statement, values)).fetchall()


def _key(where: Conversation) -> dict[str, object]:
    return {"guild_id": where.guild_id, "channel_id": where.channel_id}


def _digest(rows: Any) -> bytes:
    return hashlib.sha256(repr(list(rows)).encode("utf-8", "replace")).digest()

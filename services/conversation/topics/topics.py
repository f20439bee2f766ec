"""Topics of conversations: which messages belong together, kept up to date as messages are indexed.

Every message of a conversation that a model may be shown lies in the range of one topic of level 1. The newest topic is open: it grows and may still
be split; the job reads it from its beginning. The others are closed and keep their ranges, which touch each other: a message that is committed late,
after one with a higher number, lies in one of them. A pause as long as a session's end closes a topic, and so does a reset.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import sqlalchemy as sa
from prometheus_client import Counter
from psycopg.rows import namedtuple_row
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation.message_store import Conversation
from services.conversation.topics.message_index import Follow, conversation_lock
from services.conversation.topics.topic_segmentation import Segmentation, Utterance, decided, utterance
from services.retrieval.text_embedding import Vectors, vector_literal
from services.runtime.database import Database
from services.runtime.jobs import Jobs

SEGMENT = "segment_topics"
SUMMARIZE = "summarize_topics"
_PASSES_MAX = 100

_changes = Counter("parlour_conversation_topic_changes_total", "Topics that were opened, closed or found changed", ["change"])
_left_behind = Counter("parlour_conversation_topics_left_behind_total", "Conversations whose topics no job was waiting for", ["task"])

# Two runs for one conversation, such as that of a lost worker and its repetition, must not both add the same topic.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))"

_STATE = """
SELECT t.topic_id, t.first_sequence, t.last_sequence, t.end_time, t.closed,
    coalesce((SELECT c.reset_sequence FROM conversations c WHERE c.guild_id = %(guild_id)s AND c.channel_id = %(channel_id)s), 0) AS reset_sequence,
    t.end_time < now() - make_interval(secs => %(idle_s)s) AS quiet,
    (
        SELECT count(*) FROM (
            SELECT FROM messages m WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s AND m.in_context
                AND m.sequence > coalesce(t.last_sequence, 0) LIMIT %(step)s
        ) added
    ) AS added,
    (
        SELECT m.create_time < now() - make_interval(secs => %(idle_s)s) FROM messages m
        WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s AND m.in_context ORDER BY m.sequence DESC LIMIT 1
    ) AS idle
FROM (SELECT) nothing LEFT JOIN LATERAL (
    SELECT * FROM topics WHERE guild_id = %(guild_id)s AND channel_id = %(channel_id)s AND level = 1 ORDER BY first_sequence DESC LIMIT 1
) t ON true
"""
"""The newest topic, and what has happened since."""

_STREAM = """
SELECT m.sequence, m.message_id, m.text, m.create_time, m.indexed, m.answers_message_id, m.replied_to ->> 'message_id' AS replied_to,
    e.embedding::real[] AS embedding
FROM messages m LEFT JOIN message_embeddings e
    ON e.guild_id = m.guild_id AND e.channel_id = m.channel_id AND e.sequence = m.sequence AND e.model = %(model)s
WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s AND m.in_context AND m.sequence >= %(start)s
ORDER BY m.sequence LIMIT %(limit)s
"""

_INSERT = """
INSERT INTO topics (guild_id, channel_id, first_sequence, last_sequence, start_time, end_time, message_count, closed, centroid, summary_stale)
VALUES (%(guild_id)s, %(channel_id)s, %(first)s, %(last)s, %(start_time)s, %(end_time)s, %(count)s, %(closed)s, %(centroid)s::vector, true)
"""
_UPDATE = """
UPDATE topics SET last_sequence = %(last)s, start_time = %(start_time)s, end_time = %(end_time)s, message_count = %(count)s, closed = %(closed)s,
    centroid = %(centroid)s::vector, summary_stale = true, summary_tries = 0
WHERE topic_id = %(topic_id)s
"""
_TOUCH = "UPDATE topics SET last_sequence = %(last)s WHERE topic_id = %(topic_id)s AND last_sequence < %(last)s"

# Of the newest closed topics: what was committed late, or answered again, belongs to another count. Edits and deletions mark theirs by a trigger.
_RECOUNT = """
UPDATE topics t SET message_count = counted.messages, summary_stale = true, summary_tries = 0 FROM (
    SELECT n.topic_id, (
        SELECT count(*) FROM messages m WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s AND m.in_context
            AND m.sequence BETWEEN n.first_sequence AND n.last_sequence
    ) AS messages
    FROM (
        SELECT * FROM topics WHERE guild_id = %(guild_id)s AND channel_id = %(channel_id)s AND level = 1 ORDER BY first_sequence DESC LIMIT 3
    ) n WHERE n.closed
) counted
WHERE t.topic_id = counted.topic_id AND t.message_count <> counted.messages
"""

_NO_JOB = """
    NOT EXISTS (
        SELECT FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing') AND j.task_name = :task
            AND j.args ->> 'guild_id' = t.guild_id AND j.args ->> 'channel_id' = t.channel_id
    )
"""
_QUIET = sa.text(f"""
    SELECT DISTINCT t.guild_id, t.channel_id FROM topics t
    WHERE NOT t.closed AND t.level = 1 AND t.end_time < now() - make_interval(secs => :idle_s) AND {_NO_JOB} LIMIT :limit
""")  # noqa: S608 -- made of constants
_DUE = sa.text(f"""
    SELECT DISTINCT t.guild_id, t.channel_id FROM topics t LEFT JOIN guild_settings g ON g.guild_id = t.guild_id
    WHERE t.summary_stale AND t.end_time < now() - make_interval(secs => :idle_s) AND coalesce(g.summaries, true) AND {_NO_JOB} LIMIT :limit
""")  # noqa: S608 -- made of constants


@dataclass(frozen=True, slots=True)
class _Part:
    """Messages of one topic: the rows, and the last number that belongs to it."""

    rows: Sequence[Any]
    last: int
    closed: bool


async def enqueue_segmentation(jobs: Jobs, transaction: AsyncSession | psycopg.AsyncConnection, where: Conversation) -> None:
    """Have the conversation's topics brought up to date if the transaction commits."""
    await jobs.enqueue(transaction, SEGMENT, lock=f"segment:{conversation_lock(where)}", guild_id=where.guild_id, channel_id=where.channel_id)


async def enqueue_summaries(jobs: Jobs, transaction: AsyncSession | psycopg.AsyncConnection, where: Conversation, *, delay_s: int = 0) -> None:
    """Have what is not summed up yet, or not as it now reads, summed up if the transaction commits."""
    lock = f"summarize:{conversation_lock(where)}"
    await jobs.enqueue(transaction, SUMMARIZE, lock=lock, delay_s=delay_s, guild_id=where.guild_id, channel_id=where.channel_id)


class Topics:
    """Keeps topics up to date. `step` messages more make an open topic be looked at again; after `idle_s` seconds of silence it is closed."""

    def __init__(self, database: Database, jobs: Jobs, model_name: str, rules: Segmentation, *, step: int, idle_s: float, sweep_max: int) -> None:
        self._database = database
        self._jobs = jobs
        self._model_name = model_name
        self._rules = rules
        self._step = step
        self._idle_s = idle_s
        self._sweep_max = sweep_max
        self._batch = 4 * rules.undecided_max

    def register(self, work: Follow) -> None:
        """Register the jobs. `work` is done with a conversation whose topics are to be brought up to date, after a reset or a silence."""

        @self._jobs.task(name=SEGMENT, retries_max=30, timeout_s=120.0)
        async def segment_topics(*, guild_id: str, channel_id: str) -> None:
            await work(Conversation(guild_id, channel_id))

        @self._jobs.periodic(cron="* * * * *", name="close_quiet_topics")
        async def close_quiet_topics() -> None:
            await self.sweep()

    async def segment(self, where: Conversation, *, all_of_it: bool = False) -> None:
        """Assign the conversation's indexed messages to topics, and close those that are over; each pass is a transaction. Those that are closed, or
        found changed, get the job that sums them up with it.

        With `all_of_it` the newest messages are assigned, too, that are too few to be worth it or are not indexed yet. Raises DependencyUnavailable.
        """
        for _ in range(_PASSES_MAX):
            if not await self._pass(where, all_of_it):
                return
        async with self._database.connection() as connection, connection.transaction():
            await enqueue_segmentation(self._jobs, connection, where)

    async def sweep(self) -> int:
        """Enqueue the jobs of conversations that fell silent, and of those whose job was given up; return how many."""
        found = 0
        async with self._database.write() as session:
            for task, statement, enqueue in ((SEGMENT, _QUIET, enqueue_segmentation), (SUMMARIZE, _DUE, enqueue_summaries)):
                rows = (await session.execute(statement, {"idle_s": self._idle_s, "limit": self._sweep_max, "task": task})).all()
                for row in rows:
                    await enqueue(self._jobs, session, Conversation(*row))
                _left_behind.labels(task).inc(len(rows))
                found += len(rows)
        return found

    async def _pass(self, where: Conversation, all_of_it: bool) -> bool:
        """Take in the next messages; return whether there may be more."""
        key: dict[str, object] = {"guild_id": where.guild_id, "channel_id": where.channel_id}
        async with self._database.connection() as connection, connection.transaction():
            cursor = connection.cursor(row_factory=namedtuple_row)
            await cursor.execute(_LOCK, {"lock": f"topics:{conversation_lock(where)}"})
            state: Any = await (await cursor.execute(_STATE, key | {"idle_s": self._idle_s, "step": self._step})).fetchone()
            is_open = state.topic_id is not None and not state.closed
            covered = state.last_sequence or 0
            cut = is_open and covered <= state.reset_sequence
            if is_open and not (state.quiet or cut or state.added >= self._step or (all_of_it and state.added)):
                return False
            start = state.first_sequence if is_open else covered + 1
            values = key | {"start": start, "model": self._model_name, "limit": self._batch}
            rows = await (await cursor.execute(_STREAM, values)).fetchall()
            parts = self._parts(rows, state.reset_sequence, idle=bool(state.idle), all_of_it=all_of_it)
            changed = await self._keep(cursor, key, parts, state, is_open=is_open)
            late = (await cursor.execute(_RECOUNT, key)).rowcount if state.topic_id is not None else 0
            _changes.labels("recounted").inc(late)
            if late or any(part.closed for part in parts) or (changed and not parts):
                await enqueue_summaries(self._jobs, connection, where)
        return len(rows) == self._batch and any(part.closed for part in parts)

    def _parts(self, rows: Sequence[Any], reset_sequence: int, *, idle: bool, all_of_it: bool) -> list[_Part]:
        """Split messages into topics. One that is not indexed yet, and what follows it, can belong to the last only."""
        known = next((place for place, row in enumerate(rows) if not row.indexed), len(rows))
        taken = rows if all_of_it else rows[:known]
        if not taken:
            return []
        whole = known == len(rows) < self._batch  # nothing follows that was not read
        over = whole and (idle or rows[-1].sequence <= reset_sequence)
        starts = [0, *decided(_utterances(rows[:known], reset_sequence), self._rules, ended=over)]
        ends = [*starts[1:], len(taken)]
        parts = [
            _Part(taken[first:end], taken[end].sequence - 1 if end < len(taken) else 0, closed=True) for first, end in zip(starts, ends, strict=True)
        ]
        return [*parts[:-1], _Part(parts[-1].rows, taken[-1].sequence, closed=over)]

    async def _keep(self, cursor: psycopg.AsyncCursor[Any], key: dict[str, object], parts: Sequence[_Part], state: Any, *, is_open: bool) -> bool:
        """Store topics; return whether anything is new about them."""
        changed = False
        for number, part in enumerate(parts):
            values = _values(part)
            if number == 0 and is_open:
                if part.last <= state.last_sequence and not part.closed:
                    continue
                await cursor.execute(_UPDATE, values | {"topic_id": state.topic_id})
            else:
                if number == 0 and state.topic_id is not None:
                    await cursor.execute(_TOUCH, {"topic_id": state.topic_id, "last": part.rows[0].sequence - 1})
                await cursor.execute(_INSERT, key | values)
                _changes.labels("opened").inc()
            _changes.labels("closed").inc(part.closed)
            changed = True
        if is_open and not parts and state.quiet:
            # Its messages were deleted, or are indexed no longer: summing up finds out which.
            await cursor.execute("UPDATE topics SET summary_stale = true WHERE topic_id = %(topic_id)s", {"topic_id": state.topic_id})
            changed = True
        return changed


def _utterances(rows: Sequence[Any], reset_sequence: int) -> list[Utterance]:
    places: dict[str, int] = {}
    stream: list[Utterance] = []
    for place, row in enumerate(rows):
        answered = places.get(row.replied_to or row.answers_message_id)
        vector = None if row.embedding is None else np.asarray(row.embedding, dtype=np.float32)
        afresh = place > 0 and rows[place - 1].sequence <= reset_sequence < row.sequence
        stream.append(utterance(row.text, vector, at_s=row.create_time.timestamp(), replies_to=answered, afresh=afresh))
        places[row.message_id] = place
    return stream


def _values(part: _Part) -> dict[str, object]:
    times: list[datetime] = [row.create_time for row in part.rows]
    return {
        "first": part.rows[0].sequence,
        "last": part.last,
        "start_time": times[0],
        "end_time": times[-1],
        "count": len(part.rows),
        "closed": part.closed,
        "centroid": _centroid(part.rows),
    }


def _centroid(rows: Sequence[Any]) -> str | None:
    """Return the mean meaning of messages, of length 1; None where none is known."""
    vectors = [row.embedding for row in rows if row.embedding is not None]
    if not vectors:
        return None
    mean: Vectors = np.asarray(np.mean(vectors, axis=0), dtype=np.float32)
    length = float(np.linalg.norm(mean))
    return vector_literal(np.asarray(mean / length, dtype=np.float32)) if length > 0 else None

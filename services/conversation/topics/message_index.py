"""Makes messages findable: what they mean and which terms they hold, in batches, by a job that the transaction enqueues which stores them.

A text is embedded without who said it and when, which move every vector the same way; its terms hold the speaker's name. The embedding is made
outside any transaction, so a text may change meanwhile: what was made is stored only for messages that still read as they did then. A trigger of the
table takes a message's vector and terms out as soon as its text changes, it is shown to no model any more, or it is deleted.
"""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, LiteralString

import psycopg
import sqlalchemy as sa
from prometheus_client import Counter
from psycopg.rows import namedtuple_row
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation.message_store import Conversation
from services.conversation.store import Aftermath, Condition
from services.retrieval.terms import terms_of
from services.retrieval.text_embedding import TextEmbedding, Vectors, vector_literal
from services.runtime import failures
from services.runtime.database import Database
from services.runtime.jobs import Jobs

INDEX = "index_messages"
INDEX_EACH = "index_each"
CHARACTERS_MAX = 10_000
"""More of a message is not looked at: what it is about is said by then, and a log file pasted into a chat has ten thousand terms."""
ANSWER_CHARACTERS_MAX = 160
"""Of an answer whose question is not at hand, what is embedded: its first sentences say what it is about."""
_BATCHES_MAX = 20
_SWEEP_S = 300.0
_GROUP_S = 60
"""Longer than a group of a sweep takes: by then it was left by a process that died."""
_TOGETHER = 16
"""Conversations of a sweep whose messages are embedded together."""
_MARKS = re.compile(r"<(?:@[!&]?[^\s<>@!]{1,64}|#\d{1,20}|a?:\w{1,32}:\d{1,20})>")
_COUNT_MAX = 32_767  # of a smallint

_indexed = Counter("parlour_conversation_indexed_messages_total", "Messages that were made findable")
_changed = Counter("parlour_conversation_index_changed_messages_total", "Messages that changed or went while they were made findable")
_left_behind = Counter("parlour_conversation_index_left_behind_conversations_total", "Conversations of which a few messages had waited for a minute")

# Of what a message is made findable from.
_DIGEST = "md5(m.author_name || chr(10) || m.text || coalesce(m.images::text, ''))"
_WAITING = f"""
SELECT w.place, m.* FROM unnest(%(guild_ids)s::text[], %(channel_ids)s::text[]) WITH ORDINALITY AS w (guild_id, channel_id, place)
CROSS JOIN LATERAL (
    SELECT m.sequence, m.role, m.message_id, m.answers_message_id, m.author_name, m.text, m.images, {_DIGEST} AS digest FROM messages m
    WHERE m.guild_id = w.guild_id AND m.channel_id = w.channel_id AND m.in_context AND NOT m.indexed ORDER BY m.sequence LIMIT %(limit)s
) m ORDER BY w.place, m.sequence
"""  # noqa: S608 -- made of constants

# Locks the messages and says which of them still read as they did: one that changes from here on waits, and its trigger finds what is stored now.
_MARK = f"""
UPDATE messages m SET indexed = true FROM unnest(%(sequences)s::bigint[], %(digests)s::text[]) AS made (sequence, digest)
WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s AND m.sequence = made.sequence AND m.in_context
    AND NOT m.indexed
    AND {_DIGEST} = made.digest
RETURNING m.sequence
"""  # noqa: S608 -- made of constants
_STORE_EMBEDDINGS = """
INSERT INTO message_embeddings (guild_id, channel_id, sequence, model, embedding)
SELECT %(guild_id)s, %(channel_id)s, made.sequence, %(model)s, made.embedding::halfvec
FROM unnest(%(sequences)s::bigint[], %(embeddings)s::text[]) AS made (sequence, embedding)
ON CONFLICT (guild_id, channel_id, sequence, model) DO UPDATE SET embedding = excluded.embedding
"""
_STORE_TERMS = """
INSERT INTO message_terms (guild_id, channel_id, sequence, term, occurrences, length)
SELECT %(guild_id)s, %(channel_id)s, made.*
FROM unnest(%(sequences)s::bigint[], %(terms)s::text[], %(occurrences)s::int[], %(lengths)s::int[]) AS made
ON CONFLICT DO NOTHING
"""


def _enough(guild_id: LiteralString, channel_id: LiteralString) -> LiteralString:
    return f"""
        (SELECT count(*) FROM (
            SELECT FROM messages n WHERE n.guild_id = {guild_id} AND n.channel_id = {channel_id} AND n.in_context AND NOT n.indexed
            LIMIT %(index_wait_messages)s
        ) waiting) >= %(index_wait_messages)s
    """  # noqa: S608 -- made of constants


_ENOUGH = f"SELECT {_enough('%(guild_id)s', '%(channel_id)s')}"
_ENOUGH_AFTER_TURN = _enough("t.guild_id", "t.channel_id")
# A job that has not begun will find what is committed now: another one would find nothing, and they run one after the other.
_JOB_WAITS = "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND lock = %(lock)s)"

# Those whose job waits already are left to it.
LEFT_BEHIND = sa.text("""
    SELECT DISTINCT m.guild_id, m.channel_id FROM messages m
    WHERE m.in_context AND NOT m.indexed AND m.create_time < now() - make_interval(secs => :age_s) AND NOT EXISTS (
        SELECT FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing') AND j.task_name = :task
            AND j.args ->> 'guild_id' = m.guild_id AND j.args ->> 'channel_id' = m.channel_id
    )
    LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class _Made:
    """What makes one message findable, and the digest of what it was made of."""

    sequence: int
    digest: str
    embedding: str
    terms: Mapping[str, int]
    length: int


def conversation_lock(where: Conversation) -> str:
    """Return what the locks end with under which jobs of one conversation run one after the other, each kind with a beginning of its own."""
    return hashlib.sha256(f"{where.guild_id}\n{where.channel_id}".encode()).hexdigest()[:32]


async def enqueue_index(jobs: Jobs, transaction: AsyncSession | psycopg.AsyncConnection, where: Conversation) -> None:
    """Have the conversation's new messages indexed if the transaction commits. A job that finds nothing to do costs a statement."""
    await jobs.enqueue(transaction, INDEX, lock=_index_lock(where), guild_id=where.guild_id, channel_id=where.channel_id)


def _index_lock(where: Conversation) -> str:
    return f"index:{conversation_lock(where)}"


type Follow = Callable[[Conversation], Awaitable[None]]
"""What is done with a conversation when its messages are indexed; it may be done twice."""


class MessageIndex:
    """Indexes messages, `batch_max` at a time, and has `follow` done with their conversation.

    The newest of a conversation are shown as they are, so that nobody looks for them: a job is worth its while when `wait_messages` wait, and what
    has waited for `sweep_age_s` is swept up every minute. A job for each message costs a busy instance more than answering it.
    """

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        model: TextEmbedding,
        follow: Follow,
        *,
        batch_max: int,
        sweep_age_s: float,
        sweep_max: int,
        wait_messages: int = 1,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._model = model
        self._follow = follow
        self._batch_max = batch_max
        self._sweep_age_s = sweep_age_s
        self._sweep_max = sweep_max
        self.enough_wait = Condition(_ENOUGH_AFTER_TURN, {"index_wait_messages": wait_messages})
        """Whether a job is worth its while after a turn."""

    def register(self) -> None:
        """Register the jobs."""

        @self._jobs.task(name=INDEX, retries_max=1_000, timeout_s=300.0)
        async def index_messages(*, guild_id: str, channel_id: str) -> None:
            await self.index(Conversation(guild_id, channel_id))

        @self._jobs.task(name=INDEX_EACH, retries_max=1_000)
        async def index_each(*, conversations: str) -> None:
            for guild_id, channel_id in json.loads(conversations):
                await self._enqueue(Conversation(guild_id, channel_id))

        @self._jobs.periodic(cron="* * * * *", name="index_left_behind", timeout_s=_SWEEP_S)
        async def index_left_behind() -> None:
            await self.sweep()

    async def index(self, where: Conversation) -> int:
        """Index what is not yet, and do what follows; return how many messages.

        After some 20 batches the rest is left to another job, so that one long conversation does not keep the others waiting.
        Raises Overloaded and DependencyUnavailable: what was indexed by then stays so.
        """
        indexed, whole = 0, False
        for _ in range(_BATCHES_MAX):
            ((stored, whole),) = await self._index_next([where])
            indexed += stored
            if whole:
                break
        await self._finish(where, whole=whole)
        return indexed

    async def _index_next(self, wheres: Sequence[Conversation]) -> list[tuple[int, bool]]:
        """Index the next messages of conversations; return how many of each, and whether nothing is left of it.

        They are embedded together: that takes half of the time of one after the other.
        """
        waiting = await self._waiting(wheres)
        done = []
        for where, rows, vectors in zip(wheres, waiting, await self._vectors(waiting), strict=True):
            stored = await self._store(where, _made(rows, vectors)) if rows else 0
            _indexed.inc(stored)
            _changed.inc(len(rows) - stored)
            done.append((stored, stored == len(rows) < self._batch_max))
        return done

    async def _finish(self, where: Conversation, *, whole: bool) -> None:
        """Leave what is not indexed to a job, and do what follows."""
        if not whole:
            await self._enqueue(where)
        # Also where there was nothing to be indexed: whoever did that may have been killed before this.
        await self._follow(where)

    async def _vectors(self, conversations: Sequence[Sequence[Any]]) -> list[Sequence[Vectors]]:
        """Return the vectors of the messages of some conversations. An answer has that of its question: it is about the same, and embedding a long
        text takes long."""
        owners = [_with_own_vector(rows) for rows in conversations]
        vectors = iter(await self._model.embed([_embedded(row) for rows in owners for row in rows]))
        found: list[Sequence[Vectors]] = []
        for rows, own in zip(conversations, owners, strict=True):
            by_message = {row.message_id: next(vectors) for row in own}
            found.append([by_message[row.message_id if row.message_id in by_message else row.answers_message_id] for row in rows])
        return found

    async def sweep(self) -> int:
        """Index what no job will come to: the few that wait for more, those whose turn never ended, or whose job was given up.

        A few conversations after the other, without a way through the queue, because there may be hundreds of a few words each; and half of the time,
        because people talk meanwhile. Those that cannot be indexed now get jobs, and so do those that a killed process leaves half done. Returns how
        many conversations.
        """
        values = {"age_s": self._sweep_age_s, "task": INDEX, "limit": self._sweep_max}
        async with self._database.read() as session:
            found = [Conversation(*row) for row in await session.execute(LEFT_BEHIND, values)]
        done = 0
        end_s = time.monotonic() + _SWEEP_S / 2
        for group in batched(found, _TOGETHER):
            started_s = time.monotonic()
            if started_s > end_s:
                break  # the next sweep goes on
            await self._index_together(group)
            done += len(group)
            _left_behind.inc(len(group))
            await asyncio.sleep(time.monotonic() - started_s)
        return done

    async def _index_together(self, wheres: Sequence[Conversation]) -> None:
        # What is indexed is no longer left behind: should this process die before what follows, a job knows of it.
        conversations = json.dumps([[where.guild_id, where.channel_id] for where in wheres])
        async with self._database.connection() as connection, connection.transaction():
            job_id = await self._jobs.enqueue(connection, INDEX_EACH, delay_s=_GROUP_S, conversations=conversations)
        try:
            for where, (_, whole) in zip(wheres, await self._index_next(wheres), strict=True):
                await self._finish(where, whole=whole)
        except Exception as error:
            failures.ended(error, failures.Place.BACKGROUND, "messages could not be indexed, and get jobs")
            for where in wheres:
                await self._enqueue(where)
        await self._jobs.withdraw(job_id)

    async def after_append(self, session: AsyncSession, where: Conversation) -> None:
        """Have the conversation's new messages indexed if the transaction that stored them commits, and enough of them wait."""
        values = {"guild_id": where.guild_id, "channel_id": where.channel_id, **self.enough_wait.values}
        if (await (await session.connection()).exec_driver_sql(_ENOUGH, values)).scalar_one():
            await enqueue_index(self._jobs, session, where)

    async def after_turn(self, after: Aftermath) -> None:
        """Have messages indexed, when a turn has ended and `enough_wait`."""
        where = Conversation(after.turn.guild_id, after.turn.channel_id)
        async with self._database.connection() as connection:
            row = await (await connection.execute(_JOB_WAITS, {"lock": _index_lock(where)})).fetchone()
        if row == (False,):
            await self._enqueue(where)

    async def _enqueue(self, where: Conversation) -> None:
        async with self._database.connection() as connection, connection.transaction():
            await enqueue_index(self._jobs, connection, where)

    async def _waiting(self, wheres: Sequence[Conversation]) -> list[list[Any]]:
        waiting: list[list[Any]] = [[] for _ in wheres]
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=namedtuple_row)
            values = {"guild_ids": [where.guild_id for where in wheres], "channel_ids": [where.channel_id for where in wheres]}
            found: Sequence[Any] = await (await cursor.execute(_WAITING, values | {"limit": self._batch_max})).fetchall()
            for row in found:
                waiting[row.place - 1].append(row)
        return waiting

    async def _store(self, where: Conversation, made: Sequence[_Made]) -> int:
        key: dict[str, object] = {"guild_id": where.guild_id, "channel_id": where.channel_id}
        async with self._database.connection() as connection, connection.transaction():
            marks = {"sequences": [one.sequence for one in made], "digests": [one.digest for one in made]}
            still = {row[0] for row in await (await connection.execute(_MARK, key | marks)).fetchall()}
            kept = [one for one in made if one.sequence in still]
            if kept:
                await connection.execute(_STORE_EMBEDDINGS, key | _embedding_columns(kept, self._model.name))
                await connection.execute(_STORE_TERMS, key | _term_columns(kept))
        return len(kept)


def _with_own_vector(rows: Sequence[Any]) -> list[Any]:
    known = {row.message_id for row in rows if row.role == "user"}
    return [row for row in rows if row.answers_message_id not in known]


def _said(row: Any) -> str:
    """Return what a message says, with what its images are said to show."""
    shown = [image["description"] for image in row.images or () if image.get("description")]
    return without_marks_of_chat("\n".join([row.text, *shown])[:CHARACTERS_MAX])


def _embedded(row: Any) -> str:
    return _said(row)[:ANSWER_CHARACTERS_MAX] if row.role == "assistant" else _said(row)


def without_marks_of_chat(text: str) -> str:
    """Return a text without the ids by which Discord names people, roles, channels and pictures: they mean nothing to a model."""
    return _MARKS.sub(" ", text)


def _made(rows: Sequence[Any], vectors: Sequence[Vectors]) -> list[_Made]:
    made = []
    for row, vector in zip(rows, vectors, strict=True):
        terms = terms_of(f"{_said(row)}\n{row.author_name}")
        made.append(_Made(row.sequence, row.digest, vector_literal(vector), terms.counts, min(terms.length, _COUNT_MAX)))
    return made


def _embedding_columns(made: Sequence[_Made], model: str) -> dict[str, object]:
    return {"sequences": [one.sequence for one in made], "embeddings": [one.embedding for one in made], "model": model}


def _term_columns(made: Sequence[_Made]) -> dict[str, object]:
    postings = [(one.sequence, term, min(count, _COUNT_MAX), one.length) for one in made for term, count in one.terms.items()]
    return {
        "sequences": [sequence for sequence, _, _, _ in postings],
        "terms": [term for _, term, _, _ in postings],
        "occurrences": [count for _, _, count, _ in postings],
        "lengths": [length for _, _, _, length in postings],
    }

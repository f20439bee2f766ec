"""Finding what was said earlier in a conversation and bears on a new message: everything since the reset is compared with it by meaning and by words.

A few round trips: one that asks who talks here, whose names are taken out of what is embedded; one for each arm, that of the words while the model is
busy, which bring the scores of every message, packed as numbers; one for the texts of the best, and one for what their topics were summed up as.
psycopg directly: this is on the person's path. Whatever goes wrong costs the person nothing but what would have been found.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import numpy as np
import psycopg
from prometheus_client import Counter, Histogram

from services.conversation.message_store import Conversation
from services.conversation.topics.message_index import without_marks_of_chat
from services.conversation.topics.real_arrays import Reals
from services.conversation.topics.relevance import TOPIC_HITS, Arms, Message, Relevant, Sequences, promising, rank, score, topics_of
from services.conversation.window.context_window import Parts, Said
from services.conversation.window.token_counting import estimate_tokens
from services.conversation.window.window_blocks import SUMMARY
from services.retrieval.asking import folded_name, understood
from services.retrieval.terms import query_terms
from services.retrieval.text_embedding import TextEmbedding, Vectors
from services.runtime import failures
from services.runtime.database import Database
from services.runtime.errors import DeadlineExceeded, ParlourError

SPEAKERS_MAX = 200
"""People whose names a message is searched for."""
_AROUND_TOKENS = 24
"""What stands around a message at most: the template's marks, ours, and the name."""
SUMMARIES_MAX = 2
"""Topics whose summaries come with their messages."""
SUMMARY_CHARACTERS_MAX = 300
"""Of such a summary: its messages are there, too."""

_MENTION = re.compile(r"<@!?([^\s<>@!]{1,64})>")  # as Discord writes it
_seconds = Histogram(
    "parlour_conversation_older_search_seconds",
    "How long the parts of a search for older messages took",
    ["part"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
_searched = Histogram(
    "parlour_conversation_older_searched_messages", "Messages that a search looked through", buckets=(50, 200, 1_000, 5_000, 20_000, 100_000)
)
_found = Histogram("parlour_conversation_older_found_messages", "Older messages that a search found", buckets=(0, 1, 5, 10, 20, 40, 60, 80, 120))
_unavailable = Counter("parlour_conversation_older_unavailable_total", "Replies made without a look at older messages", ["reason"])

# From one name to the next in the index: a conversation has many messages, and few people wrote them.
_SPEAKERS = f"""
WITH RECURSIVE next_name AS (
    (
        SELECT author_name FROM messages WHERE guild_id = %(guild_id)s AND channel_id = %(channel_id)s AND author_name <> ''
        ORDER BY author_name LIMIT 1
    )
    UNION ALL
    SELECT (SELECT m.author_name FROM messages m WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s
            AND m.author_name > next_name.author_name ORDER BY m.author_name LIMIT 1)
    FROM next_name WHERE next_name.author_name IS NOT NULL
)
SELECT author_name FROM next_name WHERE author_name IS NOT NULL LIMIT {SPEAKERS_MAX}
"""  # noqa: S608 -- a number of our own

# One scan of an index each and no join: a prepared statement is planned once for conversations of any size, and a plan that suits a hundred messages
# takes seconds for ten thousand. The scores come as packed numbers, newest first as the index is read; to have the server choose among them takes
# five times as long. Aggregates of one scan see its rows in one order.
_START = """(
    SELECT coalesce((SELECT reset_sequence FROM conversations WHERE guild_id = %(guild_id)s AND channel_id = %(channel_id)s), 0)
)"""
# Vectors have length 1: the inner product is the cosine.
_MEANING = f"""
SELECT string_agg(int8send(sequence), ''::bytea ORDER BY sequence DESC), string_agg(float8send(similarity), ''::bytea ORDER BY sequence DESC)
FROM (
    SELECT sequence, inner_product(embedding, (SELECT %(query)s::real[]::halfvec)) AS similarity FROM message_embeddings
    WHERE guild_id = %(guild_id)s AND channel_id = %(channel_id)s AND model = %(model)s AND sequence > {_START}
    ORDER BY sequence DESC LIMIT %(searched_max)s
) newest
"""  # noqa: S608 -- made of constants
_WORDS = f"""
SELECT string_agg(int8send(sequence), ''::bytea), string_agg(int4send(array_position(%(terms)s::text[], term) - 1), ''::bytea),
    string_agg(int2send(occurrences), ''::bytea), string_agg(int2send(length), ''::bytea)
FROM message_terms
WHERE guild_id = %(guild_id)s AND channel_id = %(channel_id)s AND term = ANY(%(terms)s::text[]) AND sequence > {_START}
"""  # noqa: S608 -- made of constants

# Whether a text asks is told as services.retrieval.asking.asks tells it.
_READ = """
SELECT m.sequence, m.author_id, m.create_time, right(rtrim(m.text, ' "'''), 1) = '?', false, m.message_id, m.role, m.author_name, m.text,
    coalesce((SELECT CASE WHEN t.last_sequence >= m.sequence THEN t.topic_id END FROM topics t
        WHERE t.guild_id = %(guild_id)s AND t.channel_id = %(channel_id)s AND t.level = 1 AND t.first_sequence <= m.sequence
        ORDER BY t.first_sequence DESC LIMIT 1), 0),
    coalesce((SELECT coalesce(nullif(r.nickname, ''), nullif(r.display_name, '')) FROM relationships r
        WHERE r.guild_id = %(guild_id)s AND r.user_id = m.author_id AND m.role = 'user'), m.author_name)
FROM messages m
WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s AND m.sequence = ANY(%(wanted)s::bigint[]) AND m.in_context
    AND m.message_id <> %(message_id)s
UNION ALL
SELECT m.sequence, m.author_id, m.create_time, right(rtrim(m.text, ' "'''), 1) = '?', true, '', '', '', '', 0, ''
FROM messages m
WHERE m.guild_id = %(guild_id)s AND m.channel_id = %(channel_id)s AND m.sequence = ANY(%(beside)s::bigint[]) AND m.in_context
    AND m.message_id <> %(message_id)s
"""

_SUMMARIES = """
SELECT t.summary, t.start_time FROM topics t
WHERE t.topic_id = ANY(%(topic_ids)s::bigint[]) AND t.guild_id = %(guild_id)s AND t.channel_id = %(channel_id)s AND t.summary <> ''
    AND coalesce((SELECT g.summaries FROM guild_settings g WHERE g.guild_id = %(guild_id)s), true)
ORDER BY array_position(%(topic_ids)s::bigint[], t.topic_id)
"""


@dataclass(frozen=True, slots=True)
class Older:
    """What was found, best first, and the topics that the best of it belong to; `available` is false where nobody could look."""

    messages: Sequence[Said] = ()
    topics: Sequence[int] = ()
    available: bool = True
    summaries: Sequence[Said] = ()  # of these topics

    @property
    def shown(self) -> Sequence[Said]:
        """What to show, best first: after the messages that chose the topics come their summaries, which tell what is around them."""
        return [*self.messages[:TOPIC_HITS], *self.summaries, *self.messages[TOPIC_HITS:]]


def may_not_fit(parts: Parts, budget_tokens: int) -> bool:
    """Whether a prompt may not show all of a conversation: there is more than was read, or all its parts together are estimated above the budget."""
    quoted = (parts.replied_to, parts.thread_starter, *parts.reply_chain)
    said = [*parts.history, parts.message, *(one for one in quoted if one is not None)]
    files = (file.text for file in parts.files)
    texts = [*files, parts.system, parts.rules, parts.relationship, *parts.memories, *(summary.text for summary in parts.summaries)]
    needed = sum(estimate_tokens(one.text) + _AROUND_TOKENS for one in said) + sum(estimate_tokens(text) for text in texts)
    return not parts.history_is_whole or needed > budget_tokens


class OlderMessages:
    """Looks for what bears on a new message.

    The newest `searched_max` since the reset are looked through, `read_max` of them read, each with what was said around it, and at most `found_max`
    returned; a person waits at most `wait_s` for it.
    """

    def __init__(
        self,
        database: Database,
        model: TextEmbedding,
        *,
        searched_max: int,
        read_max: int,
        found_max: int,
        similarity_floor: float,
        wait_s: float,
    ) -> None:
        self._database = database
        self._model = model
        self._searched_max = searched_max
        self._read_max = read_max
        self._found_max = found_max
        self._similarity_floor = similarity_floor
        self._wait_s = wait_s

    async def relevant(self, where: Conversation, message_id: str, text: str, replied_to: str = "") -> Older:
        """Return the messages since the reset that bear on a new one, which is none of them. Raises nothing: what cannot be looked up is left out.

        A message without a word of its own ("why?") is understood by what it replies to.
        """
        try:
            async with asyncio.timeout(self._wait_s):
                found = await self.search(where, message_id, text if query_terms(text) else f"{text}\n{replied_to}".strip())
                best = found[: self._found_max]
                topics = topics_of(best)
                summaries = await self._summaries(where, topics)
        except (ParlourError, TimeoutError) as error:
            late = DeadlineExceeded("older messages were not found in time") if isinstance(error, TimeoutError) else error
            _unavailable.labels("TOO_SLOW" if isinstance(error, TimeoutError) else error.reason).inc()
            failures.ended(late, failures.Place.TURN, "answering without older messages")
            return Older(available=False)
        _found.observe(len(best))
        return Older([_shown(one.message) for one in best], topics, summaries=summaries)

    async def search(self, where: Conversation, message_id: str, query: str) -> list[Relevant]:
        """Return what bears on the query, best first. Raises Overloaded, DependencyUnavailable, DeadlineExceeded."""
        with _seconds.labels("speakers").time():
            speakers = await self._speakers(where)
        mentioned = frozenset(_MENTION.findall(query))
        question = understood(without_marks_of_chat(query), speakers)
        key = {"guild_id": where.guild_id, "channel_id": where.channel_id}
        # The words are looked up while the model is busy with the meaning.
        vector, words = await asyncio.gather(self._embedded(question.text), self._words(key, question.terms))
        async with self._database.connection() as connection:
            with _seconds.labels("meaning").time():
                arms = unpacked(*await self._meaning(connection, key, vector), *words)
            _searched.observe(len(arms.sequences))
            with _seconds.labels("scoring").time():
                scores = score(arms, self._similarity_floor)
                wanted, beside = promising(scores, self._read_max)
            with _seconds.labels("texts").time():
                read = await _read(connection, {**key, "message_id": message_id, "wanted": _array(wanted), "beside": _array(beside)})
        with _seconds.labels("ranking").time():
            return rank(scores, read, question, mentioned)

    async def _speakers(self, where: Conversation) -> set[str]:
        async with self._database.connection() as connection:
            cursor = await connection.execute(_SPEAKERS, {"guild_id": where.guild_id, "channel_id": where.channel_id})
            return {folded_name(row[0]) for row in await cursor.fetchall()}

    async def _embedded(self, text: str) -> Vectors:
        with _seconds.labels("embedding").time():
            return await self._model.embed_query(text)

    async def _words(self, key: Mapping[str, str], terms: Sequence[str]) -> tuple[bytes, ...]:
        """Return the packed columns of the messages that share words with the question."""
        async with self._database.connection() as connection:
            with _seconds.labels("words").time():
                return await _packed(connection, _WORDS, {**key, "terms": list(terms)})

    async def _meaning(self, connection: psycopg.AsyncConnection, key: Mapping[str, str], vector: Vectors) -> tuple[bytes, ...]:
        """Return the packed columns of the newest messages with how near they are to a vector."""
        return await _packed(connection, _MEANING, {**key, "query": Reals(vector), "model": self._model.name, "searched_max": self._searched_max})

    async def _summaries(self, where: Conversation, topics: Sequence[int]) -> list[Said]:
        if not topics:
            return []
        values = {"guild_id": where.guild_id, "channel_id": where.channel_id, "topic_ids": list(topics)[:SUMMARIES_MAX]}
        async with self._database.connection() as connection:
            rows = await (await connection.execute(_SUMMARIES, values)).fetchall()
        return [Said(SUMMARY, "", "", _beginning(summary), sent_at=start_time) for summary, start_time in rows]


async def _packed(connection: psycopg.AsyncConnection, statement: LiteralString, values: Mapping[str, object]) -> tuple[bytes, ...]:
    row = await (await connection.execute(statement, values, binary=True)).fetchone()
    assert row is not None  # of aggregates there is always one
    return tuple(column or b"" for column in row)


async def _read(connection: psycopg.AsyncConnection, values: dict[str, Any]) -> list[Message]:
    rows = await (await connection.execute(_READ, values, binary=True)).fetchall()
    # In the order of the statement's columns: naming each field takes longer than ranking them.
    return [Message(*row) for row in rows]


def unpacked(sequences: bytes, similarities: bytes, hit_sequences: bytes, hit_terms: bytes, hit_occurrences: bytes, hit_lengths: bytes) -> Arms:
    """Return the arms from the numbers as PostgreSQL sends them: big-endian, the messages newest first."""
    found = np.frombuffer(sequences, ">i8").astype(np.int64)[::-1]
    hits = np.frombuffer(hit_sequences, ">i8").astype(np.int64)
    # What is older than the oldest message searched by meaning is left to its summary.
    known = hits >= (found[0] if len(found) else 0)
    return Arms(
        found,
        np.frombuffer(similarities, ">f8").astype(np.float64)[::-1],
        hits[known],
        np.frombuffer(hit_terms, ">i4").astype(np.int64)[known],
        np.frombuffer(hit_occurrences, ">i2").astype(np.float64)[known],
        np.frombuffer(hit_lengths, ">i2").astype(np.float64)[known],
    )


def _array(numbers: Sequences) -> str:
    """Return an array as PostgreSQL reads it, in a tenth of the time that the driver takes for a list."""
    return "{" + ",".join(map(str, numbers.tolist())) + "}"


def _beginning(summary: str) -> str:
    return summary if len(summary) <= SUMMARY_CHARACTERS_MAX else f"{summary[:SUMMARY_CHARACTERS_MAX]} …"


def _shown(one: Message) -> Said:
    return Said(one.role, one.author_id, one.called or one.author_name, one.text, one.sequence, one.message_id, one.said_at)

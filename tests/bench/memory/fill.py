"""Fills an empty database of the memory service with scopes of memories, in statements over whole sets.

Texts are sentences with the terms that the service would store. Vectors are not those of the texts: each is the scaled sum of two of `vectors`,
because to embed so many texts would take minutes, and no search is faster or slower for it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from services.memory.facts import text_hash
from services.memory.gist import gist_hash
from services.memory.scopes import Scope
from services.memory.traits import searchable_text, traits_of
from services.retrieval.embedding import MODEL_NAME, Vectors
from services.retrieval.terms import terms_of
from services.retrieval.text_embedding import vector_literal
from tests.bench.memory.sentences import sentences

_HOURS = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """A scope and how many memories to put there."""

    scope: Scope
    memories: int


def fill(superuser_url: str, places: Sequence[Place], vectors: Vectors, *, seed: int = 1, earlier_every: int = 0) -> None:
    """Fill an empty database; every `earlier_every`-th memory (0: none) has an earlier version. VACUUM ANALYZE is left to be done.

    As a superuser: row level security binds all others.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SET synchronous_commit = off")
        for statement in _SOURCES:
            connection.execute(statement)
        _copy_sources(connection, places, vectors, seed)
        for statement in _STATEMENTS:
            connection.execute(statement, {"model": MODEL_NAME, "earlier_every": earlier_every or None})


def _copy_sources(connection: psycopg.Connection, places: Sequence[Place], vectors: Vectors, seed: int) -> None:
    texts = list(itertools.islice(sentences(seed), max(place.memories for place in places)))
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        with cursor.copy("COPY fill_sentences FROM STDIN") as copy:
            for number, text in enumerate(texts):
                traits = traits_of(text, "")
                said_at = now - timedelta(hours=number % _HOURS)
                copy.write_row((number, text, text_hash(text), gist_hash(text), said_at, traits.length, traits.asks, traits.dated))
        with cursor.copy("COPY fill_terms FROM STDIN") as copy:
            for number, text in enumerate(texts):
                terms = terms_of(searchable_text(text, "", now - timedelta(hours=number % _HOURS)))
                for term, count in terms.counts.items():
                    copy.write_row((number, term, count, terms.length))
        with cursor.copy("COPY fill_vectors FROM STDIN") as copy:
            for number, vector in enumerate(vectors):
                copy.write_row((number, vector_literal(vector)))
        with cursor.copy("COPY fill_scopes FROM STDIN") as copy:
            for number, place in enumerate(places):
                scope = place.scope
                key = (scope.scope_id, scope.visibility.value, scope.guild_id, scope.channel_id, scope.key_user_id, scope.user_id)
                copy.write_row((number, *key, place.memories))


_SOURCES = (
    "CREATE TEMPORARY TABLE fill_sentences (n integer, text text, text_hash bytea, gist_hash bytea, said_at timestamptz, length smallint,"
    " asks boolean, dated boolean)",
    "CREATE TEMPORARY TABLE fill_terms (n integer, term text, occurrences smallint, length smallint)",
    "CREATE TEMPORARY TABLE fill_vectors (n integer, vector vector)",
    "CREATE TEMPORARY TABLE fill_scopes (place integer, scope_id uuid, visibility text, guild_id text, channel_id text, key_user_id text,"
    " user_id text, memories integer)",
)
_STATEMENTS = (
    "ANALYZE fill_sentences, fill_terms, fill_vectors, fill_scopes",
    """
    CREATE TEMPORARY TABLE filled AS
    SELECT uuidv7() AS memory_id, s.*, number, (place::bigint * 7919 + number) %% (SELECT count(*) FROM fill_sentences) AS n,
           CASE WHEN number %% %(earlier_every)s::integer = 0 THEN 2 ELSE 1 END AS version
    FROM fill_scopes s CROSS JOIN LATERAL generate_series(0, memories - 1) number
    """,
    "ANALYZE filled",
    "INSERT INTO scopes (scope_id, visibility, guild_id, channel_id, user_id, version, memory_count)"
    " SELECT scope_id, visibility, guild_id, channel_id, key_user_id, 1, memories FROM fill_scopes",
    """
    INSERT INTO memories (memory_id, version, scope_id, visibility, guild_id, channel_id, user_id, text, text_hash, gist_hash, kind, importance,
                          provenance, valid_from)
    SELECT memory_id, version, scope_id, visibility, guild_id, channel_id, user_id, text, text_hash, gist_hash, 'fact', 0.5,
           '{"message_ids": [], "author_id": "", "author_name": "", "source": "stated"}', said_at
    FROM filled JOIN fill_sentences USING (n) ORDER BY memory_id
    """,
    """
    INSERT INTO memory_versions (memory_id, version, scope_id, text, kind, subject, attribute, importance, provenance, valid_from, valid_to,
                                 updated_at, reason)
    SELECT memory_id, 1, scope_id, 'Once: ' || text, 'fact', '', '', 0.5,
           '{"message_ids": [], "author_id": "", "author_name": "", "source": "stated"}', said_at - interval '9 days', said_at, said_at, 'updated'
    FROM filled JOIN fill_sentences USING (n) WHERE version = 2 ORDER BY memory_id
    """,
    """
    INSERT INTO memory_terms (scope_id, term, memory_id, version, occurrences, length, live)
    SELECT scope_id, term, memory_id, v, occurrences, length, v = version
    FROM filled JOIN fill_terms USING (n) CROSS JOIN LATERAL generate_series(1, version) v ORDER BY scope_id, term, memory_id
    """,
    """
    INSERT INTO memory_traits (memory_id, version, scope_id, live, position, said_at, speaker, length, asks, dated)
    SELECT memory_id, v, scope_id, v = version, number + 1, said_at, '', length, asks, dated
    FROM filled JOIN fill_sentences USING (n) CROSS JOIN LATERAL generate_series(1, version) v ORDER BY memory_id, v
    """,
    """
    INSERT INTO memory_embeddings (memory_id, version, model, scope_id, live, embedding)
    SELECT memory_id, v, %(model)s, scope_id, v = version, l2_normalize(a.vector + b.vector)
    FROM filled CROSS JOIN LATERAL generate_series(1, version) v CROSS JOIN (SELECT count(*) AS vectors FROM fill_vectors) counted
    JOIN fill_vectors a ON a.n = filled.n %% vectors JOIN fill_vectors b ON b.n = (place + number * 31 + v) %% vectors
    ORDER BY memory_id, v
    """,
)

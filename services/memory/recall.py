"""Finding memories: every memory in sight is compared with the query by meaning and by words, the arms are fused, repetitions collapsed.

Three round trips a search: one that asks who has said anything that is in sight (whoever is new has nothing, and embedding the query is the
dearest part), one that brings the candidates and what was said around them, one for the rows of the best. psycopg directly, in pipeline mode: this
is the hot path.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import psycopg
from prometheus_client import Histogram
from psycopg.rows import namedtuple_row
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory import store
from services.memory.embeddings import IN_FORCE, EmbeddingModels
from services.memory.facts import StoredMemory
from services.memory.ranking import NEIGHBOUR_SHARES, Candidate, Candidates, Found, Ranked, collapsed, rank
from services.memory.replicas import Replicas, Served
from services.memory.result_cache import Kept, ResultCache, Shape, key_of
from services.memory.scope_lock import looking
from services.memory.scopes import Viewer
from services.memory.traits import Traits
from services.retrieval.asking import Question, understood
from services.retrieval.fusion import Spread
from services.retrieval.text_embedding import TextEmbedding, vector_literal
from services.runtime.database import Database
from services.runtime.errors import NotFound

SATURATION = 1.2
LENGTH_SHARE = 0.4
"""BM25's k1 and b (Robertson and Zaragoza 2009). Facts are short sentences of like length, so b lies below the usual 0.75."""

_seconds = Histogram(
    "parlour_memory_search_duration_seconds",
    "How long the parts of a search took",
    ["part"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
_results = Histogram("parlour_memory_search_results", "Memories found by a search", buckets=(0, 1, 2, 5, 10, 20, 50, 100))

SPEAKERS_MAX = 200
"""People whose names a query is searched for, in each scope in sight."""
AROUND = len(NEIGHBOUR_SHARES)

_SCOPES = f"SELECT scope_id, version, ({IN_FORCE}) FROM scopes WHERE scope_id = ANY(%(scope_ids)s::uuid[])"  # noqa: S608 -- text of our own

# From one name to the next in the index: a scope has many memories, and few people said them.
_SPEAKERS = f"""
SELECT DISTINCT names.speaker FROM unnest(%(scope_ids)s::uuid[]) AS seen (scope_id) CROSS JOIN LATERAL (
    WITH RECURSIVE next_name AS (
        (SELECT speaker FROM memory_traits WHERE scope_id = seen.scope_id AND speaker <> '' ORDER BY speaker LIMIT 1)
        UNION ALL
        SELECT (SELECT t.speaker FROM memory_traits t
                WHERE t.scope_id = seen.scope_id AND t.speaker <> '' AND t.speaker > next_name.speaker ORDER BY t.speaker LIMIT 1)
        FROM next_name WHERE next_name.speaker IS NOT NULL
    )
    (SELECT speaker FROM next_name WHERE speaker IS NOT NULL LIMIT {SPEAKERS_MAX})
    UNION ALL
    (SELECT '' FROM memory_traits WHERE scope_id = seen.scope_id LIMIT 1)
) AS names
"""  # noqa: S608 -- a number of our own

# Both arms score everything in sight, so that means and deviations are those of the whole, and each brings its best as candidates.
# In float8: numeric, which a plain 0.5 is, takes ten times as long.
_CANDIDATES = """
WITH vector_arm AS MATERIALIZED (
    SELECT memory_id, version, 1 - (embedding <=> %(query)s::vector) AS similarity
    FROM memory_embeddings WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND model = %(model)s AND {filter}
), hits AS MATERIALIZED (
    SELECT memory_id, version, term, occurrences, length
    FROM memory_terms WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND term = ANY(%(terms)s::text[]) AND {filter}
), searched AS (
    SELECT count(*)::float8 AS searched, avg(similarity) AS mean, stddev_pop(similarity) AS deviation FROM vector_arm
), rarities AS MATERIALIZED (
    SELECT term, ln(1 + (greatest(searched - count(*), 0) + 0.5::float8) / (count(*) + 0.5::float8)) AS rarity
    FROM hits, searched GROUP BY term, searched
), lengths AS MATERIALIZED (
    SELECT greatest(avg(length::float8), 1) AS average FROM hits
), lexical_arm AS MATERIALIZED (
    SELECT memory_id, version, sum(rarity * occurrences * {rise}::float8
                                   / (occurrences + {saturation}::float8 * (1 - {share}::float8 + {share}::float8 * length / average))) AS score
    FROM hits JOIN rarities USING (term) CROSS JOIN lengths GROUP BY memory_id, version
), chosen AS (
    (SELECT memory_id, version FROM vector_arm ORDER BY similarity DESC LIMIT %(candidates_max)s)
    UNION
    (SELECT memory_id, version FROM lexical_arm ORDER BY score DESC LIMIT %(candidates_max)s)
), around AS MATERIALIZED (
    SELECT memory_id, version, scope_id, position, said_at, speaker, length, asks, dated FROM memory_traits
    WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND {filter} AND position = ANY(ARRAY(
        SELECT t.position + step FROM memory_traits t CROSS JOIN generate_series(-{around}, {around}) AS step
        WHERE t.memory_id = ANY(ARRAY(SELECT memory_id FROM chosen))))
)
SELECT c.memory_id, c.version, coalesce(v.similarity, 0)::float8 AS similarity, coalesce(l.score, 0)::float8 AS lexical,
       c.scope_id, c.position, c.said_at, c.speaker, c.length, c.asks, c.dated,
       s.searched, coalesce(s.mean, 0)::float8 AS mean, coalesce(s.deviation, 0)::float8 AS deviation,
       (SELECT coalesce(sum(score), 0)::float8 FROM lexical_arm) AS total,
       (SELECT coalesce(sum(score * score), 0)::float8 FROM lexical_arm) AS squares
FROM around c LEFT JOIN vector_arm v USING (memory_id, version) LEFT JOIN lexical_arm l USING (memory_id, version) CROSS JOIN searched s
"""
_NUMBERS = {"around": AROUND, "rise": SATURATION + 1, "saturation": SATURATION, "share": LENGTH_SHARE}
_WANTED = (
    " AND (%(start)s::timestamptz IS NULL OR valid_from >= %(start)s::timestamptz)"
    " AND (%(end)s::timestamptz IS NULL OR valid_from < %(end)s::timestamptz)"
    " AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]))"
)
_CURRENT = _CANDIDATES.format(filter="live", **_NUMBERS)
_LIVE_AND_WANTED = f"live AND memory_id IN (SELECT memory_id FROM memories WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND live{_WANTED})"  # noqa: S608
_CURRENT_WANTED = _CANDIDATES.format(filter=_LIVE_AND_WANTED, **_NUMBERS)
_TRUE_THEN = f"""(memory_id, version) IN (
        SELECT memory_id, version FROM memory_statements
        WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND NOT quarantined AND forgotten_at IS NULL
        AND valid_from <= %(as_of)s::timestamptz AND (valid_to IS NULL OR valid_to > %(as_of)s::timestamptz){_WANTED})"""  # noqa: S608
_AS_OF = _CANDIDATES.format(filter=_TRUE_THEN, **_NUMBERS)
_CURRENT_ROWS = "SELECT * FROM memories WHERE memory_id = ANY(%(ids)s::uuid[]) AND live"
_ROWS_AS_OF = (
    "SELECT s.* FROM memory_statements s JOIN unnest(%(ids)s::uuid[], %(versions)s::bigint[]) AS wanted (memory_id, version)"
    " USING (memory_id, version) WHERE s.forgotten_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for. `start` and `end` bound when a memory was said or became true; as_of looks at what held then instead of now; without `kinds`
    every kind is looked for."""

    viewer: Viewer
    query: str
    limit: int
    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None
    kinds: tuple[str, ...] = ()
    token: str = ""

    @property
    def statement(self) -> str:
        """The query that brings the candidates."""
        if self.as_of is not None:
            return _AS_OF
        return _CURRENT if self.start is None and self.end is None and not self.kinds else _CURRENT_WANTED


@dataclass(frozen=True, slots=True)
class _Sight:
    """The versions of the scopes in sight, and the model whose vectors are searched, as one transaction saw them."""

    versions: dict[uuid.UUID, int]
    model: TextEmbedding


class Recall:
    """Reads memories on behalf of a viewer, who sees their own scopes and no others."""

    def __init__(
        self,
        database: Database,
        models: EmbeddingModels,
        results: ResultCache,
        *,
        candidates_max: int,
        similarity_floor: float,
        replicas: Replicas | None = None,
    ) -> None:
        self._replicas = replicas or Replicas(database)
        self._models = models
        self._results = results
        self._candidates_max = candidates_max
        self._similarity_floor = similarity_floor

    async def search(self, search: Search) -> Served[list[Found]]:
        """Return what bears on the query, best first, at most `limit`. Raises Overloaded, DependencyUnavailable."""
        scope_ids = search.viewer.scope_ids()
        around = await self._look_around(search, scope_ids)
        speakers, sight = around.value
        found: Served[list[Found]] = Served([], around.served_by)
        if speakers:
            found = await self._kept_or_found(search, understood(search.query, speakers), Served(sight, around.served_by))
        _results.observe(len(found.value))
        return found

    async def _kept_or_found(self, search: Search, question: Question, sight: Served[_Sight]) -> Served[list[Found]]:
        key = self._results.key(self._shape(search, sight.value), sight.value.versions) if search.as_of is None else None
        if key is not None:
            with _seconds.labels("result_cache").time():
                kept = await self._results.get(key)
            if kept is not None:
                return await self._still_live(search, kept, sight.served_by)
        answer = await self._found(search, question, sight)
        found, now = answer.value
        if key is not None:
            # By what the candidates were read with: another server may have brought them, which is behind the one that told the versions first.
            await self._results.put(key_of(self._shape(search, now), now.versions), found)
        return Served(found, answer.served_by)

    def _shape(self, search: Search, sight: _Sight) -> Shape:
        options = (float(self._candidates_max), self._similarity_floor)
        return Shape(search.query, search.limit, sight.model.name, search.start, search.end, search.kinds, options)

    async def _still_live(self, search: Search, kept: Sequence[Kept], served_by: str) -> Served[list[Found]]:
        """Return those of the kept memories that are still recalled in the version that was found."""
        scope_ids = search.viewer.scope_ids()

        async def look(connection: psycopg.AsyncConnection) -> list[Found]:
            async with looking(connection, scope_ids):
                rows = await _rows(connection, [(one.memory_id, one.version) for one in kept], looking_back=False) if kept else {}
            return [Found(rows[key], one.score, one.score_by_arm) for one in kept if (key := (one.memory_id, one.version)) in rows]

        with _seconds.labels("database").time():
            return await self._replicas.look(scope_ids, search.token, look, after=served_by)

    async def _look_around(self, search: Search, scope_ids: list[uuid.UUID]) -> Served[tuple[list[str], _Sight]]:
        """Return the folded names of those whose words are in sight (of what nobody is named for, the name is empty), and the scopes."""

        async def look(connection: psycopg.AsyncConnection) -> tuple[list[str], _Sight]:
            async with looking(connection, scope_ids):
                scopes = await connection.execute(_SCOPES, {"scope_ids": scope_ids})
                speakers = await connection.execute(_SPEAKERS, {"scope_ids": scope_ids})
            # Fetched when the pipeline has ended, which brought the answers: within it, fetching would be a round trip of its own.
            return [str(row[0]) for row in await speakers.fetchall()], self._sight(await scopes.fetchall())

        with _seconds.labels("speakers").time():
            return await self._replicas.look(scope_ids, search.token, look)

    def _sight(self, rows: Sequence[Any]) -> _Sight:
        return _Sight({row[0]: row[1] for row in rows}, self._models.fitting(rows[0][2] if rows else None))

    async def _found(self, search: Search, question: Question, sight: Served[_Sight]) -> Served[tuple[list[Found], _Sight]]:
        """Return what is found, and the scopes as they were when it was looked for."""
        model = sight.value.model
        answer = await self._compared(search, question, model, sight.served_by)
        if (now := answer.value[1].model) is not model:  # searches switched to another model's vectors while the query was embedded
            answer = await self._compared(search, question, now, answer.served_by)
        return answer

    async def _compared(self, search: Search, question: Question, model: TextEmbedding, served_by: str) -> Served[tuple[list[Found], _Sight]]:
        scope_ids = search.viewer.scope_ids()
        with _seconds.labels("embedding").time():
            vector = await model.embed_query(question.text)
        parameters = {
            "query": vector_literal(vector),
            "terms": question.terms,
            "scope_ids": scope_ids,
            "model": model.name,
            "candidates_max": max(self._candidates_max, search.limit),
            "start": search.start,
            "end": search.end,
            "as_of": search.as_of,
            "kinds": list(search.kinds) or None,
        }

        async def look(connection: psycopg.AsyncConnection) -> tuple[list[Found], _Sight]:
            async with looking(connection, scope_ids):
                # Before the candidates, which may be newer than these versions and never older.
                scopes = await connection.execute(_SCOPES, {"scope_ids": scope_ids})
                candidates = await _candidates(connection, search.statement, parameters)
                sight = self._sight(await scopes.fetchall())
                # Twice what is asked for, so that collapsing repetitions leaves enough.
                best = rank(candidates, question, self._similarity_floor)[: 2 * search.limit]
                rows = await _rows(connection, [_key(one) for one in best], looking_back=search.as_of is not None) if best else {}
            return [Found(rows[key], one.score, one.score_by_arm) for one in best if (key := _key(one)) in rows], sight

        with _seconds.labels("database").time():
            answer = await self._replicas.look(scope_ids, search.token, look, after=served_by)
        found, sight = answer.value
        return Served((collapsed(found, search.limit), sight), answer.served_by)

    async def page(self, viewer: Viewer, *, after: uuid.UUID | None, size: int, token: str = "") -> tuple[list[StoredMemory], int]:
        """Return one page of what holds and the viewer may see, newest first, and how much there is in all."""
        scope_ids = viewer.scope_ids()
        return (await self._replicas.read(scope_ids, token, partial(store.page, scope_ids=scope_ids, after=after, size=size))).value

    async def get(self, viewer: Viewer, memory_id: uuid.UUID, *, token: str = "") -> StoredMemory:
        """Return one memory. Raises NotFound where the viewer may not see it."""

        async def load(session: AsyncSession) -> StoredMemory:
            found = (await store.load(session, [memory_id])).get(memory_id)
            if found is None:
                raise NotFound("memory")  # on a replica it sends the question to the primary, which may have it already
            return found

        return (await self._replicas.read(viewer.scope_ids(), token, load)).value


def _key(one: Ranked) -> tuple[uuid.UUID, int]:
    return one.candidate.memory_id, one.candidate.version


async def _candidates(connection: psycopg.AsyncConnection, statement: str, parameters: dict[str, Any]) -> Candidates:
    rows = await (await connection.execute(statement, parameters)).fetchall()
    if not rows:
        return Candidates([], Spread(0.0, 0.0), Spread(0.0, 0.0))
    # In the order of the statement's columns: a search has hundreds of candidates, and naming each field takes longer than ranking them.
    searched, mean, deviation, total, squares = rows[0][11:]
    found = [Candidate(*row[:7], Traits(*row[7:11])) for row in rows]  # type: ignore[call-arg]
    return Candidates(found, Spread(mean, deviation), Spread.of_sums(searched, total, squares))


async def _rows(
    connection: psycopg.AsyncConnection, wanted: Sequence[tuple[uuid.UUID, int]], *, looking_back: bool
) -> dict[tuple[uuid.UUID, int], StoredMemory]:
    parameters: dict[str, Any] = {"ids": [memory_id for memory_id, _ in wanted]}
    if looking_back:
        parameters["versions"] = [version for _, version in wanted]
    async with connection.cursor(row_factory=namedtuple_row) as cursor:
        await cursor.execute(_ROWS_AS_OF if looking_back else _CURRENT_ROWS, parameters)
        rows: list[Any] = await cursor.fetchall()
    return {(row.memory_id, row.version): store.stored(row) for row in rows}

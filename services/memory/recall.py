"""Finding memories: every memory in sight is compared with the query by meaning and by words, the arms are fused, repetitions collapsed.

Three round trips a search: one that asks whether anything is in sight (whoever is new has nothing, and embedding the query is the dearest part),
one that brings the candidates, one for the rows of the best. psycopg directly, in pipeline mode: this is the hot path.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from prometheus_client import Histogram
from psycopg.rows import namedtuple_row

from services.memory import store
from services.memory.facts import StoredMemory
from services.memory.ranking import Candidate, Candidates, Found, Ranked, collapsed, rank
from services.memory.scope_lock import looking, reading
from services.memory.scopes import Viewer
from services.retrieval.embedding import EmbeddingModel
from services.retrieval.fusion import Spread
from services.retrieval.terms import query_terms
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

_HOLDS_ANYTHING = "SELECT EXISTS (SELECT FROM memories WHERE scope_id = ANY(%(scope_ids)s::uuid[]))"

# Both arms score everything in sight, so that means and deviations are those of the whole, and each brings its best as candidates.
_CANDIDATES = """
WITH vector_arm AS MATERIALIZED (
    SELECT memory_id, version, 1 - (embedding <=> %(query)s::vector) AS similarity
    FROM memory_embeddings WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND model = %(model)s AND {filter}
), hits AS MATERIALIZED (
    SELECT memory_id, version, term, occurrences, length
    FROM memory_terms WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND term = ANY(%(terms)s::text[]) AND {filter}
), searched AS (
    SELECT count(*) AS searched, avg(similarity) AS mean, stddev_pop(similarity) AS deviation FROM vector_arm
), rarities AS MATERIALIZED (
    SELECT term, ln(1 + (searched - count(*) + 0.5) / (count(*) + 0.5)) AS rarity FROM hits, searched GROUP BY term, searched
), lengths AS MATERIALIZED (
    SELECT greatest(avg(length), 1) AS average FROM hits
), lexical_arm AS MATERIALIZED (
    SELECT memory_id, version, sum(rarity * occurrences * {rise} / (occurrences + {saturation} * (1 - {share} + {share} * length / average))) AS score
    FROM hits JOIN rarities USING (term) CROSS JOIN lengths GROUP BY memory_id, version
), chosen AS (
    (SELECT memory_id, version FROM vector_arm ORDER BY similarity DESC LIMIT %(candidates_max)s)
    UNION
    (SELECT memory_id, version FROM lexical_arm ORDER BY score DESC LIMIT %(candidates_max)s)
)
SELECT c.memory_id, c.version, coalesce(v.similarity, 0)::float8 AS similarity, coalesce(l.score, 0)::float8 AS lexical,
       s.searched, coalesce(s.mean, 0)::float8 AS mean, coalesce(s.deviation, 0)::float8 AS deviation,
       (SELECT coalesce(sum(score), 0)::float8 FROM lexical_arm) AS total,
       (SELECT coalesce(sum(score * score), 0)::float8 FROM lexical_arm) AS squares
FROM chosen c LEFT JOIN vector_arm v USING (memory_id, version) LEFT JOIN lexical_arm l USING (memory_id, version) CROSS JOIN searched s
"""
_NUMBERS = {"rise": SATURATION + 1, "saturation": SATURATION, "share": LENGTH_SHARE}
_IN_TIME = (
    " AND (%(start)s::timestamptz IS NULL OR valid_from >= %(start)s::timestamptz)"
    " AND (%(end)s::timestamptz IS NULL OR valid_from < %(end)s::timestamptz)"
)
_CURRENT = _CANDIDATES.format(filter="live", **_NUMBERS)
_LIVE_IN_RANGE = f"live AND memory_id IN (SELECT memory_id FROM memories WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND live{_IN_TIME})"  # noqa: S608
_CURRENT_IN_RANGE = _CANDIDATES.format(filter=_LIVE_IN_RANGE, **_NUMBERS)
_TRUE_THEN = f"""(memory_id, version) IN (
        SELECT memory_id, version FROM memory_statements
        WHERE scope_id = ANY(%(scope_ids)s::uuid[]) AND NOT quarantined AND forgotten_at IS NULL
        AND valid_from <= %(as_of)s::timestamptz AND (valid_to IS NULL OR valid_to > %(as_of)s::timestamptz){_IN_TIME})"""  # noqa: S608
_AS_OF = _CANDIDATES.format(filter=_TRUE_THEN, **_NUMBERS)
_CURRENT_ROWS = "SELECT * FROM memories WHERE memory_id = ANY(%(ids)s::uuid[]) AND live"
_ROWS_AS_OF = (
    "SELECT s.* FROM memory_statements s JOIN unnest(%(ids)s::uuid[], %(versions)s::bigint[]) AS wanted (memory_id, version)"
    " USING (memory_id, version) WHERE s.forgotten_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for. `start` and `end` bound when a memory was said or became true; as_of looks at what held then instead of now."""

    viewer: Viewer
    query: str
    limit: int
    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None

    @property
    def statement(self) -> str:
        """The query that brings the candidates."""
        if self.as_of is not None:
            return _AS_OF
        return _CURRENT if self.start is None and self.end is None else _CURRENT_IN_RANGE


class Recall:
    """Reads memories on behalf of a viewer, who sees their own scopes and no others."""

    def __init__(self, database: Database, model: EmbeddingModel, *, candidates_max: int, similarity_floor: float) -> None:
        self._database = database
        self._model = model
        self._candidates_max = candidates_max
        self._similarity_floor = similarity_floor

    async def search(self, search: Search) -> list[Found]:
        """Return what bears on the query, best first, at most `limit`. Raises Overloaded, DependencyUnavailable."""
        scope_ids = search.viewer.scope_ids()
        found = await self._found(search, scope_ids) if await self._anything_in(scope_ids) else []
        _results.observe(len(found))
        return found

    async def _anything_in(self, scope_ids: list[uuid.UUID]) -> bool:
        with _seconds.labels("existence").time():
            async with self._database.connection() as connection:
                async with looking(connection, scope_ids):
                    cursor = await connection.execute(_HOLDS_ANYTHING, {"scope_ids": scope_ids})
                # Fetched when the pipeline has ended, which brought the answer: within it, fetching would be a round trip of its own.
                row = await cursor.fetchone()
        return row is not None and bool(row[0])

    async def _found(self, search: Search, scope_ids: list[uuid.UUID]) -> list[Found]:
        with _seconds.labels("embedding").time():
            vector = await self._model.embed_query(search.query)
        parameters = {
            "query": store.vector_literal(vector),
            "terms": query_terms(search.query),
            "scope_ids": scope_ids,
            "model": self._model.name,
            "candidates_max": max(self._candidates_max, search.limit),
            "start": search.start,
            "end": search.end,
            "as_of": search.as_of,
        }
        with _seconds.labels("database").time():
            async with self._database.connection() as connection, looking(connection, scope_ids):
                candidates = await _candidates(connection, search.statement, parameters)
                # Twice what is asked for, so that collapsing repetitions leaves enough.
                best = rank(candidates, self._similarity_floor)[: 2 * search.limit]
                rows = await _rows(connection, best, looking_back=search.as_of is not None) if best else {}
        found = [Found(rows[key], one.score, one.score_by_arm) for one in best if (key := _key(one)) in rows]
        return collapsed(found, search.limit)

    async def page(self, viewer: Viewer, *, after: uuid.UUID | None, size: int) -> tuple[list[StoredMemory], int]:
        """Return one page of what holds and the viewer may see, newest first, and how much there is in all."""
        scope_ids = viewer.scope_ids()
        async with reading(self._database, scope_ids) as session:
            return await store.page(session, scope_ids, after=after, size=size)

    async def get(self, viewer: Viewer, memory_id: uuid.UUID) -> StoredMemory:
        """Return one memory. Raises NotFound where the viewer may not see it."""
        async with reading(self._database, viewer.scope_ids()) as session:
            found = (await store.load(session, [memory_id])).get(memory_id)
        if found is None:
            raise NotFound("memory")
        return found


def _key(one: Ranked) -> tuple[uuid.UUID, int]:
    return one.candidate.memory_id, one.candidate.version


async def _candidates(connection: psycopg.AsyncConnection, statement: str, parameters: dict[str, Any]) -> Candidates:
    async with connection.cursor(row_factory=namedtuple_row) as cursor:
        await cursor.execute(statement, parameters)
        rows: list[Any] = await cursor.fetchall()
    if not rows:
        return Candidates([], Spread(0.0, 0.0), Spread(0.0, 0.0))
    first = rows[0]
    found = [Candidate(row.memory_id, row.version, row.similarity, row.lexical) for row in rows]
    return Candidates(found, Spread(first.mean, first.deviation), Spread.of_sums(first.searched, first.total, first.squares))


async def _rows(connection: psycopg.AsyncConnection, best: Sequence[Ranked], *, looking_back: bool) -> dict[tuple[uuid.UUID, int], StoredMemory]:
    parameters: dict[str, Any] = {"ids": [one.candidate.memory_id for one in best]}
    if looking_back:
        parameters["versions"] = [one.candidate.version for one in best]
    async with connection.cursor(row_factory=namedtuple_row) as cursor:
        await cursor.execute(_ROWS_AS_OF if looking_back else _CURRENT_ROWS, parameters)
        rows: list[Any] = await cursor.fetchall()
    return {(row.memory_id, row.version): store.stored(row) for row in rows}

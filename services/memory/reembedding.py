"""Changing the embedding model: every version of every memory gets a vector of the new model, then searches switch to it at once.

A job goes through the scopes in the order of their ids and notes the version of each in which it lacked no vector; a scope that is written to later
has another version and is looked at again. So nothing has to be remembered about single memories, a job that is killed goes on where it was, and that
nothing is lacking is known from two small tables. The switch holds off every write while it looks for the last time.

The vectors of the model before are kept for a while after the switch, for searches that began before it, and then deleted.
"""

import time
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.embeddings import EmbeddingModels
from services.memory.scope_lock import confine, reading, writing
from services.retrieval.text_embedding import vector_literal
from services.runtime.database import Database
from services.runtime.errors import DependencyUnavailable
from services.runtime.jobs import Jobs
from services.runtime.telemetry import get_logger

REEMBED = "reembed_memories"
DELETE_OLD_VECTORS = "delete_old_vectors"
LOCK = "reembed"
"""Of both jobs: none deletes vectors while another makes sure that none is lacking."""
SCOPES_A_PAGE = 200
BATCHES_READ = 20
"""Batches that are read at a time: looking for what is lacking goes through the whole scope."""
LAST_SCOPES_MAX = 100
"""Scopes that the switch looks at itself, while no write goes on; with more that changed, the job goes through them first."""
WRITES_WAIT_MAX = "2s"
"""How long the switch waits for writes that are under way, with others waiting behind it. Past it the job is tried again. More than the second after
which an automatic vacuum gives way."""

_vectors = Counter("parlour_memory_reembedded_vectors_total", "Vectors that a change of the embedding model made or deleted", ["result"])
_versions = Gauge("parlour_memory_reembedding_versions", "Versions of memories in the change under way, or the last one", ["count"])
_log = get_logger(__name__)

_ROWS = text("SELECT * FROM embedding_models WHERE name = :model OR in_force")
_START = text(
    """
    INSERT INTO embedding_models (name, state) VALUES (:model, 'running')
    ON CONFLICT (name) DO UPDATE SET state = 'running', total = NULL, done = 0, started_at = now(), finished_at = NULL
    WHERE embedding_models.state <> 'running'
    RETURNING name
    """
)
_UNNOTE_SCOPES = text("DELETE FROM embedded_scopes WHERE model = :model")
_JOB_WAITS = text("SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = :task AND status IN ('todo', 'doing'))")
_MODEL = text("SELECT state, total FROM embedding_models WHERE name = :model")
_SET_TOTAL = text("UPDATE embedding_models SET total = :total, done = :done WHERE name = :model")
_ADD_DONE = text("UPDATE embedding_models SET done = done + :done, total = greatest(total, done + :done) WHERE name = :model RETURNING total, done")
_SCOPES = text("SELECT scope_id FROM scopes WHERE scope_id > :after ORDER BY scope_id LIMIT :scopes_max")
_BEHIND = text(
    """
    SELECT s.scope_id FROM scopes s LEFT JOIN embedded_scopes e ON e.model = :model AND e.scope_id = s.scope_id
    WHERE s.scope_id > :after AND e.version IS DISTINCT FROM s.version ORDER BY s.scope_id LIMIT :scopes_max
    """
)
_COUNT = text(
    "SELECT count(*) AS total, count(e.memory_id) AS done FROM memory_statements s"
    " LEFT JOIN memory_embeddings e ON e.memory_id = s.memory_id AND e.version = s.version AND e.model = :model WHERE s.scope_id = ANY(:scope_ids)"
)
_LACKING = (
    " FROM memory_statements s WHERE s.scope_id = ANY(:scope_ids) AND NOT EXISTS ("
    "SELECT FROM memory_embeddings e WHERE e.memory_id = s.memory_id AND e.version = s.version AND e.model = :model)"
)
# How many vectors a scope has is not known to the planner while they are being made, and a nested loop over a large scope takes minutes.
_HASH = text("SET LOCAL enable_nestloop = off")
_LACKS_ANY = text(f"SELECT EXISTS (SELECT{_LACKING})")
_LACKING_SOME = text(f"SELECT s.memory_id, s.version, s.text{_LACKING} LIMIT :texts_max")
_SCOPE_VERSION = text("SELECT version FROM scopes WHERE scope_id = :scope_id")
_NOTE_SCOPE = text(
    "INSERT INTO embedded_scopes (model, scope_id, version)"
    " SELECT CAST(:model AS text), scope_id, CAST(:version AS bigint) FROM scopes WHERE scope_id = :scope_id"  # unless it was erased meanwhile
    " ON CONFLICT (model, scope_id) DO UPDATE SET version = excluded.version"
)
# The version of the scope stays: what a search finds does not change.
_HOLD_SCOPE = text("SELECT FROM scopes WHERE scope_id = :scope_id FOR NO KEY UPDATE")
# What was erased meanwhile is not there to be joined.
_INSERT = text(
    """
    INSERT INTO memory_embeddings (memory_id, version, model, scope_id, live, embedding)
    SELECT s.memory_id, s.version, :model, s.scope_id, m.live AND m.version = s.version, CAST(n.embedding AS vector)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS bigint[]), CAST(:embeddings AS text[])) AS n (memory_id, version, embedding)
    JOIN memory_statements s USING (memory_id, version) JOIN memories m USING (memory_id)
    ON CONFLICT DO NOTHING RETURNING memory_id
    """
)
# Every write to memories writes to this table first, so none is under way while it is held, and none begins.
_HOLD_OFF_WRITES = (text(f"SET LOCAL lock_timeout = '{WRITES_WAIT_MAX}'"), text("LOCK TABLE scopes IN SHARE MODE"))
_RETIRE = text("UPDATE embedding_models SET in_force = false, state = 'retired', finished_at = now() WHERE in_force AND name <> :model")
# Versions that were erased meanwhile count as done.
_COME_INTO_FORCE = text(
    "UPDATE embedding_models SET in_force = true, state = 'complete', finished_at = now(), done = coalesce(total, 0) WHERE name = :model"
)
_DELETE_OLD = text(
    """
    DELETE FROM memory_embeddings WHERE scope_id = ANY(:scope_ids) AND (memory_id, version, model) IN (
        SELECT memory_id, version, model FROM memory_embeddings
        WHERE scope_id = ANY(:scope_ids) AND model NOT IN (SELECT name FROM embedding_models WHERE in_force OR state = 'running') LIMIT :batch_max)
    """
)
_FIRST = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a change is. `state` is needed, running or complete; total and done count versions of memories, 0 until they are counted."""

    state: str
    model: str
    model_in_force: str
    total: int
    done: int
    started_at: datetime | None
    finished_at: datetime | None


class Reembedding:
    """Changes from the model in force to the one that the service runs. Start it when no instance is left that runs another one."""

    def __init__(
        self,
        database: Database,
        models: EmbeddingModels,
        jobs: Jobs,
        *,
        batch_max: int,
        slice_s: float,
        keep_old_s: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._models = models
        self._model = models.present
        self._jobs = jobs
        self._batch_max = batch_max
        self._slice_s = slice_s
        self._keep_old_s = keep_old_s
        self._clock = clock

    async def start(self) -> Progress:
        """Have every version embedded with the service's model; where that is under way, only say how far it is.

        Where that model is in force already, versions that lack a vector of it get one.
        """
        await self._models.in_force()  # which makes the model of an empty database known
        async with self._database.write() as session:
            if await session.scalar(_START, {"model": self._model.name}) is not None:
                await session.execute(_UNNOTE_SCOPES, {"model": self._model.name})
            # Also where the change is under way: a job that was given up is put back this way.
            if not await session.scalar(_JOB_WAITS, {"task": REEMBED}):
                await self._jobs.enqueue(session, REEMBED, lock=LOCK, model=self._model.name)
        return await self.progress()

    async def progress(self) -> Progress:
        """Return how far the change is."""
        in_force = (await self._models.in_force()).name
        async with self._database.read() as session:
            rows = {row.name: row for row in await session.execute(_ROWS, {"model": self._model.name})}
        in_force = next((row.name for row in rows.values() if row.in_force), in_force)
        own = rows.get(self._model.name)
        if own is None or own.state == "retired":
            return Progress("needed", self._model.name, in_force, 0, 0, None, None)
        return Progress(own.state, own.name, in_force, int(own.total or 0), int(own.done), own.started_at, own.finished_at)

    async def run(self, model: str) -> None:
        """Embed for a while, and switch when nothing is lacking; where more is to be done, enqueue a job that goes on.

        Raises DependencyUnavailable in an instance that runs another model: the queue tries again until one that runs it takes the job.
        """
        if model != self._model.name:
            raise DependencyUnavailable("embedding model", f"{model} is not the one that this instance runs")
        if await self._advance():
            async with self._database.write() as session:
                await self._jobs.enqueue(session, REEMBED, lock=LOCK, model=model)

    async def _advance(self) -> bool:
        """Do a slice of the work; return whether more is to be done."""
        async with self._database.read() as session:
            row = (await session.execute(_MODEL, {"model": self._model.name})).first()
        if row is None or row.state != "running":
            return False
        if row.total is None:
            await self._count()
        until_s = self._clock() + self._slice_s
        after = _FIRST
        while behind := await self._scope_ids(_BEHIND, after):
            for scope_id in behind:
                await self._embed_scope(scope_id, until_s)
                if self._clock() >= until_s:
                    return True
            after = behind[-1]
        return not await self._switch()

    async def _scope_ids(self, statement: Any, after: uuid.UUID) -> list[uuid.UUID]:
        async with self._database.read() as session:
            return list((await session.execute(statement, {"model": self._model.name, "after": after, "scopes_max": SCOPES_A_PAGE})).scalars())

    async def _count(self) -> None:
        total = done = 0
        after = _FIRST
        while page := await self._scope_ids(_SCOPES, after):
            async with reading(self._database, page) as session:
                await session.execute(_HASH)
                row = (await session.execute(_COUNT, {"model": self._model.name, "scope_ids": page})).one()
            total, done, after = total + row.total, done + row.done, page[-1]
        async with self._database.write() as session:
            await session.execute(_SET_TOTAL, {"model": self._model.name, "total": total, "done": done})
        _publish(total, done)

    async def _embed_scope(self, scope_id: uuid.UUID, until_s: float) -> None:
        """Give every version of the scope's a vector, and note the version of the scope for which that holds; or stop when it is time."""
        values: dict[str, Any] = {"model": self._model.name, "scope_ids": [scope_id], "scope_id": scope_id}
        while True:
            async with reading(self._database, [scope_id]) as session:
                # Before the look: what is written between the two has a newer version of the scope, and is looked for again.
                version = await session.scalar(_SCOPE_VERSION, values)
                await session.execute(_HASH)
                lacking = (await session.execute(_LACKING_SOME, {**values, "texts_max": BATCHES_READ * self._batch_max})).all()
            if version is None:
                return  # erased: if somebody writes to it again, it is a scope that is behind
            if not lacking:
                break
            for start in range(0, len(lacking), self._batch_max):
                await self._embed(values, lacking[start : start + self._batch_max])
                if self._clock() >= until_s:
                    return
        async with self._database.write() as session:
            await session.execute(_NOTE_SCOPE, {**values, "version": version})

    async def _embed(self, values: dict[str, Any], lacking: Sequence[Any]) -> None:
        vectors = await self._model.embed([row.text for row in lacking])
        columns = {
            "ids": [row.memory_id for row in lacking],
            "versions": [row.version for row in lacking],
            "embeddings": [vector_literal(vector) for vector in vectors],
        }
        async with writing(self._database, values["scope_ids"]) as session:
            await session.execute(_HOLD_SCOPE, values)
            stored = len((await session.execute(_INSERT, {**values, **columns})).all())
            row = (await session.execute(_ADD_DONE, {"model": self._model.name, "done": stored})).one()
        _vectors.labels("made").inc(stored)
        _publish(row.total, row.done)

    async def _switch(self) -> bool:
        """Have searches use the new vectors, unless some are lacking; return whether they do."""
        values = {"model": self._model.name, "after": _FIRST, "scopes_max": LAST_SCOPES_MAX + 1}
        async with self._database.write() as session:
            for statement in _HOLD_OFF_WRITES:
                await session.execute(statement)
            changed = list((await session.execute(_BEHIND, values)).scalars())
            if len(changed) > LAST_SCOPES_MAX or await self._lack_any(session, changed):
                return False
            retired = await session.execute(_RETIRE, values)
            await session.execute(_COME_INTO_FORCE, values)
            await session.execute(_UNNOTE_SCOPES, values)
            if retired.rowcount:  # type: ignore[attr-defined]
                await self._jobs.enqueue(session, DELETE_OLD_VECTORS, lock=LOCK, delay_s=self._keep_old_s)
        _log.info("searches use the vectors of another model", model=self._model.name)
        return True

    async def _lack_any(self, session: AsyncSession, scope_ids: Collection[uuid.UUID]) -> bool:
        if not scope_ids:
            return False
        await confine(session, scope_ids)
        await session.execute(_HASH)
        return bool(await session.scalar(_LACKS_ANY, {"model": self._model.name, "scope_ids": list(scope_ids)}))

    async def delete_old_vectors(self) -> int:
        """Delete the vectors of models that are neither in force nor coming; return how many that was."""
        deleted = 0
        after = _FIRST
        while page := await self._scope_ids(_SCOPES, after):
            some = -1
            while some:
                async with writing(self._database, page) as session:
                    await session.execute(_HASH)
                    result = await session.execute(_DELETE_OLD, {"scope_ids": page, "batch_max": BATCHES_READ * self._batch_max})
                    some = result.rowcount  # type: ignore[attr-defined]
                deleted += some
            after = page[-1]
        _vectors.labels("deleted").inc(deleted)
        return deleted


def _publish(total: int, done: int) -> None:
    _versions.labels("total").set(total)
    _versions.labels("done").set(done)

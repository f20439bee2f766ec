"""Forgetting in two steps: a plan that shows what a sentence means, and a commit. It can be undone for a while, then the text is erased.

A plan names memories by id and version, and keeps no text. All times are the database's.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory import operations, store
from services.memory.embeddings import EmbeddingModels
from services.memory.facts import StoredMemory
from services.memory.intent import Resemblance, asks_for_everything, meant
from services.memory.scope_lock import confine, count, lock_known_scopes, reading, writing
from services.memory.scopes import Viewer
from services.retrieval.terms import query_terms
from services.retrieval.text_embedding import vector_literal
from services.runtime.database import Database
from services.runtime.errors import NotFound, PlanExpired

_memories = Counter("parlour_memory_forgotten_total", "Memories that were planned to be forgotten, forgotten, restored or erased", ["step"])

# Everything of the viewer's own, what was superseded included: it is still kept, so it can still be forgotten.
_RESEMBLANCES = text(
    """
    SELECT m.memory_id, m.version, 1 - (e.embedding <=> CAST(:query AS vector)) AS similarity,
           (SELECT count(*) FROM memory_terms t
            WHERE t.memory_id = m.memory_id AND t.version = m.version AND t.scope_id = m.scope_id AND t.term = ANY(:terms)) AS shared
    FROM memories m JOIN memory_embeddings e ON e.memory_id = m.memory_id AND e.version = m.version AND e.model = :model
    WHERE m.scope_id = ANY(:scope_ids) AND m.user_id = :user_id AND m.forgotten_at IS NULL
    ORDER BY similarity DESC
    """
)
_EVERYTHING = text(
    "SELECT memory_id, version FROM memories WHERE scope_id = ANY(:scope_ids) AND user_id = :user_id AND forgotten_at IS NULL"
    " ORDER BY memory_id DESC LIMIT :items_max"
)
_INSERT_PLAN = text(
    "INSERT INTO forget_plans (plan_id, guild_id, channel_id, user_id, expires_at)"
    " VALUES (:plan_id, :guild_id, :channel_id, :user_id, now() + make_interval(secs => :seconds)) RETURNING expires_at"
)
_INSERT_ITEMS = text(
    "INSERT INTO forget_plan_items (plan_id, memory_id, version, scope_id)"
    " SELECT :plan_id, memory_id, version, scope_id FROM memories WHERE memory_id = ANY(:ids)"
)
_LOCK_PLAN = text(
    "SELECT *, now() > expires_at AS expired, now() > undo_until AS final FROM forget_plans"
    " WHERE plan_id = :plan_id AND user_id = :user_id AND guild_id = :guild_id FOR UPDATE"
)
_PLAN = text("SELECT expires_at FROM forget_plans WHERE plan_id = :plan_id")
_ITEMS = text("SELECT memory_id, scope_id FROM forget_plan_items WHERE plan_id = :plan_id")
# A memory that was changed after its preview is not what the person agreed to forget.
_FORGET = text(
    """
    UPDATE memories m SET forgotten_at = now(), forgotten_by = :plan_id, updated_at = now()
    FROM forget_plan_items i
    WHERE i.plan_id = :plan_id AND m.memory_id = i.memory_id AND m.version = i.version AND m.forgotten_at IS NULL
    RETURNING m.memory_id
    """
)
_COMMITTED = text(
    "UPDATE forget_plans SET committed_at = now(), undo_until = now() + make_interval(secs => :seconds), forgotten_count = :forgotten"
    " WHERE plan_id = :plan_id RETURNING undo_until"
)
# What was said again meanwhile is there already; what was superseded comes back as superseded.
_RESTORE = text(
    """
    UPDATE memories m SET forgotten_at = NULL, forgotten_by = NULL, updated_at = now()
    WHERE m.forgotten_by = :plan_id AND (m.valid_to IS NOT NULL OR NOT EXISTS (
        SELECT FROM memories other WHERE other.scope_id = m.scope_id AND other.text_hash = m.text_hash AND other.held))
    RETURNING m.memory_id
    """
)
_UNDONE = text("UPDATE forget_plans SET undone_at = now(), restored_count = :restored WHERE plan_id = :plan_id")
_DUE = text(
    "SELECT plan_id, guild_id, channel_id, user_id FROM forget_plans"
    " WHERE committed_at IS NOT NULL AND purged_at IS NULL AND (undo_until < now() OR undone_at IS NOT NULL) ORDER BY undo_until LIMIT :plans_max"
)
_LEFT_FORGOTTEN = text("SELECT memory_id, scope_id FROM memories WHERE forgotten_by = :plan_id")
_PURGED = text("UPDATE forget_plans SET purged_at = now() WHERE plan_id = :plan_id")
_DELETE_OLD_PLANS = text(
    "DELETE FROM forget_plans WHERE created_at < now() - make_interval(days => :days) AND (committed_at IS NULL OR purged_at IS NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be forgotten. Without a plan_id nothing was found."""

    plan_id: uuid.UUID | None
    memories: Sequence[StoredMemory]
    expires_at: datetime | None


class Forgetting:
    """Plans, commits, undoes, and erases what is due. Every method that a caller names a request for is idempotent."""

    def __init__(self, database: Database, models: EmbeddingModels, *, plan_s: float, undo_s: float, items_max: int) -> None:
        self._database = database
        self._models = models
        self._plan_s = plan_s
        self._undo_s = undo_s
        self._items_max = items_max

    async def plan(self, request_id: str, payload: bytes, viewer: Viewer, sentence: str) -> Plan:
        """Find the viewer's own memories that a sentence means, and keep them as a plan. Raises RequestIdReused."""
        chosen = await self._meant(viewer, sentence)
        async with writing(self._database, viewer.scope_ids()) as session:
            done = await operations.begin(session, request_id, payload)
            if done is None:
                plan = await self._keep(session, viewer, chosen) if chosen else Plan(None, [], None)
                result = {"plan_id": str(plan.plan_id or ""), "ids": [str(memory.memory_id) for memory in plan.memories]}
                await operations.finish(session, request_id, json.dumps(result))
                return plan
            return await _repeated(session, done)

    async def _meant(self, viewer: Viewer, sentence: str) -> list[uuid.UUID]:
        parameters: dict[str, Any] = {"scope_ids": viewer.scope_ids(), "user_id": viewer.user_id}
        if asks_for_everything(sentence):
            async with reading(self._database, viewer.scope_ids()) as session:
                rows = await session.execute(_EVERYTHING, {**parameters, "items_max": self._items_max})
                return [row.memory_id for row in rows]
        terms = query_terms(sentence)
        model = await self._models.in_force()
        vector = vector_literal(await model.embed_query(sentence))
        async with reading(self._database, viewer.scope_ids()) as session:
            rows = await session.execute(_RESEMBLANCES, {**parameters, "query": vector, "terms": terms, "model": model.name})
            resemblances = [Resemblance(row.memory_id, row.similarity, row.shared) for row in rows]
        return meant(resemblances, terms_count=len(terms), items_max=self._items_max)

    async def _keep(self, session: AsyncSession, viewer: Viewer, chosen: Sequence[uuid.UUID]) -> Plan:
        found = await store.load(session, chosen)
        if not found:
            return Plan(None, [], None)
        plan_id = uuid.uuid4()
        values = {"plan_id": plan_id, "guild_id": viewer.guild_id, "channel_id": viewer.channel_id, "user_id": viewer.user_id}
        expires_at = await session.scalar(_INSERT_PLAN, {**values, "seconds": self._plan_s})
        await session.execute(_INSERT_ITEMS, {"plan_id": plan_id, "ids": list(found)})
        _memories.labels("planned").inc(len(found))
        return Plan(plan_id, [found[memory_id] for memory_id in chosen if memory_id in found], expires_at)

    async def commit(self, request_id: str, payload: bytes, viewer: Viewer, plan_id: uuid.UUID) -> tuple[int, datetime]:
        """Forget what a plan names; return how many memories that was and until when it can be undone.

        A plan that is committed again answers the same. Raises NotFound, PlanExpired, RequestIdReused.
        """
        async with writing(self._database, viewer.scope_ids()) as session:
            await operations.begin(session, request_id, payload)
            plan = await _locked_plan(session, viewer, plan_id)
            if plan.committed_at is not None:
                return plan.forgotten_count, plan.undo_until
            if plan.expired:
                raise PlanExpired("the plan is too old to be committed")
            await _confine_to_items(session, plan_id)
            forgotten = list((await session.execute(_FORGET, {"plan_id": plan_id})).scalars())
            await store.refresh_live(session, forgotten)
            values = {"plan_id": plan_id, "seconds": self._undo_s, "forgotten": len(forgotten)}
            undo_until: datetime = (await session.execute(_COMMITTED, values)).scalar_one()
            await operations.finish(session, request_id, "{}")
            _memories.labels("forgotten").inc(len(forgotten))
            return len(forgotten), undo_until

    async def undo(self, request_id: str, payload: bytes, viewer: Viewer, plan_id: uuid.UUID) -> int:
        """Bring back what a plan forgot; return how many memories that was. Raises NotFound, PlanExpired after the window, RequestIdReused."""
        async with writing(self._database, viewer.scope_ids()) as session:
            await operations.begin(session, request_id, payload)
            plan = await _locked_plan(session, viewer, plan_id)
            if plan.undone_at is not None:
                return int(plan.restored_count)
            if plan.committed_at is None:
                raise NotFound("committed plan")
            if plan.final or plan.purged_at is not None:
                raise PlanExpired("what was forgotten is gone")
            await _confine_to_items(session, plan_id)
            restored = list((await session.execute(_RESTORE, {"plan_id": plan_id})).scalars())
            # What was said meanwhile on the same subject and attribute is newer.
            await store.supersede(session, restored)
            await session.execute(_UNDONE, {"plan_id": plan_id, "restored": len(restored)})
            await operations.finish(session, request_id, "{}")
            _memories.labels("restored").inc(len(restored))
            return len(restored)

    async def erase_due(self, *, plans_max: int = 100) -> int:
        """Erase what was forgotten and cannot be brought back any more; return how many memories that was."""
        async with self._database.read() as session:
            due = list(await session.execute(_DUE, {"plans_max": plans_max}))
        return sum([await self._erase(row) for row in due])

    async def _erase(self, plan: Row[Any]) -> int:
        viewer = Viewer(plan.guild_id, plan.channel_id, plan.user_id)
        async with writing(self._database, viewer.scope_ids()) as session:
            await _locked_plan(session, viewer, plan.plan_id)  # before the scopes, as in an undo that comes at the same moment
            await _confine_to_items(session, plan.plan_id)
            left = {row.memory_id: row.scope_id for row in await session.execute(_LEFT_FORGOTTEN, {"plan_id": plan.plan_id})}
            erased = await store.erase(session, left)
            for scope_id in set(left.values()):
                await count(session, scope_id, -list(left.values()).count(scope_id))
            await session.execute(_PURGED, {"plan_id": plan.plan_id})
        _memories.labels("erased").inc(erased)
        return erased

    async def delete_old(self, days: int) -> None:
        """Drop plans, and results of requests, that nobody will ask for again."""
        async with self._database.write() as session:
            await session.execute(_DELETE_OLD_PLANS, {"days": days})
            await operations.delete_old(session, days)


async def _repeated(session: AsyncSession, done: operations.Result) -> Plan:
    if not done["plan_id"]:
        return Plan(None, [], None)
    plan_id = uuid.UUID(done["plan_id"])
    ids = [uuid.UUID(given) for given in done["ids"]]
    found = await store.load(session, ids)
    expires_at = await session.scalar(_PLAN, {"plan_id": plan_id})
    return Plan(plan_id, [found[memory_id] for memory_id in ids if memory_id in found], expires_at)


async def _locked_plan(session: AsyncSession, viewer: Viewer, plan_id: uuid.UUID) -> Row[Any]:
    values = {"plan_id": plan_id, "user_id": viewer.user_id, "guild_id": viewer.guild_id}
    plan = (await session.execute(_LOCK_PLAN, values)).first()
    if plan is None:
        raise NotFound("plan")
    return plan


async def _confine_to_items(session: AsyncSession, plan_id: uuid.UUID) -> None:
    """Reach the plan's memories, also from another channel of the same person's, with their scopes locked."""
    scope_ids = {row.scope_id for row in await session.execute(_ITEMS, {"plan_id": plan_id})}
    await confine(session, scope_ids)
    await lock_known_scopes(session, scope_ids)

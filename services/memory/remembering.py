"""Storing, changing and deleting memories. Vectors are made before the transaction begins; the token is read after it has ended."""

import json
import os
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory import operations, store
from services.memory.embeddings import Embedded, EmbeddingModels
from services.memory.facts import Kind, NewFact, StoredMemory, new_fact, time_ordered_ids
from services.memory.last_writes import last_writes
from services.memory.room import Room
from services.memory.scope_lock import count, lock_known_scopes, lock_scopes, writing
from services.memory.scopes import Viewer
from services.runtime.database import Database
from services.runtime.errors import NotFound

_added = Counter("parlour_memory_added_total", "Memories that were to be stored, by what came of it", ["source", "result"])
_SOURCES = frozenset({"stated", "extracted", "imported"})


@dataclass(frozen=True, slots=True)
class Remembered:
    """What came of one new fact. `memory` is None where a repeated request meets a memory that was deleted since."""

    memory_id: uuid.UUID
    memory: StoredMemory | None
    duplicate: bool


class Remembering:
    """Writes memories. Every method is idempotent by its request_id."""

    def __init__(
        self,
        database: Database,
        models: EmbeddingModels,
        *,
        room: Room,
        supersede_undo_s: float = 3_600.0,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._database = database
        self._models = models
        self._room = room
        self._supersede_undo_s = supersede_undo_s
        self._clock = clock
        self._random_bytes = random_bytes

    async def add(self, request_id: str, payload: bytes, facts: Sequence[NewFact]) -> tuple[list[Remembered], str]:
        """Store facts in one transaction; return what came of each, in order, and the consistency token.

        Raises LimitReached when a scope would hold too much, RequestIdReused.
        """
        vectors = await self._models.embed([fact.text for fact in facts])
        scopes = [fact.scope for fact in facts]
        async with writing(self._database, {scope.scope_id for scope in scopes}) as session:
            done = await operations.begin(session, request_id, payload)
            if done is None:
                added = await self.add_within(session, facts, vectors)
                result = {"ids": [str(one.memory_id) for one in added], "duplicates": [one.duplicate for one in added]}
                await operations.finish(session, request_id, json.dumps(result))
            else:
                added = [store.Added(uuid.UUID(given), double) for given, double in zip(done["ids"], done["duplicates"], strict=True)]
            found = await store.load(session, {one.memory_id for one in added})
        remembered = [Remembered(one.memory_id, found.get(one.memory_id), one.duplicate) for one in added]
        return remembered, await self.token()

    async def add_within(self, session: AsyncSession, facts: Sequence[NewFact], vectors: Embedded) -> list[store.Added]:
        """Store facts in a transaction that is confined to their scopes. Raises LimitReached."""
        held = await lock_scopes(session, [fact.scope for fact in facts])
        ids = time_ordered_ids(len(facts), int(self._clock() * 1000), self._random_bytes)
        added, new_by_scope = await store.insert_facts(session, facts, vectors, ids)
        await self._room.take(session, held, new_by_scope, [fact.scope for fact in facts])
        for fact, one in zip(facts, added, strict=True):
            source = fact.provenance.source if fact.provenance.source in _SOURCES else "other"
            _added.labels(source, _result(fact, one)).inc()
        return added

    async def update(
        self, request_id: str, payload: bytes, viewer: Viewer, memory_id: uuid.UUID, version: int, text: str
    ) -> tuple[StoredMemory, str]:
        """Change a memory's text; return it and the token. Raises NotFound, PermissionRefused, StaleVersion, InvalidField, RequestIdReused."""
        vector = await self._models.embed_one(text)
        async with writing(self._database, viewer.scope_ids()) as session:
            if await operations.begin(session, request_id, payload) is None:
                old = await self._locked(session, memory_id, viewer)
                fact = new_fact(old.scope, text, kind=Kind(old.kind), importance=old.importance, provenance=old.provenance, valid_from=None)
                await store.revise(session, old, version, fact, vector, undo_s=self._supersede_undo_s)
                await operations.finish(session, request_id, "{}")
            found = (await store.load(session, [memory_id])).get(memory_id)
        if found is None:
            raise NotFound("memory")
        return found, await self.token()

    async def delete(self, request_id: str, payload: bytes, viewer: Viewer, memory_id: uuid.UUID) -> str:
        """Remove a memory for good; return the token. What it replaced a short time ago (supersede_undo_s) holds again.

        Raises NotFound, PermissionRefused, RequestIdReused.
        """
        async with writing(self._database, viewer.scope_ids()) as session:
            if await operations.begin(session, request_id, payload) is None:
                old = await self._locked(session, memory_id, viewer)
                await store.erase(session, [memory_id])
                await store.reopen(session, [memory_id], self._supersede_undo_s)
                await count(session, old.scope.scope_id, -1)
                await operations.finish(session, request_id, "{}")
        return await self.token()

    async def _locked(self, session: AsyncSession, memory_id: uuid.UUID, viewer: Viewer) -> StoredMemory:
        """Return a memory of the viewer's with its scope locked, as it is under the lock."""
        seen = await store.load_own(session, memory_id, viewer)
        await lock_known_scopes(session, [seen.scope.scope_id])
        return await store.load_own(session, memory_id, viewer)

    async def token(self) -> str:
        """Return the consistency token of everything committed so far: read inside the transaction it would come too early."""
        return str(await last_writes(self._database).position(self._database))


def _result(fact: NewFact, added: store.Added) -> str:
    if added.duplicate:
        return "near_duplicate" if added.near else "duplicate"
    return "quarantined" if fact.quarantined else "stored"

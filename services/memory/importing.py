"""Storing an export again. Each message of the stream is a transaction of its own and, by its place in the stream, a request of its own: a stream
that was cut off and is sent again goes on, and is answered what it would have been.

A memory keeps its id. Where another scope has that id already (the original is still there), it gets one made from the scope and the id, so that the
same stream finds it again. What the scope holds already, by id or by text, is a duplicate; of that, only missing earlier versions are added.
"""

import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import prometheus_client
from sqlalchemy import select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory import operations, store
from services.memory.embeddings import Embedded, EmbeddingModels
from services.memory.facts import NewFact
from services.memory.portable import Batch, EarlierVersion, PortableMemory
from services.memory.room import Room
from services.memory.scope_lock import lock_scopes, writing
from services.memory.scopes import Scope
from services.memory.tables import memories, memory_versions
from services.runtime.database import Database
from services.runtime.errors import InvalidField, LimitReached

EMBEDDED_AT_ONCE = 256
ROWS_AT_ONCE = 1_000
"""A statement takes 65,535 parameters."""

_imported = prometheus_client.Counter("parlour_memory_imported_total", "Memories that came in with imports, by what came of it", ["result"])

_AT_VERSION = text(
    "UPDATE memories m SET version = n.version, valid_from = least(n.valid_from, m.valid_to)"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS bigint[]), CAST(:times AS timestamptz[])) AS n (memory_id, version, valid_from)"
    " WHERE m.memory_id = n.memory_id"
)
_REPLACED_BY = text("UPDATE memories SET superseded_by = :new WHERE scope_id = :scope_id AND superseded_by = :old")


@dataclass(slots=True)
class _Place:
    """Where one memory of a batch goes. `row` is that of its vector, and each earlier version comes with its own."""

    entry: PortableMemory
    row: int
    earlier: list[tuple[EarlierVersion, int]]
    memory_id: uuid.UUID
    version: int
    valid_from: datetime
    new: bool = False
    there: bool = False

    @property
    def scope(self) -> Scope:
        return self.entry.memory.scope


class Importing:
    """Stores what an export holds.

    `room` bounds a scope, `memories_max` a stream, `texts_max` what one message has embedded, earlier versions included.
    """

    def __init__(self, database: Database, models: EmbeddingModels, *, room: Room, memories_max: int, texts_max: int) -> None:
        self._database = database
        self._models = models
        self._room = room
        self._memories_max = memories_max
        self._texts_max = texts_max

    async def run(self, batches: AsyncIterator[Batch]) -> tuple[int, int]:
        """Store every batch; return how many memories were new, and how many the scopes held.

        What comes before a batch that is refused stays stored. Raises InvalidField, LimitReached, RequestIdReused.
        """
        imported = duplicates = memories_seen = place = 0
        last: uuid.UUID | None = None
        async for batch in batches:
            memories_seen += len(batch.memories)
            if memories_seen > self._memories_max:
                raise LimitReached("memories in one import", self._memories_max)
            # A blank, which no request id holds, keeps these apart from what callers name.
            key = f"{batch.request_id} {place}"
            new, known = await self._store(key, batch, last)
            imported, duplicates, place = imported + new, duplicates + known, place + 1
            last = batch.memories[-1].memory.memory_id if batch.memories else last
        return imported, duplicates

    async def _store(self, key: str, batch: Batch, last: uuid.UUID | None) -> tuple[int, int]:
        places, texts = _planned(_merged(batch.memories))
        if len(texts) > self._texts_max:
            raise InvalidField("memories", f"hold {len(texts)} texts with their earlier versions, {self._texts_max} are accepted")
        async with self._database.read() as session:
            if (before := await operations.answered(session, key, batch.payload)) is not None:
                return int(before["imported"]), int(before["duplicates"])
        vectors = await self._embedded(texts)
        scopes = {place.scope.scope_id: place.scope for place in places}
        async with writing(self._database, scopes) as session:
            done = await operations.begin(session, key, batch.payload)
            if done is None:
                held = await lock_scopes(session, scopes.values())
                await _place(session, places)
                added = Counter(place.scope.scope_id for place in places if place.new)
                await self._room.take(session, held, added, [place.scope for place in places])
                await _add_versions(session, places, vectors)
                new = [place for place in places if place.new]
                await store.index(session, {place.memory_id: place.entry.fact for place in new}, vectors[[place.row for place in new]])
                await store.refresh_live(session, [place.memory_id for place in places])
                await _link(session, places)
                await store.supersede(session, [place.memory_id for place in new])
                # One that goes on from the message before was counted there.
                known = sum(not place.new and place.entry.memory.memory_id != last for place in places)
                done = {"imported": len(new), "duplicates": known}
                await operations.finish(session, key, json.dumps(done))
        _imported.labels("stored").inc(done["imported"])
        _imported.labels("duplicate").inc(done["duplicates"])
        return int(done["imported"]), int(done["duplicates"])

    async def _embedded(self, texts: Sequence[str]) -> Embedded:
        """Return the vectors of texts, embedded a part at a time, which waits in line behind others instead of before them."""
        parts = [await self._models.embed(texts[start : start + EMBEDDED_AT_ONCE]) for start in range(0, len(texts), EMBEDDED_AT_ONCE)]
        # Where a model came into force between two parts, what the later ones lack of the one before is no longer needed.
        names = set.intersection(*(set(part.by_model) for part in parts)) if parts else set()
        return Embedded({name: np.concatenate([part.by_model[name] for part in parts]) for name in names})


def _merged(entries: Sequence[PortableMemory]) -> list[PortableMemory]:
    """Join what is in a batch of one memory: it is sent again for its further versions."""
    merged: dict[tuple[uuid.UUID, uuid.UUID], PortableMemory] = {}
    for entry in entries:
        key = (entry.memory.scope.scope_id, entry.memory.memory_id)
        first = merged.get(key)
        merged[key] = entry if first is None else replace(first, earlier=(*first.earlier, *entry.earlier))
    return list(merged.values())


def _planned(entries: Sequence[PortableMemory]) -> tuple[list[_Place], list[str]]:
    """Return where memories are to go, and every text of theirs, in the order of the rows that the places name."""
    places: list[_Place] = []
    texts: list[str] = []
    for entry in entries:
        first = len(texts)
        texts += [entry.memory.text, *(version.text for version in entry.earlier)]
        earlier = [(version, first + 1 + index) for index, version in enumerate(entry.earlier)]
        places.append(_Place(entry, first, earlier, entry.memory.memory_id, entry.memory.version, entry.memory.valid_from))
    return places, texts


def _other_id(scope: Scope, memory_id: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(scope.scope_id, str(memory_id))


async def _place(session: AsyncSession, places: Sequence[_Place]) -> None:
    """Store those memories that the scopes do not hold, and note where each of all lies."""
    ids = {memory_id for place in places for memory_id in _possible_ids(place)}
    query = select(memories.c.memory_id, memories.c.scope_id, memories.c.version, memories.c.valid_from).where(memories.c.memory_id.in_(ids))
    known = {row.memory_id: row for row in await session.execute(query)}
    for place in places:
        for row in (known[memory_id] for memory_id in _possible_ids(place) if memory_id in known):
            if row.scope_id == place.scope.scope_id:
                place.memory_id, place.version, place.valid_from, place.there = row.memory_id, row.version, row.valid_from, True
                break
    await _insert(session, [place for place in places if not place.there])
    held = await _held_texts(session, places)
    taken = [place for place in places if not place.new and not place.there and _key(place) not in held]
    for place in taken:
        place.memory_id = _other_id(place.scope, place.memory_id)
    await _insert(session, taken)


def _possible_ids(place: _Place) -> tuple[uuid.UUID, uuid.UUID]:
    memory_id = place.entry.memory.memory_id
    return _other_id(place.scope, memory_id), memory_id


def _key(place: _Place) -> tuple[uuid.UUID, bytes] | None:
    """What two memories that hold may not share."""
    return (place.scope.scope_id, place.entry.fact.text_hash) if place.entry.memory.valid_to is None else None


async def _held_texts(session: AsyncSession, places: Sequence[_Place]) -> set[tuple[uuid.UUID, bytes] | None]:
    keys = [key for place in places if not place.new and not place.there and (key := _key(place)) is not None]
    if not keys:
        return set()
    query = select(memories.c.scope_id, memories.c.text_hash).where(memories.c.held, tuple_(memories.c.scope_id, memories.c.text_hash).in_(keys))
    return {(row.scope_id, bytes(row.text_hash)) for row in await session.execute(query)}


async def _insert(session: AsyncSession, places: Sequence[_Place]) -> None:
    """Store memories in their present version, as far as neither their id nor their text is taken."""
    if not places:
        return
    rows = [_row(place) for place in places]
    statement = insert(memories).values(rows).on_conflict_do_nothing().returning(memories.c.memory_id, memories.c.scope_id)
    inserted = {(row.memory_id, row.scope_id) for row in await session.execute(statement)}
    for place in places:
        place.new = (place.memory_id, place.scope.scope_id) in inserted


def _row(place: _Place) -> dict[str, Any]:
    entry, memory, fact = place.entry, place.entry.memory, place.entry.fact
    return {
        "memory_id": place.memory_id,
        "version": memory.version,
        "scope_id": memory.scope.scope_id,
        "visibility": memory.scope.visibility.value,
        "guild_id": memory.scope.guild_id,
        "channel_id": memory.scope.channel_id,
        "user_id": memory.scope.user_id,
        "text_hash": fact.text_hash,
        "gist_hash": fact.gist_hash,
        **_said(fact),
        "valid_to": memory.valid_to,
        "superseded_by": entry.superseded_by,
        "superseded_at": entry.superseded_at,
        "superseded_reason": entry.superseded_reason,
        "quarantined": memory.quarantined,
        "created_at": memory.created_at,
        "updated_at": memory.updated_at,
    }


def _said(fact: NewFact) -> dict[str, Any]:
    return {
        "text": fact.text,
        "kind": fact.kind.value,
        "subject": fact.subject,
        "attribute": fact.attribute,
        "importance": fact.importance,
        "provenance": asdict(fact.provenance),
        "valid_from": fact.valid_from,
    }


async def _add_versions(session: AsyncSession, places: Sequence[_Place], vectors: Embedded) -> None:
    """Store earlier versions and have them found: one after the other each is indexed as the present one, which it was at its time."""
    missing = await _missing(session, places)
    for turn in range(max((len(found) for found in missing.values()), default=0)):
        at_turn = {memory_id: found[turn] for memory_id, found in missing.items() if len(found) > turn}
        await _set_version(session, [(memory_id, version.version, version.valid_from) for memory_id, (version, _) in at_turn.items()])
        facts = {place.memory_id: at_turn[place.memory_id][0].fact(place.scope, False) for place in places if place.memory_id in at_turn}
        await store.index(session, facts, vectors[[at_turn[memory_id][1] for memory_id in facts]])
    await _set_version(session, [(place.memory_id, place.version, place.valid_from) for place in places if place.memory_id in missing])


async def _missing(session: AsyncSession, places: Sequence[_Place]) -> dict[uuid.UUID, list[tuple[EarlierVersion, int]]]:
    """Store those earlier versions that are not there; return them by memory, each with the row of its vector."""
    candidates = {place.memory_id: place for place in places if place.earlier and (place.new or place.there)}
    query = select(memory_versions.c.memory_id, memory_versions.c.version).where(memory_versions.c.memory_id.in_(candidates))
    there = {(row.memory_id, row.version) for row in await session.execute(query)}
    missing: dict[uuid.UUID, list[tuple[EarlierVersion, int]]] = {}
    rows = []
    for memory_id, place in candidates.items():
        # A memory that is there may be an older one than that of the export.
        found = [(one, row) for one, row in place.earlier if one.version < place.version and (memory_id, one.version) not in there]
        if found:
            missing[memory_id] = found
            rows += [_version_row(place, one) for one, _ in found]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        await session.execute(insert(memory_versions).values(rows[start : start + ROWS_AT_ONCE]))
    return missing


def _version_row(place: _Place, version: EarlierVersion) -> dict[str, Any]:
    return {
        "memory_id": place.memory_id,
        "version": version.version,
        "scope_id": place.scope.scope_id,
        **_said(version.fact(place.scope, False)),
        "valid_to": version.valid_to,
        "updated_at": version.updated_at,
        "reason": version.reason,
    }


async def _set_version(session: AsyncSession, versions: Sequence[tuple[uuid.UUID, int, datetime]]) -> None:
    if versions:
        ids, numbers, times = zip(*versions, strict=True)
        await session.execute(_AT_VERSION, {"ids": list(ids), "versions": list(numbers), "times": list(times)})


async def _link(session: AsyncSession, places: Sequence[_Place]) -> None:
    """Have what was replaced name what replaced it, where that got another id: before this batch, or in it."""
    for place in places:
        if place.new and place.memory_id != place.entry.memory.memory_id:
            await _rename(session, place.scope, place.entry.memory.memory_id, place.memory_id)
    wanted = {_other_id(place.scope, place.entry.superseded_by): place for place in places if place.new and place.entry.superseded_by is not None}
    for memory_id in (await session.execute(select(memories.c.memory_id).where(memories.c.memory_id.in_(wanted)))).scalars():
        place = wanted[memory_id]
        assert place.entry.superseded_by is not None
        await _rename(session, place.scope, place.entry.superseded_by, memory_id)


async def _rename(session: AsyncSession, scope: Scope, old: uuid.UUID, new: uuid.UUID) -> None:
    await session.execute(_REPLACED_BY, {"scope_id": scope.scope_id, "old": old, "new": new})

"""Memories in PostgreSQL. Every function works in a transaction that is confined to the scopes it touches; those that write need their locks."""

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import prometheus_client
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.embeddings import Embedded
from services.memory.facts import NewFact, Provenance, StoredMemory, text_hash
from services.memory.near_duplicates import near_duplicates
from services.memory.scopes import Scope, Viewer, Visibility
from services.memory.tables import memories, memory_embeddings, memory_terms, memory_traits, memory_versions
from services.memory.traits import searchable_text, traits_of
from services.retrieval.terms import terms_of
from services.retrieval.text_embedding import vector_literal
from services.runtime.errors import InvalidField, NotFound, PermissionRefused, StaleVersion

_LENGTH_MAX = 32_767  # of a smallint; a text of 2,000 characters has no more terms

_successions = prometheus_client.Counter(
    "parlour_memory_successions_total", "Memories replaced by a newer statement or by one known before (late), denied, and those undone", ["result"]
)

_INSERT = text(
    """
    INSERT INTO memories (memory_id, scope_id, visibility, guild_id, channel_id, user_id, text, text_hash, gist_hash, kind, subject, attribute,
                          importance, provenance, valid_from, quarantined)
    SELECT n.memory_id, n.scope_id, n.visibility, n.guild_id, n.channel_id, n.user_id, n.text, n.text_hash, n.gist_hash, n.kind, n.subject,
           n.attribute, n.importance, n.provenance, coalesce(n.valid_from, now()), n.quarantined
    FROM unnest(CAST(:memory_id AS uuid[]), CAST(:scope_id AS uuid[]), CAST(:visibility AS text[]), CAST(:guild_id AS text[]),
                CAST(:channel_id AS text[]), CAST(:user_id AS text[]), CAST(:text AS text[]), CAST(:text_hash AS bytea[]),
                CAST(:gist_hash AS bytea[]), CAST(:kind AS text[]), CAST(:subject AS text[]), CAST(:attribute AS text[]),
                CAST(:importance AS float8[]), CAST(:provenance AS jsonb[]), CAST(:valid_from AS timestamptz[]), CAST(:quarantined AS boolean[]))
         AS n (memory_id, scope_id, visibility, guild_id, channel_id, user_id, text, text_hash, gist_hash, kind, subject, attribute, importance,
               provenance, valid_from, quarantined)
    ON CONFLICT (scope_id, text_hash) WHERE held DO NOTHING
    RETURNING memory_id
    """
)

# The order of valid_from decides, not the order of arrival: what is heard late about long ago is closed at once by what is known since, and ends
# what was closed by that before. A closed interval never grows here: its end may be known from a memory that is gone.
_SUPERSEDE = text(
    """
    WITH touched AS (
        SELECT DISTINCT scope_id, user_id, subject, attribute FROM memories WHERE memory_id = ANY(:ids) AND live AND attribute <> ''
    ), successions AS (
        SELECT m.memory_id, lead(m.memory_id) OVER later AS next_id, lead(m.valid_from) OVER later AS next_from,
               lead(m.created_at) OVER later AS next_created_at
        FROM memories m JOIN touched USING (scope_id, user_id, subject, attribute)
        WHERE m.attribute <> '' AND NOT m.quarantined AND m.forgotten_at IS NULL AND (m.valid_to IS NULL OR m.superseded_by IS NOT NULL)
        WINDOW later AS (PARTITION BY m.scope_id, m.user_id, m.subject, m.attribute ORDER BY m.valid_from, m.memory_id)
    )
    UPDATE memories m SET valid_to = s.next_from, superseded_by = s.next_id, superseded_at = now(), updated_at = now(),
                          superseded_reason = CASE WHEN m.created_at > s.next_created_at THEN 'late' ELSE 'newer' END
    FROM successions s WHERE m.memory_id = s.memory_id AND (s.next_from < m.valid_to OR m.valid_to IS NULL AND s.next_id IS NOT NULL)
    RETURNING m.memory_id, m.superseded_reason
    """
)

# "I no longer live in Oslo" ends "I live in Oslo", and says nothing about Rome.
_END = text(
    """
    UPDATE memories m SET valid_to = d.valid_from, superseded_by = d.memory_id, superseded_at = now(), updated_at = now(),
                          superseded_reason = 'denied'
    FROM unnest(CAST(:ids AS uuid[]), CAST(:gist_hashes AS bytea[])) AS n (memory_id, gist_hash) JOIN memories d USING (memory_id)
    WHERE m.scope_id = d.scope_id AND m.user_id = d.user_id AND m.gist_hash = n.gist_hash AND m.live AND d.live
      AND m.valid_from <= d.valid_from
    RETURNING m.memory_id
    """
)

# What was said again meanwhile is there already; of one text, one row comes back.
_REOPEN = text(
    """
    UPDATE memories SET valid_to = NULL, superseded_by = NULL, superseded_at = NULL, superseded_reason = '', updated_at = now()
    WHERE memory_id IN (
        SELECT DISTINCT ON (m.scope_id, m.text_hash) m.memory_id FROM memories m
        WHERE m.superseded_by = ANY(:ids) AND m.superseded_at >= now() - make_interval(secs => :seconds) AND m.forgotten_at IS NULL
          AND NOT EXISTS (SELECT FROM memories other WHERE other.scope_id = m.scope_id AND other.text_hash = m.text_hash AND other.held)
        ORDER BY m.scope_id, m.text_hash, m.valid_from DESC
    )
    RETURNING memory_id
    """
)

_INSERT_TERMS = text(
    """
    INSERT INTO memory_terms (scope_id, term, memory_id, version, occurrences, length, live)
    SELECT m.scope_id, n.term, m.memory_id, m.version, n.occurrences, n.length, m.live
    FROM unnest(CAST(:memory_id AS uuid[]), CAST(:term AS text[]), CAST(:occurrences AS smallint[]), CAST(:length AS smallint[]))
         AS n (memory_id, term, occurrences, length)
    JOIN memories m USING (memory_id)
    """
)

_INSERT_EMBEDDINGS = text(
    """
    INSERT INTO memory_embeddings (memory_id, version, model, scope_id, live, embedding)
    SELECT m.memory_id, m.version, :model, m.scope_id, m.live, CAST(n.embedding AS vector)
    FROM unnest(CAST(:memory_id AS uuid[]), CAST(:embedding AS text[])) AS n (memory_id, embedding)
    JOIN memories m USING (memory_id)
    """
)

# A new version takes the place of the one before; whatever is new comes after all that its scope holds.
_INSERT_TRAITS = text(
    """
    INSERT INTO memory_traits (memory_id, version, scope_id, live, position, said_at, speaker, length, asks, dated)
    SELECT m.memory_id, m.version, m.scope_id, m.live,
           coalesce((SELECT t.position FROM memory_traits t WHERE t.memory_id = m.memory_id LIMIT 1),
                    coalesce((SELECT max(t.position) FROM memory_traits t WHERE t.scope_id = m.scope_id), 0)
                    + row_number() OVER (PARTITION BY m.scope_id ORDER BY n.ordinal)),
           m.valid_from, n.speaker, n.length, n.asks, n.dated
    FROM unnest(CAST(:memory_id AS uuid[]), CAST(:speaker AS text[]), CAST(:length AS smallint[]), CAST(:asks AS boolean[]),
                CAST(:dated AS boolean[])) WITH ORDINALITY AS n (memory_id, speaker, length, asks, dated, ordinal)
    JOIN memories m USING (memory_id)
    """
)

# `live` is copied to where searches look, so that they read one table an arm.
_REFRESH = tuple(
    text(
        f"UPDATE {table} t SET live = m.live AND t.version = m.version FROM memories m"  # noqa: S608 -- two names of our own
        " WHERE t.memory_id = ANY(:ids) AND m.memory_id = t.memory_id AND t.live IS DISTINCT FROM (m.live AND t.version = m.version)"
    )
    for table in ("memory_embeddings", "memory_terms", "memory_traits")
)


@dataclass(frozen=True, slots=True)
class Added:
    """What came of a new fact: the memory that now holds it, whether the scope held it before, and if so, whether in slightly other words."""

    memory_id: uuid.UUID
    duplicate: bool
    near: bool = False


async def insert_facts(
    session: AsyncSession, facts: Sequence[NewFact], vectors: Embedded, ids: Sequence[uuid.UUID]
) -> tuple[list[Added], Counter[uuid.UUID]]:
    """Store facts, and supersede what they replace; return what came of each, and how many new memories each scope holds."""
    near = await near_duplicates(session, facts, vectors)
    places = [place for place in range(len(facts)) if place not in near]
    told, told_ids = [facts[place] for place in places], [ids[place] for place in places]
    inserted = await _insert(session, told, told_ids)
    kept = {memory_id: fact for memory_id, fact in zip(told_ids, told, strict=True) if memory_id in inserted}
    await index(session, kept, vectors[[place for place in places if ids[place] in inserted]])
    if any(fact.attribute for fact in told):
        await supersede(session, inserted)
    await _end(session, kept)
    resolved = dict(zip(places, await _resolve(session, told, told_ids, inserted), strict=True))
    for place, holder in near.items():
        resolved[place] = Added(resolved[holder].memory_id if isinstance(holder, int) else holder, True, near=True)
    new = Counter(fact.scope.scope_id for fact, memory_id in zip(told, told_ids, strict=True) if memory_id in inserted)
    return [resolved[place] for place in range(len(facts))], new


async def _insert(session: AsyncSession, facts: Sequence[NewFact], ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Store those of the facts whose text the scope does not hold; return their ids."""
    rows = [_insert_row(memory_id, fact) for memory_id, fact in zip(ids, facts, strict=True)]
    if not rows:
        return set()
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return set((await session.execute(_INSERT, columns)).scalars())


def _insert_row(memory_id: uuid.UUID, fact: NewFact) -> dict[str, Any]:
    return {
        "memory_id": memory_id,
        "scope_id": fact.scope.scope_id,
        "visibility": fact.scope.visibility.value,
        "guild_id": fact.scope.guild_id,
        "channel_id": fact.scope.channel_id,
        "user_id": fact.scope.user_id,
        "text": fact.text,
        "text_hash": fact.text_hash,
        "gist_hash": fact.gist_hash,
        "kind": fact.kind.value,
        "subject": fact.subject,
        "attribute": fact.attribute,
        "importance": fact.importance,
        "provenance": json.dumps(asdict(fact.provenance)),
        "valid_from": fact.valid_from,
        "quarantined": fact.quarantined,
    }


async def _resolve(session: AsyncSession, facts: Sequence[NewFact], ids: Sequence[uuid.UUID], inserted: Collection[uuid.UUID]) -> list[Added]:
    """Name the memory that holds each fact: its own, or the one that was there first."""
    doubles = [fact for fact, memory_id in zip(facts, ids, strict=True) if memory_id not in inserted]
    first: dict[tuple[uuid.UUID, bytes], uuid.UUID] = {}
    if doubles:
        query = select(memories.c.memory_id, memories.c.scope_id, memories.c.text_hash).where(
            memories.c.scope_id.in_({fact.scope.scope_id for fact in doubles}), memories.c.text_hash.in_({fact.text_hash for fact in doubles})
        )
        # Newest last: a text that was superseded and said again in one batch is held by the newest row.
        for row in await session.execute(query.order_by(memories.c.held, memories.c.memory_id)):
            first[row.scope_id, bytes(row.text_hash)] = row.memory_id
    return [
        Added(memory_id, False) if memory_id in inserted else Added(first[fact.scope.scope_id, fact.text_hash], True)
        for fact, memory_id in zip(facts, ids, strict=True)
    ]


async def index(session: AsyncSession, facts: Mapping[uuid.UUID, NewFact], vectors: Embedded) -> None:
    """Store terms, traits and vectors of the present versions of these memories; the vectors come in the order of the facts."""
    if not facts:
        return
    postings: list[tuple[uuid.UUID, str, int, int]] = []
    for memory_id, fact in facts.items():
        terms = terms_of(searchable_text(fact.text, fact.provenance.author_name, fact.valid_from or datetime.now(UTC)))
        length = min(terms.length, _LENGTH_MAX)
        postings += [(memory_id, term, min(count, _LENGTH_MAX), length) for term, count in terms.counts.items()]
    if postings:
        names = ("memory_id", "term", "occurrences", "length")
        await session.execute(_INSERT_TERMS, {name: list(column) for name, column in zip(names, zip(*postings, strict=True), strict=True)})
    traits = {"memory_id": list(facts)} | _trait_columns(facts.values())
    await session.execute(_INSERT_TRAITS, traits)
    for model, made in vectors.by_model.items():
        embeddings = {"memory_id": list(facts), "embedding": [vector_literal(vector) for vector in made], "model": model}
        await session.execute(_INSERT_EMBEDDINGS, embeddings)


def _trait_columns(facts: Iterable[NewFact]) -> dict[str, list[Any]]:
    traits = [traits_of(fact.text, fact.provenance.author_name) for fact in facts]
    return {
        "speaker": [one.speaker for one in traits],
        "length": [one.length for one in traits],
        "asks": [one.asks for one in traits],
        "dated": [one.dated for one in traits],
    }


async def supersede(session: AsyncSession, ids: Collection[uuid.UUID]) -> None:
    """Close whatever a newer statement on the same subject and attribute replaces, among these memories and what they meet."""
    superseded = list(await session.execute(_SUPERSEDE, {"ids": list(ids)}))
    for row in superseded:
        _successions.labels(row.superseded_reason).inc()
    await refresh_live(session, [*ids, *(row.memory_id for row in superseded)])


async def _end(session: AsyncSession, facts: Mapping[uuid.UUID, NewFact]) -> None:
    """Close what these facts say is true no more."""
    ending = {memory_id: fact.ended_gist_hash for memory_id, fact in facts.items() if fact.ended_gist_hash}
    if ending:
        ended = list((await session.execute(_END, {"ids": list(ending), "gist_hashes": list(ending.values())})).scalars())
        _successions.labels("denied").inc(len(ended))
        await refresh_live(session, ended)


async def reopen(session: AsyncSession, ids: Collection[uuid.UUID], undo_s: float) -> list[uuid.UUID]:
    """Have what these memories replaced within the last undo_s seconds hold again, as far as nothing else replaces it; return which that was."""
    reopened = list((await session.execute(_REOPEN, {"ids": list(ids), "seconds": undo_s})).scalars())
    if reopened:
        _successions.labels("undone").inc(len(reopened))
        await supersede(session, reopened)
    return reopened


async def refresh_live(session: AsyncSession, ids: Collection[uuid.UUID]) -> None:
    """Have searches see these memories, or no longer, as their rows say."""
    if ids:
        for statement in _REFRESH:
            await session.execute(statement, {"ids": list(ids)})


async def load(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, StoredMemory]:
    """Return those of the memories that are there, in sight and not forgotten."""
    query = select(memories).where(memories.c.memory_id.in_(ids), memories.c.forgotten_at.is_(None))
    return {row.memory_id: stored(row) for row in await session.execute(query)}


async def load_own(session: AsyncSession, memory_id: uuid.UUID, viewer: Viewer) -> StoredMemory:
    """Return a memory that the viewer may change. Raises NotFound where they may not see it, PermissionRefused where it is another's."""
    found = (await load(session, [memory_id])).get(memory_id)
    if found is None:
        raise NotFound("memory")
    if found.scope.user_id != viewer.user_id:
        raise PermissionRefused("only who stored a shared memory may change it")
    return found


async def page(session: AsyncSession, scope_ids: Collection[uuid.UUID], *, after: uuid.UUID | None, size: int) -> tuple[list[StoredMemory], int]:
    """Return up to `size` memories that hold, newest first, older than `after`; and how many there are in all."""
    held = (memories.c.scope_id.in_(scope_ids), memories.c.held)
    query = select(memories).where(*held).order_by(memories.c.memory_id.desc()).limit(size)
    if after is not None:
        query = query.where(memories.c.memory_id < after)
    found = [stored(row) for row in await session.execute(query)]
    total = await session.scalar(select(func.count()).select_from(memories).where(*held))
    return found, int(total or 0)


async def revise(session: AsyncSession, old: StoredMemory, version: int, fact: NewFact, vector: Embedded, *, undo_s: float) -> None:
    """Give a memory a new text; what it said before stays as an earlier version.

    Where it is about something else now, what it replaced within the last undo_s seconds holds again. Raises StaleVersion, InvalidField.
    """
    if old.version != version or old.valid_to is not None:
        raise StaleVersion(f"the memory is at version {old.version}" if old.valid_to is None else "a newer memory has superseded it")
    await _check_free(session, old, fact.text_hash)
    kept = [column.name for column in memory_versions.c if column.name not in ("valid_to", "reason")]
    # greatest: what is to be true from tomorrow may be changed today.
    closing = select(*(memories.c[name] for name in kept), func.greatest(func.now(), memories.c.valid_from), text("'updated'"))
    await session.execute(insert(memory_versions).from_select([*kept, "valid_to", "reason"], closing.where(memories.c.memory_id == old.memory_id)))
    values = {
        "text": fact.text,
        "text_hash": fact.text_hash,
        "gist_hash": fact.gist_hash,
        "subject": fact.subject,
        "attribute": fact.attribute,
        "quarantined": fact.quarantined,
        "version": memories.c.version + 1,
        "valid_from": func.greatest(func.now(), memories.c.valid_from),
        "updated_at": func.now(),
    }
    await session.execute(update(memories).where(memories.c.memory_id == old.memory_id).values(values))
    await index(session, {old.memory_id: fact}, vector)
    # A text without an attribute tells nothing about what it is about.
    if fact.attribute and (fact.subject, fact.attribute) != (old.subject, old.attribute):
        await reopen(session, [old.memory_id], undo_s)
    await supersede(session, [old.memory_id])


async def _check_free(session: AsyncSession, old: StoredMemory, new_hash: bytes) -> None:
    same = (memories.c.scope_id == old.scope.scope_id, memories.c.text_hash == new_hash, memories.c.held, memories.c.memory_id != old.memory_id)
    if await session.scalar(select(memories.c.memory_id).where(*same)) is not None:
        raise InvalidField("text", "is held by another memory of the scope")


async def erase(session: AsyncSession, ids: Collection[uuid.UUID]) -> int:
    """Remove memories for good: text, versions, vectors, terms. Return how many there were."""
    for table in (memory_terms, memory_traits, memory_embeddings, memory_versions):
        await session.execute(delete(table).where(table.c.memory_id.in_(ids)))
    erased = await session.execute(delete(memories).where(memories.c.memory_id.in_(ids)).returning(memories.c.memory_id))
    return len(erased.all())


async def forgotten_texts(session: AsyncSession, scope_id: uuid.UUID, texts: Collection[str]) -> set[str]:
    """Return those of the texts that the scope held and that were forgotten: they must not come back by themselves."""
    by_hash = {text_hash(words): words for words in texts}
    forgotten = select(memories.c.text_hash).where(
        memories.c.scope_id == scope_id, memories.c.text_hash.in_(by_hash), memories.c.forgotten_at.is_not(None)
    )
    return {by_hash[bytes(found)] for found in (await session.execute(forgotten)).scalars()}


def stored(row: Any) -> StoredMemory:
    """Return the memory that a row of memories, or of memory_statements, holds."""
    return StoredMemory(
        memory_id=row.memory_id,
        version=int(row.version),
        scope=Scope(Visibility(row.visibility), row.guild_id, row.channel_id, row.user_id),
        text=row.text,
        kind=row.kind,
        subject=row.subject,
        attribute=row.attribute,
        importance=float(row.importance),
        provenance=provenance_of(row.provenance),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        created_at=row.created_at,
        updated_at=row.updated_at,
        quarantined=row.quarantined,
    )


def provenance_of(origin: Mapping[str, Any]) -> Provenance:
    """Return where a memory comes from, as its row says it."""
    return Provenance(tuple(origin["message_ids"]), origin["author_id"], origin["author_name"], origin["source"])

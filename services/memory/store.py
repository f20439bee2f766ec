"""Memories in PostgreSQL. Every function works in a transaction that is confined to the scopes it touches; those that write need their locks."""

import json
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.facts import NewFact, Provenance, StoredMemory, text_hash
from services.memory.scopes import Scope, Viewer, Visibility
from services.memory.tables import memories, memory_embeddings, memory_terms, memory_versions
from services.retrieval.embedding import Vectors
from services.retrieval.terms import terms_of
from services.runtime.errors import InvalidField, NotFound, PermissionRefused, StaleVersion

_LENGTH_MAX = 32_767  # of a smallint; a text of 2,000 characters has no more terms

_INSERT = text(
    """
    INSERT INTO memories (memory_id, scope_id, visibility, guild_id, channel_id, user_id, text, text_hash, kind, subject, attribute, importance,
                          provenance, valid_from, quarantined)
    SELECT n.memory_id, n.scope_id, n.visibility, n.guild_id, n.channel_id, n.user_id, n.text, n.text_hash, n.kind, n.subject, n.attribute,
           n.importance, n.provenance, coalesce(n.valid_from, now()), n.quarantined
    FROM unnest(CAST(:memory_id AS uuid[]), CAST(:scope_id AS uuid[]), CAST(:visibility AS text[]), CAST(:guild_id AS text[]),
                CAST(:channel_id AS text[]), CAST(:user_id AS text[]), CAST(:text AS text[]), CAST(:text_hash AS bytea[]), CAST(:kind AS text[]),
                CAST(:subject AS text[]), CAST(:attribute AS text[]), CAST(:importance AS float8[]), CAST(:provenance AS jsonb[]),
                CAST(:valid_from AS timestamptz[]), CAST(:quarantined AS boolean[]))
         AS n (memory_id, scope_id, visibility, guild_id, channel_id, user_id, text, text_hash, kind, subject, attribute, importance, provenance,
               valid_from, quarantined)
    ON CONFLICT (scope_id, text_hash) WHERE held DO NOTHING
    RETURNING memory_id
    """
)

# The order of valid_from decides, not the order of arrival: what is heard late about long ago is closed at once by what is known since.
_SUPERSEDE = text(
    """
    WITH touched AS (
        SELECT DISTINCT scope_id, user_id, subject, attribute FROM memories WHERE memory_id = ANY(:ids) AND live AND attribute <> ''
    ), successions AS (
        SELECT m.memory_id, lead(m.memory_id) OVER later AS next_id, lead(m.valid_from) OVER later AS next_from
        FROM memories m JOIN touched USING (scope_id, user_id, subject, attribute)
        WHERE m.live AND m.attribute <> ''
        WINDOW later AS (PARTITION BY m.scope_id, m.user_id, m.subject, m.attribute ORDER BY m.valid_from, m.memory_id)
    )
    UPDATE memories m SET valid_to = s.next_from, superseded_by = s.next_id, updated_at = now()
    FROM successions s WHERE m.memory_id = s.memory_id AND s.next_id IS NOT NULL
    RETURNING m.memory_id
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

# `live` is copied to where searches look, so that they read one table an arm.
_REFRESH = tuple(
    text(
        f"UPDATE {table} t SET live = m.live AND t.version = m.version FROM memories m"  # noqa: S608 -- two names of our own
        " WHERE t.memory_id = ANY(:ids) AND m.memory_id = t.memory_id AND t.live IS DISTINCT FROM (m.live AND t.version = m.version)"
    )
    for table in ("memory_embeddings", "memory_terms")
)


@dataclass(frozen=True, slots=True)
class Added:
    """What came of a new fact: the memory that now holds it, and whether the scope held its text before."""

    memory_id: uuid.UUID
    duplicate: bool


async def insert_facts(
    session: AsyncSession, facts: Sequence[NewFact], vectors: Vectors, ids: Sequence[uuid.UUID], model: str
) -> tuple[list[Added], Counter[uuid.UUID]]:
    """Store facts, and supersede what they replace; return what came of each, and how many new memories each scope holds."""
    rows = [_insert_row(memory_id, fact) for memory_id, fact in zip(ids, facts, strict=True)]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    inserted = set((await session.execute(_INSERT, columns)).scalars())
    texts = {memory_id: fact.text for memory_id, fact in zip(ids, facts, strict=True) if memory_id in inserted}
    await _index(session, texts, {memory_id: vectors[index] for index, memory_id in enumerate(ids) if memory_id in inserted}, model)
    if any(fact.attribute for fact in facts):
        await supersede(session, inserted)
    added = await _resolve(session, facts, ids, inserted)
    return added, Counter(fact.scope.scope_id for fact, memory_id in zip(facts, ids, strict=True) if memory_id in inserted)


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


async def _index(session: AsyncSession, texts: Mapping[uuid.UUID, str], vectors: Mapping[uuid.UUID, Vectors], model: str) -> None:
    """Store terms and vectors of the present versions of these memories."""
    if not texts:
        return
    postings: list[tuple[uuid.UUID, str, int, int]] = []
    for memory_id, words in texts.items():
        terms = terms_of(words)
        length = min(terms.length, _LENGTH_MAX)
        postings += [(memory_id, term, min(count, _LENGTH_MAX), length) for term, count in terms.counts.items()]
    if postings:
        names = ("memory_id", "term", "occurrences", "length")
        await session.execute(_INSERT_TERMS, {name: list(column) for name, column in zip(names, zip(*postings, strict=True), strict=True)})
    embeddings = {"memory_id": list(vectors), "embedding": [vector_literal(vector) for vector in vectors.values()], "model": model}
    await session.execute(_INSERT_EMBEDDINGS, embeddings)


def vector_literal(vector: Vectors) -> str:
    """Return a vector as pgvector reads it."""
    # Nine digits give back every float32 exactly; repr would write the seventeen of a float64.
    return "[" + ",".join(["%.9g" % number for number in vector.tolist()]) + "]"  # noqa: UP031 -- twice as fast as format()


async def supersede(session: AsyncSession, ids: Collection[uuid.UUID]) -> None:
    """Close whatever a newer statement on the same subject and attribute replaces, among these memories and what they meet."""
    superseded = (await session.execute(_SUPERSEDE, {"ids": list(ids)})).scalars().all()
    await refresh_live(session, [*ids, *superseded])


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


async def revise(session: AsyncSession, old: StoredMemory, version: int, fact: NewFact, vector: Vectors, model: str) -> None:
    """Give a memory a new text; what it said before stays as an earlier version. Raises StaleVersion, InvalidField."""
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
        "subject": fact.subject,
        "attribute": fact.attribute,
        "quarantined": fact.quarantined,
        "version": memories.c.version + 1,
        "valid_from": func.greatest(func.now(), memories.c.valid_from),
        "updated_at": func.now(),
    }
    await session.execute(update(memories).where(memories.c.memory_id == old.memory_id).values(values))
    await _index(session, {old.memory_id: fact.text}, {old.memory_id: vector}, model)
    await supersede(session, [old.memory_id])


async def _check_free(session: AsyncSession, old: StoredMemory, new_hash: bytes) -> None:
    same = (memories.c.scope_id == old.scope.scope_id, memories.c.text_hash == new_hash, memories.c.held, memories.c.memory_id != old.memory_id)
    if await session.scalar(select(memories.c.memory_id).where(*same)) is not None:
        raise InvalidField("text", "is held by another memory of the scope")


async def erase(session: AsyncSession, ids: Collection[uuid.UUID]) -> int:
    """Remove memories for good: text, versions, vectors, terms. Return how many there were."""
    for table in (memory_terms, memory_embeddings, memory_versions):
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
    origin = dict(row.provenance)
    return StoredMemory(
        memory_id=row.memory_id,
        version=int(row.version),
        scope=Scope(Visibility(row.visibility), row.guild_id, row.channel_id, row.user_id),
        text=row.text,
        kind=row.kind,
        subject=row.subject,
        attribute=row.attribute,
        importance=float(row.importance),
        provenance=Provenance(tuple(origin["message_ids"]), origin["author_id"], origin["author_name"], origin["source"]),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        created_at=row.created_at,
        updated_at=row.updated_at,
        quarantined=row.quarantined,
    )

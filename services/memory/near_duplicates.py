"""Which new facts a person's scope holds already, in words that differ only where it changes nothing (services.memory.gist).

Asked under the lock of the scopes, so that nobody adds the same meanwhile; one query for a batch, by an index, which for most batches finds nothing.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.embeddings import Embedded
from services.memory.facts import Kind, NewFact
from services.memory.gist import NEAR_DUPLICATE_COSINE
from services.memory.scopes import Scope

_SAME_EVENT = timedelta(days=1)
"""The same words about something that happened are about another time when they are a day apart."""

# The same text is the unique index's to find. A quarantined memory must not stand for one that may be recalled, nor one of which it is not known what
# it is about for one that may have to replace another.
_OF_ONE_GIST = text(
    """
    SELECT n.place, m.memory_id, m.kind, m.valid_from, now() AS now, e.model, e.embedding::text AS embedding
    FROM unnest(CAST(:scope_id AS uuid[]), CAST(:user_id AS text[]), CAST(:gist_hash AS bytea[]), CAST(:text_hash AS bytea[]),
                CAST(:subject AS text[]), CAST(:attribute AS text[]), CAST(:author_id AS text[]), CAST(:quarantined AS boolean[]))
         WITH ORDINALITY AS n (scope_id, user_id, gist_hash, text_hash, subject, attribute, author_id, quarantined, place)
    JOIN memories m ON m.scope_id = n.scope_id AND m.user_id = n.user_id AND m.gist_hash = n.gist_hash AND m.held
         AND m.text_hash <> n.text_hash AND m.quarantined = n.quarantined
         AND (m.subject = n.subject AND m.attribute = n.attribute OR n.subject = '' AND n.attribute = '')
         AND m.provenance ->> 'author_id' = n.author_id
    JOIN memory_embeddings e ON e.memory_id = m.memory_id AND e.version = m.version AND e.model = ANY(:models)
    ORDER BY n.place, m.memory_id
    """
)

# A forgotten memory keeps its vector until it is erased.
_LIKE_FORGOTTEN = text(
    """
    SELECT DISTINCT n.place
    FROM unnest(CAST(:embedding AS text[])) WITH ORDINALITY AS n (embedding, place)
    JOIN memories m ON m.scope_id = :scope_id AND m.user_id = :user_id AND m.forgotten_at IS NOT NULL
    JOIN memory_embeddings e ON e.memory_id = m.memory_id AND e.version = m.version AND e.model = :model
    WHERE 1 - (e.embedding <=> CAST(n.embedding AS vector)) >= :cosine
    """
)
LIKE_FORGOTTEN_COSINE = 0.75
"""Rather too low: what a model says about a thing that was forgotten shall not come back in other words, and is said again if it matters."""


async def resembling_forgotten(session: AsyncSession, scope: Scope, vectors: Embedded) -> set[int]:
    """Return the places of those texts that say about what the scope's user had forgotten, as far as that is not erased yet."""
    found: set[int] = set()
    for model, made in vectors.by_model.items():
        literals = ["[" + ",".join(map(repr, vector.tolist())) + "]" for vector in made]
        values = {"embedding": literals, "scope_id": scope.scope_id, "user_id": scope.user_id, "model": model, "cosine": LIKE_FORGOTTEN_COSINE}
        found |= {place - 1 for place in (await session.execute(_LIKE_FORGOTTEN, values)).scalars()}
    return found


async def near_duplicates(session: AsyncSession, facts: Sequence[NewFact], vectors: Embedded) -> dict[int, uuid.UUID | int]:
    """Return for each fact that says nothing new who says it: a held memory of the same person's, or the place of an earlier one of the facts."""
    columns: dict[str, list[Any]] = {
        "scope_id": [fact.scope.scope_id for fact in facts],
        "user_id": [fact.scope.user_id for fact in facts],
        "gist_hash": [fact.gist_hash for fact in facts],
        "text_hash": [fact.text_hash for fact in facts],
        "subject": [fact.subject for fact in facts],
        "attribute": [fact.attribute for fact in facts],
        "author_id": [fact.provenance.author_id for fact in facts],
        "quarantined": [fact.quarantined for fact in facts],
    }
    found: dict[int, uuid.UUID | int] = {}
    for row in await session.execute(_OF_ONE_GIST, {**columns, "models": list(vectors.by_model)}):
        place = row.place - 1
        cosine = float(vectors.by_model[row.model][place] @ np.array(json.loads(row.embedding), dtype=np.float32))
        happened = facts[place].valid_from or row.now
        if place not in found and cosine >= NEAR_DUPLICATE_COSINE and _at_one_time(row.kind, row.valid_from, happened):
            found[place] = row.memory_id
    return _within_batch(facts, vectors, found) | found


def _within_batch(facts: Sequence[NewFact], vectors: Embedded, known: dict[int, uuid.UUID | int]) -> dict[int, uuid.UUID | int]:
    found: dict[int, uuid.UUID | int] = {}
    earlier: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    made = next(iter(vectors.by_model.values()))
    for place, fact in enumerate(facts):
        if place in known:
            continue
        key = (fact.scope.scope_id, fact.scope.user_id, fact.gist_hash, fact.provenance.author_id, fact.quarantined)
        for other in earlier[key]:
            if _adds_nothing(fact, facts[other]) and float(made[place] @ made[other]) >= NEAR_DUPLICATE_COSINE:
                found[place] = other
                break
        else:
            earlier[key].append(place)
    return found


def _adds_nothing(fact: NewFact, to: NewFact) -> bool:
    same_key = (fact.subject, fact.attribute) in ((to.subject, to.attribute), ("", ""))
    return same_key and fact.text_hash != to.text_hash and _at_one_time(fact.kind, to.valid_from, fact.valid_from)


def _at_one_time(kind: str, first: datetime | None, second: datetime | None) -> bool:
    if kind != Kind.EVENT or first == second:
        return True
    return first is not None and second is not None and abs(first - second) < _SAME_EVENT

"""Messages that people wrote in passing: kept until a job has extracted what they state, then their text is wiped.

Only messages of the scope's own user are kept: what others say about somebody, and what the assistant says, states nothing. And only those in which
the rules find something: text is stored no longer than extraction needs it, and for most messages (questions, chatter) that is not at all. The rules
are pure and take a tenth of a millisecond, so they run on arrival as the test of what to keep, and again in the job, which has the vectors made.
Where a model extracts instead, this test's place is taken by a cheap one of its own.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from prometheus_client import Counter
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory import operations, store
from services.memory.extraction import EXTRACTOR_VERSION, Message, extract
from services.memory.facts import Kind, NewFact, Provenance, new_fact
from services.memory.remembering import Remembering
from services.memory.scope_lock import lock_scopes, reading, writing
from services.memory.scopes import Scope, Visibility
from services.memory.tables import observed_messages, scopes
from services.retrieval.embedding import EmbeddingModel
from services.runtime.database import Database
from services.runtime.errors import LimitReached
from services.runtime.jobs import Jobs

EXTRACT = "extract_memories"
IMPORTANCE = 0.4
"""Said in passing: a little less than what a person asks to be remembered."""
BATCH_MESSAGES_MAX = 100

_observed = Counter("parlour_memory_observed_messages_total", "Messages by a scope's own user: stating something, or idle", ["result"])
_extracted = Counter("parlour_memory_extracted_messages_total", "Messages from which facts were extracted", ["result"])

# How many were new, and how many waited before: the scope is locked, so nobody adds to them meanwhile.
_OBSERVE = text(
    """
    WITH kept AS (
        INSERT INTO observed_messages (scope_id, message_id, author_id, author_name, text, said_at)
        SELECT :scope_id, n.message_id, n.author_id, n.author_name, n.text, coalesce(n.said_at, now())
        FROM unnest(CAST(:message_ids AS text[]), CAST(:author_ids AS text[]), CAST(:author_names AS text[]), CAST(:texts AS text[]),
                    CAST(:times AS timestamptz[])) AS n (message_id, author_id, author_name, text, said_at)
        ON CONFLICT DO NOTHING
        RETURNING message_id
    )
    SELECT (SELECT count(*) FROM kept) AS kept,
           (SELECT count(*) FROM observed_messages WHERE scope_id = :scope_id AND extractor_version IS NULL) AS waited
    """
)
_WIPE = text(
    "UPDATE observed_messages SET text = NULL, author_name = '', extractor_version = :version"
    " WHERE scope_id = :scope_id AND message_id = ANY(:message_ids) AND extractor_version IS NULL RETURNING message_id"
)
_DELETE_OLD = text(
    "DELETE FROM observed_messages WHERE scope_id = :scope_id AND extractor_version IS NOT NULL"
    " AND observed_at < now() - make_interval(days => :days)"
)


class Observing:
    """Takes messages in, and extracts from them."""

    def __init__(self, database: Database, model: EmbeddingModel, remembering: Remembering, jobs: Jobs, *, waiting_max: int, keep_days: int) -> None:
        self._database = database
        self._model = model
        self._remembering = remembering
        self._jobs = jobs
        self._waiting_max = waiting_max
        self._keep_days = keep_days

    async def observe(self, request_id: str, payload: bytes, scope: Scope, messages: Sequence[Message]) -> int:
        """Keep the messages of the scope's own user that are new and state something, and have facts extracted from them.

        Return how many were taken in: those, and those that state nothing. A request in which nobody states anything leaves no trace and is
        answered the same each time. Raises LimitReached when too many wait, RequestIdReused.
        """
        own = [message for message in messages if message.author_id == scope.user_id]
        stating = [message for message in own if extract(message.text)]
        idle = len(own) - len(stating)
        accepted = idle + (await self._observe_stating(request_id, payload, scope, stating) if stating else 0)
        _observed.labels("stating").inc(len(stating))
        _observed.labels("idle").inc(idle)
        return accepted

    async def _observe_stating(self, request_id: str, payload: bytes, scope: Scope, messages: Sequence[Message]) -> int:
        async with writing(self._database, [scope.scope_id]) as session:
            done = await operations.begin(session, request_id, payload)
            if done is not None:
                return int(done["accepted"])
            await lock_scopes(session, [scope])
            accepted = await self._keep(session, scope.scope_id, messages)
            if accepted:
                await self._jobs.enqueue(session, EXTRACT, lock=f"extract:{scope.scope_id}", scope_id=str(scope.scope_id), user_id=scope.user_id)
            await operations.finish(session, request_id, json.dumps({"accepted": accepted}))
            return accepted

    async def _keep(self, session: AsyncSession, scope_id: uuid.UUID, messages: Sequence[Message]) -> int:
        columns: dict[str, Any] = {
            "scope_id": scope_id,
            "message_ids": [message.message_id for message in messages],
            "author_ids": [message.author_id for message in messages],
            "author_names": [message.author_name for message in messages],
            "texts": [message.text for message in messages],
            "times": [message.said_at for message in messages],
        }
        row = (await session.execute(_OBSERVE, columns)).one()
        if row.waited + row.kept > self._waiting_max:
            raise LimitReached("messages that wait for extraction", self._waiting_max)
        return int(row.kept)

    async def extract_waiting(self, scope_id: uuid.UUID, user_id: str) -> None:
        """Extract from every message of the scope's that waits. Repeating it, also at the same time, changes nothing."""
        while await self._extract_some(scope_id, user_id):
            pass

    async def _extract_some(self, scope_id: uuid.UUID, user_id: str) -> bool:
        async with reading(self._database, [scope_id]) as session:
            scope = await _scope(session, scope_id, user_id)
            messages = await _waiting(session, scope_id, user_id) if scope is not None else []
        if scope is None or not messages:
            return False
        facts = [(message.message_id, fact) for message in messages for fact in _facts(scope, message)]
        vectors = await self._model.embed([fact.text for _, fact in facts])
        async with writing(self._database, [scope_id]) as session:
            await lock_scopes(session, [scope])
            # Only what this transaction wipes is its to store: a job that runs twice finds nothing the second time.
            values = {"scope_id": scope_id, "message_ids": [message.message_id for message in messages], "version": EXTRACTOR_VERSION}
            wiped = set((await session.execute(_WIPE, values)).scalars())
            forgotten = await store.forgotten_texts(session, scope_id, [fact.text for _, fact in facts])
            kept = [index for index, (message_id, fact) in enumerate(facts) if message_id in wiped and fact.text not in forgotten]
            if kept:
                await self._remembering.add_within(session, [facts[index][1] for index in kept], vectors[kept])
            await session.execute(_DELETE_OLD, {"scope_id": scope_id, "days": self._keep_days})
        _extracted.labels("facts").inc(len({facts[index][0] for index in kept}))
        _extracted.labels("nothing").inc(len(wiped) - len({facts[index][0] for index in kept}))
        # What comes after this batch was read has a job of its own.
        return len(messages) == BATCH_MESSAGES_MAX


def _facts(scope: Scope, message: Message) -> list[NewFact]:
    origin = Provenance((message.message_id,), message.author_id, message.author_name, "extracted")
    return [
        new_fact(
            scope,
            statement.text,
            kind=Kind(statement.kind),
            subject=statement.subject,
            attribute=statement.attribute,
            importance=IMPORTANCE,
            provenance=origin,
            valid_from=message.said_at,
        )
        for statement in extract(message.text)
    ]


async def _scope(session: AsyncSession, scope_id: uuid.UUID, user_id: str) -> Scope | None:
    row = (await session.execute(select(scopes).where(scopes.c.scope_id == scope_id))).first()
    return Scope(Visibility(row.visibility), row.guild_id, row.channel_id, row.user_id or user_id) if row is not None else None


async def _waiting(session: AsyncSession, scope_id: uuid.UUID, user_id: str) -> list[Message]:
    query = (
        select(observed_messages)
        .where(
            observed_messages.c.scope_id == scope_id,
            observed_messages.c.author_id == user_id,
            observed_messages.c.extractor_version.is_(None),
        )
        .order_by(observed_messages.c.said_at)
        .limit(BATCH_MESSAGES_MAX)
    )
    return [Message(row.message_id, row.author_id, row.author_name, row.text, row.said_at) for row in await session.execute(query)]

"""Messages that people wrote in passing: kept until a job has extracted what they state, then their text is wiped.

Only messages of the scope's own user are kept: what others say about somebody, and what the assistant says, states nothing. And only those in which
the rules find something: text is stored no longer than extraction needs it, and for most messages (questions, chatter) that is not at all. The rules
are pure and take a tenth of a millisecond, so they run on arrival as the test of what to keep, and again in the job, which has the vectors made.
Where a model extracts instead, this test's place is taken by a cheap one of its own (model_extraction.worth_a_look): whoever speaks of themself may
state something that no rule knows. The model is asked between two transactions, and what it says counts only for messages that still wait then.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import Counter
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory import operations, store
from services.memory.embeddings import EmbeddingModels
from services.memory.extraction import EXTRACTOR_VERSION, Message, extract
from services.memory.facts import Kind, NewFact, Provenance, new_fact
from services.memory.model_extraction import MODEL_EXTRACTOR_VERSION, ModelExtraction, worth_a_look
from services.memory.near_duplicates import resembling_forgotten
from services.memory.remembering import Remembering
from services.memory.scope_lock import lock_scopes, reading, writing
from services.memory.scopes import Scope, Visibility
from services.memory.statements import Statement
from services.memory.tables import observed_messages, scopes
from services.runtime.database import Database
from services.runtime.errors import LimitReached
from services.runtime.jobs import Jobs

EXTRACT = "extract_memories"
IMPORTANCE = 0.4
"""Said in passing: a little less than what a person asks to be remembered."""
BATCH_MESSAGES_MAX = 100
_JOB_S = 60.0

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

    def __init__(
        self,
        database: Database,
        models: EmbeddingModels,
        remembering: Remembering,
        jobs: Jobs,
        *,
        waiting_max: int,
        keep_days: int,
        extraction: ModelExtraction | None = None,
    ) -> None:
        """Without `extraction` the rules extract."""
        self._database = database
        self._models = models
        self._remembering = remembering
        self._jobs = jobs
        self._waiting_max = waiting_max
        self._keep_days = keep_days
        self._extraction = extraction

    async def observe(self, request_id: str, payload: bytes, scope: Scope, messages: Sequence[Message]) -> int:
        """Keep the messages of the scope's own user that are new and (may) state something, and have facts extracted from them.

        Return how many were taken in: those, and those that state nothing. A request in which nobody states anything leaves no trace and is
        answered the same each time. Raises LimitReached when too many wait, RequestIdReused.
        """
        own = [message for message in messages if message.author_id == scope.user_id]
        stating = [message for message in own if self._worth_keeping(message.text)]
        idle = len(own) - len(stating)
        accepted = idle + (await self._observe_stating(request_id, payload, scope, stating) if stating else 0)
        _observed.labels("stating").inc(len(stating))
        _observed.labels("idle").inc(idle)
        return accepted

    def _worth_keeping(self, said: str) -> bool:
        return bool(extract(said)) if self._extraction is None else worth_a_look(said)

    async def _observe_stating(self, request_id: str, payload: bytes, scope: Scope, messages: Sequence[Message]) -> int:
        async with writing(self._database, [scope.scope_id]) as session:
            done = await operations.begin(session, request_id, payload)
            if done is not None:
                return int(done["accepted"])
            await lock_scopes(session, [scope])
            accepted = await self._keep(session, scope.scope_id, messages)
            if accepted:
                await self._enqueue(session, scope.scope_id, scope.user_id)
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

    @property
    def job_s(self) -> float:
        """How long one job may take: a model's answers, and the rest."""
        return _JOB_S + (self._extraction.batch_s if self._extraction is not None else 0.0)

    async def _enqueue(self, session: AsyncSession, scope_id: uuid.UUID, user_id: str) -> None:
        await self._jobs.enqueue(session, EXTRACT, lock=f"extract:{scope_id}", scope_id=str(scope_id), user_id=user_id)

    async def extract_waiting(self, scope_id: uuid.UUID, user_id: str) -> None:
        """Extract from every message of the scope's that waits. Repeating it, also at the same time, changes nothing.

        A model gets one batch: calling it takes its time, so the next batch has a job, and the time of a job, of its own.
        """
        while await self._extract_some(scope_id, user_id) and self._extraction is None:
            pass

    async def _extract_some(self, scope_id: uuid.UUID, user_id: str) -> bool:
        """Extract from one batch; return whether more may wait."""
        async with reading(self._database, [scope_id]) as session:
            scope = await _scope(session, scope_id, user_id)
            waiting = await _waiting(session, scope_id, user_id) if scope is not None else []
        if scope is None or not waiting:
            return False
        messages = waiting if self._extraction is None else self._extraction.batch(waiting)
        # What comes after this batch was read has a job of its own.
        more = len(messages) < len(waiting) or len(waiting) == BATCH_MESSAGES_MAX
        stated = await self._extraction.extract(scope, messages) if self._extraction is not None else None
        await self._store(scope, messages, stated, go_on=more and self._extraction is not None)
        return more

    async def _store(self, scope: Scope, messages: Sequence[Message], stated: Mapping[str, Sequence[Statement]] | None, *, go_on: bool) -> None:
        """Store what the messages state, by a model's reading or else by the rules', and wipe them."""
        version = EXTRACTOR_VERSION if stated is None else MODEL_EXTRACTOR_VERSION
        by_message = {message.message_id: extract(message.text) for message in messages} if stated is None else stated
        facts = [(message.message_id, fact) for message in messages for fact in _facts(scope, message, by_message.get(message.message_id, ()))]
        vectors = await self._models.embed([fact.text for _, fact in facts])
        async with writing(self._database, [scope.scope_id]) as session:
            await lock_scopes(session, [scope])
            # Only what this transaction wipes is its to store: a job that runs twice finds nothing the second time.
            values = {"scope_id": scope.scope_id, "message_ids": [message.message_id for message in messages], "version": version}
            wiped = set((await session.execute(_WIPE, values)).scalars())
            forgotten = await store.forgotten_texts(session, scope.scope_id, [fact.text for _, fact in facts])
            # A model says what was forgotten in other words.
            alike = await resembling_forgotten(session, scope, vectors) if facts and stated is not None else set()
            kept = [
                place for place, (message_id, fact) in enumerate(facts) if message_id in wiped and fact.text not in forgotten and place not in alike
            ]
            if kept:
                await self._remembering.add_within(session, [facts[place][1] for place in kept], vectors[kept])
            await session.execute(_DELETE_OLD, {"scope_id": scope.scope_id, "days": self._keep_days})
            if go_on and wiped:
                await self._enqueue(session, scope.scope_id, scope.user_id)
        told = {facts[place][0] for place in kept}
        _extracted.labels("facts").inc(len(told))
        _extracted.labels("nothing").inc(len(wiped) - len(told))


def _facts(scope: Scope, message: Message, statements: Iterable[Statement]) -> list[NewFact]:
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
        for statement in statements
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

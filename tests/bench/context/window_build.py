"""How long it takes to build a prompt for a conversation of 5,000 stored messages: what is read of the store, the older messages, and the prompt.

The messages are those of the dialogues, one after the other and over again, with the vectors and terms that the index made of them. The embedding of
the new message is timed apart and taken off: it is the same for every conversation.
"""

import statistics
import time
from collections.abc import Sequence

import psycopg

from services.conversation.message_store import Conversation
from services.conversation.personas.persona import system_text
from services.conversation.store import TurnStore
from services.conversation.topics.older_messages import OlderMessages
from services.conversation.turn import NewTurn
from services.conversation.window.context_window import Parts, Said, Shares, build_prompt
from services.retrieval.embedding import EmbeddingModel
from services.retrieval.text_embedding import Vectors
from services.runtime.database import PLANNED_ONCE, Database
from services.runtime.jobs import Jobs
from tests.bench.context.evidence import BUDGET_TOKENS
from tests.bench.context.running import Running

MESSAGES = 5_000
WARM_UP = 20
WHERE = Conversation("window", "general")

_FILL = f"""
WITH source AS (
    SELECT *, row_number() OVER (ORDER BY guild_id, sequence) - 1 AS place, count(*) OVER () AS number
    FROM messages WHERE indexed AND guild_id <> 'window'
)
INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, author_name, text, create_time, indexed)
SELECT 'window', 'general', wanted::text, s.role, s.author_id, s.author_name, s.text,
    now() - make_interval(days => 400) + make_interval(mins => wanted * 30), true
FROM generate_series(0, {MESSAGES - 1}) AS wanted JOIN source s ON s.place = wanted % s.number ORDER BY wanted
"""
_COPIES = (
    """
    CREATE TEMP TABLE copied AS
    SELECT c.sequence AS copy, o.guild_id, o.channel_id, o.sequence FROM messages c JOIN (
        SELECT *, row_number() OVER (ORDER BY guild_id, sequence) - 1 AS place, count(*) OVER () AS number
        FROM messages WHERE indexed AND guild_id <> 'window'
    ) o ON o.place = c.message_id::int % o.number WHERE c.guild_id = 'window'
    """,
    """
    INSERT INTO message_embeddings (guild_id, channel_id, sequence, model, embedding)
    SELECT 'window', 'general', c.copy, e.model, e.embedding FROM copied c JOIN message_embeddings e USING (guild_id, channel_id, sequence)
    ORDER BY c.copy
    """,
    """
    INSERT INTO message_terms (guild_id, channel_id, sequence, term, occurrences, length)
    SELECT 'window', 'general', c.copy, t.term, t.occurrences, t.length FROM copied c JOIN message_terms t USING (guild_id, channel_id, sequence)
    ORDER BY c.copy, t.term
    """,
    "VACUUM (ANALYZE)",
)


class _Timed:
    """The embedding model, and the seconds that it took."""

    def __init__(self, model: EmbeddingModel) -> None:
        self.name, self.dimensions = model.name, model.dimensions
        self.embed = model.embed
        self._model = model
        self.taken_s = 0.0

    async def embed_query(self, text: str) -> Vectors:
        started_s = time.perf_counter()
        try:
            return await self._model.embed_query(text)
        finally:
            self.taken_s += time.perf_counter() - started_s


async def measure(running: Running, superuser_url: str, questions: Sequence[str]) -> dict[str, float]:
    """Ask the questions in a conversation of MESSAGES; the dialogues must be stored and indexed. Times in milliseconds."""
    _fill(superuser_url)
    settings = running.settings
    database = Database(settings.database_url, pool_size=settings.pool_size, planner=PLANNED_ONCE)
    store = TurnStore(
        database,
        Jobs(database),
        turn_s=settings.turn_s,
        claim_s=settings.claim_s,
        orphan_keep_s=settings.orphan_keep_s,
        history_max=settings.history_messages_max,
        earlier_images_max=settings.earlier_images_max,
    )
    model = _Timed(running.embedding)
    older = OlderMessages(
        database,
        model,
        searched_max=settings.older_searched_max,
        read_max=settings.older_read_max,
        found_max=settings.older_messages_max,
        similarity_floor=settings.older_similarity_floor,
        wait_s=10.0,
    )
    took_ms = []
    try:
        for number, text in enumerate(questions):
            took_ms.append(await _build(store, older, model, text, number))
    finally:
        await database.close()
    warm = took_ms[WARM_UP:]
    return {
        "window_build_ms_p50": round(statistics.median(warm), 2),
        "window_build_ms_p95": round(statistics.quantiles(warm, n=20)[-1], 2),
        "window_build_prompts": len(warm),
    }


async def _build(store: TurnStore, older: OlderMessages, model: _Timed, text: str, number: int) -> float:
    new = NewTurn(f"w{number}", 0, WHERE.guild_id, WHERE.channel_id, "reader", "Reader", text)
    begun = await store.begin(new)
    embedded_s, started_s = model.taken_s, time.perf_counter()
    _, background = await store.background(new.turn_id, begun.turn.fence)
    found = await older.relevant(WHERE, new.message_id, text)
    parts = Parts(
        system=system_text(background.persona, "Parlour"),
        message=Said("user", new.user_id, new.user_name, text),
        history=background.history,
        older=found.shown,
        summaries=background.summaries,
        relationship=background.relationship,
        rules=background.rules,
        history_is_whole=background.history_is_whole,
    )
    build_prompt(parts, BUDGET_TOKENS, Shares())
    taken_s = time.perf_counter() - started_s - (model.taken_s - embedded_s)
    assert found.available
    return taken_s * 1_000


def _fill(superuser_url: str) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(_FILL)
        for statement in _COPIES:
            connection.execute(statement.encode())

"""The tables that queries are built on. The revisions under migrations/ create them; a test compares the two.

Everything with content carries its scope, by which row level security confines it (see scope_lock.confined).
"""

from pgvector.sqlalchemy import Vector
from sqlalchemy import BigInteger, Boolean, Column, Computed, DateTime, Double, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.retrieval.embedding import DIMENSIONS

metadata = MetaData()


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _statement() -> list[Column[object]]:
    return [
        Column("scope_id", Uuid, nullable=False),
        _text("text"),
        _text("kind"),
        _text("subject"),
        _text("attribute"),
        Column("importance", Double, nullable=False),
        Column("provenance", JSONB, nullable=False),
        _time("valid_from"),
    ]


scopes = Table(
    "scopes",
    metadata,
    Column("scope_id", Uuid, primary_key=True),
    _text("visibility"),
    _text("guild_id"),
    _text("channel_id"),
    _text("user_id"),
    Column("version", BigInteger, nullable=False),
    Column("memory_count", BigInteger, nullable=False),
)

memories = Table(
    "memories",
    metadata,
    Column("memory_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    *_statement(),
    _text("visibility"),
    _text("guild_id"),
    _text("channel_id"),
    _text("user_id"),
    Column("text_hash", LargeBinary, nullable=False),
    Column("gist_hash", LargeBinary, nullable=False),
    _time("valid_to", nullable=True),
    Column("superseded_by", Uuid),
    _time("superseded_at", nullable=True),
    _text("superseded_reason"),
    Column("quarantined", Boolean, nullable=False),
    _time("forgotten_at", nullable=True),
    Column("forgotten_by", Uuid),
    _time("created_at"),
    _time("updated_at"),
    Column("held", Boolean, Computed("valid_to IS NULL AND forgotten_at IS NULL")),
    Column("live", Boolean, Computed("valid_to IS NULL AND forgotten_at IS NULL AND NOT quarantined")),
)

memory_versions = Table(
    "memory_versions",
    metadata,
    Column("memory_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    *_statement(),
    _time("valid_to"),
    _time("updated_at"),
    _text("reason"),
)

memory_embeddings = Table(
    "memory_embeddings",
    metadata,
    Column("memory_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("scope_id", Uuid, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("embedding", Vector(DIMENSIONS), nullable=False),
)

embedding_models = Table(
    "embedding_models",
    metadata,
    Column("name", Text, primary_key=True),
    Column("in_force", Boolean, nullable=False),
    _text("state"),
    Column("total", BigInteger),
    Column("done", BigInteger, nullable=False),
    _time("started_at"),
    _time("finished_at", nullable=True),
)

embedded_scopes = Table(
    "embedded_scopes",
    metadata,
    Column("model", Text, primary_key=True),
    Column("scope_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

memory_terms = Table(
    "memory_terms",
    metadata,
    Column("scope_id", Uuid, primary_key=True),
    Column("term", Text, primary_key=True),
    Column("memory_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("occurrences", SmallInteger, nullable=False),
    Column("length", SmallInteger, nullable=False),
    Column("live", Boolean, nullable=False),
)

memory_traits = Table(
    "memory_traits",
    metadata,
    Column("memory_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("scope_id", Uuid, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("position", BigInteger, nullable=False),
    _time("said_at"),
    _text("speaker"),
    Column("length", SmallInteger, nullable=False),
    Column("asks", Boolean, nullable=False),
    Column("dated", Boolean, nullable=False),
)

observed_messages = Table(
    "observed_messages",
    metadata,
    Column("scope_id", Uuid, primary_key=True),
    Column("message_id", Text, primary_key=True),
    _text("author_id"),
    _text("author_name"),
    Column("text", Text),
    _time("said_at"),
    _time("observed_at"),
    Column("extractor_version", Integer),
)

operations = Table(
    "operations",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("payload_hash", LargeBinary, nullable=False),
    Column("result", JSONB),
    _time("created_at"),
)

forget_plans = Table(
    "forget_plans",
    metadata,
    Column("plan_id", Uuid, primary_key=True),
    _text("guild_id"),
    _text("channel_id"),
    _text("user_id"),
    _time("created_at"),
    _time("expires_at"),
    _time("committed_at", nullable=True),
    _time("undo_until", nullable=True),
    _time("undone_at", nullable=True),
    _time("purged_at", nullable=True),
    Column("forgotten_count", Integer, nullable=False),
    Column("restored_count", Integer, nullable=False),
)

forget_plan_items = Table(
    "forget_plan_items",
    metadata,
    Column("plan_id", Uuid, primary_key=True),
    Column("memory_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("scope_id", Uuid, nullable=False),
)

erasures = Table(
    "erasures",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("subject_hash", LargeBinary, nullable=False),
    _time("begun_at"),
    _time("finished_at", nullable=True),
    Column("scopes_done_to", Uuid),
    Column("erased", JSONB, nullable=False),
)

erased_memories = Table(
    "erased_memories",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("memory_id", Uuid, primary_key=True),
)

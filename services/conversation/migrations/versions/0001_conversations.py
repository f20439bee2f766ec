"""Turns, messages, personas, settings, and the job queue."""

from typing import cast

from alembic import op
from alembic.operations import Operations

from services.runtime.migrations import install_jobs_schema

revision = "0001"
down_revision = None

_TABLES = (
    """
    CREATE TABLE fences (
        guild_id text NOT NULL, user_id text NOT NULL, fence bigint NOT NULL,
        PRIMARY KEY (guild_id, user_id)
    )
    """,
    """
    CREATE TABLE turns (
        turn_id text PRIMARY KEY,
        message_id text NOT NULL,
        attempt integer NOT NULL,
        guild_id text NOT NULL,
        channel_id text NOT NULL,
        user_id text NOT NULL,
        user_name text NOT NULL DEFAULT '',
        channel_hidden boolean NOT NULL DEFAULT false,
        origin text NOT NULL DEFAULT '',
        state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
        fence bigint NOT NULL,
        accept_time timestamptz NOT NULL DEFAULT now(),
        deadline_at timestamptz NOT NULL,
        claimed_until timestamptz,
        claimed_by text NOT NULL DEFAULT '',
        end_time timestamptz,
        model text NOT NULL DEFAULT '',
        prompt_tokens bigint NOT NULL DEFAULT 0,
        cached_prompt_tokens bigint NOT NULL DEFAULT 0,
        completion_tokens bigint NOT NULL DEFAULT 0,
        truncated boolean NOT NULL DEFAULT false,
        account_id text NOT NULL DEFAULT '',
        hold_id text NOT NULL DEFAULT '',
        payload_hash bytea NOT NULL
    )
    """,
    "CREATE INDEX turns_open ON turns (deadline_at) WHERE state = 1",
    "CREATE INDEX turns_open_by_person ON turns (guild_id, user_id) WHERE state = 1",
    "CREATE INDEX turns_by_user ON turns (user_id)",
    """
    CREATE TABLE messages (
        guild_id text NOT NULL,
        channel_id text NOT NULL,
        sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
        message_id text NOT NULL,
        role text NOT NULL CHECK (role IN ('user', 'assistant')),
        author_id text NOT NULL,
        author_name text NOT NULL DEFAULT '',
        text text NOT NULL,
        answers_message_id text NOT NULL DEFAULT '',
        replied_to jsonb,
        images jsonb,
        in_context boolean NOT NULL DEFAULT true,
        edited_at timestamptz,
        create_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (guild_id, channel_id, sequence),
        CONSTRAINT messages_once UNIQUE (guild_id, channel_id, message_id, role)
    )
    """,
    "CREATE INDEX messages_by_author ON messages (author_id)",
    """
    CREATE TABLE message_embeddings (
        guild_id text NOT NULL, channel_id text NOT NULL, sequence bigint NOT NULL,
        model text NOT NULL,
        embedding vector(384) NOT NULL,
        PRIMARY KEY (guild_id, channel_id, sequence, model)
    )
    """,
    """
    CREATE TABLE message_terms (
        guild_id text NOT NULL, channel_id text NOT NULL, term text NOT NULL, sequence bigint NOT NULL,
        occurrences smallint NOT NULL,
        length smallint NOT NULL,
        PRIMARY KEY (guild_id, channel_id, term, sequence) INCLUDE (occurrences, length)
    )
    """,
    "CREATE INDEX message_terms_of_message ON message_terms (guild_id, channel_id, sequence)",
    """
    CREATE TABLE topics (
        topic_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        guild_id text NOT NULL, channel_id text NOT NULL,
        level smallint NOT NULL DEFAULT 1 CHECK (level > 0),
        parent_id bigint,
        first_sequence bigint NOT NULL,
        last_sequence bigint NOT NULL CHECK (last_sequence >= first_sequence),
        start_time timestamptz NOT NULL DEFAULT now(),
        end_time timestamptz NOT NULL DEFAULT now(),
        message_count integer NOT NULL DEFAULT 0,
        closed boolean NOT NULL DEFAULT false,
        centroid vector(384),
        summary text NOT NULL DEFAULT '',
        summary_source text NOT NULL DEFAULT '' CHECK (summary_source IN ('', 'model', 'extractive')),
        summary_stale boolean NOT NULL DEFAULT false,
        summarized_at timestamptz
    )
    """,
    "CREATE INDEX topics_of_conversation ON topics (guild_id, channel_id, level, first_sequence)",
    """
    CREATE TABLE conversations (
        guild_id text NOT NULL, channel_id text NOT NULL,
        reset_sequence bigint NOT NULL DEFAULT 0,
        reset_time timestamptz,
        PRIMARY KEY (guild_id, channel_id)
    )
    """,
    """
    CREATE TABLE personas (
        guild_id text NOT NULL, user_id text NOT NULL,
        formality smallint NOT NULL DEFAULT 0,
        verbosity smallint NOT NULL DEFAULT 0,
        humour smallint NOT NULL DEFAULT 0,
        warmth smallint NOT NULL DEFAULT 0,
        directness smallint NOT NULL DEFAULT 0,
        emoji smallint NOT NULL DEFAULT 0,
        language text NOT NULL DEFAULT '',
        instructions text NOT NULL DEFAULT '',
        version bigint NOT NULL,
        update_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (guild_id, user_id)
    )
    """,
    """
    CREATE TABLE guild_settings (
        guild_id text PRIMARY KEY,
        addressing_threshold double precision NOT NULL,
        channel_context boolean NOT NULL,
        extraction boolean NOT NULL,
        version bigint NOT NULL,
        update_time timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE user_activity (
        guild_id text NOT NULL, user_id text NOT NULL,
        last_active_time timestamptz NOT NULL DEFAULT now(),
        messages_since_extraction bigint NOT NULL DEFAULT 0,
        last_summary_time timestamptz,
        PRIMARY KEY (guild_id, user_id)
    )
    """,
    "CREATE INDEX user_activity_by_user ON user_activity (user_id)",
    """
    CREATE TABLE background_usage (
        guild_id text NOT NULL, day date NOT NULL, feature text NOT NULL,
        calls bigint NOT NULL DEFAULT 0,
        prompt_tokens bigint NOT NULL DEFAULT 0,
        completion_tokens bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (guild_id, day, feature)
    )
    """,
    "CREATE TABLE opt_outs (user_id text PRIMARY KEY, create_time timestamptz NOT NULL DEFAULT now())",
    """
    CREATE TABLE requests (
        method text NOT NULL, request_id text NOT NULL,
        payload_hash bytea NOT NULL,
        response bytea NOT NULL,
        create_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (method, request_id)
    )
    """,
    "CREATE INDEX requests_by_time ON requests (create_time)",
)


def upgrade() -> None:
    """Create everything."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    for statement in _TABLES:
        op.execute(statement)
    install_jobs_schema(cast("Operations", op))

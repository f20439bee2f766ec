"""Memories, their versions, vectors and terms, observed messages, plans to forget; row level security over all that holds content."""

from typing import cast

from alembic import op
from alembic.operations import Operations

from services.runtime.migrations import install_jobs_schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
WORKS_WITH = "0001"

APP_ROLE = "parlour_memory_app"
CONTENT_TABLES = ("memories", "memory_versions", "memory_embeddings", "memory_terms", "memory_traits", "observed_messages")
OTHER_TABLES = ("scopes", "operations", "forget_plans", "forget_plan_items", "erasures", "erased_memories", "embedding_models", "embedded_scopes")

_TABLES = (
    """
    CREATE TABLE scopes (
        scope_id uuid PRIMARY KEY,
        visibility text NOT NULL CHECK (visibility IN ('private', 'guild', 'shared')),
        guild_id text NOT NULL,
        channel_id text NOT NULL,
        user_id text NOT NULL,
        version bigint NOT NULL DEFAULT 0,
        memory_count bigint NOT NULL DEFAULT 0,
        CHECK ((visibility = 'private') = (guild_id = '')),
        CHECK ((visibility = 'shared') = (user_id = ''))
    )
    """,
    "COMMENT ON TABLE scopes IS 'every write to a scope locks its row and raises its version'",
    "CREATE INDEX scopes_of_guild ON scopes (guild_id, scope_id)",
    "CREATE INDEX scopes_of_user ON scopes (user_id, scope_id)",
    """
    CREATE TABLE memories (
        memory_id uuid PRIMARY KEY,
        version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
        scope_id uuid NOT NULL,
        visibility text NOT NULL,
        guild_id text NOT NULL,
        channel_id text NOT NULL,
        user_id text NOT NULL,
        text text NOT NULL,
        text_hash bytea NOT NULL,
        gist_hash bytea NOT NULL DEFAULT '',
        kind text NOT NULL,
        subject text NOT NULL DEFAULT '',
        attribute text NOT NULL DEFAULT '',
        importance double precision NOT NULL,
        provenance jsonb NOT NULL DEFAULT '{}',
        valid_from timestamptz NOT NULL,
        valid_to timestamptz CHECK (valid_to >= valid_from),
        superseded_by uuid,
        superseded_at timestamptz,
        superseded_reason text NOT NULL DEFAULT '',
        quarantined boolean NOT NULL DEFAULT false,
        forgotten_at timestamptz,
        forgotten_by uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        held boolean GENERATED ALWAYS AS (valid_to IS NULL AND forgotten_at IS NULL) STORED,
        live boolean GENERATED ALWAYS AS (valid_to IS NULL AND forgotten_at IS NULL AND NOT quarantined) STORED,
        CHECK ((forgotten_at IS NULL) = (forgotten_by IS NULL))
    )
    """,
    "COMMENT ON COLUMN memories.held IS 'listed: it holds true and nobody forgot it'",
    "COMMENT ON COLUMN memories.live IS 'recalled: held, and not quarantined'",
    "CREATE UNIQUE INDEX memories_one_of_a_text ON memories (scope_id, text_hash) WHERE held",
    "CREATE INDEX memories_listed ON memories (scope_id, memory_id) WHERE held",
    "CREATE INDEX memories_by_owner ON memories (scope_id, user_id, memory_id)",
    "CREATE INDEX memories_quarantined ON memories (scope_id, memory_id) WHERE held AND quarantined",
    "COMMENT ON COLUMN memories.gist_hash IS 'of the words that tell: near-duplicates are looked for among equals'",
    "COMMENT ON COLUMN memories.superseded_reason IS 'newer: said later; late: heard of after what replaced it; denied: true no more'",
    "CREATE INDEX memories_by_attribute ON memories (scope_id, user_id, subject, attribute) WHERE attribute <> ''",
    "CREATE INDEX memories_by_gist ON memories (scope_id, user_id, gist_hash) WHERE held",
    "CREATE INDEX memories_superseded ON memories (superseded_by) WHERE superseded_by IS NOT NULL",
    "CREATE INDEX memories_forgotten ON memories (forgotten_by) WHERE forgotten_by IS NOT NULL",
    """
    CREATE TABLE memory_versions (
        memory_id uuid NOT NULL,
        version bigint NOT NULL,
        scope_id uuid NOT NULL,
        text text NOT NULL,
        kind text NOT NULL,
        subject text NOT NULL,
        attribute text NOT NULL,
        importance double precision NOT NULL,
        provenance jsonb NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        reason text NOT NULL,
        PRIMARY KEY (memory_id, version)
    )
    """,
    "COMMENT ON TABLE memory_versions IS 'what a memory said before each change; the newest version lies in memories'",
    "CREATE INDEX memory_versions_of_scope ON memory_versions (scope_id)",
    """
    CREATE TABLE memory_embeddings (
        memory_id uuid NOT NULL,
        version bigint NOT NULL,
        model text NOT NULL,
        scope_id uuid NOT NULL,
        live boolean NOT NULL,
        embedding vector(384) NOT NULL,
        PRIMARY KEY (memory_id, version, model)
    )
    """,
    "CREATE INDEX memory_embeddings_of_scope ON memory_embeddings (scope_id, model)",
    """
    CREATE TABLE embedding_models (
        name text PRIMARY KEY,
        in_force boolean NOT NULL DEFAULT false,
        state text NOT NULL CHECK (state IN ('running', 'complete', 'retired')),
        total bigint CHECK (total >= 0),
        done bigint NOT NULL DEFAULT 0 CHECK (done >= 0),
        started_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CHECK (NOT in_force OR state <> 'retired'),
        CHECK ((state = 'running') = (finished_at IS NULL))
    )
    """,
    "COMMENT ON TABLE embedding_models IS 'whose vectors searches use (in_force), and how far another model has come with every version'",
    "CREATE UNIQUE INDEX embedding_models_one_in_force ON embedding_models (in_force) WHERE in_force",
    """
    CREATE TABLE embedded_scopes (
        model text NOT NULL REFERENCES embedding_models ON DELETE CASCADE,
        scope_id uuid NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (model, scope_id)
    )
    """,
    "COMMENT ON TABLE embedded_scopes IS 'scopes that lacked no vector at this version of theirs; kept while the model is running'",
    """
    CREATE TABLE memory_terms (
        scope_id uuid NOT NULL,
        term text NOT NULL,
        memory_id uuid NOT NULL,
        version bigint NOT NULL,
        occurrences smallint NOT NULL,
        length smallint NOT NULL,
        live boolean NOT NULL,
        PRIMARY KEY (scope_id, term, memory_id, version) INCLUDE (occurrences, length, live)
    )
    """,
    "COMMENT ON TABLE memory_terms IS 'postings: under row level security a text search index is not used'",
    "CREATE INDEX memory_terms_of_memory ON memory_terms (memory_id)",
    """
    CREATE TABLE memory_traits (
        memory_id uuid NOT NULL,
        version bigint NOT NULL,
        scope_id uuid NOT NULL,
        live boolean NOT NULL,
        position bigint NOT NULL,
        said_at timestamptz NOT NULL,
        speaker text NOT NULL,
        length smallint NOT NULL,
        asks boolean NOT NULL,
        dated boolean NOT NULL,
        PRIMARY KEY (memory_id, version)
    )
    """,
    "COMMENT ON TABLE memory_traits IS 'what ranking looks at beside meaning and words; position counts what a scope took in: neighbours'",
    "CREATE INDEX memory_traits_by_position ON memory_traits (scope_id, position)",
    # Partial, so that what looks for positions in a large scope cannot take it for the index to use.
    "CREATE INDEX memory_traits_by_speaker ON memory_traits (scope_id, speaker) WHERE speaker <> ''",
    """
    CREATE VIEW memory_statements WITH (security_invoker = true) AS
        SELECT memory_id, version, scope_id, visibility, guild_id, channel_id, user_id, text, kind, subject, attribute, importance, provenance,
               valid_from, valid_to, created_at, updated_at, quarantined, forgotten_at
        FROM memories
        UNION ALL
        SELECT v.memory_id, v.version, v.scope_id, m.visibility, m.guild_id, m.channel_id, m.user_id, v.text, v.kind, v.subject, v.attribute,
               v.importance, v.provenance, v.valid_from, v.valid_to, m.created_at, v.updated_at, m.quarantined, m.forgotten_at
        FROM memory_versions v JOIN memories m USING (memory_id)
    """,
    "COMMENT ON VIEW memory_statements IS 'every version of every memory, for looking back'",
    """
    CREATE TABLE observed_messages (
        scope_id uuid NOT NULL,
        message_id text NOT NULL,
        author_id text NOT NULL,
        author_name text NOT NULL,
        text text,
        said_at timestamptz NOT NULL,
        observed_at timestamptz NOT NULL DEFAULT now(),
        extractor_version integer,
        PRIMARY KEY (scope_id, message_id),
        CHECK ((text IS NULL) = (extractor_version IS NOT NULL))
    )
    """,
    "COMMENT ON TABLE observed_messages IS 'the text is wiped in the transaction that stores what was extracted from it'",
    "CREATE INDEX observed_messages_waiting ON observed_messages (scope_id, observed_at) WHERE extractor_version IS NULL",
    """
    CREATE TABLE operations (
        request_id text PRIMARY KEY,
        payload_hash bytea NOT NULL,
        result jsonb,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "COMMENT ON TABLE operations IS 'what a repeated request is answered: ids and counts, never text, which may be forgotten meanwhile'",
    "CREATE INDEX operations_by_age ON operations (created_at)",
    """
    CREATE TABLE forget_plans (
        plan_id uuid PRIMARY KEY,
        guild_id text NOT NULL,
        channel_id text NOT NULL,
        user_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        committed_at timestamptz,
        undo_until timestamptz,
        undone_at timestamptz,
        purged_at timestamptz,
        forgotten_count integer NOT NULL DEFAULT 0,
        restored_count integer NOT NULL DEFAULT 0,
        CHECK ((committed_at IS NULL) = (undo_until IS NULL)),
        CHECK (undone_at IS NULL OR committed_at IS NOT NULL)
    )
    """,
    "CREATE INDEX forget_plans_to_purge ON forget_plans (undo_until) WHERE committed_at IS NOT NULL AND purged_at IS NULL",
    "CREATE INDEX forget_plans_by_age ON forget_plans (created_at)",
    "CREATE INDEX forget_plans_of_user ON forget_plans (user_id, plan_id)",
    """
    CREATE TABLE forget_plan_items (
        plan_id uuid NOT NULL REFERENCES forget_plans ON DELETE CASCADE,
        memory_id uuid NOT NULL,
        version bigint NOT NULL,
        scope_id uuid NOT NULL,
        PRIMARY KEY (plan_id, memory_id)
    )
    """,
    "CREATE INDEX forget_plan_items_of_memory ON forget_plan_items (memory_id)",
    """
    CREATE TABLE erasures (
        request_id text PRIMARY KEY,
        subject_hash bytea NOT NULL,
        begun_at timestamptz NOT NULL,
        finished_at timestamptz,
        scopes_done_to uuid,
        erased jsonb NOT NULL DEFAULT '{}'
    )
    """,
    "COMMENT ON TABLE erasures IS 'receipts, and tombstones: what the person said before begun_at is not taken in any more'",
    "CREATE INDEX erasures_by_subject ON erasures (subject_hash)",
    """
    CREATE TABLE erased_memories (
        request_id text NOT NULL REFERENCES erasures ON DELETE CASCADE,
        memory_id uuid NOT NULL,
        PRIMARY KEY (request_id, memory_id)
    )
    """,
    "COMMENT ON TABLE erased_memories IS 'kept while an erasure runs: whose ids the results of requests must not name'",
    # In the database, so that no way of writing them goes around it.
    """
    CREATE FUNCTION drop_what_was_said_before_an_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM erasures WHERE subject_hash = sha256(convert_to(NEW.author_id, 'UTF8')) AND NEW.said_at <= begun_at) THEN
            RETURN NULL;
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER erased_stays_erased BEFORE INSERT ON observed_messages FOR EACH ROW EXECUTE FUNCTION drop_what_was_said_before_an_erasure()",
)

# Without the setting, or with an empty one, the array is NULL or empty and no row is seen.
_POLICY = (
    "CREATE POLICY in_scope ON {table} USING (scope_id = ANY (string_to_array(current_setting('parlour.scopes', true), ',')::uuid[]))"
    " WITH CHECK (scope_id = ANY (string_to_array(current_setting('parlour.scopes', true), ',')::uuid[]))"
)

# The role may exist: it belongs to the server, not to this database. Whoever migrates becomes a member, so that the service can take the role.
_ROLE = f"""
    DO $$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
            CREATE ROLE {APP_ROLE} NOLOGIN NOBYPASSRLS;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of this server was migrated at the same moment
    END
    $$
"""
_MEMBERSHIP = f"""
    DO $$
    BEGIN
        IF NOT pg_has_role(current_user, '{APP_ROLE}', 'SET') THEN
            EXECUTE format('GRANT {APP_ROLE} TO %I WITH SET TRUE, INHERIT FALSE', current_user);
        END IF;
    END
    $$
"""
_JOB_GRANTS = f"""
    DO $$
    DECLARE
        relation record;
    BEGIN
        FOR relation IN SELECT relname, relkind FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relname LIKE 'procrastinate%' AND relkind IN ('r', 'S')
        LOOP
            EXECUTE format('GRANT ALL ON %s %I TO {APP_ROLE}', CASE relation.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relation.relname);
        END LOOP;
    END
    $$
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    for statement in _TABLES:
        op.execute(statement)
    install_jobs_schema(cast(Operations, op))
    op.execute(_ROLE)
    op.execute(_MEMBERSHIP)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    for table in (*CONTENT_TABLES, *OTHER_TABLES):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}")
    op.execute(f"GRANT SELECT ON memory_statements TO {APP_ROLE}")
    op.execute(_JOB_GRANTS)
    for table in CONTENT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(_POLICY.format(table=table))

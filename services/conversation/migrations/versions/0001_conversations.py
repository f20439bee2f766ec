"""Turns, messages, personas, settings, and the job queue."""

from typing import cast

from alembic import op
from alembic.operations import Operations

from services.runtime.migrations import install_jobs_schema

revision = "0001"
down_revision = None
WORKS_WITH = "0001"

_TABLES = (
    """
    CREATE TABLE fences (
        guild_id text NOT NULL, user_id text NOT NULL, fence bigint NOT NULL,
        PRIMARY KEY (guild_id, user_id)
    )
    """,
    "CREATE INDEX fences_by_user ON fences (user_id)",
    """
    CREATE TABLE turns (
        turn_id text PRIMARY KEY,
        message_id text NOT NULL,
        attempt integer NOT NULL,
        guild_id text NOT NULL,
        channel_id text NOT NULL,
        user_id text NOT NULL,
        user_name text NOT NULL DEFAULT '',
        nickname text NOT NULL DEFAULT '',
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
        reasoning_tokens bigint NOT NULL DEFAULT 0,
        images bigint NOT NULL DEFAULT 0,
        truncated boolean NOT NULL DEFAULT false,
        account_id text NOT NULL DEFAULT '',
        hold_id text NOT NULL DEFAULT '',
        lease_id text NOT NULL DEFAULT '',
        payload_hash bytea NOT NULL,
        counted boolean NOT NULL DEFAULT false,
        unkept boolean NOT NULL DEFAULT false
    )
    """,
    "CREATE INDEX turns_unkept ON turns (end_time) WHERE unkept AND state <> 1",
    "CREATE INDEX turns_open ON turns (deadline_at) WHERE state = 1",
    "CREATE INDEX turns_open_by_person ON turns (guild_id, user_id) WHERE state = 1",
    "CREATE INDEX turns_by_user ON turns (user_id, accept_time)",
    "CREATE INDEX turns_uncounted ON turns (guild_id, user_id, end_time) WHERE state IN (2, 3) AND NOT counted",
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
        indexed boolean NOT NULL DEFAULT false,
        offset_bytes bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (guild_id, channel_id, sequence),
        CONSTRAINT messages_once UNIQUE (guild_id, channel_id, message_id, role)
    )
    """,
    "CREATE INDEX messages_by_author ON messages (author_id, guild_id, sequence)",
    "CREATE INDEX messages_by_age ON messages (guild_id, create_time)",
    "CREATE INDEX messages_answering ON messages (guild_id, channel_id, answers_message_id) WHERE answers_message_id <> ''",
    "CREATE INDEX messages_quoting ON messages (guild_id, channel_id, (replied_to ->> 'message_id')) WHERE replied_to IS NOT NULL",
    "CREATE INDEX messages_by_name ON messages (guild_id, channel_id, author_name)",
    "CREATE INDEX messages_not_indexed ON messages (guild_id, channel_id, sequence) WHERE in_context AND NOT indexed",
    """
    CREATE TABLE message_embeddings (
        guild_id text NOT NULL, channel_id text NOT NULL, sequence bigint NOT NULL,
        model text NOT NULL,
        embedding halfvec(384) NOT NULL,
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
    # Where a message stands in its conversation, whoever stores it. Two that are stored at the same moment may get the same place: it is a ruler and
    # no count.
    # Nothing is sorted to find the last message: without statistics the planner takes another index and sorts the conversation for every row.
    """
    CREATE FUNCTION place_message() RETURNS trigger LANGUAGE plpgsql SET enable_sort TO off AS $$
    BEGIN
        SELECT offset_bytes + octet_length(text) + 32 INTO NEW.offset_bytes FROM messages
        WHERE guild_id = NEW.guild_id AND channel_id = NEW.channel_id ORDER BY sequence DESC LIMIT 1;
        NEW.offset_bytes := coalesce(NEW.offset_bytes, 0);
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER place_stored BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION place_message()",
    # What was made of a text goes with it, in its transaction, whoever changes or deletes it: nothing is found by words that are no longer there.
    """
    CREATE FUNCTION unindex_message() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM message_embeddings WHERE guild_id = OLD.guild_id AND channel_id = OLD.channel_id AND sequence = OLD.sequence;
        DELETE FROM message_terms WHERE guild_id = OLD.guild_id AND channel_id = OLD.channel_id AND sequence = OLD.sequence;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        NEW.indexed := false;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER unindex_changed BEFORE UPDATE OF text, author_name, images, in_context ON messages FOR EACH ROW
    WHEN ((OLD.text, OLD.author_name, OLD.images, OLD.in_context) IS DISTINCT FROM (NEW.text, NEW.author_name, NEW.images, NEW.in_context))
    EXECUTE FUNCTION unindex_message()
    """,
    "CREATE TRIGGER unindex_deleted BEFORE DELETE ON messages FOR EACH ROW EXECUTE FUNCTION unindex_message()",
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
        summary_tries smallint NOT NULL DEFAULT 0,
        summarized_at timestamptz
    )
    """,
    "CREATE INDEX topics_of_conversation ON topics (guild_id, channel_id, level, first_sequence)",
    "CREATE INDEX topics_top ON topics (guild_id, channel_id, first_sequence) WHERE parent_id IS NULL",
    "CREATE INDEX topics_of_parent ON topics (parent_id) WHERE parent_id IS NOT NULL",
    "CREATE INDEX topics_open ON topics (end_time) WHERE NOT closed",
    "CREATE INDEX topics_due ON topics (guild_id, channel_id) WHERE summary_stale",
    # A summary says what the messages said: whoever changes one or takes it away empties it, to be made again of what is left.
    """
    CREATE FUNCTION empty_summaries() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE topics SET summary = '', summary_source = '', summary_stale = true, summary_tries = 0, centroid = NULL
        WHERE guild_id = OLD.guild_id AND channel_id = OLD.channel_id AND OLD.sequence BETWEEN first_sequence AND last_sequence
            AND (summary <> '' OR NOT summary_stale OR centroid IS NOT NULL);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER summaries_of_changed AFTER UPDATE OF text, author_name ON messages FOR EACH ROW
    WHEN ((OLD.text, OLD.author_name) IS DISTINCT FROM (NEW.text, NEW.author_name)) EXECUTE FUNCTION empty_summaries()
    """,
    "CREATE TRIGGER summaries_of_deleted AFTER DELETE ON messages FOR EACH ROW EXECUTE FUNCTION empty_summaries()",
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
        formality smallint CHECK (formality BETWEEN -2 AND 2),
        verbosity smallint CHECK (verbosity BETWEEN -2 AND 2),
        humour smallint CHECK (humour BETWEEN -2 AND 2),
        warmth smallint CHECK (warmth BETWEEN -2 AND 2),
        directness smallint CHECK (directness BETWEEN -2 AND 2),
        emoji smallint CHECK (emoji BETWEEN -2 AND 2),
        language text,
        instructions text NOT NULL DEFAULT '',
        reasons jsonb NOT NULL DEFAULT '{}',
        version bigint NOT NULL,
        update_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (guild_id, user_id)
    )
    """,
    """
    CREATE TABLE persona_versions (
        guild_id text NOT NULL, user_id text NOT NULL, version bigint NOT NULL,
        formality smallint, verbosity smallint, humour smallint, warmth smallint, directness smallint, emoji smallint,
        language text,
        instructions text NOT NULL DEFAULT '',
        reasons jsonb NOT NULL DEFAULT '{}',
        changed text[] NOT NULL,
        origin text NOT NULL CHECK (origin IN ('set', 'preset', 'said', 'writing', 'undo')),
        quote text NOT NULL DEFAULT '',
        message_id text NOT NULL DEFAULT '',
        undone_at timestamptz,
        update_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (guild_id, user_id, version)
    )
    """,
    "CREATE INDEX personas_by_user ON personas (user_id) WHERE user_id <> ''",
    "CREATE INDEX persona_versions_by_user ON persona_versions (user_id) WHERE user_id <> ''",
    "CREATE UNIQUE INDEX persona_versions_by_message ON persona_versions (guild_id, user_id, message_id) WHERE message_id <> ''",
    # The words that a change of a persona was read from are the message's: they go with it. What was understood stays.
    """
    CREATE FUNCTION drop_quotes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE persona_versions SET quote = ''
        WHERE guild_id = OLD.guild_id AND user_id = OLD.author_id AND message_id = OLD.message_id AND message_id <> '' AND quote <> '';
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER quotes_of_changed AFTER UPDATE OF text ON messages FOR EACH ROW
    WHEN (OLD.role = 'user' AND OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION drop_quotes()
    """,
    "CREATE TRIGGER quotes_of_deleted AFTER DELETE ON messages FOR EACH ROW WHEN (OLD.role = 'user') EXECUTE FUNCTION drop_quotes()",
    """
    CREATE TABLE guild_settings (
        guild_id text PRIMARY KEY,
        addressing_threshold double precision NOT NULL,
        channel_context boolean NOT NULL,
        extraction boolean NOT NULL,
        rules text NOT NULL DEFAULT '',
        retention_days integer NOT NULL DEFAULT 0 CHECK (retention_days >= 0),
        summaries boolean, preference_detection boolean, writing_style boolean, relationships boolean, images boolean,
        addressing_model boolean, partial_responses boolean,
        answered_channel_ids text[] NOT NULL DEFAULT '{}', allowed_channel_ids text[] NOT NULL DEFAULT '{}',
        ignored_channel_ids text[] NOT NULL DEFAULT '{}', ignored_user_ids text[] NOT NULL DEFAULT '{}',
        version bigint NOT NULL,
        update_time timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE guild_settings_versions (
        guild_id text NOT NULL, version bigint NOT NULL,
        addressing_threshold double precision NOT NULL,
        channel_context boolean NOT NULL,
        extraction boolean NOT NULL,
        rules text NOT NULL DEFAULT '',
        retention_days integer NOT NULL DEFAULT 0 CHECK (retention_days >= 0),
        summaries boolean, preference_detection boolean, writing_style boolean, relationships boolean, images boolean,
        addressing_model boolean, partial_responses boolean,
        answered_channel_ids text[] NOT NULL DEFAULT '{}', allowed_channel_ids text[] NOT NULL DEFAULT '{}',
        ignored_channel_ids text[] NOT NULL DEFAULT '{}', ignored_user_ids text[] NOT NULL DEFAULT '{}',
        update_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (guild_id, version)
    )
    """,
    "CREATE INDEX guild_settings_by_ignored ON guild_settings USING gin (ignored_user_ids) WHERE ignored_user_ids <> '{}'",
    "CREATE INDEX guild_settings_versions_by_ignored ON guild_settings_versions USING gin (ignored_user_ids) WHERE ignored_user_ids <> '{}'",
    """
    CREATE TABLE blocks (
        subject text PRIMARY KEY,
        block_id bigint GENERATED ALWAYS AS IDENTITY,
        reason text NOT NULL DEFAULT '',
        create_time timestamptz NOT NULL DEFAULT now(),
        expire_time timestamptz,
        CONSTRAINT blocks_in_order UNIQUE (block_id)
    )
    """,
    "CREATE SEQUENCE cache_epoch",
    """
    CREATE TABLE user_activity (
        guild_id text NOT NULL, user_id text NOT NULL,
        last_active_time timestamptz NOT NULL DEFAULT now(),
        messages_since_extraction bigint NOT NULL DEFAULT 0,
        last_summary_time timestamptz,
        style_time timestamptz,
        PRIMARY KEY (guild_id, user_id)
    )
    """,
    "CREATE INDEX user_activity_by_user ON user_activity (user_id)",
    """
    CREATE TABLE relationships (
        guild_id text NOT NULL, user_id text NOT NULL,
        display_name text NOT NULL DEFAULT '',
        nickname text NOT NULL DEFAULT '',
        former_names text[] NOT NULL DEFAULT '{}',
        names_time timestamptz NOT NULL,
        first_seen_time timestamptz NOT NULL,
        last_seen_time timestamptz NOT NULL,
        turns bigint NOT NULL DEFAULT 0,
        days bigint NOT NULL DEFAULT 0,
        last_day date,
        topics jsonb NOT NULL DEFAULT '{}',
        line text NOT NULL DEFAULT '',
        line_day date,
        version bigint NOT NULL DEFAULT 1,
        PRIMARY KEY (guild_id, user_id)
    )
    """,
    "CREATE INDEX relationships_by_user ON relationships (user_id)",
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
    CREATE TABLE tombstones (
        subject_hash bytea PRIMARY KEY,
        before_time timestamptz NOT NULL,
        opted_out boolean NOT NULL DEFAULT false
    )
    """,
    # In the database, so that no way of writing them goes around it. Only messages that name their time can be from before.
    """
    CREATE FUNCTION drop_what_was_said_before_an_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM tombstones WHERE subject_hash = sha256(convert_to(NEW.author_id, 'UTF8')) AND NEW.create_time <= before_time) THEN
            RETURN NULL;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER erased_stays_erased BEFORE INSERT ON messages FOR EACH ROW
    WHEN (NEW.create_time < now()) EXECUTE FUNCTION drop_what_was_said_before_an_erasure()
    """,
    """
    CREATE TABLE erasures (
        erasure_id text PRIMARY KEY,
        request_hash bytea NOT NULL UNIQUE,
        subject_hash bytea NOT NULL,
        user_id text NOT NULL DEFAULT '',
        before_time timestamptz NOT NULL,
        stage smallint NOT NULL DEFAULT 0,
        walked jsonb,
        awaited jsonb,
        erased jsonb NOT NULL DEFAULT '{}',
        begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        complete_time timestamptz,
        backups_expire_time timestamptz,
        receipt_hash text NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX erasures_open ON erasures (begun_at) WHERE complete_time IS NULL",
    """
    CREATE TABLE erased_places (
        erasure_id text NOT NULL REFERENCES erasures ON DELETE CASCADE,
        guild_id text NOT NULL, channel_id text NOT NULL,
        PRIMARY KEY (erasure_id, guild_id, channel_id)
    )
    """,
    """
    CREATE TABLE requests (
        method text NOT NULL, request_id text NOT NULL,
        user_id text NOT NULL DEFAULT '',
        payload_hash bytea NOT NULL,
        response bytea NOT NULL,
        create_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (method, request_id)
    )
    """,
    "CREATE INDEX requests_by_time ON requests (create_time)",
    "CREATE INDEX requests_by_user ON requests (user_id) WHERE user_id <> ''",
)


def upgrade() -> None:
    """Create everything."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    for statement in _TABLES:
        op.execute(statement)
    install_jobs_schema(cast("Operations", op))

"""The ledger: accounts, grants, holds, entries, operations, usage."""

from typing import cast

from alembic import op
from alembic.operations import Operations

from services.runtime.migrations import install_jobs_schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
WORKS_WITH = "0001"

_STATEMENTS = (
    """
    CREATE TABLE accounts (
        account_key bigint PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('user', 'guild', 'lease')),
        tier text NOT NULL,
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'frozen', 'closed')),
        erased boolean NOT NULL DEFAULT false,
        posted_microcredits bigint NOT NULL DEFAULT 0,
        held_microcredits bigint NOT NULL DEFAULT 0 CHECK (held_microcredits >= 0),
        overdrawn_microcredits bigint NOT NULL DEFAULT 0 CHECK (overdrawn_microcredits >= 0),
        open_holds integer NOT NULL DEFAULT 0 CHECK (open_holds >= 0),
        last_seq bigint NOT NULL DEFAULT 0,
        allowance_period integer NOT NULL DEFAULT 0,
        allowance_granted_microcredits bigint NOT NULL DEFAULT 0,
        member_daily_limit_microcredits bigint NOT NULL DEFAULT 0,
        pace integer[] NOT NULL DEFAULT '{0,0,0,0}',
        created_at timestamptz NOT NULL
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE TABLE account_keys (
        account_id text PRIMARY KEY,
        account_key bigint NOT NULL UNIQUE
    )
    """,
    """
    CREATE TABLE grants (
        account_key bigint NOT NULL,
        grant_seq bigint NOT NULL,
        source text NOT NULL,
        priority integer NOT NULL,
        amount_microcredits bigint NOT NULL CHECK (amount_microcredits > 0),
        remaining_microcredits bigint NOT NULL CHECK (remaining_microcredits BETWEEN 0 AND amount_microcredits),
        held_microcredits bigint NOT NULL CHECK (held_microcredits BETWEEN 0 AND remaining_microcredits),
        effective_at timestamptz NOT NULL,
        expires_at timestamptz,
        created_at timestamptz NOT NULL,
        spent boolean NOT NULL DEFAULT false CHECK (spent = (remaining_microcredits = 0)),
        PRIMARY KEY (account_key, grant_seq)
    ) WITH (fillfactor = 70)
    """,
    "CREATE INDEX grants_with_credits ON grants (account_key) WHERE NOT spent",
    "CREATE INDEX grants_expiring ON grants (expires_at) WHERE NOT spent AND expires_at IS NOT NULL",
    """
    CREATE TABLE holds (
        account_key bigint NOT NULL,
        hold_seq bigint NOT NULL,
        state text NOT NULL CHECK (state IN ('active', 'captured', 'released', 'expired')),
        amount_microcredits bigint NOT NULL CHECK (amount_microcredits >= 0),
        captured_microcredits bigint NOT NULL DEFAULT 0 CHECK (captured_microcredits >= 0),
        used_microcredits bigint NOT NULL DEFAULT 0,
        refunded_microcredits bigint NOT NULL DEFAULT 0 CHECK (refunded_microcredits BETWEEN 0 AND captured_microcredits),
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        ended_seq bigint NOT NULL DEFAULT 0,
        charged_seq bigint NOT NULL DEFAULT 0,
        model text NOT NULL DEFAULT '',
        price_version text NOT NULL DEFAULT '',
        metadata jsonb NOT NULL DEFAULT '{}',
        member_key bigint NOT NULL DEFAULT 0,
        member_day integer NOT NULL DEFAULT 0,
        allocations bigint[] NOT NULL DEFAULT '{}',
        PRIMARY KEY (account_key, hold_seq),
        CHECK ((state = 'active') = (ended_at IS NULL))
    )
    """,
    "CREATE INDEX holds_active ON holds (account_key, expires_at) WHERE state = 'active'",
    """
    CREATE TABLE pool_members (
        account_key bigint NOT NULL,
        member_key bigint NOT NULL,
        day integer NOT NULL,
        used_microcredits bigint NOT NULL CHECK (used_microcredits >= 0),
        PRIMARY KEY (account_key, member_key, day)
    )
    """,
    """
    CREATE TABLE transfers (
        account_key bigint NOT NULL,
        operation_seq bigint NOT NULL,
        recipient_key bigint NOT NULL,
        parts jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        finished_at timestamptz,
        returned boolean NOT NULL DEFAULT false,
        PRIMARY KEY (account_key, operation_seq)
    )
    """,
    "CREATE INDEX transfers_on_their_way ON transfers (created_at) WHERE finished_at IS NULL",
    """
    CREATE TABLE shards (
        shard smallint PRIMARY KEY,
        batch_seq bigint NOT NULL DEFAULT 0,
        hash bytea NOT NULL,
        decided_at timestamptz NOT NULL
    ) WITH (fillfactor = 10)
    """,
    f"INSERT INTO shards (shard, hash, decided_at) VALUES (0, '\\x{bytes(32).hex()}', 'epoch')",
    """
    CREATE TABLE batches (
        shard smallint NOT NULL,
        batch_seq bigint NOT NULL,
        decided_at timestamptz NOT NULL,
        price_version text NOT NULL,
        operations integer NOT NULL,
        operations_hash bytea NOT NULL,
        previous_hash bytea NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (shard, batch_seq)
    )
    """,
    "CREATE INDEX batches_decided_at ON batches USING brin (decided_at)",
    """
    CREATE TABLE entries (
        account_key bigint NOT NULL,
        operation_seq bigint NOT NULL,
        leg integer NOT NULL,
        system_account text,
        grant_seq bigint,
        amount_microcredits bigint NOT NULL CHECK (amount_microcredits <> 0),
        kind text NOT NULL,
        hold_seq bigint,
        shard smallint NOT NULL,
        batch_seq bigint NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (account_key, operation_seq, leg),
        CHECK ((system_account IS NULL) = (grant_seq IS NOT NULL))
    )
    """,
    "CREATE INDEX entries_created_at ON entries USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on)",
    """
    CREATE FUNCTION refuse_changed_books(as_loaded boolean) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT as_loaded THEN
            RAISE EXCEPTION 'an account is not as it was loaded';
        END IF;
    END $$
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'entries are append-only';
    END $$
    """,
    "CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    """
    CREATE TABLE notes (
        account_key bigint NOT NULL,
        operation_seq bigint NOT NULL,
        note text NOT NULL,
        PRIMARY KEY (account_key, operation_seq)
    )
    """,
    """
    CREATE TABLE operations (
        account_key bigint NOT NULL,
        request_key text NOT NULL,
        operation_seq bigint NOT NULL,
        batch_seq bigint NOT NULL,
        method text NOT NULL,
        payload_hash bytea NOT NULL,
        refusal text NOT NULL DEFAULT '',
        result bytea NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (account_key, request_key)
    )
    """,
    "CREATE INDEX operations_created_at ON operations USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on)",
    """
    CREATE TABLE usage_records (
        account_key bigint NOT NULL,
        turn_id text NOT NULL,
        hold_seq bigint NOT NULL,
        member_key bigint NOT NULL DEFAULT 0,
        model text NOT NULL,
        prompt_tokens bigint NOT NULL,
        cached_prompt_tokens bigint NOT NULL,
        completion_tokens bigint NOT NULL,
        images bigint NOT NULL,
        price_version text NOT NULL,
        cost_microcredits bigint NOT NULL,
        charged_microcredits bigint NOT NULL,
        captured_now boolean NOT NULL,
        tier text NOT NULL,
        guild_id text NOT NULL,
        feature text NOT NULL,
        lease_seq bigint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (account_key, turn_id)
    )
    """,
    "CREATE INDEX usage_records_created_at ON usage_records (created_at)",
    "CREATE INDEX usage_records_of_member ON usage_records (member_key) WHERE member_key <> 0",
    """
    CREATE TABLE leases (
        account_key bigint NOT NULL,
        lease_seq bigint NOT NULL,
        instance_id text NOT NULL,
        amount_microcredits bigint NOT NULL CHECK (amount_microcredits > 0),
        charged_microcredits bigint NOT NULL DEFAULT 0 CHECK (charged_microcredits >= 0),
        returned_microcredits bigint NOT NULL DEFAULT 0 CHECK (returned_microcredits >= 0),
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'lost')),
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        closed_at timestamptz,
        PRIMARY KEY (account_key, lease_seq),
        CHECK (charged_microcredits + returned_microcredits <= amount_microcredits),
        CHECK ((state = 'open') = (closed_at IS NULL))
    )
    """,
    "CREATE UNIQUE INDEX leases_open ON leases (account_key, instance_id) WHERE state = 'open'",
    """
    CREATE TABLE leased_turns (
        account_key bigint NOT NULL,
        turn_seq bigint NOT NULL,
        turn_id text NOT NULL,
        lease_seq bigint NOT NULL,
        person_key bigint NOT NULL,
        bound_microcredits bigint NOT NULL CHECK (bound_microcredits >= 0),
        cost_microcredits bigint NOT NULL CHECK (cost_microcredits >= 0),
        price_version text NOT NULL,
        taken_at timestamptz,
        charged_to_person_microcredits bigint CHECK (charged_to_person_microcredits >= 0),
        charged_to_lease_microcredits bigint NOT NULL DEFAULT 0 CHECK (charged_to_lease_microcredits >= 0),
        created_at timestamptz NOT NULL,
        finished_at timestamptz,
        PRIMARY KEY (account_key, turn_seq)
    )
    """,
    "CREATE UNIQUE INDEX leased_turns_by_id ON leased_turns (account_key, turn_id)",
    "CREATE INDEX leased_turns_of_person ON leased_turns (person_key) WHERE person_key <> 0",
    "CREATE INDEX leased_turns_unfinished ON leased_turns (created_at) WHERE finished_at IS NULL",
    """
    CREATE TABLE findings (
        finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL,
        account_key bigint NOT NULL,
        detail text NOT NULL,
        difference_microcredits bigint NOT NULL,
        created_at timestamptz NOT NULL,
        resolved_at timestamptz,
        note text NOT NULL DEFAULT ''
    )
    """,
    "CREATE UNIQUE INDEX findings_open ON findings (kind, account_key, detail) WHERE resolved_at IS NULL",
    "CREATE INDEX findings_by_account ON findings (account_key)",
    "CREATE TABLE reconciled (shard smallint PRIMARY KEY, batch_seq bigint NOT NULL DEFAULT 0)",
    "INSERT INTO reconciled (shard) SELECT n FROM generate_series(0, 1) n",
    """
    CREATE TABLE erased_operations (
        shard smallint NOT NULL,
        batch_seq bigint NOT NULL,
        operations bigint NOT NULL,
        erased_at timestamptz NOT NULL,
        PRIMARY KEY (shard, batch_seq)
    )
    """,
    """
    CREATE TABLE erasures (
        request_id text PRIMARY KEY,
        erased jsonb NOT NULL,
        begun_at timestamptz NOT NULL,
        finished_at timestamptz
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    install_jobs_schema(cast(Operations, op))

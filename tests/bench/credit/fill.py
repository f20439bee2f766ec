"""Fills an empty database of the credit service with accounts and an old journal, in statements over whole sets.

The books balance, and every batch carries the hash of the one before; but the hashes are made up: they are not those of the entries, which only
the service itself could tell. Accounts have random keys and three grants each, the journal lies in the order of time. There are no request
ids: those of operations older than 30 days are forgotten, and these are.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from services.credit.chain import SHARDS

GRANTS = 3
_GRANT_ENTRIES = 2 * GRANTS
_CAPTURE_ENTRIES = 2
_GRANTED, _HELD, _CHARGED = 10**12, 2_000, 1_200
_BATCH_ACCOUNTS = 200 * SHARDS  # of all shards together: about 200 operations in the batch of each
_TABLES = ("account_keys", "accounts", "grants", "holds", "entries")


@dataclass(frozen=True, slots=True)
class Size:
    """How much to fill in: accounts, and how many captures each has behind it."""

    accounts: int
    captures: int = 0

    @property
    def entries(self) -> int:
        """How long the journal is."""
        return self.accounts * (_GRANT_ENTRIES + _CAPTURE_ENTRIES * self.captures)

    @staticmethod
    def with_journal(accounts: int, entries: int) -> "Size":
        """As many captures as make a journal of about `entries`."""
        return Size(accounts, max(0, round((entries / accounts - _GRANT_ENTRIES) / _CAPTURE_ENTRIES)))


def fill(url: str, size: Size) -> None:
    """Fill an empty database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SET maintenance_work_mem = '512MB'")
        with _without_indexes(connection):
            for statement in _STATEMENTS:
                connection.execute(sql.SQL(statement).format(**_literals(size)))


def _literals(size: Size) -> dict[str, sql.Literal]:
    groups = -(-size.accounts // _BATCH_ACCOUNTS)
    values = {"accounts": size.accounts, "captures": size.captures, "grants": GRANTS, "groups": groups}
    values |= {"group_accounts": _BATCH_ACCOUNTS, "batches": groups * (GRANTS + size.captures)}
    values |= {"shards": SHARDS, "granted": _GRANTED, "held": _HELD, "charged": _CHARGED}
    return {name: sql.Literal(value) for name, value in values.items()}


@contextlib.contextmanager
def _without_indexes(connection: psycopg.Connection) -> Iterator[None]:
    """Drop the indexes and make them again at the end: that takes a fraction of the time."""
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('p', 'u') AND conrelid = ANY(%s::regclass[])",
        [list(_TABLES)],
    ).fetchall()
    for table, name, _ in constraints:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name)))
    indexes = connection.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)", [list(_TABLES)]).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for table, name, definition in constraints:
        connection.execute(sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} " + definition).format(sql.Identifier(table), sql.Identifier(name)))
    for _, definition in indexes:
        connection.execute(definition)


# Every account takes its steps, first its grants and then its captures; in each step a group of accounts is one batch of every shard.
_TAKEN = """
    CROSS JOIN LATERAL (
        SELECT key, shard, b.seq AS batch, b.decided_at
        FROM filled JOIN sealed b ON b.seq = 1 + (step - 1) * {groups} + account_group ORDER BY n) taken
"""
_STATEMENTS = (
    """
    CREATE TEMPORARY TABLE filled AS
    SELECT n, 'user:' || n AS account_id, key, (key % {shards})::smallint AS shard, n / {group_accounts} AS account_group
    FROM generate_series(0::bigint, {accounts} - 1) n CROSS JOIN LATERAL (SELECT hashint8extended(n, 0) & 9223372036854775807 AS key) k
    """,
    """
    CREATE TEMPORARY TABLE sealed AS
    SELECT seq, now() - interval '331 days' + interval '300 days' * seq / {batches} AS decided_at FROM generate_series(0::bigint, {batches}) seq
    """,
    "ANALYZE filled, sealed",
    "INSERT INTO account_keys (account_id, account_key) SELECT account_id, key FROM filled",
    """
    INSERT INTO accounts (account_key, kind, tier, posted_microcredits, last_seq, created_at)
    SELECT key, 'user', 'free', {grants} * {granted} - {captures} * {charged}, {grants} + 2 * {captures}, now() - interval '331 days' FROM filled
    """,
    """
    INSERT INTO grants (account_key, grant_seq, source, priority, amount_microcredits, remaining_microcredits, held_microcredits, effective_at,
                        created_at)
    SELECT key, step, (ARRAY['allowance', 'promotion', 'purchase'])[step], greatest(step - 2, 0), {granted},
           {granted} - CASE step WHEN 1 THEN {captures} * {charged} ELSE 0 END, 0, decided_at, decided_at
    FROM generate_series(1, {grants}) step
    """
    + _TAKEN,
    """
    INSERT INTO entries (account_key, operation_seq, leg, system_account, grant_seq, amount_microcredits, kind, shard, batch_seq, created_at)
    SELECT key, step, leg, CASE leg WHEN 1 THEN 'issued' END, CASE leg WHEN 0 THEN step END, {granted} * (1 - 2 * leg), 'grant', shard, batch,
           decided_at
    FROM generate_series(1, {grants}) step
    """
    + _TAKEN
    + "CROSS JOIN generate_series(0, 1) leg",
    """
    INSERT INTO holds (account_key, hold_seq, state, amount_microcredits, captured_microcredits, used_microcredits, created_at, expires_at, ended_at,
                       ended_seq, charged_seq, model, price_version, metadata, allocations)
    SELECT key, 2 * step - {grants} - 1, 'captured', {held}, {charged}, {charged}, decided_at - interval '5 s', decided_at + interval '175 s',
           decided_at, 2 * step - {grants}, 2 * step - {grants}, 'm', 'bench', '{{"guild_id": "7", "feature": "reply"}}', ARRAY[1, {held}]
    FROM generate_series({grants} + 1, {grants} + {captures}) step
    """
    + _TAKEN,
    """
    INSERT INTO entries (account_key, operation_seq, leg, system_account, grant_seq, amount_microcredits, kind, hold_seq, shard, batch_seq,
                         created_at)
    SELECT key, 2 * step - {grants}, leg, CASE leg WHEN 1 THEN 'revenue' END, CASE leg WHEN 0 THEN 1 END, {charged} * (2 * leg - 1), 'capture',
           2 * step - {grants} - 1, shard, batch, decided_at
    FROM generate_series({grants} + 1, {grants} + {captures}) step
    """
    + _TAKEN
    + "CROSS JOIN generate_series(0, 1) leg",
    """
    INSERT INTO batches (shard, batch_seq, decided_at, price_version, operations, operations_hash, previous_hash, hash)
    SELECT shard, seq, b.decided_at, 'bench', {group_accounts} / {shards}, sha256('filled'),
           CASE seq WHEN 1 THEN shards.hash ELSE sha256(convert_to(shard || '|' || (seq - 1), 'UTF8')) END,
           sha256(convert_to(shard || '|' || seq, 'UTF8'))
    FROM sealed b CROSS JOIN shards WHERE seq > 0 ORDER BY seq, shard
    """,
    """
    UPDATE shards SET batch_seq = b.batch_seq, hash = b.hash, decided_at = b.decided_at
    FROM batches b WHERE b.shard = shards.shard AND b.batch_seq = {batches}
    """,
    "UPDATE reconciled SET batch_seq = {batches}",
)

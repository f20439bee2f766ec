"""Loads what decisions need and saves what they changed, over a psycopg connection, for any number of accounts at once.

Writes are one statement a table, with arrays: the cost of a batch is in its rows, not in its operations.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.credit.accounts import Account, Allocation, Entry, Grant, Hold, HoldState
from services.credit.decisions import Note, UsageRecord


class OpenedMeanwhile(Exception):
    """Somebody else opened the same account: decide again, with theirs."""


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """What a request id was answered: a response, or a refusal with its reason."""

    account_key: int
    request_key: str
    operation_seq: int
    method: str
    payload_hash: bytes
    refusal: str
    result: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """The books as they are, at `now` by the database's clock."""

    now: datetime
    accounts: Mapping[int, Account]
    records: Mapping[tuple[int, str], OperationRecord] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What a batch of decisions changed, in order. `before` and `after` are compared to find the rows to write."""

    before: Mapping[int, Account]
    after: dict[int, Account] = field(default_factory=dict)
    opened: dict[int, str] = field(default_factory=dict)
    entries: list[tuple[int, Entry]] = field(default_factory=list)
    records: list[OperationRecord] = field(default_factory=list)
    usage: list[UsageRecord] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def grants(self) -> tuple[list[tuple[int, Grant]], list[tuple[int, Grant]]]:
        """Return the new grants and the changed ones, with their accounts."""
        return _compared({key: account.grants for key, account in self.before.items()}, {k: a.grants for k, a in self.after.items()})

    def holds(self) -> tuple[list[tuple[int, Hold]], list[tuple[int, Hold]]]:
        """Return the new holds and the changed ones, with their accounts."""
        return _compared({key: account.holds for key, account in self.before.items()}, {k: a.holds for k, a in self.after.items()})


def _compared[T](before: Mapping[int, Mapping[int, T]], after: Mapping[int, Mapping[int, T]]) -> tuple[list[tuple[int, T]], list[tuple[int, T]]]:
    new, changed = [], []
    for key, rows in after.items():
        earlier = before.get(key, {})
        for seq, row in rows.items():
            if seq not in earlier:
                new.append((key, row))
            elif row is not earlier[seq] and row != earlier[seq]:
                changed.append((key, row))
    return new, changed


async def find_keys(connection: psycopg.AsyncConnection, account_ids: Collection[str]) -> dict[str, int]:
    """Return the keys of those accounts that exist."""
    if not account_ids:
        return {}
    cursor = await connection.execute("SELECT account_id, account_key FROM account_keys WHERE account_id = ANY(%s)", [list(account_ids)])
    return {str(account_id): int(key) for account_id, key in await cursor.fetchall()}


async def load(
    connection: psycopg.AsyncConnection,
    keys: Sequence[int],
    request_keys: Sequence[tuple[int, str]],
    hold_seqs: Sequence[tuple[int, int]],
    *,
    lock: bool = True,
) -> Loaded:
    """Lock these accounts, in order, and load them with their usable grants, due holds, and the holds and results asked for.

    The lock is taken in a statement of its own: what is read after it cannot be older than it. Without `lock`, run it in a transaction that
    reads from one snapshot.
    """
    queries: list[tuple[str, Sequence[object]]] = [(_LOCK, [list(keys)])] if lock else []
    queries += [
        (_ACCOUNTS, [list(keys)]),
        (_GRANTS, [list(keys)]),
        (_HOLDS, [list(keys), *_columns(hold_seqs, 2)]),
        (_RECORDS, _columns(request_keys, 2)),
    ]
    found_accounts, grants, holds, records = (await _fetched(connection, queries))[-4:]
    now: datetime = found_accounts[0]["now"]
    accounts = {row["key"]: _account(row) for row in found_accounts if row["key"] is not None}
    for row in grants:
        key = row.pop("account_key")
        accounts[key] = accounts[key].with_grants([Grant(**row)])
    for row in holds:
        key = row.pop("account_key")
        accounts[key] = accounts[key].with_hold(_hold(row))
    found = [OperationRecord(**row) for row in records]
    return Loaded(now, accounts, {(record.account_key, record.request_key): record for record in found})


_LOCK = "SELECT 1 FROM accounts WHERE account_key = ANY(%s::bigint[]) ORDER BY account_key FOR NO KEY UPDATE"
_ACCOUNTS = """
    SELECT clock_timestamp() AS now, a.account_key AS key, a.kind, a.tier, a.frozen, a.posted_microcredits AS posted,
           a.held_microcredits AS held, a.overdrawn_microcredits AS overdrawn, a.open_holds, a.last_seq
    FROM (SELECT 1) AS always LEFT JOIN accounts a ON a.account_key = ANY(%s::bigint[])
"""
_GRANTS = """
    SELECT account_key, grant_seq AS seq, source, priority, amount_microcredits AS amount, remaining_microcredits AS remaining,
           held_microcredits AS held, effective_at, expires_at, created_at
    FROM grants WHERE account_key = ANY(%s::bigint[]) AND remaining_microcredits > 0
"""
_HOLD_COLUMNS = """
    h.account_key, h.hold_seq AS seq, h.state, h.amount_microcredits AS amount, h.captured_microcredits AS captured, h.created_at, h.expires_at,
    h.ended_at, h.ended_seq, h.charged_seq, h.model, h.price_version, h.metadata,
    ARRAY(SELECT ARRAY[p.grant_seq, p.amount_microcredits] FROM hold_allocations p
          WHERE p.account_key = h.account_key AND p.hold_seq = h.hold_seq ORDER BY p.position) AS allocations
"""
_HOLDS = f"""
    SELECT {_HOLD_COLUMNS} FROM holds h
    WHERE h.account_key = ANY(%s::bigint[]) AND h.state = 'active' AND h.expires_at <= clock_timestamp()
    UNION ALL
    SELECT {_HOLD_COLUMNS} FROM unnest(%s::bigint[], %s::bigint[]) AS asked (account_key, hold_seq) JOIN holds h USING (account_key, hold_seq)
"""  # noqa: S608 -- made of constants
_RECORDS = """
    SELECT o.account_key, o.request_key, o.operation_seq, o.method, o.payload_hash, o.refusal, o.result
    FROM unnest(%s::bigint[], %s::text[]) AS asked (account_key, request_key) JOIN operations o USING (account_key, request_key)
"""


async def _fetched(connection: psycopg.AsyncConnection, queries: Iterable[tuple[str, Sequence[object]]]) -> list[list[dict[str, Any]]]:
    """Send all queries at once, and return the rows of each."""
    async with connection.pipeline():
        cursors = [await connection.cursor(row_factory=dict_row).execute(query.encode(), parameters) for query, parameters in queries]
        return [await cursor.fetchall() for cursor in cursors]


def _account(row: dict[str, Any]) -> Account:
    return Account(**{name: value for name, value in row.items() if name != "now"})


def _hold(row: dict[str, Any]) -> Hold:
    row["state"] = HoldState(row["state"])
    row["allocations"] = tuple(Allocation(*part) for part in row["allocations"])
    return Hold(**row)


async def write(connection: psycopg.AsyncConnection, changes: Changes, now: datetime) -> None:
    """Write what changed. Raises OpenedMeanwhile; the transaction must then be rolled back."""
    await _open_accounts(connection, changes, now)
    new_grants, changed_grants = changes.grants()
    new_holds, changed_holds = changes.holds()
    statements: list[tuple[str, Sequence[Sequence[object]]]] = [
        (_UPDATE_ACCOUNTS, [_account_row(account) for key, account in changes.after.items() if key not in changes.opened]),
        (_INSERT_GRANTS, [_grant_row(key, grant) for key, grant in new_grants]),
        (_UPDATE_GRANTS, [(key, grant.seq, grant.remaining, grant.held) for key, grant in changed_grants]),
        (_INSERT_HOLDS, [_hold_row(key, hold) for key, hold in new_holds]),
        (_INSERT_ALLOCATIONS, _allocation_rows(new_holds)),
        (_UPDATE_HOLDS, [_hold_end_row(key, hold) for key, hold in changed_holds]),
        (_INSERT_ENTRIES, [_entry_row(key, entry, now) for key, entry in changes.entries]),
        (_INSERT_NOTES, [(note.account_key, note.operation_seq, note.text) for note in changes.notes]),
        (_INSERT_USAGE, [_usage_row(usage, now) for usage in changes.usage]),
        (_INSERT_RECORDS, [_record_row(record, now) for record in changes.records]),
    ]
    async with connection.pipeline():
        for statement, rows in statements:
            if rows:
                await connection.execute(statement.encode(), _columns(rows, len(rows[0])))


async def _open_accounts(connection: psycopg.AsyncConnection, changes: Changes, now: datetime) -> None:
    if not changes.opened:
        return
    # In order of id, so that two batches that open the same accounts cannot wait for each other.
    names = sorted((account_id, key) for key, account_id in changes.opened.items())
    cursor = await connection.execute(_INSERT_KEYS, _columns(names, 2))
    if cursor.rowcount != len(names):
        raise OpenedMeanwhile
    accounts = [changes.after[key] for key in changes.opened]
    opened = [(account.kind, account.tier, now, *_account_row(account)) for account in accounts]
    await connection.execute(_INSERT_ACCOUNTS, _columns(opened, 9))


_INSERT_KEYS = "INSERT INTO account_keys (account_id, account_key) SELECT * FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT DO NOTHING"
_INSERT_ACCOUNTS = """
    INSERT INTO accounts (kind, tier, created_at, account_key, posted_microcredits, held_microcredits, overdrawn_microcredits, open_holds, last_seq)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::integer[],
                         %s::bigint[])
"""
_UPDATE_ACCOUNTS = """
    UPDATE accounts a SET posted_microcredits = c.posted, held_microcredits = c.held, overdrawn_microcredits = c.overdrawn,
           open_holds = c.open_holds, last_seq = c.last_seq
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::integer[], %s::bigint[])
         AS c (account_key, posted, held, overdrawn, open_holds, last_seq)
    WHERE a.account_key = c.account_key AND a.last_seq <> c.last_seq
"""
_INSERT_GRANTS = """
    INSERT INTO grants (account_key, grant_seq, source, priority, amount_microcredits, remaining_microcredits, held_microcredits, effective_at,
                        expires_at, created_at)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                         %s::timestamptz[], %s::timestamptz[])
"""
_UPDATE_GRANTS = """
    UPDATE grants g SET remaining_microcredits = c.remaining, held_microcredits = c.held
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS c (account_key, grant_seq, remaining, held)
    WHERE g.account_key = c.account_key AND g.grant_seq = c.grant_seq
"""
_INSERT_HOLDS = """
    INSERT INTO holds (account_key, hold_seq, state, amount_microcredits, captured_microcredits, created_at, expires_at, ended_at, ended_seq,
                       charged_seq, model, price_version, metadata)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
                         %s::timestamptz[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::jsonb[])
"""
_INSERT_ALLOCATIONS = """
    INSERT INTO hold_allocations (account_key, hold_seq, position, grant_seq, amount_microcredits)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::bigint[], %s::bigint[])
"""
_UPDATE_HOLDS = """
    UPDATE holds h SET state = c.state, captured_microcredits = c.captured, ended_at = c.ended_at, ended_seq = c.ended_seq,
           charged_seq = c.charged_seq, model = c.model, price_version = c.price_version
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
         AS c (account_key, hold_seq, state, captured, ended_at, ended_seq, charged_seq, model, price_version)
    WHERE h.account_key = c.account_key AND h.hold_seq = c.hold_seq
"""
_INSERT_ENTRIES = """
    INSERT INTO entries (account_key, operation_seq, leg, system_account, grant_seq, amount_microcredits, kind, hold_seq, created_at)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[],
                         %s::timestamptz[])
"""
_INSERT_NOTES = "INSERT INTO notes (account_key, operation_seq, note) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[])"
_INSERT_USAGE = """
    INSERT INTO usage_records (account_key, turn_id, hold_seq, model, prompt_tokens, cached_prompt_tokens, completion_tokens, images, price_version,
                               cost_microcredits, charged_microcredits, captured_now, tier, guild_id, feature, created_at)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],
                         %s::bigint[], %s::bigint[], %s::boolean[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    ON CONFLICT DO NOTHING
"""
_INSERT_RECORDS = """
    INSERT INTO operations (account_key, request_key, operation_seq, method, payload_hash, refusal, result, created_at)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::bytea[], %s::timestamptz[])
"""


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    """Turn rows into the arrays that unnest takes."""
    return [[row[index] for row in rows] for index in range(width)]


def _account_row(account: Account) -> tuple[object, ...]:
    return account.key, account.posted, account.held, account.overdrawn, account.open_holds, account.last_seq


def _grant_row(key: int, grant: Grant) -> tuple[object, ...]:
    return (
        *(key, grant.seq, grant.source, grant.priority, grant.amount, grant.remaining, grant.held),
        *(grant.effective_at, grant.expires_at, grant.created_at),
    )


def _hold_row(key: int, hold: Hold) -> tuple[object, ...]:
    return (
        *(key, hold.seq, hold.state.value, hold.amount, hold.captured, hold.created_at, hold.expires_at, hold.ended_at, hold.ended_seq),
        *(hold.charged_seq, hold.model, hold.price_version, json.dumps(dict(hold.metadata))),
    )


def _hold_end_row(key: int, hold: Hold) -> tuple[object, ...]:
    return key, hold.seq, hold.state.value, hold.captured, hold.ended_at, hold.ended_seq, hold.charged_seq, hold.model, hold.price_version


def _allocation_rows(holds: Iterable[tuple[int, Hold]]) -> list[tuple[object, ...]]:
    return [(key, hold.seq, position, part.grant_seq, part.amount) for key, hold in holds for position, part in enumerate(hold.allocations)]


def _entry_row(key: int, entry: Entry, now: datetime) -> tuple[object, ...]:
    system_account = entry.system_account.value if entry.system_account is not None else None
    return (
        *(key, entry.operation_seq, entry.leg, system_account, entry.grant_seq, entry.amount, entry.kind.value, entry.hold_seq),
        now,
    )


def _usage_row(usage: UsageRecord, now: datetime) -> tuple[object, ...]:
    use = usage.use
    return (
        *(usage.account_key, usage.turn_id, usage.hold_seq, usage.model),
        *(use.prompt_tokens, use.cached_prompt_tokens, use.completion_tokens, use.images),
        *(usage.price_version, usage.cost, usage.charged, usage.captured_now, usage.tier, usage.guild_id, usage.feature, now),
    )


def _record_row(record: OperationRecord, now: datetime) -> tuple[object, ...]:
    return (
        *(record.account_key, record.request_key, record.operation_seq, record.method, record.payload_hash),
        *(record.refusal, record.result, now),
    )

"""Loads what decisions need and saves what they changed, over a psycopg connection, for any number of accounts at once.

Loading is one statement and saving another, with arrays: the cost of a large batch lies in its rows, and a small one costs two round trips.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg

from services.credit.accounts import Account, Allocation, Entry, Grant, Hold, HoldState
from services.credit.decisions import Note, UsageRecord


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
    """The books as they are, at `now` by the database's clock. `names` has the ids of the accounts that nobody has erased."""

    now: datetime
    accounts: Mapping[int, Account]
    records: Mapping[tuple[int, str], OperationRecord] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)


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

    The lock is taken in a statement of its own: what is read after it cannot be older than it. In a pipeline both go out at once.
    """
    if lock:
        await connection.execute(_LOCK, [_array(keys)], prepare=True)
    cursor = await connection.execute(_LOAD, [_array(keys), *_columns(hold_seqs, 2), *_columns(request_keys, 2)], prepare=True)
    row = await cursor.fetchone()
    assert row is not None
    now, found_accounts, grants, holds, records = row
    names = {found["key"]: name for found in found_accounts if (name := found.pop("name")) is not None}
    accounts = {found["key"]: Account(**found) for found in found_accounts}
    for found in grants:
        key = found.pop("account_key")
        accounts[key] = accounts[key].with_grants([_grant(found)])
    for found in holds:
        key = found.pop("account_key")
        accounts[key] = accounts[key].with_hold(_hold(found))
    answered = [_record(found) for found in records]
    return Loaded(now, accounts, {(record.account_key, record.request_key): record for record in answered}, names)


_LOCK = b"SELECT 1 FROM accounts WHERE account_key = ANY(%s::bigint[]) ORDER BY account_key FOR NO KEY UPDATE"
_HOLD_COLUMNS = """
    h.account_key, h.hold_seq AS seq, h.state, h.amount_microcredits AS amount, h.captured_microcredits AS captured, h.created_at, h.expires_at,
    h.ended_at, h.ended_seq, h.charged_seq, h.model, h.price_version, h.metadata,
    ARRAY(SELECT ARRAY[p.grant_seq, p.amount_microcredits] FROM hold_allocations p
          WHERE p.account_key = h.account_key AND p.hold_seq = h.hold_seq ORDER BY p.position) AS allocations
"""
# The clock is read first: a hold that is due by it is then also due by the clock that the holds are chosen by.
_LOAD = f"""
WITH asked AS (SELECT %s::bigint[] AS keys)
SELECT clock_timestamp(), accounts.rows, grants.rows, holds.rows, records.rows
FROM (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT a.account_key AS key, a.kind, a.tier, a.frozen, a.posted_microcredits AS posted, a.held_microcredits AS held,
               a.overdrawn_microcredits AS overdrawn, a.open_holds, a.last_seq, k.account_id AS name
        FROM accounts a LEFT JOIN account_keys k USING (account_key) WHERE a.account_key = ANY((SELECT keys FROM asked)::bigint[])) r
) accounts (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT account_key, grant_seq AS seq, source, priority, amount_microcredits AS amount, remaining_microcredits AS remaining,
               held_microcredits AS held, effective_at, expires_at, created_at
        FROM grants WHERE account_key = ANY((SELECT keys FROM asked)::bigint[]) AND remaining_microcredits > 0) r
) grants (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT {_HOLD_COLUMNS} FROM holds h
        WHERE h.account_key = ANY((SELECT keys FROM asked)::bigint[]) AND h.state = 'active' AND h.expires_at <= clock_timestamp()
        UNION ALL
        SELECT {_HOLD_COLUMNS} FROM unnest(%s::bigint[], %s::bigint[]) AS wanted (account_key, hold_seq) JOIN holds h USING (account_key, hold_seq)) r
) holds (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT o.account_key, o.request_key, o.operation_seq, o.method, o.payload_hash, o.refusal, o.result
        FROM unnest(%s::bigint[], %s::text[]) AS wanted (account_key, request_key) JOIN operations o USING (account_key, request_key)) r
) records (rows)
""".encode()  # noqa: S608 -- made of constants


def _grant(found: dict[str, Any]) -> Grant:
    for name in ("effective_at", "expires_at", "created_at"):
        found[name] = _time(found[name])
    return Grant(**found)


def _hold(found: dict[str, Any]) -> Hold:
    for name in ("created_at", "expires_at", "ended_at"):
        found[name] = _time(found[name])
    found["state"] = HoldState(found["state"])
    found["allocations"] = tuple(Allocation(*part) for part in found["allocations"])
    return Hold(**found)


def _record(found: dict[str, Any]) -> OperationRecord:
    for name in ("payload_hash", "result"):
        found[name] = bytes.fromhex(found[name].removeprefix("\\x"))
    return OperationRecord(**found)


def _time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written is not None else None


async def write(connection: psycopg.AsyncConnection, changes: Changes, now: datetime) -> None:
    """Write what changed, in one statement, so that it is written whole or not at all.

    Raises UniqueViolation where somebody else opened the same account meanwhile.
    """
    rows = {table: found for table, found in _rows(changes, now).items() if found}
    if rows:
        columns = [column for found in rows.values() for column in _columns(found, len(found[0]))]
        await connection.execute(_write_statement(tuple(rows)), columns, prepare=True)


def _rows(changes: Changes, now: datetime) -> dict[str, Sequence[Sequence[object]]]:
    new_grants, changed_grants = changes.grants()
    new_holds, changed_holds = changes.holds()
    moved = [account for key, account in changes.after.items() if key not in changes.opened and account is not changes.before[key]]
    opened = [changes.after[key] for key in changes.opened]
    return {
        # In order of id, so that two batches that open the same accounts cannot wait for each other.
        "opened_keys": sorted((account_id, key) for key, account_id in changes.opened.items()),
        "opened_accounts": [(account.kind, account.tier, now, *_account_row(account)) for account in opened],
        "moved_accounts": [_account_row(account) for account in moved],
        "new_grants": [_grant_row(key, grant) for key, grant in new_grants],
        "changed_grants": [(key, grant.seq, grant.remaining, grant.held) for key, grant in changed_grants],
        "new_holds": [_hold_row(key, hold) for key, hold in new_holds],
        "new_allocations": _allocation_rows(new_holds),
        "ended_holds": [_hold_end_row(key, hold) for key, hold in changed_holds],
        "new_entries": [_entry_row(key, entry, now) for key, entry in changes.entries],
        "new_notes": [(note.account_key, note.operation_seq, note.text) for note in changes.notes],
        "new_usage": [_usage_row(usage, now) for usage in changes.usage],
        "new_records": [_record_row(record, now) for record in changes.records],
    }


@lru_cache(maxsize=256)
def _write_statement(tables: tuple[str, ...]) -> bytes:
    """The statement for what is written to these tables. Few combinations are in use: about one for each method and refusal."""
    return f"WITH {', '.join(f'{table} AS ({_WRITES[table]})' for table in tables)} SELECT 1".encode()


_WRITES = {
    "opened_keys": "INSERT INTO account_keys (account_id, account_key) SELECT * FROM unnest(%s::text[], %s::bigint[])",
    "opened_accounts": """
    INSERT INTO accounts (kind, tier, created_at, account_key, posted_microcredits, held_microcredits, overdrawn_microcredits, open_holds, last_seq)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::integer[],
                         %s::bigint[])
""",
    "moved_accounts": """
    UPDATE accounts a SET posted_microcredits = c.posted, held_microcredits = c.held, overdrawn_microcredits = c.overdrawn,
           open_holds = c.open_holds, last_seq = c.last_seq
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::integer[], %s::bigint[])
         AS c (account_key, posted, held, overdrawn, open_holds, last_seq)
    WHERE a.account_key = c.account_key
""",
    "new_grants": """
    INSERT INTO grants (account_key, grant_seq, source, priority, amount_microcredits, remaining_microcredits, held_microcredits, effective_at,
                        expires_at, created_at)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                         %s::timestamptz[], %s::timestamptz[])
""",
    "changed_grants": """
    UPDATE grants g SET remaining_microcredits = c.remaining, held_microcredits = c.held
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS c (account_key, grant_seq, remaining, held)
    WHERE g.account_key = c.account_key AND g.grant_seq = c.grant_seq
""",
    "new_holds": """
    INSERT INTO holds (account_key, hold_seq, state, amount_microcredits, captured_microcredits, created_at, expires_at, ended_at, ended_seq,
                       charged_seq, model, price_version, metadata)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
                         %s::timestamptz[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::jsonb[])
""",
    "new_allocations": """
    INSERT INTO hold_allocations (account_key, hold_seq, position, grant_seq, amount_microcredits)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::bigint[], %s::bigint[])
""",
    "ended_holds": """
    UPDATE holds h SET state = c.state, captured_microcredits = c.captured, ended_at = c.ended_at, ended_seq = c.ended_seq,
           charged_seq = c.charged_seq, model = c.model, price_version = c.price_version
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
         AS c (account_key, hold_seq, state, captured, ended_at, ended_seq, charged_seq, model, price_version)
    WHERE h.account_key = c.account_key AND h.hold_seq = c.hold_seq
""",
    "new_entries": """
    INSERT INTO entries (account_key, operation_seq, leg, system_account, grant_seq, amount_microcredits, kind, hold_seq, created_at)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[],
                         %s::timestamptz[])
""",
    "new_notes": "INSERT INTO notes (account_key, operation_seq, note) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[])",
    "new_usage": """
    INSERT INTO usage_records (account_key, turn_id, hold_seq, model, prompt_tokens, cached_prompt_tokens, completion_tokens, images, price_version,
                               cost_microcredits, charged_microcredits, captured_now, tier, guild_id, feature, created_at)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],
                         %s::bigint[], %s::bigint[], %s::boolean[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    ON CONFLICT DO NOTHING
""",
    "new_records": """
    INSERT INTO operations (account_key, request_key, operation_seq, method, payload_hash, refusal, result, created_at)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::bytea[], %s::timestamptz[])
""",
}


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[str]:
    """Turn rows into the arrays that unnest takes."""
    return [_array([row[index] for row in rows]) for index in range(width)]


def _array(items: Iterable[object]) -> str:
    """Write a PostgreSQL array.

    psycopg's own way takes ten times as long, and names another type for each size of number, so that no prepared statement is met again.
    """
    return f"{{{','.join([_WRITTEN[type(item)](item) for item in items])}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_WRITTEN: Mapping[type, Callable[[Any], str]] = {
    bool: str,
    bytes: lambda item: f'"\\\\x{item.hex()}"',
    datetime: lambda item: f'"{item.isoformat()}"',
    int: str,
    str: _quoted,
    type(None): lambda _: "NULL",
}


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

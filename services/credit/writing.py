"""Writes what a batch decided, in one statement with arrays, so that it is written whole or not at all, and ends its transaction.

What every row of a batch shares (when it was decided, its shard and number) is sent once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg

from services.credit.accounts import Account, Entry, Grant, Hold, HoldState, Lease, LeasedTurn, Member
from services.credit.arrays import TYPES, columns
from services.credit.batch import Changes
from services.credit.chain import Batch, OperationRecord
from services.credit.decisions import Transfer, UsageRecord
from services.credit.lease_rows import LEASE_TABLES, lease_row

type _Row = tuple[Any, ...]
type _Rows = dict[str, list[_Row]]


@dataclass(frozen=True, slots=True)
class Written:
    """A batch as the statement that writes it."""

    statement: bytes
    parameters: list[object]


def written(changes: Changes, batch: Batch) -> Written:
    """Turn a batch into the statement that writes it. What is in memory may be changed afterwards."""
    rows = {table: found for table, found in _rows(changes, batch).items() if found}
    moved = len(rows.get("moved_accounts", ())) + len(rows.get("changed_accounts", ()))
    parameters: list[object] = [batch.decided_at, batch.shard, batch.batch_seq, moved]
    for table, found in rows.items():
        parameters += columns(_TABLES[table].types, found)
    return Written(_statement(tuple(rows)), parameters)


async def write(connection: psycopg.AsyncConnection, batch: Written) -> psycopg.AsyncRawCursor[tuple[bool, datetime]]:
    """Write a batch; the row of the cursor ends with the database's clock.

    Raises UniqueViolation where somebody else opened the same account meanwhile, and RaiseException where the head of the shard or an account's row
    is not as it was when it was loaded; then nothing is written.
    """
    # The statement is numbered by itself: psycopg would parse one of this length anew each time.
    cursor: psycopg.AsyncRawCursor[tuple[bool, datetime]] = psycopg.AsyncRawCursor(connection)
    return await cursor.execute(batch.statement, batch.parameters, prepare=True)


def _rows(changes: Changes, batch: Batch) -> _Rows:
    now, tape = batch.decided_at, changes.tape
    rows: _Rows = {name: [] for name in _TABLES}
    rows["moved_head"].append((batch.previous_hash, batch.hash))
    rows["sealed"].append((batch.price_version, batch.operations, batch.operations_hash, batch.previous_hash, batch.hash))
    # In order of id, so that two batches that open the same accounts cannot wait for each other.
    rows["opened_keys"] += sorted((account_id, key) for key, account_id in changes.opened.items())
    for account in changes.accounts.values():
        _account_rows(account, now, rows)
    rows["new_entries"] += [_entry_row(entry) for entry in tape.journal]
    rows["new_notes"] += [(note.account_key, note.operation_seq, note.text) for note in tape.notes]
    rows["new_usage"] += [_usage_row(usage) for usage in tape.usage]
    rows["new_transfers"] += [_transfer_row(transfer) for transfer in tape.transfers]
    rows["arrived_transfers"] += [(sent.account_key, sent.operation_seq, int(returned)) for sent, returned in tape.arrived]
    rows["asked_leased_turns"] += tape.asked
    rows["new_records"] += [_record_row(record) for record in changes.records]
    for table in _FORGETTING:
        rows[table] += [(key,) for key in tape.erased]
    return rows


def _account_rows(account: Account, now: datetime, rows: _Rows) -> None:
    key = account.key
    if not account.stored:
        rows["opened_accounts"].append((account.kind, *_balances(account), *_standing(account)))
    elif account.changed:
        rows["changed_accounts"].append((account.stored_seq, account.stored_posted, *_balances(account), *_standing(account)))
    elif account.last_seq != account.stored_seq:
        rows["moved_accounts"].append((account.stored_seq, account.stored_posted, *_balances(account)))
    for item in account.touched:
        if isinstance(item, Hold):
            _hold_rows(key, item, now, rows)
        elif isinstance(item, Grant):
            _grant_rows(key, item, rows)
        elif isinstance(item, Lease | LeasedTurn):
            table, row = lease_row(key, item)
            rows[table].append(row)
        elif item.added:
            rows["members" if item.added > 0 else "relieved_members"].append(_member_row(key, item))


def _hold_rows(key: int, hold: Hold, now: datetime, rows: _Rows) -> None:
    if hold.stored:
        rows["ended_holds"].append(_hold_end_row(key, hold, now))
    elif hold.state is HoldState.ACTIVE and not hold.used:
        rows["new_holds"].append(_hold_row(key, hold))
    else:
        rows["stillborn_holds"].append(_stillborn_hold_row(key, hold, now))


def _grant_rows(key: int, grant: Grant, rows: _Rows) -> None:
    if not grant.stored:
        rows["new_grants"].append(
            (key, grant.seq, grant.source, grant.priority, grant.amount, grant.remaining, grant.held, grant.effective_at, grant.expires_at)
        )
    elif grant.ended:
        rows["ended_grants"].append((key, grant.seq, grant.remaining, grant.held, grant.expires_at))
    else:
        rows["changed_grants"].append((key, grant.seq, grant.remaining, grant.held))


@dataclass(frozen=True, slots=True)
class _Table:
    """How rows of one kind are written: `types` of the arrays that %s stands for; $1 is when the batch was decided, $2 its shard, $3 its number."""

    types: str
    sql: str


@lru_cache(maxsize=256)
def _statement(tables: tuple[str, ...]) -> bytes:
    """The statement for what is written to these tables. Few combinations are in use: about one for each mix of methods."""
    parts, number = [], 4
    for table in tables:
        arrays = []
        for kind in _TABLES[table].types:
            number += 1
            arrays.append(f"${number}::{TYPES[kind]}")
        parts.append(f"{table} AS ({_TABLES[table].sql.replace('%s', ', '.join(arrays))})")
    moved = " + ".join(f"(SELECT count(*) FROM {table})" for table in ("moved_accounts", "changed_accounts") if table in tables) or "0"
    # The head comes first: whoever has it locked is waited for before any account is touched.
    checked = f"(SELECT count(*) FROM moved_head) = 1 AND {moved} = $4::bigint"
    return f"WITH {', '.join(parts)} SELECT refuse_changed_books({checked}), clock_timestamp()".encode()


_BALANCES = "account_key, posted_microcredits, held_microcredits, overdrawn_microcredits, open_holds, last_seq"
_STANDING = "tier, state, erased, allowance_period, allowance_granted_microcredits, member_daily_limit_microcredits, pace"
_SET_BALANCES = """posted_microcredits = c.posted, held_microcredits = c.held, overdrawn_microcredits = c.overdrawn, open_holds = c.open_holds,
           last_seq = c.last_seq"""
# A row that is not as it was when it was loaded was changed by hand: then the copy in memory is not written over it.
_AS_LOADED = "a.account_key = c.account_key AND a.last_seq = c.stored_seq AND a.posted_microcredits = c.stored_posted RETURNING 1"

_TABLES: Mapping[str, _Table] = {
    "moved_head": _Table(
        "bb",
        """
    UPDATE shards s SET batch_seq = $3, hash = c.hash, decided_at = $1 FROM unnest(%s) AS c (previous_hash, hash)
    WHERE s.shard = $2 AND s.hash = c.previous_hash AND s.batch_seq = $3 - 1 RETURNING 1""",
    ),
    "sealed": _Table(
        "tibbb",
        """
    INSERT INTO batches (shard, batch_seq, decided_at, price_version, operations, operations_hash, previous_hash, hash)
    SELECT $2, $3, $1, * FROM unnest(%s)""",
    ),
    "opened_keys": _Table("ti", "INSERT INTO account_keys (account_id, account_key) SELECT * FROM unnest(%s)"),
    "opened_accounts": _Table(
        "tiiiiiittiiiit",
        f"""
    INSERT INTO accounts (created_at, kind, {_BALANCES}, {_STANDING})
    SELECT $1, kind, account_key, posted, held, overdrawn, open_holds, last_seq, tier, state, erased <> 0, period, granted, sponsored, pace::integer[]
    FROM unnest(%s) AS c (kind, account_key, posted, held, overdrawn, open_holds, last_seq, tier, state, erased, period, granted, sponsored, pace)""",
    ),
    "moved_accounts": _Table(
        "iiiiiiii",
        f"""
    UPDATE accounts a SET {_SET_BALANCES}
    FROM unnest(%s) AS c (stored_seq, stored_posted, account_key, posted, held, overdrawn, open_holds, last_seq)
    WHERE {_AS_LOADED}""",
    ),
    "changed_accounts": _Table(
        "iiiiiiiittiiiit",
        f"""
    UPDATE accounts a SET {_SET_BALANCES}, tier = c.tier, state = c.state, erased = c.erased <> 0, allowance_period = c.period,
           allowance_granted_microcredits = c.granted, member_daily_limit_microcredits = c.sponsored, pace = c.pace::integer[]
    FROM unnest(%s) AS c (stored_seq, stored_posted, account_key, posted, held, overdrawn, open_holds, last_seq, tier, state, erased, period, granted,
                          sponsored, pace)
    WHERE {_AS_LOADED}""",
    ),
    "new_grants": _Table(
        "iitiiiizz",
        """
    INSERT INTO grants (created_at, account_key, grant_seq, source, priority, amount_microcredits, remaining_microcredits, held_microcredits,
                        effective_at, expires_at, spent)
    SELECT $1, *, remaining = 0
    FROM unnest(%s) AS c (account_key, grant_seq, source, priority, amount, remaining, held, effective_at, expires_at)""",
    ),
    "changed_grants": _Table(
        "iiii",
        """
    UPDATE grants g SET remaining_microcredits = c.remaining, held_microcredits = c.held, spent = (c.remaining = 0)
    FROM unnest(%s) AS c (account_key, grant_seq, remaining, held)
    WHERE g.account_key = c.account_key AND g.grant_seq = c.grant_seq""",
    ),
    "ended_grants": _Table(
        "iiiiz",
        """
    UPDATE grants g SET remaining_microcredits = c.remaining, held_microcredits = c.held, spent = (c.remaining = 0), expires_at = c.expires_at
    FROM unnest(%s) AS c (account_key, grant_seq, remaining, held, expires_at)
    WHERE g.account_key = c.account_key AND g.grant_seq = c.grant_seq""",
    ),
    "new_holds": _Table(
        "iiiiiitt",
        """
    INSERT INTO holds (state, created_at, account_key, hold_seq, amount_microcredits, expires_at, member_key, member_day, metadata, allocations)
    SELECT 'active', $1, account_key, hold_seq, amount, $1 + make_interval(secs => ttl_s), member_key, member_day, metadata::jsonb,
           allocations::bigint[]
    FROM unnest(%s) AS c (account_key, hold_seq, amount, ttl_s, member_key, member_day, metadata, allocations)""",
    ),
    # Placed and ended, or charged in vain, in one batch: the account was erased in it, or the hold's id was guessed.
    "stillborn_holds": _Table(
        "iiiiiitttiiiiiitt",
        """
    INSERT INTO holds (created_at, account_key, hold_seq, amount_microcredits, expires_at, member_key, member_day, metadata, allocations, state,
                       captured_microcredits, used_microcredits, refunded_microcredits, ended_at, ended_seq, charged_seq, model, price_version)
    SELECT $1, account_key, hold_seq, amount, $1 + make_interval(secs => ttl_s), member_key, member_day, metadata::jsonb,
           allocations::bigint[], state,
           captured, used, refunded, CASE WHEN ends <> 0 THEN $1 END, ended_seq, charged_seq, model, version
    FROM unnest(%s) AS c (account_key, hold_seq, amount, ttl_s, member_key, member_day, metadata, allocations, state, captured, used, refunded, ends,
                          ended_seq, charged_seq, model, version)""",
    ),
    "ended_holds": _Table(
        "iitiiiiiitt",
        """
    UPDATE holds h SET state = c.state, captured_microcredits = c.captured, used_microcredits = c.used, refunded_microcredits = c.refunded,
           ended_at = CASE WHEN c.ends <> 0 THEN $1 ELSE h.ended_at END, ended_seq = c.ended_seq, charged_seq = c.charged_seq, model = c.model,
           price_version = c.version
    FROM unnest(%s) AS c (account_key, hold_seq, state, captured, used, refunded, ends, ended_seq, charged_seq, model, version)
    WHERE h.account_key = c.account_key AND h.hold_seq = c.hold_seq""",
    ),
    "members": _Table(
        "iiii",
        """
    INSERT INTO pool_members (account_key, member_key, day, used_microcredits) SELECT * FROM unnest(%s)
    ON CONFLICT (account_key, member_key, day) DO UPDATE SET used_microcredits = pool_members.used_microcredits + excluded.used_microcredits""",
    ),
    # What a hold gives back was set aside before: its row is there, and the table takes no row below zero, not even on its way to a sum.
    "relieved_members": _Table(
        "iiii",
        """
    UPDATE pool_members m SET used_microcredits = m.used_microcredits + c.added FROM unnest(%s) AS c (account_key, member_key, day, added)
    WHERE m.account_key = c.account_key AND m.member_key = c.member_key AND m.day = c.day""",
    ),
    "new_entries": _Table(
        "iiionitn",
        """
    INSERT INTO entries (shard, batch_seq, created_at, account_key, operation_seq, leg, system_account, grant_seq, amount_microcredits, kind,
                         hold_seq)
    SELECT $2, $3, $1, * FROM unnest(%s)""",
    ),
    "new_notes": _Table("iit", "INSERT INTO notes (account_key, operation_seq, note) SELECT * FROM unnest(%s)"),
    "new_usage": _Table(
        "itiitiiiitiiittti",
        """
    INSERT INTO usage_records (created_at, account_key, turn_id, hold_seq, member_key, model, prompt_tokens, cached_prompt_tokens, completion_tokens,
                               images, price_version, cost_microcredits, charged_microcredits, captured_now, tier, guild_id, feature,
                               lease_seq)
    SELECT $1, account_key, turn_id, hold_seq, member_key, model, prompt, cached, completion, images, version, cost, charged, captured <> 0, tier,
           guild, feature, lease_seq
    FROM unnest(%s) AS c (account_key, turn_id, hold_seq, member_key, model, prompt, cached, completion, images, version, cost, charged, captured,
                          tier, guild, feature, lease_seq)
    ON CONFLICT DO NOTHING""",
    ),
    "new_transfers": _Table(
        "iiit",
        """
    INSERT INTO transfers (created_at, account_key, operation_seq, recipient_key, parts)
    SELECT $1, account_key, operation_seq, recipient_key, parts::jsonb FROM unnest(%s) AS c (account_key, operation_seq, recipient_key, parts)""",
    ),
    "arrived_transfers": _Table(
        "iii",
        """
    UPDATE transfers t SET finished_at = $1, returned = c.returned <> 0 FROM unnest(%s) AS c (account_key, operation_seq, returned)
    WHERE t.account_key = c.account_key AND t.operation_seq = c.operation_seq""",
    ),
    "new_records": _Table(
        "ititbtb",
        """
    INSERT INTO operations (batch_seq, created_at, account_key, request_key, operation_seq, method, payload_hash, refusal, result)
    SELECT $3, $1, * FROM unnest(%s)""",
    ),
    "forgotten_keys": _Table("i", "DELETE FROM account_keys WHERE account_key = ANY(%s)"),
    "forgotten_notes": _Table("i", "DELETE FROM notes WHERE account_key = ANY(%s)"),
    "forgotten_operations": _Table("i", "DELETE FROM operations WHERE account_key = ANY(%s) RETURNING account_key, batch_seq"),
    # Each batch says how many operations it had: reconciliation must be able to tell what was erased from what is missing.
    "counted_operations": _Table(
        "i",
        """
    INSERT INTO erased_operations AS e (shard, batch_seq, operations, erased_at)
    SELECT $2, o.batch_seq, count(*), $1 FROM forgotten_operations o WHERE o.account_key = ANY(%s) GROUP BY o.batch_seq
    ON CONFLICT (shard, batch_seq) DO UPDATE SET operations = e.operations + excluded.operations, erased_at = excluded.erased_at""",
    ),
    # The id of a turn is that of a message, which leads to its author. Where a turn was taken on a lease, both its rows get the same new one.
    "salted": _Table("i", "SELECT gen_random_uuid()::text AS salt FROM (SELECT unnest(%s)) AS c (erased) LIMIT 1"),
    "forgotten_turns": _Table(
        "i",
        """
    UPDATE usage_records u SET turn_id = md5(salted.salt || u.turn_id) FROM (SELECT unnest(%s)) AS c (erased), salted
    WHERE u.account_key = c.erased OR (u.member_key = c.erased AND u.member_key <> 0)""",
    ),
    "forgotten_leased_turns": _Table(
        "i",
        """
    UPDATE leased_turns t SET turn_id = md5(salted.salt || t.turn_id) FROM (SELECT unnest(%s)) AS c (erased), salted
    WHERE t.person_key = c.erased AND t.person_key <> 0""",
    ),
    **{name: _Table(types, sql) for name, (types, sql) in LEASE_TABLES.items()},
}
_FORGETTING = (
    *("forgotten_keys", "forgotten_notes", "forgotten_operations", "counted_operations", "salted", "forgotten_turns"),
    "forgotten_leased_turns",
)


def _balances(account: Account) -> _Row:
    return account.key, account.posted, account.held, account.overdrawn, account.open_holds, account.last_seq


def _standing(account: Account) -> _Row:
    pace = account.pace
    return (
        *(account.tier, account.state.value, int(account.erased), account.allowance_period, account.allowance_granted, account.member_daily_limit),
        f"{{{pace.minute},{pace.minute_holds},{pace.day},{pace.day_holds}}}",
    )


def _hold_row(key: int, hold: Hold) -> _Row:
    return (
        *(key, hold.seq, hold.amount, hold.ttl_s, hold.member_key, hold.member_day),
        *(json.dumps(hold.metadata) if hold.metadata else "{}", f"{{{','.join([f'{seq},{amount}' for seq, amount in hold.allocations])}}}"),
    )


def _stillborn_hold_row(key: int, hold: Hold, now: datetime) -> _Row:
    return *_hold_row(key, hold), *_hold_end_row(key, hold, now)[2:]


def _hold_end_row(key: int, hold: Hold, now: datetime) -> _Row:
    return (
        *(key, hold.seq, hold.state.value, hold.captured, hold.used, hold.refunded, int(hold.ended_at == now), hold.ended_seq, hold.charged_seq),
        *(hold.model, hold.price_version),
    )


def _member_row(key: int, member: Member) -> _Row:
    return key, member.key, member.day, member.added


def _entry_row(entry: Entry) -> _Row:
    return (*(entry.account_key, entry.operation_seq, entry.leg, entry.system_account, entry.grant_seq, entry.amount, entry.kind, entry.hold_seq),)


def _usage_row(usage: UsageRecord) -> _Row:
    use = usage.use
    return (
        *(usage.account_key, usage.turn_id, usage.hold_seq, usage.member_key, usage.model),
        *(use.prompt_tokens, use.cached_prompt_tokens, use.completion_tokens, use.images),
        *(usage.price_version, usage.cost, usage.charged, int(usage.captured_now), usage.tier, usage.guild_id, usage.feature),
        usage.lease_seq,
    )


def _transfer_row(transfer: Transfer) -> _Row:
    parts = [[expires_at.isoformat() if expires_at is not None else None, amount] for expires_at, amount in transfer.parts]
    return transfer.account_key, transfer.operation_seq, transfer.recipient_key, json.dumps(parts)


def _record_row(record: OperationRecord) -> _Row:
    return (
        *(record.account_key, record.request_key, record.operation_seq, record.method, record.payload_hash),
        *(record.refusal, record.result),
    )

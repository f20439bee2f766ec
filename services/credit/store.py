"""Loads what decisions need, over a psycopg connection, for any number of accounts at once, in one statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from services.credit.accounts import NEVER, Account, AccountState, Grant, Hold, HoldState, Lease, LeasedTurn, LeaseState, Member, Pace
from services.credit.arrays import columns
from services.credit.chain import Head, OperationRecord


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch needs: whole accounts, single holds, members (account, member, since which day), what requests were answered before, and single
    leases and leased turns, by their ids."""

    accounts: Sequence[int] = ()
    holds: Sequence[tuple[int, int]] = ()
    members: Sequence[tuple[int, int, int]] = ()
    requests: Sequence[tuple[int, str]] = ()
    leases: Sequence[tuple[int, int]] = ()
    turns: Sequence[tuple[int, str]] = ()

    @property
    def rows(self) -> bool:
        """Whether anything of an account has to be read, beside the question whether a request is a repetition."""
        return bool(self.accounts or self.holds or self.members or self.leases or self.turns)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The books as they are, at `now` by the database's clock: holds and members by their account. `head` is the shard's, where it was locked."""

    now: datetime
    head: Head | None = None
    head_decided_at: datetime | None = None
    accounts: Mapping[int, Account] = field(default_factory=dict)
    holds: Sequence[tuple[int, Hold]] = ()
    members: Sequence[tuple[int, Member]] = ()
    records: Mapping[tuple[int, str], OperationRecord] = field(default_factory=dict)
    leases: Sequence[tuple[int, Lease]] = ()
    turns: Sequence[tuple[int, LeasedTurn]] = ()
    recorded: Sequence[tuple[int, str, int]] = ()
    """What was recorded of turns: the account, the turn's id, what it cost."""


async def find_keys(connection: psycopg.AsyncConnection, account_ids: Collection[str]) -> dict[str, int]:
    """Return the keys of those accounts that exist."""
    if not account_ids:
        return {}
    cursor = await connection.execute("SELECT account_id, account_key FROM account_keys WHERE account_id = ANY(%s)", [list(account_ids)])
    return {str(account_id): int(key) for account_id, key in await cursor.fetchall()}


async def load(connection: psycopg.AsyncConnection, wanted: Wanted, *, lock: int | None = None) -> Loaded:
    """Load accounts with their grants that have credits left and their active holds, and the single rows asked for, at one moment.

    `lock` is a shard whose head is locked first. Whoever had to wait for that lock sees the head as it is then, and everything else as it was before
    the wait: where the head is not the one that was expected, it has to be loaded again.
    """
    parameters: list[object] = [
        *columns("i", [(key,) for key in wanted.accounts]),
        lock,
        *columns("ii", wanted.holds),
        *columns("iii", wanted.members),
        *columns("it", wanted.requests),
        *columns("ii", wanted.leases),
        *columns("it", wanted.turns),
    ]
    cursor = psycopg.AsyncRawCursor(connection)  # its statement is numbered by itself: psycopg would parse one of this length anew each time
    await cursor.execute(_LOAD_ONLY if lock is None else _LOCK_AND_LOAD, parameters, prepare=True)
    row = await cursor.fetchone()
    assert row is not None
    now, batch_seq, head_hash, decided_at, found_accounts, grants, holds, members, records, leases, turns = row
    accounts = {found["key"]: _account(found) for found in found_accounts}
    for found in grants:
        accounts[found.pop("account_key")].add_grant(_grant(found))
    single_holds = []
    for found in holds:
        key = found.pop("account_key")
        if key in accounts:
            accounts[key].holds[found["seq"]] = _hold(found)
        else:
            single_holds.append((key, _hold(found)))
    for account in accounts.values():
        account.next_due_at = min(account.due_times(), default=NEVER)
        account.loaded()
    single_members = []
    for found in members:
        key, member = found.pop("account_key"), Member(**found)
        if key in accounts:
            accounts[key].members[member.key, member.day] = member
        else:
            single_members.append((key, member))
    answered = [_record(found) for found in records]
    by_request = {(record.account_key, record.request_key): record for record in answered}
    head = Head(lock, batch_seq, head_hash) if lock is not None else None
    loaded_leases = [(found.pop("account_key"), _lease(found)) for found in leases]
    recorded = [(found["account_key"], found["turn_id"], cost) for found in turns if (cost := found.pop("recorded")) is not None]
    loaded_turns = [(found.pop("account_key"), _turn(found)) for found in turns if found["seq"] is not None]
    return Loaded(now, head, decided_at, accounts, single_holds, single_members, by_request, loaded_leases, loaded_turns, recorded)


_HOLD_COLUMNS = """
    h.account_key, h.hold_seq AS seq, h.state, h.amount_microcredits AS amount, h.captured_microcredits AS captured, h.used_microcredits AS used,
    h.refunded_microcredits AS refunded, h.created_at, h.expires_at, h.ended_at, h.ended_seq, h.charged_seq, h.model, h.price_version, h.metadata,
    h.member_key, h.member_day, h.allocations
"""
_LEASE_COLUMNS = """
    l.account_key, l.lease_seq AS seq, l.instance_id, l.amount_microcredits AS amount, l.created_at, l.expires_at, l.charged_microcredits AS charged,
    l.returned_microcredits AS returned, l.state
"""
# OFFSET 0 has each row that is asked for looked up, also where the planner takes the table for empty and would rather read it whole.
_LOAD = f"""
WITH asked AS (SELECT $1::bigint[] AS keys), head AS (SELECT batch_seq, hash, decided_at FROM shards WHERE shard = $2::smallint {{lock}})
SELECT clock_timestamp(), head.batch_seq, head.hash, head.decided_at,
       accounts.rows, grants.rows, holds.rows, members.rows, records.rows, leases.rows, turns.rows
FROM (SELECT 1) one LEFT JOIN head ON true, (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT a.account_key AS key, a.kind, a.tier, a.state, a.erased, a.posted_microcredits AS posted, a.held_microcredits AS held,
               a.overdrawn_microcredits AS overdrawn, a.open_holds, a.last_seq, a.allowance_period,
               a.allowance_granted_microcredits AS allowance_granted, a.member_daily_limit_microcredits AS member_daily_limit, a.pace
        FROM accounts a WHERE a.account_key = ANY((SELECT keys FROM asked)::bigint[])) r
) accounts (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT account_key, grant_seq AS seq, source, priority, amount_microcredits AS amount, remaining_microcredits AS remaining,
               held_microcredits AS held, effective_at, expires_at, created_at
        FROM grants WHERE account_key = ANY((SELECT keys FROM asked)::bigint[]) AND NOT spent) r
) grants (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT {_HOLD_COLUMNS} FROM holds h WHERE h.account_key = ANY((SELECT keys FROM asked)::bigint[]) AND h.state = 'active'
        UNION ALL
        SELECT {_HOLD_COLUMNS} FROM unnest($3::bigint[], $4::bigint[]) AS wanted (account_key, hold_seq) JOIN holds h USING (account_key, hold_seq)) r
) holds (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT found.* FROM unnest($5::bigint[], $6::bigint[], $7::integer[]) AS wanted (account_key, member_key, since_day), LATERAL (
            SELECT m.account_key, m.member_key AS key, m.day, m.used_microcredits AS used FROM pool_members m
            WHERE m.account_key = wanted.account_key AND m.member_key = wanted.member_key AND m.day >= since_day OFFSET 0) found) r
) members (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT found.* FROM unnest($8::bigint[], $9::text[]) AS wanted (account_key, request_key), LATERAL (
            SELECT o.account_key, o.request_key, o.operation_seq, o.method, o.payload_hash, o.refusal, o.result FROM operations o
            WHERE o.account_key = wanted.account_key AND o.request_key = wanted.request_key OFFSET 0) found) r
) records (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT {_LEASE_COLUMNS} FROM leases l WHERE l.account_key = ANY((SELECT keys FROM asked)::bigint[]) AND l.state = 'open'
        UNION ALL
        SELECT {_LEASE_COLUMNS} FROM unnest($10::bigint[], $11::bigint[]) AS wanted (account_key, lease_seq)
        JOIN leases l USING (account_key, lease_seq)
        UNION ALL
        SELECT {_LEASE_COLUMNS} FROM unnest($12::bigint[], $13::text[]) AS wanted (account_key, turn_id)
        JOIN leased_turns t USING (account_key, turn_id) JOIN leases l USING (account_key, lease_seq)) r
) leases (rows), (
    SELECT coalesce(json_agg(r), '[]') FROM (
        SELECT wanted.account_key, wanted.turn_id, u.cost_microcredits AS recorded, t.turn_seq AS seq, t.lease_seq, t.person_key,
               t.bound_microcredits AS bound, t.cost_microcredits AS cost, t.price_version, t.taken_at,
               t.charged_to_person_microcredits AS charged_to_person, t.charged_to_lease_microcredits AS charged_to_lease,
               t.finished_at IS NOT NULL AS finished
        FROM unnest($12::bigint[], $13::text[]) AS wanted (account_key, turn_id)
        LEFT JOIN leased_turns t USING (account_key, turn_id) LEFT JOIN usage_records u USING (account_key, turn_id)) r
) turns (rows)
"""
_LOAD_ONLY, _LOCK_AND_LOAD = (_LOAD.replace("{lock}", lock).encode() for lock in ("", "FOR UPDATE"))


def _account(found: dict[str, Any]) -> Account:
    found["state"], found["pace"] = AccountState(found["state"]), Pace(*found["pace"])
    return Account(**found)


def _grant(found: dict[str, Any]) -> Grant:
    for name in ("effective_at", "expires_at", "created_at"):
        found[name] = _time(found[name])
    return Grant(**found)


def _hold(found: dict[str, Any]) -> Hold:
    for name in ("created_at", "expires_at", "ended_at"):
        found[name] = _time(found[name])
    found["state"] = HoldState(found["state"])
    parts = found["allocations"]
    found["allocations"] = tuple(zip(parts[::2], parts[1::2], strict=True))
    return Hold(**found, stored=True)


def _lease(found: dict[str, Any]) -> Lease:
    found["created_at"], found["expires_at"] = _time(found["created_at"]), _time(found["expires_at"])
    found["state"] = LeaseState(found["state"])
    return Lease(**found, stored_state=found["state"], stored=True)


def _turn(found: dict[str, Any]) -> LeasedTurn:
    found["taken_at"] = _time(found["taken_at"])
    return LeasedTurn(**found, stored=True)


def _record(found: dict[str, Any]) -> OperationRecord:
    for name in ("payload_hash", "result"):
        found[name] = bytes.fromhex(found[name].removeprefix("\\x"))
    return OperationRecord(**found)


def _time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written is not None else None

"""What must be true of the books when the customers have gone, whatever was killed or cut meanwhile.

The stored operations are decided once more, account by account, by the same pure function on empty books, each batch at its own time. Results,
entries and rows must come out as they are stored, byte for byte.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from google.protobuf.message import Message

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import operations, store
from services.credit.accounts import Account, Entry, Grant, Hold, Member
from services.credit.batch import Books, decide_batch
from services.credit.chain import SHARDS, OperationRecord
from services.credit.decisions import Terms, Transfer
from services.credit.operations import Operation
from services.credit.pricing import PriceList
from services.credit.reconcile import check_books
from services.credit.refusals import refusal_from
from services.credit.store import Wanted
from services.runtime.database import Database
from tests.chaos.bank.customers import Told

_KEPT_NOWHERE = {"NOT_FOUND", "REQUEST_ID_REUSED", "INVALID_FIELD", "UNKNOWN_MODEL", "PERMISSION_REFUSED"}
_BY_REQUEST_ID = {
    "PlaceHold": operations.place_hold,
    "CaptureHold": operations.capture_hold,
    "ReleaseHold": operations.release_hold,
    "RecordUsage": operations.record_usage,
    "CreateGrant": operations.create_grant,
    "RevokeGrant": operations.revoke_grant,
    "RefundCapture": operations.refund_capture,
    "SetTier": operations.set_tier,
    "SetPool": operations.set_pool,
    "FreezeAccount": operations.freeze_account,
    "CloseAccount": operations.close_account,
}
_ACCOUNTS_AT_ONCE = 500

type Key = tuple[int, str]


@dataclass
class Proof:
    """What was found wrong, in sentences, and how much was looked at."""

    problems: list[str] = field(default_factory=list)
    acknowledged_lost: int = 0
    books_off_microcredits: int = 0
    accounts: int = 0
    operations: int = 0
    batches: int = 0
    entries: int = 0

    def wrong(self, problem: str) -> None:
        self.problems.append(problem)


@dataclass
class Stored:
    """The books as they are stored."""

    ids: dict[int, str]
    decided_at: dict[tuple[int, int], datetime]
    records: dict[int, list[tuple[int, OperationRecord]]]
    entries: dict[int, list[Entry]]
    transfers: dict[tuple[int, int], Transfer]
    members: dict[int, dict[tuple[int, int], int]]

    @property
    def keys(self) -> dict[str, int]:
        return {account_id: key for key, account_id in self.ids.items()}


async def prove(url: str, superuser_url: str, prices: PriceList, told: list[Told]) -> Proof:
    """Look at everything."""
    proof = Proof()
    database = Database(url, pool_size=4, pool_wait_s=20, statement_timeout_s=120)
    try:
        for discrepancy in await check_books(database, prices):
            if discrepancy.kind != "usage_was_not_captured":  # of released holds: that is how they were used
                proof.books_off_microcredits += abs(discrepancy.difference_microcredits)
                proof.wrong(f"the books: {discrepancy}")
        async with await psycopg.AsyncConnection.connect(superuser_url, autocommit=True) as connection:
            stored = await _read(connection)
            await _prove_invariants(connection, prices, proof)
        _prove_acknowledged(stored, told, proof)
        await _prove_replay(database, stored, prices, told, proof)
    finally:
        await database.close()
    return proof


async def _read(connection: psycopg.AsyncConnection) -> Stored:
    async def rows(query: str) -> list[tuple[Any, ...]]:
        return await (await connection.execute(query.encode())).fetchall()

    records: dict[int, list[tuple[int, OperationRecord]]] = defaultdict(list)
    columns = "account_key, request_key, operation_seq, method, payload_hash, refusal, result"
    for batch_seq, *record in await rows(f"SELECT batch_seq, {columns} FROM operations ORDER BY account_key, batch_seq"):
        records[record[0]].append((batch_seq, OperationRecord(*record)))
    entries: dict[int, list[Entry]] = defaultdict(list)
    columns = "account_key, operation_seq, leg, system_account, grant_seq, amount_microcredits, kind, hold_seq"
    for row in await rows(f"SELECT {columns} FROM entries ORDER BY account_key, operation_seq, leg"):
        entries[row[0]].append(Entry(*row))
    members: dict[int, dict[tuple[int, int], int]] = defaultdict(dict)
    for key, member, day, used in await rows("SELECT account_key, member_key, day, used_microcredits FROM pool_members"):
        members[key][member, day] = used
    transfers = {}
    columns = "account_key, operation_seq, recipient_key, parts, coalesce(note, '')"
    for key, seq, recipient, parts, note in await rows(f"SELECT {columns} FROM transfers LEFT JOIN notes USING (account_key, operation_seq)"):
        sent = tuple((datetime.fromisoformat(until) if until is not None else None, amount) for until, amount in parts)
        transfers[key, seq] = Transfer(key, seq, recipient, sent, note)
    batches = await rows("SELECT shard, batch_seq, decided_at FROM batches")
    ids = {key: account_id for account_id, key in await rows("SELECT account_id, account_key FROM account_keys")}
    return Stored(ids, {(shard, seq): at for shard, seq, at in batches}, records, entries, transfers, members)


async def _prove_invariants(connection: psycopg.AsyncConnection, prices: PriceList, proof: Proof) -> None:
    async def count(query: str) -> int:
        row = await (await connection.execute(query.encode())).fetchone()
        return int(row[0]) if row is not None else 0

    total = await count("SELECT coalesce(sum(amount_microcredits), 0) FROM entries")
    proof.books_off_microcredits += abs(total)
    if total:
        proof.wrong(f"all entries together sum to {total}")
    uneven = await count("SELECT count(*) FROM (SELECT FROM entries GROUP BY account_key, operation_seq HAVING sum(amount_microcredits) <> 0) uneven")
    if uneven:
        proof.wrong(f"the entries of {uneven} operations do not sum to zero")
    held = "SELECT sum(amount_microcredits) FROM holds h WHERE h.account_key = a.account_key AND state = 'active'"
    if off := await count(f"SELECT count(*) FROM accounts a WHERE held_microcredits <> coalesce(({held}), 0)"):
        proof.wrong(f"{off} accounts do not hold what their open holds sum to")
    for name, tier in prices.tiers.items():
        below = f"posted_microcredits - held_microcredits < -{tier.overdraft_microcredits}"
        if off := await count(f"SELECT count(*) FROM accounts WHERE tier = '{name}' AND {below}"):
            proof.wrong(f"{off} accounts of the tier {name} have less than they may")
    twice = "SELECT FROM entries WHERE kind = 'capture' GROUP BY account_key, hold_seq HAVING count(DISTINCT operation_seq) > 1"
    if off := await count(f"SELECT count(*) FROM ({twice}) twice"):
        proof.wrong(f"{off} holds were charged twice")
    if off := await count("SELECT count(*) FROM transfers WHERE finished_at IS NULL"):
        proof.wrong(f"{off} transfers have not arrived")


def _prove_acknowledged(stored: Stored, told: Iterable[Told], proof: Proof) -> None:
    """Everything that was acknowledged is there, with what it was acknowledged with; no hold was ended twice."""
    kept = {(key, record.request_key): record for key, found in stored.records.items() for _, record in found}
    keys, ends = stored.keys, Counter[tuple[str, str]]()
    answered: set[tuple[str, str, str]] = set()
    for one in told:
        if one.method == "GetBalance" or one.reason in _KEPT_NOWHERE:
            continue
        if _record_of(one, keys, kept) is None:
            proof.acknowledged_lost += 1
            proof.wrong(f"acknowledged and not there: {one}")
        if one.method in ("CaptureHold", "ReleaseHold") and not one.reason:
            request = (one.method, one.request.account_id, one.request.request_id)
            if request not in answered:
                answered.add(request)
                ends[one.request.account_id, one.request.hold_id] += 1
    for hold, times in ends.items():
        if times > 1:
            proof.wrong(f"{hold} was ended {times} times")


def _record_of(one: Told, keys: dict[str, int], kept: dict[Key, OperationRecord]) -> OperationRecord | None:
    """What is stored of an acknowledged request, if it says the same."""
    for account_id, name in _places(one, keys):
        record = kept.get((keys.get(account_id, 0), name))
        if record is None:
            continue
        if one.response is None:
            if record.refusal == one.reason and refusal_from(record.result).message == one.message:
                return record
        elif not record.refusal and record.result == _without_ids(one.response):
            return record
    return None


def _places(one: Told, keys: dict[str, int]) -> list[tuple[str, str]]:
    request = one.request
    if one.method == "GetBalance":
        return []
    if one.method == "RecordUsage":
        return [(request.account_id, f"turn {request.turn_id}")]
    if one.method == "Transfer":
        return [(request.from_account_id, f"request {request.request_id}")]
    places = [(request.account_id, f"request {request.request_id}")]
    if one.method == "PlaceHold" and request.sponsor_account_id:
        places.append((request.sponsor_account_id, f"request/{keys.get(request.account_id, 0):x} {request.request_id}"))
    return places


def _without_ids(response: Message) -> bytes:
    bare = type(response)()
    bare.CopyFrom(response)
    for part in ("hold", "balance", "grant"):
        if part in bare.DESCRIPTOR.fields_by_name:
            getattr(bare, part).account_id = ""
    return bare.SerializeToString(deterministic=True)


async def _prove_replay(database: Database, stored: Stored, prices: PriceList, told: list[Told], proof: Proof) -> None:
    """Decide everything once more."""
    requests = {(one.method, place): one.request for one in told for place in _places(one, stored.keys) if one.reason != "REQUEST_ID_REUSED"}
    replayed: dict[int, Account] = {}
    proof.batches = len(stored.decided_at)
    for key, found in stored.records.items():
        account = _replay(key, found, stored, prices, requests, proof)
        if account is not None:
            replayed[key] = account
    keys = sorted(replayed)
    for start in range(0, len(keys), _ACCOUNTS_AT_ONCE):
        some = keys[start : start + _ACCOUNTS_AT_ONCE]
        async with database.connection() as connection:
            rows = (await store.load(connection, Wanted(some))).accounts
        for key in some:
            _compare(replayed[key], rows[key], stored.ids[key], proof)


def _replay(
    key: int, found: list[tuple[int, OperationRecord]], stored: Stored, prices: PriceList, requests: dict[Any, Any], proof: Proof
) -> Account | None:
    account: Account | None = None
    used: Counter[tuple[int, int]] = Counter()
    journal: list[Entry] = []
    by_batch: dict[int, list[OperationRecord]] = defaultdict(list)
    for batch_seq, record in found:
        by_batch[batch_seq].append(record)
    ended: dict[int, Hold] = {}
    for batch_seq, records in sorted(by_batch.items()):
        ordered = sorted(records, key=_order)
        batch = [_operation(key, record, stored, requests) for record in ordered]
        if missing := [record.request_key for record, operation in zip(ordered, batch, strict=True) if operation is None]:
            proof.wrong(f"stored and never asked for: {stored.ids[key]} {missing}")
            return None
        if account is not None:
            account.members = {place: Member(*place, used=amount) for place, amount in used.items()}
            account.holds = ended | account.holds
        books = Books({key: account} if account is not None else {})
        decided = [(key, operation) for operation in batch if operation is not None]
        _, changes = decide_batch(decided, books, Terms(prices, stored.decided_at[key % SHARDS, batch_seq]))
        account = books.accounts.get(key)
        assert account is not None
        for member in account.members.values():
            used[member.key, member.day] += member.added
        ended |= account.holds
        account.written()
        journal += changes.tape.journal
        _compare_records(stored.ids[key], ordered, changes.records, proof)
        proof.operations += len(ordered)
    proof.accounts += 1
    proof.entries += len(journal)
    if sorted(journal, key=_place) != stored.entries.get(key, []):
        proof.wrong(f"{stored.ids[key]}: other entries than the stored ones")
    if {place: amount for place, amount in used.items() if amount} != {
        place: amount for place, amount in stored.members.get(key, {}).items() if amount
    }:
        proof.wrong(f"{stored.ids[key]}: its members have used something else")
    return account


def _order(record: OperationRecord) -> tuple[int, bool, bool]:
    """What moved the account on has a number of its own; what was refused, or only recorded, has the number of what moved it last."""
    recorded = record.method == "RecordUsage" and not record.refusal and not pb.RecordUsageResponse.FromString(record.result).captured_now
    return record.operation_seq, bool(record.refusal), recorded


def _place(entry: Entry) -> tuple[int, int]:
    return entry.operation_seq, entry.leg


def _operation(key: int, record: OperationRecord, stored: Stored, requests: dict[Any, Any]) -> Operation | None:
    """The operation that a stored result is of."""
    account_id, name = stored.ids[key], record.request_key
    if record.method == "SettleDue":
        return operations.settle_due(key)
    if record.method == "OpenAccount":
        return operations.open_account(account_id) if record.result else operations.prepare_receive(account_id)
    if record.method == "ReceiveTransfer":
        kind, _, place = name.partition(" ")
        sender, _, seq = place.partition("_")
        return operations.receive(stored.transfers[int(sender, 16), int(seq)], returned=kind == "returned")
    request = requests.get((record.method, (account_id, name)))
    if request is None:
        return None
    if record.method == "Transfer":
        recipients_fault = record.refusal in ("ACCOUNT_CLOSED", "LIMIT_REACHED")
        sent = stored.transfers.get((key, record.operation_seq))
        return operations.transfer(request, sent.recipient_key if sent else 0, refusal_from(record.result) if recipients_fault else None)
    if name.startswith("request/"):
        return operations.place_hold(request, pool=True, member_key=int(name.partition(" ")[0].partition("/")[2], 16))
    return _BY_REQUEST_ID[record.method](request)


def _compare_records(account_id: str, stored: list[OperationRecord], decided: list[OperationRecord], proof: Proof) -> None:
    again = {record.request_key: record for record in decided}
    for record in stored:
        other = again.get(record.request_key)
        # What was settled for a request that was not kept is told to nobody.
        if record.method == "SettleDue" and not record.result and other is not None:
            other.result = b""
        if record != other:
            proof.wrong(f"{account_id}: stored {record}, decided again {other}")


def _compare(replayed: Account, row: Account, account_id: str, proof: Proof) -> None:
    """Compare an account with its rows; ended holds are compared by their entries and results."""
    for account in (replayed, row):
        account.holds = {seq: hold for seq, hold in account.holds.items() if hold.ended_seq == 0}
        account.grants = {seq: grant for seq, grant in sorted(account.grants.items()) if grant.remaining}
        account.members = {}
    if _shape(replayed) != _shape(row):
        proof.wrong(f"{account_id}: the rows are {_shape(row)}, decided again {_shape(replayed)}")


def _shape(account: Account) -> tuple[Any, ...]:
    grants: list[Grant] = list(account.grants.values())
    return account, grants, sorted(account.holds)

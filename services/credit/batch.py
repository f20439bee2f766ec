"""Decides operations in order of arrival, and writes what they change in one transaction.

The deciding is pure: it sees each operation with the books as the ones before it left them, and a refusal never concerns its neighbours.
Today a batch holds one operation; nothing here depends on that.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg
from google.protobuf.message import Message

from services.credit import ledger, store
from services.credit.accounts import Account, Entry
from services.credit.decisions import Decision, Terms
from services.credit.identifiers import KEY_MAX, account_kind, hold_seq
from services.credit.ledger import Limits
from services.credit.operations import Operation
from services.credit.pricing import PriceList
from services.credit.refusals import STORED_REFUSALS, refusal_bytes, refusal_from
from services.credit.store import Changes, Loaded, OperationRecord
from services.runtime.bounded_map import BoundedMap
from services.runtime.database import Database
from services.runtime.errors import NotFound, ParlourError, RequestIdReused, StaleVersion

_ATTEMPTS_MAX = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one operation is answered: the bytes of its response, or the error. `replayed`: it was decided before."""

    operation: Operation
    response: bytes = b""
    error: ParlourError | None = None
    replayed: bool = False


@dataclass
class Books:
    """The accounts while a batch is decided. `openings` are accounts that exist only if an operation that opens them is written."""

    accounts: dict[int, Account]
    records: dict[tuple[int, str], OperationRecord]
    keys: dict[str, int]
    openings: dict[int, tuple[str, tuple[Entry, ...]]] = field(default_factory=dict)


type KnownKeys = BoundedMap[str, int]
"""The keys of accounts, by id. A key never changes, but erasure takes it from its id: what is remembered is checked against the books each time."""


async def commit_batch(
    database: Database,
    operations: Sequence[Operation],
    prices: PriceList,
    limits: Limits,
    known_keys: KnownKeys,
    new_key: Callable[[], int] = lambda: 1 + secrets.randbelow(KEY_MAX),
) -> tuple[list[Outcome], Changes]:
    """Decide and write a batch; return an outcome for each operation, and what was changed.

    Raises DependencyUnavailable where the database is lost: whether the batch was written is then found out by repeating its request ids.
    """
    for _ in range(_ATTEMPTS_MAX):
        try:
            # A pipeline on a connection in autocommit mode is one transaction, committed as it ends: what is sent before an answer is awaited
            # travels together, and neither BEGIN nor COMMIT is a message of its own.
            async with database.connection() as connection, connection.pipeline():
                done = await _decide_and_write(connection, operations, prices, limits, known_keys, new_key)
        except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
            continue  # somebody else opened the same account meanwhile: decide again, with theirs
        if done is not None:
            return done
    raise StaleVersion("the accounts were opened by others again and again")


async def _decide_and_write(
    connection: psycopg.AsyncConnection,
    operations: Sequence[Operation],
    prices: PriceList,
    limits: Limits,
    known_keys: KnownKeys,
    new_key: Callable[[], int],
) -> tuple[list[Outcome], Changes] | None:
    """Return None, with nothing written, where a remembered key is no longer its account's."""
    keys = await _keys_of(connection, {name for operation in operations for name in operation.accounts if isinstance(name, str)}, known_keys)
    owned = [(key, operation) for operation in operations if (key := _key(keys, operation.accounts[0])) is not None]
    loaded = await store.load(
        connection,
        sorted({key for operation in operations for name in operation.accounts if (key := _key(keys, name)) is not None}),
        [(key, operation.request_key) for key, operation in owned if operation.request_key],
        [(key, seq) for key, operation in owned for seq in _hold_seqs(key, operation.hold_ids)],
    )
    erased = [name for name, key in keys.items() if loaded.names.get(key) != name]
    if erased:
        for name in erased:
            known_keys.pop(name)
        return None
    outcomes, changes = decide_batch(operations, loaded, keys, Terms(prices, loaded.now, limits), new_key)
    await store.write(connection, changes, loaded.now)
    return outcomes, changes


async def _keys_of(connection: psycopg.AsyncConnection, names: set[str], known_keys: KnownKeys) -> dict[str, int]:
    keys = {name: key for name in names if (key := known_keys.get(name)) is not None}
    for name, key in (await store.find_keys(connection, names - keys.keys())).items():
        keys[name] = key
        known_keys.put(name, key)
    return keys


def decide_batch(
    operations: Sequence[Operation], loaded: Loaded, keys: Mapping[str, int], terms: Terms, new_key: Callable[[], int]
) -> tuple[list[Outcome], Changes]:
    """Decide each operation in order, on the books as the ones before left them. Pure, given `new_key`."""
    books = Books(dict(loaded.accounts), dict(loaded.records), dict(keys))
    changes = Changes(before=loaded.accounts)
    outcomes = [_decide(operation, books, changes, terms, new_key) for operation in operations]
    return outcomes, changes


def _decide(operation: Operation, books: Books, changes: Changes, terms: Terms, new_key: Callable[[], int]) -> Outcome:
    try:
        keys = _accounts_of(operation, books, terms, new_key)
    except NotFound as error:
        return Outcome(operation, error=error)
    record = books.records.get((keys[0], operation.request_key))
    if record is not None:
        return _replayed(operation, record)
    settled = [ledger.settle_due(books.accounts[key], terms.now) for key in keys]
    before = [step.account for step in settled]
    try:
        decision = operation.decide(operation.request, before, terms)
        response, refusal = decision.response.SerializeToString(deterministic=True), None
    except STORED_REFUSALS as error:
        decision, response, refusal = _unchanged(operation.request, before), b"", error
    except ParlourError as error:
        return Outcome(operation, error=error)
    due = [(step.account.key, entry) for step in settled for entry in step.entries]
    _apply(keys, due, decision, books, changes)
    _remember(operation, decision.accounts[0], response, refusal, books, changes)
    return Outcome(operation, response, refusal)


def _accounts_of(operation: Operation, books: Books, terms: Terms, new_key: Callable[[], int]) -> list[int]:
    """Return the keys of an operation's accounts, opening in memory what may be opened. Raises NotFound."""
    keys = []
    for name, opens in zip(operation.accounts, operation.opens, strict=True):
        key = _key(books.keys, name)
        if key is None and opens and isinstance(name, str):
            key = _open(name, books, terms, new_key)
        if key is None or key not in books.accounts:
            raise NotFound("account")
        keys.append(key)
    return keys


def _open(account_id: str, books: Books, terms: Terms, new_key: Callable[[], int]) -> int:
    key, kind, tier = new_key(), account_kind(account_id), terms.prices.default_tier
    allowance = terms.prices.tier(tier).allowance_microcredits if kind == "user" else 0
    step = ledger.open_account(key, kind, tier, allowance, terms.now)
    books.keys[account_id] = key
    books.accounts[key] = step.account
    books.openings[key] = account_id, step.entries
    return key


def _replayed(operation: Operation, record: OperationRecord) -> Outcome:
    if record.payload_hash != operation.payload_hash:
        return Outcome(operation, error=RequestIdReused(operation.request_key.partition(" ")[2]))
    if record.refusal:
        return Outcome(operation, error=refusal_from(record.result), replayed=True)
    return Outcome(operation, record.result, replayed=True)


def _apply(keys: Iterable[int], due: list[tuple[int, Entry]], decision: Decision, books: Books, changes: Changes) -> None:
    for key in keys:
        if key in books.openings:
            account_id, entries = books.openings.pop(key)
            changes.opened[key] = account_id
            changes.entries += [(key, entry) for entry in entries]
    for account in decision.accounts:
        books.accounts[account.key] = changes.after[account.key] = account
    changes.entries += [*due, *decision.entries]
    changes.notes += decision.notes
    if decision.usage is not None:
        changes.usage.append(decision.usage)


def _remember(operation: Operation, owner: Account, response: bytes, refusal: ParlourError | None, books: Books, changes: Changes) -> None:
    if not operation.request_key:
        return
    record = OperationRecord(
        account_key=owner.key,
        request_key=operation.request_key,
        operation_seq=owner.last_seq,
        method=operation.method,
        payload_hash=operation.payload_hash,
        refusal=refusal.reason if refusal is not None else "",
        result=refusal_bytes(refusal) if refusal is not None else response,
    )
    books.records[record.account_key, record.request_key] = record
    changes.records.append(record)


def _unchanged(request: Message, accounts: Sequence[Account]) -> Decision:
    return Decision(request, tuple(accounts))


def _key(keys: Mapping[str, int], name: str | int) -> int | None:
    return name if isinstance(name, int) else keys.get(name)


def _hold_seqs(key: int, hold_ids: Iterable[str]) -> list[int]:
    seqs = []
    for given in hold_ids:
        try:
            seqs.append(hold_seq(key, given))
        except NotFound:  # the decision says so
            continue
    return seqs

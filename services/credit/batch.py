"""Decides operations in order of arrival: each sees its account as the ones before left it, and a refusal never concerns its neighbours.

No I/O. The accounts given are working copies, changed in place; whoever fails to write what was decided throws them away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from google.protobuf.message import Message

from parlour.credit.v1.credit_pb2 import GetBalanceResponse
from services.credit import ledger
from services.credit.accounts import Account
from services.credit.chain import OperationRecord
from services.credit.decisions import Tape, Terms
from services.credit.identifiers import stored_kind
from services.credit.operations import Operation, settle_due
from services.credit.refusals import STORED_REFUSALS, refusal_bytes, refusal_from
from services.runtime.errors import NotFound, ParlourError, RequestIdReused


@dataclass(slots=True)
class Outcome:
    """What one operation is answered: the bytes of its response, or the error.

    `replayed`: it was decided before. `moved`: nothing was decided, because the account's key is no longer that of its id. `kept`: a repetition is
    answered the same.
    """

    operation: Operation
    response: bytes = b""
    error: ParlourError | None = None
    replayed: bool = False
    moved: bool = False
    kept: bool = False


@dataclass(slots=True)
class Books:
    """What a batch is decided on: working copies of the accounts, and what was answered before."""

    accounts: dict[int, Account]
    records: dict[tuple[int, str], OperationRecord] = field(default_factory=dict)
    remembered: Mapping[tuple[int, str], OperationRecord] = field(default_factory=dict)

    def record(self, key: int, request_key: str) -> OperationRecord | None:
        """What a request of an account was answered, if it was."""
        return self.records.get((key, request_key)) or self.remembered.get((key, request_key))


@dataclass(slots=True)
class Changes:
    """What a batch decided, to be written: the accounts that it concerned, in order, and the tape. `opened` has the ids of new accounts."""

    accounts: dict[int, Account] = field(default_factory=dict)
    opened: dict[int, str] = field(default_factory=dict)
    records: list[OperationRecord] = field(default_factory=list)
    tape: Tape = field(default_factory=Tape)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.records or self.tape.journal or any(account.touched for account in self.accounts.values()))


def decide_batch(operations: Iterable[tuple[int, Operation]], books: Books, terms: Terms) -> tuple[list[Outcome], Changes]:
    """Decide each operation, given with its account's key, in order."""
    changes = Changes()
    return [_decide(operation, key, books, changes, terms) for key, operation in operations], changes


def _decide(operation: Operation, key: int, books: Books, changes: Changes, terms: Terms) -> Outcome:
    record = books.record(key, operation.request_key)
    if record is not None:
        return _replayed(operation, record)
    account = books.accounts.get(key)
    if account is None:
        return _decide_opening(operation, key, books, changes, terms)
    if account.erased and isinstance(operation.account, str):
        return Outcome(operation, moved=True)
    changes.accounts[key] = account
    seq_before = account.last_seq
    ledger.settle_due(account, terms.prices.tier(account.tier), terms.now, changes.tape.journal)
    try:
        response = operation.decide(account, terms, changes.tape)
    except STORED_REFUSALS as refusal:
        if not operation.request_key and account.last_seq == seq_before:
            return Outcome(operation, error=refusal)
        return _refused(operation, account, refusal, books, changes)
    except ParlourError as error:
        if account.last_seq > seq_before:  # what was due is settled all the same, as an operation of its own
            _answered(settle_due(key), account, GetBalanceResponse(), books, changes)
        return Outcome(operation, error=error)
    if not operation.request_key and account.last_seq == seq_before:
        return Outcome(operation, response.SerializeToString(deterministic=True))
    return _answered(operation, account, response, books, changes)


def _decide_opening(operation: Operation, key: int, books: Books, changes: Changes, terms: Terms) -> Outcome:
    """Decide on an account that does not exist yet. It is not opened for a request that is not even kept."""
    if not isinstance(operation.account, str):
        return Outcome(operation, error=NotFound("account"))
    if not operation.opens:  # the key was never written: the account may be another instance's, under another key
        return Outcome(operation, moved=True)
    tier = terms.prices.default_tier
    before = len(changes.tape.journal)
    account = ledger.open_account(key, stored_kind(operation.account), tier, terms.prices.tier(tier), terms.now, changes.tape.journal)
    response: Message | None = None
    refusal = None
    try:
        response = operation.decide(account, terms, changes.tape)
    except STORED_REFUSALS as refused:
        refusal = refused
    except ParlourError as error:
        del changes.tape.journal[before:]
        return Outcome(operation, error=error)
    books.accounts[key] = changes.accounts[key] = account
    changes.opened[key] = operation.account
    if refusal is not None:
        return _refused(operation, account, refusal, books, changes)
    assert response is not None
    return _answered(operation, account, response, books, changes)


def _replayed(operation: Operation, record: OperationRecord) -> Outcome:
    if record.payload_hash != operation.payload_hash:
        return Outcome(operation, error=RequestIdReused(operation.request_key.partition(" ")[2]))
    if record.refusal:
        return Outcome(operation, error=refusal_from(record.result), replayed=True)
    return Outcome(operation, record.result, replayed=True)


def _answered(operation: Operation, account: Account, response: Message, books: Books, changes: Changes) -> Outcome:
    result = response.SerializeToString(deterministic=True)
    _remember(operation, account, "", result, books, changes)
    return Outcome(operation, result, kept=True)


def _refused(operation: Operation, account: Account, refusal: ParlourError, books: Books, changes: Changes) -> Outcome:
    _remember(operation, account, refusal.reason, refusal_bytes(refusal), books, changes)
    return Outcome(operation, error=refusal, kept=True)


def _remember(operation: Operation, account: Account, refusal: str, result: bytes, books: Books, changes: Changes) -> None:
    """Keep the result under the request's id; the ledger's own work has none, and is kept by its number."""
    request_key = operation.request_key or f"{operation.method} {account.last_seq}"
    record = OperationRecord(account.key, request_key, account.last_seq, operation.method, operation.payload_hash, refusal, result)
    books.records[account.key, request_key] = record
    changes.records.append(record)

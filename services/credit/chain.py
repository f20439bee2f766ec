"""The hash chain: each batch carries the hash of the one before, so that nothing in the journal can be changed, dropped, added or swapped unseen.

Pure. A batch's hash is SHA-256 over the previous hash, a head line and one line for each entry, the lines in ascending order as texts. A line is
its fields joined by "|" and ended by a line feed; what is absent is empty; times are UTC in microseconds since 1970; hashes and results are in
hexadecimal digits.

    head line:      shard|batch_seq|decided_at|price_version|operations|operations_hash
    entry line:     account_key|operation_seq|leg|system_account|grant_seq|amount|kind|hold_seq
    operation line: account_key|request_key|operation_seq|method|payload_hash|refusal|result

The operations hash is SHA-256 over the operation lines, in ascending order as texts. Operations are kept for 30 days and entries
for good: an old batch's operations hash can no longer be recomputed, and still is a part of the chain.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.credit.accounts import Entry

SHARDS = 1
"""Chains beside each other: an account belongs to the shard that its key leaves when it is divided by this. The schema has a head for each.

One, because a batch costs what it costs whatever is in it; more are for more than one primary.
"""

GENESIS = bytes(32)
"""What stands for the hash before a shard's first batch."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
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
class Head:
    """The end of a shard's chain."""

    shard: int
    batch_seq: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Batch:
    """What is kept of a batch, beside its entries and operations."""

    shard: int
    batch_seq: int
    decided_at: datetime
    price_version: str
    operations: int
    operations_hash: bytes
    previous_hash: bytes
    hash: bytes

    @property
    def head(self) -> Head:
        """The end of the chain after this batch."""
        return Head(self.shard, self.batch_seq, self.hash)


def seal(head: Head, decided_at: datetime, price_version: str, records: Sequence[OperationRecord], entries: Iterable[Entry]) -> Batch:
    """Make the batch that follows a head."""
    operations_digest = operations_hash(records)
    seq = head.batch_seq + 1
    digest = batch_hash(head.hash, head.shard, seq, decided_at, price_version, len(records), operations_digest, entries)
    return Batch(head.shard, seq, decided_at, price_version, len(records), operations_digest, head.hash, digest)


def batch_hash(
    previous: bytes,
    shard: int,
    batch_seq: int,
    decided_at: datetime,
    price_version: str,
    operations: int,
    operations_digest: bytes,
    entries: Iterable[Entry],
) -> bytes:
    """Hash a batch, whatever the order its entries are given in."""
    head = f"{shard}|{batch_seq}|{_microseconds(decided_at)}|{price_version}|{operations}|{operations_digest.hex()}\n"
    lines = [
        f"{e.account_key}|{e.operation_seq}|{e.leg}|{e.system_account or ''}|{'' if e.grant_seq is None else e.grant_seq}|{e.amount}|{e.kind}"
        f"|{e.hold_seq or ''}\n"
        for e in entries
    ]
    return hashlib.sha256(previous + head.encode() + "".join(sorted(lines)).encode()).digest()


def operations_hash(records: Iterable[OperationRecord]) -> bytes:
    """Hash what a batch answered, whatever the order the records are given in."""
    lines = [f"{r.account_key}|{r.request_key}|{r.operation_seq}|{r.method}|{r.payload_hash.hex()}|{r.refusal}|{r.result.hex()}\n" for r in records]
    return hashlib.sha256("".join(sorted(lines)).encode()).digest()


def problems(batch: Batch, entries: Sequence[Entry], previous: Head | None) -> list[tuple[str, str]]:
    """Compare a batch with its entries and with the end of the chain before it (None: not known); return what is wrong, by name."""
    found = []
    if previous is not None and batch.batch_seq != previous.batch_seq + 1:
        found.append(("batch_is_missing", f"shard {batch.shard}: batch {previous.batch_seq} is followed by {batch.batch_seq}"))
    elif previous is not None and batch.previous_hash != previous.hash:
        found.append(("batch_does_not_follow", f"shard {batch.shard} batch {batch.batch_seq}"))
    recomputed = batch_hash(
        batch.previous_hash,
        batch.shard,
        batch.batch_seq,
        batch.decided_at,
        batch.price_version,
        batch.operations,
        batch.operations_hash,
        entries,
    )
    if recomputed != batch.hash:
        found.append(("batch_is_not_its_entries", f"shard {batch.shard} batch {batch.batch_seq}"))
    sums: dict[tuple[int, int], int] = {}
    for entry in entries:
        operation = entry.account_key, entry.operation_seq
        sums[operation] = sums.get(operation, 0) + entry.amount
    found += [
        ("operation_does_not_sum_to_zero", f"shard {batch.shard} batch {batch.batch_seq} account {key:x} operation {seq}: {total}")
        for (key, seq), total in sums.items()
        if total
    ]
    return found


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND

"""Checks an exported journal away from the service: one JSON object a line, a batch each, the ends of the chains at last. Pure.

    {"shard": 0, "batch_seq": 1, "decided_at": 1790000000000000, "price_version": "..", "operations": 1, "operations_hash": "..",
     "previous_hash": "..", "hash": "..", "entries": [[account_key, operation_seq, leg, system_account, grant_seq, amount, kind, hold_seq], ...]}
    {"heads": [{"shard": 0, "batch_seq": 1, "hash": ".."}, ...], "from": null, "to": null}

Hashes are hexadecimal digits, times microseconds since 1970, and what is absent is null. `from` and `to` are the range that was asked for: where
there is a `from`, the chains begin somewhere in their middle.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.accounts import Entry
from services.credit.chain import SHARDS, Batch, Head, problems

PROBLEMS_MAX = 1_000
"""Problems that are listed; more are counted."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a journal, by name, and where."""

    name: str
    detail: str


@dataclass(slots=True)
class Verification:
    """What was checked, and what is wrong."""

    batches: int = 0
    entries: int = 0
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    def add(self, name: str, detail: str) -> None:
        """Note a problem."""
        self.problem_count += 1
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(name, detail))


def batch_line(batch: pb.Batch) -> str:
    """Write a batch as a line."""
    written = {
        "shard": batch.shard,
        "batch_seq": batch.batch_seq,
        "decided_at": (batch.decide_time.ToDatetime(UTC) - _EPOCH) // _MICROSECOND,
        "price_version": batch.price_version,
        "operations": batch.operations,
        "operations_hash": batch.operations_hash.hex(),
        "previous_hash": batch.previous_hash.hex(),
        "hash": batch.hash.hex(),
        "entries": [_entry_fields(entry) for entry in batch.entries],
    }
    return json.dumps(written, separators=(",", ":")) + "\n"


def heads_line(heads: Iterable[pb.ChainHead], since: datetime | None = None, until: datetime | None = None) -> str:
    """Write the ends of the chains, and the range that was asked for, as the last line."""
    listed = [{"shard": head.shard, "batch_seq": head.batch_seq, "hash": head.hash.hex()} for head in heads]
    since_us, until_us = ((at - _EPOCH) // _MICROSECOND if at is not None else None for at in (since, until))
    return json.dumps({"heads": listed, "from": since_us, "to": until_us}, separators=(",", ":")) + "\n"


def verify_journal(lines: Iterable[str]) -> Verification:
    """Check every batch of an exported journal with its entries and the one before it, and the ends of the chains, a line at a time."""
    check = _Check()
    for number, line in enumerate(lines, start=1):
        check.take(number, line)
    check.end()
    return check.result


class _Check:
    """How far a journal was read."""

    def __init__(self) -> None:
        self.result = Verification()
        self._last: dict[int, Head] = {}
        self._first: dict[int, Head] = {}
        self._ended = False

    def take(self, number: int, line: str) -> None:
        if self._ended:
            if line.strip():
                self.result.add("journal_goes_on_after_its_heads", f"line {number}")
            return
        try:
            read = json.loads(line)
            if "heads" in read:
                heads = [Head(_number(head["shard"]), _number(head["batch_seq"]), bytes.fromhex(head["hash"])) for head in read["heads"]]
                is_whole = read["from"] is None
            else:
                batch, entries = _batch(read)
        except (ValueError, KeyError, TypeError, OverflowError, AttributeError, RecursionError):
            self.result.add("line_cannot_be_read", f"line {number}")
            return
        if "heads" in read:
            self._ended = True
            self._compare_heads(heads, is_whole)
        else:
            self._compare_batch(batch, entries)

    def end(self) -> None:
        if not self._ended:
            self.result.add("journal_has_no_heads", "the last line is missing, and with it perhaps more")

    def _compare_batch(self, batch: Batch, entries: list[Entry]) -> None:
        self.result.batches += 1
        self.result.entries += len(entries)
        place = f"shard {batch.shard} batch {batch.batch_seq}"
        self._first.setdefault(batch.shard, Head(batch.shard, batch.batch_seq, batch.previous_hash))
        if len({(entry.account_key, entry.operation_seq, entry.leg) for entry in entries}) < len(entries):
            self.result.add("entry_is_there_twice", place)
        else:
            for name, detail in problems(batch, entries, self._last.get(batch.shard)):
                self.result.add(name, detail)
        self._last[batch.shard] = batch.head

    def _compare_heads(self, heads: list[Head], is_whole: bool) -> None:
        by_shard = {head.shard: head for head in heads}
        for shard in sorted(self._last.keys() | set(range(SHARDS)) | by_shard.keys()):
            head = by_shard.get(shard)
            if head is None:
                self.result.add("head_is_missing", f"shard {shard}")
            elif shard in self._last:
                if head != self._last[shard]:
                    what = f"shard {shard}: the head is batch {head.batch_seq}, the last {self._last[shard].batch_seq}"
                    self.result.add("head_is_not_the_last_batch", what)
            elif is_whole and head != Head(shard):
                self.result.add("batch_is_missing", f"shard {shard}: there is none, the head is batch {head.batch_seq}")
        for shard, first in sorted(self._first.items()):
            if first.batch_seq != 1 and is_whole:
                self.result.add("batch_is_missing", f"shard {shard}: the first is batch {first.batch_seq}")
            elif first.batch_seq == 1 and first.hash != Head(shard).hash:
                self.result.add("batch_does_not_follow", f"shard {shard} batch 1")


def _batch(read: Any) -> tuple[Batch, list[Entry]]:
    """Raises ValueError, KeyError, TypeError and OverflowError for what is no batch."""
    batch = Batch(
        _number(read["shard"]),
        _number(read["batch_seq"]),
        _EPOCH + _number(read["decided_at"]) * _MICROSECOND,
        _text(read["price_version"]),
        _number(read["operations"]),
        *(bytes.fromhex(read[name]) for name in ("operations_hash", "previous_hash", "hash")),
    )
    return batch, [_entry(*fields) for fields in read["entries"]]


def _entry(key: Any, seq: Any, leg: Any, system: Any, grant: Any, amount: Any, kind: Any, hold: Any) -> Entry:
    numbers = _number(key), _number(seq), _number(leg)
    return Entry(*numbers, _or_none(system, _text), _or_none(grant, _number), _number(amount), _text(kind), _or_none(hold, _number))


def _entry_fields(entry: pb.JournalEntry) -> Sequence[int | str | None]:
    system = entry.system_account or None
    return (
        *(entry.account_key, entry.operation_seq, entry.leg, system, entry.grant_seq if system is None else None),
        *(entry.amount_microcredits, entry.kind, entry.hold_seq or None),
    )


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("is not a number")
    return value


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise TypeError("is not a text")
    return value


def _or_none(value: Any, read: Any) -> Any:
    return None if value is None else read(value)

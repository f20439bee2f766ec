"""Checking an exported journal away from the service: every kind of tampering is found by name."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.accounts import Entry, EntryKind, SystemAccount
from services.credit.chain import Batch, Head, OperationRecord, seal
from services.credit.forms import timestamp
from services.credit.journal import WholeBatch
from services.credit.journal_export import batch_message
from services.credit.verification import PROBLEMS_MAX, batch_line, heads_line, verify_journal

SHARDS = 2
"""An export may be of a ledger with more chains than this one has."""

BEGUN_AT = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


def entries(shard: int, number: int) -> list[Entry]:
    key = SHARDS * 1_000_000_000_000_007 + shard
    legs: list[tuple[SystemAccount | None, int | None, int]] = [(None, 1, -30), (None, 0, -12), (SystemAccount.REVENUE, None, 42)]
    return [Entry(key, number, leg, system, grant, amount, EntryKind.CAPTURE, 7) for leg, (system, grant, amount) in enumerate(legs)]


def exported(batches: int = 4, shards: int = 2) -> list[dict[str, Any]]:
    """The lines of an export, read."""
    heads, lines = {shard: Head(shard) for shard in range(SHARDS)}, []
    for number in range(1, batches + 1):
        for shard in range(shards):
            legs = entries(shard, number)
            record = OperationRecord(legs[0].account_key, f"request {number}", number, "CaptureHold", b"hash", "", b"result")
            batch: Batch = seal(heads[shard], BEGUN_AT + timedelta(seconds=number), "prices-1", [record], legs)
            heads[shard] = batch.head
            lines.append(json.loads(batch_line(batch_message(WholeBatch(batch, legs)))))
    ends = [pb.ChainHead(shard=head.shard, batch_seq=head.batch_seq, hash=head.hash) for head in heads.values()]
    return [*lines, json.loads(heads_line(ends))]


def names(lines: list[dict[str, Any]]) -> set[str]:
    return {problem.name for problem in verify_journal(json.dumps(line) + "\n" for line in lines).problems}


def test_an_untouched_export_has_no_problem_and_says_what_was_checked():
    verified = verify_journal(json.dumps(line) for line in exported())
    assert (verified.batches, verified.entries, verified.problem_count, verified.problems) == (8, 24, 0, [])


def _set(place: int, field: str, value: Any) -> Callable[[list[Any]], None]:
    return lambda lines: lines[place].__setitem__(field, value)


def _set_entry(column: int, value: Any) -> Callable[[list[Any]], None]:
    return lambda lines: lines[2]["entries"][0].__setitem__(column, value)


def _swap_batches(lines: list[Any]) -> None:
    lines[2], lines[4] = lines[4], lines[2]


def _swap_numbers(lines: list[Any]) -> None:
    lines[2]["batch_seq"], lines[4]["batch_seq"] = lines[4]["batch_seq"], lines[2]["batch_seq"]
    _swap_batches(lines)


def _swap_entries_of_batches(lines: list[Any]) -> None:
    lines[2]["entries"], lines[4]["entries"] = lines[4]["entries"], lines[2]["entries"]


def _lower_both_legs(lines: list[Any]) -> None:
    lines[2]["entries"][0][5] += 10
    lines[2]["entries"][2][5] -= 10


def _drop_shard(lines: list[Any]) -> None:
    lines[:] = [line for line in lines if line.get("shard") != 1]


TAMPERED: dict[str, tuple[Callable[[list[Any]], None], set[str]]] = {
    "an amount edited": (_set_entry(5, -29), {"batch_is_not_its_entries", "operation_does_not_sum_to_zero"}),
    "amounts edited so that they sum to zero": (_lower_both_legs, {"batch_is_not_its_entries"}),
    "an account edited": (_set_entry(0, 9), {"batch_is_not_its_entries", "operation_does_not_sum_to_zero"}),
    "an operation renumbered": (_set_entry(1, 9), {"batch_is_not_its_entries", "operation_does_not_sum_to_zero"}),
    "a leg renumbered": (_set_entry(2, 9), {"batch_is_not_its_entries"}),
    "a system account edited": (lambda lines: lines[2]["entries"][2].__setitem__(3, "issued"), {"batch_is_not_its_entries"}),
    "a grant edited": (_set_entry(4, 2), {"batch_is_not_its_entries"}),
    "a kind edited": (_set_entry(6, "expiry"), {"batch_is_not_its_entries"}),
    "a hold edited": (_set_entry(7, 8), {"batch_is_not_its_entries"}),
    "an entry deleted": (lambda lines: lines[2]["entries"].pop(), {"batch_is_not_its_entries", "operation_does_not_sum_to_zero"}),
    "an entry repeated": (lambda lines: lines[2]["entries"].append(lines[2]["entries"][0]), {"entry_is_there_twice"}),
    "entries moved to another batch": (_swap_entries_of_batches, {"batch_is_not_its_entries"}),
    "a time edited": (_set(2, "decided_at", 1), {"batch_is_not_its_entries"}),
    "a price list edited": (_set(2, "price_version", "prices-2"), {"batch_is_not_its_entries"}),
    "a number of operations edited": (_set(2, "operations", 2), {"batch_is_not_its_entries"}),
    "an operations hash edited": (_set(2, "operations_hash", "00" * 32), {"batch_is_not_its_entries"}),
    "a hash edited": (_set(2, "hash", "00" * 32), {"batch_is_not_its_entries", "batch_does_not_follow"}),
    "a previous hash edited": (_set(2, "previous_hash", "00" * 32), {"batch_is_not_its_entries", "batch_does_not_follow"}),
    "the first batch's previous hash edited": (_set(0, "previous_hash", "11" * 32), {"batch_is_not_its_entries", "batch_does_not_follow"}),
    "a batch moved to another shard": (_set(2, "shard", 1), {"batch_is_not_its_entries", "batch_is_missing", "batch_does_not_follow"}),
    "a pair of batches swapped": (_swap_batches, {"batch_is_missing"}),
    "a pair of batches swapped and renumbered": (_swap_numbers, {"batch_is_not_its_entries", "batch_does_not_follow"}),
    "a batch deleted": (lambda lines: lines.pop(2), {"batch_is_missing"}),
    "a batch repeated": (lambda lines: lines.insert(2, lines[2]), {"batch_is_missing"}),
    "the first batch deleted": (lambda lines: lines.pop(0), {"batch_is_missing"}),
    "the last batch deleted": (lambda lines: lines.pop(-2), {"head_is_not_the_last_batch"}),
    "every batch of a shard deleted": (_drop_shard, {"batch_is_missing"}),
    "the heads deleted": (lambda lines: lines.pop(), {"journal_has_no_heads"}),
    "the end cut off": (lambda lines: lines.__delitem__(slice(5, None)), {"journal_has_no_heads"}),
    "a head deleted": (lambda lines: lines[-1]["heads"].pop(0), {"head_is_missing"}),
    "a head edited": (lambda lines: lines[-1]["heads"][0].__setitem__("hash", "00" * 32), {"head_is_not_the_last_batch"}),
    "a batch after the heads": (lambda lines: lines.append(lines[0]), {"journal_goes_on_after_its_heads"}),
    "a shard with a head and no batches": (
        lambda lines: lines[-1]["heads"].append({"shard": 7, "batch_seq": 3, "hash": "11" * 32}),
        {"batch_is_missing"},
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found_by_name(what):
    tamper, expected = TAMPERED[what]
    lines = exported()
    tamper(lines)
    assert names(lines) == expected


def test_an_export_from_some_time_on_begins_in_the_middle():
    lines = exported()
    lines[-1]["from"] = 1
    assert names(lines[2:]) == set()
    assert names(lines[3:]) == set()


@pytest.mark.parametrize(
    "line",
    ["", "nonsense", "[]", "1", "null", "{}", '{"heads": 1}', '{"heads": [{}]}', '{"shard": true}', '{"shard": 1e400}', "[" * 100_000, "\ud800"],
)
def test_a_line_that_cannot_be_read_is_a_problem_and_no_crash(line):
    lines = [json.dumps(line) for line in exported()]
    verified = verify_journal([*lines[:2], line, *lines[2:]])
    assert [(problem.name, problem.detail) for problem in verified.problems] == [("line_cannot_be_read", "line 3")]


@given(st.data())
def test_no_field_of_a_batch_can_be_replaced_unseen(data):
    lines = exported(batches=2)
    line = lines[data.draw(st.integers(0, len(lines) - 2))]
    field = data.draw(st.sampled_from(sorted(line)))
    anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
    value = data.draw(anything.filter(lambda value: value != line[field] or type(value) is not type(line[field])))
    line[field] = value
    assert names(lines)


def test_many_problems_are_counted_and_a_part_is_listed():
    verified = verify_journal(["nonsense"] * (PROBLEMS_MAX + 10))
    assert len(verified.problems) == PROBLEMS_MAX
    assert verified.problem_count == PROBLEMS_MAX + 11


def test_times_are_written_in_microseconds():
    batch = pb.Batch(shard=1, batch_seq=1, decide_time=timestamp(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)))
    assert json.loads(batch_line(batch))["decided_at"] == 1_767_225_600_000_001

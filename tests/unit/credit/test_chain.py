"""The hash chain names what was changed, dropped, added or swapped."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit.accounts import Entry, EntryKind, SystemAccount
from services.credit.chain import GENESIS, Batch, Head, OperationRecord, batch_hash, operations_hash, problems, seal

AT = datetime(2026, 11, 1, 12, 0, 0, 250, tzinfo=UTC)

type Written = list[tuple[Batch, list[Entry]]]


def legs(key: int, seq: int, amount: int) -> list[Entry]:
    """What a capture of a hold leaves behind."""
    return [
        Entry(key, seq, 0, None, 1, -amount, EntryKind.CAPTURE, 2),
        Entry(key, seq, 1, SystemAccount.REVENUE, None, amount, EntryKind.CAPTURE, 2),
    ]


def record(key: int, seq: int, refusal: str = "") -> OperationRecord:
    return OperationRecord(key, f"request r{seq}", seq, "CaptureHold", hashlib.sha256(b"asked").digest(), refusal, b"answered")


def chain(batches: int = 4) -> Written:
    head, written = Head(3), []
    for n in range(1, batches + 1):
        entries = legs(11, 10 * n, n) + legs(19, 10 * n, 2 * n)
        batch = seal(head, AT + timedelta(seconds=n), "prices-1", [record(11, 10 * n), record(19, 10 * n)], entries)
        written.append((batch, entries))
        head = batch.head
    return written


def found(written: Written, start: Head | None = None) -> list[tuple[str, str]]:
    """Follow a chain from its start."""
    previous, all_found = start or Head(3), []
    for batch, entries in written:
        all_found += problems(batch, entries, previous)
        previous = batch.head
    return all_found


def test_a_batch_is_hashed_as_its_documentation_says():
    entries = [*legs(11, 5, 40), Entry(11, 6, 0, None, 0, 7, EntryKind.REPAYMENT), Entry(11, 6, 1, None, 1, -7, EntryKind.REPAYMENT)]
    records = [record(11, 6, "HOLD_EXPIRED"), record(11, 5)]
    batch = seal(Head(3, 8, b"\x01" * 32), AT, "prices-1", records, reversed(entries))
    asked = hashlib.sha256(b"asked").hexdigest()
    answered = b"answered".hex()
    operations_digest = hashlib.sha256(
        (f"11|request r5|5|CaptureHold|{asked}||{answered}\n11|request r6|6|CaptureHold|{asked}|HOLD_EXPIRED|{answered}\n").encode()
    ).digest()
    assert batch.operations_hash == operations_digest
    lines = (
        f"3|9|1793534400000250|prices-1|2|{operations_digest.hex()}\n"
        "11|5|0||1|-40|capture|2\n"
        "11|5|1|revenue||40|capture|2\n"
        "11|6|0||0|7|repayment|\n"
        "11|6|1||1|-7|repayment|\n"
    )
    assert batch.hash == hashlib.sha256(b"\x01" * 32 + lines.encode()).digest()
    assert (batch.previous_hash, batch.batch_seq, batch.shard, batch.operations) == (b"\x01" * 32, 9, 3, 2)


@given(st.data())
def test_the_order_in_which_entries_and_records_are_given_does_not_matter(data):
    entries = [entry for key in (11, 19, 2) for seq in (3, 12, 4) for entry in legs(key, seq, key * seq)]
    records = [record(key, seq) for key in (11, 19, 2) for seq in (3, 12, 4)]
    digest = operations_hash(records)
    whole = batch_hash(GENESIS, 3, 1, AT, "1", 9, digest, entries)
    assert operations_hash(data.draw(st.permutations(records))) == digest
    assert batch_hash(GENESIS, 3, 1, AT, "1", 9, digest, data.draw(st.permutations(entries))) == whole


def test_a_sound_chain_has_no_problem():
    assert found(chain()) == []
    assert chain()[0][0].previous_hash == GENESIS


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 5},
        {"account_key": 12},
        {"operation_seq": 999},
        {"leg": 7},
        {"grant_seq": 9},
        {"kind": EntryKind.REFUND},
        {"hold_seq": 3},
        {"hold_seq": None},
        {"system_account": SystemAccount.ISSUED},
    ],
    ids=str,
)
def test_a_changed_entry_is_named_by_its_batch(change):
    written = chain()
    written[1][1][0] = replace(written[1][1][0], **change)
    assert ("batch_is_not_its_entries", "shard 3 batch 2") in found(written)


def test_an_amount_that_was_changed_names_the_operation_too():
    written = chain()
    written[1][1][0] = replace(written[1][1][0], amount=-3)
    assert ("operation_does_not_sum_to_zero", "shard 3 batch 2 account b operation 20: -1") in found(written)


def test_amounts_that_were_changed_and_still_sum_to_zero_are_found():
    written = chain()
    written[1][1][:2] = legs(11, 20, 1)
    assert found(written) == [("batch_is_not_its_entries", "shard 3 batch 2")]


def test_a_missing_entry_an_added_one_and_two_that_were_swapped_are_named_by_their_batch():
    for change in (lambda entries: entries.pop(), lambda entries: entries.append(replace(entries[0], leg=2)), lambda entries: entries.reverse()):
        written = chain()
        entries = written[2][1]
        change(entries)
        names = {problem for problem in found(written) if problem[0] == "batch_is_not_its_entries"}
        assert names == (set() if len(entries) == 4 else {("batch_is_not_its_entries", "shard 3 batch 3")})
    written = chain()
    written[1][1][0], written[2][1][0] = written[2][1][0], written[1][1][0]
    assert {detail for name, detail in found(written) if name == "batch_is_not_its_entries"} == {"shard 3 batch 2", "shard 3 batch 3"}


@pytest.mark.parametrize(
    "change",
    [
        {"decided_at": AT},
        {"price_version": "prices-2"},
        {"operations": 1},
        {"operations_hash": bytes(32)},
        {"shard": 4},
    ],
    ids=str,
)
def test_a_changed_batch_is_named(change):
    written = chain()
    written[1] = replace(written[1][0], **change), written[1][1]
    assert [name for name, _ in found(written)] == ["batch_is_not_its_entries"]


def test_a_batch_that_was_hashed_anew_does_not_lead_to_the_next_one():
    written = chain()
    batch, entries = written[1]
    entries[:2] = legs(11, 20, 1)
    written[1] = seal(written[0][0].head, batch.decided_at, batch.price_version, [record(11, 20)], entries), entries
    assert found(written) == [("batch_does_not_follow", "shard 3 batch 3")]


def test_a_missing_batch_is_named():
    written = chain()
    del written[1]
    assert found(written) == [("batch_is_missing", "shard 3: batch 1 is followed by 3")]


def test_an_added_batch_is_named():
    written = chain()
    extra = seal(written[1][0].head, AT, "prices-1", [], [])
    written.insert(2, (extra, []))
    assert [name for name, _ in found(written)] == ["batch_is_missing"]


def test_batches_that_were_swapped_are_named():
    written = chain()
    written[1], written[2] = written[2], written[1]
    assert {name for name, _ in found(written)} == {"batch_is_missing"}


def test_a_batch_is_checked_by_itself_where_the_one_before_is_not_known():
    batch, entries = chain()[2]
    assert problems(batch, entries, None) == []
    assert problems(batch, entries[1:], None) != []


def test_a_changed_answer_changes_the_operations_hash():
    whole = operations_hash([record(11, 1), record(19, 2)])
    for change in ({"result": b"other"}, {"refusal": "X"}, {"request_key": "request r9"}, {"method": "Transfer"}, {"payload_hash": b"1"}):
        assert operations_hash([replace(record(11, 1), **change), record(19, 2)]) != whole
    assert operations_hash([record(11, 1)]) != whole

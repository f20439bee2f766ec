"""The journal in a file: exported, and verified without a service."""

import json
from datetime import UTC, datetime

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.console.credit_journal import BrokenExport
from services.credit.chain import SHARDS, Head, seal
from services.credit.journal import WholeBatch
from services.credit.journal_export import batch_message

pytestmark = pytest.mark.timeout(20)
AT = datetime(2026, 1, 1, tzinfo=UTC)


def journal(batches: int = 3) -> list[pb.ExportEntriesResponse]:
    """What the service answers: a batch in each message, and the heads."""
    head, responses = Head(0), []
    for _ in range(batches):
        batch = seal(head, AT, "prices-1", [], [])
        head = batch.head
        responses.append(pb.ExportEntriesResponse(batches=[batch_message(WholeBatch(batch, []))]))
    heads = [head, *(Head(shard) for shard in range(1, SHARDS))]
    ends = [pb.ChainHead(shard=end.shard, batch_seq=end.batch_seq, hash=end.hash) for end in heads]
    return [*responses, pb.ExportEntriesResponse(heads=ends)]


def test_an_export_is_written_and_found_sound(typed, tmp_path):
    path = tmp_path / "journal.jsonl"
    assert typed.run(f"credit export --out {path}", ("ExportEntries", journal())) is None
    assert "3 batches with 0 entries are in" in typed.shown
    assert len(path.read_text().splitlines()) == 4
    assert typed.run(f"credit verify --export {path}") == 0
    assert "3 batches with 0 entries were checked." in typed.shown
    assert [file.name for file in tmp_path.iterdir()] == ["journal.jsonl"]


def test_a_range_is_asked_for_and_noted_in_the_file(typed, tmp_path):
    path = tmp_path / "journal.jsonl"
    typed.run(f"credit export --out {path} --from 2026-01-01 --to 2026-02-01", ("ExportEntries", journal()))
    assert getattr(typed.requests[0], "from").seconds == 1_767_225_600
    last = json.loads(path.read_text().splitlines()[-1])
    assert (last["from"], last["to"]) == (1_767_225_600_000_000, 1_769_904_000_000_000)


def test_an_export_that_breaks_off_leaves_the_older_file_as_it_was(typed, tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text("older")
    with pytest.raises(BrokenExport):
        typed.run(f"credit export --out {path}", ("ExportEntries", journal()[:-1]))
    assert path.read_text() == "older"
    assert [file.name for file in tmp_path.iterdir()] == ["journal.jsonl"]


def test_every_problem_of_an_export_is_named_and_ends_with_status_1(typed, tmp_path):
    path = tmp_path / "journal.jsonl"
    typed.run(f"credit export --out {path}", ("ExportEntries", journal()))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[2], "nonsense", lines[3]]))
    assert typed.run(f"credit verify --export {path}") == 1
    assert "batch_is_missing: shard 0: batch 1 is followed by 3" in typed.shown
    assert "line_cannot_be_read: line 3" in typed.shown
    assert "2 problems." in typed.shown


def test_many_problems_are_counted(typed, tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text("nonsense\n" * 1_500)
    assert typed.run(f"credit verify --export {path}") == 1
    assert "and 501 more." in typed.shown
    assert "1,501 problems." in typed.shown

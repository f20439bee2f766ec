"""The commands on privacy, as they are typed, against a fake channel."""

import json

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.conversation.v1 import conversation_pb2 as pb
from services.console.memory_file import UnusableFile

pytestmark = pytest.mark.timeout(20)
DONE = Timestamp(seconds=1_767_225_600, nanos=5_000)  # 2026-01-01
LATER = Timestamp(seconds=1_770_249_600)  # 2026-02-05
BEGUN = ("EraseSubject", pb.EraseSubjectResponse(erasure_id="e1"))


def receipt(complete: bool = True) -> tuple[str, pb.GetErasureResponse]:
    counts = {"conversation.messages": 1_234, "memory.memories": 2}
    if not complete:
        return "GetErasure", pb.GetErasureResponse(erased_by_table=counts)
    return "GetErasure", pb.GetErasureResponse(
        complete=True, erased_by_table=counts, receipt_hash="abc", complete_time=DONE, backups_expire_time=LATER
    )


def test_an_erasure_waits_for_its_receipt_and_shows_all_of_it(privacy_typed, monkeypatch):
    monkeypatch.setattr("services.console.privacy_commands.POLL_S", 0)
    assert privacy_typed.run("privacy erase ada --yes --request-id r1", BEGUN, receipt(False), receipt()) == 0
    assert privacy_typed.requests[0] == pb.EraseSubjectRequest(request_id="r1", user_id="ada")
    assert [request.erasure_id for request in privacy_typed.requests[1:]] == ["e1", "e1"]
    for shown in ("conversation.messages", "1,234", "2026-01-01T00:00:00.000005Z by erasure e1", "Receipt: abc", "until 2026-02-05 00:00 UTC"):
        assert shown in privacy_typed.shown


def test_an_erasure_that_takes_long_is_left_to_itself(privacy_typed):
    assert privacy_typed.run("privacy erase ada --yes --wait 0", BEGUN, receipt(False)) == 1
    assert "parlour privacy receipt e1" in privacy_typed.shown


def test_nobody_is_erased_without_the_id_typed_again(privacy_typed, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda *_: "bob")
    assert privacy_typed.run("privacy erase ada") == 1
    assert "nothing was erased" in capsys.readouterr().err
    monkeypatch.setattr("builtins.input", lambda *_: "ada")
    assert privacy_typed.run("privacy erase ada", BEGUN, receipt()) == 0


def test_a_receipt_is_read_by_a_program(privacy_typed):
    assert privacy_typed.run("privacy receipt e1 --json", receipt()) == 0
    found = json.loads(privacy_typed.shown)
    assert (found["erasure_id"], found["complete"], found["receipt_hash"]) == ("e1", True, "abc")


def test_an_export_is_written_when_it_is_whole(privacy_typed, tmp_path, capsys):
    lines = [
        '{"schema": "parlour.subject_export"}\n',
        '{"part": "conversation.turns", "row": {}}\n{"end_of": "parlour.subject_export", "lines": 1}\n',
    ]
    answers = [pb.ExportSubjectResponse(json_lines=line) for line in lines]
    privacy_typed.run(f"privacy export ada {tmp_path}/ada.jsonl", ("ExportSubject", answers))
    assert privacy_typed.requests == [pb.ExportSubjectRequest(user_id="ada")]
    assert (tmp_path / "ada.jsonl").read_text() == "".join(lines)
    assert "Wrote 1 lines about ada." in capsys.readouterr().err


@pytest.mark.parametrize("end", [[], [grpc.StatusCode.UNAVAILABLE]])
def test_an_export_that_breaks_off_leaves_no_file(privacy_typed, tmp_path, end):
    answers = [pb.ExportSubjectResponse(json_lines='{"schema": "parlour.subject_export"}\n'), *end]
    with pytest.raises((UnusableFile, grpc.RpcError)):
        privacy_typed.run(f"privacy export ada {tmp_path}/ada.jsonl", ("ExportSubject", answers))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("word", "opted_out", "said"), [("opt-out", True, "Nothing that ada says is kept"), ("opt-in", False, "is kept again")])
def test_people_opt_out_and_in(privacy_typed, word, opted_out, said):
    privacy_typed.run(f"privacy {word} ada", ("SetOptOut", pb.SetOptOutResponse(opted_out=opted_out)))
    (request,) = privacy_typed.requests
    assert (request.user_id, request.opted_out) == ("ada", opted_out)
    assert said in privacy_typed.shown

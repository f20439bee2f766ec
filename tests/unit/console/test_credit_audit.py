"""Reports, findings and reconciliation as an operator meets them."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.console.credit_commands import moment

pytestmark = pytest.mark.timeout(20)
ROW = pb.UsageRow(
    group={"guild": "7", "model": "[small]"},
    turns=1_200,
    prompt_tokens=1_000_000,
    cached_prompt_tokens=10,
    completion_tokens=20,
    images=3,
    charged_microcredits=19_300,
    cost_microcredits=1_234_567_890_123,
)
FINDING = pb.Finding(
    finding_id="finding_7",
    kind="posted_is_not_the_sum_of_entries",
    account_id="user:1",
    detail="posted",
    difference_microcredits=-30_000,
    state=pb.Finding.STATE_OPEN,
)


def test_a_report_asks_for_groups_and_a_range(typed):
    typed.run("credit report --by guild,model --from 2026-01-01 --to 2026-02-01T12:00", ("ReportUsage", pb.ReportUsageResponse(rows=[ROW])))
    (request,) = typed.requests
    assert list(request.group_by) == ["guild", "model"]
    assert getattr(request, "from").ToDatetime() == datetime(2026, 1, 1)  # noqa: DTZ001 -- protobuf's own are naive
    assert request.to.ToDatetime() == datetime(2026, 2, 1, 12)  # noqa: DTZ001
    for shown in ("[small]", "1,200", "1,000,000", "0.0193", "1,234,567.8901"):
        assert shown in typed.shown


def test_a_report_without_a_range_is_of_all_time(typed):
    typed.run("credit report", ("ReportUsage", pb.ReportUsageResponse()))
    assert not typed.requests[0].HasField("from")
    assert not typed.requests[0].HasField("to")
    assert "Nothing was used" in typed.shown


def test_a_report_for_programs_is_exact(typed):
    typed.run("credit report --by guild,model --format csv", ("ReportUsage", pb.ReportUsageResponse(rows=[ROW])))
    (row,) = csv.DictReader(io.StringIO(typed.shown))
    assert row == {
        "guild": "7",
        "model": "[small]",
        "turns": "1200",
        "prompt_tokens": "1000000",
        "cached_prompt_tokens": "10",
        "completion_tokens": "20",
        "images": "3",
        "charged_credits": "0.019300",
        "cost_credits": "1234567.890123",
    }


def test_a_report_in_json_says_the_same(typed):
    typed.run("credit report --by guild --format json", ("ReportUsage", pb.ReportUsageResponse(rows=[ROW])))
    (row,) = json.loads(typed.shown)
    assert (row["guild"], row["turns"], row["charged_credits"]) == ("7", 1200, "0.019300")
    assert "model" not in row


@pytest.mark.parametrize("rest", ["--by planet", "--from yesterday", "--format xml", "--by model --to 2026-13-01"])
def test_a_report_that_cannot_be_made_is_refused_before_it_is_asked_for(typed, rest, capsys):
    with pytest.raises(SystemExit):
        typed.run(f"credit report {rest}")
    assert capsys.readouterr().err


def test_a_time_is_utc_unless_it_says_otherwise():
    assert moment("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert moment("2026-01-31T01:00+01:00") == datetime(2026, 1, 31, tzinfo=UTC)


def test_findings_are_read_page_by_page_up_to_the_limit(typed):
    pages = [
        pb.ListFindingsResponse(findings=[FINDING] * 200, next_page_token="more"),
        pb.ListFindingsResponse(findings=[FINDING] * 50, next_page_token="x"),
    ]
    typed.run("credit findings --limit 250", *(("ListFindings", page) for page in pages))
    assert [(request.state, request.page_size, request.page_token) for request in typed.requests] == [
        (pb.Finding.STATE_OPEN, 200, ""),
        (pb.Finding.STATE_OPEN, 50, "more"),
    ]
    assert typed.shown.count("posted_is_not_the_sum_of_entries") == 250
    assert "-0.03" in typed.shown
    assert "more than these 250" in typed.shown


@pytest.mark.parametrize(("state", "said"), [("open", "No open findings."), ("resolved", "No resolved findings."), ("all", "No findings.")])
def test_it_is_said_that_there_are_no_findings(typed, state, said):
    typed.run(f"credit findings --state {state}", ("ListFindings", pb.ListFindingsResponse()))
    assert said in typed.shown


def test_a_finding_is_resolved_with_a_note(typed):
    resolved = pb.Finding(finding_id="finding_7", note="restored")
    typed.run("credit resolve finding_7 --note restored", ("ResolveFinding", pb.ResolveFindingResponse(finding=resolved)))
    assert (typed.requests[0].finding_id, typed.requests[0].note) == ("finding_7", "restored")
    assert "finding_7 is resolved: restored" in typed.shown


def test_reconciling_sound_books_ends_with_status_0(typed):
    answer = pb.ReconcileResponse(accounts_checked=1_200, batches_checked=7, entries_checked=30)
    assert typed.run("reconcile --full", ("Reconcile", answer)) == 0
    assert typed.requests[0].full
    assert "1,200 accounts, 7 batches and 30 entries were checked" in typed.shown


def test_reconciling_ends_with_status_1_when_something_is_open(typed):
    assert typed.run("reconcile", ("Reconcile", pb.ReconcileResponse(found=1, findings=[FINDING]))) == 1
    assert not typed.requests[0].full
    for shown in ("1 findings are new", "finding_7", "posted_is_not_the_sum_of_entries", "user:1", "-0.03"):
        assert shown in typed.shown

"""What an operator looks into: `parlour credit report|findings|resolve` and `parlour reconcile`. Every function raises grpc.RpcError."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime

import grpc
from rich.console import Console
from rich.table import Table

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.console.amounts import credits_text, plain_credits
from services.console.credit_accounts import CALL_S, shown_time
from services.console.lines import cell, visible
from services.console.tables import id_column

REPORT_S = 60.0
RECONCILE_S = 240.0
RECONCILE_FULL_S = 4 * 3600.0
ANSWER_BYTES_MAX = 64 << 20
"""The largest answer that is taken: a report has up to 10,000 rows, a batch of the journal many entries."""

STATES = {"open": pb.Finding.STATE_OPEN, "resolved": pb.Finding.STATE_RESOLVED, "all": pb.Finding.STATE_UNSPECIFIED}
FORMATS = ("table", "csv", "json")
_PAGE_SIZE = 200
_NUMBERS = ("turns", "prompt_tokens", "cached_prompt_tokens", "completion_tokens", "images")


def report(
    channel: grpc.Channel, console: Console, group_by: Sequence[str], since: datetime | None, until: datetime | None, form: str = "table"
) -> None:
    """Print what was used in a time range, summed by groups, as a table, CSV or JSON."""
    request = pb.ReportUsageRequest(group_by=group_by)
    for field, at in (("from", since), ("to", until)):
        if at is not None:
            getattr(request, field).FromDatetime(at)
    rows = pb_grpc.CreditAdminServiceStub(channel).ReportUsage(request, timeout=REPORT_S).rows
    if form == "csv":
        console.out(_csv(group_by, rows), end="", highlight=False)
    elif form == "json":
        console.out(json.dumps([_object(group_by, row) for row in rows], indent=2, ensure_ascii=False), highlight=False)
    else:
        _print_report(console, group_by, rows)


def show_findings(channel: grpc.Channel, console: Console, state: str, limit: int) -> None:
    """Print findings of a state, newest first, `limit` at most."""
    stub, token = pb_grpc.CreditAdminServiceStub(channel), ""
    found: list[pb.Finding] = []
    while len(found) < limit:
        request = pb.ListFindingsRequest(state=STATES[state], page_size=min(limit - len(found), _PAGE_SIZE), page_token=token)
        answer = stub.ListFindings(request, timeout=CALL_S)
        found += answer.findings
        token = answer.next_page_token
        if not token:
            break
    if not found:
        console.print("No findings." if state == "all" else f"No {state} findings.")
        return
    _print_findings(console, found)
    if token:
        console.print(f"There are more than these {limit:,}: --limit shows more.", highlight=False)


def resolve(channel: grpc.Channel, console: Console, finding_id: str, note: str) -> None:
    """Close a finding with a note."""
    request = pb.ResolveFindingRequest(finding_id=finding_id, note=note)
    finding = pb_grpc.CreditAdminServiceStub(channel).ResolveFinding(request, timeout=CALL_S).finding
    console.print(f"{finding.finding_id} is resolved: {visible(finding.note)}", markup=False, highlight=False)


def reconcile(channel: grpc.Channel, console: Console, *, full: bool) -> int:
    """Compare the books with themselves and print what is open; return the exit status: 1 where there is something."""
    timeout_s = RECONCILE_FULL_S if full else RECONCILE_S
    answer = pb_grpc.CreditAdminServiceStub(channel).Reconcile(pb.ReconcileRequest(full=full), timeout=timeout_s)
    checked = f"{answer.accounts_checked:,} accounts, {answer.batches_checked:,} batches and {answer.entries_checked:,} entries were checked"
    console.print(f"{checked}; {answer.found:,} findings are new.", highlight=False)
    if not answer.findings:
        console.print("Nothing is open: the books balance." if full else "Nothing is open.")
        return 0
    _print_findings(console, answer.findings)
    return 1


def _print_report(console: Console, group_by: Sequence[str], rows: Sequence[pb.UsageRow]) -> None:
    if not rows:
        console.print("Nothing was used in that time.")
        return
    table = Table(*group_by)
    for heading in ("turns", "prompt tokens", "cached", "completion tokens", "images", "charged", "cost"):
        table.add_column(heading, justify="right")
    for row in rows:
        amounts = credits_text(row.charged_microcredits), credits_text(row.cost_microcredits)
        table.add_row(*(cell(row.group[name]) for name in group_by), *(f"{getattr(row, name):,}" for name in _NUMBERS), *amounts)
    console.print(table)


def _object(group_by: Sequence[str], row: pb.UsageRow) -> dict[str, str | int]:
    amounts = {"charged_credits": plain_credits(row.charged_microcredits), "cost_credits": plain_credits(row.cost_microcredits)}
    return {name: visible(row.group[name]) for name in group_by} | {name: getattr(row, name) for name in _NUMBERS} | amounts


def _csv(group_by: Sequence[str], rows: Sequence[pb.UsageRow]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, [*group_by, *_NUMBERS, "charged_credits", "cost_credits"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(_object(group_by, row) for row in rows)
    return out.getvalue()


def _print_findings(console: Console, found: Sequence[pb.Finding]) -> None:
    table = Table(id_column("finding"), "kind", "account", "detail", "difference", "found", "resolved")
    for finding in found:
        resolved = f"{shown_time(finding.resolve_time)} {cell(finding.note)}" if finding.state == pb.Finding.STATE_RESOLVED else ""
        what = (cell(finding.finding_id), cell(finding.kind), cell(finding.account_id), cell(finding.detail))
        table.add_row(*what, credits_text(finding.difference_microcredits), shown_time(finding.create_time), resolved)
    console.print(table)

"""The operator's commands on accounts, as they are typed, against a fake channel."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.credit.v1 import credit_pb2 as pb

pytestmark = pytest.mark.timeout(20)
BALANCE = pb.Balance(
    account_id="user:7",
    tier="free",
    posted_microcredits=105_000_000,
    held_microcredits=250_000,
    available_microcredits=104_750_000,
    state=pb.Balance.STATE_OPEN,
)


def test_a_balance_shows_every_figure_in_credits(typed):
    assert typed.run("credit balance user:7", ("GetBalance", pb.GetBalanceResponse(balance=BALANCE))) is None
    assert typed.requests[0].account_id == "user:7"
    for shown in ("user:7", "free", "open", "105.00", "0.25", "104.75"):
        assert shown in typed.shown


def test_a_grant_carries_a_request_id_and_shows_the_balance(typed):
    answer = pb.CreateGrantResponse(grant=pb.Grant(grant_id="g1", amount_microcredits=5_000_000), balance=BALANCE)
    typed.run("credit grant user:7 5 --source gift --note thanks", ("CreateGrant", answer))
    (request,) = typed.requests
    assert request.request_id.startswith("console-")
    assert (request.account_id, request.amount_microcredits, request.source, request.note) == ("user:7", 5_000_000, "gift", "thanks")
    assert "Granted 5.00 credits (g1)." in typed.shown
    assert "105.00" in typed.shown


def test_a_grant_may_end_at_a_time(typed):
    typed.run("credit grant user:7 5 --expires 2027-01-31", ("CreateGrant", pb.CreateGrantResponse()))
    typed.run("credit grant user:7 5", ("CreateGrant", pb.CreateGrantResponse()))
    assert typed.requests[0].expire_time.ToJsonString() == "2027-01-31T00:00:00Z"
    assert not typed.requests[1].HasField("expire_time")


def test_a_command_is_repeated_under_the_request_id_that_is_given(typed):
    typed.run("credit grant user:7 5 --request-id r1", ("CreateGrant", pb.CreateGrantResponse()))
    assert typed.requests[0].request_id == "r1"


def test_grants_are_listed_in_the_order_in_which_they_are_spent(typed):
    grants = [
        pb.Grant(grant_id="grant_1_1", source="purchase", amount_microcredits=2_000_000, remaining_microcredits=1_500_000),
        pb.Grant(grant_id="grant_1_2", source="gift", remaining_microcredits=3, expire_time=Timestamp(seconds=1_767_225_600)),
    ]
    typed.run("credit grants user:7", ("ListGrants", pb.ListGrantsResponse(grants=grants)))
    first, second = (line for line in typed.shown.splitlines() if "grant_1_" in line)
    assert "1.50" in first
    assert "2.00" in first
    assert "for good" in first
    assert "0.000003" in second
    assert "2026-01-01 00:00" in second


def test_entries_are_read_page_by_page_up_to_the_limit(typed):
    pages = [
        pb.ListEntriesResponse(entries=[pb.Entry(kind="capture", amount_microcredits=-20_000, note="[bold]hi")] * 100, next_page_token="more"),
        pb.ListEntriesResponse(entries=[pb.Entry(kind="grant", amount_microcredits=5)] * 20, next_page_token="still more"),
    ]
    typed.run("credit entries user:7 --limit 120", *(("ListEntries", page) for page in pages))
    assert [(request.page_size, request.page_token) for request in typed.requests] == [(100, ""), (20, "more")]
    assert typed.shown.count("-0.02") == 100
    assert "[bold]hi" in typed.shown


def test_an_account_without_entries_is_said_to_have_none(typed):
    typed.run("credit entries user:7", ("ListEntries", pb.ListEntriesResponse()))
    assert "No entries." in typed.shown


@pytest.mark.parametrize(
    ("command", "method", "answer", "sent", "said"),
    [
        (
            "revoke user:7 grant_1_2 --note oops",
            *("RevokeGrant", pb.RevokeGrantResponse(revoked_microcredits=400_000, balance=BALANCE)),
            *({"grant_id": "grant_1_2", "note": "oops"}, "Took back 0.40 credits."),
        ),
        (
            "refund user:7 hold_1_2 0.5 --reason late",
            *("RefundCapture", pb.RefundCaptureResponse(balance=BALANCE)),
            *({"hold_id": "hold_1_2", "amount_microcredits": 500_000, "reason": "late"}, "Gave back 0.50 credits."),
        ),
        ("tier user:7 gold", "SetTier", pb.SetTierResponse(balance=BALANCE), {"tier": "gold"}, "free"),
        ("freeze user:7 --reason abuse", "FreezeAccount", pb.FreezeAccountResponse(frozen=True), {"frozen": True, "reason": "abuse"}, "is frozen"),
        ("thaw user:7", "FreezeAccount", pb.FreezeAccountResponse(frozen=False), {"frozen": False}, "is open again"),
        ("close user:7 --yes --reason left", "CloseAccount", pb.CloseAccountResponse(balance=BALANCE), {"reason": "left"}, "is closed"),
    ],
)
def test_each_command_sends_what_was_typed_and_says_what_was_done(typed, command, method, answer, sent, said):
    assert typed.run(f"credit {command}", (method, answer)) is None
    (request,) = typed.requests
    assert request.account_id == "user:7"
    assert request.request_id
    assert {field: getattr(request, field) for field in sent} == sent
    assert said in typed.shown


def test_a_transfer_names_both_accounts(typed):
    typed.run("credit transfer user:7 user:8 1.5 --note hi", ("Transfer", pb.TransferResponse(balance=BALANCE)))
    (request,) = typed.requests
    assert (request.from_account_id, request.to_account_id, request.amount_microcredits, request.note) == ("user:7", "user:8", 1_500_000, "hi")
    assert "Moved 1.50 credits to user:8." in typed.shown


@pytest.mark.parametrize(("amount", "microcredits", "said"), [("2", 2_000_000, "pays 2.00 credits a day"), ("0", 0, "pays nothing")])
def test_a_pool_may_pay_nothing(typed, amount, microcredits, said):
    typed.run(f"credit pool guild:7 {amount}", ("SetPool", pb.SetPoolResponse(balance=BALANCE)))
    assert typed.requests[0].member_daily_microcredits == microcredits
    assert said in typed.shown


@pytest.mark.parametrize("reply", ["", "n", "no", "nonsense"])
def test_an_account_is_not_closed_without_a_yes(typed, monkeypatch, reply):
    monkeypatch.setattr("builtins.input", lambda *_: reply)
    assert typed.run("credit close user:7") == 1
    assert "Close user:7 for good?" in typed.shown


def test_an_account_is_closed_after_a_yes(typed, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: "yes")
    assert typed.run("credit close user:7", ("CloseAccount", pb.CloseAccountResponse(balance=BALANCE))) is None


@pytest.mark.parametrize(
    "command", ["grant user:7 0", "grant user:7 x", "refund user:7 h -1", "pool guild:7 x", "entries user:7 --limit 0", "nonsense"]
)
def test_what_was_mistyped_is_refused_before_anything_is_sent(typed, command, capsys):
    with pytest.raises(SystemExit):
        typed.run(f"credit {command}")
    assert capsys.readouterr().err

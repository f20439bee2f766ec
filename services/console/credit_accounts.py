"""What an operator does with accounts: `parlour credit balance|grants|entries|grant|revoke|refund|transfer|tier|freeze|thaw|close|pool`.

Every function raises grpc.RpcError. A request id tells a command from any other: repeated with the same one, it is carried out once.
"""

import uuid
from datetime import UTC, datetime

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.console.amounts import credits_text
from services.console.lines import cell
from services.console.tables import id_column

CALL_S = 5.0
PAGE_SIZE = 100


def new_request_id() -> str:
    """An id that no other request has."""
    return f"console-{uuid.uuid4().hex}"


def show_balance(channel: grpc.Channel, console: Console, account_id: str) -> None:
    """Print what an account has."""
    answer = pb_grpc.CreditServiceStub(channel).GetBalance(pb.GetBalanceRequest(account_id=account_id), timeout=CALL_S)
    _print_balance(console, answer.balance)


def show_grants(channel: grpc.Channel, console: Console, account_id: str) -> None:
    """Print the grants that have credits left, in the order in which they are spent."""
    answer = pb_grpc.CreditServiceStub(channel).ListGrants(pb.ListGrantsRequest(account_id=account_id), timeout=CALL_S)
    if not answer.grants:
        console.print("No grant has credits left.")
        return
    table = Table(id_column("grant"), "source", "priority", "left", "of", "held", "from", "until")
    for grant in answer.grants:
        amounts = (grant.remaining_microcredits, grant.amount_microcredits, grant.held_microcredits)
        times = (shown_time(grant.effective_time), shown_time(grant.expire_time) if grant.HasField("expire_time") else "for good")
        table.add_row(cell(grant.grant_id), cell(grant.source), str(grant.priority), *map(credits_text, amounts), *times)
    console.print(table)


def show_entries(channel: grpc.Channel, console: Console, account_id: str, limit: int) -> None:
    """Print the newest entries of an account, `limit` at most."""
    stub, token, left = pb_grpc.CreditServiceStub(channel), "", limit
    table = Table("when", "credits", "kind", id_column("hold"), "note", id_column("operation"))
    while left > 0:
        request = pb.ListEntriesRequest(account_id=account_id, page_size=min(left, PAGE_SIZE), page_token=token)
        answer = stub.ListEntries(request, timeout=CALL_S)
        for entry in answer.entries:
            what = (cell(entry.kind), cell(entry.hold_id), cell(entry.note), cell(entry.operation_id))
            table.add_row(shown_time(entry.create_time), credits_text(entry.amount_microcredits), *what)
        left, token = left - len(answer.entries), answer.next_page_token
        if not token:
            break
    console.print(table if table.row_count else "No entries.")


def grant(
    channel: grpc.Channel,
    console: Console,
    account_id: str,
    amount_microcredits: int,
    *,
    source: str,
    note: str,
    request_id: str,
    until: datetime | None = None,
) -> None:
    """Give an account credits, for good or `until` a time, and print its balance."""
    request = pb.CreateGrantRequest(request_id=request_id, account_id=account_id, amount_microcredits=amount_microcredits, source=source, note=note)
    if until is not None:
        request.expire_time.FromDatetime(until)
    answer = pb_grpc.CreditAdminServiceStub(channel).CreateGrant(request, timeout=CALL_S)
    _say(console, f"Granted {credits_text(answer.grant.amount_microcredits)} credits ({answer.grant.grant_id}).")
    _print_balance(console, answer.balance)


def revoke(channel: grpc.Channel, console: Console, account_id: str, grant_id: str, *, note: str, request_id: str) -> None:
    """Take back what is left of a grant and print the balance."""
    request = pb.RevokeGrantRequest(request_id=request_id, account_id=account_id, grant_id=grant_id, note=note)
    answer = pb_grpc.CreditAdminServiceStub(channel).RevokeGrant(request, timeout=CALL_S)
    _say(console, f"Took back {credits_text(answer.revoked_microcredits)} credits.")
    _print_balance(console, answer.balance)


def refund(channel: grpc.Channel, console: Console, account_id: str, hold_id: str, amount_microcredits: int, *, reason: str, request_id: str) -> None:
    """Give back the whole or a part of what a hold was charged, and print the balance."""
    request = pb.RefundCaptureRequest(
        request_id=request_id, account_id=account_id, hold_id=hold_id, amount_microcredits=amount_microcredits, reason=reason
    )
    answer = pb_grpc.CreditAdminServiceStub(channel).RefundCapture(request, timeout=CALL_S)
    _say(console, f"Gave back {credits_text(amount_microcredits)} credits.")
    _print_balance(console, answer.balance)


def transfer(
    channel: grpc.Channel, console: Console, from_account_id: str, to_account_id: str, amount_microcredits: int, *, note: str, request_id: str
) -> None:
    """Move credits from one account to another and print the sender's balance."""
    request = pb.TransferRequest(
        request_id=request_id,
        from_account_id=from_account_id,
        to_account_id=to_account_id,
        amount_microcredits=amount_microcredits,
        note=note,
    )
    answer = pb_grpc.CreditServiceStub(channel).Transfer(request, timeout=CALL_S)
    _say(console, f"Moved {credits_text(amount_microcredits)} credits to {to_account_id}.")
    _print_balance(console, answer.balance)


def set_tier(channel: grpc.Channel, console: Console, account_id: str, tier: str, *, request_id: str) -> None:
    """Move an account to another tier and print its balance."""
    request = pb.SetTierRequest(request_id=request_id, account_id=account_id, tier=tier)
    _print_balance(console, pb_grpc.CreditAdminServiceStub(channel).SetTier(request, timeout=CALL_S).balance)


def freeze(channel: grpc.Channel, console: Console, account_id: str, *, frozen: bool, reason: str, request_id: str) -> None:
    """Stop an account from holding and sending, or let it again."""
    request = pb.FreezeAccountRequest(request_id=request_id, account_id=account_id, frozen=frozen, reason=reason)
    answer = pb_grpc.CreditAdminServiceStub(channel).FreezeAccount(request, timeout=CALL_S)
    _say(console, f"{account_id} is {'frozen: it can neither hold nor send credits' if answer.frozen else 'open again'}.")


def close(channel: grpc.Channel, console: Console, account_id: str, *, reason: str, request_id: str) -> None:
    """End an account for good and print what its open holds can still be charged."""
    request = pb.CloseAccountRequest(request_id=request_id, account_id=account_id, reason=reason)
    answer = pb_grpc.CreditAdminServiceStub(channel).CloseAccount(request, timeout=CALL_S)
    _say(console, f"{account_id} is closed.")
    _print_balance(console, answer.balance)


def set_pool(channel: grpc.Channel, console: Console, account_id: str, member_daily_microcredits: int, *, request_id: str) -> None:
    """Say how much a guild's account pays a day for each member."""
    request = pb.SetPoolRequest(request_id=request_id, account_id=account_id, member_daily_microcredits=member_daily_microcredits)
    answer = pb_grpc.CreditAdminServiceStub(channel).SetPool(request, timeout=CALL_S)
    pays = f"{credits_text(member_daily_microcredits)} credits a day for each member" if member_daily_microcredits else "nothing for its members"
    _say(console, f"{account_id} pays {pays}.")
    _print_balance(console, answer.balance)


def shown_time(at: Timestamp) -> str:
    """A time in UTC, to the minute."""
    return at.ToDatetime(UTC).strftime("%Y-%m-%d %H:%M")


def _print_balance(console: Console, balance: pb.Balance) -> None:
    table = Table("account", "tier", "state", "posted", "held", "available")
    state = pb.Balance.State.Name(balance.state).removeprefix("STATE_").lower() if balance.state else ""
    amounts = (balance.posted_microcredits, balance.held_microcredits, balance.available_microcredits)
    table.add_row(cell(balance.account_id), cell(balance.tier), state, *map(credits_text, amounts))
    console.print(table)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)

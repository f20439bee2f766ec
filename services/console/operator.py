"""What an operator asks of a running Parlour: `parlour credit ...`, `parlour memory ...`."""

import uuid
from collections.abc import Callable

import grpc
from rich.console import Console
from rich.table import Table

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from services.console.amounts import credits_text
from services.console.lines import visible

CALL_S = 5.0


def show_balance(channel: grpc.Channel, console: Console, account_id: str) -> None:
    """Print what an account has. Raises grpc.RpcError."""
    stub = credit_pb2_grpc.CreditServiceStub(channel)
    answer = stub.GetBalance(credit_pb2.GetBalanceRequest(account_id=account_id), timeout=CALL_S)
    _print_balance(console, answer.balance)


def grant(
    channel: grpc.Channel,
    console: Console,
    account_id: str,
    amount_microcredits: int,
    *,
    source: str,
    note: str,
    request_id: Callable[[], str] = lambda: f"console-{uuid.uuid4().hex}",
) -> None:
    """Give an account credits and print its balance. Raises grpc.RpcError."""
    stub = credit_pb2_grpc.CreditAdminServiceStub(channel)
    request = credit_pb2.CreateGrantRequest(
        request_id=request_id(), account_id=account_id, amount_microcredits=amount_microcredits, source=source, note=note
    )
    answer = stub.CreateGrant(request, timeout=CALL_S)
    console.print(f"Granted {credits_text(answer.grant.amount_microcredits)} credits ({answer.grant.grant_id}).", markup=False)
    _print_balance(console, answer.balance)


def search_memories(channel: grpc.Channel, console: Console, viewer: memory_pb2.Viewer, query: str, limit: int) -> None:
    """Print the memories that bear on a query, best first. Raises grpc.RpcError."""
    stub = memory_pb2_grpc.MemoryQueryServiceStub(channel)
    request = memory_pb2.SearchMemoriesRequest(viewer=viewer, query=query, limit=limit)
    answer = stub.SearchMemories(request, timeout=CALL_S)
    if not answer.results:
        console.print("Nothing found.")
        return
    table = Table("score", "memory", "kind", "since", "id")
    for result in answer.results:
        memory = result.memory
        since = memory.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M")
        table.add_row(f"{result.score:.3f}", _cell(memory.text), _cell(memory.kind), since, _cell(memory.memory_id))
    console.print(table)


def _print_balance(console: Console, balance: credit_pb2.Balance) -> None:
    table = Table("account", "tier", "posted", "held", "available")
    amounts = (balance.posted_microcredits, balance.held_microcredits, balance.available_microcredits)
    table.add_row(_cell(balance.account_id), _cell(balance.tier), *(credits_text(amount) for amount in amounts))
    console.print(table)


def _cell(text: str) -> str:
    """Text of others is no markup."""
    return visible(text).replace("[", r"\[")

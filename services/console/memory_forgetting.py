"""What is taken away: `parlour memory forget|undo|erase`. Every function raises grpc.RpcError and returns an exit status: 1 where nobody agreed."""

import shlex

import grpc
from rich.console import Console
from rich.table import Table

from parlour.memory.v1 import memory_pb2 as pb
from parlour.memory.v1 import memory_pb2_grpc as pb_grpc
from services.console.credit_accounts import shown_time
from services.console.lines import cell, visible
from services.console.memory_answers import counted, print_json, print_memories, say
from services.console.memory_terminal import agreed, remark, typed_again

CALL_S = 10.0
ERASE_S = 300.0
_UNKNOWN_OUTCOMES = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
"""What an erasure may end with that was begun."""


def forget(channel: grpc.Channel, console: Console, viewer: pb.Viewer, sentence: str, *, yes: bool, request_id: str) -> int:
    """Print what a sentence asks to forget, ask, forget it, and say until when and how it comes back."""
    stub = pb_grpc.MemoryServiceStub(channel)
    plan = stub.PlanForget(pb.PlanForgetRequest(request_id=f"{request_id}-plan", viewer=viewer, text=sentence), timeout=CALL_S)
    if not plan.plan_id:
        say(console, "Nothing is remembered that this means; nothing was changed.")
        return 0
    print_memories(console, plan.memories)
    if not yes and not agreed("Forget this?" if len(plan.memories) == 1 else f"Forget these {len(plan.memories):,}?"):
        remark("Nothing was forgotten.")
        return 1
    request = pb.CommitForgetRequest(request_id=f"{request_id}-commit", viewer=viewer, plan_id=plan.plan_id)
    done = stub.CommitForget(request, timeout=CALL_S)
    say(console, f"Forgot {counted(done.forgotten)}.")
    if kept := len(plan.memories) - done.forgotten:
        say(console, f"{counted(kept)} changed meanwhile and {'is' if kept == 1 else 'are'} kept.")
    if done.forgotten:
        say(console, f"Until {shown_time(done.undo_until_time)} UTC this brings it back; then the text is gone:\n  {_undo(plan.plan_id, viewer)}")
    return 0


def undo(channel: grpc.Channel, console: Console, viewer: pb.Viewer, plan_id: str, *, request_id: str) -> int:
    """Bring back what a plan forgot."""
    request = pb.UndoForgetRequest(request_id=request_id, viewer=viewer, plan_id=plan_id)
    restored = pb_grpc.MemoryServiceStub(channel).UndoForget(request, timeout=CALL_S).restored
    say(console, f"Brought back {counted(restored)}." if restored else "Nothing came back: what was said again meanwhile is there already.")
    return 0


def erase(channel: grpc.Channel, console: Console, user_id: str, *, yes: bool, request_id: str, as_json: bool) -> int:
    """Remove a person everywhere and print the receipt."""
    if not yes and not typed_again(f"Everything about {visible(user_id)} is erased for good. Type the id again to agree:", user_id):
        remark("That is not the id; nothing was erased.")
        return 1
    request = pb.EraseSubjectRequest(request_id=request_id, user_id=user_id)
    try:
        receipt = pb_grpc.MemoryServiceStub(channel).EraseSubject(request, timeout=ERASE_S)
    except grpc.RpcError as error:
        if error.code() in _UNKNOWN_OUTCOMES:
            remark(f"To go on with this erasure, and to get its receipt: {_pasted('erase', user_id, '--yes', '--request-id', request_id)}")
        raise
    if as_json:
        print_json(console, receipt, request_id=request_id)
        return 0
    table = Table("table", "erased")
    table.columns[1].justify = "right"
    for name, erased in sorted(receipt.erased_by_table.items()):
        table.add_row(cell(name), f"{erased:,}")
    console.print(table)
    # To the microsecond, for the hash is made of it.
    say(console, f"Erased at {receipt.erase_time.ToJsonString()} by request {request_id}.\nReceipt: {receipt.receipt_hash}")
    return 0


def _undo(plan_id: str, viewer: pb.Viewer) -> str:
    words = [plan_id, "--user", viewer.user_id]
    for option, value in (("--guild", viewer.guild_id), ("--channel", viewer.channel_id)):
        words += [option, value] if value else []
    return _pasted("undo", *words)


def _pasted(*words: str) -> str:
    """A command as a person can paste it."""
    return shlex.join(["parlour", "memory", *words])

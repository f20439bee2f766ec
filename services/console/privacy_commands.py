"""The words of `parlour privacy ...`: what people may ask of us with what is stored of them, done by an operator on their behalf."""

import argparse
import json
import shlex
import time
import unicodedata

import grpc
from rich.console import Console
from rich.table import Table

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc as pb_grpc
from services.console.credit_accounts import new_request_id, shown_time
from services.console.credit_commands import Act, Connect
from services.console.lines import cell, visible
from services.console.memory_answers import print_json, say
from services.console.memory_file import UnusableFile, written
from services.console.memory_terminal import remark, typed_again
from services.console.tables import console

CALL_S = 10.0
EXPORT_S = 3600.0
WAIT_S = 60.0
POLL_S = 0.5

type _Parsers = "argparse._SubParsersAction[argparse.ArgumentParser]"
type _Progress = pb.GetErasureResponse


def add_privacy_commands(commands: _Parsers, connect: Connect) -> None:
    """Add `privacy ...`. Their `run` returns an exit status, or None for 0."""
    words = commands.add_parser("privacy", help="what is stored of a person: export, erasure, opting out").add_subparsers(
        required=True, metavar="what"
    )
    parser = _add(words, connect, "export", "write everything that is stored of a person, in all services, to a file", _export)
    parser.add_argument("user_id", type=_text, help="whose")
    parser.add_argument("file", help="JSON lines; it appears when it is whole; - is standard output")
    parser = _add(words, connect, "erase", "remove a person from all services, for good, and show the receipt", _erase, changes=True)
    parser.add_argument("user_id", type=_text, help="whose data, with all that came of them")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    _add_waiting(parser)
    parser = _add(words, connect, "receipt", "show how far an erasure is, and its receipt", _receipt)
    parser.add_argument("erasure_id", type=_text, help="as `erase` shows it")
    _add_waiting(parser, default=0)
    for name, opted_out, help_text in (
        ("opt-out", True, "keep nothing of what a person says from now on; what is stored stays until it is erased"),
        ("opt-in", False, "keep again what a person says"),
    ):
        parser = _add(words, connect, name, help_text, _opting(opted_out=opted_out), changes=True)
        parser.add_argument("user_id", type=_text, help="who")


def _add(words: _Parsers, connect: Connect, name: str, help_text: str, act: Act, *, changes: bool = False) -> argparse.ArgumentParser:
    def run(given: argparse.Namespace) -> int | None:
        with connect(given) as channel:
            return act(channel, console(), given)

    parser = words.add_parser(name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.")
    if changes:
        parser.add_argument("--request-id", type=_text, default=new_request_id(), help="to repeat a command whose outcome is not known")
    parser.set_defaults(run=run)
    return parser


def _add_waiting(parser: argparse.ArgumentParser, default: float = WAIT_S) -> None:
    parser.add_argument("--wait", type=float, default=default, metavar="SECONDS", help="how long to wait for the receipt (default: %(default)g)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _export(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
    """Write an export. Raises grpc.RpcError, OSError, and UnusableFile where it broke off."""
    end = b""
    with written(given.file) as file:
        for answer in pb_grpc.ConversationServiceStub(channel).ExportSubject(pb.ExportSubjectRequest(user_id=given.user_id), timeout=EXPORT_S):
            data = answer.json_lines.encode()
            end = data.splitlines()[-1] if data else end
            file.write(data)
        if b'"end_of"' not in end:
            raise UnusableFile("The export broke off: its end is missing.")
    remark(f"Wrote {json.loads(end)['lines']:,} lines about {visible(given.user_id)}.")


def _erase(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> int:
    """Have a person erased, and wait for the receipt for a while. Raises grpc.RpcError; exit status 1 where nobody agreed or it is not complete."""
    whose = visible(given.user_id)
    if not given.yes and not typed_again(f"Everything about {whose} is erased for good, in all services. Type the id again to agree:", given.user_id):
        remark("That is not the id; nothing was erased.")
        return 1
    request = pb.EraseSubjectRequest(request_id=given.request_id, user_id=given.user_id)
    erasure_id = pb_grpc.ConversationServiceStub(channel).EraseSubject(request, timeout=CALL_S).erasure_id
    return _show(channel, console, erasure_id, wait_s=given.wait, as_json=given.json)


def _receipt(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> int:
    return _show(channel, console, given.erasure_id, wait_s=given.wait, as_json=given.json)


def _show(channel: grpc.Channel, console: Console, erasure_id: str, *, wait_s: float, as_json: bool) -> int:
    stub = pb_grpc.ConversationServiceStub(channel)
    until = time.monotonic() + wait_s
    while True:
        progress = stub.GetErasure(pb.GetErasureRequest(erasure_id=erasure_id), timeout=CALL_S)
        if progress.complete or time.monotonic() >= until:
            break
        time.sleep(POLL_S)
    if as_json:
        print_json(console, progress, erasure_id=erasure_id)
    else:
        _print_progress(console, erasure_id, progress)
    return 0 if progress.complete else 1


def _print_progress(console: Console, erasure_id: str, progress: _Progress) -> None:
    table = Table("table", "erased")
    table.columns[1].justify = "right"
    for name, erased in sorted(progress.erased_by_table.items()):
        table.add_row(cell(name), f"{erased:,}")
    console.print(table)
    if not progress.complete:
        say(console, f"It goes on by itself; this shows how far it is:\n  {shlex.join(['parlour', 'privacy', 'receipt', erasure_id])}")
        return
    # To the microsecond, for the hash is made of it.
    say(console, f"Erased at {progress.complete_time.ToJsonString()} by erasure {erasure_id}.\nReceipt: {progress.receipt_hash}")
    say(console, f"Backups may hold it until {shown_time(progress.backups_expire_time)} UTC; one that is restored is erased again.")


def _opting(*, opted_out: bool) -> Act:
    def act(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        request = pb.SetOptOutRequest(request_id=given.request_id, user_id=given.user_id, opted_out=opted_out)
        stored = pb_grpc.ConversationServiceStub(channel).SetOptOut(request, timeout=CALL_S).opted_out
        if stored:
            say(console, f"Nothing that {visible(given.user_id)} says is kept from now on. What is stored stays until `parlour privacy erase`.")
        else:
            say(console, f"What {visible(given.user_id)} says is kept again.")

    return act


def _text(given: str) -> str:
    # What was typed in another encoding than the terminal's reaches Python as lone surrogates, which no message can carry.
    if any(unicodedata.category(character) == "Cs" for character in given):
        raise argparse.ArgumentTypeError("that is not text in the encoding of this terminal")
    return given

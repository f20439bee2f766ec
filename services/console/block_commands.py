"""`parlour block`, `parlour unblock` and `parlour blocks`: whom the assistant meets with silence."""

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import grpc
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc as pb_grpc
from services.console.credit_accounts import CALL_S, new_request_id, shown_time
from services.console.credit_commands import Connect
from services.console.lines import visible
from services.console.memory_answers import print_json, say
from services.console.tables import console

REASON_CHARACTERS_MAX = 500
_PAGE_SIZE = 1_000
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

type _Act = Callable[[grpc.Channel, Console, argparse.Namespace], None]


def add_block_commands(commands: Any, connect: Connect) -> None:
    """Add the three commands."""
    block = commands.add_parser("block", help="answer nothing of a user's, or of a guild's")
    _add_subject(block)
    block.add_argument("--reason", default="", type=_reason, help="for you and your colleagues; nobody else sees it")
    block.add_argument("--until", type=_until, metavar="WHEN", help="a date and time (2026-12-24T18:00), or from now on: 30m, 12h, 7d, 2w")
    block.set_defaults(run=partial(_run, _block, connect))
    unblock = commands.add_parser("unblock", help="take a block back")
    _add_subject(unblock)
    unblock.set_defaults(run=partial(_run, _unblock, connect))
    blocks = commands.add_parser("blocks", help="list the blocks in force")
    blocks.add_argument("--json", action="store_true", help="print one JSON document")
    blocks.set_defaults(run=partial(_run, _list, connect))


def _run(act: _Act, connect: Connect, given: argparse.Namespace) -> None:
    with connect(given) as channel:
        act(channel, console(), given)


def _add_subject(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=["user", "guild"])
    parser.add_argument("id", help="its Discord id")


def _block(channel: grpc.Channel, screen: Console, given: argparse.Namespace) -> None:
    request = pb.BlockSubjectRequest(request_id=new_request_id(), reason=given.reason, user_id=_id(given, "user"), guild_id=_id(given, "guild"))
    if given.until is not None:
        request.expire_time.FromDatetime(given.until)
    block = pb_grpc.BlockServiceStub(channel).BlockSubject(request, timeout=CALL_S).block
    until = f" until {shown_time(block.expire_time)}" if block.HasField("expire_time") else ""
    say(screen, f"Nothing of {given.kind} {given.id} is answered any more{until}. Gateways hear of it within seconds.")


def _unblock(channel: grpc.Channel, screen: Console, given: argparse.Namespace) -> None:
    request = pb.UnblockSubjectRequest(request_id=new_request_id(), user_id=_id(given, "user"), guild_id=_id(given, "guild"))
    unblocked = pb_grpc.BlockServiceStub(channel).UnblockSubject(request, timeout=CALL_S).unblocked
    say(screen, f"{given.kind.capitalize()} {given.id} {'is answered again' if unblocked else 'was not blocked'}.")


def _list(channel: grpc.Channel, screen: Console, given: argparse.Namespace) -> None:
    stub = pb_grpc.BlockServiceStub(channel)
    blocks, token = pb.ListBlocksResponse(), ""
    while True:
        page = stub.ListBlocks(pb.ListBlocksRequest(page_size=_PAGE_SIZE, page_token=token), timeout=CALL_S)
        blocks.blocks.extend(page.blocks)
        token = page.next_page_token
        if not token:
            break
    if given.json:
        print_json(screen, blocks)
        return
    if not blocks.blocks:
        say(screen, "Nobody is blocked.")
        return
    table = Table("who", "since", "until", "reason")
    for block in blocks.blocks:
        who = f"user {block.user_id}" if block.user_id else f"guild {block.guild_id}"
        until = shown_time(block.expire_time) if block.HasField("expire_time") else "taken back"
        table.add_row(who, shown_time(block.create_time), until, Text(visible(block.reason)))
    screen.print(table)


def _id(given: argparse.Namespace, kind: str) -> str:
    return str(given.id) if given.kind == kind else ""


def _reason(text: str) -> str:
    if len(text) > REASON_CHARACTERS_MAX:
        raise argparse.ArgumentTypeError(f"must have {REASON_CHARACTERS_MAX} characters at most")
    return text


def _until(text: str) -> datetime:
    """A time in the future, written as such in local time or as how far off it is."""
    now = datetime.now(UTC)
    if (span := re.fullmatch(r"(\d{1,5})([mhdw])", text)) is not None:
        return now + int(span[1]) * _UNITS[span[2]]
    try:
        until = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no time: write 2026-12-24T18:00, or 30m, 12h, 7d, 2w") from None
    if until <= now:
        raise argparse.ArgumentTypeError(f"{text[:40]} is over already")
    return until

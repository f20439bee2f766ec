"""The words of `parlour memory ...`, and what each of them runs."""

import argparse
import unicodedata
from collections.abc import Callable
from datetime import datetime

import grpc
from rich.console import Console

from parlour.memory.v1 import memory_pb2 as pb
from services.console import memory_forgetting, memory_reading, memory_reindex, memory_transfer
from services.console.credit_accounts import new_request_id
from services.console.credit_commands import Act, Connect, moment
from services.console.tables import console

type _Parsers = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_memory_commands(commands: _Parsers, connect: Connect, user_id: str) -> None:
    """Add `memory ...`; `user_id` is whose memories are meant where none is named. Their `run` returns an exit status, or None for 0."""
    words = commands.add_parser("memory", help="what is remembered").add_subparsers(required=True, metavar="what")
    _add_reading(words, connect, user_id)
    _add_forgetting(words, connect, user_id)
    _add_transfer(words, connect, user_id)
    _add_quarantine(words, connect)
    _add_reindex(words, connect)


def _add(words: _Parsers, connect: Connect, name: str, help_text: str, act: Act, *, changes: bool = False) -> argparse.ArgumentParser:
    def run(given: argparse.Namespace) -> int | None:
        with connect(given) as channel:
            return act(channel, console(), given)

    parser = words.add_parser(name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.")
    if changes:
        parser.add_argument("--request-id", type=_text, default=new_request_id(), help="to repeat a command whose outcome is not known")
    parser.set_defaults(run=run)
    return parser


def _add_reading(words: _Parsers, connect: Connect, user_id: str) -> None:
    def search(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        memory_reading.search(channel, console, _viewer(given), given.query, limit=given.limit, as_of=given.as_of, as_json=given.json)

    def list_all(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        memory_reading.list_memories(channel, console, _viewer(given), limit=given.limit, as_json=given.json)

    parser = _add(words, connect, "search", "find memories by meaning and by words", search)
    parser.add_argument("query", type=_text, help="a question or some words")
    _add_viewer(parser, user_id)
    _add_limit(parser, 10, memory_reading.SEARCH_LIMIT_MAX)
    parser.add_argument("--as-of", type=_moment, metavar="TIME", help="what was true then, such as 2026-01-31 or 2026-01-31T12:00 (UTC)")
    _add_json(parser)
    parser = _add(words, connect, "list", "show what is remembered, newest first", list_all)
    _add_viewer(parser, user_id)
    _add_limit(parser, 100, memory_reading.LIST_LIMIT_MAX)
    _add_json(parser)


def _add_forgetting(words: _Parsers, connect: Connect, user_id: str) -> None:
    def forget(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> int:
        return memory_forgetting.forget(channel, console, _viewer(given), given.sentence, yes=given.yes, request_id=given.request_id)

    def undo(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> int:
        return memory_forgetting.undo(channel, console, _viewer(given), given.plan, request_id=given.request_id)

    def erase(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> int:
        return memory_forgetting.erase(channel, console, given.user_id, yes=given.yes, request_id=given.request_id, as_json=given.json)

    parser = _add(words, connect, "forget", "forget what a sentence means, after showing it and asking", forget, changes=True)
    parser.add_argument("sentence", type=_text, help='such as "my cat\'s name", or everything')
    _add_viewer(parser, user_id)
    _add_yes(parser)
    parser = _add(words, connect, "undo", "bring back what was forgotten", undo, changes=True)
    parser.add_argument("plan", type=_text, help="as `forget` shows it")
    _add_viewer(parser, user_id)
    parser = _add(words, connect, "erase", "remove a person everywhere, for good, and show the receipt", erase, changes=True)
    parser.add_argument("user_id", type=_text, help="whose memories, with all that came of them")
    _add_yes(parser)
    _add_json(parser)


def _add_transfer(words: _Parsers, connect: Connect, user_id: str) -> None:
    def export(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        memory_transfer.export(channel, console, _viewer(given), given.file)

    def import_memories(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        memory_transfer.import_memories(channel, console, given.file, request_id=given.request_id)

    parser = _add(words, connect, "export", "write what is remembered to a file that can be imported", export)
    parser.add_argument("file", help="it appears when it is whole; - is standard output")
    _add_viewer(parser, user_id)
    parser = _add(words, connect, "import", "store what an export holds", import_memories, changes=True)
    parser.add_argument("file", help="as `export` wrote it; - is standard input")


def _add_quarantine(words: _Parsers, connect: Connect) -> None:
    def list_quarantine(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        memory_reading.list_quarantine(channel, console, given.guild, limit=given.limit, as_json=given.json)

    def release(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        memory_reading.release(channel, console, given.memory, given.guild, request_id=given.request_id)

    words = words.add_parser("quarantine", help="what is held back because it looks like an instruction").add_subparsers(
        required=True, metavar="what"
    )
    parser = _add(words, connect, "list", "show what a guild's quarantine holds", list_quarantine)
    parser.add_argument("--guild", type=_text, required=True, metavar="ID", help='whose quarantine; "": that of direct messages')
    _add_limit(parser, 100, memory_reading.LIST_LIMIT_MAX)
    _add_json(parser)
    parser = _add(words, connect, "release", "accept a memory that was held back", release, changes=True)
    parser.add_argument("memory", type=_text, help="its id, as `quarantine list` shows it")
    parser.add_argument("--guild", type=_text, default="", metavar="ID", help="where it is; without it everywhere is looked, which takes longer")


def _add_reindex(words: _Parsers, connect: Connect) -> None:
    def reindex(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> int:
        if given.status:
            memory_reindex.show_status(channel, console, as_json=given.json)
            return 0
        return memory_reindex.reindex(channel, console, request_id=given.request_id)

    parser = _add(words, connect, "reindex", "embed everything again after a change of the embedding model", reindex, changes=True)
    parser.add_argument("--status", action="store_true", help="only say how far it is")
    parser.add_argument("--json", action="store_true", help="with --status: print one JSON document")


def _viewer(given: argparse.Namespace) -> pb.Viewer:
    return pb.Viewer(guild_id=given.guild, channel_id=given.channel, user_id=given.user)


def _add_viewer(parser: argparse.ArgumentParser, user_id: str) -> None:
    parser.add_argument("--user", type=_text, default=user_id, metavar="ID", help="whose (default: %(default)s)")
    parser.add_argument("--guild", type=_text, default="", metavar="ID", help="seen from this guild (default: direct messages)")
    parser.add_argument(
        "--channel", type=_text, default="", metavar="ID", help="seen from this channel: what was said in it while it was hidden counts, too"
    )


def _add_limit(parser: argparse.ArgumentParser, default: int, maximum: int) -> None:
    parser.add_argument("--limit", type=_count(maximum), default=default, metavar="N", help=f"at most {maximum:,} (default: %(default)s)")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _count(maximum: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if not text.isdecimal() or not 0 < int(text[:20]) <= maximum:
            raise argparse.ArgumentTypeError(f"{text!r:.40} is not a number from 1 to {maximum:,}")
        return int(text)

    return count


def _text(given: str) -> str:
    # What was typed in another encoding than the terminal's reaches Python as lone surrogates, which no message can carry.
    if any(unicodedata.category(character) == "Cs" for character in given):
        raise argparse.ArgumentTypeError("that is not text in the encoding of this terminal")
    return given


def _moment(text: str) -> datetime:
    try:
        return moment(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None

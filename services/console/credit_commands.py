"""The words of `parlour credit ...` and `parlour reconcile`, and what each of them runs."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from rich.console import Console

from services.console import credit_accounts, credit_audit, credit_journal
from services.console.amounts import microcredits, microcredits_or_none
from services.console.tables import console

type Act = Callable[[grpc.Channel, Console, argparse.Namespace], int | None]
type Run = Callable[[argparse.Namespace], int | None]
type Connect = Callable[[argparse.Namespace], grpc.Channel]
type _Parsers = "argparse._SubParsersAction[argparse.ArgumentParser]"

SOURCES = ("purchase", "promotion", "allowance", "gift", "correction")
GROUPS = ("guild", "user", "tier", "model", "feature", "payer", "day")


def add_credit_commands(commands: _Parsers, connect: Connect) -> None:
    """Add `credit ...` and `reconcile`. Their `run` returns an exit status, or None for 0."""
    words = commands.add_parser("credit", help="balances, grants, reports and the journal").add_subparsers(required=True, metavar="what")
    _add_reading(words, connect)
    _add_changing(words, connect)
    _add_standing(words, connect)
    _add_audit(words, connect)
    _add_journal(words, connect)
    reconcile = commands.add_parser("reconcile", help="compare the books with themselves; exit status 1 when something is open")
    reconcile.add_argument("--full", action="store_true", help="all accounts and the whole journal, not only what has changed")
    reconcile.set_defaults(run=_run(connect, lambda channel, console, given: credit_audit.reconcile(channel, console, full=given.full)))


def _run(connect: Connect, act: Act) -> Run:
    def run(given: argparse.Namespace) -> int | None:
        with connect(given) as channel:
            return act(channel, console(), given)

    return run


def _add(words: _Parsers, connect: Connect, name: str, help_text: str, act: Act, *, changes: bool = False) -> argparse.ArgumentParser:
    parser = words.add_parser(name, help=help_text)
    if changes:
        parser.add_argument("--request-id", default=credit_accounts.new_request_id(), help="to repeat a command whose outcome is not known")
    parser.set_defaults(run=_run(connect, act))
    return parser


def _add_account(parser: argparse.ArgumentParser, help_text: str = "user:<id> or guild:<id>") -> argparse.ArgumentParser:
    parser.add_argument("account", help=help_text)
    return parser


def _add_reading(words: _Parsers, connect: Connect) -> None:
    def balance(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.show_balance(channel, console, given.account)

    def grants(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.show_grants(channel, console, given.account)

    def entries(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.show_entries(channel, console, given.account, given.limit)

    _add_account(_add(words, connect, "balance", "show what an account has", balance), "user:<id>, guild:<id> or system:<name>")
    _add_account(_add(words, connect, "grants", "show an account's grants that have credits left", grants))
    parser = _add_account(_add(words, connect, "entries", "show an account's newest entries", entries))
    parser.add_argument("--limit", type=_count, default=50, help="(default: %(default)s)")


def _add_changing(words: _Parsers, connect: Connect) -> None:
    def grant(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        fields = {"source": given.source, "note": given.note, "request_id": given.request_id}
        credit_accounts.grant(channel, console, given.account, given.amount, until=given.expires, **fields)

    def revoke(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.revoke(channel, console, given.account, given.grant, note=given.note, request_id=given.request_id)

    def refund(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.refund(channel, console, given.account, given.hold, given.amount, reason=given.reason, request_id=given.request_id)

    def transfer(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.transfer(channel, console, given.account, given.to, given.amount, note=given.note, request_id=given.request_id)

    parser = _add_account(_add(words, connect, "grant", "give an account credits", grant, changes=True))
    _add_amount(parser)
    parser.add_argument("--source", default="promotion", choices=SOURCES)
    parser.add_argument("--expires", type=_said(moment), help="when what is left of it is gone, such as 2027-01-31 (UTC); for good if not given")
    parser.add_argument("--note", default="", help="kept with the grant")
    parser = _add_account(_add(words, connect, "revoke", "take back what is left of a grant", revoke, changes=True))
    parser.add_argument("grant", help="grant_..., as `grants` shows it")
    parser.add_argument("--note", default="", help="kept with the revocation")
    parser = _add_account(_add(words, connect, "refund", "give back what a hold was charged", refund, changes=True))
    parser.add_argument("hold", help="hold_..., as `entries` shows it")
    _add_amount(parser)
    parser.add_argument("--reason", default="", help="kept with the refund")
    parser = _add_account(_add(words, connect, "transfer", "move credits to another account", transfer, changes=True))
    parser.add_argument("to", help="user:<id> or guild:<id>")
    _add_amount(parser)
    parser.add_argument("--note", default="", help="kept with the transfer")


def _add_standing(words: _Parsers, connect: Connect) -> None:
    def tier(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.set_tier(channel, console, given.account, given.tier, request_id=given.request_id)

    def freeze(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.freeze(channel, console, given.account, frozen=True, reason=given.reason, request_id=given.request_id)

    def thaw(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.freeze(channel, console, given.account, frozen=False, reason=given.reason, request_id=given.request_id)

    def close(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> int | None:
        if not given.yes and not _agreed(console, f"Close {given.account} for good? What it has left expires."):
            return 1
        credit_accounts.close(channel, console, given.account, reason=given.reason, request_id=given.request_id)
        return None

    def pool(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_accounts.set_pool(channel, console, given.account, given.amount, request_id=given.request_id)

    parser = _add_account(_add(words, connect, "tier", "move an account to another tier", tier, changes=True))
    parser.add_argument("tier", help="a tier of the models file")
    for name, help_text, act in (
        ("freeze", "stop an account from holding and sending credits", freeze),
        ("thaw", "let a frozen account hold and send again", thaw),
        ("close", "end an account for good", close),
    ):
        parser = _add_account(_add(words, connect, name, help_text, act, changes=True))
        parser.add_argument("--reason", default="", help="kept with the account")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser = _add_account(_add(words, connect, "pool", "say what a guild pays a day for each member", pool, changes=True), "guild:<id>")
    _add_amount(parser, "in credits a member and day; 0: nothing", microcredits_or_none)


def _add_audit(words: _Parsers, connect: Connect) -> None:
    def report(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_audit.report(channel, console, given.by, given.since, given.until, given.format)

    def findings(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_audit.show_findings(channel, console, given.state, given.limit)

    def resolve(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_audit.resolve(channel, console, given.finding, given.note)

    parser = _add(words, connect, "report", "sum what was used", report)
    parser.add_argument("--by", type=_groups, default=["model"], help=f"of {', '.join(GROUPS)}, separated by commas (default: model)")
    _add_range(parser)
    parser.add_argument("--format", choices=credit_audit.FORMATS, default="table")
    parser = _add(words, connect, "findings", "list what reconciliation found", findings)
    parser.add_argument("--state", choices=list(credit_audit.STATES), default="open")
    parser.add_argument("--limit", type=_count, default=100, help="(default: %(default)s)")
    parser = _add(words, connect, "resolve", "close a finding", resolve)
    parser.add_argument("finding", help="finding_..., as `findings` shows it")
    parser.add_argument("--note", required=True, help="what became of it")


def _add_journal(words: _Parsers, connect: Connect) -> None:
    def export(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        credit_journal.export(channel, console, given.out, given.since, given.until)

    parser = _add(words, connect, "export", "write the journal to a file", export)
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    _add_range(parser)
    parser = words.add_parser("verify", help="check an exported journal, without any service; exit status 1 when something is wrong")
    parser.add_argument("--export", type=Path, required=True, dest="path", help="the file to check")
    parser.set_defaults(run=lambda given: credit_journal.verify(console(), given.path))


def _add_amount(parser: argparse.ArgumentParser, help_text: str = "in credits, such as 5 or 0.25", read: Callable[[str], int] = microcredits) -> None:
    parser.add_argument("amount", type=_said(read), help=help_text)


def _add_range(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="since", type=_said(moment), help="such as 2026-01-31 or 2026-01-31T12:00 (UTC)")
    parser.add_argument("--to", dest="until", type=_said(moment), help="up to this time, which is not included")


def moment(text: str) -> datetime:
    """The time that a person wrote, in UTC unless it says otherwise. Raises ValueError with a sentence."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time, such as 2026-01-31 or 2026-01-31T12:00") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _groups(text: str) -> list[str]:
    groups = [group.strip() for group in text.split(",") if group.strip()]
    if unknown := [group for group in groups if group not in GROUPS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(GROUPS)}")
    return groups


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1,000,000")
    return int(text)


def _said(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Have argparse say the sentence of a ValueError."""

    def reading(text: str) -> Any:
        try:
            return read(text)
        except ValueError as problem:
            raise argparse.ArgumentTypeError(str(problem)) from None

    return reading


def _agreed(console: Console, question: str) -> bool:
    try:
        return console.input(f"{question} (y/N) ", markup=False).strip().lower() in ("y", "yes")
    except EOFError:
        return False

"""The words of `parlour doctor`: looks at a running stack and says what to do. Exits with status 1 where something is broken."""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.console.tables import console

if TYPE_CHECKING:
    from services.console.doctor.finding import Finding
    from services.runtime.security import Tls

type _Parsers = "argparse._SubParsersAction[argparse.ArgumentParser]"
type Address = Callable[[str, int | None], str]
"""Where a service answers, by its name and --port-base."""

METRICS_OFFSET = 50
_STYLES = {"ok": "green", "warn": "yellow", "broken": "bold red"}


def add_doctor_command(commands: _Parsers, address: Address) -> None:
    """Add `doctor`. Its `run` returns the exit status."""
    parser = commands.add_parser("doctor", help="see whether everything works", description="See whether everything works, and what to do if not.")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--timeout", type=float, default=2.0, metavar="SECONDS", help="for each question (default: %(default)s)")
    parser.set_defaults(run=lambda given: run(console(), given, address))


def run(screen: Console, given: argparse.Namespace, address: Address) -> int:
    """Look at the stack and print what was found; return 1 where something is broken, else 0. Raises SystemExit for unusable certificate files."""
    from services.console.doctor.checks import examined  # gRPC and the parser of metrics are for this command alone
    from services.console.doctor.stack import SERVICES, read_stack

    addresses = {name: address(name, given.port_base) for name in SERVICES}
    stack = read_stack(
        addresses,
        {name: metrics_address(name, one) for name, one in addresses.items()},
        tls=_tls(),
        discord_token=os.environ.get("DISCORD_TOKEN", ""),
        discord_url=os.environ.get("PARLOUR_DISCORD_API_URL", ""),
        timeout_s=given.timeout,
    )
    findings = examined(stack)
    if given.json:
        screen.print_json(json.dumps({"healthy": not _broken(findings), "findings": [asdict(finding) for finding in findings]}))
    else:
        show(screen, findings)
    return int(_broken(findings))


def metrics_address(service: str, address: str) -> str:
    """Where a service shows its metrics: by PARLOUR_<SERVICE>_METRICS_LISTEN, else where `make up` puts them, beside its address."""
    host, _, port = address.rpartition(":")
    given = os.environ.get(f"PARLOUR_{service.upper()}_METRICS_LISTEN", "")
    return given or f"{host}:{int(port) + METRICS_OFFSET if port.isdecimal() else port}"


def show(screen: Console, findings: "Sequence[Finding]") -> None:
    """Print a line for each finding, what is not well with what to do, and a last line that sums it up."""
    table = Table("", "check", "of", "what was found", box=None, pad_edge=False)
    for finding in findings:
        told = Text(finding.what)
        if finding.advice:
            told.append(f"\n→ {finding.advice}", style="italic")
        table.add_row(Text(finding.standing.value, style=_STYLES[finding.standing]), finding.check, Text(finding.subject), told)
    screen.print(table)
    counts = {name: sum(finding.standing == name for finding in findings) for name in _STYLES}
    screen.print(f"{counts['ok']} ok, {counts['warn']} to look at, {counts['broken']} broken.", highlight=False)


def _broken(findings: "Sequence[Finding]") -> bool:
    return any(finding.standing == "broken" for finding in findings)


def _tls() -> "Tls | None":
    from services.runtime.security import Tls, UnusableTls, tls_files

    try:
        files = tls_files(*(os.environ.get(f"PARLOUR_TLS_{part}", "") for part in ("CA", "CERT", "KEY")))
        return Tls(files) if files is not None else None
    except UnusableTls as problem:
        raise SystemExit(f"parlour: {problem}") from None

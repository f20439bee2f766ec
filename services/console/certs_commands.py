"""`parlour certs dev`: certificates for mutual TLS, for development."""

import argparse
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DAYS_MAX = 3_650
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def add_certs_commands(commands: Any) -> None:
    """Add the commands to the parser's."""
    certs = commands.add_parser("certs", help="certificates for mutual TLS").add_subparsers(required=True, metavar="command")
    dev = certs.add_parser("dev", help="make a development authority, and under it a certificate for each service and for you")
    dev.add_argument("--out", type=Path, required=True, metavar="DIR", help="where they are written; an authority that lies there is used")
    dev.add_argument("--days", type=_days, default=365, metavar="N", help="how long they hold (default: %(default)s)")
    dev.add_argument("--services", type=_names, metavar="NAME,...", help="for whom (default: every service, operator and tools)")
    dev.add_argument("--host", action="append", default=[], metavar="NAME", help="a further name or address that they are reached by; repeatable")
    dev.add_argument("--namespace", default="parlour", help="in names of a cluster, as in credit.NAMESPACE.svc (default: %(default)s)")
    dev.add_argument("--force", action="store_true", help="replace certificates that are there; the authority never is")
    dev.set_defaults(run=_dev)


def _dev(given: argparse.Namespace) -> int:
    # Here, because no other command needs the library.
    from services.console.development_certificates import NAMES, FileExists, write_certificates

    names = given.services or NAMES
    try:
        written = write_certificates(
            given.out, names, datetime.now(UTC), days=given.days, hosts=given.host, namespace=given.namespace, force=given.force
        )
    except (FileExists, ValueError) as problem:
        print(f"parlour: {problem}.")
        return 1
    for path in written:
        print(path)
    print("\n".join(_how_to_use(given.out.absolute(), names)))
    return 0


def _how_to_use(folder: Path, names: Sequence[str]) -> list[str]:
    example = names[0]
    return [
        "",
        "For development: whoever can read ca-key.pem can be anybody. Each service is told, with its own name:",
        f"  PARLOUR_TLS_CA={folder / 'ca.pem'}",
        f"  PARLOUR_TLS_CERT={folder / f'{example}.pem'}",
        f"  PARLOUR_TLS_KEY={folder / f'{example}-key.pem'}",
        "and the parlour command with the name operator. Renewed files are read without a restart: repeat this with --force before they end.",
    ]


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= DAYS_MAX:
        raise argparse.ArgumentTypeError(f"must be from 1 to {DAYS_MAX}")
    return days


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if _NAME.fullmatch(name) is None or name == "ca":
            raise argparse.ArgumentTypeError(f"{name[:40]!r} cannot be a name")
    return names

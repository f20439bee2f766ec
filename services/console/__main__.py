"""The `parlour` command."""

import argparse
import getpass
import io
import os
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import grpc

from services.console.assistant import Assistant, Person
from services.console.block_commands import add_block_commands
from services.console.certs_commands import add_certs_commands
from services.console.channels import UnusableCertificate, connect
from services.console.chat import Chat
from services.console.credit_audit import ANSWER_BYTES_MAX
from services.console.credit_commands import add_credit_commands
from services.console.credit_journal import BrokenExport
from services.console.discord_commands import add_discord_commands
from services.console.doctor_command import add_doctor_command
from services.console.failures import sentence
from services.console.memory_commands import add_memory_commands
from services.console.memory_file import UnusableFile
from services.console.persona_commands import add_persona_commands
from services.console.privacy_commands import add_privacy_commands
from services.console.screens import Pipe, Screen, Terminal
from services.console.settings_commands import add_settings_commands

SERVICES = ("credit", "memory", "conversation", "gateway")
DEFAULT_PORT_BASE = 50051


def main() -> NoReturn:
    """Run one command; exit with its status, or with status 1 and a sentence when it fails."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that does not know a letter of an answer ends no command
    arguments = _parser().parse_args()
    run: Callable[[argparse.Namespace], int | None] = arguments.run
    status = None
    try:
        status = run(arguments)
    except grpc.RpcError as error:
        sys.exit(f"parlour: {sentence(error)}")
    except (BrokenExport, UnusableFile, UnusableCertificate) as problem:
        sys.exit(f"parlour: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our answers has gone; nothing more can be told to anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        sys.exit(f"parlour: {problem.filename or 'that'} cannot be used: {(problem.strerror or str(problem)).lower()}.")
    sys.exit(status or 0)


def address(service: str, port_base: int | None) -> str:
    """Where a service answers: by --port-base, else by PARLOUR_<SERVICE>_ADDRESS, else where `make up` puts it."""
    if port_base is None and (given := os.environ.get(f"PARLOUR_{service.upper()}_ADDRESS")):
        return given
    return f"127.0.0.1:{(port_base or DEFAULT_PORT_BASE) + SERVICES.index(service)}"


def person(name: str) -> Person:
    """The person at this terminal, always the same for the same name."""
    return Person(user_id="console-" + (re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:40] or "user"), name=name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="parlour", description="Talk with Parlour, and look after it.")
    parser.add_argument("--port-base", type=int, help=f"of the stack on this machine (default: {DEFAULT_PORT_BASE})")
    commands = parser.add_subparsers(required=True, metavar="command")

    chat = commands.add_parser("chat", help="talk in this terminal")
    chat.add_argument("--user", default=_user_name(), help="who you are (default: %(default)s)")
    chat.set_defaults(run=_chat)

    add_credit_commands(commands, partial(_channel, "credit"))
    add_memory_commands(commands, partial(_channel, "memory"), person(_user_name()).user_id)
    add_settings_commands(commands, partial(_channel, "conversation"))
    add_privacy_commands(commands, partial(_channel, "conversation"))
    add_persona_commands(commands, partial(_channel, "conversation"), person(_user_name()).user_id)
    add_discord_commands(commands)
    add_certs_commands(commands)
    add_block_commands(commands, partial(_channel, "conversation"))
    add_doctor_command(commands, address)
    return parser


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "user"


def _chat(arguments: argparse.Namespace) -> None:
    screen: Screen
    if sys.stdin.isatty() and sys.stdout.isatty():
        import readline  # noqa: F401 - gives the prompt a history and lines longer than the terminal driver's 4096 bytes

        screen = Terminal()
    else:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        screen = Pipe()
    with connect(address("gateway", arguments.port_base)) as channel:
        Chat(Assistant(channel, person(arguments.user)), screen).run()


def _channel(service: str, arguments: argparse.Namespace) -> grpc.Channel:
    options = [("grpc.max_receive_message_length", ANSWER_BYTES_MAX)]
    return connect(address(service, arguments.port_base), options=options)


if __name__ == "__main__":
    main()

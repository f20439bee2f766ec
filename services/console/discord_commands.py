"""`parlour discord ...`: what is set up at Discord."""

import argparse
import subprocess
import sys
from typing import Any

REGISTER_MODULE = "services.gateway.discord.register"


def add_discord_commands(commands: Any) -> None:
    """Add the commands to the parser's."""
    discord = commands.add_parser("discord", help="set things up at Discord").add_subparsers(required=True, metavar="command")
    register = discord.add_parser("register", help="register the slash commands of this release, with the bot's token in DISCORD_TOKEN")
    register.set_defaults(run=_register)


def _register(_: argparse.Namespace) -> int:
    """Run the gateway's own step: what it needs of Discord's library is loaded in its process, and not by every command of the console."""
    return subprocess.run([sys.executable, "-m", REGISTER_MODULE], check=False).returncode  # noqa: S603 - our own module

"""The arguments of `python -m services.local`, and what its end means: exit status 0, or 1 with one sentence."""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from services.local import data_folder
from services.local.addresses import DEFAULT_PORT_BASE, PORT_BASE_MAX, Addresses
from services.local.failure import StackFailure
from services.local.stack import Plan, Stack
from services.local.watchdog import Watchdog

_PARENT_POLL_S = 0.2


def main() -> NoReturn:
    """Run the stack."""
    arguments = _arguments()
    # `up` is read by scripts; the standard output of `run` belongs to the answers.
    out = sys.stdout if arguments.action == "up" else sys.stderr

    def say(line: str) -> None:
        print(line, file=out, flush=True)

    watchdog = Watchdog()
    try:
        with data_folder.opened(arguments.data_dir) as folder:
            plan = Plan(Addresses(arguments.port_base), arguments.model == "embedded", dict(os.environ), tls=arguments.tls)
            status = asyncio.run(_run(Stack(plan, folder, watchdog, say), watchdog, say, chat=arguments.action == "run"))
    except StackFailure as failure:
        print(f"parlour: {failure}", file=sys.stderr, flush=True)
        status = 1
    watchdog.close()
    sys.exit(status)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.local", description="Parlour and everything it needs, on this machine alone.")
    parser.add_argument("action", choices=["up", "run"], help="up: until Ctrl-C; run: and chat in this terminal")
    default = Path(os.environ.get("PARLOUR_DATA_DIR") or ".parlour")
    parser.add_argument("--data-dir", type=Path, default=default, help="where everything is kept (default: %(default)s)")
    parser.add_argument("--port-base", type=_port_base, default=DEFAULT_PORT_BASE, help="the first port (default: %(default)s)")
    parser.add_argument("--model", choices=["auto", "embedded"], default="auto", help="embedded: use the model in the box, whatever else there is")
    parser.add_argument("--tls", action="store_true", help="with mutual TLS between the services, by certificates of its own in the data folder")
    return parser.parse_args()


def _port_base(text: str) -> int:
    port = int(text)
    if not 1024 <= port <= PORT_BASE_MAX:
        raise argparse.ArgumentTypeError(f"must be from 1024 to {PORT_BASE_MAX}")
    return port


async def _run(stack: Stack, watchdog: Watchdog, say: Callable[[str], None], *, chat: bool) -> int:
    """Start, wait for an end, stop. Answers the exit status."""
    stopping = _stop_requested()
    began = time.monotonic()
    starting = asyncio.create_task(stack.start())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            return 0
        starting.result()
        for line in (*stack.lines(), stack.model_sentence):
            say(line)
        say(f"parlour is ready ({time.monotonic() - began:.1f} s)" if chat else "parlour is ready")
        if chat:
            return await _chat(stack, watchdog, stopping)
        await stopping
        return 0
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await stack.stop()


def _stop_requested() -> "asyncio.Future[None]":
    """Done at the first Ctrl-C, SIGTERM or hang-up, or when the process that started us is gone."""
    loop = asyncio.get_running_loop()
    stopping: asyncio.Future[None] = loop.create_future()

    def stop() -> None:
        if not stopping.done():
            stopping.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    parent = os.getppid()

    def look() -> None:
        if os.getppid() != parent:
            stop()
        else:
            loop.call_later(_PARENT_POLL_S, look)

    look()
    return stopping


async def _chat(stack: Stack, watchdog: Watchdog, stopping: "asyncio.Future[None]") -> int:
    """Give the terminal to the chat until it ends. Ctrl-C is the chat's own affair meanwhile."""
    loop = asyncio.get_running_loop()
    loop.remove_signal_handler(signal.SIGINT)
    signal.signal(signal.SIGINT, _nothing)  # a handler, not SIG_IGN, which the chat would inherit
    chat = _open_chat(stack.client_environment())
    watchdog.watch(chat.pid, signal.SIGTERM, group=False)
    ended = asyncio.create_task(asyncio.to_thread(chat.wait))
    either: set[asyncio.Future[int] | asyncio.Future[None]] = {ended, stopping}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        chat.terminate()
    status = await ended
    watchdog.forget(chat.pid)
    return max(status, 0)


def _open_chat(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "services.console", "chat"], env=environment)


def _nothing(_number: int, _frame: object) -> None:
    return None

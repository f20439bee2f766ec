"""A program that the stack runs beside itself: how it is started, and how it is asked to stop."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.local.watchdog import Watchdog


@dataclass(frozen=True)
class Command:
    """A program to run.

    `orphan_signal` is what the watchdog sends it first when the process that started it has died.
    """

    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    uid: int | None = None
    gid: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    stop_wait_s: float = 8.0


def spawn(command: Command, log_path: Path, watchdog: Watchdog) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own, so that a Ctrl-C reaches only us; its output is appended to `log_path`."""
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - the stack's own programs
            command.argv,
            env=dict(command.env) or None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=command.uid,
            group=command.gid,
            extra_groups=[] if command.uid is not None else None,
        )
    watchdog.watch(process.pid, command.orphan_signal)
    return process


def stop(process: subprocess.Popen[bytes], command: Command, watchdog: Watchdog) -> None:
    """Ask the program to stop, kill it when it does not within `stop_wait_s`, and wait for its end."""
    signal_group(process.pid, command.stop_signal)
    try:
        process.wait(command.stop_wait_s)
    except subprocess.TimeoutExpired:
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
    watchdog.forget(process.pid)


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the program and what it started; one that has ended is left alone."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return

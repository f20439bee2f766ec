"""Stops what a process started, should that process die without doing so itself (kill -9).

The watchdog holds the reading end of a pipe. The kernel closes the writing end when the other process dies, however it dies; then
the watchdog signals the programs it was told of, kills those that linger, and removes the folders it was told to remove.
PR_SET_PDEATHSIG was considered: it is cleared when a program changes its user, as PostgreSQL's must under root, and it does
not exist on macOS.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TextIO

ORPHAN_WAIT_S = 8.0
_POLL_S = 0.02


class Watchdog:
    """The watched side: tells a watchdog process what to stop. `close` dismisses it."""

    def __init__(self, *, orphan_wait_s: float = ORPHAN_WAIT_S) -> None:
        self._orphan_wait_s = orphan_wait_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: dict[str, str] = {}  # bounded by the number of programs that the stack runs

    def watch(self, pid: int, orphan_signal: signal.Signals, *, group: bool = True) -> None:
        """Stop this process (by default with its whole process group) should we die."""
        target = -pid if group else pid
        self._remember(f"{pid}", f"stop {target} {int(orphan_signal)}")

    def forget(self, pid: int) -> None:
        """The process has ended: its number may now be another's."""
        if self._lines.pop(f"{pid}", None) is not None:
            self._tell(f"forget {pid}")

    def remove_folder(self, path: str) -> None:
        """Remove this folder should we die."""
        self._remember(f"folder {path}", f"folder {path}")

    def close(self) -> None:
        """Dismiss the watchdog: nothing is left to be stopped."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(b"dismissed\n")
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.wait()

    def _remember(self, key: str, line: str) -> None:
        self._lines[key] = line
        self._tell(line)

    def _tell(self, line: str) -> None:
        """Send one line; a watchdog that was itself killed is replaced, and told everything again."""
        if self._process is not None and self._process.poll() is None:
            try:
                self._write(line)
            except BrokenPipeError:
                self._process.kill()
            else:
                return
        self._process = self._start()
        for known in self._lines.values():
            self._write(known)

    def _write(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def _start(self) -> subprocess.Popen[bytes]:
        # -I -S and a plain file: a watchdog imports nothing but the standard library and is up in 15 ms.
        argv = [sys.executable, "-I", "-S", __file__, str(self._orphan_wait_s)]
        return subprocess.Popen(argv, stdin=subprocess.PIPE, start_new_session=True, cwd="/")  # noqa: S603 - our own file


def _signal(target: int, number: int) -> bool:
    """Signal a process, or a process group by its negated number; False when it has ended."""
    try:
        os.kill(target, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _stop_orphans(signals: dict[int, int], wait_s: float) -> None:
    for target in reversed(signals):
        _signal(target, signals[target])
    end = time.monotonic() + wait_s
    while time.monotonic() < end and any(_signal(target, 0) for target in signals):
        time.sleep(_POLL_S)
    for target in signals:
        _signal(target, signal.SIGKILL)


def _main(lines: TextIO, wait_s: float) -> None:
    signals: dict[int, int] = {}
    folders: list[str] = []
    for line in lines:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "stop":
            target, number = rest.split()
            signals[int(target)] = int(number)
        elif word == "forget":
            signals.pop(int(rest), None)
            signals.pop(-int(rest), None)
        elif word == "folder":
            folders.append(rest)
        elif word == "dismissed":
            return
    _stop_orphans(signals, wait_s)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    _main(sys.stdin, float(sys.argv[1]))

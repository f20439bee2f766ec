"""Keeps one program running: starts it, starts it again with growing pauses when it dies, stops it in bounded time."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from services.local.child import Command, signal_group, spawn
from services.local.failure import StackFailure
from services.local.watchdog import Watchdog

RESTART_PAUSE_S = 0.5
RESTART_PAUSE_MAX_S = 10.0
STEADY_AFTER_S = 30.0  # a program that ran this long starts again without a long pause
LOG_BYTES_MAX = 10 * 2**20
_POLL_S = 0.05

Say = Callable[[str], None]


class Supervised:
    """One program of the stack. `start` and `stop` are called once each; between them a task watches over it."""

    def __init__(self, command: Command, log_path: Path, watchdog: Watchdog, say: Say) -> None:
        self.command = command
        self.log_path = log_path
        self._watchdog = watchdog
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start the program; from now on it may die without being started again, until `keep` is called."""
        self._process = spawn(self.command, self.log_path, self._watchdog)

    def keep(self) -> None:
        """From now on, start it again whenever it dies."""
        self._watching = asyncio.create_task(self._watch(), name=f"keep {self.command.name}")

    async def wait_ready(self, probe: Callable[[], Awaitable[bool]], wait_s: float = 60.0) -> None:
        """Wait until `probe` says yes. Raises StackFailure when the program ends before, or does not get there in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait_s
        while loop.time() < end:
            if self.process.poll() is not None:
                raise StackFailure(f"{self.command.name} ended at its start: {last_words(self.log_path)}")
            if await probe():
                return
            await asyncio.sleep(_POLL_S)
        raise StackFailure(f"{self.command.name} was not ready after {wait_s:.0f} s; its log is {self.log_path}.")

    async def stop(self) -> None:
        """Ask it to stop; kill it after the command's `stop_wait_s`."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        if self._process is None:
            return
        if self._process.poll() is None:
            signal_group(self._process.pid, self.command.stop_signal)
            if await self.ended(self.command.stop_wait_s) is None:
                self._say(f"{self.command.name} did not stop within {self.command.stop_wait_s:.0f} s and is killed.")
        # The group, not the process alone: whatever it may have started ends with it.
        signal_group(self._process.pid, signal.SIGKILL)
        await self.ended()
        self._watchdog.forget(self._process.pid)

    async def ended(self, within_s: float = float("inf")) -> int | None:
        """Wait for the program's end. Answers its exit status, or None when it runs on after `within_s`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while self.process.poll() is None and loop.time() < end:  # noqa: ASYNC110 - there is no event for it on every system
            await asyncio.sleep(0.02)
        return self.process.poll()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s, started = RESTART_PAUSE_S, loop.time()
        while True:
            await asyncio.sleep(_POLL_S)
            bound_log(self.log_path)
            status = self.process.poll()
            if status is None:
                continue
            self._watchdog.forget(self.process.pid)
            signal_group(self.process.pid, signal.SIGKILL)
            pause_s = RESTART_PAUSE_S if loop.time() - started > STEADY_AFTER_S else pause_s
            self._say(f"{self.command.name} ended ({ending(status)}) and starts again in {pause_s:.1f} s; its log is {self.log_path}.")
            await asyncio.sleep(pause_s)
            pause_s = min(RESTART_PAUSE_MAX_S, pause_s * 2)
            self.start()
            started = loop.time()


def ending(status: int) -> str:
    """An exit status in words."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def bound_log(path: Path) -> None:
    """Keep a log below LOG_BYTES_MAX, with one older part beside it.

    The program goes on appending to the same file, so it is copied and emptied rather than moved; a line written in between may be lost.
    """
    if path.stat().st_size > LOG_BYTES_MAX:
        shutil.copyfile(path, path.with_suffix(".log.1"))
        with path.open("r+b") as log:
            log.truncate(0)


def last_words(log_path: Path) -> str:
    """The last line that a program wrote, for a sentence."""
    with log_path.open("rb") as log:
        log.seek(max(0, log_path.stat().st_size - 4000))
        lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:500] if lines else f"it said nothing; its log is {log_path}."

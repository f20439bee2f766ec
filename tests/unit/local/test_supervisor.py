"""A program that dies starts again; one that will not stop is killed; a log stays bounded."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.local import supervisor
from services.local.child import Command
from services.local.failure import StackFailure
from services.local.supervisor import Supervised, bound_log, ending
from services.local.watchdog import Watchdog

Start = Callable[..., Supervised]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def start(tmp_path: Path, watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.setattr(supervisor, "RESTART_PAUSE_S", 0.01)
    started: list[Supervised] = []

    def start(code: str, say: Callable[[str], None] = print, **options: float) -> Supervised:
        child = Supervised(Command("sleeper", [sys.executable, "-c", code], dict(os.environ), **options), tmp_path / "sleeper.log", watchdog, say)
        child.start()
        started.append(child)
        return child

    yield start
    for child in started:
        await child.stop()


async def test_a_program_that_is_killed_starts_again_and_one_line_says_so(start: Start) -> None:
    said: list[str] = []
    child = start("import time; time.sleep(60)", said.append)
    child.keep()
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: child.process.pid != first)
    assert [line.split("; its log")[0] for line in said] == ["sleeper ended (killed by SIGKILL) and starts again in 0.0 s"]


async def test_a_program_that_ends_at_its_start_is_quoted(start: Start) -> None:
    async def never() -> bool:
        return False

    child = start("print('first'); print('no such database')")
    with pytest.raises(StackFailure, match="sleeper ended at its start: no such database"):
        await child.wait_ready(never)


async def test_a_program_that_ignores_sigterm_is_killed_in_bounded_time(start: Start) -> None:
    said: list[str] = []
    child = start(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)", said.append, stop_wait_s=0.1
    )
    await until(lambda: "ready" in child.log_path.read_text())
    await child.stop()
    assert child.process.returncode == -signal.SIGKILL
    assert "did not stop within" in said[0]


async def test_what_a_program_started_ends_with_it(start: Start) -> None:
    child = start("import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)")
    await until(lambda: child.log_path.read_text().strip().isdigit())
    grandchild = int(child.log_path.read_text())
    await child.stop()
    await until(lambda: not _runs(grandchild))


def _runs(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_log_is_kept_below_its_limit_with_one_older_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOG_BYTES_MAX", 10)
    log = tmp_path / "x.log"
    log.write_text("0123456789ab")
    bound_log(log)
    assert log.read_text() == ""
    assert (tmp_path / "x.log.1").read_text() == "0123456789ab"


def test_an_exit_status_is_said_in_words() -> None:
    assert ending(-9) == "killed by SIGKILL"
    assert ending(3) == "exit status 3"

"""What a process started ends with it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.local.watchdog import Watchdog

_OWNER = """
import subprocess, sys, time, signal
from services.local.watchdog import Watchdog
watchdog = Watchdog(orphan_wait_s=0.5)
watchdog.remove_folder(sys.argv[1])
child = subprocess.Popen([sys.executable, "-c", sys.argv[2]], start_new_session=True)
watchdog.watch(child.pid, signal.SIGTERM)
print(child.pid, flush=True)
time.sleep(60)
"""
_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("code", ["import time; time.sleep(60)", _STUBBORN])
def test_kill_9_of_the_owner_ends_its_child_and_removes_its_folder(tmp_path: Path, code: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    owner = subprocess.Popen([sys.executable, "-c", _OWNER, str(folder), code], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert owner.stdout is not None
    child = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    until(lambda: not runs(child))
    until(lambda: not folder.exists())


def test_a_watchdog_that_is_itself_killed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    watchdog = Watchdog()
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        watchdog.watch(child.pid, signal.SIGKILL)
        first = watchdog._process
        assert first is not None
        first.kill()
        first.wait()
        watchdog.watch(child.pid, signal.SIGKILL)
        assert watchdog._process is not None
        assert watchdog._process.pid != first.pid
    finally:
        child.kill()
        child.wait()
        watchdog.close()


def test_a_dismissed_watchdog_stops_nothing() -> None:
    watchdog = Watchdog()
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    watchdog.watch(child.pid, signal.SIGKILL)
    watchdog.close()
    assert child.poll() is None
    child.kill()
    child.wait()

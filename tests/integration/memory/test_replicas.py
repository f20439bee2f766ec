"""Reads are served by streaming replicas, see the reader's own writes, and are answered by the primary whatever happens to a replica."""

import asyncio
import itertools
import signal
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace

import psycopg
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.memory.last_writes import LastWrites, Position, keep_last_writes, last_writes
from services.memory.replicas import PRIMARY, Limits, Replicas
from services.memory.scope_lock import count, lock_scopes, writing
from services.memory.scopes import Scope, Visibility
from services.runtime import deadline
from services.runtime.database import Database
from services.runtime.errors import DependencyUnavailable, NotFound
from tests.streaming_replica import StreamingReplica

_numbers = itertools.count(1)
# A machine under load may take longer than a replica is given in service; where a test is about the bound it sets its own.
PATIENT = Limits(wait_s=5.0, read_s=30.0, lag_max_s=600.0, failures_max=3, rest_s=600.0)
BRIEF = Limits(wait_s=0.1, read_s=30.0, lag_max_s=600.0, failures_max=3, rest_s=600.0)


@pytest.fixture(scope="module")
def primary(start_postgres):
    # Durable: what is not flushed is not sent.
    return start_postgres("memory-primary", durable=True)


@pytest.fixture(scope="module")
def url(primary):
    from services.local.databases import EXTENSIONS
    from services.runtime.migrations import migrate

    primary.create_database("memory", owner="memory", extensions=EXTENSIONS["memory"])
    url = primary.url("memory", user="memory")
    migrate(url, "services.memory")
    return url


@pytest.fixture
def start_replica(primary, url, engine_folder, watchdog):
    """Starts replicas of the primary, or of another replica."""
    started = []

    def start(source=None):
        replica = StreamingReplica(source or primary, engine_folder / f"replica{next(_numbers)}", watchdog)
        replica.start()
        started.append(replica)
        return replica

    yield start
    for replica in reversed(started):
        replica.stop()


@pytest.fixture
def replica(start_replica):
    return start_replica()


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


async def test_a_read_is_served_by_the_replica(url, replica):
    async with routing(url, replica) as service:
        scope = new_scope()
        await write(service, scope)
        served = await writes_seen(service, scope)
    assert (served.value, served.served_by) == (1, "replica-1")


async def test_a_read_in_a_session_is_served_by_the_replica_and_confined(url, replica):
    async with routing(url, replica) as service:
        scope = new_scope()
        await write(service, scope)

        async def work(session):
            statement = "SELECT current_user, current_setting('parlour.scopes'), pg_is_in_recovery(), current_setting('transaction_read_only')"
            return tuple((await session.execute(text(statement))).one())

        served = await service.route.read([scope.scope_id], "", work)
    assert served.value == ("parlour_memory_app", str(scope.scope_id), True, "on")


async def test_without_replicas_the_primary_serves(url):
    async with routing(url) as service:
        scope = new_scope()
        before = reads(PRIMARY, "no_replica")
        await write(service, scope)
        served = await writes_seen(service, scope)
    assert (served.value, served.served_by) == (1, PRIMARY)
    assert reads(PRIMARY, "no_replica") == before + 1


async def test_two_replicas_share_the_reads(url, start_replica):
    async with routing(url, start_replica(), start_replica()) as service:
        scope = new_scope()
        await write(service, scope)
        served = [(await writes_seen(service, scope)).served_by for _ in range(10)]
    assert sorted(served) == ["replica-1"] * 5 + ["replica-2"] * 5


class Paused:
    """A replica that receives and does not replay."""

    def __init__(self, replica):
        self.replica = replica

    def __enter__(self):
        self.replica.run("SELECT pg_wal_replay_pause()")
        until(lambda: self.replica.run("SELECT pg_get_wal_replay_pause_state()") == [("paused",)], "pause")

    def __exit__(self, *_):
        self.replica.run("SELECT pg_wal_replay_resume()")


async def test_a_callers_token_is_waited_for_within_the_bound_and_then_the_primary_serves(url, replica):
    async with routing(url, replica, limits=BRIEF) as service, routing(url) as other_instance:
        scope = new_scope()
        await caught_up(service, replica)
        with Paused(replica):
            token = await write(other_instance, scope)
            before, begun = reads(PRIMARY, "lags"), time.monotonic()
            served = await writes_seen(service, scope, token)
            took_s = time.monotonic() - begun
        assert (served.value, served.served_by) == (1, PRIMARY)
        assert reads(PRIMARY, "lags") == before + 1
        assert 0.09 <= took_s < 1.0


async def test_a_short_deadline_shortens_the_wait(url, replica):
    async with routing(url, replica, limits=PATIENT) as service, routing(url) as other_instance:
        scope = new_scope()
        await caught_up(service, replica)
        with Paused(replica):
            token = await write(other_instance, scope)
            begun = time.monotonic()
            with deadline.limited(1.0):
                served = await writes_seen(service, scope, token)
            took_s = time.monotonic() - begun
        assert served.served_by == PRIMARY
        assert 0.18 <= took_s < 1.0


async def test_a_replica_that_gets_there_in_time_serves_after_all(url, replica):
    async with routing(url, replica) as service, routing(url) as other_instance:
        scope = new_scope()
        await caught_up(service, replica)
        with Paused(replica):
            token = await write(other_instance, scope)
            reading = asyncio.create_task(writes_seen(service, scope, token))
            until_waiting = await asyncio.wait({reading}, timeout=0.1)
            assert not until_waiting[0]
        served = await reading
    assert (served.value, served.served_by) == (1, "replica-1")


async def test_who_brings_no_token_sees_their_own_write_though_the_replica_lags(url, replica):
    async with routing(url, replica, limits=BRIEF) as service:
        scope, other = new_scope(), new_scope()
        await write(service, scope)
        await caught_up(service, replica)
        await writes_seen(service, other)
        with Paused(replica):
            await write(service, scope)
            served = await writes_seen(service, scope)
            assert (served.value, served.served_by) == (2, PRIMARY)
            # Who wrote nothing is served by the replica all the same.
            assert (await writes_seen(service, other)).served_by == "replica-1"


async def test_a_write_whose_position_is_not_known_yet_is_read_on_the_primary(url, replica):
    async with routing(url, replica) as service:
        scope = new_scope()
        await write(service, scope)
        await writes_seen(service, scope)  # the first read asks the primary where it is
        before = reads(PRIMARY, "unsettled")
        await write_without_asking(service, scope)
        served = await writes_seen(service, scope)
        assert (served.value, served.served_by) == (2, PRIMARY)
        assert reads(PRIMARY, "unsettled") == before + 1
        while (await writes_seen(service, scope)).served_by == PRIMARY:  # the primary was asked meanwhile
            await asyncio.sleep(0.01)


async def test_a_service_that_has_just_started_reads_nothing_older_than_its_start(url, replica):
    async with routing(url) as before_the_start:
        scope = new_scope()
        await caught_up(before_the_start, replica)
        with Paused(replica):
            await write(before_the_start, scope)
            async with routing(url, replica, limits=replace(BRIEF, wait_s=1.0)) as service:
                served = await writes_seen(service, scope)
    assert (served.value, served.served_by) == (1, PRIMARY)


async def test_scopes_that_no_longer_fit_the_memory_are_held_to_be_written_late(url, replica):
    async with routing(url, replica, limits=BRIEF) as service:
        keep_last_writes(service.primary, LastWrites(scopes_max=2))
        service = SimpleNamespace(route=service.route, primary=service.primary, writes=last_writes(service.primary))
        scopes = [new_scope() for _ in range(5)]
        await caught_up(service, replica)
        with Paused(replica):
            for scope in scopes:
                await write(service, scope)
            served = [await writes_seen(service, scope) for scope in scopes]
        assert [(one.value, one.served_by) for one in served] == [(1, PRIMARY)] * 5


async def test_a_replica_older_than_the_greatest_lag_serves_nobody(url, replica):
    limits = Limits(wait_s=0.1, lag_max_s=0.2, failures_max=1_000)
    async with routing(url, replica, limits=limits) as service, routing(url) as other_instance:
        scope = new_scope()
        await caught_up(service, replica)
        with Paused(replica):
            await write(other_instance, scope)
            while (served := await writes_seen(service, scope)).served_by != PRIMARY:
                await asyncio.sleep(0.01)
            assert served.value == 1


async def test_a_killed_replica_costs_no_answer_and_is_left_alone(url, replica):
    async with routing(url, replica) as service:
        scope = new_scope()
        await write(service, scope)
        assert (await writes_seen(service, scope)).served_by == "replica-1"
        unreachable, resting = reads(PRIMARY, "unreachable"), reads(PRIMARY, "resting")
        replica.kill()
        served = [await writes_seen(service, scope) for _ in range(10)]
        assert [(one.value, one.served_by) for one in served] == [(1, PRIMARY)] * 10
        assert reads(PRIMARY, "unreachable") == unreachable + PATIENT.failures_max
        assert reads(PRIMARY, "resting") == resting + 10 - PATIENT.failures_max


async def test_a_replica_killed_in_the_middle_of_a_read_costs_no_answer(url, replica):
    async with routing(url, replica) as service:
        scope = new_scope()
        await write(service, scope)

        async def work(connection):
            row = await (await connection.execute("SELECT CASE WHEN pg_is_in_recovery() THEN pg_sleep(60) END IS NULL")).fetchone()
            return row[0]

        reading = asyncio.create_task(service.route.look([scope.scope_id], "", work))
        await _sleeps_on(replica)
        replica.kill()
        served = await reading
    assert (served.value, served.served_by) == (True, PRIMARY)


async def _sleeps_on(replica):
    statement = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    while await asyncio.to_thread(replica.run, statement) != [(1,)]:
        await asyncio.sleep(0.01)


async def test_a_replica_that_comes_back_is_read_from_again_when_it_gives_a_sign_of_life(url, replica):
    async with routing(url, replica) as service:
        scope = new_scope()
        await write(service, scope)
        replica.kill()
        for _ in range(PATIENT.failures_max):
            await writes_seen(service, scope)
        replica.start()
        assert (await writes_seen(service, scope)).served_by == PRIMARY  # it is still left alone
        await service.route.replicas[0].probe()
        assert (await writes_seen(service, scope)).served_by == "replica-1"


async def test_a_replica_that_hangs_costs_no_answer(url, replica):
    limits = Limits(wait_s=0.1, read_s=0.2, lag_max_s=600.0, rest_s=600.0)
    async with routing(url, replica, limits=limits) as service:
        scope = new_scope()
        await write(service, scope)
        await caught_up(service, replica)
        assert (await writes_seen(service, scope)).served_by == "replica-1"
        before = reads(PRIMARY, "unreachable")
        replica.signal(signal.SIGSTOP)
        try:
            begun = time.monotonic()
            served = await writes_seen(service, scope)
            took_s = time.monotonic() - begun
        finally:
            replica.signal(signal.SIGCONT)
        assert (served.value, served.served_by) == (1, PRIMARY)
        assert reads(PRIMARY, "unreachable") == before + 1
        assert took_s < 2.0


async def test_a_query_that_the_replica_cancels_is_answered_by_the_primary(url, primary, replica):
    async with routing(url, replica, limits=replace(PATIENT, failures_max=1)) as service:
        scope = new_scope()
        await write(service, scope)
        await caught_up(service, replica)
        replica.run("ALTER SYSTEM SET max_standby_streaming_delay = 0")
        replica.run("SELECT pg_reload_conf()")

        async def work(connection):
            await connection.execute("SELECT count(*) FROM scopes WHERE pg_is_in_recovery() AND pg_sleep(60) IS NOT NULL")

        before = reads(PRIMARY, "cancelled")
        reading = asyncio.create_task(service.route.look([scope.scope_id], "", work))
        await _sleeps_on(replica)
        with psycopg.connect(primary.url("memory")) as connection:
            connection.execute("LOCK TABLE scopes IN ACCESS EXCLUSIVE MODE")
        served = await reading
        assert served.served_by == PRIMARY
        assert reads(PRIMARY, "cancelled") == before + 1
        # One cancelled query is no reason to leave the replica alone.
        assert (await writes_seen(service, scope)).served_by == "replica-1"


def promote(replica):
    replica.run("SELECT pg_promote()")
    until(lambda: replica.run("SELECT pg_is_in_recovery()") == [(False,)], "promotion")


async def test_a_replica_is_well_though_it_takes_no_writes_and_a_writer_is_told(url, replica):
    async with routing(url, replica) as service:
        [standby] = service.route.replicas
        for _ in range(2):  # also on connections that were used before
            await standby.probe()
            with pytest.raises(DependencyUnavailable, match="only reads"):
                await standby.database.takes_writes()
            with pytest.raises(DependencyUnavailable, match="only reads"):
                async with standby.database.write() as session:
                    await session.execute(text("UPDATE scopes SET memory_count = 0"))
            with pytest.raises(DependencyUnavailable, match="only reads"):
                async with standby.database.connection() as connection:
                    await connection.execute("UPDATE scopes SET memory_count = 0")
        await service.primary.takes_writes()
        promote(replica)
        await standby.database.takes_writes()


async def test_a_promoted_replica_serves_nobody(url, replica):
    async with routing(url, replica) as service:
        scope = new_scope()
        token = await write(service, scope)
        assert (await writes_seen(service, scope, token)).served_by == "replica-1"
        before = reads(PRIMARY, "promoted")
        promote(replica)
        # It takes writes of its own: its log soon lies behind every token, and has none of the writes since.
        replica.run("SELECT pg_switch_wal()")
        replica.run("SELECT pg_logical_emit_message(false, 'test', repeat('x', 100000))")
        await write(service, scope)
        served = [await writes_seen(service, scope, token), await writes_seen(service, scope)]
        assert [(one.value, one.served_by) for one in served] == [(2, PRIMARY)] * 2
        assert reads(PRIMARY, "promoted") == before + 2


async def test_a_replica_of_a_promoted_one_serves_nobody_who_has_a_token_from_the_old_timeline(url, replica, start_replica):
    second = start_replica(replica.server)
    replica.run("ALTER SYSTEM SET wal_keep_size = '64MB'")
    async with routing(url, second) as service:
        scope = new_scope()
        await write(service, scope)
        assert (await writes_seen(service, scope)).served_by == "replica-1"
        promote(replica)
        grant(replica)
        replica.run("SELECT pg_switch_wal()")
        replica.run("SELECT pg_logical_emit_message(true, 'test', repeat('x', 100000))")
        token = await write(service, scope)
        behind = Position.parse(token).lsn
        until(lambda: Position.parse(second.run("SELECT pg_last_wal_replay_lsn()::text")[0][0]).lsn > behind, "replay of the new timeline")
        before = reads(PRIMARY, "other_timeline")
        served = await writes_seen(service, scope, token)
        assert (served.value, served.served_by) == (2, PRIMARY)
        assert reads(PRIMARY, "other_timeline") == before + 1


def grant(server):
    """Let the service see which timeline its replicas receive."""
    server.run("GRANT pg_read_all_stats TO memory")


async def test_after_a_failover_a_token_from_the_old_timeline_is_served_by_replicas_of_the_new_primary(url, replica, start_replica):
    second = start_replica(replica.server)
    async with routing(url) as before_failover:
        scope = new_scope()
        token = await write(before_failover, scope)
    written = f"SELECT memory_count FROM scopes WHERE scope_id = '{scope.scope_id}'"
    until(lambda: second.run(written, "memory") == [(1,)], "replay")
    promote(replica)
    grant(replica)
    async with routing(replica.server.url("memory", user="memory"), second) as service:
        await write(service, new_scope())
        served = await writes_seen(service, scope, token)
        assert Position.parse(token).timeline == 1
        assert service.writes.latest.position.timeline == 2
    assert (served.value, served.served_by) == (1, "replica-1")


async def test_a_token_that_nobody_gave_is_answered_and_is_not_held_against_the_replica(url, replica):
    async with routing(url, replica, limits=BRIEF) as service:
        scope = new_scope()
        await write(service, scope)
        await caught_up(service, replica)
        for token in ("FFFFFFFF/FFFFFFFF", "0000000900000000/00000001") * 3:
            assert (await writes_seen(service, scope, token)).served_by == PRIMARY
        assert (await writes_seen(service, scope)).served_by == "replica-1"


async def test_a_server_that_is_no_copy_of_the_primary_serves_nobody(url, replica, start_postgres):
    other = start_postgres("memory-other", durable=True)
    other.create_database("memory", owner="memory", extensions=("vector",))
    async with routing(other.url("memory", user="memory"), replica) as service:
        before = reads(PRIMARY, "other_cluster")
        served = await service.route.look([], "", _is_in_recovery)
        assert (served.value, served.served_by) == (False, PRIMARY)
        assert reads(PRIMARY, "other_cluster") == before + 1


async def _is_in_recovery(connection):
    return (await (await connection.execute("SELECT pg_is_in_recovery()")).fetchone())[0]


async def test_what_is_not_on_the_replica_is_looked_for_on_the_primary(url, replica):
    async with routing(url, replica) as service:

        async def work(connection):
            if await _is_in_recovery(connection):
                raise NotFound("memory")
            return "found"

        served = await service.route.look([new_scope().scope_id], "", work)
    assert (served.value, served.served_by) == ("found", PRIMARY)


async def test_a_replica_serves_while_the_primary_is_away(url, replica, tmp_path):
    async with routing(url, replica) as service:
        scope = new_scope()
        await write(service, scope)
        await caught_up(service, replica)
    async with routing(f"postgresql://memory@/memory?host={tmp_path}", replica, limits=BRIEF, pool_wait_s=0.1) as service:
        served = await writes_seen(service, scope)
    assert (served.value, served.served_by) == (1, "replica-1")


async def test_the_parts_of_one_answer_are_served_by_the_same_server(url, start_replica):
    async with routing(url, start_replica(), start_replica()) as service:
        scope = new_scope()
        await write(service, scope)
        for name in ("replica-1", "replica-2", PRIMARY):
            served = [(await service.route.look([scope.scope_id], "", _is_in_recovery, after=name)).served_by for _ in range(4)]
            assert served == [name] * 4

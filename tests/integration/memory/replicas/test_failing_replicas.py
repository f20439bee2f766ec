"""Reads are answered whatever happens to a replica, or to the primary."""

import asyncio
import signal
import time
from dataclasses import replace

import psycopg

from services.memory.replicas import PRIMARY, Limits
from tests.integration.memory.replicas.routed import (
    BRIEF,
    PATIENT,
    caught_up,
    new_scope,
    reads,
    routing,
    write,
    writes_seen,
)


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


async def test_a_replica_serves_while_the_primary_is_away(url, replica, tmp_path):
    async with routing(url, replica) as service:
        scope = new_scope()
        await write(service, scope)
        await caught_up(service, replica)
    async with routing(f"postgresql://memory@/memory?host={tmp_path}", replica, limits=BRIEF, pool_wait_s=0.1) as service:
        served = await writes_seen(service, scope)
    assert (served.value, served.served_by) == (1, "replica-1")

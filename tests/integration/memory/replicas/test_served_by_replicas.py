"""Reads are served by streaming replicas, and see the reader's own writes."""

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace

from sqlalchemy import text

from services.memory.last_writes import LastWrites, keep_last_writes, last_writes
from services.memory.replicas import PRIMARY, Limits
from services.runtime import deadline
from services.runtime.errors import NotFound
from tests.integration.memory.replicas.routed import (
    BRIEF,
    PATIENT,
    caught_up,
    is_in_recovery,
    new_scope,
    reads,
    routing,
    until,
    write,
    write_without_asking,
    writes_seen,
)


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


async def test_what_is_not_on_the_replica_is_looked_for_on_the_primary(url, replica):
    async with routing(url, replica) as service:

        async def work(connection):
            if await is_in_recovery(connection):
                raise NotFound("memory")
            return "found"

        served = await service.route.look([new_scope().scope_id], "", work)
    assert (served.value, served.served_by) == ("found", PRIMARY)


async def test_the_parts_of_one_answer_are_served_by_the_same_server(url, start_replica):
    async with routing(url, start_replica(), start_replica()) as service:
        scope = new_scope()
        await write(service, scope)
        for name in ("replica-1", "replica-2", PRIMARY):
            served = [(await service.route.look([scope.scope_id], "", is_in_recovery, after=name)).served_by for _ in range(4)]
            assert served == [name] * 4

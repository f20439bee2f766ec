"""What was promoted, or is no copy of the primary, serves nobody."""

import pytest
from sqlalchemy import text

from services.memory.last_writes import Position
from services.memory.replicas import PRIMARY
from services.runtime.errors import DependencyUnavailable
from tests.integration.memory.replicas.routed import BRIEF, caught_up, is_in_recovery, new_scope, reads, routing, until, write, writes_seen


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
        served = await service.route.look([], "", is_in_recovery)
        assert (served.value, served.served_by) == (False, PRIMARY)
        assert reads(PRIMARY, "other_cluster") == before + 1

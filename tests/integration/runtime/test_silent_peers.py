"""A server that falls silent without closing anything is noticed, and whoever waits for it is answered in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import psycopg
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from sqlalchemy import text

from services.local.addresses import free_port
from services.runtime import errors
from services.runtime.bounded_connection import ON_THE_WAY_S
from services.runtime.channel import KEEPALIVE_MS, KEEPALIVE_WAIT_MS, Remote
from services.runtime.database import Database
from tests.fakes.fault_proxy import Connected, Fault, FaultProxy, Full

SOCKET = ".s.PGSQL.5432"
STATEMENT_S = 1.0
LATE_S = 2.0  # for a machine that does much else


@pytest.fixture
async def proxy(postgres, engine_folder) -> AsyncIterator[FaultProxy]:
    """The way to the session's PostgreSQL."""
    proxy = FaultProxy(engine_folder / "silent" / SOCKET, postgres.socket_folder / SOCKET, full=Full(connected=Connected.CLOSED))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def database(postgres, proxy: FaultProxy) -> AsyncIterator[Database]:
    postgres.create_database("silent", owner="credit")
    assert isinstance(proxy.listen, Path)
    url = postgres.url("silent", user="credit").partition("?")[0] + f"?host={proxy.listen.parent}"
    database = Database(url, pool_size=3, pool_wait_s=2, statement_timeout_s=STATEMENT_S)
    yield database
    await database.close()
    await proxy.stop()
    postgres.drop_database("silent")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def ask(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("SELECT 1")


@pytest.mark.parametrize("fault", [Fault.HALF_OPEN, Fault.SLOW])
async def test_a_silent_database_is_given_up_soon_after_a_statement_may_take(database, proxy, fault):
    await asyncio.gather(ask(database), database.ping())
    await proxy.inject(fault)
    for use in (ask, Database.ping):
        started_s = time.monotonic()
        with pytest.raises(errors.DependencyUnavailable):
            await use(database)
        assert time.monotonic() - started_s < STATEMENT_S + ON_THE_WAY_S + LATE_S


@pytest.mark.parametrize("use", [ask, Database.ping])
async def test_waiting_for_a_silent_database_can_be_ended_at_once(database, proxy, use):
    await use(database)
    await proxy.inject(Fault.HALF_OPEN)
    started_s = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await use(database)
    assert time.monotonic() - started_s < STATEMENT_S


async def test_connections_that_fell_silent_are_used_by_nobody_once_the_database_is_back(database, proxy):
    await asyncio.gather(*(ask(database) for _ in range(3)), *(database.ping() for _ in range(3)))
    await proxy.inject(Fault.HALF_OPEN)
    with pytest.raises(errors.DependencyUnavailable):
        await database.ping()
    await proxy.clear()
    for _ in range(3):
        await database.ping()
        await ask(database)


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.FULL])
async def test_a_connection_that_was_closed_while_it_lay_idle_fails_nobody(database, proxy, fault):
    await asyncio.gather(*(ask(database) for _ in range(3)), *(database.ping() for _ in range(3)))
    kept = database.keep()
    async with kept.connection() as connection:
        await connection.execute("SELECT 1")
    await proxy.inject(fault)
    await until(lambda: proxy.connected == 0)
    await proxy.clear()
    for _ in range(3):
        await database.ping()
        await ask(database)
    async with kept.connection() as connection:
        await connection.execute("SELECT 1")


async def test_what_is_no_answer_of_a_database_says_that_it_is_away(database, proxy):
    await ask(database)
    await proxy.inject(Fault.GARBAGE)
    for use in (ask, Database.ping):
        with pytest.raises(errors.DependencyUnavailable):
            await use(database)


async def test_a_cancelled_statement_leaves_its_connection_to_others(database):
    async with database.connection() as connection:
        backend = connection.info.backend_pid
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await connection.execute("SELECT pg_sleep(0.9)")
        assert not connection.closed
        assert await (await connection.execute("SELECT pg_backend_pid()")).fetchone() == (backend,)


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(database):
    with pytest.raises(errors.DeadlineExceeded):
        async with database.read() as session:
            await session.execute(text("SELECT pg_sleep(30)"))


@pytest.fixture
async def service() -> AsyncIterator[tuple[Remote, FaultProxy]]:
    server, port, seen = grpc.aio.server(), free_port(), free_port()
    checks = health.aio.HealthServicer()
    await checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    proxy = FaultProxy(("127.0.0.1", seen), ("127.0.0.1", port))
    await proxy.start()
    remote = Remote("memory", f"127.0.0.1:{seen}", failures_max=1_000)
    yield remote, proxy
    await remote.close()
    await proxy.stop()
    await server.stop(0)


async def check(remote: Remote) -> None:
    stub = health_pb2_grpc.HealthStub(remote.channel)
    await remote.unary(stub.Check, health_pb2.HealthCheckRequest(), timeout_s=0.5)  # type: ignore[attr-defined]


async def test_a_service_that_fell_silent_is_reached_anew_by_a_new_connection(service):
    remote, proxy = service
    await check(remote)
    await proxy.inject(Fault.HALF_OPEN)
    with pytest.raises(errors.DeadlineExceeded):
        await check(remote)
    await proxy.clear()
    started_s, answered = time.monotonic(), False
    while not answered and time.monotonic() - started_s < (KEEPALIVE_MS + KEEPALIVE_WAIT_MS) / 1000 + LATE_S:
        try:
            await check(remote)
            answered = True
        except (errors.DeadlineExceeded, errors.DependencyUnavailable):
            await asyncio.sleep(0.05)
    assert answered


async def test_what_is_no_http_says_that_the_service_is_away(service):
    remote, proxy = service
    await check(remote)
    await proxy.inject(Fault.GARBAGE)
    with pytest.raises(errors.DependencyUnavailable):
        await check(remote)


async def test_a_server_that_ends_a_connection_between_statements_is_no_error(postgres, proxy, database):
    async with database.connection() as connection:
        backend = connection.info.backend_pid
    with psycopg.connect(postgres.url(), autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s)", [backend])
    await until(lambda: proxy.connected == 0)
    await ask(database)

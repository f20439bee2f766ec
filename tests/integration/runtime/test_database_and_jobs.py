"""Transactions and durable jobs on a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.runtime import deadline, errors
from services.runtime.database import Database, retry_stale
from services.runtime.jobs import DEFER, Jobs


async def count(database: Database) -> int:
    async with database.read() as session:
        return (await session.execute(text("SELECT count(*) FROM notes"))).scalar_one()


async def test_a_write_commits_at_the_end_and_not_after_an_error(database):
    async with database.write() as session:
        await session.execute(text("INSERT INTO notes (id) VALUES (1)"))
    with pytest.raises(ValueError, match="no"):
        async with database.write() as session:
            await session.execute(text("INSERT INTO notes (id) VALUES (2)"))
            raise ValueError("no")
    assert await count(database) == 1


async def test_a_read_cannot_write(database):
    with pytest.raises(Exception, match="read-only transaction"):
        async with database.read() as session:
            await session.execute(text("INSERT INTO notes (id) VALUES (1)"))


async def test_a_slow_statement_is_cancelled_and_named(database):
    with pytest.raises(errors.DeadlineExceeded):
        async with database.read() as session:
            await session.execute(text("SELECT pg_sleep(5)"))
    with pytest.raises(errors.DeadlineExceeded):
        async with database.connection() as connection:
            await connection.execute("SELECT pg_sleep(5)")


async def test_waiting_for_a_connection_has_an_end(database):
    async with database.connection(), database.connection(), database.connection():
        with pytest.raises(errors.DependencyUnavailable):
            async with database.connection():
                pass


async def test_a_database_that_is_not_there_is_unavailable():
    away = Database("postgresql://nobody@127.0.0.1:1/none", pool_wait_s=0.3)
    with pytest.raises(errors.DependencyUnavailable):
        await away.ping()
    with pytest.raises(errors.DependencyUnavailable):
        async with away.connection():
            pass
    await away.close()


async def test_who_does_not_wait_while_connections_are_refused_fails_at_once():
    away = Database("postgresql://nobody@127.0.0.1:1/none", pool_wait_s=60, wait_while_refused=False)
    async with asyncio.timeout(10):
        for _ in range(2):
            with pytest.raises(errors.DependencyUnavailable):
                async with away.connection():
                    pass
    await away.close()


async def test_broken_connections_are_replaced(database):
    await database.ping()
    async with database.connection() as connection:
        await connection.execute("SELECT 1")
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    for _ in range(2):
        try:
            await database.ping()
            async with database.connection() as connection:
                await connection.execute("SELECT 1")
        except errors.DependencyUnavailable:
            continue
    await database.ping()
    async with database.connection() as connection:
        await connection.execute("SELECT 1")


def only_read(database: Database, on: bool) -> None:
    """Have sessions that begin from now on read only, as those with a standby do; those there are stay as they are."""
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute("SET default_transaction_read_only = off")
        other.execute(f"ALTER DATABASE runtime SET default_transaction_read_only = {'on' if on else 'off'}")


async def fill_the_pools(database: Database) -> None:
    async with database.read() as first, database.read() as second, database.connection() as third, database.connection() as fourth:
        for session in (first, second):
            await session.execute(text("SELECT 1"))
        for connection in (third, fourth):
            await connection.execute("SELECT 1")


async def insert(database: Database, number: int) -> None:
    async with database.write() as session:
        await session.execute(text("INSERT INTO notes (id) VALUES (:id)"), {"id": number})


async def insert_plainly(database: Database, number: int) -> None:
    async with database.connection() as connection:
        await connection.execute("INSERT INTO notes (id) VALUES (%s)", (number,))


async def insert_on_a_kept_connection(database: Database, number: int) -> None:
    kept = database.keep()
    for _ in range(2):
        async with kept.connection() as connection:
            await connection.execute("SELECT 1")
    async with kept.connection() as connection:
        await connection.execute("INSERT INTO notes (id) VALUES (%s)", (number,))


async def soon(database: Database, write: Callable[[Database, int], Awaitable[None]], number: int) -> None:
    """Write, while connections are opened anew."""
    async with asyncio.timeout(3):
        while True:
            try:
                return await write(database, number)
            except errors.DependencyUnavailable:
                await asyncio.sleep(0.05)


WRITES = [insert, insert_plainly, insert_on_a_kept_connection]


@pytest.mark.parametrize("write", WRITES)
async def test_a_database_that_only_reads_is_unavailable_to_writers_and_read_all_the_same(database, write):
    only_read(database, True)
    for number in range(2):
        with pytest.raises(errors.DependencyUnavailable, match="only reads"):
            await write(database, number)
    assert await count(database) == 0


async def test_a_database_that_only_reads_is_alive_and_not_well_for_who_writes(database):
    await database.takes_writes()
    only_read(database, True)
    await database.close()
    again = Database(database.url, pool_size=1)
    await again.ping()
    with pytest.raises(errors.DependencyUnavailable, match="only reads"):
        await again.takes_writes()
    await again.close()


@pytest.mark.parametrize("write", WRITES)
async def test_connections_to_what_only_reads_are_not_kept_once_a_write_has_failed(database, write):
    only_read(database, True)
    await fill_the_pools(database)
    only_read(database, False)  # another server is the primary now
    with pytest.raises(errors.DependencyUnavailable):
        await write(database, 1)
    for number, each in enumerate(WRITES):
        await soon(database, each, number)
    assert await count(database) == 3


async def test_connections_to_what_only_reads_are_not_kept_once_that_was_asked(database):
    only_read(database, True)
    await fill_the_pools(database)
    only_read(database, False)
    with pytest.raises(errors.DependencyUnavailable):
        await database.takes_writes()
    for number, each in enumerate(WRITES):
        await soon(database, each, number)
    assert await count(database) == 3


async def test_a_stale_attempt_is_repeated_a_bounded_number_of_times():
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise errors.StaleVersion("changed")

    with pytest.raises(errors.StaleVersion):
        await retry_stale(attempt, attempts=3)
    assert attempts == 3


async def test_concurrent_edits_lose_nothing(database):
    async with database.write() as session:
        await session.execute(text("INSERT INTO notes (id, version) VALUES (1, 1)"))

    async def edit() -> None:
        async with database.write() as session:
            version = (await session.execute(text("SELECT version FROM notes WHERE id = 1"))).scalar_one()
            await asyncio.sleep(0)
            changed = await session.execute(text("UPDATE notes SET version = version + 1 WHERE id = 1 AND version = :v"), {"v": version})
            if changed.rowcount != 1:
                raise errors.StaleVersion("notes")

    await asyncio.gather(*(retry_stale(edit, attempts=50) for _ in range(10)))
    async with database.read() as session:
        assert (await session.execute(text("SELECT version FROM notes WHERE id = 1"))).scalar_one() == 11


async def test_a_job_runs_if_its_transaction_commits_and_is_gone_if_not(database):
    jobs = Jobs(database)
    ran = []

    @jobs.task(name="note")
    async def note(*, number: int) -> None:
        ran.append((number, deadline.remaining_s()))

    async with database.write() as session:
        await jobs.enqueue(session, "note", number=1)
    with pytest.raises(ValueError, match="no"):
        async with database.write() as session:
            await jobs.enqueue(session, "note", number=2)
            raise ValueError("no")
    async with database.connection() as connection, connection.transaction():
        await jobs.enqueue(connection, "note", number=3)
    async with database.connection() as connection:
        await connection.execute(f"INSERT INTO notes SELECT 1 WHERE {DEFER} IS NOT NULL".encode(), jobs.deferred("note", number=4))
        with pytest.raises(psycopg.errors.UniqueViolation):
            await connection.execute(f"INSERT INTO notes SELECT 1 WHERE {DEFER} IS NOT NULL".encode(), jobs.deferred("note", number=5))
    async with asyncio.timeout(10), jobs.run():
        await jobs.drained()
    assert sorted(number for number, _ in ran) == [1, 3, 4]
    assert all(left_s is not None and 0 < left_s <= 60 for _, left_s in ran)


async def test_a_failing_job_is_tried_again(database):
    jobs = Jobs(database)
    attempts = []

    @jobs.task(name="flaky", backoff_s=0.1)
    async def flaky() -> None:
        attempts.append(1)
        if len(attempts) < 2:
            raise errors.DependencyUnavailable("credit")

    async with database.write() as session:
        await jobs.enqueue(session, "flaky")
    async with asyncio.timeout(15), jobs.run():
        await jobs.drained()
    assert len(attempts) == 2


async def test_a_job_that_is_given_up_stays_in_the_queue_and_each_of_its_failures_is_counted(database):
    jobs = Jobs(database)

    @jobs.task(name="hopeless", retries_max=1, backoff_s=0.1)
    async def hopeless() -> None:
        raise errors.DependencyUnavailable("credit")

    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    failures = {"reason": "JOB_FAILED", "category": "background", "place": "job"}
    before = counted("parlour_failures_total", **failures)
    async with database.write() as session:
        await jobs.enqueue(session, "hopeless")
    async with asyncio.timeout(15), jobs.run():
        await jobs.drained()
    assert counted("parlour_jobs_total", task="hopeless", result="failed") == 2
    assert counted("parlour_jobs_total", task="hopeless", result="given_up") == 1
    assert counted("parlour_failures_total", **failures) == before + 2
    async with database.read() as session:
        assert (await session.execute(text("SELECT status::text FROM procrastinate_jobs"))).scalars().all() == ["failed"]


async def test_jobs_with_one_lock_run_one_after_the_other(database):
    jobs = Jobs(database, concurrency=4)
    running = 0
    most = 0

    @jobs.task(name="exclusive")
    async def exclusive() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    async with database.write() as session:
        for _ in range(4):
            await jobs.enqueue(session, "exclusive", lock="one")
    async with asyncio.timeout(10), jobs.run():
        await jobs.drained()
    assert most == 1


async def test_a_job_of_a_killed_worker_is_found_stalled_and_done(database, monkeypatch):
    monkeypatch.setattr("services.runtime.jobs.STALLED_S", 0.2)
    jobs = Jobs(database)
    done = []

    @jobs.task(name="orphan")
    async def orphan() -> None:
        done.append(1)

    async with database.write() as session:
        await jobs.enqueue(session, "orphan")
    async with database.connection() as connection:
        # What a worker leaves behind that was killed while it worked: its job is "doing", its heartbeat is old.
        cursor = await connection.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
        (worker,) = await cursor.fetchone()
        await connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])
    async with asyncio.timeout(20), jobs.run():
        await jobs.drained()
    assert done == [1]


async def test_a_periodic_task_runs_by_the_clock(database):
    jobs = Jobs(database)
    ran = asyncio.Event()

    @jobs.periodic(cron="* * * * * *", name="tick")
    async def tick() -> None:
        ran.set()

    async with asyncio.timeout(15), jobs.run():
        await ran.wait()

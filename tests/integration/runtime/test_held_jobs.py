"""Jobs that the process that caused them runs at once: done here where that is possible, by the workers where not, and never lost."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from services.runtime import errors
from services.runtime.database import Database
from services.runtime.held_jobs import HELD
from services.runtime.jobs import DEFER, Jobs


@pytest.fixture
def soon(monkeypatch):
    """What is left lying is found at once."""
    monkeypatch.setattr("services.runtime.held_jobs.HELD_S", 0.2)
    monkeypatch.setattr("services.runtime.held_jobs._AGAIN_AFTER_S", 0.0)


async def defer(database: Database, jobs: Jobs, number: int) -> Callable[[], None]:
    """Defer the job `note` as a statement does that causes it; return what begins it here."""
    held = jobs.held("note", number=number)
    async with database.connection() as connection:
        row = await (await connection.execute(f"SELECT {DEFER}".encode(), held.parameters)).fetchone()
    return lambda: held.begin(row[0][0])


async def queues(database: Database) -> list[str]:
    async with database.connection() as connection:
        return [row[0] for row in await (await connection.execute("SELECT queue_name FROM procrastinate_jobs ORDER BY id")).fetchall()]


def handed_over(why: str) -> float:
    return REGISTRY.get_sample_value("parlour_jobs_handed_over_total", {"why": why}) or 0.0


def held() -> float:
    return REGISTRY.get_sample_value("parlour_jobs_held") or 0.0


async def test_a_held_job_runs_here_at_once_and_stands_in_the_queue_until_it_is_done(database):
    jobs = Jobs(database)
    seen = []

    @jobs.task(name="note")
    async def note(*, number: int) -> None:
        seen.append((number, await queues(database)))

    async with asyncio.timeout(10), jobs.run():
        for number in range(3):
            (await defer(database, jobs, number))()
        await jobs.drained()
    assert sorted(number for number, _ in seen) == [0, 1, 2]
    assert {queue for _, there in seen for queue in there} == {HELD}
    assert held() == 0


async def test_a_held_job_that_fails_is_tried_again_by_the_workers(database, soon):
    jobs = Jobs(database)
    attempts = []

    @jobs.task(name="note")
    async def note(*, number: int) -> None:
        attempts.append(await queues(database))
        if len(attempts) == 1:
            raise errors.DependencyUnavailable("credit")

    before = handed_over("failed")
    async with asyncio.timeout(15), jobs.run():
        (await defer(database, jobs, 1))()
        await jobs.drained()
    assert attempts == [[HELD], ["default"]]
    assert handed_over("failed") == before + 1


async def test_what_a_process_left_behind_is_found_and_done_by_the_workers(database, soon):
    jobs = Jobs(database)
    done = []

    @jobs.task(name="note")
    async def note(*, number: int) -> None:
        done.append(number)

    before = handed_over("left")
    await defer(database, jobs, 1)  # its process died before it could begin
    async with asyncio.timeout(15), jobs.run():
        await jobs.drained()
    assert done == [1]
    assert handed_over("left") == before + 1


async def test_what_finds_no_room_here_is_left_to_the_workers(database, soon):
    jobs = Jobs(database, concurrency=1, held_max=1)
    release, done = asyncio.Event(), []

    @jobs.task(name="note")
    async def note(*, number: int) -> None:
        if number == 0:
            await release.wait()
        done.append(number)

    before = handed_over("full")
    begin = [await defer(database, jobs, number) for number in range(4)]
    async with asyncio.timeout(15), jobs.run():
        begin[0]()
        while held() < 1 or jobs._held._waiting.qsize():  # taken up
            await asyncio.sleep(0.01)
        for one in begin[1:]:
            one()
        release.set()
        await jobs.drained()
    assert handed_over("full") == before + 2
    assert set(done) == {0, 1, 2, 3}
    assert held() == 0


async def test_what_has_not_begun_when_the_process_stops_goes_to_the_workers_of_another(database):
    jobs, other = Jobs(database, concurrency=1, drain_s=0.1), Jobs(database)
    started, done = asyncio.Event(), []

    @jobs.task(name="note")
    async def note(*, number: int) -> None:
        started.set()
        await asyncio.Event().wait()

    @other.task(name="note")
    async def note_there(*, number: int) -> None:
        done.append(number)

    async with asyncio.timeout(15):
        async with jobs.run():
            for number in range(2):
                (await defer(database, jobs, number))()
            await started.wait()
        assert await queues(database) == ["default", "default"]
        assert held() == 0
        async with other.run():
            await other.drained()
    assert sorted(done) == [0, 1]


async def test_without_its_database_a_job_that_is_done_stays_and_is_done_again(database, soon, monkeypatch):
    jobs = Jobs(database)
    done = []

    @jobs.task(name="note")
    async def note(*, number: int) -> None:
        done.append(number)
        if len(done) == 1:
            monkeypatch.setattr("services.runtime.held_jobs._DONE", "SELECT 1 / 0")

    async with asyncio.timeout(15), jobs.run():
        (await defer(database, jobs, 1))()
        await jobs.drained()
    assert done == [1, 1]

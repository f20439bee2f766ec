"""A job worker ends when its service does, whatever it is doing at that moment."""

import asyncio

from services.runtime.jobs import _cancelled


async def test_a_worker_that_takes_a_stop_for_the_loss_of_its_database_is_stopped_again():
    stops = 0

    async def worker() -> None:
        nonlocal stops
        while stops < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                stops += 1
        raise RuntimeError("the database is away")

    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await _cancelled(task, 0.01)
    assert (task.done(), stops) == (True, 2)

import asyncio

import pytest

from services.gateway.stopping import AnswerStopped, StopSwitch, Why


class Answer:
    """Work with one place to stop it, and something to do afterwards in any case."""

    def __init__(self) -> None:
        self.switch = StopSwitch()
        self.go_on = asyncio.Event()
        self.settle = asyncio.Event()
        self.done: list[str] = []

    async def run(self) -> str:
        try:
            with self.switch.interruptible():
                await self.go_on.wait()
            self.switch.too_late()
        except AnswerStopped:
            self.done.append("stopped")
        await self.settle.wait()
        self.done.append("settled")
        return "ended"


async def begun(answer: Answer) -> "asyncio.Task[str]":
    task = asyncio.create_task(answer.run())
    await asyncio.sleep(0)
    return task


async def test_a_stop_ends_the_block_and_nothing_behind_it() -> None:
    answer = Answer()
    task = await begun(answer)
    assert answer.switch.stop(Why.STOPPED)
    answer.settle.set()
    assert await task == "ended"
    assert answer.done == ["stopped", "settled"]
    assert task.cancelling() == 0


async def test_behind_the_block_a_stop_comes_too_late() -> None:
    answer = Answer()
    task = await begun(answer)
    answer.go_on.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not answer.switch.stop(Why.STOPPED)
    answer.settle.set()
    await task
    assert answer.done == ["settled"]


async def test_a_stop_before_the_block_keeps_it_from_beginning() -> None:
    switch = StopSwitch()
    assert switch.stop(Why.WITHDRAWN)
    with pytest.raises(AnswerStopped), switch.interruptible():
        pytest.fail("it has begun")


async def test_the_first_reason_counts() -> None:
    switch = StopSwitch()
    switch.stop(Why.STOPPED)
    switch.stop(Why.WITHDRAWN)
    assert switch.why is Why.STOPPED


async def test_a_cancellation_by_somebody_else_stays_one_also_together_with_a_stop() -> None:
    for stops in (False, True):
        answer = Answer()
        task = await begun(answer)
        if stops:
            answer.switch.stop(Why.STOPPED)
        task.cancel()
        answer.settle.set()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_time_limit_inside_the_block_stays_one() -> None:
    switch = StopSwitch()
    with pytest.raises(TimeoutError), switch.interruptible():
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()

"""The gate: never more calls than slots, people first, background work gives way and is finished later, nothing leaks."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.conversation.models.model_gate import ModelGate
from services.runtime.errors import Overloaded


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_person_goes_before_background_work_that_waits_longer():
    gate, order = ModelGate(slots=1, waiting_max=10), []

    async def background() -> None:
        order.append("background")

    async def person() -> None:
        async with gate.slot(wait_s=5):
            order.append("person")

    async with gate.slot(wait_s=5):
        tasks = [asyncio.create_task(gate.run_in_background(background))]
        await settled()
        tasks.append(asyncio.create_task(person()))
        await settled()
    await asyncio.gather(*tasks)
    assert order == ["person", "background"]


async def test_only_as_many_background_calls_give_way_as_people_wait():
    gate, runs = ModelGate(slots=3, waiting_max=10), []
    go_on = asyncio.Event()

    async def background(name: int) -> int:
        runs.append(name)
        await go_on.wait()
        return name

    tasks = [asyncio.create_task(gate.run_in_background(lambda name=name: background(name))) for name in range(3)]
    await settled()
    async with gate.slot(wait_s=5):
        await settled()
        assert len(runs) == 3
    await settled()
    assert len(runs) == 4
    go_on.set()
    assert await asyncio.gather(*tasks) == [0, 1, 2]


async def test_a_call_that_gave_way_goes_on_before_what_came_later_and_is_never_refused():
    gate, order = ModelGate(slots=1, waiting_max=2), []
    go_on = asyncio.Event()

    async def background(name: int) -> None:
        order.append(name)
        if len(order) == 1:
            await go_on.wait()

    tasks = [asyncio.create_task(gate.run_in_background(lambda name=name: background(name))) for name in range(3)]
    await settled()
    async with gate.slot(wait_s=5):  # the line holds two already, and takes the one that gives way all the same
        await settled()
        with pytest.raises(Overloaded):
            await gate.run_in_background(lambda: background(9))
    await asyncio.gather(*tasks)
    assert order == [0, 0, 1, 2]


async def test_the_background_call_that_came_last_gives_way_so_that_each_is_done_in_the_end():
    gate, runs = ModelGate(slots=2, waiting_max=10), []
    go_on = asyncio.Event()

    async def background(name: int) -> None:
        runs.append(name)
        await go_on.wait()

    tasks = [asyncio.create_task(gate.run_in_background(lambda name=name: background(name))) for name in range(2)]
    await settled()
    for _ in range(3):
        async with gate.slot(wait_s=5):
            pass
        await settled()
    assert runs == [0, 1, 1, 1, 1]
    go_on.set()
    await asyncio.gather(*tasks)


async def test_while_people_take_every_slot_background_waits_until_its_callers_deadline():
    gate = ModelGate(slots=1, waiting_max=10)

    async def never() -> None:
        raise AssertionError("it had no slot")

    async with gate.slot(wait_s=5):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await gate.run_in_background(never)
    async with gate.slot(wait_s=0.1):
        pass


async def test_a_gate_without_slots_lets_everything_through():
    gate = ModelGate(slots=None, waiting_max=0)

    async def background() -> int:
        return 3

    async with gate.slot(wait_s=0), gate.slot(wait_s=0):
        assert await gate.run_in_background(background) == 3


async def test_the_time_that_calls_wait_for_a_slot_is_measured_by_who_waits():
    gate = ModelGate(slots=1, waiting_max=10, name="measured")

    async def waited() -> float:
        async with gate.slot(wait_s=5):
            return REGISTRY.get_sample_value("parlour_conversation_gate_wait_seconds_sum", {"gate": "measured", "priority": "interactive"})

    async with gate.slot(wait_s=5):
        task = asyncio.create_task(waited())
        await asyncio.sleep(0.05)
    assert await task >= 0.04


async def test_a_full_line_refuses_and_a_cancelled_wait_leaves_no_trace():
    gate = ModelGate(slots=1, waiting_max=1)

    async def wait() -> None:
        async with gate.slot(wait_s=5):
            pass

    async with gate.slot(wait_s=5):
        waiting = asyncio.create_task(wait())
        await settled()
        with pytest.raises(Overloaded):
            await wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        with pytest.raises(Overloaded):
            async with gate.slot(wait_s=0.01):
                pass
    await wait()


async def test_an_error_in_background_is_raised_and_frees_the_slot():
    gate = ModelGate(slots=1, waiting_max=1)

    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await gate.run_in_background(fail)
    async with gate.slot(wait_s=0.1):
        pass


@settings(max_examples=50)
@given(st.integers(1, 3), st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.booleans()), max_size=12))
def test_whatever_comes_and_goes_slots_are_never_exceeded_and_all_come_back(slots, calls):
    async def run() -> None:
        gate = ModelGate(slots=slots, waiting_max=100)
        running = peak = done = 0

        async def work(steps: int) -> None:
            nonlocal running, peak
            running += 1
            peak = max(peak, running)
            try:
                for _ in range(steps):
                    await asyncio.sleep(0)
            finally:
                running -= 1

        async def call(person: bool, steps: int) -> None:
            nonlocal done
            if person:
                async with gate.slot(wait_s=60):
                    await work(steps)
            else:
                await gate.run_in_background(lambda: work(steps))
            done += 1

        tasks = []
        for person, steps, given_up in calls:
            tasks.append(asyncio.create_task(call(person, steps)))
            await asyncio.sleep(0)
            if given_up:
                tasks[-1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert peak <= slots
        assert done >= sum(not given_up for *_, given_up in calls)
        async with asyncio.timeout(1):
            for _ in range(slots):
                await gate.slot(wait_s=1).__aenter__()

    asyncio.run(run())

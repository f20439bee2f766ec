"""Messages of one person go through in the order in which they came, whatever is looked up first, within limits, and leave nothing behind."""

import asyncio
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.gateway.arrival_order import ArrivalOrder, Place
from services.runtime.errors import Overloaded


def order_of(waiting_per_key_max: int = 5, waiting_max: int = 20) -> ArrivalOrder[str]:
    return ArrivalOrder(waiting_per_key_max=waiting_per_key_max, waiting_max=waiting_max)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_message_that_was_decided_on_first_does_not_overtake_the_one_that_came_first():
    order = order_of()
    first, second = order.arrive("ann"), order.arrive("ann")
    waiting = asyncio.create_task(second.first())
    await settle()
    assert not waiting.done()
    await first.first()
    assert not waiting.done()
    first.leave()
    await asyncio.wait_for(waiting, 1)


async def test_a_message_that_turns_out_not_to_be_for_us_lets_the_next_one_through():
    order = order_of()
    chatter, question = order.arrive("ann"), order.arrive("ann")
    waiting = asyncio.create_task(question.first())
    await settle()
    chatter.leave()
    await asyncio.wait_for(waiting, 1)


async def test_a_message_that_comes_again_goes_before_those_that_wait_and_holds_up_none_that_had_its_turn():
    order = order_of()
    under_way, waits = order.arrive("ann"), order.arrive("ann")
    again = order.arrive("ann", ahead=True)
    assert (again.is_first, under_way.is_first, waits.is_first) == (True, True, False)
    under_way.leave()
    again.leave()
    assert waits.is_first
    waits.leave()
    assert order.keys == 0


async def test_people_do_not_wait_for_each_other():
    order = order_of()
    order.arrive("ann")
    await asyncio.wait_for(order.arrive("bob").first(), 1)


async def test_a_place_that_is_left_in_the_middle_lets_nobody_through():
    order = order_of()
    first, second, third = (order.arrive("ann") for _ in range(3))
    second.leave()
    assert first.is_first
    assert not third.is_first
    first.leave()
    assert third.is_first


async def test_leaving_twice_changes_nothing():
    order = order_of()
    first, second, third = (order.arrive("ann") for _ in range(3))
    first.leave()
    first.leave()
    assert second.is_first
    assert not third.is_first


async def test_a_person_with_too_many_waiting_messages_is_refused_at_once_and_counted():
    order = order_of(waiting_per_key_max=1)
    order.arrive("ann")
    waiting = asyncio.create_task(order.arrive("ann").first())
    await settle()
    before = REGISTRY.get_sample_value("parlour_gateway_line_refused_total", {"limit": "person"}) or 0
    with pytest.raises(Overloaded):
        await order.arrive("ann").first()
    assert REGISTRY.get_sample_value("parlour_gateway_line_refused_total", {"limit": "person"}) == before + 1
    waiting.cancel()


async def test_all_that_wait_together_are_bounded():
    order = order_of(waiting_max=2)
    tasks = []
    for person in ("ann", "bob"):
        order.arrive(person)
        tasks.append(asyncio.create_task(order.arrive(person).first()))
    order.arrive("cyd")
    await settle()
    with pytest.raises(Overloaded):
        await order.arrive("cyd").first()
    for task in tasks:
        task.cancel()


async def test_a_cancelled_wait_no_longer_counts():
    order = order_of()
    order.arrive("ann")
    waiting = asyncio.create_task(order.arrive("ann").first())
    await settle()
    assert order.waiting == 1
    waiting.cancel()
    await settle()
    assert order.waiting == 0


@settings(max_examples=150)
@given(steps=st.lists(st.tuples(st.sampled_from(["ann", "bob", "wait", "leave", "cancel", "step"]), st.integers(0, 30)), max_size=60))
def test_order_and_completeness_hold_in_every_interleaving(steps):
    asyncio.run(_follow(steps))


async def _follow(steps: list[tuple[str, int]]) -> None:
    order = order_of(waiting_per_key_max=100, waiting_max=100)
    arrived: dict[str, list[Place[str]]] = defaultdict(list)
    there: list[Place[str]] = []
    through: dict[str, list[Place[str]]] = defaultdict(list)
    waiting: dict[Place[str], asyncio.Task[None]] = {}

    async def wait(place: Place[str]) -> None:
        await place.first()
        ahead = [one for one in arrived[place.key] if one in there]
        assert ahead[0] is place, "somebody who came earlier is still there"
        through[place.key].append(place)

    for step, choice in steps:
        if step == "step":
            await asyncio.sleep(0)
        elif step in ("ann", "bob"):
            there.append(order.arrive(step))
            arrived[step].append(there[-1])
        elif not there:
            continue
        elif step == "wait":
            place = there[choice % len(there)]
            if place not in waiting:
                waiting[place] = asyncio.create_task(wait(place))
        else:
            place = there[choice % len(there)]
            if place in waiting and not waiting[place].done():
                waiting[place].cancel()
            if step == "leave":
                await asyncio.gather(*(task for one, task in waiting.items() if one is place), return_exceptions=True)
                there.remove(place)
                place.leave()
    for place in list(there):  # in order of arrival: each one is then first
        await asyncio.wait_for(place.first(), 1)
        if place in waiting:
            await asyncio.wait([waiting[place]], timeout=1)
        there.remove(place)
        place.leave()
    await asyncio.gather(*waiting.values(), return_exceptions=True)
    for task in waiting.values():
        assert task.cancelled() or task.exception() is None, task.exception()
    for key, places in through.items():
        assert places == [place for place in arrived[key] if place in places], "messages of one person overtook each other"
    assert (order.keys, order.waiting) == (0, 0)

"""Turns run one at a time for each key, in order, within limits, and leave nothing behind."""

import asyncio
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.gateway.turn_pace import TurnPace
from services.gateway.turn_queue import Priority, TurnQueue
from services.gateway.waiting_time import WaitingTime
from services.runtime.errors import Overloaded


def queue_of(running_max: int = 8, waiting_per_key_max: int = 5, waiting_max: int = 20) -> TurnQueue[str]:
    return TurnQueue(running_max=running_max, waiting_per_key_max=waiting_per_key_max, waiting_max=waiting_max)


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Turns:
    """Starts turns that end when told to, and keeps what happened."""

    def __init__(self, queue: TurnQueue[str]) -> None:
        self.queue = queue
        self.began: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, key: str, priority: Priority = Priority.INTERACTIVE) -> None:
        self.gates[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._run(name, key, priority))

    async def _run(self, name: str, key: str, priority: Priority) -> None:
        async with self.queue.turn(key, priority):
            self.began.append(name)
            await self.gates[name].wait()

    async def finish(self, name: str) -> None:
        self.gates[name].set()
        await settle()

    async def end(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


async def test_turns_of_one_key_run_one_at_a_time_in_order_of_arrival():
    turns = Turns(queue_of())
    for name in ("first", "second", "third"):
        turns.start(name, "ann")
    await settle()
    assert turns.began == ["first"]
    await turns.finish("first")
    assert turns.began == ["first", "second"]
    await turns.finish("second")
    assert turns.began == ["first", "second", "third"]
    await turns.end()


async def test_different_keys_run_side_by_side():
    turns = Turns(queue_of())
    turns.start("a", "ann")
    turns.start("b", "bob")
    await settle()
    assert turns.began == ["a", "b"]
    await turns.end()


async def test_a_person_who_waits_goes_before_background_work_that_came_earlier():
    turns = Turns(queue_of(running_max=1))
    turns.start("running", "ann")
    await settle()
    turns.start("background", "bob", Priority.BACKGROUND)
    turns.start("person", "cyd")
    await settle()
    await turns.finish("running")
    assert turns.began == ["running", "person"]
    await turns.finish("person")
    assert turns.began[-1] == "background"
    await turns.end()


async def test_a_waiting_turn_whose_key_is_busy_does_not_block_the_one_behind_it():
    turns = Turns(queue_of(running_max=2))
    for name, key in (("a1", "ann"), ("b1", "bob"), ("a2", "ann"), ("c1", "cyd")):
        turns.start(name, key)
    await settle()
    await turns.finish("b1")
    assert turns.began == ["a1", "b1", "c1"]
    await turns.end()


async def test_one_persons_queue_is_bounded_and_refuses_at_once():
    queue = queue_of(waiting_per_key_max=2)
    turns = Turns(queue)
    for number in range(3):
        turns.start(str(number), "ann")
    await settle()
    before = REGISTRY.get_sample_value("parlour_gateway_queue_refused_total", {"limit": "person"}) or 0
    with pytest.raises(Overloaded):
        async with queue.turn("ann"):
            pass
    assert REGISTRY.get_sample_value("parlour_gateway_queue_refused_total", {"limit": "person"}) == before + 1
    async with queue.turn("bob"):
        pass
    await turns.end()


async def test_the_whole_queue_is_bounded():
    queue = queue_of(running_max=1, waiting_max=3)
    turns = Turns(queue)
    for number in range(4):
        turns.start(str(number), f"person {number}")
    await settle()
    with pytest.raises(Overloaded):
        async with queue.turn("one more"):
            pass
    await turns.end()


async def test_a_cancelled_wait_leaves_the_queue_as_if_it_had_never_come():
    queue = queue_of()
    turns = Turns(queue)
    for name in ("first", "second", "third"):
        turns.start(name, "ann")
    await settle()
    turns.tasks["second"].cancel()
    await settle()
    assert queue.waiting == 1
    await turns.finish("first")
    assert turns.began == ["first", "third"]
    await turns.end()


async def test_a_wait_cancelled_in_the_step_that_grants_it_hands_the_turn_on():
    queue = queue_of()
    turns = Turns(queue)
    for name in ("first", "second", "third"):
        turns.start(name, "ann")
    await settle()
    turns.gates["first"].set()
    while queue.waiting == 2:
        await asyncio.sleep(0)
    turns.tasks["second"].cancel()  # granted, and not resumed yet
    await settle()
    assert turns.began == ["first", "third"]
    await turns.end()
    assert queue.keys == 0


async def test_a_turn_that_fails_makes_room_for_the_next():
    queue = queue_of()
    with pytest.raises(ZeroDivisionError):
        async with queue.turn("ann"):
            _ = 1 / 0
    async with queue.turn("ann"):
        assert queue.running == 1
    assert queue.keys == 0


async def test_a_wait_cancelled_in_the_step_that_frees_its_turn_leaves_the_key_free():
    turns = Turns(queue_of())
    for name in ("first", "second", "third"):
        turns.start(name, "ann")
    await settle()
    turns.gates["first"].set()
    turns.tasks["second"].cancel()
    await settle()
    assert turns.began == ["first", "third"]
    assert turns.tasks["first"].exception() is None
    await turns.finish("third")
    assert (turns.queue.keys, turns.queue.waiting) == (0, 0)


async def test_no_key_is_remembered_once_it_is_idle():
    queue = queue_of()
    for number in range(1000):
        async with queue.turn(f"person {number}"):
            pass
    assert queue.keys == 0
    assert queue.waiting == 0


@st.composite
def schedules(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Arrivals of turns by key and priority, endings of running ones, cancellations, in any interleaving."""
    steps = st.tuples(st.sampled_from(["ann", "bob", "cyd", "background ann", "finish", "finish", "cancel", "step"]), st.integers(0, 30))
    return draw(st.lists(steps, max_size=60))


@settings(max_examples=150)
@given(schedule=schedules(), running_max=st.integers(1, 4), per_key=st.integers(1, 3), total=st.integers(1, 6))
def test_order_limits_and_completeness_hold_in_every_interleaving(schedule, running_max, per_key, total):
    asyncio.run(_follow(schedule, running_max, per_key, total))


class _Observer:
    """Runs turns and checks the laws while they happen."""

    def __init__(self, queue: TurnQueue[str], running_max: int) -> None:
        self.queue = queue
        self.running_max = running_max
        self.running: dict[str, str] = {}
        self.arrived: dict[tuple[str, Priority], list[str]] = defaultdict(list)
        self.began: dict[tuple[str, Priority], list[str]] = defaultdict(list)
        self.refused: set[str] = set()
        self.cancelled: set[str] = set()
        self.gates: dict[str, asyncio.Event] = {}

    async def run(self, name: str, key: str, priority: Priority) -> None:
        self.arrived[key, priority].append(name)
        try:
            async with self.queue.turn(key, priority):
                assert key not in self.running, "two turns of one key at once"
                self.running[key] = name
                assert len(self.running) <= self.running_max
                self.began[key, priority].append(name)
                try:
                    await self.gates[name].wait()
                finally:
                    del self.running[key]
        except Overloaded:
            self.refused.add(name)
        except asyncio.CancelledError:
            self.cancelled.add(name)


async def _follow(schedule: list[tuple[str, int]], running_max: int, per_key: int, total: int) -> None:
    queue: TurnQueue[str] = TurnQueue(running_max=running_max, waiting_per_key_max=per_key, waiting_max=total)
    seen = _Observer(queue, running_max)
    tasks: dict[str, asyncio.Task[None]] = {}
    for number, (step, choice) in enumerate(schedule):
        if step == "step":
            await asyncio.sleep(0)
        elif step == "finish" and seen.running:
            seen.gates[sorted(seen.running.values())[choice % len(seen.running)]].set()
        elif step == "cancel" and tasks:
            tasks[sorted(tasks)[choice % len(tasks)]].cancel()
        elif step not in ("finish", "cancel"):
            name, key = f"turn {number}", step.removeprefix("background ")
            seen.gates[name] = asyncio.Event()
            priority = Priority.BACKGROUND if step.startswith("background") else Priority.INTERACTIVE
            tasks[name] = asyncio.create_task(seen.run(name, key, priority))
        assert queue.waiting <= total
    for gate in seen.gates.values():
        gate.set()
    await asyncio.wait_for(asyncio.gather(*tasks.values(), return_exceptions=True), 5)
    for task in tasks.values():
        assert task.cancelled() or task.exception() is None
    _check(seen)
    assert (queue.keys, queue.running, queue.waiting) == (0, 0, 0)


def _check(seen: _Observer) -> None:
    for key, arrived in seen.arrived.items():
        began = seen.began[key]
        assert len(began) == len(set(began)), "a turn ran twice"
        assert began == [name for name in arrived if name in began], "turns of one key overtook each other"
        lost = set(arrived) - set(began) - seen.refused - seen.cancelled
        assert not lost, "a turn neither ran nor was refused nor was cancelled"


waiting_turns = st.lists(st.tuples(st.sampled_from(["ann", "bob", "cyd"]), st.sampled_from(list(Priority)), st.booleans()), max_size=12)


@settings(max_examples=150)
@given(turns=waiting_turns)
def test_people_go_before_background_work_and_both_in_order_of_arrival_whoever_gives_up(turns):
    asyncio.run(_one_at_a_time(turns))


async def _one_at_a_time(wanted: list[tuple[str, Priority, bool]]) -> None:
    turns = Turns(queue_of(running_max=1, waiting_per_key_max=20, waiting_max=20))
    turns.start("running", "dan")
    await settle()
    for number, (key, priority, _) in enumerate(wanted):
        turns.start(f"turn {number}", key, priority)
    await settle()
    for number, (_, _, gives_up) in enumerate(wanted):
        if gives_up:
            turns.tasks[f"turn {number}"].cancel()
    staying = [(priority, number) for number, (_, priority, gives_up) in enumerate(wanted) if not gives_up]
    expected = ["running", *(f"turn {number}" for _, number in sorted(staying))]
    for name in expected:
        assert turns.began[-1] == name
        await turns.finish(name)
    assert turns.began == expected
    await turns.end()
    assert (turns.queue.keys, turns.queue.running, turns.queue.waiting) == (0, 0, 0)


@settings(max_examples=100)
@given(
    keys=st.lists(st.sampled_from(["ann", "bob", "cyd"]), max_size=25),
    running_max=st.integers(1, 3),
    per_key=st.integers(0, 3),
    total=st.integers(0, 5),
)
def test_exactly_those_that_find_no_room_are_refused(keys, running_max, per_key, total):
    asyncio.run(_refusals(keys, running_max, per_key, total))


async def _refusals(keys: list[str], running_max: int, per_key: int, total: int) -> None:
    turns = Turns(queue_of(running_max=running_max, waiting_per_key_max=per_key, waiting_max=total))
    running: set[str] = set()
    waiting: list[str] = []
    for number, key in enumerate(keys):
        turns.start(f"turn {number}", key)
        await settle()
        refused = turns.tasks[f"turn {number}"].done()
        if key not in running and len(running) < running_max:
            assert not refused
            running.add(key)
        elif waiting.count(key) < per_key and len(waiting) < total:
            assert not refused
            waiting.append(key)
        else:
            assert isinstance(turns.tasks[f"turn {number}"].exception(), Overloaded)
    assert (turns.queue.running, turns.queue.waiting) == (len(running), len(waiting))
    await turns.end()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_fewer_turns_run_at_once_while_they_begin_slowly():
    clock = Clock()
    pace = TurnPace(running_max=4, running_min=1, slow_s=1.0, clock=clock)
    turns = Turns(TurnQueue(running_max=4, waiting_per_key_max=5, waiting_max=20, pace=pace))
    for name in ("ann", "bob", "cid", "dot", "eve", "fay"):
        turns.start(name, name)
    await settle()
    assert turns.began == ["ann"]
    for _ in range(3):  # each that begins quickly lets the next one in
        turns.queue.took("begin", 0.1)
    await settle()
    assert turns.began == ["ann", "bob", "cid", "dot"]
    turns.queue.took("begin", 2.0)
    await turns.finish("ann")
    await turns.finish("bob")
    assert turns.began == ["ann", "bob", "cid", "dot"]
    clock.now += 60.0
    turns.queue.took("begin", 0.1)
    await settle()
    assert turns.began == ["ann", "bob", "cid", "dot", "eve"]
    await turns.end()


async def test_who_would_wait_too_long_is_refused_at_once():
    clock = Clock()
    queue: TurnQueue[str] = TurnQueue(running_max=1, waiting_per_key_max=5, waiting_max=100, wait_s_max=5.0, waiting_time=WaitingTime(clock))
    turns = Turns(queue)
    for number in range(15):
        turns.start(str(number), str(number))
    await settle()
    for number in range(11):
        clock.now += 1.0
        await turns.finish(str(number))
    assert queue.waiting == 3
    turns.start("four seconds", "ann")
    turns.start("five seconds", "bob")
    turns.start("six seconds", "cid")
    await settle()
    assert queue.waiting == 5
    with pytest.raises(Overloaded):
        await turns.tasks["six seconds"]
    await turns.end()

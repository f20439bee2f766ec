"""Sessions: an hour of quiet ends one, and its end is committed."""

import asyncio

import pytest

from services.conversation.people.relationship import Person
from services.conversation.people.sessions import Sessions
from services.runtime.errors import DependencyUnavailable

HOUR_S = 3600.0
ANN, BOB, EVE = Person("guild", "ann"), Person("guild", "bob"), Person("", "eve")


class Clock:
    """A time that only a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s

    def minutes_pass(self, minutes: float) -> None:
        self.now_s += minutes * 60


class Committed:
    """Where ended sessions go; while `away` is set, nowhere."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.away = False

    async def __call__(self, people):
        if self.away:
            raise DependencyUnavailable("database", "away")
        self.people += people


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def committed() -> Committed:
    return Committed()


@pytest.fixture
def sessions(clock: Clock, committed: Committed) -> Sessions:
    return Sessions(committed, size_max=3, idle_s=HOUR_S, clock=clock)


async def test_after_59_minutes_a_session_is_hot_and_after_61_committed_and_dropped(sessions, clock, committed):
    session = sessions.turn(ANN)
    clock.minutes_pass(59)
    sessions.sweep()
    await sessions.commit_ended()
    assert sessions.get(ANN) is session
    assert committed.people == []
    clock.minutes_pass(2)
    assert sessions.sweep() == 1
    await sessions.commit_ended()
    assert (sessions.get(ANN), len(sessions)) == (None, 0)
    assert committed.people == [ANN]


async def test_a_turn_prolongs_the_session(sessions, clock):
    session = sessions.turn(ANN)
    for _ in range(5):
        clock.minutes_pass(50)
        sessions.sweep()
        assert sessions.turn(ANN) is session
    assert (session.turns, session.started_at_s, session.last_active_at_s) == (6, 1_000.0, clock.now_s)


async def test_looking_at_a_session_does_not_prolong_it(sessions, clock):
    sessions.turn(ANN)
    clock.minutes_pass(40)
    assert sessions.get(ANN) is not None
    clock.minutes_pass(21)
    assert sessions.get(ANN) is None
    assert sessions.sweep() == 1


async def test_a_turn_after_the_hour_begins_another_session_before_any_sweep(sessions, clock, committed):
    first = sessions.turn(ANN)
    clock.minutes_pass(61)
    second = sessions.turn(ANN)
    assert second is not first
    assert second.turns == 1
    await sessions.commit_ended()
    assert committed.people == [ANN]


async def test_the_longest_quiet_session_makes_room_and_is_committed(sessions, clock, committed):
    for person in (ANN, BOB, EVE):
        sessions.turn(person)
        clock.minutes_pass(1)
    sessions.turn(ANN)
    sessions.turn(Person("other", "ann"))
    await sessions.commit_ended()
    assert committed.people == [BOB]
    assert len(sessions) == 3


async def test_what_could_not_be_committed_is_committed_later_once(sessions, clock, committed):
    sessions.turn(ANN)
    clock.minutes_pass(61)
    sessions.sweep()
    committed.away = True
    with pytest.raises(DependencyUnavailable):
        await sessions.commit_ended()
    committed.away = False
    await sessions.commit_ended()
    await sessions.commit_ended()
    assert committed.people == [ANN]


async def test_sessions_that_wait_to_be_committed_are_bounded(sessions, clock, committed):
    committed.away = True
    for number in range(50):
        sessions.turn(Person("guild", f"user-{number}"))
    committed.away = False
    await sessions.commit_ended()
    assert len(committed.people) == 3


async def test_an_orderly_stop_commits_what_is_under_way(sessions, committed):
    async with sessions.running(60.0, 1.0):
        sessions.turn(ANN)
        sessions.turn(EVE)
    assert sorted(committed.people) == sorted([ANN, EVE])
    assert len(sessions) == 0


async def test_a_stop_does_not_wait_for_a_database_that_is_silent(clock):
    async def silent(people):
        await asyncio.Event().wait()

    sessions = Sessions(silent, size_max=3, idle_s=HOUR_S, clock=clock)
    async with asyncio.timeout(2):
        async with sessions.running(60.0, 0.05):
            sessions.turn(ANN)


async def test_the_sweep_goes_on_when_the_database_was_away(sessions, clock, committed):
    committed.away = True
    async with sessions.running(0.005, 1.0):
        sessions.turn(ANN)
        clock.minutes_pass(61)
        async with asyncio.timeout(2):
            while len(sessions):
                await asyncio.sleep(0.005)
        committed.away = False
        async with asyncio.timeout(2):
            while not committed.people:
                await asyncio.sleep(0.005)
    assert committed.people == [ANN]

"""What an instance may use of what it keeps, by when it heard of it last."""

import asyncio

import pytest

from services.runtime.cache_standing import Standing
from services.runtime.errors import DependencyUnavailable


class Database:
    """An epoch, and how long it takes to say so, on a clock of its own."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.epoch = 1
        self.takes_s = 0.0
        self.away = False

    async def read(self) -> int:
        if self.away:
            raise DependencyUnavailable("database")
        epoch = self.epoch
        self.now_s += self.takes_s
        return epoch

    async def advance(self) -> None:
        if self.away:
            raise DependencyUnavailable("database")
        self.epoch += 1

    def standing(self, lease_s: float = 10.0) -> Standing:
        return Standing(self.read, self.advance, lease_s=lease_s, clock=lambda: self.now_s)


async def test_nothing_may_be_used_before_anything_was_heard():
    assert Database().standing().epoch is None


async def test_what_was_heard_holds_for_a_lease_from_when_it_was_asked():
    database = Database()
    standing = database.standing()
    database.takes_s = 4.0
    await standing.confirm()
    assert standing.epoch == 1
    database.now_s = 109.9
    assert standing.epoch == 1
    database.now_s = 110.0
    assert standing.epoch is None


async def test_an_answer_that_takes_longer_than_a_lease_is_of_no_use():
    database = Database()
    standing = database.standing()
    database.takes_s = 10.0
    await standing.confirm()
    assert standing.epoch is None


async def test_what_cannot_be_withdrawn_is_told():
    database = Database()
    database.away = True
    with pytest.raises(DependencyUnavailable):
        await database.standing().withdraw()


async def test_it_is_asked_for_again_and_again_also_after_the_database_was_away():
    database = Database()
    database.away = True
    standing = database.standing(lease_s=0.03)
    async with standing.confirming(), asyncio.timeout(5):
        await asyncio.sleep(0.03)
        assert standing.epoch is None
        database.away = False
        while standing.epoch != 1:
            await asyncio.sleep(0.001)
        await standing.withdraw()
        while standing.epoch != 2:
            await asyncio.sleep(0.001)

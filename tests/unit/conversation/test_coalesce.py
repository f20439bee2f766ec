"""Joining what arrives together: the first at once, nothing lost, errors last, the source closed."""

import asyncio
from contextlib import aclosing
from itertools import chain

import pytest

from services.conversation.models.coalesce import coalesced


async def test_the_first_comes_at_once_and_the_rest_together():
    async def items():
        for number in range(20):
            yield number
            await asyncio.sleep(0)

    batches = [batch async for batch in coalesced(items(), 10.0)]
    assert list(chain(*batches)) == list(range(20))
    assert 2 <= len(batches) <= 3
    assert batches[0][0] == 0


async def test_what_came_before_an_error_is_yielded_before_it():
    async def items():
        yield 1
        yield 2
        raise ValueError("broken")

    seen = []
    with pytest.raises(ValueError, match="broken"):
        async for batch in coalesced(items(), 10.0):
            seen += batch
    assert seen == [1, 2]


async def test_nothing_yields_nothing():
    async def items():
        return
        yield

    assert [batch async for batch in coalesced(items(), 1.0)] == []


async def test_closing_it_closes_the_source_at_once():
    closed = asyncio.Event()

    async def items():
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with aclosing(coalesced(items(), 1.0)) as batches:
        assert await anext(batches) == [1]
    async with asyncio.timeout(1):
        await closed.wait()


async def test_without_an_interval_every_item_is_handed_on_as_it_comes():
    async def items():
        for number in range(3):
            yield number
            await asyncio.sleep(0.001)

    assert [batch async for batch in coalesced(items(), 0.0)] == [[0], [1], [2]]

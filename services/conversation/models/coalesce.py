"""Joins what arrives close together, so that a fast model does not cost a message for every token."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing


async def coalesced[T](items: AsyncGenerator[T, None], interval_s: float) -> AsyncGenerator[list[T], None]:
    """Yield the first item at once, then what has come at most every interval_s, and what is left when the items end.

    The items are read in a task of their own, which is cancelled at once when this iterator is closed. An error of theirs is raised after
    everything that came before it was yielded.
    """
    arrived: list[T] = []
    news = asyncio.Event()
    reader = asyncio.ensure_future(_read(items, arrived, news))
    reader.add_done_callback(lambda done: done.cancelled() or done.exception())  # looked at, even if nobody reads to the end
    try:
        ready_at = 0.0
        while not reader.done() or arrived:
            await _until_ready(reader, news, ready_at)
            batch = arrived.copy()
            arrived.clear()
            if batch:
                yield batch
                ready_at = asyncio.get_running_loop().time() + interval_s
        reader.result()
    finally:
        reader.cancel()


async def _read[T](items: AsyncGenerator[T, None], arrived: list[T], news: asyncio.Event) -> None:
    try:
        async with aclosing(items) as closing:
            async for item in closing:
                arrived.append(item)
                news.set()
    finally:
        news.set()


async def _until_ready(reader: "asyncio.Future[None]", news: asyncio.Event, ready_at: float) -> None:
    await news.wait()
    news.clear()
    left_s = ready_at - asyncio.get_running_loop().time()
    if left_s > 0 and not reader.done():
        await asyncio.wait({reader}, timeout=left_s)
    if reader.done():
        news.set()

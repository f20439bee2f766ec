"""Recipes made ahead by other processes, so that making them does not hold up sending them."""

import asyncio
import multiprocessing
from collections import deque
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import count

from tests.chaos.fuzz.recipes import Recipe, made

_AHEAD = 4


async def made_ahead(seed: int, *, processes: int = 1) -> AsyncIterator[Sequence[Recipe]]:
    """Yield batches without end; the same seed yields the same ones."""
    # Spawned: a process that uses gRPC must not be forked.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        coming: deque[Future[Sequence[Recipe]]] = deque()
        try:
            for number in count():
                coming.append(pool.submit(made, seed * 1_000_000 + number))
                if len(coming) > _AHEAD:
                    yield await asyncio.wrap_future(coming.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


async def made_here(seed: int, share: float) -> AsyncIterator[Sequence[Recipe]]:
    """One batch, made without another process."""
    yield await asyncio.to_thread(made, seed * 1_000_000, share)

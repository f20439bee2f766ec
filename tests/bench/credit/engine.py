"""The engine in one process with its callers: a Teller on a database, set up as the service sets itself up."""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import operations
from services.credit.pricing import load_price_list
from services.credit.reconcile import Discrepancy, check_books
from services.credit.shard import ShardLimits
from services.credit.teller import Teller
from services.runtime.database import LOOKED_UP, Database
from services.runtime.entrypoint import set_up_collector
from tests.bench.credit.load import Door, account_name, done_per_second

CALLERS = 400
REMEMBERED = 10_000
_GRANT_MICROCREDITS = 10**12
_AT_ONCE = 400
_CHECK_STATEMENT_TIMEOUT_S = 600  # one account has all that the callers did


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the engine came to; the processor time is that of this one process, callers included."""

    pairs_per_second: float
    cpu_us_per_operation: float


def open_accounts(url: str, models_file: Path, accounts: int) -> None:
    """Open accounts with three grants each: the tier's allowance, a promotion and a purchase."""
    uvloop.run(_open_accounts(url, models_file, accounts))


def run(url: str, models_file: Path, accounts: int, seconds: float) -> Run:
    """Have the callers do pairs on these accounts, once the first REMEMBERED of them are in memory, as they are in a process that runs for long."""
    return uvloop.run(_run(url, models_file, accounts, seconds))


def check(url: str, models_file: Path) -> list[Discrepancy]:
    """What is wrong with the books."""
    return uvloop.run(_check(url, models_file))


def bytes_per_account(url: str, models_file: Path, accounts: int) -> int:
    """How much a process grows by for each account that it remembers, with its key, its three grants and a captured hold."""
    return uvloop.run(_bytes_per_account(url, models_file, accounts))


@contextlib.asynccontextmanager
async def _teller(url: str, models_file: Path, *, accounts_max: int | None = None) -> AsyncIterator[Teller]:
    """A teller with the limits that the service has unless it is told otherwise; with `accounts_max`, one that forgets none of so many accounts."""
    database = Database(url, planner=LOOKED_UP)  # as the service does
    prices = load_price_list(models_file)
    if accounts_max is None:
        teller = Teller(database, prices)
    else:
        teller = Teller(database, prices, shard_limits=ShardLimits(accounts_max=accounts_max), accounts_known_max=accounts_max)
    try:
        yield teller
    finally:
        await teller.drain()
        await database.close()


def _door(teller: Teller) -> Door:
    return Door(teller.place_hold, lambda request: teller.execute(operations.capture_hold(request)))


async def _open_accounts(url: str, models_file: Path, accounts: int) -> None:
    async with _teller(url, models_file) as teller:
        for first in range(0, accounts, _AT_ONCE):
            await asyncio.gather(*(_open_account(teller, account_name(number)) for number in range(first, min(first + _AT_ONCE, accounts))))


async def _open_account(teller: Teller, account_id: str) -> None:
    for priority, source in enumerate(("promotion", "purchase")):
        request = pb.CreateGrantRequest(
            request_id=source, account_id=account_id, amount_microcredits=_GRANT_MICROCREDITS, source=source, priority=priority
        )
        await teller.execute(operations.create_grant(request))


async def _run(url: str, models_file: Path, accounts: int, seconds: float) -> Run:
    async with _teller(url, models_file) as teller:
        door = _door(teller)
        await _one_pair_each(door, 0, min(accounts, REMEMBERED))
        set_up_collector()
        used_s, started_s = time.process_time(), time.perf_counter()
        rate = await done_per_second(door.pairs(accounts), CALLERS, seconds)
        operations_done = 2 * rate * (time.perf_counter() - started_s)
        return Run(rate, (time.process_time() - used_s) / operations_done * 1e6)


async def _check(url: str, models_file: Path) -> list[Discrepancy]:
    database = Database(url, pool_size=1, statement_timeout_s=_CHECK_STATEMENT_TIMEOUT_S)
    try:
        return await check_books(database, load_price_list(models_file))
    finally:
        await database.close()


async def _bytes_per_account(url: str, models_file: Path, accounts: int) -> int:
    async with _teller(url, models_file, accounts_max=2 * accounts) as teller:
        door, process = _door(teller), psutil.Process()
        set_up_collector()
        first = accounts // 20
        await _one_pair_each(door, 0, first)  # what a batch needs for itself has been taken
        before = _resident_bytes(process)
        await _one_pair_each(door, first, first + accounts)
        return round((_resident_bytes(process) - before) / accounts)


async def _one_pair_each(door: Door, start: int, end: int) -> None:
    for first in range(start, end, _AT_ONCE):
        await asyncio.gather(*(door.pair(number) for number in range(first, min(first + _AT_ONCE, end))))


def _resident_bytes(process: psutil.Process) -> int:
    gc.collect()
    return int(process.memory_info().rss)

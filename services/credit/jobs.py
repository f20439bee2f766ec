"""What the ledger does by the clock: expire what is due, and forget request ids that are too old to be repeated."""

import asyncio

from services.credit.settings import CreditSettings
from services.credit.teller import Teller
from services.runtime.database import Database
from services.runtime.jobs import Jobs
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)

_DUE_ACCOUNTS = """
    SELECT account_key FROM holds WHERE state = 'active' AND expires_at <= clock_timestamp() + %(ahead)s::interval
    UNION
    SELECT account_key FROM grants
    WHERE remaining_microcredits > held_microcredits AND expires_at <= clock_timestamp() + %(ahead)s::interval AND NOT spent
    LIMIT %(accounts_max)s
"""
_PURGE = """
    DELETE FROM operations WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM operations WHERE created_at < clock_timestamp() - make_interval(days => %s) LIMIT %s))
"""


async def expire_due(database: Database, teller: Teller, accounts_max: int) -> int:
    """Settle at most `accounts_max` accounts with a due hold or grant; return how many that was."""
    async with database.connection() as connection:
        cursor = await connection.execute(_DUE_ACCOUNTS, {"ahead": teller.ahead, "accounts_max": accounts_max})
        keys = [int(row[0]) for row in await cursor.fetchall()]
    await asyncio.gather(*(teller.settle_due(key) for key in keys))
    return len(keys)


async def forget_old_requests(database: Database, kept_days: int, purged_max: int) -> int:
    """Delete the results of requests older than `kept_days`; return how many that was."""
    forgotten = 0
    while True:
        async with database.connection() as connection:
            deleted = (await connection.execute(_PURGE, [kept_days, purged_max])).rowcount
        forgotten += deleted
        if deleted < purged_max:
            return forgotten


def register(jobs: Jobs, database: Database, teller: Teller, settings: CreditSettings) -> None:
    """Have the queue do it, on one instance at a time."""

    @jobs.periodic(cron="*/1 * * * *", name="expire_due")
    async def expire() -> None:
        settled = await expire_due(database, teller, settings.due_accounts_max)
        if settled:
            _log.info("due holds and grants expired", accounts=settled)

    @jobs.periodic(cron="*/1 * * * *", name="finish_transfers")
    async def finish() -> None:
        finished = await teller.finish_transfers()
        if finished:
            _log.warning("transfers that were cut off have arrived", transfers=finished)

    @jobs.periodic(cron="17 * * * *", name="forget_old_requests")
    async def forget() -> None:
        await forget_old_requests(database, settings.request_ids_kept_days, settings.purged_max)

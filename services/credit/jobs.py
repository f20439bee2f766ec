"""What the ledger does by the clock: expire what is due, compare the books with themselves, forget request ids that are too old."""

import asyncio

from services.credit.auditor import Auditor
from services.credit.settings import CreditSettings
from services.credit.teller import Teller
from services.runtime.database import Database
from services.runtime.jobs import Jobs
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)

# now(), because an index is of no use to a condition whose value changes while it runs.
_DUE_ACCOUNTS = """
    SELECT account_key FROM holds WHERE state = 'active' AND expires_at <= now() + %(ahead)s::interval
    UNION
    SELECT account_key FROM grants
    WHERE remaining_microcredits > held_microcredits AND expires_at <= now() + %(ahead)s::interval AND NOT spent
    LIMIT %(accounts_max)s
"""
_PURGE = """
    DELETE FROM operations WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM operations WHERE created_at < now() - make_interval(days => %s) LIMIT %s))
"""
_PURGE_ERASED = "DELETE FROM erased_operations WHERE erased_at < now() - make_interval(days => %s)"


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
            break
    async with database.connection() as connection:
        await connection.execute(_PURGE_ERASED, [kept_days])
    return forgotten


def _register_leases(jobs: Jobs, teller: Teller, settings: CreditSettings) -> None:
    @jobs.periodic(cron="*/1 * * * *", name="finish_leased_turns")
    async def finish_turns() -> None:
        finished = await teller.leases.finish(limit=settings.leased_turns_max)
        if finished:
            _log.warning("settlements of leased turns that were cut off were finished", turns=finished)
        await teller.leases.count_open()

    @jobs.periodic(cron="23 * * * *", name="close_lost_leases")
    async def close_lost() -> None:
        lost = await teller.leases.close_lost(settings.lease_lost_days)
        if lost:
            _log.error("leases expired and were never closed", leases=lost)


def register(jobs: Jobs, database: Database, teller: Teller, auditor: Auditor, settings: CreditSettings) -> None:
    """Have the queue do it, on one instance at a time."""
    _register_leases(jobs, teller, settings)

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

    @jobs.periodic(cron="*/5 * * * *", name="reconcile_changes", timeout_s=settings.reconcile_changes_s)
    async def reconcile_changes() -> None:
        await auditor.reconcile(full=False)

    @jobs.periodic(cron="41 3 * * *", name="reconcile_everything", timeout_s=settings.reconcile_full_s)
    async def reconcile_everything() -> None:
        await auditor.reconcile(full=True)

"""The one door to the audit: reconciliations with what they find, reports of usage, and the journal for whoever checks it elsewhere."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import metrics
from services.credit.findings import Findings
from services.credit.journal import Positions
from services.credit.journal_export import export_journal
from services.credit.pricing import PriceList
from services.credit.reconcile import Examination, Extent
from services.credit.usage_report import report_usage
from services.runtime.database import Database
from services.runtime.telemetry import get_logger

_ADVANCE = b"""
    UPDATE reconciled r SET batch_seq = p.batch_seq FROM unnest(%s::smallint[], %s::bigint[]) AS p (shard, batch_seq)
    WHERE r.shard = p.shard AND r.batch_seq < p.batch_seq
"""
_log = get_logger(__name__)


@dataclass(slots=True)
class Reconciliation:
    """What a run looked at, and how many of its findings are new."""

    accounts: int = 0
    batches: int = 0
    entries: int = 0
    found: int = 0


class Auditor:
    """Looks at the books of one database, and never changes them."""

    def __init__(self, database: Database, prices: PriceList, extent: Extent | None = None, report_rows_max: int = 10_000) -> None:
        self._database = database
        self._prices = prices
        self._extent = extent or Extent()
        self._report_rows_max = report_rows_max
        self.findings = Findings(database)

    async def reconcile(self, *, full: bool) -> Reconciliation:
        """Look at everything, or at what has changed since the last run, and keep what is found.

        What one part of the run found is kept before the next is looked at, so that a run that is cut off has not run for nothing.
        """
        examination = Examination(self._database, self._prices, self._extent)
        run, kinds = Reconciliation(), Counter[str]()
        async for step in examination.of_everything() if full else examination.of_changes():
            run.accounts += step.accounts
            run.batches += step.batches
            run.entries += step.entries
            run.found += await self.findings.record(step.found)
            kinds.update(discrepancy.kind for discrepancy in step.found)
            if step.reached:
                await self._advance(step.reached)
        await self.findings.count_open()
        metrics.reconciled_at.labels("full" if full else "changes").set(time.time())
        if run.found:
            _log.error("reconciliation found something", new=run.found, kinds=dict(kinds))
        return run

    async def report_usage(self, since: datetime | None, until: datetime | None, group_by: Sequence[str], *, guild_id: str = "") -> list[pb.UsageRow]:
        """Sum what was used. Raises InvalidField and LimitReached."""
        rows_max, statement_s = self._report_rows_max, self._extent.reach.statement_s
        return await report_usage(self._database, since, until, group_by, guild_id=guild_id, rows_max=rows_max, statement_s=statement_s)

    def export(self, since: datetime | None, until: datetime | None) -> AsyncIterator[pb.ExportEntriesResponse]:
        """Give the journal. Raises InvalidField."""
        return export_journal(self._database, since, until, self._extent.reach)

    async def _advance(self, reached: Positions) -> None:
        async with self._database.connection() as connection:
            await connection.execute(_ADVANCE, [list(reached), list(reached.values())])

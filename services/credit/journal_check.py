"""Whether the journal is as it was written: chains, ends, what operations were answered, what is in transit. Pure, but for `read_ends`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from services.credit.accounts import SystemAccount
from services.credit.chain import SHARDS, Batch, Head, OperationRecord, operations_hash, problems
from services.credit.checks import Discrepancy
from services.credit.journal import Positions, WholeBatch, read_heads, read_last_batches

JOURNAL_CHECKS = (
    "batch_is_missing",
    "batch_does_not_follow",
    "batch_is_not_its_entries",
    "batch_is_not_its_operations",
    "entries_have_no_account",
    "head_is_not_the_last_batch",
    "journal_is_shorter_than_it_was",
    "transit_is_not_empty",
)
"""What can be wrong with the journal, beside what is wrong with an account."""

_BY_ACCOUNT = frozenset({"operation_does_not_sum_to_zero"})  # told by the check of the account

# Credits that have left one account and have not arrived at another: a transfer that has arrived may not be marked as finished yet.
_ON_THEIR_WAY = b"""
    SELECT coalesce(sum((part ->> 1)::numeric), 0) FROM transfers t CROSS JOIN LATERAL jsonb_array_elements(t.parts) part
    WHERE t.finished_at IS NULL AND NOT EXISTS (
        SELECT FROM operations o WHERE o.refusal = '' AND (
            (o.account_key = t.recipient_key AND o.request_key = 'transfer ' || to_hex(t.account_key) || '_' || t.operation_seq)
            OR (o.account_key = t.account_key AND o.request_key = 'returned ' || to_hex(t.account_key) || '_' || t.operation_seq)))
"""


@dataclass(frozen=True, slots=True)
class Ends:
    """Where the journal ended when it was looked at: by the shards' heads, by the batches, and how far it was once reconciled."""

    heads: Mapping[int, Head]
    last: Mapping[int, Head]
    reconciled: Positions
    on_their_way: int

    @property
    def upto(self) -> Positions:
        """How far the batches go."""
        return {shard: head.batch_seq for shard, head in self.last.items()}

    def problems(self) -> list[Discrepancy]:
        """Compare the ends with each other."""
        found = []
        for shard in range(SHARDS):
            head, last, reconciled = self.heads.get(shard, Head(shard)), self.last[shard], self.reconciled.get(shard, 0)
            if head != last:
                what = f"shard {shard}: the head is batch {head.batch_seq}, the last {last.batch_seq}"
                found.append(_of_journal("head_is_not_the_last_batch", what))
            if last.batch_seq < reconciled:
                what = f"shard {shard}: batch {reconciled} was reconciled, the last is {last.batch_seq}"
                found.append(_of_journal("journal_is_shorter_than_it_was", what))
        return found


async def read_ends(connection: psycopg.AsyncConnection) -> Ends:
    """Read where the journal ends, all at one moment where the connection's transaction is a snapshot."""
    reconciled = await (await connection.execute("SELECT shard, batch_seq FROM reconciled")).fetchall()
    row = await (await connection.execute(_ON_THEIR_WAY)).fetchone()
    assert row is not None
    return Ends(await read_heads(connection), await read_last_batches(connection), dict(reconciled), int(row[0]))


class JournalCheck:
    """Takes the batches of every shard in order, beginning after a place, and tells what is wrong with each.

    `reached` is the place of the last batch of each shard that was taken. What the first ones must follow is compared where it is known.
    """

    def __init__(self, after: Positions, previous: Mapping[int, Head]) -> None:
        self.reached = dict(after)
        self._previous = dict(previous)
        self._transit = 0

    def take(self, whole: WholeBatch) -> list[Discrepancy]:
        """Compare a batch with its entries and with the one before it."""
        batch = whole.batch
        found = problems(batch, whole.entries, self._previous.get(batch.shard))
        self._previous[batch.shard] = batch.head
        self.reached[batch.shard] = batch.batch_seq
        self._transit += sum(entry.amount for entry in whole.entries if entry.system_account == SystemAccount.TRANSIT)
        return [_of_journal(kind, detail) for kind, detail in found if kind not in _BY_ACCOUNT]

    def transit_problems(self, on_their_way: int) -> list[Discrepancy]:
        """Compare what all entries have left in transit, when all were taken, with what is on its way."""
        difference = self._transit - on_their_way
        return [_of_journal("transit_is_not_empty", "but for what is on its way", difference)] if difference else []


def missing_batches(previous: Mapping[int, Head], after: Positions) -> list[Discrepancy]:
    """Tell where the batch after which a check is to begin is gone."""
    gone = [(shard, seq) for shard, seq in after.items() if seq and shard not in previous]
    return [_of_journal("batch_is_missing", f"shard {shard}: batch {seq}") for shard, seq in gone]


def operation_problems(batch: Batch, kept: Sequence[OperationRecord], erased: int) -> list[Discrepancy]:
    """Compare a batch with what is kept of its operations; their hash cannot be told once some were erased with their account."""
    place = f"shard {batch.shard} batch {batch.batch_seq}"
    if len(kept) + erased != batch.operations:
        return [_of_journal("batch_is_not_its_operations", f"{place}: {len(kept)} kept and {erased} erased of {batch.operations}")]
    if not erased and operations_hash(kept) != batch.operations_hash:
        return [_of_journal("batch_is_not_its_operations", place)]
    return []


def _of_journal(kind: str, detail: str, difference: int = 0) -> Discrepancy:
    return Discrepancy(kind, 0, detail, difference)

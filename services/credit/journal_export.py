"""Streams the journal to whoever wants to check it elsewhere."""

from collections.abc import AsyncIterator
from datetime import datetime

import psycopg

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.accounts import Entry
from services.credit.forms import timestamp
from services.credit.journal import START, Positions, Reach, WholeBatch, read_heads, read_last_batches, read_window, snapshot
from services.runtime.database import Database
from services.runtime.errors import InvalidField

_ENTRIES_MAX = 2_000  # of one message, but for a batch that has more


async def export_journal(
    database: Database, since: datetime | None, until: datetime | None, reach: Reach | None = None
) -> AsyncIterator[pb.ExportEntriesResponse]:
    """Give the batches decided from `since` until before `until`, each shard's in order, and at last the ends of the chains.

    The ends are those at `until` or, without it, at the start. It reads a bounded part at a time: the journal only grows. Raises InvalidField.
    """
    if since is not None and until is not None and since >= until:
        raise InvalidField("from", "must be before to")
    reach = reach or Reach()
    async with snapshot(database, reach) as connection:
        after = await _place(connection, since) if since is not None else dict(START)
        heads = await read_heads(connection) if until is None else await read_last_batches(connection, until)
    upto = {shard: head.batch_seq for shard, head in heads.items()}
    while True:
        async with snapshot(database, reach) as connection:
            window = await read_window(connection, after, upto, reach.operations_max)
        if not window:
            break
        after = {**after, **{whole.batch.shard: whole.batch.batch_seq for whole in window}}
        for response in _responses(window):
            yield response
    yield pb.ExportEntriesResponse(
        heads=[pb.ChainHead(shard=head.shard, batch_seq=head.batch_seq, hash=head.hash) for _, head in sorted(heads.items())]
    )


async def _place(connection: psycopg.AsyncConnection, since: datetime) -> Positions:
    return {shard: head.batch_seq for shard, head in (await read_last_batches(connection, since)).items()}


def _responses(window: list[WholeBatch]) -> list[pb.ExportEntriesResponse]:
    responses, entries = [pb.ExportEntriesResponse()], 0
    for whole in window:
        if entries and entries + len(whole.entries) > _ENTRIES_MAX:
            responses.append(pb.ExportEntriesResponse())
            entries = 0
        entries += len(whole.entries)
        responses[-1].batches.append(batch_message(whole))
    return responses


def batch_message(whole: WholeBatch) -> pb.Batch:
    """Show a batch with its entries, in the order in which they are hashed."""
    batch = whole.batch
    ordered = sorted(whole.entries, key=lambda entry: (entry.account_key, entry.operation_seq, entry.leg))
    return pb.Batch(
        shard=batch.shard,
        batch_seq=batch.batch_seq,
        decide_time=timestamp(batch.decided_at),
        price_version=batch.price_version,
        operations=batch.operations,
        operations_hash=batch.operations_hash,
        previous_hash=batch.previous_hash,
        hash=batch.hash,
        entries=[_entry_message(entry) for entry in ordered],
    )


def _entry_message(entry: Entry) -> pb.JournalEntry:
    return pb.JournalEntry(
        account_key=entry.account_key,
        operation_seq=entry.operation_seq,
        leg=entry.leg,
        system_account=entry.system_account or "",
        grant_seq=entry.grant_seq or 0,
        amount_microcredits=entry.amount,
        kind=entry.kind,
        hold_seq=entry.hold_seq or 0,
    )

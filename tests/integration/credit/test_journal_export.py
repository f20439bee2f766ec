"""The journal as it is exported, and checked away from the service."""

import json
from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.client import batch_line, heads_line, verify_journal
from services.credit.journal import Reach
from services.credit.journal_export import export_journal
from services.runtime.errors import InvalidField


async def exported(credit, *, since: int | None = None, until: int | None = None) -> list[str]:
    """The lines of an export."""
    request = pb.ExportEntriesRequest()
    for field, seconds in (("from", since), ("to", until)):
        if seconds is not None:
            getattr(request, field).CopyFrom(Timestamp(seconds=seconds))
    responses = [response async for response in credit.admin.ExportEntries(request, None)]
    lines = [batch_line(batch) for response in responses for batch in response.batches]
    times = (datetime.fromtimestamp(at, UTC) if at is not None else None for at in (since, until))
    return [*lines, *(heads_line(response.heads, *times) for response in responses if response.heads)]


@pytest.fixture
async def used(credit):
    """Books of some accounts on more than one shard."""
    for number in range(6):
        await credit.capture((await credit.hold(f"user:{number}", amount=10)).hold, 5)
        await credit.transfer(7, f"user:{number}", f"user:{number + 1}")
    return credit


def names(lines: list[str]) -> set[str]:
    return {problem.name for problem in verify_journal(lines).problems}


async def test_an_export_has_every_batch_and_every_entry_and_is_found_sound(used):
    lines = await exported(used)
    verified = verify_journal(lines)
    assert verified.problems == []
    assert await used.rows("SELECT count(*) FROM batches") == [(verified.batches,)]
    assert await used.rows("SELECT count(*) FROM entries") == [(verified.entries,)]
    seqs: dict[int, list[int]] = {}
    for line in lines[:-1]:
        read = json.loads(line)
        seqs.setdefault(read["shard"], []).append(read["batch_seq"])
    assert all(found == list(range(1, len(found) + 1)) for found in seqs.values())


async def test_an_empty_journal_is_exported_as_its_heads(credit):
    lines = await exported(credit)
    assert len(lines) == 1
    assert verify_journal(lines).problems == []


async def test_an_export_in_the_smallest_parts_is_the_same(used):
    whole = [response async for response in export_journal(used.database, None, None)]
    parts = [response async for response in export_journal(used.database, None, None, Reach(operations_max=1))]
    assert len(parts) > len(whole)
    assert [batch for response in parts for batch in response.batches] == [batch for response in whole for batch in response.batches]
    assert parts[-1].heads == whole[-1].heads


async def test_what_is_written_during_an_export_is_in_the_next(used):
    stream = export_journal(used.database, None, None, Reach(operations_max=1))
    responses = [await anext(stream)]
    await used.hold("user:1", amount=1)
    responses += [response async for response in stream]
    lines = [batch_line(batch) for response in responses for batch in response.batches]
    assert verify_journal([*lines, heads_line(responses[-1].heads)]).problems == []
    assert len(await exported(used)) == len(lines) + 2


async def test_an_export_of_a_range_is_found_sound_without_its_beginning(credit):
    moments = []
    for day in range(3):
        credit.put_clock_ahead(86_400 if day else -3 * 86_400)
        for number in range(4):
            await credit.capture((await credit.hold(f"user:{number}", amount=10)).hold, 5)
        moments.append(int((await credit.rows("SELECT extract(epoch FROM max(decided_at))::bigint FROM batches"))[0][0]))
    middle = await exported(credit, since=moments[0] + 2, until=moments[1] + 2)
    verified = verify_journal(middle)
    assert verified.problems == []
    assert verified.batches == 8
    everything = await exported(credit)
    assert set(middle[:-1]) < set(everything[:-1])
    assert "batch_is_missing" in names([*middle[:-1], everything[-1]])


async def test_a_range_that_ends_before_it_begins_is_refused(credit):
    with pytest.raises(InvalidField):
        await exported(credit, since=11, until=10)


async def test_a_journal_that_was_tampered_with_in_the_database_is_exported_and_found(used):
    await used.run("ALTER TABLE entries DISABLE TRIGGER entries_append_only")
    await used.run("UPDATE entries SET kind = 'grant', system_account = 'nowhere' WHERE system_account = 'revenue'")
    assert names(await exported(used)) == {"batch_is_not_its_entries"}
    await used.run("UPDATE entries SET kind = 'capture', system_account = 'revenue' WHERE system_account = 'nowhere'")


async def test_an_export_names_nobody(credit):
    await credit.transfer(7, "user:424242", "user:434343", note="for a friend")
    text = "".join(await exported(credit))
    assert "424242" not in text
    assert "434343" not in text
    assert "friend" not in text

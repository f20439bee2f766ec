"""The outage journal on a real disk: what it says survives whatever happens to the process, and what it has lost is told."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.outage import records
from services.gateway.outage.book import Book, HeldLease
from services.gateway.outage.journal import JOURNAL, Journal, JournalLocked, JournalUnavailable, open_journal
from services.gateway.outage.journalled_book import JournalledBook
from services.gateway.outage.records import BadLine, Opened, Read, Record, Settled, Taken, Used, line_of, read, record_of
from services.gateway.outage.side_file import SET_ASIDE, SideFile
from tests.unit.gateway.test_outage_allowance import TERMS

TEXT = st.text(max_size=20)
MANY: Sequence[Record] = [
    Opened("here-1"),
    HeldLease("7f", 1_000, 900, 5_000, TERMS).record(),
    Taken("m1:0", "user:ada", "7f", 100, 1),
    Used("m1:0", "small", 10, 2, 5, 1),
    Taken("m2:0", "user:bøb", "7f", 100, 2),
    Settled("7f", ("m1:0",), 850),
    records.WrittenOff("7f", ("m0:0",), 30),
    records.Counted({"user:ada": 1, "user:bøb": 1}),
]


def keep(found: Read) -> Sequence[Record]:
    return found.records


def written(folder: Path) -> Sequence[Record]:
    return read((folder / JOURNAL).read_bytes()).records


async def opened(folder: Path) -> Journal:
    journal, _ = open_journal(folder, SideFile(folder), mend=keep)
    return journal


@pytest.mark.parametrize("record", MANY, ids=lambda record: record.KIND)
def test_a_record_is_read_as_it_was_written(record: Record) -> None:
    assert record_of(line_of(record).rstrip(b"\n")) == record


@given(TEXT, TEXT, TEXT, st.integers(0, 2**62), st.integers(0, 2**62))
def test_whatever_is_in_a_record_is_one_line_of_ascii(turn_id: str, account_id: str, lease_id: str, bound: int, time_ms: int) -> None:
    line = line_of(Taken(turn_id, account_id, lease_id, bound, time_ms))
    assert line.count(b"\n") == 1
    assert record_of(line[:-1]) == Taken(turn_id, account_id, lease_id, bound, time_ms)


@given(st.data())
def test_a_line_with_any_byte_changed_is_bad(data: st.DataObject) -> None:
    line = bytearray(line_of(data.draw(st.sampled_from(MANY)))[:-1])
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadLine):
        record_of(bytes(line))


@pytest.mark.parametrize("text", ["[]", "1", "{}", '{"kind":"later"}', '{"kind":"taken"}', "nonsense"])
def test_a_line_that_is_whole_and_not_of_this_version_is_bad(text: str) -> None:
    import zlib

    with pytest.raises(BadLine):
        record_of(f"{zlib.crc32(text.encode()):08x} {text}".encode())


def test_cut_at_any_byte_every_whole_line_is_read_and_the_rest_is_torn() -> None:
    content = b"".join(map(line_of, MANY))
    for cut in range(len(content) + 1):
        found = read(content[:cut])
        whole = content[:cut].count(b"\n")
        assert list(found.records) == list(MANY[:whole])
        assert (found.bad, found.torn) == ((), content[:cut].split(b"\n")[-1])


async def test_a_record_is_in_the_file_when_append_returns(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    for record in MANY:
        await journal.append(record)
        assert written(tmp_path)[-1] == record
    assert journal.size_bytes == (tmp_path / JOURNAL).stat().st_size
    await journal.close()


async def test_writers_at_the_same_time_share_few_fsyncs_and_none_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def counted(file: int) -> None:
        synced.append(file)
        fsync(file)

    monkeypatch.setattr(os, "fsync", counted)
    journal = await opened(tmp_path)
    before = len(synced)
    await asyncio.gather(*(journal.append(Used(f"m{number}:0", "small")) for number in range(200)))
    assert {one.turn_id for one in written(tmp_path) if isinstance(one, Used)} == {f"m{number}:0" for number in range(200)}
    assert len(synced) - before <= 3
    await journal.close()


async def test_cancelling_who_waits_does_not_lose_the_record(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    task = asyncio.create_task(journal.append(Used("m1:0", "small")))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.close()
    assert written(tmp_path) == (Used("m1:0", "small"),)


async def test_a_full_disk_is_said_and_leaves_no_torn_line_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await opened(tmp_path)
    await journal.append(Opened("here-1"))
    write, full = os.write, True

    def half(file: int, content: bytes) -> int:
        if full and len(content) > 1:
            return write(file, content[: len(content) // 2])
        if full:
            raise OSError(28, "No space left on device")
        return write(file, content)

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(JournalUnavailable, match="No space left"):
        await journal.append(Used("m1:0", "small"))
    full = False
    await journal.append(Used("m2:0", "small"))
    await journal.close()
    assert (tmp_path / JOURNAL).read_bytes() == line_of(Opened("here-1")) + line_of(Used("m2:0", "small"))


async def test_a_record_that_no_thread_can_write_is_refused_and_the_next_one_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await opened(tmp_path)

    async def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "to_thread", no_thread)
        async with asyncio.timeout(5):
            with pytest.raises(JournalUnavailable, match="new thread"):
                await journal.append(Used("m1:0", "small"))
    await journal.append(Used("m2:0", "small"))
    await journal.close()
    assert written(tmp_path) == (Used("m2:0", "small"),)


async def test_rewriting_stands_between_two_writes(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    first = [journal.append(Used(f"a{number}", "small")) for number in range(3)]
    rewrite = journal.rewrite([Used("a2", "small"), Opened("new")])
    await asyncio.gather(*first, rewrite, journal.append(Used("b", "small")))
    assert [getattr(one, "turn_id", "new") for one in written(tmp_path)] == ["a2", "new", "b"]
    assert journal.size_bytes == (tmp_path / JOURNAL).stat().st_size
    await journal.append(Used("c", "small"))
    await journal.close()
    assert written(tmp_path)[-1] == Used("c", "small")


async def test_a_journal_belongs_to_one_process_until_it_is_closed(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    with pytest.raises(JournalLocked, match=f"process {os.getpid()}"):
        await opened(tmp_path)
    await journal.close()
    await (await opened(tmp_path)).close()


def kept_in(folder: Path, **changes: int) -> JournalledBook:
    return JournalledBook(folder, "here", bytes_max=changes.get("bytes_max", 1 << 20), new_suffix=lambda: os.urandom(4).hex())


async def left_behind(folder: Path, content: bytes) -> Book:
    """What a gateway knows that starts with this journal."""
    (folder / JOURNAL).write_bytes(content)
    kept = kept_in(folder)
    assert kept.open()
    book = kept.book
    await kept.close()
    return book


async def test_a_torn_end_is_set_aside_and_the_lease_stays(tmp_path: Path) -> None:
    content = b"".join(map(line_of, MANY))
    book = await left_behind(tmp_path, content[:-5])
    assert (book.instance, book.lease is not None, list(book.turns)) == ("here-1", True, ["m2:0"])
    assert (tmp_path / SET_ASIDE).read_bytes().startswith(b"torn ")
    # It is set aside once.
    again = kept_in(tmp_path)
    again.open()
    await again.close()
    assert (tmp_path / SET_ASIDE).read_bytes().count(b"\n") == 1


async def test_after_a_corrupt_line_the_rest_is_known_and_the_lease_is_not_used_any_more(tmp_path: Path) -> None:
    lines = [line_of(record) for record in MANY]
    lines[2] = lines[2].replace(b"100", b"001")
    book = await left_behind(tmp_path, b"".join(lines))
    assert list(book.turns) == ["m2:0"]
    assert book.turns["m2:0"].taken.lease_id == "7f"
    assert book.lease is None
    assert book.instance.startswith("here-")
    assert book.instance != "here-1"
    assert (tmp_path / SET_ASIDE).read_bytes() == b"bad " + lines[2]
    assert read((tmp_path / JOURNAL).read_bytes()).bad == ()


async def test_what_is_compacted_says_the_same(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    kept.open()
    for number in range(200):
        await kept.take(Taken(f"m{number}:0", "user:ada", "7f", 100, number))
        await kept.note(Used(f"m{number}:0", "small"))
        await kept.note(Settled("7f", (f"m{number}:0",), 850))
    await kept.take(Taken("last:0", "user:ada", "7f", 100, 1))
    before = (tmp_path / JOURNAL).stat().st_size
    await kept.compact()
    assert (tmp_path / JOURNAL).stat().st_size < before / 50
    await kept.close()
    again = Book(written(tmp_path))
    assert (again.turns, again.turns_by_account, again.instance) == (kept.book.turns, kept.book.turns_by_account, kept.book.instance)


async def test_a_line_that_rots_in_use_is_written_anew_and_nothing_of_the_lease_is_lost(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    kept.open()
    await kept.note(HeldLease("7f", 1_000, 1_000, 5_000, TERMS).record())
    for number in range(9):
        await kept.take(Taken(f"m{number}:0", "user:ada", "7f", 100, number))
    await asyncio.gather(*(kept.note(records.Over()) for _ in range(2_000)))
    content = (tmp_path / JOURNAL).read_bytes()
    with (tmp_path / JOURNAL).open("r+b") as file:
        file.write(content.replace(b'"m3:0"', b'"n3:0"'))
    await kept.compact()
    await kept.close()
    assert (tmp_path / JOURNAL).stat().st_size < len(content) / 5
    again = kept_in(tmp_path)
    again.open()
    assert vars(again.book) == vars(kept.book)
    assert (len(again.book.turns), again.book.left_microcredits) == (9, 100)
    await again.close()


async def test_a_line_that_rots_is_still_seen_at_the_next_start_where_the_journal_was_removed_and_put_back(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    kept.open()
    await kept.note(HeldLease("7f", 1_000, 1_000, 5_000, TERMS).record())
    await kept.take(Taken("m1:0", "user:ada", "7f", 100, 1))
    with (tmp_path / JOURNAL).open("r+b") as file:
        content = file.read()
        file.seek(0)
        file.write(content.replace(b'"m1:0"', b'"n1:0"'))
    (tmp_path / JOURNAL).unlink()
    await kept.take(Taken("m2:0", "user:ada", "7f", 100, 2))
    await kept.close()
    again = kept_in(tmp_path)
    again.open()
    assert (again.book.lease, again.book.instance != kept.book.instance, list(again.book.turns)) == (None, True, ["m2:0"])
    await again.close()


async def test_a_journal_is_not_compacted_while_it_is_open_whether_a_turn_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full for the line, and has room again for the new file."""
    kept = kept_in(tmp_path)
    kept.open()
    await asyncio.gather(*(kept.note(records.Over()) for _ in range(2_000)))
    fsync, failures = os.fsync, 1

    def full_once(file: int) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError(28, "No space left on device")
        fsync(file)

    monkeypatch.setattr(os, "fsync", full_once)
    taken, _ = await asyncio.gather(kept.take(Taken("m1:0", "user:ada", "7f", 100, 1)), kept.compact(), return_exceptions=True)
    assert isinstance(taken, JournalUnavailable)
    await kept.compact()
    await kept.close()
    assert "m1:0" not in Book(written(tmp_path)).turns


async def test_what_cannot_be_read_is_set_aside_once_however_often_the_journal_cannot_be_replaced(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes(line_of(Opened("here-1")) + b"nonsense\n")
    new = tmp_path / f"{JOURNAL}.new"
    new.mkdir()
    kept = kept_in(tmp_path)
    assert [kept.open() for _ in range(3)] == [False] * 3
    new.rmdir()
    assert kept.open()
    await kept.close()
    assert (tmp_path / SET_ASIDE).read_bytes() == b"bad nonsense\n"


async def test_of_what_cannot_be_set_aside_no_half_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_in(tmp_path)
    kept.open()
    assert kept.set_aside("refused NOT_FOUND", [Used("m1:0", "small")])
    before = (tmp_path / SET_ASIDE).read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", _full)
        assert not kept.set_aside("refused NOT_FOUND", [Used("m2:0", "small")])
    assert (tmp_path / SET_ASIDE).read_bytes() == before
    await kept.close()


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")


async def test_a_full_journal_takes_no_turn_but_ends_those_it_has(tmp_path: Path) -> None:
    kept = kept_in(tmp_path, bytes_max=300)
    kept.open()
    taken = 0
    with pytest.raises(JournalUnavailable, match="full"):
        for number in range(10):
            await kept.take(Taken(f"m{number}:0", "user:ada", "7f", 100, number))
            taken += 1
    assert list(kept.book.turns) == [f"m{number}:0" for number in range(taken)]
    await kept.note(Used("m0:0", "small"))
    await kept.close()
    assert isinstance(written(tmp_path)[-1], Used)


async def test_a_turn_that_could_not_be_written_is_not_taken(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    kept.open()
    await kept.close()
    with pytest.raises(JournalUnavailable):
        await kept.take(Taken("m1:0", "user:ada", "7f", 100, 1))
    assert (kept.book.turns, dict(kept.book.turns_by_account)) == ({}, {})

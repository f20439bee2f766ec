"""The file of an export: what is written is read again, and what is no whole export is told from one."""

import io
import os
import stat

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from parlour.memory.v1 import memory_pb2 as pb
from services.console import memory_file
from services.console.memory_file import UnusableFile, first_line, last_line, memory_line, opened, read_memories, read_version, written

WHOLE = first_line(1) + memory_line(pb.Memory(memory_id="m1", text="one")) + memory_line(pb.Memory(memory_id="m2", text="two")) + last_line(2)

MEMORIES = st.builds(
    pb.Memory,
    memory_id=st.uuids().map(str),
    version=st.integers(1, 2**62),
    text=st.text(max_size=60),
    importance=st.floats(0, 1),
    scope=st.builds(pb.Scope, guild_id=st.text(max_size=5), user_id=st.text(max_size=5), visibility=st.sampled_from([1, 2, 3])),
    provenance=st.builds(pb.Provenance, message_ids=st.lists(st.text(max_size=5), max_size=3), author_name=st.text(max_size=9)),
    valid_from=st.builds(Timestamp, seconds=st.integers(0, 4_000_000_000), nanos=st.integers(0, 999_999_999)),
    quarantined=st.booleans(),
)


def read(content: bytes) -> list[pb.Memory]:
    file = io.BytesIO(content)
    read_version(file)
    return list(read_memories(file))


@given(st.lists(MEMORIES, max_size=4))
def test_what_is_written_is_read_again_without_loss(memories):
    content = first_line(1) + b"".join(map(memory_line, memories)) + last_line(len(memories))
    assert read(content) == memories
    assert content.count(b"\n") == len(memories) + 2


@given(st.text())
def test_a_line_holds_nothing_that_drives_a_terminal(text):
    shown = memory_line(pb.Memory(text=text)).decode().rstrip("\n")
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Line 1 is not a JSON object."),
        (b"not json\n", "Line 1 is not a JSON object."),
        (b"\xff\xfe\n", "Line 1 is not a JSON object."),
        (b'{"format": "parlour-journal", "version": 1}\n', "does not say that this is an export of memories"),
        (b'{"format": "parlour-memories", "version": "one"}\n', "does not say that this is an export of memories"),
        (first_line(1) + b"[" * 100_000 + b"\n", "Line 2 is not a JSON object."),
        (first_line(1) + b"[]\n", "Line 2 is not a JSON object."),
        (first_line(1) + b'{"colour": "blue"}\n', "Line 2 is not a memory"),
        (first_line(1) + b'{"version": "many"}\n', "Line 2 is not a memory"),
        (WHOLE[: WHOLE.index(b'"two"')], "Line 3 is not a JSON object."),
        (WHOLE[: -len(last_line(2))], "breaks off after line 3"),
        (first_line(1) + memory_line(pb.Memory(memory_id="m1")) + last_line(2), "the end counts 2, the file has 1"),
        (WHOLE + WHOLE, "There is more after the end in line 4."),
        (first_line(1) + b'{"text": "' + b"x" * memory_file.LINE_BYTES_MAX + b'"}\n', "Line 2 has more than 8,388,608 bytes"),
    ],
)
def test_what_is_not_a_whole_export_is_named_by_its_line(content, said):
    with pytest.raises(UnusableFile, match=said.replace("(", r"\(")):
        read(content)


def test_the_version_is_that_of_the_first_line():
    assert read_version(io.BytesIO(first_line(7))) == 7


def test_a_file_appears_when_it_is_whole_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("older")
    with written(str(path)) as file:
        file.write(b"newer")
        assert path.read_text() == "older"
    assert path.read_text() == "newer"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_was_not_finished_leaves_the_older_one(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("older")
    with pytest.raises(ValueError, match="broken"), written(str(path)):
        raise ValueError("broken")
    assert path.read_text() == "older"
    assert [found.name for found in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with written(str(tmp_path / "link")) as file:
        file.write(b"here")
    assert (tmp_path / "real").read_bytes() == b"here"
    assert (tmp_path / "link").is_symlink()


def test_neither_a_folder_nor_a_pipe_is_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UnusableFile, match="is not a file"), written(str(path)):
            raise AssertionError
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_what_cannot_be_read_twice_is_copied_first(monkeypatch):
    ours, theirs = os.pipe()
    os.write(theirs, b"some lines")
    os.close(theirs)
    with os.fdopen(ours) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with opened("-") as file:
            assert file.read() == b"some lines"
            file.seek(0)
            assert file.read() == b"some lines"


@pytest.mark.parametrize("piped", [True, False])
def test_a_file_has_a_limit(tmp_path, monkeypatch, piped):
    monkeypatch.setattr(memory_file, "FILE_BYTES_MAX", 20)
    (tmp_path / "large").write_bytes(b"x" * 21)
    with (tmp_path / "large").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with pytest.raises(UnusableFile, match="larger than 20 bytes"), opened("-" if piped else str(tmp_path / "large")):
            raise AssertionError

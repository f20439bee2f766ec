"""The file of `parlour memory export`: JSON lines. The first names the format and its version, each that follows is a memory in the JSON form of
its proto, and the last counts those, so that a file that was cut off is known. A memory with very many earlier versions takes several lines, each
with some of them.
"""

import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from parlour.memory.v1 import memory_pb2 as pb
from services.console.memory_answers import json_text

FORMAT = "parlour-memories"
STANDARD = "-"
"""Standard input or output in a file's place."""
LINE_BYTES_MAX = 8 << 20
_PART_BYTES = 1 << 20
FILE_BYTES_MAX = 4 << 30


class UnusableFile(Exception):
    """A file that cannot be imported or written; the message is a sentence."""


def first_line(version: int) -> bytes:
    """What the file begins with."""
    return _line({"format": FORMAT, "version": version})


def memory_line(memory: pb.Memory) -> bytes:
    """A memory with all its fields that are set."""
    return _line(MessageToDict(memory, preserving_proto_field_name=True))


def last_line(lines: int) -> bytes:
    """What the file ends with: how many lines there are between the first and this one."""
    return _line({"end_of": FORMAT, "lines": lines})


def read_version(file: BinaryIO) -> int:
    """Read the first line and return the version of the format. Raises UnusableFile."""
    first = _object(_bounded_line(file, 1), 1)
    version = first.get("version")
    if first.get("format") != FORMAT or not isinstance(version, int):
        raise UnusableFile(f'Line 1 does not say that this is an export of memories: it must be like {{"format": "{FORMAT}", "version": 1}}.')
    return version


def read_memories(file: BinaryIO) -> Iterator[pb.Memory]:
    """Read the memories after the first line. Raises UnusableFile, at the latest where the file breaks off."""
    number = 2
    while raw := _bounded_line(file, number):
        found = _object(raw, number)
        if "end_of" in found:
            _check_end(file, found, number)
            return
        try:
            yield ParseDict(found, pb.Memory())
        except ParseError as problem:
            raise UnusableFile(f"Line {number:,} is not a memory: {_one_line(problem)}.") from None
        number += 1
    raise UnusableFile(f"The file breaks off after line {number - 1:,}: its end is missing.")


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open a file, or standard input, so that it can be read twice. Raises OSError, and UnusableFile for more than FILE_BYTES_MAX."""
    with open(name, "rb") if name != STANDARD else os.fdopen(os.dup(sys.stdin.fileno()), "rb") as source, tempfile.TemporaryFile() as copy:
        file = cast("BinaryIO", source)
        if name == STANDARD or not source.seekable():
            file = cast("BinaryIO", copy)
            while part := source.read(_PART_BYTES):
                file.write(part)
                _check_size(file.tell())
            file.seek(0)
        else:
            _check_size(os.fstat(source.fileno()).st_size)
        yield file


@contextmanager
def written(name: str) -> Iterator[BinaryIO]:
    """Write a file that appears, in place of an older one, when it is whole, and that only its owner reads; or standard output.

    Raises OSError, and UnusableFile for a name that is a folder or a device.
    """
    if name == STANDARD:
        yield cast("BinaryIO", sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    path = Path(name).resolve()
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise UnusableFile(f"{name} is not a file: name one, or - for standard output.")
    partial = path.with_name(f"{path.name}.partial")
    try:
        with open(partial, "wb", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
            yield cast("BinaryIO", file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _line(value: dict[str, Any]) -> bytes:
    return f"{json_text(value)}\n".encode()


def _bounded_line(file: BinaryIO, number: int) -> bytes:
    line = file.readline(LINE_BYTES_MAX + 1)
    if len(line) > LINE_BYTES_MAX:
        raise UnusableFile(f"Line {number:,} has more than {LINE_BYTES_MAX:,} bytes, which no memory has.")
    return line


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # also what is no UTF-8, and what is nested as deep as an attacker can write
        found = None
    if not isinstance(found, dict):
        raise UnusableFile(f"Line {number:,} is not a JSON object.")
    return found


def _check_end(file: BinaryIO, end: dict[str, Any], number: int) -> None:
    if end.get("lines") != number - 2:
        raise UnusableFile(f"Lines are missing, or there are too many: the end counts {end.get('lines')!r:.40}, the file has {number - 2:,}.")
    if file.read(1):
        raise UnusableFile(f"There is more after the end in line {number:,}.")


def _check_size(size: int) -> None:
    if size > FILE_BYTES_MAX:
        raise UnusableFile(f"The file is larger than {FILE_BYTES_MAX:,} bytes.")


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:300].rstrip(".")

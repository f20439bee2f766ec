"""Rows as PostgreSQL arrays, for unnest, in the binary form that the server takes.

psycopg's own way to write arrays takes ten times as long, and names another type for each size of number, so that no prepared statement is met
again. As texts, numbers and bytes would be written out in digits here and read again there.

The form is that of PostgreSQL's array_recv: the number of dimensions, whether there are nulls, the elements' type, their count, the first index, and
then each element's length and bytes, the length of a null being -1. All numbers are big-endian.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any, ClassVar

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

TYPES = {"i": "bigint[]", "n": "bigint[]", "t": "text[]", "o": "text[]", "b": "bytea[]", "z": "timestamptz[]"}
"""What a column may be: i (number), n (number or nothing), t (text), o (text or nothing), b (bytes), z (time or nothing)."""

_HEADER = Struct("!5i")
_NUMBER = Struct("!iq")
_LENGTH = Struct("!i")
_NULL = _LENGTH.pack(-1)
_LENGTHS = tuple(_LENGTH.pack(length) for length in range(1_024))
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Array:
    """A column as it travels. Each type of array is a class of its own, because psycopg tells the server the type that belongs to the class."""

    element: ClassVar[str]
    wire: bytes


class _Numbers(Array):
    element = "int8"


class _Texts(Array):
    element = "text"


class _Bytes(Array):
    element = "bytea"


class _Times(Array):
    element = "timestamptz"


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> Buffer:
        return obj.wire


def columns(types: str, rows: Sequence[tuple[Any, ...]]) -> list[Array]:
    """Turn rows into an array for each column. `types` has a letter of TYPES for each."""
    given = zip(*rows, strict=True) if rows else [()] * len(types)
    return [_WRITTEN[kind](column) for kind, column in zip(types, given, strict=True)]


@lru_cache(maxsize=4_096)
def _header(element: str, count: int) -> bytes:
    oid = psycopg.postgres.types[element].oid
    return _HEADER.pack(1, 1, oid, count, 1) if count else _HEADER.pack(0, 0, oid, 0, 0)[:12]


@lru_cache(maxsize=1_024)
def _numbers_of(count: int) -> Struct:
    return Struct("!" + "iq" * count)


def _numbers(column: Sequence[int]) -> Array:
    flat = [8] * (2 * len(column))
    flat[1::2] = column
    return _Numbers(_header("int8", len(column)) + _numbers_of(len(column)).pack(*flat))


def _numbers_or_nothing(column: Sequence[int | None]) -> Array:
    pack = _NUMBER.pack
    return _Numbers(_header("int8", len(column)) + b"".join([_NULL if item is None else pack(8, item) for item in column]))


def _length(item: bytes) -> bytes:
    return _LENGTHS[len(item)] if len(item) < len(_LENGTHS) else _LENGTH.pack(len(item))


def _bytes(column: Sequence[bytes]) -> Array:
    flat = [b""] * (2 * len(column))
    flat[0::2] = [_length(item) for item in column]
    flat[1::2] = column
    return _Bytes(_header("bytea", len(column)) + b"".join(flat))


def _texts(column: Sequence[str]) -> Array:
    flat = [b""] * (2 * len(column))
    flat[1::2] = encoded = [item.encode() for item in column]
    flat[0::2] = [_length(item) for item in encoded]
    return _Texts(_header("text", len(column)) + b"".join(flat))


def _texts_or_nothing(column: Sequence[str | None]) -> Array:
    parts = [_NULL if item is None else _length(encoded := item.encode()) + encoded for item in column]
    return _Texts(_header("text", len(column)) + b"".join(parts))


def _times(column: Sequence[datetime | None]) -> Array:
    parts = [_NULL if item is None else _NUMBER.pack(8, (item - _EPOCH) // _MICROSECOND) for item in column]
    return _Times(_header("timestamptz", len(column)) + b"".join(parts))


_WRITTEN: Mapping[str, Callable[[Sequence[Any]], Array]] = {
    "i": _numbers,
    "n": _numbers_or_nothing,
    "t": _texts,
    "o": _texts_or_nothing,
    "b": _bytes,
    "z": _times,
}

for _kind in (_Numbers, _Texts, _Bytes, _Times):
    _oid = psycopg.postgres.types[_kind.element].array_oid
    psycopg.adapters.register_dumper(_kind, type(f"{_kind.__name__}Dumper", (_ArrayDumper,), {"oid": _oid}))

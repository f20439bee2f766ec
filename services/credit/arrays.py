"""Rows as PostgreSQL arrays, for unnest.

psycopg's own way to write arrays takes ten times as long, and names another type for each size of number, so that no prepared statement is met again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

TYPES = {"i": "bigint[]", "n": "bigint[]", "t": "text[]", "o": "text[]", "b": "bytea[]", "z": "timestamptz[]"}
"""What a column may be: i (number), n (number or nothing), t (text), o (text or nothing), b (bytes), z (time or nothing)."""


def columns(types: str, rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """Turn rows into an array for each column. `types` has a letter of TYPES for each."""
    if not rows:
        return ["{}"] * len(types)
    return [f"{{{','.join(_WRITTEN[kind](column))}}}" for kind, column in zip(types, zip(*rows, strict=True), strict=True)]


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


_WRITTEN: Mapping[str, Callable[[Iterable[Any]], Iterable[str]]] = {
    "i": lambda items: map(str, items),
    "n": lambda items: ["NULL" if item is None else str(item) for item in items],
    "t": lambda items: map(_quoted, items),
    "o": lambda items: ["NULL" if item is None else _quoted(item) for item in items],
    "b": lambda items: [f'"\\\\x{item.hex()}"' for item in items],
    "z": lambda items: ["NULL" if item is None else f'"{item.isoformat()}"' for item in items],
}

"""What a GGUF file says about its model: the key-value pairs of its header. The tensors are not read.

The format is that of ggml's docs/gguf.md. The gguf package reads it, too; it maps the weights and wants numpy, tqdm and a YAML parser for that.
"""

import struct
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_ITEMS_MAX = 10_000_000
_STRING_BYTES_MAX = 50_000_000

type Value = int | float | bool | str | list[Value]


class NotGguf(ValueError):
    """The file is no GGUF file of a version that is known here, or is broken."""


def read_header(path: Path) -> dict[str, Value]:
    """Return the key-value pairs of a GGUF file. Raises NotGguf, and OSError where the file cannot be read."""
    with path.open("rb") as file:
        try:
            if file.read(4) != _MAGIC or _number(file, "<I") not in _VERSIONS:
                raise NotGguf(f"{path} is no GGUF file of version 2 or 3")
            _number(file, "<Q")  # the tensors
            return {_string(file): _value(file, int(_number(file, "<I"))) for _ in range(_count(file, _ITEMS_MAX))}
        except (struct.error, UnicodeDecodeError) as error:
            raise NotGguf(f"{path} is broken: {error}") from None


def _value(file: BinaryIO, kind: int) -> Value:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        item_kind = int(_number(file, "<I"))
        items = _count(file, _ITEMS_MAX)
        if item_kind in _NUMBERS:
            one = struct.Struct(_NUMBERS[item_kind])
            return [number for (number,) in one.iter_unpack(_exactly(file, one.size * items))]
        return [_value(file, item_kind) for _ in range(items)]
    if kind not in _NUMBERS:
        raise NotGguf(f"a value is of the unknown kind {kind}")
    return _number(file, _NUMBERS[kind])


def _string(file: BinaryIO) -> str:
    return _exactly(file, _count(file, _STRING_BYTES_MAX)).decode("utf-8")


def _count(file: BinaryIO, most: int) -> int:
    count = int(_number(file, "<Q"))
    if count > most:
        raise NotGguf(f"it claims to hold {count} items where {most} are many")
    return count


def _number(file: BinaryIO, form: str) -> int | float | bool:
    number: int | float | bool = struct.unpack(form, _exactly(file, struct.calcsize(form)))[0]
    return number


def _exactly(file: BinaryIO, size: int) -> bytes:
    read = file.read(size)
    if len(read) < size:
        raise NotGguf("the file ends too early")
    return read

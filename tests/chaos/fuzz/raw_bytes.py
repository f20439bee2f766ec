"""Bytes that were a request: what a broken client, another version or somebody with bad intentions would send. By a seed."""

import random
from collections.abc import Callable

_VARINT_OVER = b"\xff" * 10
_BYTES_MAX = 1 << 20
"""What services accept (services.runtime.settings); four times of that is where gRPC cuts off."""


def spoilt(data: bytes, seed: int) -> bytes:
    """Return other bytes made of these; the same seed does the same."""
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 2, 3))):
        data = chance.choice(_WAYS)(data, chance)
    return data


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data or b"\n")
    for _ in range(chance.choice((1, 2, 8))):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def _inserted(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.choice((1, 4, 40))) + data[at:]


def _left_out(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 2, 10)) :]


def _twice(data: bytes, chance: random.Random) -> bytes:
    return data + data


def _unknown_fields(data: bytes, chance: random.Random) -> bytes:
    more = (
        _tag(chance.choice((19, 500, 50_731, 2**29 - 1)), 0) + _VARINT_OVER[:9] + b"\x01",
        _tag(1_000, 2) + b"\x03abc",
        _tag(1_001, 1) + b"12345678",
        _tag(1_002, 5) + b"1234",
        _tag(1_003, 3) + _tag(1_003, 4),
    )
    return data + b"".join(chance.sample(more, chance.randrange(1, len(more))))


def _other_wire_type(data: bytes, chance: random.Random) -> bytes:
    number, kind = chance.randrange(1, 20), chance.choice((0, 1, 2, 3, 4, 5, 6, 7))
    body = {0: _VARINT_OVER, 1: b"\xff" * 8, 2: b"\x05\xff\xfe\x00ab", 5: b"\xff" * 4}.get(kind, b"")
    return data + _tag(number, kind) + body


def _no_utf8(data: bytes, chance: random.Random) -> bytes:
    body = chance.choice((b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"ok\x80"))  # the second is a lone surrogate
    return data + _tag(chance.randrange(1, 12), 2) + bytes([len(body)]) + body


def _too_long(data: bytes, chance: random.Random) -> bytes:
    length = chance.choice((b"\xff\xff\xff\xff\x07", b"\xff\xff\xff\xff\x0f", _VARINT_OVER, b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"))
    return data + _tag(chance.randrange(1, 6), 2) + length + b"short"


def _deep(data: bytes, chance: random.Random) -> bytes:
    number = chance.randrange(1, 6)
    depth = chance.choice((10, 120, 5_000))
    if chance.random() < 0.5:
        return data + _tag(number, 3) * depth + _tag(number, 4) * depth
    inner = b""
    for _ in range(min(depth, 200)):
        inner = _tag(number, 2) + _varint(len(inner)) + inner
    return data + inner


def _large(data: bytes, chance: random.Random) -> bytes:
    """Now and then only: it costs more than all else together."""
    if chance.random() > 0.1:
        return data
    size = chance.choice((_BYTES_MAX - len(data) - 20, _BYTES_MAX + 1, 4 * _BYTES_MAX + 1))
    return data + _tag(chance.choice((5, 6, 1_000)), 2) + _varint(size) + b"a" * size


def _random(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 5, 100, 1_000)))


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut,
    _flipped,
    _inserted,
    _left_out,
    _twice,
    _unknown_fields,
    _other_wire_type,
    _no_utf8,
    _too_long,
    _deep,
    _large,
    _random,
)

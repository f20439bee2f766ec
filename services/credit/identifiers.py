"""The ids that outsiders see: accounts, holds, grants, operations, entries, page tokens. Pure.

An id of a hold names its account's random key, so that a hold cannot be mistaken for another account's.
"""

import base64
import binascii
import hashlib
import struct

from services.runtime.errors import InvalidField, NotFound

KEY_MAX = 2**63 - 1
LEASES = "system:lease"
"""The one account of the system that has a row: all leases' credits lie in it."""
_TOKEN = struct.Struct(">qi")
_DIGEST_BYTES = 8
_SEQ_DIGITS_MAX = 18


def account_kind(account_id: str, field: str = "account_id") -> str:
    """Return "user" or "guild". Raises InvalidField for anything else; system accounts hold no credits that could be held or given."""
    kind, colon, name = account_id.partition(":")
    if not colon or not name or kind not in ("user", "guild", "system"):
        raise InvalidField(field, "must be user:<id> or guild:<id>")
    if kind == "system":
        raise InvalidField(field, "must be user:<id> or guild:<id>: a system account is only ever the other side")
    return kind


def stored_kind(account_id: str) -> str:
    """Return what kind of account is opened under an id: "user", "guild" or "lease". Raises InvalidField."""
    return "lease" if account_id == LEASES else account_kind(account_id)


def lease_id(account_key: int, seq: int) -> str:
    """Name a lease to the outside."""
    return f"lease_{account_key:x}_{seq}"


def lease_seq(account_key: int, given: str) -> int:
    """Return the number of a lease. Raises NotFound."""
    return _seq(f"lease_{account_key:x}_", given, "lease")


def hold_id(account_key: int, seq: int) -> str:
    """Name a hold to the outside."""
    return f"hold_{account_key:x}_{seq}"


def grant_id(account_key: int, seq: int) -> str:
    """Name a grant to the outside."""
    return f"grant_{account_key:x}_{seq}"


def operation_id(account_key: int, seq: int) -> str:
    """Name an operation to the outside."""
    return f"operation_{account_key:x}_{seq}"


def entry_id(account_key: int, seq: int, leg: int) -> str:
    """Name an entry to the outside."""
    return f"entry_{account_key:x}_{seq}_{leg}"


def hold_seq(account_key: int, given: str) -> int:
    """Return the number of an account's hold. Raises NotFound where the id is not one of this account's."""
    return _seq(f"hold_{account_key:x}_", given, "hold")


def grant_seq(account_key: int, given: str) -> int:
    """Return the number of an account's grant. Raises NotFound where the id is not one of this account's."""
    return _seq(f"grant_{account_key:x}_", given, "grant")


def _seq(prefix: str, given: str, what: str) -> int:
    seq = given.removeprefix(prefix)
    if len(seq) == len(given) or len(seq) > _SEQ_DIGITS_MAX or not (seq.isascii() and seq.isdecimal()) or seq.startswith("0"):
        raise NotFound(what)
    return int(seq)


def page_token(account_key: int, operation_seq: int, leg: int) -> str:
    """Name the place after which an account's list of entries goes on."""
    packed = _TOKEN.pack(operation_seq, leg)
    return base64.urlsafe_b64encode(packed + _digest(account_key, packed)).decode().rstrip("=")


def page_start(account_key: int, token: str) -> tuple[int, int]:
    """Return (operation_seq, leg) of a page token; the newest for "". Raises InvalidField where the token is of another list."""
    if not token:
        return KEY_MAX, 0
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        packed, digest = raw[:-_DIGEST_BYTES], raw[-_DIGEST_BYTES:]
        operation_seq, leg = _TOKEN.unpack(packed)
    except (binascii.Error, struct.error, ValueError):
        raise InvalidField("page_token", "is not a page token") from None
    if digest != _digest(account_key, packed):
        raise InvalidField("page_token", "belongs to another list")
    return int(operation_seq), int(leg)


def _digest(account_key: int, packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=_DIGEST_BYTES, key=b"entries", salt=account_key.to_bytes(8, "big")).digest()

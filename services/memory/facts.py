"""A memory on its way in, and one as it is stored. Pure."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.memory.gist import gist_hash
from services.memory.quarantine import looks_like_an_instruction
from services.memory.scopes import Scope
from services.memory.statements import parse_ending, parse_statement
from services.retrieval.terms import normalised


class Kind(StrEnum):
    """What sort of thing a memory says."""

    FACT = "fact"
    PREFERENCE = "preference"
    EVENT = "event"
    RELATIONSHIP = "relationship"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a memory comes from. `source` is stated, extracted or imported."""

    message_ids: tuple[str, ...] = ()
    author_id: str = ""
    author_name: str = ""
    source: str = "stated"


@dataclass(frozen=True, slots=True)
class NewFact:
    """A memory to be stored. Subject and attribute are case-folded: they are keys. valid_from None: now."""

    scope: Scope
    text: str
    kind: Kind
    subject: str
    attribute: str
    importance: float
    provenance: Provenance
    valid_from: datetime | None
    quarantined: bool
    text_hash: bytes = field(init=False, repr=False, compare=False)
    """What two memories of a scope may not share."""
    gist_hash: bytes = field(init=False, repr=False, compare=False)
    """What near-duplicates share."""
    ended_gist_hash: bytes = field(init=False, repr=False, compare=False)
    """Of what this says is true no more; empty: of nothing."""

    def __post_init__(self) -> None:
        # Once, and not under the scope's lock, where each is looked at several times.
        object.__setattr__(self, "text_hash", text_hash(self.text))
        object.__setattr__(self, "gist_hash", gist_hash(self.text))
        ended = parse_ending(self.text)
        object.__setattr__(self, "ended_gist_hash", gist_hash(ended) if ended is not None else b"")


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """A memory as it is stored; valid_to is None while it holds."""

    memory_id: uuid.UUID
    version: int
    scope: Scope
    text: str
    kind: str
    subject: str
    attribute: str
    importance: float
    provenance: Provenance
    valid_from: datetime
    valid_to: datetime | None
    created_at: datetime
    updated_at: datetime
    quarantined: bool = field(default=False)


def text_hash(text: str) -> bytes:
    """Return the hash of a text's normalised form."""
    return hashlib.sha256(normalised(text).encode()).digest()


def new_fact(
    scope: Scope,
    text: str,
    *,
    kind: Kind = Kind.FACT,
    subject: str = "",
    attribute: str = "",
    importance: float = 0.5,
    provenance: Provenance,
    valid_from: datetime | None,
) -> NewFact:
    """Return the fact with what its text gives away: subject and attribute of a plain statement, where the caller names none, and whether it
    looks like an instruction."""
    key = (_key(subject), _key(attribute))
    if key == ("", "") and (statement := parse_statement(text)) is not None:
        key = (statement.subject, statement.attribute)
        kind = Kind(statement.kind) if kind is Kind.FACT else kind
    return NewFact(scope, text.strip(), kind, *key, importance, provenance, valid_from, looks_like_an_instruction(text))


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def time_ordered_ids(count: int, unix_ms: int, random_bytes: Callable[[int], bytes]) -> list[uuid.UUID]:
    """Return ids whose order is the order of their making (UUID version 7, RFC 9562), also within one call."""
    ids = []
    for sequence in range(count):
        # 12 bits of sequence follow the milliseconds; a longer row of ids moves on to the next ones.
        ms, low = unix_ms + (sequence >> 12), sequence & 0xFFF
        tail = int.from_bytes(random_bytes(8)) & ((1 << 62) - 1)
        ids.append(uuid.UUID(int=(ms & ((1 << 48) - 1)) << 80 | 7 << 76 | low << 64 | 0b10 << 62 | tail))
    return ids

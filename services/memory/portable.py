"""Memories as they leave and come back: between protos and values, packed into messages of bounded size. Pure.

The format is the proto Memory with everything that is stored of one: its earlier versions, what replaced it and why, its times, its quarantine. One
that has more versions than fit a message is sent again right after, with the next ones. FORMAT_VERSION is raised when an import of the version
before would lose or misread something.
"""

import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parlour.memory.v1 import memory_pb2
from services.memory import translation
from services.memory.facts import Kind, NewFact, Provenance, StoredMemory
from services.memory.operations import payload_hash
from services.memory.quarantine import looks_like_an_instruction
from services.memory.scopes import Scope
from services.runtime.errors import InvalidField

FORMAT_VERSION = 1
MESSAGE_BYTES_MAX = 256 << 10
"""A message ends before it grows beyond it: a quarter of what a service takes at once."""
MESSAGE_MEMORIES_MAX = 200
ENTRY_VERSIONS_MAX = 500


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """What a memory said before a change, the time in which it was true, and why that ended."""

    version: int
    text: str
    kind: str
    subject: str
    attribute: str
    importance: float
    provenance: Provenance
    valid_from: datetime
    valid_to: datetime
    updated_at: datetime
    reason: str

    def fact(self, scope: Scope, quarantined: bool) -> NewFact:
        """Return it as what indexing takes."""
        return NewFact(
            scope, self.text, Kind(self.kind), self.subject, self.attribute, self.importance, self.provenance, self.valid_from, quarantined
        )


@dataclass(frozen=True, slots=True)
class PortableMemory:
    """A memory with all that is stored of it; `earlier` may be a part of its versions."""

    memory: StoredMemory
    superseded_by: uuid.UUID | None
    superseded_at: datetime | None
    superseded_reason: str
    earlier: tuple[EarlierVersion, ...]

    @property
    def fact(self) -> NewFact:
        """Its present version as what indexing takes."""
        one = self.memory
        kind = Kind(one.kind)
        return NewFact(one.scope, one.text, kind, one.subject, one.attribute, one.importance, one.provenance, one.valid_from, one.quarantined)


@dataclass(frozen=True, slots=True)
class Batch:
    """One message of an import."""

    request_id: str
    payload: bytes
    memories: list[PortableMemory]


def exported(memories: Iterable[PortableMemory]) -> Iterator[memory_pb2.ExportMemoriesResponse]:
    """Return the messages that carry these memories, none larger than MESSAGE_BYTES_MAX and one memory with one version."""
    batch: list[memory_pb2.Memory] = []
    size = 0
    for entry in (entry for memory in memories for entry in _entries(memory)):
        added = entry.ByteSize()
        if batch and (size + added > MESSAGE_BYTES_MAX or len(batch) == MESSAGE_MEMORIES_MAX):
            yield memory_pb2.ExportMemoriesResponse(format_version=FORMAT_VERSION, memories=batch)
            batch, size = [], 0
        batch.append(entry)
        size += added
    if batch:
        yield memory_pb2.ExportMemoriesResponse(format_version=FORMAT_VERSION, memories=batch)


def _entries(memory: PortableMemory) -> Iterator[memory_pb2.Memory]:
    """Return the memory, as often as its versions need it."""
    alone = translation.memory_to(memory.memory)
    alone.superseded_by = str(memory.superseded_by or "")
    alone.supersede_reason = memory.superseded_reason
    if memory.superseded_at is not None:
        alone.supersede_time.CopyFrom(translation.time_to(memory.superseded_at))
    entry = memory_pb2.Memory()
    entry.CopyFrom(alone)
    size = entry.ByteSize()
    for version in map(_version_to, memory.earlier):
        added = version.ByteSize()
        if entry.earlier_versions and (size + added > MESSAGE_BYTES_MAX or len(entry.earlier_versions) == ENTRY_VERSIONS_MAX):
            yield entry
            entry = memory_pb2.Memory()
            entry.CopyFrom(alone)
            size = entry.ByteSize()
        entry.earlier_versions.append(version)
        size += added
    yield entry


def _version_to(version: EarlierVersion) -> memory_pb2.MemoryVersion:
    return memory_pb2.MemoryVersion(
        version=version.version,
        text=version.text,
        kind=version.kind,
        subject=version.subject,
        attribute=version.attribute,
        importance=version.importance,
        provenance=translation.provenance_to(version.provenance),
        valid_from=translation.time_to(version.valid_from),
        valid_to=translation.time_to(version.valid_to),
        update_time=translation.time_to(version.updated_at),
        reason=version.reason,
    )


async def imported(requests: AsyncIterator[memory_pb2.ImportMemoriesRequest], now: datetime) -> AsyncIterator[Batch]:
    """Return the messages of an import as values. Raises InvalidField for the first field that cannot be."""
    request_id = ""
    async for request in requests:
        if request_id and request.request_id != request_id:
            raise InvalidField("request_id", "is another one than that of the first message")
        request_id = request.request_id
        if request.format_version != FORMAT_VERSION:
            raise InvalidField("format_version", f"is not known: this service reads version {FORMAT_VERSION}")
        memories = [_memory_from(one, f"memories[{index}]", now) for index, one in enumerate(request.memories)]
        yield Batch(request_id, payload_hash(request), memories)
    if not request_id:
        raise InvalidField("request_id", "must be set: the stream holds no message")


def _memory_from(message: memory_pb2.Memory, field: str, now: datetime) -> PortableMemory:
    memory = StoredMemory(
        memory_id=translation.uuid_from(message.memory_id, f"{field}.memory_id"),
        version=message.version,
        scope=translation.scope_from(message.scope, f"{field}.scope"),
        text=message.text.strip(),
        kind=translation.kind_from(message.kind, f"{field}.kind"),
        subject=_key(message.subject),
        attribute=_key(message.attribute),
        importance=message.importance,
        provenance=translation.provenance_from(message.provenance),
        valid_from=_time(message, "valid_from", field, now) or now,
        valid_to=_time(message, "valid_to", field, now),
        created_at=_time(message, "create_time", field, now) or now,
        updated_at=_time(message, "update_time", field, now) or now,
        # What comes from outside is looked at again: who releases a memory does so here.
        quarantined=message.quarantined or looks_like_an_instruction(message.text),
    )
    if memory.valid_to is not None and memory.valid_to < memory.valid_from:
        raise InvalidField(f"{field}.valid_to", "lies before valid_from")
    if message.superseded_by and memory.valid_to is None:
        raise InvalidField(f"{field}.superseded_by", "needs a valid_to")
    return PortableMemory(
        memory,
        translation.uuid_from(message.superseded_by, f"{field}.superseded_by") if message.superseded_by else None,
        _time(message, "supersede_time", field, now),
        message.supersede_reason,
        tuple(_versions_from(message, field, now)),
    )


def _versions_from(message: memory_pb2.Memory, field: str, now: datetime) -> Iterator[EarlierVersion]:
    before = 0
    for index, one in enumerate(message.earlier_versions):
        name = f"{field}.earlier_versions[{index}]"
        if not before < one.version < message.version:
            raise InvalidField(f"{name}.version", "must rise, and stay below that of the memory")
        before = one.version
        version = EarlierVersion(
            one.version,
            one.text.strip(),
            translation.kind_from(one.kind, f"{name}.kind"),
            _key(one.subject),
            _key(one.attribute),
            one.importance,
            translation.provenance_from(one.provenance),
            _time(one, "valid_from", name, now) or now,
            _time(one, "valid_to", name, now) or now,
            _time(one, "update_time", name, now) or now,
            one.reason,
        )
        if version.valid_to < version.valid_from:
            raise InvalidField(f"{name}.valid_to", "lies before valid_from")
        yield version


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _time(message: Any, name: str, field: str, now: datetime) -> datetime | None:
    """Return a time that a message gives; None where it gives none."""
    if not message.HasField(name):
        return None
    moment = translation.time_from(getattr(message, name))
    if (moment - now).total_seconds() > translation.AHEAD_MAX_S:
        raise InvalidField(f"{field}.{name}", "lies ahead")
    return moment

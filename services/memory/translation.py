"""Between protos and the service's own values, in both directions."""

import re
import uuid
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from parlour.memory.v1 import memory_pb2
from services.memory.facts import Kind, NewFact, Provenance, StoredMemory, new_fact
from services.memory.ranking import Found
from services.memory.recall import Search
from services.memory.reembedding import Progress
from services.memory.remembering import Remembered
from services.memory.scopes import Scope, Viewer, Visibility
from services.runtime.errors import InvalidField

IMPORTANCE_DEFAULT = 0.5
AHEAD_MAX_S = 86_400.0
"""How far a memory's beginning may lie ahead: the senders' clocks and time zones are not ours."""

_VISIBILITIES = {
    memory_pb2.VISIBILITY_PRIVATE: Visibility.PRIVATE,
    memory_pb2.VISIBILITY_GUILD: Visibility.GUILD,
    memory_pb2.VISIBILITY_SHARED: Visibility.SHARED,
}
_VISIBILITY_NUMBERS = {visibility: number for number, visibility in _VISIBILITIES.items()}
_REEMBEDDING_STATES = {
    "needed": memory_pb2.REEMBEDDING_STATE_NEEDED,
    "running": memory_pb2.REEMBEDDING_STATE_RUNNING,
    "complete": memory_pb2.REEMBEDDING_STATE_COMPLETE,
}
_TOKEN = re.compile(r"[0-9A-Fa-f]{1,16}/[0-9A-Fa-f]{1,8}")


def scope_from(message: memory_pb2.Scope, field: str) -> Scope:
    """Return the scope. Raises InvalidField where guild and visibility contradict each other."""
    scope = Scope(_VISIBILITIES[message.visibility], message.guild_id, message.channel_id, message.user_id)
    scope.check(field)
    return scope


def viewer_from(message: memory_pb2.Viewer) -> Viewer:
    """Return the viewer."""
    return Viewer(message.guild_id, message.channel_id, message.user_id)


def fact_from(message: memory_pb2.NewMemory, field: str, now: datetime) -> NewFact:
    """Return the new fact. Raises InvalidField for a scope that cannot be, an unknown kind, or a beginning that lies ahead."""
    valid_from = time_from(message.valid_from) if message.HasField("valid_from") else None
    if valid_from is not None and (valid_from - now).total_seconds() > AHEAD_MAX_S:
        raise InvalidField(f"{field}.valid_from", "lies ahead")
    return new_fact(
        scope_from(message.scope, f"{field}.scope"),
        message.text,
        kind=kind_from(message.kind, f"{field}.kind"),
        subject=message.subject,
        attribute=message.attribute,
        importance=message.importance or IMPORTANCE_DEFAULT,
        provenance=provenance_from(message.provenance),
        valid_from=valid_from,
    )


def provenance_from(origin: memory_pb2.Provenance) -> Provenance:
    """Return where a memory comes from: stated where nothing else is said."""
    return Provenance(tuple(origin.message_ids), origin.author_id, origin.author_name, origin.source or "stated")


def kind_from(name: str, field: str) -> Kind:
    """Return the kind, a fact where none is named. Raises InvalidField for one that is unknown."""
    try:
        return Kind(name or Kind.FACT)
    except ValueError:
        raise InvalidField(field, f"is none of {', '.join(Kind)}") from None


def search_from(message: memory_pb2.SearchMemoriesRequest, limit_default: int) -> Search:
    """Return what to look for. Raises InvalidField for a token that is none and a range that ends before it starts."""
    check_token(message.consistency_token)
    times = message.time_range
    start = time_from(times.start_time) if times.HasField("start_time") else None
    end = time_from(times.end_time) if times.HasField("end_time") else None
    if start is not None and end is not None and end <= start:
        raise InvalidField("time_range.end_time", "must lie after the start")
    as_of = time_from(message.as_of) if message.HasField("as_of") else None
    limit = message.limit if message.HasField("limit") else limit_default
    kinds = tuple(kind_from(name, f"kinds[{index}]").value for index, name in enumerate(message.kinds))
    return Search(
        viewer_from(message.viewer),
        message.query,
        limit,
        start,
        end,
        as_of,
        kinds,
        message.consistency_token,
    )


def check_token(token: str) -> None:
    """Raise InvalidField where a consistency token is none of ours (services.memory.last_writes.Position)."""
    if token and _TOKEN.fullmatch(token) is None:
        raise InvalidField("consistency_token", "is not a token that this service gave")


def uuid_from(value: str, field: str) -> uuid.UUID:
    """Return an id that this service gave. Raises InvalidField."""
    try:
        return uuid.UUID(value)
    except ValueError:
        raise InvalidField(field, "is not an id that this service gave") from None


def time_from(message: Timestamp) -> datetime:
    """Return a time in UTC; validation has refused what is none."""
    return message.ToDatetime(tzinfo=UTC)


def time_to(moment: datetime) -> Timestamp:
    """Return a time as a proto."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def memory_to(memory: StoredMemory) -> memory_pb2.Memory:
    """Return a stored memory as a proto."""
    return memory_pb2.Memory(
        memory_id=str(memory.memory_id),
        version=memory.version,
        scope=_scope_to(memory.scope),
        text=memory.text,
        kind=memory.kind,
        subject=memory.subject,
        attribute=memory.attribute,
        importance=memory.importance,
        provenance=provenance_to(memory.provenance),
        valid_from=time_to(memory.valid_from),
        valid_to=time_to(memory.valid_to) if memory.valid_to is not None else None,
        create_time=time_to(memory.created_at),
        update_time=time_to(memory.updated_at),
        quarantined=memory.quarantined,
    )


def _scope_to(scope: Scope) -> memory_pb2.Scope:
    return memory_pb2.Scope(
        guild_id=scope.guild_id, channel_id=scope.channel_id, user_id=scope.user_id, visibility=_VISIBILITY_NUMBERS[scope.visibility]
    )


def provenance_to(origin: Provenance) -> memory_pb2.Provenance:
    """Return where a memory comes from as a proto."""
    return memory_pb2.Provenance(message_ids=origin.message_ids, author_id=origin.author_id, author_name=origin.author_name, source=origin.source)


def reembedding_to(progress: Progress) -> memory_pb2.Reembedding:
    """Return how far a change of the embedding model is."""
    return memory_pb2.Reembedding(
        state=_REEMBEDDING_STATES[progress.state],
        model=progress.model,
        model_in_force=progress.model_in_force,
        total=progress.total,
        done=progress.done,
        start_time=time_to(progress.started_at) if progress.started_at is not None else None,
        finish_time=time_to(progress.finished_at) if progress.finished_at is not None else None,
    )


def added_to(one: Remembered, token: str) -> memory_pb2.AddMemoryResponse:
    """Return what came of a new memory; where it was deleted since, its id alone is left to say."""
    memory = memory_to(one.memory) if one.memory is not None else memory_pb2.Memory(memory_id=str(one.memory_id))
    return memory_pb2.AddMemoryResponse(memory=memory, duplicate=one.duplicate, consistency_token=token)


def found_to(found: Found) -> memory_pb2.SearchResult:
    """Return a memory found, and why."""
    return memory_pb2.SearchResult(memory=memory_to(found.memory), score=found.score, score_by_arm=found.score_by_arm)

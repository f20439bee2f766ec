"""Requests that may be repeated: the first one does the work, a repetition is answered what the first one was.

Only ids and counts are kept. A text that a request brought may be forgotten before the request is repeated.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.runtime.errors import NotFound, RequestIdReused

Result = Mapping[str, Any]

ERASED = '{"erased": true}'
"""The result of a request whose memories were erased with the person they belonged to. Nothing else is kept of it."""

_BEGIN = text("INSERT INTO operations (request_id, payload_hash) VALUES (:request_id, :payload_hash) ON CONFLICT DO NOTHING RETURNING request_id")
_FIND = text("SELECT payload_hash, result FROM operations WHERE request_id = :request_id")
_FINISH = text("UPDATE operations SET result = CAST(:result AS jsonb) WHERE request_id = :request_id")
_DELETE_OLD = text("DELETE FROM operations WHERE created_at < now() - make_interval(days => :days)")


def payload_hash(request: Message) -> bytes:
    """Return the hash of everything that a request says, its kind included."""
    return hashlib.sha256(request.DESCRIPTOR.full_name.encode() + b"\0" + request.SerializeToString(deterministic=True)).digest()


async def begin(session: AsyncSession, request_id: str, payload: bytes) -> Result | None:
    """Return None where the work is still to be done in this transaction, else what the first request was answered.

    A second request with the same id waits here until the first one's transaction ends. Raises RequestIdReused for another payload,
    NotFound where what the request brought was erased.
    """
    parameters = {"request_id": request_id, "payload_hash": payload}
    if (await session.execute(_BEGIN, parameters)).first() is not None:
        return None
    return _result((await session.execute(_FIND, parameters)).one(), request_id, payload)


async def answered(session: AsyncSession, request_id: str, payload: bytes) -> Result | None:
    """Return what the first request was answered, None where there was none: asked before costly work, which `begin` would come too late to spare.

    Raises RequestIdReused and NotFound, as `begin` does.
    """
    row = (await session.execute(_FIND, {"request_id": request_id})).one_or_none()
    return _result(row, request_id, payload) if row is not None else None


def _result(row: Any, request_id: str, payload: bytes) -> Result:
    if row.result == json.loads(ERASED):
        raise NotFound("the result of this request")
    if bytes(row.payload_hash) != payload:
        raise RequestIdReused(request_id)
    result: Result = row.result
    return result


async def finish(session: AsyncSession, request_id: str, result: str) -> None:
    """Keep the result, a JSON object, for a repetition."""
    await session.execute(_FINISH, {"request_id": request_id, "result": result})


async def delete_old(session: AsyncSession, days: int) -> None:
    """Drop what is older than a repetition may be."""
    await session.execute(_DELETE_OLD, {"days": days})

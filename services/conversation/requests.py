"""Requests that may be repeated: the first answer is kept and given again. Library considered: none; it is one table."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Protocol

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.runtime.database import Database
from services.runtime.errors import RequestIdReused

_requests = tables.requests


class Repeatable(Protocol):
    """A request message with a request_id."""

    request_id: str

    def SerializeToString(self, *, deterministic: bool = False) -> bytes:
        """Return the message's bytes."""


async def once[R: Message](database: Database, request: Repeatable, response_type: type[R], act: Callable[[AsyncSession], Awaitable[R]]) -> R:
    """Run `act` in a transaction that also stores its response; a repeated request gets that response and nothing is done.

    Raises RequestIdReused where the request id came with another payload, and whatever `act` raises: then nothing is stored.
    """
    method = type(request).__name__
    digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
    request_key = hashlib.sha256(request.request_id.encode()).hexdigest()  # callers may make an id of a person's
    async with database.write() as session:
        # Two calls with one request id take turns; the lock goes with the transaction.
        await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"{method}:{request_key}", 0))))
        statement = sa.select(_requests.c.payload_hash, _requests.c.response).where(
            _requests.c.method == method, _requests.c.request_id == request_key
        )
        known = (await session.execute(statement)).one_or_none()
        if known is not None:
            if known.payload_hash != digest:
                raise RequestIdReused(request.request_id)
            return response_type.FromString(known.response)
        response = await act(session)
        whose = getattr(request, "user_id", "") or getattr(request, "author_id", "")
        row = {"method": method, "request_id": request_key, "user_id": whose, "payload_hash": digest, "response": response.SerializeToString()}
        await session.execute(sa.insert(_requests).values(row))
        return response


async def forget_requests(database: Database, keep_days: int) -> None:
    """Delete what was kept for longer than `keep_days`."""
    oldest = sa.func.now() - sa.func.make_interval(0, 0, 0, keep_days)
    async with database.write() as session:
        await session.execute(sa.delete(_requests).where(_requests.c.create_time < oldest))

"""What every transaction on memories begins with: the role and the scopes it is confined to, and for a write the lock on those scopes."""

import uuid
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.last_writes import last_writes
from services.memory.scopes import Scope
from services.runtime.database import Database

APP_ROLE = "parlour_memory_app"
"""The role under row level security. Taking it also confines a login that owns the tables or may bypass their policies."""

CONFINE = "SELECT set_config('role', '{role}', true), set_config('parlour.scopes', {scopes}, true)"

_CONFINE = text(CONFINE.format(role=APP_ROLE, scopes=":scopes"))
# Nobody can estimate how much of a scope a query's words meet, and a nested loop over a large one takes minutes: everything is hashed.
_LOOK = CONFINE.format(role=APP_ROLE, scopes="%(scopes)s") + ", set_config('transaction_read_only', 'on', true)"
_LOOK += ", set_config('enable_nestloop', 'off', true)"
# Versions begin with the time in microseconds: a scope that was erased and is written to again never has a version that it had before.
# In the order of the ids, so that two writers of several scopes never wait for each other. Whoever waited sees what the other one wrote.
_KNOW_AND_LOCK_SCOPES = text(
    "INSERT INTO scopes (scope_id, visibility, guild_id, channel_id, user_id, version)"
    " SELECT *, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) FROM unnest(CAST(:ids AS uuid[]),"
    " CAST(:visibilities AS text[]), CAST(:guilds AS text[]), CAST(:channels AS text[]),"
    " CAST(:users AS text[])) AS new ORDER BY 1"
    " ON CONFLICT (scope_id) DO UPDATE SET version = scopes.version + 1 RETURNING scope_id, memory_count"
)
_LOCK_SCOPES = text("SELECT scope_id, memory_count FROM scopes WHERE scope_id = ANY(:ids) ORDER BY scope_id FOR NO KEY UPDATE")
_RAISE_VERSIONS = text("UPDATE scopes SET version = version + 1 WHERE scope_id = ANY(:ids)")
_COUNT = text("UPDATE scopes SET memory_count = memory_count + :change WHERE scope_id = :id")
_LOCKED = "locked scopes"  # among what is noted about a session


def setting(scope_ids: Iterable[uuid.UUID]) -> str:
    """Return the value of parlour.scopes for these scopes."""
    return ",".join(str(scope_id) for scope_id in scope_ids)


async def confine(session: AsyncSession, scope_ids: Iterable[uuid.UUID]) -> None:
    """Confine the rest of the transaction to these scopes."""
    await session.execute(_CONFINE, {"scopes": setting(scope_ids)})


@asynccontextmanager
async def writing(database: Database, scope_ids: Collection[uuid.UUID]) -> AsyncIterator[AsyncSession]:
    """Open a transaction that sees and writes these scopes alone. Reads of those it locks will not be served by a replica without it."""
    locked: set[uuid.UUID] = set()
    try:
        async with database.write() as session:
            session.info[_LOCKED] = locked
            await confine(session, scope_ids)
            yield session
    finally:
        # Also where it failed: the answer to a commit may be lost.
        last_writes(database).wrote(locked)


@asynccontextmanager
async def reading(database: Database, scope_ids: Collection[uuid.UUID]) -> AsyncIterator[AsyncSession]:
    """Open a read-only transaction that sees these scopes alone."""
    async with database.read() as session:
        await confine(session, scope_ids)
        yield session


@asynccontextmanager
async def looking(connection: psycopg.AsyncConnection, scope_ids: Collection[uuid.UUID]) -> AsyncIterator[None]:
    """Make the block one read-only transaction that sees these scopes alone, in pipeline mode; `connection` is in autocommit mode.

    BEGIN and COMMIT would cost as much as the query: what a pipeline holds between two synchronisations is one transaction without them
    (PostgreSQL's manual, 32.5.1.1), and the settings end with it.
    """
    async with connection.pipeline():
        await connection.execute(_LOOK, {"scopes": setting(scope_ids)})
        yield


async def lock_scopes(session: AsyncSession, scopes: Iterable[Scope]) -> dict[uuid.UUID, int]:
    """Lock the scopes, made known where they are new, and raise their versions; return how many memories each holds."""
    distinct = {scope.scope_id: scope for scope in scopes}
    _note_locked(session, distinct)
    locked = await session.execute(
        _KNOW_AND_LOCK_SCOPES,
        {
            "ids": list(distinct),
            "visibilities": [scope.visibility.value for scope in distinct.values()],
            "guilds": [scope.guild_id for scope in distinct.values()],
            "channels": [scope.channel_id for scope in distinct.values()],
            "users": [scope.key_user_id for scope in distinct.values()],
        },
    )
    return {row.scope_id: int(row.memory_count) for row in locked}


async def lock_known_scopes(session: AsyncSession, scope_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Lock scopes that were written to before, and raise their versions; return how many memories each holds."""
    _note_locked(session, scope_ids)
    locked = await session.execute(_LOCK_SCOPES, {"ids": list(scope_ids)})
    counts = {row.scope_id: int(row.memory_count) for row in locked}
    await session.execute(_RAISE_VERSIONS, {"ids": list(counts)})
    return counts


def _note_locked(session: AsyncSession, scope_ids: Iterable[uuid.UUID]) -> None:
    session.info.setdefault(_LOCKED, set()).update(scope_ids)


async def count(session: AsyncSession, scope_id: uuid.UUID, change: int) -> None:
    """Note that a locked scope holds more memories, or fewer."""
    if change:
        await session.execute(_COUNT, {"id": scope_id, "change": change})

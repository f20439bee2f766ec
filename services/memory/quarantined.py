"""What is held back because it looks like an instruction, for those who run a guild or the service: listed across people, and released one by one.

Under row level security nobody sees across scopes, so a guild's are taken from the table of scopes and looked through a part at a time.
"""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory import operations, store
from services.memory.facts import StoredMemory
from services.memory.scope_lock import confine, lock_known_scopes, reading, writing
from services.runtime.database import Database
from services.runtime.errors import NotFound

_released = Counter("parlour_memory_released_total", "Memories that were quarantined and then accepted")

NO_ID = uuid.UUID(int=0)
PARTS_MAX = 20
"""Parts of a guild's scopes that one page looks through; it may end before it is full."""

_SCOPES_OF_GUILD = text("SELECT scope_id FROM scopes WHERE guild_id = :guild_id AND scope_id >= :start ORDER BY scope_id LIMIT :scopes_max")
_ALL_SCOPES = text("SELECT scope_id FROM scopes WHERE scope_id >= :start ORDER BY scope_id LIMIT :scopes_max")
_HELD_BACK = text(
    "SELECT * FROM memories WHERE scope_id = ANY(:scope_ids) AND held AND quarantined AND (scope_id, memory_id) > (:scope_id, :memory_id)"
    " ORDER BY scope_id, memory_id LIMIT :size"
)
_FIND = text("SELECT scope_id FROM memories WHERE memory_id = :memory_id AND held AND quarantined")
_RELEASE = text("UPDATE memories SET quarantined = false, updated_at = now() WHERE memory_id = :memory_id AND held AND quarantined RETURNING 1")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ends: after this memory of this scope."""

    scope_id: uuid.UUID = NO_ID
    memory_id: uuid.UUID = NO_ID


class Quarantined:
    """Lists and releases. `scopes_max` bounds the scopes that one transaction is confined to."""

    def __init__(self, database: Database, *, scopes_max: int) -> None:
        self._database = database
        self._scopes_max = scopes_max

    async def page(self, guild_id: str, *, after: Position, size: int) -> tuple[list[StoredMemory], Position | None]:
        """Return up to `size` memories of a guild's that are held back, and where the next page goes on; None: there is none.

        An empty guild_id names what was said in direct messages. The order is that of scopes, and in each that of their making.
        """
        found: list[StoredMemory] = []
        for _ in range(PARTS_MAX):
            async with reading(self._database, []) as session:
                scope_ids = await self._part(session, guild_id, after.scope_id)
                await confine(session, scope_ids)
                values = {"scope_ids": scope_ids, "scope_id": after.scope_id, "memory_id": after.memory_id, "size": size - len(found)}
                rows = list(await session.execute(_HELD_BACK, values))
            found += [store.stored(row) for row in rows]
            if len(found) == size:
                return found, Position(rows[-1].scope_id, rows[-1].memory_id)
            if len(scope_ids) < self._scopes_max:
                return found, None
            after = _behind(scope_ids[-1])
        return found, after

    async def release(self, request_id: str, payload: bytes, memory_id: uuid.UUID, *, guild_id: str) -> StoredMemory:
        """Accept a memory: searches find it. With a guild_id it is looked for there alone.

        Raises NotFound where no such memory is held back, RequestIdReused.
        """
        scope_id = await self._scope_of(memory_id, guild_id)
        async with writing(self._database, [scope_id] if scope_id is not None else []) as session:
            done = await operations.begin(session, request_id, payload)
            if done is not None:
                await confine(session, [uuid.UUID(done["scope_id"])])
            elif scope_id is None:
                raise NotFound("quarantined memory")
            else:
                await lock_known_scopes(session, [scope_id])
                if (await session.execute(_RELEASE, {"memory_id": memory_id})).first() is None:
                    raise NotFound("quarantined memory")
                # It may replace what was said before it, or be replaced by what was said since.
                await store.supersede(session, [memory_id])
                await operations.finish(session, request_id, json.dumps({"ids": [str(memory_id)], "scope_id": str(scope_id)}))
                _released.inc()
            found = (await store.load(session, [memory_id])).get(memory_id)
        if found is None:
            raise NotFound("memory")
        return found

    async def _scope_of(self, memory_id: uuid.UUID, guild_id: str) -> uuid.UUID | None:
        async for scope_ids in self._parts(guild_id):
            async with reading(self._database, scope_ids) as session:
                found: uuid.UUID | None = await session.scalar(_FIND, {"memory_id": memory_id})
            if found is not None:
                return found
        return None

    async def _parts(self, guild_id: str) -> AsyncIterator[list[uuid.UUID]]:
        start = NO_ID
        while True:
            async with reading(self._database, []) as session:
                scope_ids = await self._part(session, guild_id, start, everywhere=not guild_id)
            if scope_ids:
                yield scope_ids
            if len(scope_ids) < self._scopes_max:
                return
            start = _behind(scope_ids[-1]).scope_id

    async def _part(self, session: AsyncSession, guild_id: str, start: uuid.UUID, *, everywhere: bool = False) -> list[uuid.UUID]:
        statement = _ALL_SCOPES if everywhere else _SCOPES_OF_GUILD
        return list((await session.execute(statement, {"guild_id": guild_id, "start": start, "scopes_max": self._scopes_max})).scalars())


def _behind(scope_id: uuid.UUID) -> Position:
    """Return where a scope has been looked through: before the first memory of whatever comes next."""
    return Position(uuid.UUID(int=min(scope_id.int + 1, (1 << 128) - 1)), NO_ID)

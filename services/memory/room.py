"""How much a scope may hold, and one person in what a guild shares. Asked under the locks of the scopes, after the new memories were stored."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.scope_lock import count
from services.memory.scopes import Scope
from services.memory.tables import memories
from services.runtime.errors import LimitReached


@dataclass(frozen=True, slots=True)
class Room:
    """Memories in one scope, and of one person in a shared scope, so that nobody fills what is everybody's. Any other scope is one person's."""

    memories_per_scope_max: int
    memories_per_user_max: int

    async def take(self, session: AsyncSession, held: Mapping[uuid.UUID, int], new: Mapping[uuid.UUID, int], scopes: Iterable[Scope]) -> None:
        """Count new memories to their scopes, given how many each held before. Raises LimitReached: then the transaction must not be committed."""
        for scope_id, number in new.items():
            if number and held[scope_id] + number > self.memories_per_scope_max:
                raise LimitReached("memories in this scope", self.memories_per_scope_max)
            await count(session, scope_id, number)
        for scope_id, user_id in {(scope.scope_id, scope.user_id) for scope in scopes if not scope.key_user_id and new.get(scope.scope_id)}:
            await self._check_share(session, scope_id, user_id)

    async def _check_share(self, session: AsyncSession, scope_id: uuid.UUID, user_id: str) -> None:
        theirs = select(memories.c.memory_id).where(memories.c.scope_id == scope_id, memories.c.user_id == user_id)
        first = theirs.limit(self.memories_per_user_max + 1).subquery()
        if int(await session.scalar(select(func.count()).select_from(first)) or 0) > self.memories_per_user_max:
            raise LimitReached("shared memories of one person", self.memories_per_user_max)

"""Bringing out what somebody may see of their own, page by page: as much of it lies in memory as one page holds."""

import uuid
from collections.abc import AsyncIterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.memory.portable import ENTRY_VERSIONS_MAX, EarlierVersion, PortableMemory
from services.memory.replicas import Replicas
from services.memory.scopes import Viewer
from services.memory.store import provenance_of, stored

_exported = Counter("parlour_memory_exported_total", "Memories that went out in exports")

_NO_ID = uuid.UUID(int=0)
_PAGE = text(
    "SELECT * FROM memories WHERE scope_id = :scope_id AND user_id = :user_id AND memory_id > :after AND forgotten_at IS NULL"
    " ORDER BY memory_id LIMIT :page_size"
)
_SCOPES = text("SELECT scope_id FROM scopes WHERE user_id = :user_id OR user_id = '' ORDER BY scope_id")
_VERSIONS = text(
    "SELECT * FROM memory_versions WHERE memory_id = ANY(:ids) AND (memory_id, version) > (:after_id, :after_version)"
    " ORDER BY memory_id, version LIMIT :versions_max"
)


class Exporting:
    """Reads memories out, `page_size` at a time."""

    def __init__(self, replicas: Replicas, *, page_size: int) -> None:
        self._replicas = replicas
        self._page_size = page_size

    async def pages(self, viewer: Viewer, *, token: str = "", everywhere: bool = False) -> AsyncIterator[list[PortableMemory]]:
        """Yield the viewer's own memories of each scope they see, in the order of their ids, those that were superseded or are held back included.

        With `everywhere` they are those of every scope that is theirs or shared, which takes time in proportion to the number of shared ones.
        Every page is read on its own: what is written meanwhile may be in it or not. A memory with more than ENTRY_VERSIONS_MAX earlier versions
        comes several times in a row, each time with the next of them.
        """
        served_by = ""
        for scope_id in await self._everywhere(viewer.user_id, token) if everywhere else viewer.scope_ids():
            after = _NO_ID
            while True:
                page = await self._replicas.read([scope_id], token, partial(self._page, scope_id, viewer.user_id, after), after=served_by)
                (rows, versions), served_by = page.value, page.served_by
                if not rows:
                    break
                after = rows[-1].memory_id
                if len(versions) <= ENTRY_VERSIONS_MAX:
                    yield _with_versions(rows, versions)
                else:
                    for row in rows:
                        async for entry in self._one_by_one(scope_id, row, token, served_by):
                            yield [entry]
                _exported.inc(len(rows))

    async def _everywhere(self, user_id: str, token: str) -> list[uuid.UUID]:
        async def read(session: AsyncSession) -> list[uuid.UUID]:
            return list((await session.execute(_SCOPES, {"user_id": user_id})).scalars())

        return (await self._replicas.read([], token, read)).value

    async def _page(self, scope_id: uuid.UUID, user_id: str, after: uuid.UUID, session: AsyncSession) -> tuple[list[Row[Any]], list[Row[Any]]]:
        values = {"scope_id": scope_id, "user_id": user_id, "after": after, "page_size": self._page_size}
        rows = list(await session.execute(_PAGE, values))
        return rows, await _versions(session, [row.memory_id for row in rows])

    async def _one_by_one(self, scope_id: uuid.UUID, row: Row[Any], token: str, served_by: str) -> AsyncIterator[PortableMemory]:
        after_version = 0
        while True:
            behind = (row.memory_id, after_version)
            some = await self._replicas.read([scope_id], token, partial(_versions, ids=[row.memory_id], after=behind), after=served_by)
            found = some.value[:ENTRY_VERSIONS_MAX]
            if found or not after_version:
                yield _portable(row, found)
            if len(found) < ENTRY_VERSIONS_MAX:
                return
            after_version = found[-1].version


async def _versions(session: AsyncSession, ids: Sequence[uuid.UUID], after: tuple[uuid.UUID, int] = (_NO_ID, 0)) -> list[Row[Any]]:
    """Return earlier versions in the order of memories and versions, up to one more than an entry takes."""
    values = {"ids": list(ids), "after_id": after[0], "after_version": after[1], "versions_max": ENTRY_VERSIONS_MAX + 1}
    return list(await session.execute(_VERSIONS, values)) if ids else []


def _with_versions(rows: Sequence[Row[Any]], versions: Sequence[Row[Any]]) -> list[PortableMemory]:
    by_memory = {memory_id: list(found) for memory_id, found in groupby(versions, key=lambda row: row.memory_id)}
    return [_portable(row, by_memory.get(row.memory_id, [])) for row in rows]


def _portable(row: Row[Any], versions: Sequence[Row[Any]]) -> PortableMemory:
    # What was changed between the two reads has a version as new as its row's, which it will have as an earlier one in the next export.
    earlier = tuple(_earlier(version) for version in versions if version.version < row.version)
    return PortableMemory(stored(row), row.superseded_by, row.superseded_at, row.superseded_reason, earlier)


def _earlier(row: Row[Any]) -> EarlierVersion:
    return EarlierVersion(
        version=row.version,
        text=row.text,
        kind=row.kind,
        subject=row.subject,
        attribute=row.attribute,
        importance=row.importance,
        provenance=provenance_of(row.provenance),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        updated_at=row.updated_at,
        reason=row.reason,
    )

"""Loads and saves personas. Every change is a version of its layer, and can be taken back.

A layer is edited by one statement that names the version it was read in: whoever comes second gets StaleVersion, and overwrites nothing unseen.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.conversation.personas.persona_layers import SETTABLE, Change, InForce, Layer, Origin, Source, Version, laid_over, layer_keys
from services.runtime.database import Database
from services.runtime.errors import StaleVersion

_personas, _versions = tables.personas, tables.persona_versions
_changes = Counter("parlour_conversation_persona_changes_total", "Changes of personas by what they came from", ["origin"])
_dropped = Counter("parlour_conversation_persona_versions_dropped_total", "Versions of personas that were deleted for their number")

type Key = tuple[str, str]
"""guild_id and user_id of a layer."""

type Editing = Callable[[str, str], AbstractAsyncContextManager[None]]
"""Entered with guild_id and user_id around a transaction that may edit that layer: whoever keeps copies of personas is told so."""


class PersonaStore:
    """Personas of users, guilds, and the default. At most `versions_max` versions of a layer are kept, and those that explain what it sets now."""

    def __init__(self, database: Database, *, versions_max: int, editing: Editing = lambda guild_id, user_id: nullcontext()) -> None:
        self._database = database
        self._versions_max = versions_max
        self.editing = editing

    @asynccontextmanager
    async def edit(self, guild_id: str, user_id: str) -> AsyncIterator[AsyncSession]:
        """Open a transaction in which that layer may be edited."""
        async with self.editing(guild_id, user_id), self._database.write() as session:
            yield session

    async def read(self, guild_id: str, user_id: str) -> InForce:
        """Return the persona in force for a user in a guild, a guild, or (both empty) the default."""
        async with self._database.read() as session:
            return await select_persona(session, guild_id, user_id)

    async def read_reasons(self, guild_id: str, user_id: str) -> tuple[InForce, dict[Source, dict[int, Version]]]:
        """Return the persona in force, and for each layer the versions that explain what it sets, by their number."""
        async with self._database.read() as session:
            persona = await select_persona(session, guild_id, user_id)
            keys = layer_keys(guild_id, user_id)
            reasons: dict[Source, dict[int, Version]] = {}
            for source, layer in persona.layers.items():
                where = [*_of(_versions, keys[source]), _versions.c.version.in_(set(layer.reasons.values()))]
                rows = await session.execute(sa.select(_versions).where(*where)) if layer.reasons else ()
                reasons[source] = {row.version: _version(row) for row in rows}
            return persona, reasons

    async def versions(self, guild_id: str, user_id: str, *, before: int | None, limit: int) -> list[Version]:
        """Return a layer's versions, newest first, those below `before` if given."""
        where = _of(_versions, (guild_id, user_id)) + ([] if before is None else [_versions.c.version < before])
        async with self._database.read() as session:
            rows = await session.execute(sa.select(_versions).where(*where).order_by(_versions.c.version.desc()).limit(limit))
            return [_version(row) for row in rows]

    async def save(self, session: AsyncSession, key: Key, layer: Layer, change: Change) -> Layer:
        """Store a change of a layer that was read as `layer`. Raises StaleVersion where that is not the stored version (0: there is none yet)."""
        changed = layer.changed(change.values)
        names = [name for name in SETTABLE if name in {*layer.differing(change.values), *change.about}]
        await self._replace(session, key, layer.version, changed)
        await self._keep_version(session, key, changed, names, change)
        return changed

    async def undo(self, session: AsyncSession, key: Key) -> tuple[Layer, Version | None]:
        """Take back the newest change that is not taken back yet. Return the layer and that change; None where there is none that is still kept.

        Raises StaleVersion where somebody else edits it at this moment.
        """
        layer = await select_layer(session, key)
        target = await self._newest_change(session, key)
        if target is None:
            return layer, None
        # All later changes are taken back: what it was before this one is what the version before it says.
        before = await _select_version(session, key, target.layer.version - 1) if target.layer.version > 1 else Layer()
        if before is None:
            return layer, None
        restored = layer.restored(before)
        await self._replace(session, key, layer.version, restored)
        number = _versions.c.version == target.layer.version
        await session.execute(sa.update(_versions).where(*_of(_versions, key), number).values(undone_at=sa.func.now()))
        await self._keep_version(session, key, restored, target.changed, Change({}, Origin.UNDO))
        return restored, target

    async def _newest_change(self, session: AsyncSession, key: Key) -> Version | None:
        a_change = [_versions.c.origin != Origin.UNDO, _versions.c.undone_at.is_(None), sa.func.cardinality(_versions.c.changed) > 0]
        where = [*_of(_versions, key), *a_change]
        row = (await session.execute(sa.select(_versions).where(*where).order_by(_versions.c.version.desc()).limit(1))).one_or_none()
        return None if row is None else _version(row)

    async def _replace(self, session: AsyncSession, key: Key, version: int, layer: Layer) -> None:
        values = {**_columns(layer), "version": layer.version, "update_time": sa.func.now()}
        statement: Any
        if version == 0:
            insert = pg.insert(_personas).values(guild_id=key[0], user_id=key[1], **values)
            statement = insert.on_conflict_do_nothing().returning(_personas.c.version)
        else:
            where = [*_of(_personas, key), _personas.c.version == version]
            statement = sa.update(_personas).where(*where).values(**values).returning(_personas.c.version)
        if (await session.execute(statement)).one_or_none() is None:
            raise StaleVersion(f"version {version} is not the stored one")

    async def _keep_version(self, session: AsyncSession, key: Key, layer: Layer, changed: Sequence[str], change: Change) -> None:
        row = {"guild_id": key[0], "user_id": key[1], "version": layer.version, "changed": list(changed), "origin": change.origin}
        row |= {"quote": change.quote, "message_id": change.message_id, **_columns(layer)}
        await session.execute(sa.insert(_versions).values(row))
        old = [_versions.c.version <= layer.version - self._versions_max, _versions.c.version.not_in(set(layer.reasons.values()))]
        dropped = await session.execute(sa.delete(_versions).where(*_of(_versions, key), *old).returning(_versions.c.version))
        _dropped.inc(len(dropped.all()))
        _changes.labels(change.origin).inc()


async def select_persona(session: AsyncSession, guild_id: str, user_id: str) -> InForce:
    """Return the persona in force, layer over layer."""
    keys = layer_keys(guild_id, user_id)
    rows = await session.execute(sa.select(_personas).where(sa.tuple_(_personas.c.guild_id, _personas.c.user_id).in_(list(keys.values()))))
    return laid_over(guild_id, user_id, {(row.guild_id, row.user_id): _layer(row) for row in rows})


async def select_layer(session: AsyncSession, key: Key) -> Layer:
    """Return what one layer sets."""
    row = (await session.execute(sa.select(_personas).where(*_of(_personas, key)))).one_or_none()
    return Layer() if row is None else _layer(row)


async def select_said(session: AsyncSession, key: Key, message_id: str) -> Version | None:
    """Return the change that was read from a message, None where there is none."""
    row = (await session.execute(sa.select(_versions).where(*_of(_versions, key), _versions.c.message_id == message_id))).one_or_none()
    return None if row is None else _version(row)


async def select_settled(session: AsyncSession, key: Key, undone_days: int) -> set[str]:
    """Return the names about which a person has decided: chosen or said, or changes of them taken back within `undone_days`."""
    chosen = sa.and_(_versions.c.origin.in_((Origin.SET, Origin.PRESET, Origin.SAID)), _versions.c.undone_at.is_(None))
    taken_back = _versions.c.undone_at > sa.func.now() - sa.func.make_interval(0, 0, 0, undone_days)
    names = sa.select(sa.func.unnest(_versions.c.changed)).where(*_of(_versions, key), sa.or_(chosen, taken_back))
    return set(await session.scalars(names))


async def _select_version(session: AsyncSession, key: Key, version: int) -> Layer | None:
    row = (await session.execute(sa.select(_versions).where(*_of(_versions, key), _versions.c.version == version))).one_or_none()
    return None if row is None else _layer(row)


def layer_of(row: Mapping[str, Any]) -> Layer:
    """Return the layer that a row of `personas` is, read as a mapping."""
    return Layer(**{name: row[name] for name in SETTABLE}, version=row["version"], reasons=row["reasons"])


def _layer(row: sa.Row[Any]) -> Layer:
    return layer_of(row._asdict())


def _version(row: sa.Row[Any]) -> Version:
    return Version(_layer(row), row.changed, Origin(row.origin), row.quote, row.update_time, row.undone_at)


def _columns(layer: Layer) -> dict[str, Any]:
    return {**{name: getattr(layer, name) for name in SETTABLE}, "reasons": dict(layer.reasons)}


def _of(table: sa.Table, key: Key) -> list[sa.ColumnElement[bool]]:
    return [table.c.guild_id == key[0], table.c.user_id == key[1]]

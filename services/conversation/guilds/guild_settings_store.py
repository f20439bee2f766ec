"""Loads and saves guild settings; every edit is a version that is kept. What reads the database here takes no cache into account."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.conversation.guilds.guild_settings import DECISIONS, DEFAULTS, GuildSettings, settings_of
from services.runtime.errors import StaleVersion

_settings, _versions = tables.guild_settings, tables.guild_settings_versions
_KEPT = ("guild_id", "version", *DECISIONS, "update_time")


async def select_guild_settings(session: AsyncSession, guild_id: str) -> GuildSettings:
    """Return a guild's settings, or the defaults."""
    row = (await session.execute(sa.select(_settings).where(_settings.c.guild_id == guild_id))).one_or_none()
    return DEFAULTS if row is None else _settings_of(row)


async def save_guild_settings(session: AsyncSession, guild_id: str, settings: GuildSettings, *, versions_max: int) -> GuildSettings:
    """Store settings in their next version, and keep the newest `versions_max` versions.

    Raises StaleVersion unless settings.version is the stored one (0: there is none yet): nobody overwrites what he has not read.
    """
    row = (await session.execute(_replacing(guild_id, settings))).one_or_none()
    if row is None:
        raise StaleVersion(f"version {settings.version} is not the stored one")
    await session.execute(sa.insert(_versions).values({name: getattr(row, name) for name in _KEPT}))
    old = _versions.c.version <= row.version - versions_max
    await session.execute(sa.delete(_versions).where(_versions.c.guild_id == guild_id, old))
    return _settings_of(row)


async def select_guild_settings_versions(session: AsyncSession, guild_id: str, *, before: int | None, limit: int) -> list[GuildSettings]:
    """Return a guild's settings as they were, newest first, from below the version `before`."""
    where = [_versions.c.guild_id == guild_id]
    if before is not None:
        where.append(_versions.c.version < before)
    rows = await session.execute(sa.select(_versions).where(*where).order_by(_versions.c.version.desc()).limit(limit))
    return [_settings_of(row) for row in rows]


def _replacing(guild_id: str, settings: GuildSettings) -> Any:
    values = settings.stored()
    if settings.version == 0:
        return pg.insert(_settings).values(guild_id=guild_id, **values, version=1).on_conflict_do_nothing().returning(_settings)
    stored = sa.update(_settings).where(_settings.c.guild_id == guild_id, _settings.c.version == settings.version)
    # Counted by the database, where the version is the stored one: a caller's may be as large as there are numbers.
    return stored.values(**values, version=_settings.c.version + 1, update_time=sa.func.now()).returning(_settings)


def _settings_of(row: sa.Row[Any]) -> GuildSettings:
    return settings_of({name: getattr(row, name) for name in DECISIONS}, version=row.version, update_time=row.update_time)

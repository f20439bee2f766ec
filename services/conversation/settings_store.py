"""Loads and saves personas and guild settings; every change raises a version."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from services.conversation import tables
from services.conversation.persona import DEFAULT, Persona
from services.runtime.errors import StaleVersion

_personas, _settings = tables.personas, tables.guild_settings
_FIELDS = ("formality", "verbosity", "humour", "warmth", "directness", "emoji", "language", "instructions")


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """What a guild decides; these are the defaults of a guild that never did."""

    addressing_threshold: float = 0.5
    channel_context: bool = False
    extraction: bool = True
    version: int = 0


async def select_persona(session: AsyncSession, guild_id: str, user_id: str) -> tuple[Persona, str]:
    """Return the persona in force and whose it is: user over guild over default."""
    statement = (
        sa.select(_personas)
        .where(sa.tuple_(_personas.c.guild_id, _personas.c.user_id).in_([(guild_id, user_id), (guild_id, ""), ("", "")]))
        .order_by((_personas.c.user_id != "").desc(), (_personas.c.guild_id != "").desc())
        .limit(1)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return DEFAULT, "default"
    source = "user" if row.user_id else "guild" if row.guild_id else "default"
    return _persona(row), source


async def save_persona(session: AsyncSession, guild_id: str, user_id: str, persona: Persona) -> Persona:
    """Store a persona in its next version. Raises StaleVersion unless persona.version is the stored one (0: there is none yet)."""
    key = {"guild_id": guild_id, "user_id": user_id}
    values = {name: getattr(persona, name) for name in _FIELDS}
    return _persona(await _save(session, _personas, key, values, persona.version))


async def select_guild_settings(session: AsyncSession, guild_id: str) -> GuildSettings:
    """Return a guild's settings, or the defaults."""
    row = (await session.execute(sa.select(_settings).where(_settings.c.guild_id == guild_id))).one_or_none()
    return GuildSettings() if row is None else _guild_settings(row)


async def save_guild_settings(session: AsyncSession, guild_id: str, settings: GuildSettings) -> GuildSettings:
    """Store settings in their next version. Raises StaleVersion unless settings.version is the stored one (0: there is none yet)."""
    values = {
        "addressing_threshold": settings.addressing_threshold,
        "channel_context": settings.channel_context,
        "extraction": settings.extraction,
    }
    return _guild_settings(await _save(session, _settings, {"guild_id": guild_id}, values, settings.version))


async def _save(session: AsyncSession, table: sa.Table, key: dict[str, str], values: dict[str, Any], version: int) -> sa.Row[Any]:
    statement: ReturningInsert[Any] | ReturningUpdate[Any]
    if version == 0:
        statement = pg.insert(table).values(**key, **values, version=1).on_conflict_do_nothing().returning(table)
    else:
        where = [table.c[name] == value for name, value in key.items()]
        statement = (
            sa.update(table)
            .where(*where, table.c.version == version)
            .values(**values, version=version + 1, update_time=sa.func.now())
            .returning(table)
        )
    row: sa.Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise StaleVersion(f"version {version} is not the stored one")
    return row


def _persona(row: sa.Row[Any]) -> Persona:
    return Persona(**{name: getattr(row, name) for name in _FIELDS}, version=row.version)


def _guild_settings(row: sa.Row[Any]) -> GuildSettings:
    return GuildSettings(row.addressing_threshold, row.channel_context, row.extraction, row.version)

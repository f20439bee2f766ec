"""Messages of a conversation beside its turns: added as context, listed, put behind a reset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.conversation.privacy.tombstones import subject_hash
from services.runtime.errors import NotFound, StaleFence

_messages, _conversations = tables.messages, tables.conversations


@dataclass(frozen=True, slots=True)
class Conversation:
    """A guild's channel, or a channel of direct messages (guild_id empty)."""

    guild_id: str
    channel_id: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message; `role` is user or assistant; `sequence` is 0 and create_time None before it is stored."""

    message_id: str
    role: str
    author_id: str
    author_name: str
    text: str
    create_time: datetime | None = None
    sequence: int = 0


async def append_messages(session: AsyncSession, where: Conversation, messages: Sequence[StoredMessage]) -> int:
    """Store messages that are not there yet; return how many. What people wrote who opted out is not stored, nor what the erased wrote before."""
    opted_out = await _opted_out(session, _authors(messages))
    appended = 0
    for message in messages:
        if message.author_id in opted_out:
            continue
        statement = pg.insert(_messages).values(
            guild_id=where.guild_id,
            channel_id=where.channel_id,
            message_id=message.message_id,
            role=message.role,
            author_id=message.author_id,
            author_name=message.author_name,
            text=message.text,
            create_time=message.create_time or sa.func.now(),
        )
        stored = await session.execute(statement.on_conflict_do_nothing().returning(_messages.c.sequence))
        appended += stored.one_or_none() is not None
    return appended


async def _opted_out(session: AsyncSession, authors: Sequence[str]) -> set[str]:
    """Return who has opted out, or had when they were erased and did not come back since."""
    hashes = {subject_hash(author): author for author in authors}
    asked = sa.select(tables.opt_outs.c.user_id).where(tables.opt_outs.c.user_id.in_(authors))
    erased = sa.select(tables.tombstones.c.subject_hash).where(tables.tombstones.c.subject_hash.in_(hashes), tables.tombstones.c.opted_out)
    return {*await session.scalars(asked), *(hashes[bytes(found)] for found in await session.scalars(erased))}


async def hold_fence(session: AsyncSession, guild_id: str, user_id: str, fence: int) -> None:
    """Keep a person's next turn from beginning until the transaction ends.

    Raises StaleFence where one has begun since this fence was issued, and NotFound for a fence that was never issued.
    """
    wanted = sa.select(tables.fences.c.fence).where(tables.fences.c.guild_id == guild_id, tables.fences.c.user_id == user_id)
    newest = await session.scalar(wanted.with_for_update(read=True)) or 0
    if fence < newest:
        raise StaleFence(f"the person's newest fence is {newest}, not {fence}")
    if fence > newest:
        raise NotFound("fence")


def _authors(messages: Sequence[StoredMessage]) -> list[str]:
    return sorted({message.author_id for message in messages})


async def list_messages(session: AsyncSession, where: Conversation, *, before: int | None, limit: int) -> list[StoredMessage]:
    """Return messages newest first, those with a sequence below `before` if given."""
    statement = sa.select(
        _messages.c.message_id,
        _messages.c.role,
        _messages.c.author_id,
        _messages.c.author_name,
        _messages.c.text,
        _messages.c.create_time,
        _messages.c.sequence,
    ).where(_messages.c.guild_id == where.guild_id, _messages.c.channel_id == where.channel_id)
    if before is not None:
        statement = statement.where(_messages.c.sequence < before)
    rows = await session.execute(statement.order_by(_messages.c.sequence.desc()).limit(limit))
    return [StoredMessage(*row) for row in rows]


async def reset_conversation(session: AsyncSession, where: Conversation) -> None:
    """From now on no model is shown what was said here before; it stays in the store."""
    newest = (
        sa.select(sa.func.coalesce(sa.func.max(_messages.c.sequence), 0))
        .where(_messages.c.guild_id == where.guild_id, _messages.c.channel_id == where.channel_id)
        .scalar_subquery()
    )
    insert = pg.insert(_conversations).values(guild_id=where.guild_id, channel_id=where.channel_id, reset_sequence=newest, reset_time=sa.func.now())
    changes = {"reset_sequence": insert.excluded.reset_sequence, "reset_time": insert.excluded.reset_time}
    await session.execute(insert.on_conflict_do_update(index_elements=["guild_id", "channel_id"], set_=changes))

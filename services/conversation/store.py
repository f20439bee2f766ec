"""Loads and saves turns and messages. Every method is one transaction; none calls anything outside the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from psycopg.rows import namedtuple_row
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.conversation.context_window import Said
from services.conversation.persona import Persona
from services.conversation.settings_store import select_persona
from services.conversation.turn import Ending, NewTurn, Turn, TurnState, check_fence, check_newest
from services.conversation.turn_rows import AFTERMATH, BEGIN, DUE, columns, end_statement, turn_of
from services.runtime.database import Database
from services.runtime.errors import NotFound, RequestIdReused
from services.runtime.jobs import Jobs

_turns, _messages, _fences, _conversations = tables.turns, tables.messages, tables.fences, tables.conversations


class _BegunMeanwhile(Exception):
    """Another call began the same turn first; the transaction is rolled back, so that no fence is lost."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn, and what was answered before if it has ended."""

    turn: Turn
    reply_text: str


@dataclass(frozen=True, slots=True)
class Background:
    """What a reply is built from, besides the request."""

    history: Sequence[Said]
    persona: Persona


@dataclass(frozen=True, slots=True)
class Aftermath:
    """An ended turn, and what memory may have of it: what was said, or None where nobody may keep it."""

    turn: Turn
    said: str | None


@dataclass(frozen=True, slots=True)
class Orphan:
    """A turn that nobody finished, with its message."""

    turn: Turn
    message: NewTurn


class TurnStore:
    """Turns and what was said in them."""

    def __init__(self, database: Database, jobs: Jobs, *, turn_s: float, claim_s: float, orphan_keep_s: float, history_max: int) -> None:
        self._database = database
        self._jobs = jobs
        self._turn_s = turn_s
        self._claim_s = claim_s
        self._orphan_keep_s = orphan_keep_s
        self._history_max = history_max

    async def begin(self, new: NewTurn) -> Begun:
        """Store a turn with its message and issue its fence; a repeated one is answered as it is stored.

        Raises RequestIdReused where the message id is known with another payload.
        """
        try:
            async with self._database.write() as session:
                return await self._begin(session, new)
        except _BegunMeanwhile:
            async with self._database.read() as session:
                return await _begun_before(session, new)

    async def _begin(self, session: AsyncSession, new: NewTurn) -> Begun:
        row = (await session.execute(BEGIN, {**columns(new), "turn_s": self._turn_s})).one_or_none()
        if row is None:
            return await _begun_before(session, new)
        if row.fence is None:
            raise _BegunMeanwhile
        if new.attempt:
            await _replace_earlier_replies(session, new)
        return Begun(new.accepted(row.fence, row.accept_time), "")

    async def load(self, turn_id: str) -> Begun:
        """Return a turn with its reply. Raises NotFound."""
        async with self._database.read() as session:
            turn = await _load(session, turn_id)
            if turn is None:
                raise NotFound("turn")
            return Begun(turn, await _reply_text(session, turn))

    async def background(self, turn_id: str, fence: int) -> tuple[Begun, Background]:
        """Return a turn and what its reply is built from. Raises NotFound, and StaleFence where the fence is not the person's newest."""
        async with self._database.read() as session:
            turn = await _load(session, turn_id)
            if turn is None:
                raise NotFound("turn")
            check_fence(turn, fence)
            if turn.state != TurnState.ACCEPTED:
                return Begun(turn, await _reply_text(session, turn)), Background((), Persona())
            check_newest(turn, await _newest_fence(session, turn))
            history = await _history(session, turn, self._history_max)
            persona, _ = await select_persona(session, turn.guild_id, turn.user_id)
            return Begun(turn, ""), Background(history, persona)

    async def end(self, ending: Ending) -> Begun:
        """End an accepted turn: state, text, usage, the settlement job and the job that hands the message to memory, all or nothing.

        A turn that has ended before stays as it is and is returned. Raises NotFound, and StaleFence where the turn was handed to somebody else.
        """
        async with self._database.write() as session:
            turn = await _load(session, ending.turn_id, lock=True)
            if turn is None:
                raise NotFound("turn")
            check_fence(turn, ending.fence)
            if turn.state != TurnState.ACCEPTED:
                return Begun(turn, await _reply_text(session, turn))
            row = (await session.execute(end_statement(ending))).one()
            await _add_reply(session, turn, ending)
            await self._enqueue(session, ending)
            return Begun(turn_of(row), ending.text)

    async def _enqueue(self, session: AsyncSession, ending: Ending) -> None:
        if ending.state in (TurnState.FINISHED, TurnState.CUT) or (ending.usage is not None and ending.hold_id):
            await self._jobs.enqueue(session, "after_turn", turn_id=ending.turn_id)

    async def hasten(self, turn_id: str, fence: int, within_s: float) -> None:
        """Make an accepted turn an orphan `within_s` seconds from now, unless its gateway ends it before."""
        near = sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, within_s)
        statement = (
            sa.update(_turns)
            .where(_turns.c.turn_id == turn_id, _turns.c.fence == fence, _turns.c.state == TurnState.ACCEPTED)
            .values(deadline_at=sa.func.least(_turns.c.deadline_at, near))
        )
        async with self._database.write() as session:
            await session.execute(statement)

    async def claim_orphans(self, claimant: str, origin: str, limit: int) -> list[Orphan]:
        """Hand out turns past their deadline, each with a new fence, so that whoever had it before can no longer write to it."""
        async with self._database.write() as session:
            due = (await session.execute(DUE, {"origin": origin, "limit": limit})).all()
            claimed: dict[str, Turn] = {}
            # Fences are locked in one order, so that two claimants cannot wait for each other.
            for turn_id, guild_id, user_id in sorted(due, key=lambda row: (row.guild_id, row.user_id, row.turn_id)):
                fence = await _next_fence(session, guild_id, user_id)
                claimed[turn_id] = await self._claim(session, turn_id, fence, claimant)
            orphans = [(claimed[row.turn_id], await _message(session, claimed[row.turn_id])) for row in due]
            return [Orphan(turn, message) for turn, message in orphans if message is not None]

    async def _claim(self, session: AsyncSession, turn_id: str, fence: int, claimant: str) -> Turn:
        until = sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, self._claim_s)
        statement = (
            sa.update(_turns).where(_turns.c.turn_id == turn_id).values(fence=fence, claimed_until=until, claimed_by=claimant).returning(_turns)
        )
        return turn_of((await session.execute(statement)).one())

    async def give_up_orphans(self) -> int:
        """End turns that nobody came to answer for orphan_keep_s; return how many. It is too late for an apology to make sense."""
        oldest = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, self._orphan_keep_s)
        statement = (
            sa.update(_turns)
            .where(_turns.c.state == TurnState.ACCEPTED, _turns.c.deadline_at < oldest)
            .values(state=TurnState.APOLOGISED, end_time=sa.func.now())
        )
        async with self._database.write() as session:
            return len((await session.execute(statement.returning(_turns.c.turn_id))).all())

    async def aftermath(self, turn_id: str) -> Aftermath:
        """Return what follows from a turn. Raises NotFound."""
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=namedtuple_row)
            row: Any = await (await cursor.execute(AFTERMATH, [turn_id])).fetchone()
        if row is None:
            raise NotFound("turn")
        turn = turn_of(row)
        observable = row.said is not None and turn.state in (TurnState.FINISHED, TurnState.CUT) and row.extraction is not False and not row.opted_out
        return Aftermath(turn, row.said if observable else None)


async def _begun_before(session: AsyncSession, new: NewTurn) -> Begun:
    turn = await _load(session, new.turn_id)
    if turn is None:
        raise NotFound("turn")
    if turn.payload_hash != new.payload_hash():
        raise RequestIdReused(new.turn_id)
    return Begun(turn, await _reply_text(session, turn))


async def _load(session: AsyncSession, turn_id: str, *, lock: bool = False) -> Turn | None:
    statement = sa.select(_turns).where(_turns.c.turn_id == turn_id)
    row = (await session.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return None if row is None else turn_of(row)


async def _newest_fence(session: AsyncSession, turn: Turn) -> int:
    statement = sa.select(_fences.c.fence).where(_fences.c.guild_id == turn.guild_id, _fences.c.user_id == turn.user_id)
    return await session.scalar(statement) or 0


async def _next_fence(session: AsyncSession, guild_id: str, user_id: str) -> int:
    insert = pg.insert(_fences).values(guild_id=guild_id, user_id=user_id, fence=1)
    statement = insert.on_conflict_do_update(index_elements=["guild_id", "user_id"], set_={"fence": _fences.c.fence + 1})
    fence = await session.scalar(statement.returning(_fences.c.fence))
    assert isinstance(fence, int)
    return fence


async def _reply_text(session: AsyncSession, turn: Turn) -> str:
    if turn.state == TurnState.ACCEPTED:
        return ""
    statement = sa.select(_messages.c.text).where(
        _messages.c.guild_id == turn.guild_id,
        _messages.c.channel_id == turn.channel_id,
        _messages.c.message_id == turn.turn_id,
        _messages.c.role == "assistant",
    )
    return await session.scalar(statement) or ""


async def _history(session: AsyncSession, turn: Turn, limit: int) -> list[Said]:
    """The newest messages since the last reset but the turn's own, oldest first."""
    reset = (
        sa.select(_conversations.c.reset_sequence)
        .where(_conversations.c.guild_id == turn.guild_id, _conversations.c.channel_id == turn.channel_id)
        .scalar_subquery()
    )
    statement = (
        sa.select(_messages.c.role, _messages.c.author_id, _messages.c.author_name, _messages.c.text)
        .where(
            _messages.c.guild_id == turn.guild_id,
            _messages.c.channel_id == turn.channel_id,
            _messages.c.sequence > sa.func.coalesce(reset, 0),
            _messages.c.in_context,
            _messages.c.message_id != turn.message_id,
        )
        .order_by(_messages.c.sequence.desc())
        .limit(limit)
    )
    rows = (await session.execute(statement)).all()
    return [Said(role, author_id, author_name, text) for role, author_id, author_name, text in reversed(rows)]


async def _message(session: AsyncSession, turn: Turn) -> NewTurn | None:
    statement = sa.select(_messages.c.text, _messages.c.replied_to).where(
        _messages.c.guild_id == turn.guild_id,
        _messages.c.channel_id == turn.channel_id,
        _messages.c.message_id == turn.message_id,
        _messages.c.role == "user",
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return None
    return NewTurn(
        message_id=turn.message_id,
        attempt=turn.attempt,
        guild_id=turn.guild_id,
        channel_id=turn.channel_id,
        user_id=turn.user_id,
        user_name=turn.user_name,
        text=row.text,
        channel_hidden=turn.channel_hidden,
        origin=turn.origin,
        replied_to=row.replied_to,
    )


async def _replace_earlier_replies(session: AsyncSession, new: NewTurn) -> None:
    statement = (
        sa.update(_messages)
        .where(
            _messages.c.guild_id == new.guild_id,
            _messages.c.channel_id == new.channel_id,
            _messages.c.message_id.in_([f"{new.message_id}:{attempt}" for attempt in range(new.attempt)]),
            _messages.c.role == "assistant",
        )
        .values(in_context=False)
    )
    await session.execute(statement)


async def _add_reply(session: AsyncSession, turn: Turn, ending: Ending) -> None:
    """Store what the person saw. An apology is kept for a repeated request and shown to no model."""
    if not ending.text:
        return
    values = {
        "guild_id": turn.guild_id,
        "channel_id": turn.channel_id,
        "message_id": turn.turn_id,
        "role": "assistant",
        "author_id": "assistant",
        "text": ending.text,
        "answers_message_id": turn.message_id,
        "in_context": ending.state in (TurnState.FINISHED, TurnState.CUT),
    }
    await session.execute(pg.insert(_messages).values(values).on_conflict_do_nothing())

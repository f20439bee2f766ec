"""Loads and saves turns and messages. Every method is one transaction; none calls anything outside the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

import sqlalchemy as sa
from psycopg.errors import UniqueViolation
from psycopg.rows import namedtuple_row
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.conversation.models.images import Image, stored_images
from services.conversation.personas.persona import Persona
from services.conversation.personas.persona_layers import laid_over
from services.conversation.personas.persona_store import layer_of
from services.conversation.topics.summaries import dated_summary
from services.conversation.turn import Ending, NewTurn, Turn, TurnState, check_fence, check_newest
from services.conversation.turn_rows import BACKGROUND, BEGIN, DUE, END, END_WITH_JOB, STORED, aftermath, begin_values, end_values, turn_of
from services.conversation.window.context_window import Said, Summary
from services.runtime.database import Database
from services.runtime.errors import NotFound, RequestIdReused
from services.runtime.jobs import Jobs

SUMMARIES_READ_MAX = 20
"""More than stand side by side (settings.summaries_max); a prompt has room for the newest of them."""

_turns, _messages, _fences = tables.turns, tables.messages, tables.fences
# Written into the statement: the index of open turns is of no use to one that is prepared for any state.
_ACCEPTED = sa.literal(int(TurnState.ACCEPTED), literal_execute=True)


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
    rules: str = ""
    images_allowed: bool = True
    earlier_images: Sequence[Image] = ()  # of the newest messages that have any, newest first
    relationship: str = ""
    history_is_whole: bool = True  # the conversation has no older messages
    summaries: Sequence[Summary] = ()  # oldest first


@dataclass(frozen=True, slots=True)
class Condition:
    """Something to be known of a turn that has ended: an expression of SQL over its row `t`, true or false, and the values in it."""

    expression: LiteralString
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """An ended turn, what memory may have of it: what was said, or None where nobody may keep it; and the names of the conditions that hold."""

    turn: Turn
    said: str | None
    due: frozenset[str]


@dataclass(frozen=True, slots=True)
class Orphan:
    """A turn that nobody finished, with its message."""

    turn: Turn
    message: NewTurn


class TurnStore:
    """Turns and what was said in them."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        *,
        turn_s: float,
        claim_s: float,
        orphan_keep_s: float,
        history_max: int,
        earlier_images_max: int = 0,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._turn_s = turn_s
        self._claim_s = claim_s
        self._orphan_keep_s = orphan_keep_s
        self._history_max = history_max
        self._earlier_images_max = earlier_images_max

    async def begin(self, new: NewTurn) -> Begun:
        """Store a turn with its message and issue its fence; a repeated one is answered as it is stored.

        Raises RequestIdReused where the message id is known with another payload.
        """
        try:
            row = await self._row(BEGIN, {**begin_values(new), "turn_s": self._turn_s})
        except UniqueViolation:  # another call began the same turn at this moment
            row = None
        if row is not None:
            return Begun(new.accepted(row.fence, row.accept_time), "")
        begun = await self._stored(new.turn_id)
        if begun.turn.payload_hash and begun.turn.payload_hash != new.payload_hash():  # empty: its text is gone (message_changes.py)
            raise RequestIdReused(new.turn_id)
        if begun.turn.state == TurnState.ACCEPTED:
            await self._give_time(new.turn_id, begun.turn.fence)
        return begun

    async def _give_time(self, turn_id: str, fence: int) -> None:
        """Give a turn a whole turn's time from now: a gateway has taken it over from one that died, which drew its deadline near."""
        later = sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, self._turn_s)
        free = sa.or_(_turns.c.claimed_until.is_(None), _turns.c.claimed_until < sa.func.now())
        statement = (
            sa.update(_turns)
            .where(_turns.c.turn_id == turn_id, _turns.c.fence == fence, _turns.c.state == TurnState.ACCEPTED, free)
            .values(deadline_at=sa.func.greatest(_turns.c.deadline_at, later))
        )
        async with self._database.write() as session:
            await session.execute(statement)

    async def background(self, turn_id: str, fence: int) -> tuple[Begun, Background]:
        """Return a turn and what its reply is built from. Raises NotFound, and StaleFence where the fence is not the person's newest."""
        values = {"turn_id": turn_id, "history_max": self._history_max, "earlier_images_max": self._earlier_images_max}
        row = await self._row(BACKGROUND, values | {"summaries_max": SUMMARIES_READ_MAX})
        if row is None:
            raise NotFound("turn")
        turn = turn_of(row)
        check_fence(turn, fence)
        if turn.state == TurnState.ACCEPTED:
            check_newest(turn, row.newest_fence or 0)
        history = [_said(*said) for said in row.history or ()]
        layers = {(layer["guild_id"], layer["user_id"]): layer_of(layer) for layer in row.persona_layers or ()}
        persona = laid_over(turn.guild_id, turn.user_id, layers).persona
        earlier = [image for author_name, images in row.earlier_images or () for image in stored_images(images, author_name or "somebody")]
        shown = earlier[: self._earlier_images_max]
        begun = Begun(turn, row.reply_text or "")
        whole = len(history) < self._history_max
        summaries = [dated_summary(*summary) for summary in row.summaries or ()]
        return begun, Background(history, persona, row.rules or "", row.images_allowed is not False, shown, row.relationship or "", whole, summaries)

    async def end(self, ending: Ending) -> Begun:
        """End an accepted turn: state, text, usage, and the job that settles it and hands its message to memory, all or nothing.

        A turn that has ended before stays as it is and is returned. Raises NotFound, and StaleFence where the turn was handed to somebody else.
        """
        if ending.state in (TurnState.FINISHED, TurnState.CUT) or (ending.usage is not None and (ending.hold_id or ending.lease_id)):
            following = self._jobs.held("after_turn", turn_id=ending.turn_id)
            row = await self._row(END_WITH_JOB, {**end_values(ending), **following.parameters})
            if row is not None:
                following.begin(row.job_ids[0])
        else:
            row = await self._row(END, end_values(ending))
        if row is not None:
            return Begun(turn_of(row), ending.text)
        begun = await self._stored(ending.turn_id)
        check_fence(begun.turn, ending.fence)
        return begun

    async def _stored(self, turn_id: str) -> Begun:
        row = await self._row(STORED, {"turn_id": turn_id})
        if row is None:
            raise NotFound("turn")
        return Begun(turn_of(row), row.reply_text or "")

    async def _row(self, statement: LiteralString, values: Mapping[str, object]) -> Any:
        """Run one statement, which is a transaction of its own; return its first row, None where there is none."""
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=namedtuple_row)
            return await (await cursor.execute(statement, values)).fetchone()

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
            .where(_turns.c.state == _ACCEPTED, _turns.c.deadline_at < oldest)
            .values(state=TurnState.APOLOGISED, end_time=sa.func.now())
        )
        async with self._database.write() as session:
            return len((await session.execute(statement.returning(_turns.c.turn_id))).all())

    async def aftermath(self, turn_id: str, conditions: Mapping[str, Condition]) -> Aftermath:
        """Return what follows from a turn, by one statement. Raises NotFound."""
        values: dict[str, object] = {"turn_id": turn_id}
        for condition in conditions.values():
            values |= condition.values
        row = await self._row(aftermath({name: condition.expression for name, condition in conditions.items()}), values)
        if row is None:
            raise NotFound("turn")
        turn = turn_of(row)
        observable = row.said is not None and turn.state in (TurnState.FINISHED, TurnState.CUT) and row.extraction is not False and not row.opted_out
        return Aftermath(turn, row.said if observable else None, frozenset(name for name in conditions if getattr(row, f"due_{name}")))


def _said(role: str, author_id: str, author_name: str, text: str, sequence: int, message_id: str, sent_at_s: float, offset_bytes: int) -> Said:
    return Said(role, author_id, author_name, text, sequence, message_id, datetime.fromtimestamp(sent_at_s, UTC), offset_bytes)


async def _next_fence(session: AsyncSession, guild_id: str, user_id: str) -> int:
    insert = pg.insert(_fences).values(guild_id=guild_id, user_id=user_id, fence=1)
    statement = insert.on_conflict_do_update(index_elements=["guild_id", "user_id"], set_={"fence": _fences.c.fence + 1})
    fence = await session.scalar(statement.returning(_fences.c.fence))
    assert isinstance(fence, int)
    return fence


async def _message(session: AsyncSession, turn: Turn) -> NewTurn | None:
    statement = sa.select(_messages.c.text, _messages.c.replied_to, _messages.c.images).where(
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
        nickname=turn.nickname,
        text=row.text,
        channel_hidden=turn.channel_hidden,
        origin=turn.origin,
        replied_to=row.replied_to,
        images=stored_images(row.images),
    )

"""Loads and saves relationships. Every method is one transaction, and none of them is on a person's time.

A turn is counted once, however often its job runs: `turns.counted` changes in the transaction that counts it. Before a relationship is written, the
turns that it comes from are locked: where an erasure has taken them, nothing is written; one that comes later finds what was written, for it deletes
turns before relationships.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.conversation.people.names import Names
from services.conversation.people.relationship import AnsweredTurn, Person, Relationship, Topic, after_turns, named
from services.conversation.people.telling_words import name_words
from services.conversation.turn import Turn
from services.runtime.database import Database

COUNTED_AT_ONCE_MAX = 200
"""Turns counted in one transaction: their texts are in memory."""
_AUTHORS_MAX = 200
"""Newest messages of a channel that are looked at for the names of those who write there."""

_relationships = tables.relationships
_counted = Counter("parlour_conversation_relationship_turns_total", "Turns counted in relationships")

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('relationships:' || :user_id, 0))")

_LOCK_TURN = sa.text("SELECT FROM turns WHERE turn_id = :turn_id AND NOT unkept AND payload_hash <> '' FOR KEY SHARE")

_MAY_COUNT = sa.text("""
    SELECT EXISTS (SELECT FROM opt_outs o WHERE o.user_id = :user_id) AS opted_out,
        coalesce((SELECT g.relationships FROM guild_settings g WHERE g.guild_id = :guild_id), true) AS wanted
""")

_LOCK_PERSON = "SELECT pg_advisory_xact_lock(hashtextextended('relationships:' || %s, 0))"
_NOTE_SEEN = """
    WITH kept AS (SELECT FROM turns WHERE turn_id = %(turn_id)s AND NOT unkept AND payload_hash <> '' FOR KEY SHARE),
    seen AS (
        INSERT INTO relationships AS r (guild_id, user_id, display_name, nickname, names_time, first_seen_time, last_seen_time, line, line_day)
        SELECT %(guild_id)s, %(user_id)s, %(display_name)s, %(nickname)s, %(said_at)s, %(said_at)s, %(said_at)s, %(line)s, %(line_day)s
        FROM kept WHERE NOT EXISTS (SELECT FROM opt_outs o WHERE o.user_id = %(user_id)s)
        ON CONFLICT (guild_id, user_id) DO UPDATE
            SET first_seen_time = least(r.first_seen_time, excluded.first_seen_time),
                last_seen_time = greatest(r.last_seen_time, excluded.last_seen_time), version = r.version + 1
            WHERE r.display_name = excluded.display_name AND r.nickname = excluded.nickname
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM seen), EXISTS (SELECT FROM kept)
"""
"""Whether the person was noted, and whether the turn is still there."""

_COUNT = sa.text("""
    WITH due AS (
        SELECT turn_id FROM turns WHERE guild_id = :guild_id AND user_id = :user_id AND state IN (2, 3) AND NOT counted
        ORDER BY end_time LIMIT :limit FOR UPDATE
    ),
    t AS (UPDATE turns SET counted = true FROM due WHERE turns.turn_id = due.turn_id AND NOT counted RETURNING turns.*)
    SELECT t.channel_id, t.message_id, t.accept_time, t.end_time, t.user_name, t.nickname,
        NOT t.unkept AND t.payload_hash <> '' AS kept, CASE WHEN NOT t.channel_hidden THEN m.text END AS said
    FROM t LEFT JOIN messages m
        ON m.guild_id = t.guild_id AND m.channel_id = t.channel_id AND m.message_id = t.message_id AND m.role = 'user'
    ORDER BY t.end_time
""")
"""Counts the turns that are due; those begun by somebody who had opted out are passed over. What is said in a hidden channel is told of nowhere."""

_AUTHORS = sa.text("""
    SELECT DISTINCT author_name FROM (
        SELECT m.author_name FROM messages m WHERE m.guild_id = :guild_id AND m.channel_id = :channel_id ORDER BY m.sequence DESC LIMIT :limit
    ) newest WHERE author_name <> ''
""")

_IDLE = sa.text("""
    SELECT guild_id, user_id FROM turns WHERE state IN (2, 3) AND NOT counted
    GROUP BY guild_id, user_id HAVING max(end_time) <= now() - make_interval(secs => :idle_s) LIMIT :limit
""")


class RelationshipStore:
    """Relationships. `clock` gives the time, aware; `assistant_name` is nobody's topic."""

    def __init__(self, database: Database, *, assistant_name: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._assistant_name = assistant_name
        self._clock = clock

    async def note_names(self, turn: Turn) -> None:
        """Keep what a turn's author is called now; nothing of somebody who opted out, then or now, or of a turn that is gone."""
        if await self._note_seen(turn):
            return
        person = Person(turn.guild_id, turn.user_id)
        async with self._database.write() as session:
            await lock_relationships(session, person.user_id)
            if (await session.execute(_LOCK_TURN, {"turn_id": turn.turn_id})).one_or_none() is None:
                return
            if (await session.execute(_MAY_COUNT, person._asdict())).one().opted_out:
                await _forget(session, person)
                return
            known = await select_relationship(session, person)
            await _save(session, person, known, named(known, turn.user_name, turn.nickname, turn.accept_time, self.today()))

    async def _note_seen(self, turn: Turn) -> bool:
        """Do so in one go where the person is new or is called what they were, as nearly always; return whether that was so."""
        person = Person(turn.guild_id, turn.user_id)
        new = named(None, turn.user_name, turn.nickname, turn.accept_time, self.today())
        values = {
            **person._asdict(),
            "turn_id": turn.turn_id,
            "display_name": new.names.display_name,
            "nickname": new.names.nickname,
            "said_at": turn.accept_time,
            "line": new.line,
            "line_day": new.line_day,
        }
        # A pipeline in autocommit mode is one transaction; its second statement sees what was committed while the first waited for the lock.
        async with self._database.connection() as connection, connection.pipeline():
            await connection.execute(_LOCK_PERSON, [person.user_id])
            row = await (await connection.execute(_NOTE_SEEN, values)).fetchone()
        return row is not None and (row[0] or not row[1])

    async def count(self, person: Person) -> int:
        """Count a person's answered turns that are in no relationship yet; return how many that were.

        Where the guild does without, or the person opted out, they are passed over for good: nothing is made of them later.
        """
        total = 0
        while counted := await self._count_some(person):
            total += counted
            if counted < COUNTED_AT_ONCE_MAX:
                break
        _counted.inc(total)
        return total

    async def _count_some(self, person: Person) -> int:
        async with self._database.write() as session:
            await lock_relationships(session, person.user_id)
            due = (await session.execute(_COUNT, {**person._asdict(), "limit": COUNTED_AT_ONCE_MAX})).all()
            if not due:
                return 0
            may = (await session.execute(_MAY_COUNT, person._asdict())).one()
            if may.opted_out:
                await _forget(session, person)
            elif may.wanted and (kept := [turn for turn in due if turn.kept]):
                known = await select_relationship(session, person)
                names = await self._names(session, person, known, {turn.channel_id for turn in kept})
                await _save(session, person, known, after_turns(known, _answered(kept), names, self.today()))
            return len(due)

    async def _names(self, session: AsyncSession, person: Person, known: Relationship | None, channels: set[str]) -> frozenset[str]:
        names = [self._assistant_name]
        if known is not None:
            names += [known.names.display_name, known.names.nickname, *known.names.former]
        for channel_id in sorted(channels):
            given = {"guild_id": person.guild_id, "channel_id": channel_id, "limit": _AUTHORS_MAX}
            names += await session.scalars(_AUTHORS, given)
        return name_words(names)

    async def idle(self, idle_s: float, limit: int) -> list[Person]:
        """Return people with turns to be counted whose last one ended idle_s ago, at most `limit`: the process that had their session is gone."""
        async with self._database.read() as session:
            return [Person(*row) for row in await session.execute(_IDLE, {"idle_s": idle_s, "limit": limit})]

    def today(self) -> date:
        """Return the day (UTC)."""
        return self._clock().astimezone(UTC).date()

    async def read(self, person: Person) -> Relationship | None:
        """Return what may be shown of a relationship: nothing of somebody who opted out, only names where the guild does without the rest."""
        async with self._database.read() as session:
            may = (await session.execute(_MAY_COUNT, person._asdict())).one()
            known = None if may.opted_out else await select_relationship(session, person)
        if known is None or may.wanted:
            return known
        return replace(known, turns=0, days=0, topics={}, line="")


async def select_relationship(session: AsyncSession, person: Person) -> Relationship | None:
    """Return a relationship as it is stored."""
    where = (_relationships.c.guild_id == person.guild_id, _relationships.c.user_id == person.user_id)
    row = (await session.execute(sa.select(_relationships).where(*where))).one_or_none()
    return None if row is None else _relationship(row)


async def lock_relationships(session: AsyncSession, user_id: str) -> None:
    """Let one transaction at a time write a person's relationships, or opt them out; the lock goes with it, and comes before any on their rows."""
    await session.execute(_LOCK, {"user_id": user_id})


async def _forget(session: AsyncSession, person: Person) -> None:
    where = (_relationships.c.guild_id == person.guild_id, _relationships.c.user_id == person.user_id)
    await session.execute(sa.delete(_relationships).where(*where))


async def _save(session: AsyncSession, person: Person, known: Relationship | None, relationship: Relationship) -> None:
    """Store a relationship if it is not as it was."""
    if relationship == known:
        return
    values = {
        "display_name": relationship.names.display_name,
        "nickname": relationship.names.nickname,
        "former_names": list(relationship.names.former),
        "names_time": relationship.names_time,
        "first_seen_time": relationship.first_seen_time,
        "last_seen_time": relationship.last_seen_time,
        "turns": relationship.turns,
        "days": relationship.days,
        "last_day": relationship.last_day,
        "topics": {term: [topic.word, round(topic.weight, 3), topic.days, topic.day.isoformat()] for term, topic in relationship.topics.items()},
        "line": relationship.line,
        "line_day": relationship.line_day,
    }
    insert = pg.insert(_relationships).values(**person._asdict(), **values)
    await session.execute(
        insert.on_conflict_do_update(index_elements=["guild_id", "user_id"], set_={**values, "version": _relationships.c.version + 1})
    )


def _relationship(row: sa.Row[Any]) -> Relationship:
    return Relationship(
        names=Names(row.display_name, row.nickname, tuple(row.former_names)),
        names_time=row.names_time,
        first_seen_time=row.first_seen_time,
        last_seen_time=row.last_seen_time,
        turns=row.turns,
        days=row.days,
        last_day=row.last_day,
        topics=_topics(row.topics),
        line=row.line,
        line_day=row.line_day,
    )


def _topics(stored: Mapping[str, Sequence[Any]]) -> dict[str, Topic]:
    return {term: Topic(word, weight, days, date.fromisoformat(day)) for term, (word, weight, days, day) in stored.items()}


def _answered(due: Sequence[sa.Row[Any]]) -> list[AnsweredTurn]:
    """Return turns as they are counted; what was said in one message counts once, however often it was answered."""
    told: set[tuple[str, str]] = set()
    turns = []
    for turn in due:
        key = (turn.channel_id, turn.message_id)
        said = None if key in told else turn.said
        told.add(key)
        turns.append(AnsweredTurn(turn.accept_time, turn.end_time, turn.user_name, turn.nickname, said))
    return turns

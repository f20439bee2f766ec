"""The statements of an erasure in conversation's own database. Every function is a part of one transaction, bounded by a batch, and may be repeated.

What each table holds of a person's, and what is done about it, is listed in personal_data.py.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.conversation.message_store import Conversation
from services.conversation.privacy.mentions import SOMEBODY, mention_pattern
from services.conversation.privacy.message_changes import delete_answers, unquote_replies
from services.conversation.privacy.personal_data import OWNED

_NAMES_MAX = 20
_UNCONDITIONAL = ("personas", "persona_versions", "relationships", "user_activity")
"""State that is built up from what was said: a row that changed since still holds what was before."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an erasure is about: what they said and did up to before_time."""

    erasure_id: str
    user_id: str
    before_time: datetime


_OTHERS = sa.text(f"""
    WITH page AS MATERIALIZED (
        SELECT guild_id, channel_id, sequence FROM messages
        WHERE (guild_id, channel_id, sequence) > (:guild_id, :channel_id, :sequence)
        ORDER BY guild_id, channel_id, sequence LIMIT :walk_max
    ),
    changed AS (
        UPDATE messages m SET
            text = regexp_replace(m.text, CASE WHEN m.guild_id = ANY(:guild_ids) THEN :named ELSE :anywhere END, '{SOMEBODY}', 'g'),
            replied_to = CASE
                WHEN m.replied_to ->> 'author_id' = :user_id THEN NULL
                WHEN m.replied_to IS NOT NULL THEN m.replied_to || jsonb_build_object('text', regexp_replace(
                    coalesce(m.replied_to ->> 'text', ''), CASE WHEN m.guild_id = ANY(:guild_ids) THEN :named ELSE :anywhere END, '{SOMEBODY}', 'g'))
            END
        FROM page p
        WHERE m.guild_id = p.guild_id AND m.channel_id = p.channel_id AND m.sequence = p.sequence
            AND NOT (m.role = 'user' AND m.author_id = :user_id) AND (
                m.replied_to ->> 'author_id' = :user_id OR concat_ws(chr(10), m.text, m.replied_to ->> 'text')
                    ~ CASE WHEN m.guild_id = ANY(:guild_ids) THEN :named ELSE :anywhere END)
        RETURNING m.guild_id, m.channel_id
    )
    SELECT (SELECT json_build_array(guild_id, channel_id, sequence) FROM page ORDER BY guild_id DESC, channel_id DESC, sequence DESC LIMIT 1) AS last,
        (SELECT coalesce(json_agg(json_build_array(guild_id, channel_id)), '[]') FROM changed) AS changed
""")  # noqa: S608 -- made of constants
_NAMES = sa.text("""
    SELECT DISTINCT guild_id, name FROM (
        SELECT guild_id, user_name AS name FROM turns WHERE user_id = :user_id
        UNION SELECT guild_id, nickname FROM turns WHERE user_id = :user_id
        UNION SELECT guild_id, author_name FROM messages WHERE author_id = :user_id AND role = 'user'
    ) known LIMIT :names_max
""")
_GUILDS = sa.text(
    "SELECT DISTINCT guild_id FROM messages WHERE author_id = :user_id UNION SELECT DISTINCT guild_id FROM turns WHERE user_id = :user_id"
)
_THEIR_MESSAGES = sa.text("""
    SELECT guild_id, channel_id, sequence, message_id FROM messages
    WHERE author_id = :user_id AND create_time <= :before_time LIMIT :batch_max FOR UPDATE
""")
_DELETE_MESSAGES = sa.text("DELETE FROM messages WHERE guild_id = :guild_id AND channel_id = :channel_id AND sequence = ANY(:sequences)")
_PLACE = sa.text("INSERT INTO erased_places (erasure_id, guild_id, channel_id) VALUES (:erasure_id, :guild_id, :channel_id) ON CONFLICT DO NOTHING")

_UNSETTLED = sa.text("""
    SELECT t.* FROM turns t
    WHERE t.user_id = :user_id AND t.accept_time <= :before_time AND t.hold_id || t.lease_id <> '' AND t.model <> '' AND t.state <> 1 AND EXISTS (
        SELECT FROM procrastinate_jobs j WHERE j.task_name = 'after_turn' AND j.status IN ('todo', 'doing') AND j.args ->> 'turn_id' = t.turn_id
    )
    LIMIT :batch_max
""")
_THEIR_TURNS = sa.text("SELECT turn_id FROM turns WHERE user_id = :user_id AND accept_time <= :before_time LIMIT :batch_max FOR UPDATE")
_DELETE_TURNS = sa.text("DELETE FROM turns WHERE turn_id = ANY(:turn_ids)")
_DELETE_TURN_JOBS = sa.text("DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND args ->> 'turn_id' = ANY(:turn_ids)")
_DELETE_JOBS = sa.text("DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND args ->> 'user_id' = :user_id")
# A fence in use must go on rising.
_DELETE_FENCES = sa.text("""
    DELETE FROM fences f WHERE user_id = :user_id AND NOT EXISTS (SELECT FROM turns t WHERE t.user_id = :user_id AND t.guild_id = f.guild_id)
""")
_DELETE_OPT_OUT = sa.text("DELETE FROM opt_outs WHERE user_id = :user_id AND create_time <= :before_time")
_BLANK_REQUESTS = sa.text("""
    UPDATE requests SET user_id = '', payload_hash = '', response = '' WHERE user_id = :user_id AND create_time <= :before_time
""")
_DELETE_EMPTY_TOPICS = sa.text("""
    DELETE FROM topics t USING erased_places p
    WHERE p.erasure_id = :erasure_id AND t.guild_id = p.guild_id AND t.channel_id = p.channel_id AND NOT EXISTS (
        SELECT FROM messages m
        WHERE m.guild_id = t.guild_id AND m.channel_id = t.channel_id AND m.sequence BETWEEN t.first_sequence AND t.last_sequence
    )
""")
_DELETE_CONVERSATIONS = sa.text("""
    DELETE FROM conversations c USING erased_places p
    WHERE p.erasure_id = :erasure_id AND c.guild_id = '' AND p.guild_id = '' AND c.channel_id = p.channel_id
        AND NOT EXISTS (SELECT FROM messages m WHERE m.guild_id = '' AND m.channel_id = c.channel_id)
""")
# What a job wrote that had read a text before it was erased.
_DELETE_LEFT_OVER = {
    name: sa.text(f"""
        DELETE FROM {name} e USING erased_places p
        WHERE p.erasure_id = :erasure_id AND e.guild_id = p.guild_id AND e.channel_id = p.channel_id AND NOT EXISTS (
            SELECT FROM messages m WHERE m.guild_id = e.guild_id AND m.channel_id = e.channel_id AND m.sequence = e.sequence
        )
    """)  # noqa: S608 -- names of our own
    for name in ("message_embeddings", "message_terms")
}
_PLACES = sa.text("SELECT guild_id, channel_id FROM erased_places WHERE erasure_id = :erasure_id ORDER BY guild_id, channel_id")

_RUNNING = sa.text("""
    SELECT json_build_object(
        'transaction', pg_current_xact_id()::text,
        'jobs', (SELECT coalesce(json_agg(id), '[]') FROM procrastinate_jobs WHERE status = 'doing' AND task_name <> 'erase_subject')
    )
""")
_STILL_RUNNING = sa.text("""
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::numeric <= CAST(:transaction AS numeric)
        OR EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'doing' AND id = ANY(CAST(:jobs AS bigint[])))
""")


async def first_step(session: AsyncSession, subject: Subject) -> dict[str, Any]:
    """Return what to look for in other people's messages, as long as the person's own tell it, and where to begin."""
    values = {"user_id": subject.user_id, "names_max": _NAMES_MAX}
    names = sorted({row.name for row in await session.execute(_NAMES, values)})
    guild_ids = [guild_id for guild_id in (await session.execute(_GUILDS, values)).scalars() if guild_id]
    return {"names": names, "guild_ids": guild_ids, "after": ["", "", 0]}


async def walk_others(
    session: AsyncSession, subject: Subject, step: Mapping[str, Any], walk_max: int
) -> tuple[dict[str, Any] | None, int, list[Conversation]]:
    """Look through up to walk_max messages of everybody's behind the last step's for what quotes or mentions the person.

    Names are looked for in the guilds where the person was seen, ids everywhere. Returns the next step, None at the end, how many messages changed,
    and in which conversations.
    """
    guild_id, channel_id, sequence = step["after"]
    parameters = {
        "guild_id": guild_id,
        "channel_id": channel_id,
        "sequence": sequence,
        "walk_max": walk_max,
        "user_id": subject.user_id,
        "guild_ids": step["guild_ids"],
        "named": mention_pattern(subject.user_id, step["names"]),
        "anywhere": mention_pattern(subject.user_id),
    }
    row = (await session.execute(_OTHERS, parameters)).one()
    places = [Conversation(*place) for place in sorted({(guild_id, channel_id) for guild_id, channel_id in row.changed})]
    return None if row.last is None else {**step, "after": row.last}, len(row.changed), places


async def erase_messages(session: AsyncSession, subject: Subject, batch_max: int) -> Counter[str]:
    """Delete up to batch_max messages of the person's, the replies to them, and quotes of both."""
    counts: Counter[str] = Counter()
    values = {"user_id": subject.user_id, "before_time": subject.before_time, "batch_max": batch_max}
    places: dict[Conversation, list[Any]] = {}
    for row in (await session.execute(_THEIR_MESSAGES, values)).all():
        places.setdefault(Conversation(row.guild_id, row.channel_id), []).append(row)
    for where, said in sorted(places.items(), key=lambda item: (item[0].guild_id, item[0].channel_id)):
        replies = await delete_answers(session, where, [row.message_id for row in said])
        await unquote_replies(session, where, replies)
        key = {"guild_id": where.guild_id, "channel_id": where.channel_id, "sequences": [row.sequence for row in said]}
        await session.execute(_DELETE_MESSAGES, key)
        await _touch(session, subject, where)
        counts.update({"messages": len(said) + len(replies)})
    return counts


async def unsettled_turns(session: AsyncSession, subject: Subject, batch_max: int) -> list[sa.Row[Any]]:
    """Return turns whose usage credit may not know of yet, as rows of `turns`."""
    values = {"user_id": subject.user_id, "before_time": subject.before_time, "batch_max": batch_max}
    return list(await session.execute(_UNSETTLED, values))


async def erase_turns(session: AsyncSession, subject: Subject, batch_max: int) -> Counter[str]:
    """Delete up to batch_max of the person's turns, with the jobs that follow them."""
    values = {"user_id": subject.user_id, "before_time": subject.before_time, "batch_max": batch_max}
    turn_ids = list((await session.execute(_THEIR_TURNS, values)).scalars())
    jobs = await _deleted(session, _DELETE_TURN_JOBS, {"turn_ids": turn_ids})
    return Counter({"turns": await _deleted(session, _DELETE_TURNS, {"turn_ids": turn_ids}), "procrastinate_jobs": jobs})


async def persona_guilds(session: AsyncSession, subject: Subject) -> list[str]:
    """Return where the person has a persona."""
    personas = tables.personas
    return list(await session.scalars(sa.select(personas.c.guild_id).where(personas.c.user_id == subject.user_id).order_by(personas.c.guild_id)))


async def erase_state(session: AsyncSession, subject: Subject) -> Counter[str]:
    """Delete what is kept by person, a few rows a guild, and what requests of theirs were answered."""
    counts: Counter[str] = Counter()
    values = {"user_id": subject.user_id, "before_time": subject.before_time}
    for name in _UNCONDITIONAL:
        table = tables.metadata.tables[name]
        counts[name] += len((await session.execute(sa.delete(table).where(table.c[OWNED[name]] == subject.user_id).returning(sa.literal(1)))).all())
    statements = {"fences": _DELETE_FENCES, "opt_outs": _DELETE_OPT_OUT, "procrastinate_jobs": _DELETE_JOBS, "requests": _BLANK_REQUESTS}
    for name, statement in statements.items():
        counts[name] += await _deleted(session, statement, values)
    return counts


async def tidy_places(session: AsyncSession, subject: Subject) -> Counter[str]:
    """Delete what is about messages that are gone, in the conversations that the erasure has touched."""
    values = {"erasure_id": subject.erasure_id}
    counts: Counter[str] = Counter()
    for name, statement in {**_DELETE_LEFT_OVER, "topics": _DELETE_EMPTY_TOPICS, "conversations": _DELETE_CONVERSATIONS}.items():
        counts[name] += await _deleted(session, statement, values)
    return counts


async def touched_places(session: AsyncSession, subject: Subject) -> list[Conversation]:
    """Return the conversations that the erasure has touched."""
    return [Conversation(row.guild_id, row.channel_id) for row in await session.execute(_PLACES, {"erasure_id": subject.erasure_id})]


async def running_now(session: AsyncSession) -> dict[str, Any]:
    """Return this transaction and the jobs that run: whoever read something before it was erased is among those before, or these."""
    return dict((await session.execute(_RUNNING)).scalar_one())


async def still_running(session: AsyncSession, awaited: dict[str, Any]) -> bool:
    """Whether any of them has not ended. Transactions of the server's other databases are waited for, too."""
    return bool((await session.execute(_STILL_RUNNING, awaited)).scalar_one())


async def _touch(session: AsyncSession, subject: Subject, where: Conversation) -> None:
    await session.execute(_PLACE, {"erasure_id": subject.erasure_id, "guild_id": where.guild_id, "channel_id": where.channel_id})


async def _deleted(session: AsyncSession, statement: sa.TextClause, values: Mapping[str, object]) -> int:
    result = await session.execute(statement, values)
    return int(result.rowcount)  # type: ignore[attr-defined]

"""Opting out of being remembered.

Whoever has opted out is answered, and nothing of it is kept: what they say is stored only for as long as their turn needs it (to be answered, or
apologised for after a crash, and to be replayed for a moment after its end), is shown to no other turn, not indexed, summed up, observed or counted.
A turn begun by somebody who has opted out is `unkept`; soon after its end a job deletes its texts and names. Its row stays, with what it cost. What
was stored before somebody opted out stays until they have themselves erased, but for the relationship, which goes at once.
"""

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation.people.relationship_store import lock_relationships
from services.conversation.privacy.tombstones import subject_hash
from services.runtime.database import Database
from services.runtime.jobs import Jobs

_wiped = Counter("parlour_conversation_unkept_turns_wiped_total", "Turns of people who opted out whose texts were deleted")
_changes = Counter("parlour_conversation_opt_outs_total", "Opt-outs and returns", ["opted_out"])

_OPT_OUT = sa.text("INSERT INTO opt_outs (user_id) VALUES (:user_id) ON CONFLICT DO NOTHING")
_UNKEEP = sa.text("UPDATE turns SET unkept = true WHERE user_id = :user_id AND state = 1 RETURNING guild_id, channel_id, message_id")
_HIDE = sa.text("""
    UPDATE messages SET in_context = false
    WHERE guild_id = :guild_id AND channel_id = :channel_id AND message_id = :message_id AND role = 'user'
""")
_UNCOUNT = sa.text("DELETE FROM relationships WHERE user_id = :user_id")
_OPT_IN = sa.text("DELETE FROM opt_outs WHERE user_id = :user_id")
_LIFT = sa.text("UPDATE tombstones SET opted_out = false WHERE subject_hash = :subject_hash")

# A message whose next attempt is under way is left to that attempt.
_WIPE = sa.text("""
    WITH due AS (
        SELECT turn_id, guild_id, channel_id, message_id FROM turns t
        WHERE unkept AND state <> 1 AND end_time < now() - make_interval(secs => :keep_s) AND NOT EXISTS (
            SELECT FROM turns live
            WHERE live.state = 1 AND live.guild_id = t.guild_id AND live.user_id = t.user_id AND live.message_id = t.message_id
        )
        ORDER BY end_time LIMIT :turns_max FOR UPDATE SKIP LOCKED
    ),
    said AS (
        DELETE FROM messages m USING due
        WHERE m.guild_id = due.guild_id AND m.channel_id = due.channel_id
            AND ((m.role = 'user' AND m.message_id = due.message_id) OR (m.role = 'assistant' AND m.message_id = due.turn_id))
    )
    UPDATE turns t SET unkept = false, user_name = '', nickname = '', payload_hash = '' FROM due WHERE t.turn_id = due.turn_id RETURNING t.turn_id
""")


async def set_opt_out(session: AsyncSession, user_id: str, *, opted_out: bool) -> None:
    """Opt a person out, or in again, as of the commit: turns of theirs that are open then are kept no longer than they last."""
    values = {"user_id": user_id}
    await lock_relationships(session, user_id)  # whoever counts at this moment has done so, and what they wrote is deleted below
    if opted_out:
        await session.execute(_OPT_OUT, values)
        for row in (await session.execute(_UNKEEP, values)).all():
            await session.execute(_HIDE, row._asdict())
        await session.execute(_UNCOUNT, values)
    else:
        await session.execute(_OPT_IN, values)
        await session.execute(_LIFT, {"subject_hash": subject_hash(user_id)})
    _changes.labels(str(opted_out).lower()).inc()


async def wipe_unkept(database: Database, *, keep_s: float, turns_max: int) -> int:
    """Delete the texts of unkept turns that ended more than keep_s seconds ago, at most turns_max; return of how many turns."""
    async with database.write() as session:
        wiped = len((await session.execute(_WIPE, {"keep_s": keep_s, "turns_max": turns_max})).all())
    _wiped.inc(wiped)
    return wiped


def register(jobs: Jobs, database: Database, *, keep_s: float, turns_max: int) -> None:
    """Register the job that deletes what was kept no longer than needed."""

    @jobs.periodic(cron="* * * * *", name="wipe_unkept")
    async def wipe() -> None:
        while await wipe_unkept(database, keep_s=keep_s, turns_max=turns_max) == turns_max:
            pass

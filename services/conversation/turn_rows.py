"""The statements behind turns that are more than a line, and how rows become turns."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.sql.dml import ReturningUpdate

from services.conversation import tables
from services.conversation.turn import Ending, NewTurn, Turn, TurnState, Usage

_turns = tables.turns

# Answers no row for a turn that is known, and a fence of NULL for one that another call began at the same moment.
# One statement instead of five: a person waits. The fence's row lock puts the turns of one person in a guild in order.
BEGIN = sa.text("""
    WITH known AS (SELECT FROM turns WHERE turn_id = :turn_id),
    fence AS (
        INSERT INTO fences AS f (guild_id, user_id, fence) SELECT :guild_id, :user_id, 1 WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT (guild_id, user_id) DO UPDATE SET fence = f.fence + 1 RETURNING fence
    ),
    turn AS (
        INSERT INTO turns (turn_id, message_id, attempt, guild_id, channel_id, user_id, user_name, channel_hidden, origin, state, fence,
            deadline_at, payload_hash)
        SELECT :turn_id, :message_id, :attempt, :guild_id, :channel_id, :user_id, :user_name, :channel_hidden, :origin, 1, fence,
            now() + make_interval(secs => :turn_s), :payload_hash
        FROM fence ON CONFLICT (turn_id) DO NOTHING RETURNING fence
    ),
    message AS (
        INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, author_name, text, replied_to)
        SELECT :guild_id, :channel_id, :message_id, 'user', :user_id, :user_name, :text, CAST(:replied_to AS jsonb) FROM turn
        ON CONFLICT (guild_id, channel_id, message_id, role) DO UPDATE SET text = excluded.text, replied_to = excluded.replied_to
        WHERE messages.author_id = excluded.author_id
    ),
    activity AS (
        INSERT INTO user_activity AS a (guild_id, user_id, messages_since_extraction) SELECT :guild_id, :user_id, 1 FROM turn
        ON CONFLICT (guild_id, user_id)
        DO UPDATE SET last_active_time = now(), messages_since_extraction = a.messages_since_extraction + 1
    )
    SELECT turn.fence, now() AS accept_time FROM fence LEFT JOIN turn ON true
""").bindparams(sa.bindparam("replied_to", type_=pg.JSONB(none_as_null=True)))

DUE = sa.text("""
    SELECT turn_id, guild_id, user_id FROM turns t
    WHERE state = 1 AND deadline_at < now() AND (claimed_until IS NULL OR claimed_until < now()) AND (:origin = '' OR origin = :origin)
        AND NOT EXISTS (
            SELECT FROM turns live
            WHERE live.state = 1 AND live.guild_id = t.guild_id AND live.user_id = t.user_id AND live.deadline_at >= now()
        )
    ORDER BY deadline_at LIMIT :limit FOR UPDATE OF t SKIP LOCKED
""")
"""Orphans; those of a person with a turn under way wait for its end: the new fence that a claim issues would supersede it."""


AFTERMATH = """
    SELECT t.*, m.text AS said, EXISTS (SELECT FROM opt_outs o WHERE o.user_id = t.user_id) AS opted_out,
        (SELECT g.extraction FROM guild_settings g WHERE g.guild_id = t.guild_id) AS extraction
    FROM turns t LEFT JOIN messages m
        ON m.guild_id = t.guild_id AND m.channel_id = t.channel_id AND m.message_id = t.message_id AND m.role = 'user'
    WHERE t.turn_id = %s
"""
"""What the job after a turn needs, in one statement."""


def end_statement(ending: Ending) -> ReturningUpdate[Any]:
    """Return the update that ends a turn."""
    usage = ending.usage or Usage()
    return (
        sa.update(_turns)
        .where(_turns.c.turn_id == ending.turn_id)
        .values(
            state=ending.state,
            end_time=sa.func.now(),
            claimed_until=None,
            model=usage.model,
            prompt_tokens=usage.prompt_tokens,
            cached_prompt_tokens=usage.cached_prompt_tokens,
            completion_tokens=usage.completion_tokens,
            truncated=ending.truncated,
            account_id=ending.account_id,
            hold_id=ending.hold_id,
        )
        .returning(_turns)
    )


def columns(new: NewTurn) -> dict[str, object]:
    """Return the parameters of BEGIN that come from the message."""
    return {
        "turn_id": new.turn_id,
        "message_id": new.message_id,
        "attempt": new.attempt,
        "guild_id": new.guild_id,
        "channel_id": new.channel_id,
        "user_id": new.user_id,
        "user_name": new.user_name,
        "channel_hidden": new.channel_hidden,
        "origin": new.origin,
        "text": new.text,
        "replied_to": dict(new.replied_to) if new.replied_to else None,
        "payload_hash": new.payload_hash(),
    }


def turn_of(row: Any) -> Turn:
    """Return the turn that a row of `turns` is, whichever library read it."""
    return Turn(
        turn_id=row.turn_id,
        message_id=row.message_id,
        attempt=row.attempt,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        user_id=row.user_id,
        user_name=row.user_name,
        channel_hidden=row.channel_hidden,
        origin=row.origin,
        state=TurnState(row.state),
        fence=row.fence,
        accept_time=row.accept_time,
        usage=Usage(row.model, row.prompt_tokens, row.cached_prompt_tokens, row.completion_tokens),
        truncated=row.truncated,
        account_id=row.account_id,
        hold_id=row.hold_id,
        payload_hash=row.payload_hash,
    )

"""The statements behind turns that are more than a line, and how rows become turns."""

from collections.abc import Mapping
from typing import Any, LiteralString

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from services.conversation.models.images import image_rows
from services.conversation.privacy.tombstones import subject_hash
from services.conversation.turn import Ending, NewTurn, Turn, TurnState, Usage
from services.runtime.jobs import DEFER

_TURN = """
    t.turn_id, t.message_id, t.attempt, t.guild_id, t.channel_id, t.user_id, t.user_name, t.nickname, t.channel_hidden, t.origin, t.state, t.fence,
    t.accept_time, t.model, t.prompt_tokens, t.cached_prompt_tokens, t.completion_tokens, t.reasoning_tokens, t.images, t.truncated,
    t.account_id, t.hold_id, t.lease_id, t.payload_hash
"""

_REPLY_TEXT = """
    SELECT r.text FROM messages r
    WHERE r.guild_id = t.guild_id AND r.channel_id = t.channel_id AND r.message_id = t.turn_id AND r.role = 'assistant'
"""

# A model that is shown the words alone is told that there is a picture: the words of images.mentions.
_TOLD_TEXT = """
    CASE WHEN m.images IS NULL THEN m.text ELSE m.text || E'\\n' || (
        SELECT string_agg(CASE WHEN i->>'description' <> '' THEN '[picture: ' || (i->>'description') || ']' ELSE '[picture]' END, ' ')
        FROM jsonb_array_elements(m.images) i
    ) END
"""

_IMAGES_WINDOW = 20
"""So many of the newest messages are looked through for pictures: what was shown longer ago is rarely meant."""

# A person waits for each of these: one statement, a transaction of its own, costs a fraction of a transaction of several.

# Answers no row for a turn that is known. Where another call begins the same turn at the same moment it fails with a unique violation, so that no
# fence is lost. The fence's row lock puts the turns of one person in a guild in order. A turn of somebody who opted out (who, if they were erased
# meanwhile, are opted out again) is unkept: see opt_out.py.
BEGIN = """
    WITH known AS (SELECT FROM turns WHERE turn_id = %(turn_id)s),
    person AS (
        SELECT EXISTS (SELECT FROM opt_outs WHERE user_id = %(user_id)s)
            OR EXISTS (SELECT FROM tombstones WHERE subject_hash = %(subject_hash)s AND opted_out) AS opted_out
    ),
    fence AS (
        INSERT INTO fences AS f (guild_id, user_id, fence) SELECT %(guild_id)s, %(user_id)s, 1 WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT (guild_id, user_id) DO UPDATE SET fence = f.fence + 1 RETURNING fence
    ),
    turn AS (
        INSERT INTO turns (turn_id, message_id, attempt, guild_id, channel_id, user_id, user_name, nickname, channel_hidden, origin, state,
            fence, deadline_at, payload_hash, unkept)
        SELECT %(turn_id)s, %(message_id)s, %(attempt)s, %(guild_id)s, %(channel_id)s, %(user_id)s, %(user_name)s, %(nickname)s,
            %(channel_hidden)s, %(origin)s, 1, fence, now() + make_interval(secs => %(turn_s)s), %(payload_hash)s, opted_out
        FROM fence, person RETURNING fence, unkept
    ),
    message AS (
        INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, author_name, text, replied_to, images, in_context, indexed)
        SELECT %(guild_id)s, %(channel_id)s, %(message_id)s, 'user', %(user_id)s, %(called)s, %(text)s,
            CASE WHEN EXISTS (SELECT FROM opt_outs WHERE user_id = %(replied_to)s::jsonb ->> 'author_id') THEN NULL ELSE %(replied_to)s::jsonb END,
            %(images)s::jsonb, NOT unkept, unkept FROM turn
        ON CONFLICT (guild_id, channel_id, message_id, role) DO UPDATE SET text = excluded.text, replied_to = excluded.replied_to,
            images = excluded.images, in_context = excluded.in_context
        WHERE messages.author_id = excluded.author_id
    ),
    replaced AS (
        UPDATE messages SET in_context = false FROM turn
        WHERE guild_id = %(guild_id)s AND channel_id = %(channel_id)s AND message_id = ANY(%(earlier_turns)s) AND role = 'assistant'
    ),
    activity AS (
        INSERT INTO user_activity AS a (guild_id, user_id, messages_since_extraction) SELECT %(guild_id)s, %(user_id)s, 1 FROM turn WHERE NOT unkept
        ON CONFLICT (guild_id, user_id)
        DO UPDATE SET last_active_time = now(), messages_since_extraction = a.messages_since_extraction + 1
    ),
    returned AS (
        INSERT INTO opt_outs (user_id) SELECT %(user_id)s FROM turn, tombstones WHERE subject_hash = %(subject_hash)s AND opted_out
        ON CONFLICT DO NOTHING
    )
    SELECT fence, now() AS accept_time FROM turn
"""

STORED = f"SELECT {_TURN}, ({_REPLY_TEXT}) AS reply_text FROM turns t WHERE t.turn_id = %(turn_id)s"  # noqa: S608 -- made of constants

_CALLED_NOW = """coalesce((
    SELECT coalesce(nullif(r.nickname, ''), nullif(r.display_name, '')) FROM relationships r
    WHERE r.guild_id = t.guild_id AND r.user_id = newest.author_id AND newest.role = 'user'
), newest.author_name)"""
"""What the author of a message is called in the guild now, whatever it was when it was written."""

_RELATIONSHIP = """
    SELECT r.line FROM relationships r
    WHERE r.guild_id = t.guild_id AND r.user_id = t.user_id AND NOT EXISTS (SELECT FROM opt_outs o WHERE o.user_id = t.user_id)
        AND coalesce((SELECT g.relationships FROM guild_settings g WHERE g.guild_id = t.guild_id), true)
"""

_RESET = """
    coalesce((SELECT c.reset_sequence FROM conversations c WHERE c.guild_id = t.guild_id AND c.channel_id = t.channel_id), 0)
"""

_SUMMARIES = f"""
    SELECT json_agg(json_build_array(summary, middle, extract(epoch FROM start_time), extract(epoch FROM end_time)) ORDER BY middle)
    FROM (
        SELECT s.summary, (s.first_sequence + s.last_sequence) / 2 AS middle, s.start_time, s.end_time FROM topics s
        WHERE s.guild_id = t.guild_id AND s.channel_id = t.channel_id AND s.parent_id IS NULL AND s.summary <> '' AND s.first_sequence > {_RESET}
            AND coalesce((SELECT g.summaries FROM guild_settings g WHERE g.guild_id = t.guild_id), true)
        ORDER BY s.first_sequence DESC LIMIT %(summaries_max)s
    ) newest
"""  # noqa: S608 -- made of constants
"""What was talked about since the last reset, oldest first: topics that are summed up with others are told by what sums them up."""

BACKGROUND = f"""
    SELECT {_TURN},
        CASE WHEN t.state <> 1 THEN ({_REPLY_TEXT}) END AS reply_text,
        (SELECT f.fence FROM fences f WHERE f.guild_id = t.guild_id AND f.user_id = t.user_id) AS newest_fence,
        (
            SELECT json_agg(to_json(p)) FROM personas p
            WHERE (p.guild_id, p.user_id) IN ((t.guild_id, t.user_id), (t.guild_id, ''), ('', ''))
        ) AS persona_layers,
        ({_RELATIONSHIP}) AS relationship,
        CASE WHEN t.state = 1 THEN ({_SUMMARIES}) END AS summaries,
        CASE WHEN t.state = 1 THEN (
            SELECT json_agg(
                json_build_array(role, author_id, {_CALLED_NOW}, text, sequence, message_id, sent_at, offset_bytes) ORDER BY sequence
            ) FROM (
                SELECT m.role, m.author_id, m.author_name, {_TOLD_TEXT} AS text, m.sequence, m.message_id, m.offset_bytes,
                    extract(epoch FROM m.create_time) AS sent_at
                FROM messages m
                WHERE m.guild_id = t.guild_id AND m.channel_id = t.channel_id AND m.in_context AND m.message_id <> t.message_id
                    AND m.sequence > coalesce(
                        (SELECT c.reset_sequence FROM conversations c WHERE c.guild_id = t.guild_id AND c.channel_id = t.channel_id), 0
                    )
                ORDER BY m.sequence DESC LIMIT %(history_max)s
            ) newest
        ) END AS history,
        (SELECT g.images FROM guild_settings g WHERE g.guild_id = t.guild_id) AS images_allowed,
        (SELECT g.rules FROM guild_settings g WHERE g.guild_id = t.guild_id) AS rules,
        CASE WHEN t.state = 1 THEN (
            SELECT json_agg(json_build_array(author_name, images) ORDER BY sequence DESC) FROM (
                SELECT author_name, images, sequence FROM (
                    SELECT m.author_name, m.images, m.sequence FROM messages m
                    WHERE m.guild_id = t.guild_id AND m.channel_id = t.channel_id AND m.in_context AND m.message_id <> t.message_id
                        AND m.sequence > coalesce(
                            (SELECT c.reset_sequence FROM conversations c WHERE c.guild_id = t.guild_id AND c.channel_id = t.channel_id), 0
                        )
                    ORDER BY m.sequence DESC LIMIT {_IMAGES_WINDOW}
                ) recent WHERE images IS NOT NULL ORDER BY sequence DESC LIMIT %(earlier_images_max)s
            ) shown
        ) END AS earlier_images
    FROM turns t WHERE t.turn_id = %(turn_id)s
"""  # noqa: S608 -- made of constants
"""A turn, its reply if it has ended, else what a reply is built from: the person's newest fence, the layers of the persona (the user's, the
guild's, the default), and the newest messages since the last reset but the turn's own, oldest first."""

_END = """
    WITH t AS (
        UPDATE turns SET state = %(state)s, end_time = now(), claimed_until = NULL, model = %(model)s, prompt_tokens = %(prompt_tokens)s,
            cached_prompt_tokens = %(cached_prompt_tokens)s, completion_tokens = %(completion_tokens)s,
            reasoning_tokens = %(reasoning_tokens)s, images = %(images)s, truncated = %(truncated)s,
            account_id = %(account_id)s, hold_id = %(hold_id)s, lease_id = %(lease_id)s
        WHERE turn_id = %(turn_id)s AND fence = %(fence)s AND state = 1 RETURNING *
    ),
    reply AS (
        INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, text, answers_message_id, in_context, indexed)
        SELECT guild_id, channel_id, turn_id, 'assistant', 'assistant', %(text)s, message_id, %(in_context)s AND NOT unkept, unkept
        FROM t WHERE %(text)s <> ''
        ON CONFLICT DO NOTHING
    )
"""
END = f"{_END} SELECT {_TURN} FROM t"  # noqa: S608 -- made of constants
END_WITH_JOB = f"{_END} SELECT {_TURN}, {DEFER} AS job_ids FROM t"  # noqa: S608 -- made of constants
"""Both answer no row where the turn is not open under this fence, and do nothing then."""

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


def aftermath(conditions: Mapping[str, LiteralString]) -> LiteralString:
    """Return the statement that answers what the job after a turn needs, with a column for each condition over the turn `t`."""
    asked = "".join([f", {condition} AS due_{name}" for name, condition in conditions.items()])
    return f"""
        SELECT {_TURN}, m.text AS said, t.unkept OR EXISTS (SELECT FROM opt_outs o WHERE o.user_id = t.user_id) AS opted_out,
            (SELECT g.extraction FROM guild_settings g WHERE g.guild_id = t.guild_id) AS extraction{asked}
        FROM turns t LEFT JOIN messages m
            ON m.guild_id = t.guild_id AND m.channel_id = t.channel_id AND m.message_id = t.message_id AND m.role = 'user'
        WHERE t.turn_id = %(turn_id)s
    """  # noqa: S608 -- made of constants


def end_values(ending: Ending) -> dict[str, object]:
    """Return the parameters of END. An apology is kept for a repeated request and shown to no model."""
    usage = ending.usage or Usage()
    return {
        "turn_id": ending.turn_id,
        "fence": ending.fence,
        "state": int(ending.state),
        "text": ending.text,
        "in_context": ending.state in (TurnState.FINISHED, TurnState.CUT),
        "model": usage.model,
        "prompt_tokens": usage.prompt_tokens,
        "cached_prompt_tokens": usage.cached_prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "images": usage.images,
        "truncated": ending.truncated,
        "account_id": ending.account_id,
        "hold_id": ending.hold_id,
        "lease_id": ending.lease_id,
    }


def begin_values(new: NewTurn) -> dict[str, object]:
    """Return the parameters of BEGIN that come from the message."""
    return {
        "turn_id": new.turn_id,
        "message_id": new.message_id,
        "attempt": new.attempt,
        "guild_id": new.guild_id,
        "channel_id": new.channel_id,
        "user_id": new.user_id,
        "subject_hash": subject_hash(new.user_id),
        "user_name": new.user_name,
        "nickname": new.nickname,
        "called": new.called,
        "channel_hidden": new.channel_hidden,
        "origin": new.origin,
        "text": new.text,
        "replied_to": Jsonb(dict(new.replied_to)) if new.replied_to else None,
        "images": Jsonb(image_rows(new.images)) if new.images else None,
        "payload_hash": new.payload_hash(),
        "earlier_turns": [f"{new.message_id}:{attempt}" for attempt in range(new.attempt)],
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
        nickname=row.nickname,
        channel_hidden=row.channel_hidden,
        origin=row.origin,
        state=TurnState(row.state),
        fence=row.fence,
        accept_time=row.accept_time,
        usage=Usage(row.model, row.prompt_tokens, row.cached_prompt_tokens, row.completion_tokens, row.reasoning_tokens, row.images),
        truncated=row.truncated,
        account_id=row.account_id,
        hold_id=row.hold_id,
        lease_id=row.lease_id,
        payload_hash=row.payload_hash,
    )

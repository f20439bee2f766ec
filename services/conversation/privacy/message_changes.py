"""Edits and deletions of messages by their authors, and what follows from them in the same transaction.

What was made of a text goes with it by triggers: its vector and terms, and every summary that covers it, whoever changes it. Here are the copies
that only we know of: the quotes in messages that reply to it, the replies to a message that is deleted, and the turn that was to answer it. An answer
to a message that was edited stays: it is what the person was told. A repeated BeginTurn of a message whose text is gone is answered as it is stored,
because what it must not differ from is not known any more.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation.message_store import Conversation

_changed = Counter(
    "parlour_conversation_messages_changed_total", "Messages that were edited or deleted, replies that went with them included", ["how"]
)

_EDIT = sa.text("""
    UPDATE messages SET text = :text, edited_at = now()
    WHERE guild_id = :guild_id AND channel_id = :channel_id AND message_id = :message_id AND role = 'user' AND author_id = :author_id
        AND text <> :text
    RETURNING sequence
""")
_REQUOTE = sa.text("""
    UPDATE messages SET replied_to = replied_to || jsonb_build_object('text', CAST(:text AS text))
    WHERE guild_id = :guild_id AND channel_id = :channel_id AND replied_to ->> 'message_id' = :message_id AND replied_to IS NOT NULL
        AND replied_to ->> 'author_id' = :author_id
""")
_FORGET_PAYLOADS = sa.text("""
    UPDATE turns SET payload_hash = ''
    WHERE guild_id = :guild_id AND channel_id = :channel_id AND message_id = ANY(:message_ids) AND turn_id = ANY(:turn_ids)
""")
_DELETE = sa.text("""
    DELETE FROM messages
    WHERE guild_id = :guild_id AND channel_id = :channel_id AND message_id = ANY(:message_ids) AND (:author_id = '' OR author_id = :author_id)
    RETURNING message_id, role, text
""")
_DELETE_REPLIES = sa.text("""
    DELETE FROM messages
    WHERE guild_id = :guild_id AND channel_id = :channel_id AND answers_message_id = ANY(:message_ids) AND answers_message_id <> ''
        AND role = 'assistant'
    RETURNING text
""")
_UNQUOTE = sa.text("""
    UPDATE messages SET replied_to = NULL
    WHERE guild_id = :guild_id AND channel_id = :channel_id AND replied_to ->> 'message_id' = ANY(:message_ids) AND replied_to IS NOT NULL
""")
# A chat's id of a reply is not known here, so that a quote of one is known by its text, which is a part of the reply's.
_UNQUOTE_REPLIES = sa.text("""
    UPDATE messages q SET replied_to = NULL
    WHERE q.guild_id = :guild_id AND q.channel_id = :channel_id AND q.replied_to IS NOT NULL AND q.replied_to ->> 'text' <> ''
        AND EXISTS (SELECT FROM unnest(CAST(:texts AS text[])) AS gone (text) WHERE position(q.replied_to ->> 'text' IN gone.text) > 0)
        AND NOT EXISTS (
            SELECT FROM messages o
            WHERE o.guild_id = q.guild_id AND o.channel_id = q.channel_id AND o.message_id = q.replied_to ->> 'message_id' AND o.role = 'user'
        )
""")
_WITHDRAW = sa.text("""
    UPDATE turns SET state = 5, end_time = now(), claimed_until = NULL
    WHERE state = 1 AND guild_id = :guild_id AND channel_id = :channel_id AND message_id = ANY(:message_ids) AND turn_id = ANY(:turn_ids)
    RETURNING turn_id
""")
_ATTEMPTS = range(101)


async def edit_message(session: AsyncSession, where: Conversation, message_id: str, author_id: str, text: str) -> bool:
    """Give a person's own message another text; return whether it was there and had another one."""
    values = {**_key(where), "message_id": message_id, "author_id": author_id, "text": text}
    if (await session.execute(_EDIT, values)).first() is None:
        return False
    await session.execute(_REQUOTE, values)
    await session.execute(_FORGET_PAYLOADS, _turns(where, [message_id]))
    _changed.labels("edited").inc()
    return True


async def delete_messages(session: AsyncSession, where: Conversation, message_ids: Sequence[str], author_id: str) -> int:
    """Delete messages of an author's, or of anybody's where author_id is empty, with the replies to them; return how many of those named were there.

    A turn that was to answer one of them is withdrawn.
    """
    values = {**_key(where), "message_ids": list(message_ids), "author_id": author_id}
    deleted = (await session.execute(_DELETE, values)).all()
    if not deleted:
        return 0
    replies = [row.text for row in deleted if row.role == "assistant"]
    said = [row.message_id for row in deleted if row.role == "user"]
    replies += await delete_answers(session, where, said)
    await unquote_replies(session, where, replies)
    await session.execute(_WITHDRAW, _turns(where, said))
    await session.execute(_FORGET_PAYLOADS, _turns(where, said))
    _changed.labels("deleted").inc(len(said) + len(replies))
    return len(deleted)


async def delete_answers(session: AsyncSession, where: Conversation, message_ids: Sequence[str]) -> list[str]:
    """Delete the replies to messages, and what quotes the messages; return the texts of the replies."""
    values = {**_key(where), "message_ids": list(message_ids)}
    replies = list((await session.execute(_DELETE_REPLIES, values)).scalars())
    await session.execute(_UNQUOTE, values)
    return replies


async def unquote_replies(session: AsyncSession, where: Conversation, texts: Sequence[str]) -> None:
    """Empty what quotes replies that are gone."""
    if texts:
        await session.execute(_UNQUOTE_REPLIES, {**_key(where), "texts": list(texts)})


def _key(where: Conversation) -> dict[str, object]:
    return {"guild_id": where.guild_id, "channel_id": where.channel_id}


def _turns(where: Conversation, message_ids: Sequence[str]) -> dict[str, object]:
    """Turns are found by their id, which is made of the message's and the attempt."""
    return {
        **_key(where),
        "message_ids": list(message_ids),
        "turn_ids": [f"{message_id}:{attempt}" for message_id in message_ids for attempt in _ATTEMPTS],
    }

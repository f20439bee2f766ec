"""Deletes what guilds do not want to keep any longer: messages older than their limit, by the database's clock, a batch at a time.

With a message go what was made of it, by triggers (its vector and terms, every summary that covers it, the words of it that explain a persona), and
the copies that only we know of: what quotes it, and in its turn the person's names. What is younger than the limit stays, the reply to an older
message too. Topics of which nothing is left go as well; summaries that lost a part are made again of what is left.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation.message_store import Conversation
from services.conversation.privacy.message_changes import unquote_replies
from services.conversation.topics.topics import enqueue_summaries
from services.runtime import failures
from services.runtime.database import Database, retry_stale
from services.runtime.errors import ParlourError
from services.runtime.jobs import Jobs

_ATTEMPTS = range(101)
_GUILDS_MAX = 500
_deleted = Counter("parlour_conversation_expired_messages_total", "Messages and replies that were deleted for their age")
_left = Gauge("parlour_conversation_expired_guilds_left", "Guilds with messages beyond their limit that the last run left to the next")

_OLDEST = "now() - make_interval(days => g.retention_days)"
# In no order, so that none is always the last to be come to.
_GUILDS = sa.text(f"""
    SELECT g.guild_id FROM guild_settings g WHERE g.retention_days > 0 AND EXISTS (
        SELECT FROM messages m WHERE m.guild_id = g.guild_id AND m.create_time < {_OLDEST}
    )
    ORDER BY random() LIMIT {_GUILDS_MAX}
""")  # noqa: S608 -- made of constants
# The limit is read in the statement that deletes: one that was just raised counts.
_DELETE = sa.text(f"""
    WITH old AS (
        SELECT m.channel_id, m.sequence FROM messages m
        WHERE m.guild_id = :guild_id
            AND m.create_time < (SELECT {_OLDEST} FROM guild_settings g WHERE g.guild_id = :guild_id AND g.retention_days > 0)
        ORDER BY m.create_time LIMIT :limit
    )
    DELETE FROM messages m USING old WHERE m.guild_id = :guild_id AND m.channel_id = old.channel_id AND m.sequence = old.sequence
    RETURNING m.channel_id, m.message_id, m.role, m.text
""")  # noqa: S608 -- made of constants
_UNQUOTE = sa.text("""
    UPDATE messages SET replied_to = NULL
    WHERE guild_id = :guild_id AND channel_id = :channel_id AND replied_to ->> 'message_id' = ANY(:message_ids) AND replied_to IS NOT NULL
""")
# The one that still grows is left to the job that looks after it.
_DELETE_TOPICS = sa.text("""
    DELETE FROM topics t WHERE t.guild_id = :guild_id AND t.channel_id = :channel_id AND t.closed AND NOT EXISTS (
        SELECT FROM messages m
        WHERE m.guild_id = t.guild_id AND m.channel_id = t.channel_id AND m.sequence BETWEEN t.first_sequence AND t.last_sequence
    )
""")
# Nothing that they were made of is left to compare a repeated request with: it is answered as the turn is stored.
_UNNAME_TURNS = sa.text(f"""
    UPDATE turns t SET user_name = '', nickname = '', payload_hash = '' FROM guild_settings g
    WHERE g.guild_id = :guild_id AND t.guild_id = g.guild_id AND t.turn_id = ANY(:turn_ids) AND t.channel_id = :channel_id AND t.state <> 1
        AND t.accept_time < {_OLDEST}
""")  # noqa: S608 -- made of constants


class Retention:
    """Keeps guilds' limits, `batch_max` messages in a transaction; a run stops after `run_s` seconds and leaves the rest to the next."""

    def __init__(self, database: Database, jobs: Jobs, *, batch_max: int, run_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._jobs = jobs
        self._batch_max = batch_max
        self._run_s = run_s
        self._clock = clock

    def register(self) -> None:
        """Register the job."""

        @self._jobs.periodic(cron="23 * * * *", name="expire_messages", timeout_s=self._run_s + 60.0)
        async def expire_messages() -> None:
            await self.run()

    async def run(self) -> int:
        """Delete what is too old, in turns of one batch a guild; return how many messages. Raises what befell the first guild that failed."""
        end_at_s = self._clock() + self._run_s
        total = 0
        failed: dict[str, ParlourError] = {}
        while (guilds := await self._guilds()) and self._clock() < end_at_s and not failed.keys() >= set(guilds):
            for guild_id in guilds:
                if guild_id in failed or self._clock() >= end_at_s:
                    continue
                try:
                    total += await retry_stale(partial(self._expire, guild_id))
                except ParlourError as error:
                    failed[guild_id] = failures.ended(
                        error, failures.Place.BACKGROUND, "messages could not be deleted for their age", guild_id=guild_id
                    )
        _left.set(len(guilds))
        for failure in failed.values():
            raise failure
        return total

    async def _guilds(self) -> list[str]:
        """Return guilds with something to delete."""
        async with self._database.read() as session:
            return list(await session.scalars(_GUILDS))

    async def _expire(self, guild_id: str) -> int:
        async with self._database.write() as session:
            rows = (await session.execute(_DELETE, {"guild_id": guild_id, "limit": self._batch_max})).all()
            by_channel: defaultdict[str, list[Any]] = defaultdict(list)
            for row in rows:
                by_channel[row.channel_id].append(row)
            for channel_id, deleted in sorted(by_channel.items()):
                await self._follow(session, Conversation(guild_id, channel_id), deleted)
        _deleted.inc(len(rows))
        return len(rows)

    async def _follow(self, session: AsyncSession, where: Conversation, deleted: Sequence[Any]) -> None:
        said = [row.message_id for row in deleted if row.role == "user"]
        key = {"guild_id": where.guild_id, "channel_id": where.channel_id}
        await session.execute(_UNQUOTE, {**key, "message_ids": said})
        await unquote_replies(session, where, [row.text for row in deleted if row.role == "assistant"])
        turn_ids = [f"{message_id}:{attempt}" for message_id in said for attempt in _ATTEMPTS]
        await session.execute(_UNNAME_TURNS, {**key, "turn_ids": turn_ids})
        await session.execute(_DELETE_TOPICS, key)
        await enqueue_summaries(self._jobs, session, where)

"""After a restore: whom the file of tombstones names and the database does not is erased again, once the service runs."""

import asyncio
import hashlib

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation import tables
from services.conversation.privacy.erasure import Erasures
from services.conversation.privacy.tombstones import Tombstone, TombstoneFile, subject_hash
from services.runtime import failures
from services.runtime.bounded_connection import longer_statements
from services.runtime.database import Database, driver_connection
from services.runtime.errors import ParlourError
from services.runtime.telemetry import get_logger

_RETRY_S = 2.0
_replayed = Counter("parlour_conversation_tombstones_replayed_total", "Tombstones that a restored database did not have")
_log = get_logger(__name__)

_KNOWN = sa.select(tables.tombstones.c.subject_hash, tables.tombstones.c.before_time)
# A restored database is looked through whole, once.
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('tombstones are replayed', 0))")
_STATEMENT_S = 600
_TIME = sa.text(f"SET LOCAL statement_timeout = '{_STATEMENT_S}s'")
_WHO = sa.text("""
    SELECT user_id FROM (
        SELECT user_id FROM fences UNION SELECT user_id FROM turns UNION SELECT user_id FROM personas UNION SELECT user_id FROM persona_versions
        UNION SELECT user_id FROM relationships UNION SELECT user_id FROM user_activity UNION SELECT user_id FROM opt_outs
        UNION SELECT author_id FROM messages WHERE role = 'user' UNION SELECT replied_to ->> 'author_id' FROM messages WHERE replied_to IS NOT NULL
    ) everybody WHERE sha256(convert_to(user_id, 'UTF8')) = ANY(:hashes)
""")
_PLANT = sa.text("""
    INSERT INTO tombstones AS t (subject_hash, before_time, opted_out) VALUES (:subject_hash, :before_time, :opted_out)
    ON CONFLICT (subject_hash) DO UPDATE
        SET before_time = greatest(t.before_time, excluded.before_time), opted_out = t.opted_out OR excluded.opted_out
""")


class Restored:
    """Compares the file with the database in the background, as soon as the database can be reached. Tombstones older than keep_days are passed over:
    no backup is as old."""

    def __init__(self, database: Database, file: TombstoneFile, erasures: Erasures, *, keep_days: int) -> None:
        self._database = database
        self._file = file
        self._erasures = erasures
        self._keep_days = keep_days
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._until_done())

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _until_done(self) -> None:
        while True:
            try:
                await self.replay()
                return
            except (ParlourError, OSError) as problem:
                failures.ended(problem, failures.Place.BACKGROUND, "tombstones could not be compared with the database")
            await asyncio.sleep(_RETRY_S)

    async def replay(self) -> int:
        """Plant the tombstones that the database lacks and begin the erasures that it does not know of; return how many tombstones that were.

        Whom the database holds nothing of is not erased elsewhere either: a hash does not say who it is.
        """
        told = await asyncio.to_thread(self._file.read)
        async with self._database.read() as session:
            known = {bytes(row.subject_hash): row.before_time for row in await session.execute(_KNOWN)}
            oldest = await session.scalar(sa.select(sa.func.now() - sa.func.make_interval(0, 0, 0, self._keep_days)))
        recent = {key: each for key, each in told.items() if oldest is not None and each.before_time > oldest}
        missing = {key: each for key, each in recent.items() if key not in known or known[key] < each.before_time}
        if not missing:
            return 0
        async with self._database.write() as session:
            await session.execute(_ONE_AT_A_TIME)
            await session.execute(_TIME)
            with longer_statements(await driver_connection(session), _STATEMENT_S):
                await self._plant(session, missing)
        _replayed.inc(len(missing))
        _log.warning("the database was restored: people are erased again", tombstones=len(missing))
        return len(missing)

    async def _plant(self, session: AsyncSession, missing: dict[bytes, Tombstone]) -> None:
        for tombstone in missing.values():
            values = {"subject_hash": tombstone.subject_hash, "before_time": tombstone.before_time, "opted_out": tombstone.opted_out}
            await session.execute(_PLANT, values)
        for user_id in (await session.execute(_WHO, {"hashes": list(missing)})).scalars().all():
            await self._erase_again(session, user_id, missing)

    async def _erase_again(self, session: AsyncSession, user_id: str, missing: dict[bytes, Tombstone]) -> None:
        tombstone = missing[subject_hash(user_id)]
        request_hash = hashlib.sha256(b"restored" + tombstone.subject_hash + tombstone.before_time.isoformat().encode()).digest()
        known = sa.select(tables.erasures.c.erasure_id).where(tables.erasures.c.request_hash == request_hash)
        if (await session.execute(known)).first() is None:
            await self._erasures.record(session, user_id, request_hash, tombstone)

"""What the calls on privacy work with, put together, and the jobs behind them."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation.jobs import settle_turn
from services.conversation.message_store import Conversation
from services.conversation.privacy import opt_out
from services.conversation.privacy.erasure import ErasureLimits, Erasures
from services.conversation.privacy.exporting import SubjectExports
from services.conversation.privacy.restored import Restored
from services.conversation.privacy.tombstones import TombstoneFile
from services.conversation.settings import ConversationSettings
from services.conversation.topics.message_index import enqueue_index
from services.conversation.topics.topics import enqueue_summaries
from services.credit.client import CreditClient
from services.memory.client import MemoryClient
from services.runtime.database import Database
from services.runtime.entrypoint import Parts
from services.runtime.jobs import Jobs
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Privacy:
    """What the calls work with. `follow_changes` has a conversation indexed and summed up again, in the transaction it is given."""

    database: Database
    erasures: Erasures
    exports: SubjectExports
    follow_changes: Callable[[AsyncSession, Conversation], Awaitable[None]]


def build_privacy(
    settings: ConversationSettings,
    parts: Parts,
    database: Database,
    jobs: Jobs,
    *,
    credit: CreditClient,
    memory: MemoryClient,
    editing_persona: Callable[[str, str], AbstractAsyncContextManager[None]],
    editing_guild: Callable[[str], AbstractAsyncContextManager[None]],
) -> Privacy:
    """Build it and register its jobs; once the service runs, whom a restore has brought back is erased again.

    Raises ValueError where the file of tombstones cannot be written, or they would be forgotten while a backup may still bring people back.
    """
    if settings.erasure_keep_days <= settings.backup_keep_days:
        raise ValueError("PARLOUR_CONVERSATION_ERASURE_KEEP_DAYS must be longer than PARLOUR_CONVERSATION_BACKUP_KEEP_DAYS.")
    file = _tombstone_file(settings.tombstones_file)

    async def follow_changes(session: AsyncSession, where: Conversation) -> None:
        await enqueue_index(jobs, session, where)
        await enqueue_summaries(jobs, session, where)

    limits = ErasureLimits(
        batch_max=settings.erasure_batch_max,
        walk_max=settings.erasure_walk_max,
        wait_s=settings.erasure_wait_s,
        backup_days=settings.backup_keep_days,
        keep_days=settings.erasure_keep_days,
    )
    erasures = Erasures(
        database,
        jobs,
        memory,
        credit,
        limits,
        file=file,
        settle=lambda turn: settle_turn(credit, turn),
        follow_changes=follow_changes,
        editing_persona=editing_persona,
        editing_guild=editing_guild,
    )
    erasures.register()
    opt_out.register(jobs, database, keep_s=settings.opted_out_keep_s, turns_max=settings.erasure_batch_max)
    if file is not None:
        restored = Restored(database, file, erasures, keep_days=settings.erasure_keep_days)
        restored.start()
        parts.stack.push_async_callback(restored.close)
    exports = SubjectExports(database, memory, credit, page_size=settings.export_page_size, exports_max=settings.exports_max)
    return Privacy(database, erasures, exports, follow_changes)


def _tombstone_file(name: str) -> TombstoneFile | None:
    if not name:
        _log.warning("no file of tombstones: after a restore from a backup, people who were erased since are back")
        return None
    file = TombstoneFile(Path(name))
    try:
        file.prepare()
    except OSError as problem:
        raise ValueError(f"PARLOUR_CONVERSATION_TOMBSTONES_FILE names {name}, which cannot be written: {problem.strerror}.") from problem
    return file

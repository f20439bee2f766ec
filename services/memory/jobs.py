"""The memory service's background jobs. Their arguments are ids."""

import uuid

from services.memory.forgetting import Forgetting
from services.memory.observing import EXTRACT, Observing
from services.runtime.jobs import Jobs


def register(jobs: Jobs, observing: Observing, forgetting: Forgetting, *, request_keep_days: int) -> None:
    """Tell the queue what its tasks do."""

    @jobs.task(name=EXTRACT)
    async def extract_memories(*, scope_id: str, user_id: str) -> None:
        await observing.extract_waiting(uuid.UUID(scope_id), user_id)

    # Looks for itself what is due, so that no job has to survive the whole window.
    @jobs.periodic(cron="* * * * *", name="erase_forgotten")
    async def erase_forgotten() -> None:
        while await forgetting.erase_due():
            pass

    @jobs.periodic(cron="17 * * * *", name="delete_old_requests")
    async def delete_old_requests() -> None:
        await forgetting.delete_old(request_keep_days)

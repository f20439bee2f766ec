"""The memory service's background jobs. Their arguments are ids."""

import uuid

from services.memory.erasure import Erasure
from services.memory.forgetting import Forgetting
from services.memory.observing import EXTRACT, Observing
from services.memory.reembedding import DELETE_OLD_VECTORS, REEMBED, Reembedding
from services.runtime.jobs import Jobs


def register(jobs: Jobs, observing: Observing, forgetting: Forgetting, reembedding: Reembedding, erasure: Erasure, *, request_keep_days: int) -> None:
    """Tell the queue what its tasks do."""

    @jobs.task(name=EXTRACT, timeout_s=observing.job_s)
    async def extract_memories(*, scope_id: str, user_id: str) -> None:
        await observing.extract_waiting(uuid.UUID(scope_id), user_id)

    # What fails is tried for hours: an instance that runs another model may be offered it until it stops.
    @jobs.task(name=REEMBED, retries_max=1_000, timeout_s=600.0)
    async def reembed_memories(*, model: str) -> None:
        await reembedding.run(model)

    @jobs.task(name=DELETE_OLD_VECTORS, retries_max=1_000, timeout_s=600.0)
    async def delete_old_vectors() -> None:
        await reembedding.delete_old_vectors()

    # Looks for itself what is due, so that no job has to survive the whole window.
    @jobs.periodic(cron="* * * * *", name="erase_forgotten")
    async def erase_forgotten() -> None:
        while await forgetting.erase_due():
            pass

    @jobs.periodic(cron="17 * * * *", name="delete_old_requests")
    async def delete_old_requests() -> None:
        await forgetting.delete_old(request_keep_days)
        await erasure.delete_old()

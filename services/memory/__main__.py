"""Runs the memory service: `python -m services.memory serve|migrate`."""

from dataclasses import dataclass

from parlour.memory.v1 import memory_pb2_grpc
from services.memory import jobs as memory_jobs
from services.memory.client import QUERY_SERVICE, SERVICE
from services.memory.forgetting import Forgetting
from services.memory.observing import Observing
from services.memory.query_servicer import MemoryQueryServicer
from services.memory.recall import Recall
from services.memory.remembering import Remembering
from services.memory.servicer import MemoryServicer
from services.memory.settings import MemorySettings
from services.retrieval.embedding import EmbeddingModel
from services.runtime.database import Database
from services.runtime.entrypoint import Parts, run
from services.runtime.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Memory:
    """The service's parts, wired."""

    writes: MemoryServicer
    reads: MemoryQueryServicer
    jobs: Jobs
    observing: Observing
    forgetting: Forgetting


def wire(settings: MemorySettings, database: Database, model: EmbeddingModel) -> Memory:
    """Put the service's parts together."""
    jobs = Jobs(database, concurrency=settings.jobs_concurrency)
    remembering = Remembering(database, model, memories_per_scope_max=settings.memories_per_scope_max)
    observing = Observing(database, model, remembering, jobs, waiting_max=settings.observed_waiting_max, keep_days=settings.observed_keep_days)
    forgetting = Forgetting(database, model, plan_s=settings.forget_plan_s, undo_s=settings.forget_undo_s, items_max=settings.forget_items_max)
    recall = Recall(database, model, candidates_max=settings.search_candidates_max, similarity_floor=settings.similarity_floor)
    memory_jobs.register(jobs, observing, forgetting, request_keep_days=settings.request_keep_days)
    reads = MemoryQueryServicer(recall, search_limit_default=settings.search_limit_default, page_size_default=settings.page_size_default)
    return Memory(MemoryServicer(remembering, observing, forgetting), reads, jobs, observing, forgetting)


async def start(settings: MemorySettings, parts: Parts) -> None:
    """Build the service."""
    model = EmbeddingModel(waiting_max=settings.embedding_waiting_max, recent_max=settings.embeddings_recent_max)
    parts.stack.callback(model.close)
    database = Database(
        settings.database_url,
        pool_size=settings.pool_size,
        pool_wait_s=settings.pool_wait_s,
        statement_timeout_s=settings.statement_timeout_s,
        application_name="parlour-memory",
    )
    parts.stack.push_async_callback(database.close)
    parts.health.watch("database", database.ping)
    memory = wire(settings, database, model)
    parts.server.add(memory_pb2_grpc.add_MemoryServiceServicer_to_server, memory.writes, SERVICE)
    parts.server.add(memory_pb2_grpc.add_MemoryQueryServiceServicer_to_server, memory.reads, QUERY_SERVICE)
    await parts.stack.enter_async_context(memory.jobs.run())


if __name__ == "__main__":
    run("memory", MemorySettings, start, migrations_package="services.memory")

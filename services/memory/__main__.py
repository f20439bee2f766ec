"""Runs the memory service: `python -m services.memory serve|migrate`."""

from collections.abc import Sequence
from dataclasses import dataclass

import redis.asyncio as redis

from parlour.memory.v1 import memory_pb2_grpc
from services.conversation import client as conversation_client
from services.conversation.client import ConversationClient
from services.memory import jobs as memory_jobs
from services.memory.callers import ALLOWED_CALLERS
from services.memory.client import QUERY_SERVICE, SERVICE
from services.memory.embeddings import EmbeddingModels
from services.memory.erasure import Erasure
from services.memory.exporting import Exporting
from services.memory.forgetting import Forgetting
from services.memory.importing import Importing
from services.memory.last_writes import LastWrites, keep_last_writes
from services.memory.model_extraction import ExtractionLimits, ModelExtraction
from services.memory.observing import Observing
from services.memory.quarantined import Quarantined
from services.memory.query_servicer import MemoryQueryServicer
from services.memory.recall import Recall
from services.memory.reembedding import Reembedding
from services.memory.remembering import Remembering
from services.memory.replicas import Limits, Replicas, replica_addresses
from services.memory.result_cache import ResultCache
from services.memory.room import Room
from services.memory.servicer import MemoryServicer
from services.memory.settings import MemorySettings
from services.retrieval.embedding import EmbeddingModel
from services.retrieval.text_embedding import TextEmbedding
from services.runtime.channel import Remote
from services.runtime.database import Database
from services.runtime.entrypoint import Parts, run
from services.runtime.guarded_redis import connect
from services.runtime.jobs import Jobs

MAINTENANCE_POOL_SIZE = 2
"""Erasing and looking through quarantine: never many at once."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The service's parts, wired."""

    writes: MemoryServicer
    reads: MemoryQueryServicer
    jobs: Jobs
    observing: Observing
    forgetting: Forgetting
    reembedding: Reembedding
    erasure: Erasure
    replicas: Replicas


def wire(
    settings: MemorySettings,
    database: Database,
    model: TextEmbedding,
    earlier: Sequence[TextEmbedding] = (),
    *,
    conversation: Remote | None = None,
    maintenance: Database | None = None,
    replicas: Sequence[Database] = (),
    redis_client: "redis.Redis | None" = None,
) -> Memory:
    """Put the service's parts together.

    `earlier` are models that were in force before `model`, held until searches have switched to it; `conversation` is the way to the language model
    that extracts; `maintenance` is the same database by the login that works across people's scopes; `replicas` serve reads;
    `redis_client` keeps what searches found.
    """
    routed = _routed(settings, database, maintenance, replicas)
    models = EmbeddingModels(database, model, earlier)
    jobs = Jobs(database, concurrency=settings.jobs_concurrency, held_max=settings.jobs_held_max)
    room = Room(settings.memories_per_scope_max, settings.memories_per_user_max)
    remembering = Remembering(database, models, room=room, supersede_undo_s=settings.supersede_undo_s)
    observing = Observing(
        database,
        models,
        remembering,
        jobs,
        waiting_max=settings.observed_waiting_max,
        keep_days=settings.observed_keep_days,
        extraction=None if conversation is None else _extraction(settings, conversation),
    )
    forgetting = Forgetting(database, models, plan_s=settings.forget_plan_s, undo_s=settings.forget_undo_s, items_max=settings.forget_items_max)
    recall = Recall(
        database,
        models,
        _results(settings, redis_client),
        candidates_max=settings.search_candidates_max,
        similarity_floor=settings.similarity_floor,
        replicas=routed,
    )
    reembedding = _reembedding(settings, database, models, jobs)
    across = maintenance or database
    erasure = Erasure(
        across,
        batch_max=settings.erasure_batch_max,
        scopes_max=settings.scopes_at_once_max,
        writers_wait_s=settings.erasure_writers_wait_s,
        jobs_wait_s=settings.erasure_jobs_wait_s,
        keep_days=settings.erasure_keep_days,
    )
    importing = Importing(database, models, room=room, memories_max=settings.import_memories_max, texts_max=settings.import_texts_max)
    memory_jobs.register(jobs, observing, forgetting, reembedding, erasure, request_keep_days=settings.request_keep_days)
    exporting = Exporting(routed, page_size=settings.export_page_size)
    reads = MemoryQueryServicer(recall, exporting, search_limit_default=settings.search_limit_default, page_size_default=settings.page_size_default)
    writes = MemoryServicer(
        remembering,
        observing,
        forgetting,
        reembedding,
        importing,
        Quarantined(across, scopes_max=settings.scopes_at_once_max),
        erasure,
        page_size_default=settings.page_size_default,
    )
    return Memory(writes, reads, jobs, observing, forgetting, reembedding, erasure, routed)


def _routed(settings: MemorySettings, database: Database, maintenance: Database | None, replicas: Sequence[Database]) -> Replicas:
    writes = LastWrites(scopes_max=settings.replica_scopes_max)
    for primary in (database, maintenance):
        if primary is not None:
            keep_last_writes(primary, writes)
    limits = Limits(
        wait_s=settings.replica_wait_s,
        poll_s=settings.replica_poll_s,
        read_s=settings.replica_read_s,
        lag_max_s=settings.replica_lag_max_s,
        rest_s=settings.replica_rest_s,
        failures_max=settings.replica_failures_max,
    )
    return Replicas(database, replicas, limits=limits)


def _reembedding(settings: MemorySettings, database: Database, models: EmbeddingModels, jobs: Jobs) -> Reembedding:
    return Reembedding(
        database,
        models,
        jobs,
        batch_max=settings.reembed_batch_max,
        slice_s=settings.reembed_slice_s,
        keep_old_s=settings.reembed_keep_old_s,
    )


def _results(settings: MemorySettings, redis_client: "redis.Redis | None") -> ResultCache:
    return ResultCache(
        redis_client,
        ttl_s=settings.result_cache_ttl_s,
        bytes_max=settings.result_cache_bytes_max,
        hot_s=settings.result_cache_hot_s,
        scopes_max=settings.result_cache_scopes_max,
    )


def _extraction(settings: MemorySettings, conversation: Remote) -> ModelExtraction:
    limits = ExtractionLimits(
        messages_max=settings.extraction_messages_max,
        characters_max=settings.extraction_characters_max,
        completion_tokens_max=settings.extraction_tokens_max,
        tries_max=settings.extraction_tries_max,
        timeout_s=settings.extraction_model_s,
    )
    return ModelExtraction(ConversationClient(conversation), limits)


async def start(settings: MemorySettings, parts: Parts) -> None:
    """Build the service."""
    model = EmbeddingModel(
        waiting_max=settings.embedding_waiting_max,
        recent_max=settings.embeddings_recent_max,
        batch_tokens_max=settings.embedding_batch_tokens_max,
    )
    parts.stack.callback(model.close)
    database = Database(
        settings.database_url,
        pool_size=settings.pool_size,
        pool_wait_s=settings.pool_wait_s,
        statement_timeout_s=settings.statement_timeout_s,
        application_name="parlour-memory",
    )
    parts.stack.push_async_callback(database.close)
    parts.health.watch("database", database.takes_writes)
    maintenance = None
    if settings.maintenance_url:
        maintenance = Database(
            settings.maintenance_url,
            pool_size=MAINTENANCE_POOL_SIZE,
            pool_wait_s=settings.pool_wait_s,
            statement_timeout_s=settings.statement_timeout_s,
            application_name="parlour-memory-maintenance",
        )
        parts.stack.push_async_callback(maintenance.close)
    conversation = None
    if settings.conversation_address:
        conversation = Remote("conversation", settings.conversation_address, retried=conversation_client.RETRIED, tls=parts.tls)
        parts.stack.push_async_callback(conversation.close)
    replicas = _replicas(settings, parts)
    redis_client = None
    if settings.redis_url:
        redis_client = connect(settings.redis_url, timeout_s=settings.result_cache_timeout_s, connections_max=settings.redis_connections_max)
    if redis_client is not None:
        parts.stack.push_async_callback(redis_client.aclose)
    memory = wire(settings, database, model, conversation=conversation, maintenance=maintenance, replicas=replicas, redis_client=redis_client)
    parts.stack.push_async_callback(memory.replicas.close)
    for replica in memory.replicas.replicas:
        parts.health.watch(replica.name, replica.probe)
    parts.server.add(memory_pb2_grpc.add_MemoryServiceServicer_to_server, memory.writes, SERVICE)
    parts.server.add(memory_pb2_grpc.add_MemoryQueryServiceServicer_to_server, memory.reads, QUERY_SERVICE)
    await parts.stack.enter_async_context(memory.jobs.run())


def _replicas(settings: MemorySettings, parts: Parts) -> list[Database]:
    databases = [
        Database(
            url,
            pool_size=settings.pool_size,
            pool_wait_s=settings.pool_wait_s,
            statement_timeout_s=settings.statement_timeout_s,
            application_name="parlour-memory",
            wait_while_refused=False,
        )
        for url in replica_addresses(settings.replica_urls)
    ]
    for database in databases:
        parts.stack.push_async_callback(database.close)
    return databases


if __name__ == "__main__":
    run("memory", MemorySettings, start, callers=ALLOWED_CALLERS, migrations_package="services.memory")

"""What the memory service can be told."""

from pydantic import Field

from services.runtime.settings import DatabaseSettings, RedisSettings, ServiceSettings, service_config


class MemorySettings(ServiceSettings, DatabaseSettings, RedisSettings):
    """What the memory service can be told; times are seconds, limits are inclusive."""

    model_config = service_config("memory")

    memories_per_scope_max: int = Field(100_000, ge=1, le=10_000_000, description="memories in one scope; more are refused")
    memories_per_user_max: int = Field(10_000, ge=1, le=10_000_000, description="memories of one person in what a guild shares; more are refused")
    supersede_undo_s: float = Field(
        3_600.0, ge=0, le=30 * 86_400, description="how long after it was replaced an older fact holds again when the newer one is deleted"
    )
    observed_waiting_max: int = Field(1_000, ge=1, le=1_000_000, description="messages of one scope that wait for extraction; more are refused")
    observed_keep_days: int = Field(30, ge=1, le=365, description="how long the ids of messages are kept, so that none is extracted twice")
    # Not PARLOUR_CONVERSATION_ADDRESS, which everybody is told: a model costs, so to let it extract is a decision of its own.
    conversation_address: str = Field("", description="host:port of conversation, whose model extracts; empty: the rules alone do")
    extraction_messages_max: int = Field(20, ge=1, le=100, description="messages in one call to the model")
    extraction_characters_max: int = Field(8_000, ge=100, le=90_000, description="characters in one call to the model; a longer message is cut")
    extraction_tokens_max: int = Field(1_000, ge=50, le=100_000, description="tokens that the model may answer with")
    extraction_tries_max: int = Field(2, ge=1, le=10, description="calls for one batch whose answers are no facts; then the rules extract")
    extraction_model_s: float = Field(20.0, gt=0, le=300, description="how long one call to the model may take")
    embedding_waiting_max: int = Field(4_096, ge=16, le=1_000_000, description="texts that wait to be embedded; more are refused")
    embedding_batch_tokens_max: int = Field(256, ge=16, le=4_096, description="tokens that the embedding model reads at once; memory grows with them")
    embeddings_recent_max: int = Field(1_000, ge=1, le=100_000, description="queries whose vectors are kept in memory for ten minutes of disuse")
    reembed_batch_max: int = Field(64, ge=1, le=1_000, description="texts that a change of the embedding model embeds at a time")
    reembed_slice_s: float = Field(20.0, ge=0, le=50, description="how long one job of such a change works before the next goes on")
    reembed_keep_old_s: int = Field(60, ge=0, le=86_400, description="how long the old model's vectors are kept for searches that began before")

    search_limit_default: int = Field(10, ge=1, le=100, description="results of a search that names no limit")
    search_candidates_max: int = Field(50, ge=10, le=1_000, description="candidates that each arm of a search brings")
    similarity_floor: float = Field(0.1, ge=-1, le=1, description="a memory without a word of the query must be this similar to it")
    result_cache_timeout_s: float = Field(0.05, gt=0, le=5, description="how long a search waits for Redis")
    result_cache_ttl_s: int = Field(60, ge=1, le=3_600, description="how long Redis keeps what a search found")
    result_cache_bytes_max: int = Field(32_768, ge=256, le=1 << 20, description="ids and scores of one search; more are not kept")
    result_cache_hot_s: float = Field(60.0, gt=0, le=3_600, description="scopes searched again within it are hot: only their results are kept")
    result_cache_scopes_max: int = Field(10_000, ge=1, le=1_000_000, description="scopes of which it is known when they were searched last")
    page_size_default: int = Field(50, ge=1, le=100, description="memories on a page that names no size")

    replica_urls: str = Field(
        "", repr=False, pattern="^(postgres(ql)?://.+)?$", description="replicas to read from, separated by commas; empty: none"
    )
    replica_wait_s: float = Field(0.1, gt=0, le=5, description="how long a read waits for a replica; a fifth of its time left where that is less")
    replica_poll_s: float = Field(0.003, ge=0.001, le=1, description="how often it looks meanwhile")
    replica_read_s: float = Field(2.0, gt=0, le=60, description="how long a replica may take for a read; half of its time left where that is less")
    replica_lag_max_s: float = Field(5.0, gt=0, le=600, description="how old an answer may be for those who wrote nothing themselves")
    replica_failures_max: int = Field(3, ge=1, le=100, description="failures in a row after which a replica is left alone")
    replica_rest_s: float = Field(2.0, gt=0, le=600, description="how long it is left alone before it is tried again")
    replica_scopes_max: int = Field(100_000, ge=100, le=10_000_000, description="scopes whose last write is remembered; all others share one")

    forget_plan_s: float = Field(600.0, gt=0, le=86_400, description="how long a plan to forget can be committed")
    forget_undo_s: float = Field(3_600.0, ge=0, le=30 * 86_400, description="how long forgetting can be undone; then the text is gone")
    forget_items_max: int = Field(200, ge=1, le=10_000, description="memories in one plan to forget")
    maintenance_url: str = Field(
        "", repr=False, description="postgresql://... for what crosses people's scopes (erasure, quarantine); empty: the service's own"
    )
    scopes_at_once_max: int = Field(200, ge=1, le=10_000, description="scopes that one transaction of maintenance is confined to")
    erasure_batch_max: int = Field(500, ge=1, le=10_000, description="memories, messages or plans that one transaction of an erasure removes")
    erasure_writers_wait_s: float = Field(2.0, gt=0, le=60, description="how long an erasure waits for writes under way; no other begins meanwhile")
    erasure_jobs_wait_s: float = Field(10.0, ge=0, le=600, description="how long an erasure waits for jobs of the person's that run")
    erasure_keep_days: int = Field(90, ge=1, le=3_650, description="how long receipts are kept, and what was said before is not taken in again")
    export_page_size: int = Field(200, ge=1, le=1_000, description="memories that an export reads at a time")
    import_memories_max: int = Field(1_000_000, ge=1, le=100_000_000, description="memories in one import")
    import_texts_max: int = Field(10_000, ge=1, le=100_000, description="texts in one message of an import, earlier versions included")

    request_keep_days: int = Field(30, ge=1, le=365, description="how long a repeated request gets its first answer")

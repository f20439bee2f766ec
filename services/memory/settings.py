"""What the memory service can be told."""

from pydantic import Field

from services.runtime.settings import DatabaseSettings, ServiceSettings, service_config


class MemorySettings(ServiceSettings, DatabaseSettings):
    """What the memory service can be told; times are seconds, limits are inclusive."""

    model_config = service_config("memory")

    memories_per_scope_max: int = Field(100_000, ge=1, le=10_000_000, description="memories in one scope; more are refused")
    observed_waiting_max: int = Field(1_000, ge=1, le=1_000_000, description="messages of one scope that wait for extraction; more are refused")
    observed_keep_days: int = Field(30, ge=1, le=365, description="how long the ids of messages are kept, so that none is extracted twice")
    embedding_waiting_max: int = Field(4_096, ge=16, le=1_000_000, description="texts that wait to be embedded; more are refused")
    embeddings_recent_max: int = Field(1_000, ge=1, le=100_000, description="queries whose vectors are kept in memory for ten minutes of disuse")

    search_limit_default: int = Field(10, ge=1, le=100, description="results of a search that names no limit")
    search_candidates_max: int = Field(100, ge=10, le=1_000, description="candidates that each arm of a search brings")
    similarity_floor: float = Field(0.1, ge=-1, le=1, description="a memory without a word of the query must be this similar to it")
    page_size_default: int = Field(50, ge=1, le=100, description="memories on a page that names no size")

    forget_plan_s: float = Field(600.0, gt=0, le=86_400, description="how long a plan to forget can be committed")
    forget_undo_s: float = Field(3_600.0, ge=0, le=30 * 86_400, description="how long forgetting can be undone; then the text is gone")
    forget_items_max: int = Field(200, ge=1, le=10_000, description="memories in one plan to forget")
    request_keep_days: int = Field(30, ge=1, le=365, description="how long a repeated request gets its first answer")

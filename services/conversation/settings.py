"""What the conversation service can be told."""

from pydantic import Field

from services.runtime.settings import DatabaseSettings, RedisSettings, ServiceSettings, service_config


class ConversationSettings(ServiceSettings, DatabaseSettings, RedisSettings):
    """What the conversation service can be told; times are seconds, limits are inclusive."""

    model_config = service_config("conversation")

    credit_address: str = Field(validation_alias="PARLOUR_CREDIT_ADDRESS", min_length=1, description="host:port of the credit service")
    memory_address: str = Field(validation_alias="PARLOUR_MEMORY_ADDRESS", min_length=1, description="host:port of the memory service")
    models_file: str = Field(validation_alias="PARLOUR_MODELS_FILE", min_length=1, description="TOML file that names the models")

    assistant_name: str = Field("Parlour", min_length=1, max_length=32, description="what the assistant calls itself")
    turn_s: float = Field(60.0, gt=0, le=600, description="a turn that nobody finished by then is an orphan")
    abandoned_s: float = Field(5.0, gt=0, le=60, description="how long a turn whose reader went away may still be ended by its gateway")
    abandoned_max: int = Field(256, ge=1, le=10_000, description="turns whose readers went away, dealt with at once")
    claim_s: float = Field(30.0, gt=0, le=600, description="how long an orphan belongs to the gateway that claimed it")
    orphan_keep_s: float = Field(86_400.0, gt=0, le=30 * 86_400, description="an orphan older than this is given up")
    store_wait_s: float = Field(2.0, gt=0, le=30, description="how long a turn waits for the database at its beginning; then it goes on without")
    end_before_s: float = Field(2.0, ge=0, le=30, description="generation stops this long before the turn's deadline")
    first_token_s: float = Field(25.0, gt=0, le=600, description="a model that sent nothing by then has failed")
    idle_s: float = Field(15.0, gt=0, le=600, description="a model that goes quiet for so long in mid-stream has failed")
    delta_interval_s: float = Field(0.02, ge=0, le=1, description="text that arrives faster is sent on together; the first is never kept back")

    session_idle_s: float = Field(3600.0, gt=0, le=7 * 86_400, description="a person who is quiet for so long has ended their session")
    sessions_max: int = Field(10_000, ge=1, le=1_000_000, description="sessions kept in memory; the longest quiet one makes room")
    session_sweep_s: float = Field(15.0, gt=0, le=600, description="how often ended sessions are dropped and committed")
    session_stop_s: float = Field(2.0, gt=0, le=60, description="how long a stop commits sessions; a job takes care of the rest")

    history_messages_max: int = Field(60, ge=0, le=1000, description="earlier messages considered for a prompt")
    recent_share: float = Field(0.3, ge=0, le=1, description="of a prompt's room beside persona, rules and message, kept for the newest messages")
    older_share: float = Field(0.3, ge=0, le=1, description="kept for earlier messages about the same thing; together the shares are 1 at most")
    memory_share: float = Field(0.15, ge=0, le=1, description="kept for memories; what a part does not need goes to others")
    summary_share: float = Field(0.1, ge=0, le=1, description="for summaries at most")
    replied_to_share: float = Field(0.1, ge=0, le=1, description="kept for what is replied to")
    file_share: float = Field(0.5, ge=0, le=1, description="of the last message's room, kept for text files where a message has any")
    relationship_share: float = Field(0.05, ge=0, le=1, description="for what is known of the person at most")
    token_counts_max: int = Field(20_000, ge=100, le=10_000_000, description="texts whose number of tokens is kept, for each model's tokenizer")
    older_messages_max: int = Field(60, ge=0, le=1_000, description="older messages on the topic of the new one that are considered for a prompt")
    older_read_max: int = Field(60, ge=1, le=1_000, description="of those compared with it, how many are read, with what was said around each")
    older_searched_max: int = Field(100_000, ge=1, le=10_000_000, description="newest messages of a conversation that are compared with the new one")
    older_similarity_floor: float = Field(0.1, ge=-1, le=1, description="a message without a word of the new one must be this similar to it")
    older_wait_s: float = Field(0.5, gt=0, le=30, description="how long a person waits for them; then the reply is made without")
    embedding_waiting_max: int = Field(4_096, ge=16, le=1_000_000, description="texts that wait to be embedded; more are refused")
    embedding_batch_tokens_max: int = Field(256, ge=16, le=4_096, description="tokens that the embedding model reads at once; memory grows with them")
    embeddings_recent_max: int = Field(1_000, ge=1, le=100_000, description="new messages whose vectors are kept in memory for ten minutes of disuse")
    index_batch_max: int = Field(64, ge=1, le=1_000, description="messages that the index takes in at a time")
    index_wait_messages: int = Field(12, ge=1, le=1_000, description="messages of a conversation that are worth a job; fewer wait for the sweep")
    index_sweep_age_s: float = Field(60.0, gt=0, le=86_400, description="a message that is not indexed by then was left behind")
    index_sweep_max: int = Field(1_000, ge=1, le=100_000, description="conversations with such messages that are looked after at a time")

    topic_messages_min: int = Field(8, ge=2, le=1_000, description="messages that a topic has at least, unless people fall silent")
    topic_messages_max: int = Field(60, ge=8, le=1_000, description="messages that a topic has at most; then it is split where it changes most")
    topic_step_messages: int = Field(8, ge=1, le=100, description="new messages that are worth looking at the topic being talked about again")
    topic_sweep_max: int = Field(200, ge=1, le=10_000, description="conversations whose topics are looked after at a time, of those that fell silent")
    summary_model_messages_min: int = Field(6, ge=1, le=1_000, description="messages of a topic that is worth a model; shorter ones are quoted from")
    summary_characters_max: int = Field(400, ge=100, le=10_000, description="characters of a summary")
    summary_source_bytes_max: int = Field(4_000, ge=500, le=100_000, description="bytes of what is summed up that a model is shown; the rest is cut")
    summary_completion_tokens_max: int = Field(200, ge=20, le=10_000, description="tokens that a model may write for a summary")
    summary_model_s: float = Field(60.0, gt=0, le=600, description="how long a summary may wait for a model and for its answer")
    summary_tries_max: int = Field(4, ge=1, le=100, description="tries of a model that fails; then the quoted summary stays")
    summary_retry_s: float = Field(10.0, ge=1, le=600, description="after how long a model that failed is tried again, doubled each time")
    summary_calls_per_job: int = Field(4, ge=1, le=100, description="summaries that one job asks a model for; the rest is another job's")
    summary_jobs_max: int = Field(2, ge=1, le=64, description="background jobs that wait for a model's summary at once")
    summaries_max: int = Field(12, ge=2, le=1_000, description="summaries of a conversation that stand side by side; more are summed up together")
    summaries_group: int = Field(6, ge=2, le=1_000, description="summaries that are summed up together at a time")
    summarize_wait_s: float = Field(20.0, ge=0, le=600, description="how long somebody who asks what was talked about waits for models")

    earlier_images_max: int = Field(2, ge=0, le=20, description="pictures of earlier messages that a model which can see is shown again")

    model_slots: int = Field(32, ge=1, le=1000, description="calls to language models at once")
    model_waiting_max: int = Field(256, ge=1, le=100_000, description="calls that wait for a slot; more are refused")
    model_failures_max: int = Field(5, ge=1, le=1000, description="failures in a row before a model is given time to recover")
    model_open_s: float = Field(10.0, gt=0, le=600, description="how long a failing model is given")
    model_probe_s: float = Field(30.0, gt=0, le=3600, description="how often each model's provider is asked whether it is there")
    model_probe_timeout_s: float = Field(5.0, gt=0, le=60, description="how long it has to answer that")

    background_tokens_max: int = Field(
        200_000, ge=0, le=10**12, description="tokens that the background work of one guild may use a day (UTC): more is refused, and rules take over"
    )
    redis_timeout_s: float = Field(0.1, gt=0, le=10, description="a question to Redis that takes longer is given up: the database knows, too")
    cache_items_max: int = Field(5_000, ge=1, le=1_000_000, description="guild settings kept by one instance; as many personas")
    cache_ttl_s: float = Field(600.0, gt=0, le=86_400, description="how long one is kept at most")
    cache_lease_s: float = Field(1.5, ge=0.1, le=60, description="how long it is kept unconfirmed; an edit while Redis is away takes so much longer")
    cache_generation_keep_s: float = Field(3_600.0, ge=1, le=86_400, description="how long Redis knows that one is current")
    cache_edit_s: float = Field(30.0, ge=1, le=3_600, description="how long the database is read after an editor died in mid-edit")
    retention_batch_max: int = Field(200, ge=1, le=10_000, description="messages that one transaction deletes for their age")
    retention_run_s: float = Field(300.0, gt=0, le=3_000, description="how long the hourly deletion of what guilds keep no longer works at most")
    blocks_max: int = Field(10_000, ge=1, le=100_000, description="users and guilds that operators have blocked at once")
    settings_versions_max: int = Field(200, ge=1, le=100_000, description="versions of a guild's settings that are kept")

    style_messages_max: int = Field(60, ge=20, le=1000, description="of a person's newest messages, those looked at to see how they write")
    style_undone_days: int = Field(90, ge=1, le=3650, description="a change of the voice that was taken back is not tried again for so long")
    persona_versions_max: int = Field(100, ge=2, le=10_000, description="versions kept of each persona; older ones cannot be gone back to")
    unstored_max: int = Field(256, ge=0, le=100_000, description="replies whose storing is tried again while the database is away")
    unstored_retry_s: float = Field(120.0, ge=0, le=3600, description="how long it is tried")
    opted_out_keep_s: float = Field(
        300.0, ge=0, le=86_400, description="how long the texts of a turn outlive its end where its author opted out, to be replayed after a crash"
    )
    tombstones_file: str = Field("", description="outside the database: who was erased, for the time after a restore; empty: none")
    erasure_batch_max: int = Field(500, ge=1, le=10_000, description="messages or turns that one transaction of an erasure deletes")
    erasure_walk_max: int = Field(5_000, ge=1, le=100_000, description="messages that one looks through for quotes and mentions")
    erasure_wait_s: float = Field(10.0, ge=0, le=600, description="how long an erasure waits at a time for jobs that may hold what is erased")
    erasure_keep_days: int = Field(90, ge=1, le=3_650, description="how long receipts and tombstones are kept; longer than backups")
    backup_keep_days: int = Field(35, ge=0, le=3_650, description="how long backups live, which a receipt says")
    export_page_size: int = Field(200, ge=1, le=1_000, description="rows that an export reads at a time")
    exports_max: int = Field(4, ge=1, le=1_000, description="exports read at once; more are refused")
    request_keep_days: int = Field(30, ge=1, le=365, description="how long a repeated request gets its first answer")

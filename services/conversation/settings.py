"""What the conversation service can be told."""

from pydantic import Field

from services.runtime.settings import DatabaseSettings, ServiceSettings, service_config


class ConversationSettings(ServiceSettings, DatabaseSettings):
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
    end_before_s: float = Field(2.0, ge=0, le=30, description="generation stops this long before the turn's deadline")
    first_token_s: float = Field(25.0, gt=0, le=600, description="a model that sent nothing by then has failed")
    idle_s: float = Field(15.0, gt=0, le=600, description="a model that goes quiet for so long in mid-stream has failed")
    delta_interval_s: float = Field(0.02, ge=0, le=1, description="text that arrives faster is sent on together; the first is never kept back")

    history_messages_max: int = Field(60, ge=0, le=1000, description="earlier messages considered for a prompt")
    memory_share: float = Field(0.35, ge=0, le=1, description="of the room beside persona and message, for memories at most")
    replied_to_share: float = Field(0.3, ge=0, le=1, description="of the room beside persona and message, for what is replied to at most")

    model_slots: int = Field(32, ge=1, le=1000, description="calls to language models at once")
    model_waiting_max: int = Field(256, ge=1, le=100_000, description="calls that wait for a slot; more are refused")
    model_failures_max: int = Field(5, ge=1, le=1000, description="failures in a row before a model is given time to recover")
    model_open_s: float = Field(10.0, gt=0, le=600, description="how long a failing model is given")

    background_tokens_max: int = Field(
        200_000, ge=0, le=10**12, description="tokens that the background work of one guild may use a day (UTC): more is refused, and rules take over"
    )
    unstored_max: int = Field(256, ge=0, le=100_000, description="replies whose storing is tried again while the database is away")
    unstored_retry_s: float = Field(120.0, ge=0, le=3600, description="how long it is tried")
    request_keep_days: int = Field(30, ge=1, le=365, description="how long a repeated request gets its first answer")

"""What the credit service can be told."""

from pathlib import Path

from pydantic import Field

from services.runtime.settings import DatabaseSettings, ServiceSettings, service_config


class CreditSettings(ServiceSettings, DatabaseSettings):
    """What the credit service can be told; times are seconds, limits are inclusive."""

    model_config = service_config("credit")

    models_file: Path = Field(validation_alias="PARLOUR_MODELS_FILE", description="TOML file with the models' prices and the tiers")
    open_holds_max: int = Field(10_000, ge=1, le=1_000_000, description="holds that one account may have open")
    accounts_known_max: int = Field(100_000, ge=1, le=10_000_000, description="accounts whose keys one instance remembers")
    grants_max: int = Field(1_000, ge=1, le=100_000, description="grants with credits left that one account may have")
    due_accounts_max: int = Field(1_000, ge=1, le=100_000, description="accounts whose due holds and grants one run of the job settles")
    request_ids_kept_days: int = Field(30, ge=1, le=3_650, description="how long a repeated request id is recognised")
    purged_max: int = Field(10_000, ge=1, le=1_000_000, description="request ids that one statement of the job forgets")

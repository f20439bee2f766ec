"""What the credit service can be told."""

from pathlib import Path

from pydantic import Field

from services.credit.chain import SHARDS
from services.runtime.settings import DatabaseSettings, ServiceSettings, service_config


class CreditSettings(ServiceSettings, DatabaseSettings):
    """What the credit service can be told; times are seconds, limits are inclusive."""

    model_config = service_config("credit")

    pool_size: int = Field(8, ge=SHARDS + 2, le=200, description="connections at most; each shard keeps one of them")
    models_file: Path = Field(validation_alias="PARLOUR_MODELS_FILE", description="TOML file with the models' prices and the tiers")
    open_holds_max: int = Field(10_000, ge=1, le=1_000_000, description="holds that one account may have open")
    accounts_known_max: int = Field(100_000, ge=1, le=10_000_000, description="accounts whose keys one instance remembers")
    grants_max: int = Field(1_000, ge=1, le=100_000, description="grants with credits left that one account may have")
    shard_queue_max: int = Field(4_000, ge=1, le=1_000_000, description="operations that may wait for one shard; more are refused with OVERLOADED")
    batch_max: int = Field(200, ge=1, le=10_000, description="operations that are decided and written together")
    shard_accounts_max: int = Field(20_000, ge=1, le=1_000_000, description="accounts that one shard remembers between batches, about 4 KB each")
    shard_requests_max: int = Field(4_000, ge=0, le=1_000_000, description="answers that one shard remembers, for requests that are soon repeated")
    resolve_s: float = Field(10.0, gt=0, le=600, description="how long a lost connection's batch is asked for before its callers are told")
    due_accounts_max: int = Field(1_000, ge=1, le=100_000, description="accounts whose due holds and grants one run of the job settles")
    request_ids_kept_days: int = Field(30, ge=1, le=3_650, description="how long a repeated request id is recognised")
    purged_max: int = Field(10_000, ge=1, le=1_000_000, description="request ids that one statement of the job forgets")
    lease_microcredits_max: int = Field(1_000_000_000, ge=1, le=10**12, description="microcredits of one gateway's outage allowance at most")
    leases_microcredits_max: int = Field(10_000_000_000, ge=1, le=10**15, description="microcredits of all open leases: what outages cost at most")
    lease_ttl_max_s: int = Field(604_800, ge=1, le=604_800, description="how long a lease lasts at most before it has to be renewed")
    lease_lost_days: int = Field(7, ge=1, le=3_650, description="days after its expiry that a lease nobody has closed counts as lost")
    leased_turns_max: int = Field(1_000, ge=1, le=10_000, description="leased turns whose settlement was cut off that one run of the job finishes")
    reconcile_accounts_max: int = Field(1_000, ge=1, le=1_000, description="accounts that reconciliation compares in one snapshot")
    reconcile_changed_max: int = Field(100_000, ge=1, le=10_000_000, description="changed accounts that are remembered before they are compared")
    journal_operations_max: int = Field(5_000, ge=1, le=1_000_000, description="operations whose entries are read from the journal at once")
    audit_statement_s: float = Field(30.0, gt=0, le=3_600, description="how long a statement of a reconciliation, a report or an export may take")
    reconcile_changes_s: float = Field(240.0, gt=0, le=86_400, description="how long a reconciliation of what has changed may take")
    reconcile_full_s: float = Field(14_400.0, gt=0, le=86_400, description="how long the nightly reconciliation of everything may take")
    report_rows_max: int = Field(10_000, ge=1, le=100_000, description="rows of one usage report; a larger one is refused with LIMIT_REACHED")

"""Typed settings from the environment. A value that does not fit, or a name that nothing reads, stops the start with a sentence.

A setting `pool_size` of the credit service is read from PARLOUR_CREDIT_POOL_SIZE. Some names are shared by all services (SHARED_NAMES).
"""

import os
from collections.abc import Mapping

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

SERVICES = ("credit", "memory", "conversation", "gateway")
PREFIX = "PARLOUR_"
SHARED_NAMES = frozenset(
    {
        "PARLOUR_REDIS_URL",
        "PARLOUR_MODELS_FILE",
        "PARLOUR_MODEL",
        "PARLOUR_DATA_DIR",
        "PARLOUR_LOG_LEVEL",
        "PARLOUR_TLS_CA",
        "PARLOUR_TLS_CERT",
        "PARLOUR_TLS_KEY",
        "PARLOUR_TLS_IDENTITY_PREFIX",
        "PARLOUR_TLS_LOOK_S",
        "PARLOUR_EXTRA_CALLERS",
        "PARLOUR_DISCORD_API_URL",
        "PARLOUR_DISCORD_GATEWAY_URL",
    }
)


class BadSettings(Exception):
    """The settings cannot be used; the message says which, in sentences for the operator."""


def service_config(name: str) -> SettingsConfigDict:
    """Return the configuration of a service's settings class."""
    return SettingsConfigDict(env_prefix=f"{PREFIX}{name.upper()}_", extra="ignore", frozen=True, populate_by_name=True)


class ServiceSettings(BaseSettings):
    """What every service can be told."""

    listen: str = Field("127.0.0.1:0", description="host:port for gRPC")
    metrics_listen: str = Field("", description="host:port for Prometheus metrics; empty: none")
    health_listen: str = Field("", description="host:port for the gRPC health protocol alone, never with TLS; empty: on listen only")
    log_level: str = Field(
        "info", validation_alias="PARLOUR_LOG_LEVEL", pattern="^(debug|info|warning|error)$", description="the least that is logged"
    )
    reflection: bool = Field(False, description="gRPC reflection, on in the local stack")
    in_flight_max: int = Field(256, ge=1, le=100_000, description="calls served at once; more are refused with OVERLOADED")
    deadline_left_min_s: float = Field(0.1, ge=0, le=10, description="a call with less time left is refused before it starts")
    message_bytes_max: int = Field(1 << 20, ge=1 << 10, le=1 << 26, description="largest message accepted")
    drain_s: float = Field(5.0, ge=0, le=600, description="how long a stop waits for calls under way")
    not_serving_s: float = Field(0.0, ge=0, le=60, description="how long a stop shows NOT_SERVING before it drains")
    connection_age_max_s: int = Field(300, ge=30, description="connections are renewed after it, so that new instances get their share")
    probe_interval_s: float = Field(2.0, gt=0, le=60, description="how often dependencies are asked whether they are well")
    sweep_interval_s: float = Field(60.0, gt=0, le=3600, description="how often idle items leave the in-process maps")
    tls_ca: str = Field("", validation_alias="PARLOUR_TLS_CA", description="PEM file of the authority that signs every service's certificate")
    tls_cert: str = Field("", validation_alias="PARLOUR_TLS_CERT", description="PEM file of this service's certificate")
    tls_key: str = Field("", validation_alias="PARLOUR_TLS_KEY", description="PEM file of its key")
    tls_identity_prefix: str = Field(
        "spiffe://parlour/",
        validation_alias="PARLOUR_TLS_IDENTITY_PREFIX",
        min_length=1,
        description="of the URIs in certificates that name a caller",
    )
    tls_look_s: float = Field(
        30.0, validation_alias="PARLOUR_TLS_LOOK_S", gt=0, le=86_400, description="how often the certificate files are looked at for renewed ones"
    )
    plaintext: bool = Field(False, description="listen beyond this machine without TLS, where something else encrypts and knows who calls")
    allowed_callers: str = Field("", description="who may call what, over the service's own table: Service/Method=caller,caller; ...")
    extra_callers: str = Field("", validation_alias="PARLOUR_EXTRA_CALLERS", description="further callers' names that allowed_callers may use")
    calls_per_second: float = Field(0.0, ge=0, le=1_000_000, description="calls of one caller in the long run, by its certificate; 0: no limit")
    calls_burst: int = Field(100, ge=1, le=1_000_000, description="calls of one caller at once where calls_per_second is set")
    callers_max: int = Field(1_000, ge=1, le=1_000_000, description="callers whose rate is known at once")
    otlp_endpoint: str = Field("", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", description="where traces go; empty: nowhere")
    otlp_ratio: float = Field(1.0, validation_alias="OTEL_TRACES_SAMPLER_ARG", ge=0, le=1, description="share of the traces begun here that are kept")
    otlp_queue_max: int = Field(2048, validation_alias="OTEL_BSP_MAX_QUEUE_SIZE", ge=1, le=1_000_000, description="spans that wait to be sent")
    otlp_batch_max: int = Field(512, validation_alias="OTEL_BSP_MAX_EXPORT_BATCH_SIZE", ge=1, le=10_000, description="spans sent at once")
    otlp_delay_ms: int = Field(5_000, validation_alias="OTEL_BSP_SCHEDULE_DELAY", ge=10, le=600_000, description="how long spans wait to be sent")
    otlp_timeout_s: float = Field(3.0, validation_alias="OTEL_EXPORTER_OTLP_TIMEOUT", gt=0, le=600, description="how long sending them may take")


class DatabaseSettings(BaseSettings):
    """What a service with a database can be told."""

    database_url: str = Field(min_length=1, repr=False, description="postgresql://user:password@host:port/name")
    pool_size: int = Field(8, ge=1, le=200, description="connections at most")
    pool_wait_s: float = Field(2.0, gt=0, le=60, description="how long to wait for a free connection")
    statement_timeout_s: float = Field(5.0, gt=0, le=600, description="a statement that takes longer is cancelled")
    jobs_concurrency: int = Field(4, ge=1, le=64, description="background jobs at once")
    jobs_held_max: int = Field(256, ge=1, le=100_000, description="jobs that wait for the process that caused them; others are left to the queue")


class RedisSettings(BaseSettings):
    """What a service that uses Redis can be told."""

    redis_url: str = Field("", validation_alias="PARLOUR_REDIS_URL", repr=False, description="redis://, rediss:// or unix://; empty: none")
    redis_timeout_s: float = Field(0.5, gt=0, le=10, description="a command that takes longer counts as failed")
    redis_connections_max: int = Field(64, ge=1, le=10_000, description="connections at most; a command waits redis_timeout_s for one")


def load[S: BaseSettings](settings_type: type[S], service: str, environment: Mapping[str, str] = os.environ) -> S:
    """Read a service's settings.

    Raises BadSettings, with one sentence for each value that does not fit and each PARLOUR_ name that nothing reads.
    """
    problems = [f"{name} is not a setting that Parlour knows." for name in unknown_names(settings_type, service, environment)]
    try:
        settings = settings_type()
    except ValidationError as error:
        problems += [_sentence(settings_type, service, dict(detail)) for detail in error.errors(include_url=False)]
        raise BadSettings("\n".join(problems)) from None
    if problems:
        raise BadSettings("\n".join(problems))
    return settings


def unknown_names(settings_type: type[BaseSettings], service: str, environment: Mapping[str, str]) -> list[str]:
    """Return the PARLOUR_ names in the environment that neither this service nor, by their prefix, another one reads."""
    known = {variable(settings_type, service, field) for field in settings_type.model_fields} | SHARED_NAMES
    known |= {f"{PREFIX}{other.upper()}_ADDRESS" for other in SERVICES}
    others = tuple(f"{PREFIX}{other.upper()}_" for other in SERVICES if other != service)
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known and not name.startswith(others))


def variable(settings_type: type[BaseSettings], service: str, field: str) -> str:
    """Return the environment variable that a service's setting is read from."""
    info = settings_type.model_fields.get(field)
    alias = info.validation_alias if info is not None else None
    return alias if isinstance(alias, str) else f"{PREFIX}{service.upper()}_{field.upper()}"


def _sentence(settings_type: type[BaseSettings], service: str, detail: Mapping[str, object]) -> str:
    location = detail["loc"]
    first = str(location[0]) if isinstance(location, tuple) and location else ""
    name = first if first.isupper() else variable(settings_type, service, first)
    if detail["type"] == "missing":
        return f"{name} must be set."
    return f"{name} does not fit: {detail['msg']}."

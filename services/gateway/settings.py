"""What the gateway can be told."""

import os
import socket

from pydantic import Field

from services.gateway.discord.settings import DiscordSettings
from services.runtime.settings import RedisSettings, ServiceSettings, service_config


def _instance_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


class GatewaySettings(ServiceSettings, RedisSettings, DiscordSettings):
    """What the gateway can be told; times are seconds, limits are inclusive."""

    model_config = service_config("gateway")

    credit_address: str = Field(validation_alias="PARLOUR_CREDIT_ADDRESS", min_length=1, description="host:port of the credit service")
    memory_address: str = Field(validation_alias="PARLOUR_MEMORY_ADDRESS", min_length=1, description="host:port of the memory service")
    conversation_address: str = Field(
        validation_alias="PARLOUR_CONVERSATION_ADDRESS", min_length=1, description="host:port of the conversation service"
    )
    instance_id: str = Field(default_factory=_instance_id, pattern=r"^\S+$", description="names this process among the gateways")

    assistant_name: str = Field("parlour", min_length=1, max_length=32, description='"<name>, ..." at the start addresses the assistant')

    turn_s: float = Field(60.0, gt=0, le=600, description="the whole of a turn, waiting in line included")
    turn_margin_s: float = Field(1.0, ge=0, le=30, description="kept from the model's time for settling and the last event")
    begin_s: float = Field(3.0, gt=0, le=30, description="beginning a turn")
    hold_s: float = Field(3.0, gt=0, le=30, description="placing a hold")
    search_s: float = Field(1.5, gt=0, le=30, description="finding memories; past it the answer comes without them")
    settle_s: float = Field(2.0, gt=0, le=30, description="settling a turn, out of reach of cancellation")
    end_retry_s: float = Field(30.0, ge=0, le=600, description="how long an end of a turn that could not be stored is tried again")
    command_s: float = Field(5.0, gt=0, le=30, description="one call that a command makes")
    hold_ttl_s: int = Field(180, ge=61, le=3600, description="how long a hold lasts if nobody settles it")
    prompt_tokens_max: int = Field(1600, ge=100, le=10_000_000, description="prompt that a hold covers")
    completion_tokens_max: int = Field(400, ge=1, le=1_000_000, description="reply that a hold covers")
    memories_max: int = Field(8, ge=1, le=50, description="memories given to the model")
    forget_offer_s: float = Field(3600.0, gt=0, le=86_400, description="how long an offered or done forget is remembered here at most")
    voice_undo_s: float = Field(3600.0, gt=0, le=86_400, description="how long after a change of the voice a plain undo still means it")
    repeat_s: float = Field(600.0, gt=0, le=86_400, description="how long the answer to a command is kept for a repeat of its message")
    repeats_max: int = Field(1_000, ge=1, le=100_000, description="answers to commands kept at once")
    listed_max: int = Field(50, ge=1, le=100, description="memories shown in one list")

    running_max: int = Field(64, ge=1, le=10_000, description="turns under way at once; more wait")
    waiting_per_user_max: int = Field(5, ge=1, le=1000, description="messages of one person in one place that wait")
    waiting_max: int = Field(512, ge=1, le=100_000, description="messages that wait in all")
    lease_ttl_s: float = Field(15.0, ge=1, le=600, description="how long a lease of a person's turns outlives a dead gateway")
    lease_wait_s: float = Field(20.0, ge=0, le=60, description="how long to wait for another gateway's turn of the same person")
    orphan_poll_s: float = Field(5.0, gt=0, le=600, description="how often turns that nobody finished are looked for")
    deliver_s: float = Field(10.0, gt=0, le=30, description="bringing one apology to its channel")
    orphans_max: int = Field(20, ge=1, le=100, description="unfinished turns taken at once")

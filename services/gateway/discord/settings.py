"""What the Discord side of the gateway can be told. Imports no nextcord: every gateway reads it, also one without a token."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from services.runtime.settings import service_config


class DiscordSettings(BaseSettings):
    """Where Discord is, which shards are ours, and the limits that we keep there; times are seconds."""

    model_config = service_config("gateway")

    discord_token: str = Field("", validation_alias="DISCORD_TOKEN", repr=False, description="the bot's token; empty: no Discord")
    discord_api_url: str = Field(
        "", validation_alias="PARLOUR_DISCORD_API_URL", pattern=r"^(https?://\S+)?$", description="stands for https://discord.com/api/v10"
    )
    discord_gateway_url: str = Field(
        "", validation_alias="PARLOUR_DISCORD_GATEWAY_URL", pattern=r"^(wss?://\S+)?$", description="stands for what GET /gateway answers"
    )
    discord_shard_count: int = Field(0, ge=0, le=100_000, description="shards over all processes; 0: as many as Discord recommends, all here")
    discord_shard_ids: str = Field("", pattern=r"^(\d+(-\d+)?(,\d+(-\d+)?)*)?$", description="shards of this process, as in 0,3-5; empty: all")
    discord_identify_interval_s: float = Field(5.0, ge=0, le=60, description="between two IDENTIFYs; Discord refuses faster ones")
    discord_reconnect_max_s: float = Field(60.0, gt=0, le=600, description="longest wait before connecting anew")
    discord_edit_interval_s: float = Field(0.9, gt=0, le=60, description="between two edits of an answer; Discord allows 5 in 5 s")
    discord_answer_messages_max: int = Field(5, ge=1, le=50, description="messages that an answer fills; the whole of a longer one is a file")
    discord_edit_window_s: float = Field(60.0, ge=0, le=3600, description="a message edited so soon after it was written is answered anew")
    discord_takeover_s: float = Field(20.0, ge=0, le=600, description="how long an edit is left to another gateway that is answering the message")
    discord_takeovers_max: int = Field(5, ge=0, le=100, description="how often a message that another gateway took over is kept in sight here")
    discord_attempts_max: int = Field(20, ge=0, le=100, description="how often one message is answered anew")
    discord_again_s: float = Field(3600.0, gt=0, le=604_800, description="how long after its message an answer can be had anew by its button")
    discord_answers_kept_max: int = Field(10_000, ge=1, le=1_000_000, description="messages whose answers are known here at once")
    discord_answers_kept_s: float = Field(86_400.0, gt=0, le=2_592_000, description="how long it is known which answer belongs to which message")
    discord_changes_max: int = Field(200, ge=1, le=100_000, description="edits and deletions dealt with at once; more are dropped and counted")
    discord_context_s: float = Field(2.0, gt=0, le=30, description="looking up what surrounds a message; what takes longer is left out")
    discord_reply_chain_max: int = Field(5, ge=0, le=10, description="messages before the one that a message replies to")
    discord_images_max: int = Field(4, ge=0, le=10, description="pictures of one message that are shown to the model")
    discord_image_bytes_max: int = Field(8_000_000, ge=0, le=100_000_000, description="larger pictures are left out")
    discord_text_files_max: int = Field(3, ge=0, le=10, description="files of text of one message that are read")
    discord_text_file_bytes_max: int = Field(100_000, ge=0, le=1_000_000, description="larger files are left out")
    discord_request_s: float = Field(15.0, gt=0, le=120, description="one request to Discord; a post or an edit that takes longer is tried again")
    discord_delivery_s: float = Field(60.0, ge=0, le=600, description="how long a post or an edit that fails is tried again")
    discord_answers_max: int = Field(1000, ge=1, le=100_000, description="messages being answered at once; more are ignored")
    discord_cached_messages_max: int = Field(1000, ge=1, le=100_000, description="recent messages kept to know what a reply replies to")
    discord_withheld_max: int = Field(1000, ge=1, le=100_000, description="private answers kept until their asker presses Show me")
    discord_withheld_s: float = Field(900.0, gt=0, le=86_400, description="how long such an answer is kept; later it is asked for anew")
    discord_pages_back_max: int = Field(20, ge=1, le=1000, description="pages of memories looked through for the one before; beyond: the first")
    discord_drain_s: float = Field(5.0, ge=0, le=600, description="how long a stop waits for answers under way")

    @model_validator(mode="after")
    def _shards_fit(self) -> Self:
        ids = self.shard_ids()
        if ids and not self.discord_shard_count:
            raise ValueError("discord_shard_ids needs discord_shard_count")
        if ids and max(ids) >= self.discord_shard_count:
            raise ValueError("discord_shard_ids must be below discord_shard_count")
        return self

    def shard_ids(self) -> list[int]:
        """Return the shards of this process; empty: all of them."""
        found: set[int] = set()
        for part in filter(None, self.discord_shard_ids.split(",")):
            first, _, last = part.partition("-")
            found.update(range(int(first), int(last or first) + 1))
        return sorted(found)

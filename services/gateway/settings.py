"""What the gateway can be told."""

import os
import socket

from pydantic import Field, ValidationInfo, field_validator

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

    addressing_messages_max: int = Field(60, ge=1, le=200, description="messages of a channel that the addressing model looks back at")
    addressing_channels_max: int = Field(2_000, ge=1, le=1_000_000, description="channels whose last messages are known at once")
    addressing_channel_s: float = Field(21_600.0, gt=0, le=604_800, description="how long a silent channel's last messages are known")
    addressing_decisions_max: int = Field(10_000, ge=1, le=1_000_000, description="people in channels for whom the last decision is known at once")
    addressing_decision_s: float = Field(86_400.0, gt=0, le=604_800, description="how long a person can ask why a message was answered or not")

    turn_s: float = Field(60.0, gt=0, le=600, description="the whole of a turn, waiting in line included")
    turn_margin_s: float = Field(1.0, ge=0, le=30, description="kept from the model's time for settling and the last event")
    begin_s: float = Field(3.0, gt=0, le=30, description="beginning a turn")
    hold_s: float = Field(3.0, gt=0, le=30, description="placing a hold")
    search_s: float = Field(1.5, gt=0, le=30, description="finding memories; past it the answer comes without them")
    settle_s: float = Field(2.0, gt=0, le=30, description="settling a turn, out of reach of cancellation")
    end_retry_s: float = Field(30.0, ge=0, le=600, description="how long an end of a turn that could not be stored is tried again")
    command_s: float = Field(5.0, gt=0, le=30, description="one call that a command makes")
    hold_ttl_s: int = Field(180, ge=1, le=3600, description="how long a hold lasts if nobody settles it; longer than a turn and its settling")
    prompt_tokens_max: int = Field(1600, ge=100, le=10_000_000, description="prompt that a hold covers")
    completion_tokens_max: int = Field(400, ge=1, le=1_000_000, description="reply that a hold covers")
    earlier_images_max: int = Field(2, ge=0, le=20, description="pictures of earlier messages that a hold covers beside a message's own")
    text_file_characters_max: int = Field(24_000, ge=0, le=100_000, description="characters of a message's text files that are read, in all")
    text_file_prompt_tokens_max: int = Field(4_000, ge=0, le=10_000_000, description="prompt that a hold covers beyond the usual, for text files")
    parts_max: int = Field(5, ge=1, le=20, description="parts of one message that are answered one by one")
    parts_characters_min: int = Field(120, ge=1, le=8_000, description="a shorter message is answered as a whole")
    part_quote_characters_max: int = Field(100, ge=20, le=1_000, description="of a part, quoted above its answer")
    memories_max: int = Field(8, ge=1, le=50, description="memories given to the model")
    forget_offer_s: float = Field(3600.0, gt=0, le=86_400, description="how long an offered or done forget is remembered here at most")
    voice_undo_s: float = Field(3600.0, gt=0, le=86_400, description="how long after a change of the voice a plain undo still means it")
    repeat_s: float = Field(600.0, gt=0, le=86_400, description="how long the answer to a command is kept for a repeat of its message")
    repeats_max: int = Field(1_000, ge=1, le=100_000, description="answers to commands kept at once")
    listed_max: int = Field(20, ge=1, le=25, description="memories shown in one list; a menu of Discord has room for 25")
    question_look_s: float = Field(0.5, gt=0, le=10, description="seeing whether a person talked of something else since they were asked")
    confirmation_s: float = Field(600.0, gt=0, le=86_400, description="how long a question before something final can be answered")
    summary_s: float = Field(25.0, gt=0, le=120, description="summing up a channel")
    export_s: float = Field(40.0, gt=0, le=600, description="reading out everything about a person")
    export_bytes_max: int = Field(3_000_000, ge=1_000, le=3_900_000, description="largest export; a call's answer has room for 4 MiB")
    erasure_wait_s: float = Field(20.0, ge=0, le=300, description="how long a person is shown the progress of their erasure; it goes on after that")
    erasure_poll_s: float = Field(1.0, gt=0, le=60, description="how often it is looked at meanwhile")

    usage_pages_max: int = Field(20, ge=1, le=1000, description="pages of 500 entries that are read to tell a person what they used")
    usage_report_s: float = Field(300.0, gt=0, le=86_400, description="how long a report of a guild's use is repeated before it is made again")
    pools: bool = Field(False, description="guilds' pools pay for their members, where moderators say so; off: everybody pays for themselves")
    pool_grant_max_credits: int = Field(
        0, ge=0, le=1_000_000, description="credits of a pool's that a moderator may give away for good at once; 0: none"
    )
    quarantine_page: int = Field(10, ge=1, le=100, description="memories shown in one page of the quarantine")
    quarantine_s: float = Field(3600.0, gt=0, le=86_400, description="how long a moderator can name by its number what a page showed")

    guild_settings_s: float = Field(30.0, gt=0, le=3600, description="how long a guild's settings hold here before they are asked for again")
    guild_settings_ask_s: float = Field(1.0, gt=0, le=30, description="asking for a guild's settings; past it the ones before hold, or the defaults")
    guild_settings_retry_s: float = Field(5.0, gt=0, le=600, description="how soon settings that could not be had are asked for again")
    guild_settings_idle_s: float = Field(3600.0, gt=0, le=86_400, description="how long the settings of a guild that nobody talks in are kept")
    guild_settings_max: int = Field(10_000, ge=1, le=1_000_000, description="guilds whose settings are kept")

    rate_user_per_minute: float = Field(60.0, ge=0, le=100_000, description="messages of one person to the assistant in the long run; 0: no limit")
    rate_user_burst: int = Field(60, ge=1, le=100_000, description="of which so many at once")
    rate_guild_per_minute: float = Field(3_000.0, ge=0, le=1_000_000, description="the same of one guild, all its people; 0: no limit")
    rate_guild_burst: int = Field(1_000, ge=1, le=1_000_000, description="of which so many at once")
    rate_command_cost: float = Field(0.25, gt=0, le=1, description="what a command counts for, where a question counts for 1")
    rate_told_s: float = Field(60.0, gt=0, le=3600, description="who is too fast is told so once in this time; by the API, each time")
    rate_keys_max: int = Field(50_000, ge=1, le=10_000_000, description="people, and guilds, whose pace is known at once")
    blocks_poll_s: float = Field(5.0, gt=0, le=3600, description="how often the list of whom operators have blocked is asked for")
    blocks_ask_s: float = Field(2.0, gt=0, le=30, description="asking for a page of it; past it the list before holds")

    running_max: int = Field(64, ge=1, le=10_000, description="turns under way at once; more wait")
    running_min: int = Field(8, ge=1, le=10_000, description="of those, as many may always; also while the services that turns begin with are slow")
    slow_begin_s: float = Field(0.2, gt=0, le=30, description="a turn that takes longer to begin says that they are; then fewer run at once")
    waiting_per_user_max: int = Field(5, ge=1, le=1000, description="messages of one person in one place that wait")
    waiting_max: int = Field(512, ge=1, le=100_000, description="messages that wait in all")
    wait_s_max: float = Field(6.0, gt=0, le=60, description="a message that would wait longer, by how fast turns end now, is refused")
    lease_ttl_s: float = Field(4.0, ge=1, le=600, description="how long a lease of a person's turns outlives a dead gateway")
    lease_wait_s: float = Field(20.0, ge=0, le=60, description="how long to wait for another gateway's turn of the same person")
    stop_wait_s: float = Field(1.0, ge=0, le=10, description="how long other gateways are waited for when an answer is to be stopped")
    claim_ttl_s: float = Field(4.0, ge=1, le=600, description="how long a claim on a message of Discord outlives a dead gateway")
    claim_done_s: float = Field(3600.0, gt=0, le=86_400, description="how long it is remembered that such a message was answered")
    watched_max: int = Field(500, ge=0, le=100_000, description="messages watched that another gateway answers; more are left to it")
    watch_s: float = Field(180.0, gt=0, le=3600, description="how long such a message is watched; then it is left to the other gateway")
    orphan_poll_s: float = Field(5.0, gt=0, le=600, description="how often turns that nobody finished are looked for")
    deliver_s: float = Field(10.0, gt=0, le=30, description="bringing one apology to its channel")
    orphans_max: int = Field(20, ge=1, le=100, description="unfinished turns taken at once")

    data_dir: str = Field("", validation_alias="PARLOUR_DATA_DIR", description="folder for the outage journal; empty: no turns while credit is away")
    outage_instance: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        description="names this gateway's lease and the folder of its journal; the same after every restart, and of no other gateway",
    )
    # Some sixty answers of the shipped price list's model at their dearest: what the people of one gateway may be given before anybody is asked.
    outage_lease_microcredits: int = Field(
        20_000_000, ge=0, le=1_000_000_000_000, description="what answers may cost in all while credit is away; 0: nobody is answered then"
    )
    outage_lease_ttl_s: int = Field(21_600, ge=10, le=604_800, description="how long a lease lasts that is not prolonged")
    outage_renew_after: float = Field(0.25, gt=0, lt=1, description="share of that after which it is prolonged; an outage finds the rest")
    outage_replace_below: float = Field(0.5, ge=0, lt=1, description="share of a lease's amount; where less is left of it, another one is acquired")
    outage_margin_s: float = Field(5.0, ge=0, le=3600, description="so long before it expires a lease takes no turns: clocks differ")
    outage_quiet_s: float = Field(3600.0, gt=0, le=86_400, description="an outage that nobody has met for so long is over")
    outage_people_max: int = Field(10_000, ge=1, le=1_000_000, description="people answered in one outage, and tiers known at once")
    outage_journal_bytes_max: int = Field(8 << 20, ge=4_096, le=1 << 30, description="beyond it the journal takes no turns, some 16,000 by default")
    outage_poll_s: float = Field(2.0, gt=0, le=60, description="how often it is looked for turns to settle and a lease to prolong")
    outage_retry_max_s: float = Field(30.0, gt=0, le=600, description="how long at most between two tries while credit does not answer")
    outage_call_s: float = Field(5.0, gt=0, le=30, description="one call about the lease")
    outage_batch: int = Field(100, ge=1, le=500, description="turns settled by one call")

    @field_validator("hold_ttl_s")
    @classmethod
    def _holds_outlive_turns(cls, hold_ttl_s: int, known: ValidationInfo) -> int:
        # What does not fit itself is not here, and has a sentence of its own.
        turn_s, settle_s = known.data.get("turn_s"), known.data.get("settle_s")
        if turn_s is not None and settle_s is not None and hold_ttl_s <= turn_s + settle_s:
            raise ValueError(f"a hold must outlive the turn that it is for: more than turn_s and settle_s, {turn_s:g} s and {settle_s:g} s")
        return hold_ttl_s

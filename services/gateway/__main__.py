"""`python -m services.gateway serve`: the composition root."""

from functools import partial
from importlib.metadata import version

import redis.asyncio as redis

from parlour.gateway.v1 import gateway_pb2_grpc
from services.conversation import client as conversation
from services.credit import client as credit
from services.gateway.admission import Admission
from services.gateway.assistant import Assistant
from services.gateway.assistant_turn import Services
from services.gateway.blocks import BlockList
from services.gateway.callers import ALLOWED_CALLERS
from services.gateway.commands.offers import Offers
from services.gateway.guild_settings import GuildSettingsCache
from services.gateway.message_claims import MessageClaims
from services.gateway.orphans import OrphanPoll
from services.gateway.outage.wiring import start_outage
from services.gateway.person_lease import PersonLeases
from services.gateway.servicer import AssistantServicer
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.gateway.status import Status, probe_service
from services.gateway.stop_signals import StopSignals
from services.memory import client as memory
from services.runtime.channel import Remote
from services.runtime.entrypoint import Parts, run, stopped
from services.runtime.guarded_redis import connect
from services.runtime.redis_lease import RedisLeases
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)


def _remotes(settings: GatewaySettings, parts: Parts) -> dict[str, Remote]:
    remotes = {
        "credit": Remote("credit", settings.credit_address, retried=credit.RETRIED, tls=parts.tls),
        "memory": Remote("memory", settings.memory_address, retried=memory.RETRIED, tls=parts.tls),
        "conversation": Remote("conversation", settings.conversation_address, retried=conversation.RETRIED, tls=parts.tls),
    }
    for name, remote in remotes.items():
        parts.stack.push_async_callback(remote.close)
        parts.health.watch(name, partial(probe_service, remote))
    return remotes


def _redis(settings: GatewaySettings, parts: Parts) -> "redis.Redis | None":
    if not settings.redis_url:
        return None
    client = connect(settings.redis_url, timeout_s=settings.redis_timeout_s, connections_max=settings.redis_connections_max)
    parts.stack.push_async_callback(client.aclose)

    async def probe() -> None:
        await client.ping()

    parts.health.watch("redis", probe)
    return client


def _leases(settings: GatewaySettings, client: "redis.Redis | None") -> PersonLeases:
    limits = {"ttl_s": settings.lease_ttl_s, "wait_s": settings.lease_wait_s}
    if client is None:
        return PersonLeases(None, **limits)
    return PersonLeases(RedisLeases(client, ttl_s=settings.lease_ttl_s, prefix="parlour:turn"), **limits)


def _claims(settings: GatewaySettings, client: "redis.Redis | None") -> MessageClaims:
    return MessageClaims(
        client,
        instance_id=settings.instance_id,
        ttl_s=settings.claim_ttl_s,
        done_s=settings.claim_done_s,
        watched_max=settings.watched_max,
    )


def _blocks(settings: GatewaySettings, client: conversation.ConversationClient, parts: Parts) -> BlockList:
    blocks = BlockList(client, poll_s=settings.blocks_poll_s, ask_s=settings.blocks_ask_s)
    parts.spawn(blocks.run(), "keep the list of blocks")
    return blocks


async def start(settings: GatewaySettings, parts: Parts) -> None:
    """Build the gateway from its parts."""
    remotes = _remotes(settings, parts)
    credit_client = credit.CreditClient(remotes["credit"])
    outage = start_outage(settings, credit_client, parts)
    services = Services(
        credit_client,
        memory.MemoryClient(remotes["memory"]),
        conversation.ConversationClient(remotes["conversation"]),
        outage,
    )
    settlement = Settlement(services.credit, services.conversation, settle_s=settings.settle_s, retry_s=settings.end_retry_s)
    client = _redis(settings, parts)
    claims = _claims(settings, client)
    signals = StopSignals(client, wait_s=settings.stop_wait_s)
    guild_settings = GuildSettingsCache(services.conversation, settings)
    breakers = {name: partial(getattr, remote, "breaker_state") for name, remote in remotes.items()}
    outage.is_away = lambda: remotes["credit"].breaker_state == "open" or not parts.health.is_up("credit")
    status = Status(parts.health, breakers, instance_id=settings.instance_id, version=version("parlour"), outage=outage.status)
    assistant = Assistant(
        services,
        settings,
        settlement,
        _leases(settings, client),
        signals,
        guild_settings=guild_settings,
        describe=status.describe,
        claims=claims,
        admission=Admission(settings, _blocks(settings, services.conversation, parts)),
        offers=Offers(client, keep_s=settings.forget_offer_s),
    )
    parts.spawn(signals.listen(), "hear other gateways' stops")
    parts.stack.push_async_callback(assistant.close)
    servicer = AssistantServicer(assistant, status)
    parts.server.add(gateway_pb2_grpc.add_AssistantServiceServicer_to_server, servicer, "parlour.gateway.v1.AssistantService")
    poll = OrphanPoll(services, settlement, settings, assistant.couriers, claims=claims, is_up=partial(parts.health.is_up, "conversation"))
    parts.spawn(poll.run(), "apologise for unfinished turns")
    if settings.discord_token:
        in_discord = parts.spawn(_discord(settings, assistant, parts, client), "discord")
        parts.drains.append(partial(stopped, in_discord))  # before the assistant closes: answers under way end by themselves


async def _discord(settings: GatewaySettings, assistant: Assistant, parts: Parts, client: "redis.Redis | None") -> None:
    from services.gateway.discord.bot import DiscordRefused, run_bot  # nextcord is loaded only where it is used

    try:
        await run_bot(settings, assistant, parts.health, client=client, instance=settings.instance_id)
    except DiscordRefused as refused:
        # The API goes on; GetStatus and the health of "discord" say that Discord does not.
        _log.error("Discord is not joined", problem=str(refused))


if __name__ == "__main__":
    run("gateway", GatewaySettings, start, callers=ALLOWED_CALLERS)

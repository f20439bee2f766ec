"""`python -m services.gateway serve`: the composition root."""

from functools import partial
from importlib.metadata import version

import redis.asyncio as redis

from parlour.gateway.v1 import gateway_pb2_grpc
from services.conversation import client as conversation
from services.credit import client as credit
from services.gateway.assistant import Assistant
from services.gateway.assistant_turn import Services
from services.gateway.orphans import OrphanPoll
from services.gateway.person_lease import PersonLeases
from services.gateway.servicer import AssistantServicer
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.gateway.status import Status, probe_service
from services.memory import client as memory
from services.runtime.channel import Remote
from services.runtime.entrypoint import Parts, run
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


def _leases(settings: GatewaySettings, parts: Parts) -> PersonLeases:
    limits = {"ttl_s": settings.lease_ttl_s, "wait_s": settings.lease_wait_s}
    if not settings.redis_url:
        return PersonLeases(None, **limits)
    client = redis.from_url(settings.redis_url, socket_timeout=settings.redis_timeout_s, socket_connect_timeout=settings.redis_timeout_s)
    parts.stack.push_async_callback(client.aclose)

    async def probe() -> None:
        await client.ping()

    parts.health.watch("redis", probe)
    return PersonLeases(RedisLeases(client, ttl_s=settings.lease_ttl_s, prefix="parlour:turn"), **limits)


async def start(settings: GatewaySettings, parts: Parts) -> None:
    """Build the gateway from its parts."""
    remotes = _remotes(settings, parts)
    services = Services(
        credit.CreditClient(remotes["credit"]),
        memory.MemoryClient(remotes["memory"]),
        conversation.ConversationClient(remotes["conversation"]),
    )
    settlement = Settlement(services.credit, services.conversation, settle_s=settings.settle_s, retry_s=settings.end_retry_s)
    assistant = Assistant(services, settings, settlement, _leases(settings, parts))
    parts.stack.push_async_callback(assistant.close)
    breakers = {name: partial(getattr, remote, "breaker_state") for name, remote in remotes.items()}
    status = Status(parts.health, breakers, instance_id=settings.instance_id, version=version("parlour"))
    servicer = AssistantServicer(assistant, status)
    parts.server.add(gateway_pb2_grpc.add_AssistantServiceServicer_to_server, servicer, "parlour.gateway.v1.AssistantService")
    poll = OrphanPoll(services, settlement, settings, assistant.couriers, is_up=partial(parts.health.is_up, "conversation"))
    parts.spawn(poll.run(), "apologise for unfinished turns")
    if settings.discord_token:
        parts.spawn(_discord(settings, assistant, parts), "discord")


async def _discord(settings: GatewaySettings, assistant: Assistant, parts: Parts) -> None:
    from services.gateway.discord.bot import DiscordRefused, run_bot  # nextcord is loaded only where it is used

    try:
        await run_bot(settings, assistant, parts.health)
    except DiscordRefused as refused:
        # The API goes on; GetStatus and the health of "discord" say that Discord does not.
        _log.error("Discord is not joined", problem=str(refused))


if __name__ == "__main__":
    run("gateway", GatewaySettings, start)

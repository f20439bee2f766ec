"""`python -m services.gateway serve`: the composition root."""

from functools import partial
from importlib.metadata import version

import redis.asyncio as redis

from parlour.gateway.v1 import gateway_pb2_grpc
from services.conversation.client import ConversationClient
from services.credit.client import CreditClient
from services.gateway.assistant import Assistant
from services.gateway.assistant_turn import Services
from services.gateway.orphans import OrphanPoll
from services.gateway.person_lease import PersonLeases
from services.gateway.servicer import AssistantServicer
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.gateway.status import Status, probe_service
from services.memory.client import MemoryClient
from services.runtime.channel import Remote
from services.runtime.entrypoint import Parts, run
from services.runtime.redis_lease import RedisLeases

# What the channel may repeat by itself: calls with an idempotency key, and reads. Never Reply.
_RETRIED = {
    "credit": ["parlour.credit.v1.CreditService"],
    "memory": ["parlour.memory.v1.MemoryService", "parlour.memory.v1.MemoryQueryService"],
    "conversation": [
        "parlour.conversation.v1.ConversationService/BeginTurn",
        "parlour.conversation.v1.ConversationService/EndTurn",
        "parlour.conversation.v1.ConversationService/ClaimOrphanedTurns",
    ],
}


def _remotes(settings: GatewaySettings, parts: Parts) -> dict[str, Remote]:
    addresses = {"credit": settings.credit_address, "memory": settings.memory_address, "conversation": settings.conversation_address}
    remotes = {name: Remote(name, address, retried=_RETRIED[name], tls=parts.tls) for name, address in addresses.items()}
    for name, remote in remotes.items():
        parts.stack.push_async_callback(remote.close)
        parts.health.watch(name, partial(probe_service, remote.channel))
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
    services = Services(CreditClient(remotes["credit"]), MemoryClient(remotes["memory"]), ConversationClient(remotes["conversation"]))
    settlement = Settlement(services.credit, services.conversation, settle_s=settings.settle_s, retry_s=settings.end_retry_s)
    assistant = Assistant(services, settings, settlement, _leases(settings, parts))
    parts.stack.push_async_callback(assistant.close)
    breakers = {name: partial(getattr, remote, "breaker_state") for name, remote in remotes.items()}
    status = Status(parts.health, breakers, instance_id=settings.instance_id, version=version("parlour"))
    servicer = AssistantServicer(assistant, status)
    parts.server.add(gateway_pb2_grpc.add_AssistantServiceServicer_to_server, servicer, "parlour.gateway.v1.AssistantService")
    parts.spawn(OrphanPoll(services, settlement, settings, assistant.couriers).run(), "apologise for unfinished turns")
    if settings.discord_token:
        from services.gateway.discord.bot import run_bot  # nextcord is loaded only where it is used

        parts.spawn(run_bot(settings, assistant, parts.health), "discord")


if __name__ == "__main__":
    run("gateway", GatewaySettings, start)

"""What guilds decide, as the gateway goes by it: kept for a while, so that a message waits for conversation only where its guild is not known yet.

What was kept for longer than `guild_settings_s` still holds for the message at hand and is asked for again behind its back: a decision made elsewhere
holds here that much later, and one more message later where nobody talks. What is decided here holds at once: see `forget`.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass

from prometheus_client import Counter

from parlour.conversation.v1 import conversation_pb2
from services.conversation.client import ConversationClient
from services.gateway.settings import GatewaySettings
from services.runtime import failures
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import ParlourError

_reads = Counter("parlour_gateway_guild_settings_reads_total", "Reads of a guild's settings, by what they were answered from", ["answer"])


@dataclass(frozen=True, slots=True)
class _Kept:
    """Settings, and from when on they are to be asked for again."""

    settings: conversation_pb2.GuildSettings
    stale_at_s: float
    known: bool
    """False: conversation could not be asked, and these are the defaults."""


class GuildSettingsCache:
    """Guilds' settings, at most `guild_settings_max` of them. Make it inside the running loop."""

    def __init__(self, conversation: ConversationClient, settings: GatewaySettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._conversation = conversation
        self._fresh_s = settings.guild_settings_s
        self._retry_s = settings.guild_settings_retry_s
        self._ask_s = settings.guild_settings_ask_s
        self._clock = clock
        self._kept: BoundedMap[str, _Kept] = BoundedMap(
            "gateway_guild_settings", size_max=settings.guild_settings_max, ttl_s=settings.guild_settings_idle_s, clock=clock
        )
        # As many as there are guilds in the other map: who is dropped from here is asked for twice, which does no harm.
        self._asking: BoundedMap[str, asyncio.Task[_Kept]] = BoundedMap("gateway_guild_settings_asked", size_max=settings.guild_settings_max)

    async def get(self, guild_id: str) -> conversation_pb2.GuildSettings:
        """Return what holds in a guild; where it is not known and conversation cannot be asked, or in no guild at all, the defaults.

        The settings are shared: do not change them. Raises nothing but CancelledError.
        """
        if not guild_id:
            return _defaults("")
        kept = self._kept.get(guild_id)
        if kept is None:
            kept = await asyncio.shield(self._ask(guild_id))
            _reads.labels("asked" if kept.known else "default").inc()
        elif kept.stale_at_s <= self._clock():
            self._ask(guild_id)
            _reads.labels("stale").inc()
        else:
            _reads.labels("kept" if kept.known else "default").inc()
        return kept.settings

    def forget(self, guild_id: str) -> None:
        """Ask for a guild's settings anew: to be called after they were changed. What is being asked for meanwhile is not kept."""
        self._kept.pop(guild_id)
        self._asking.pop(guild_id)

    async def close(self) -> None:
        """Ask no longer."""
        tasks = [task for guild_id in self._asking if (task := self._asking.pop(guild_id)) is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ask(self, guild_id: str) -> "asyncio.Task[_Kept]":
        asking = self._asking.get(guild_id)
        if asking is None or asking.done():
            # In a context of its own: who asks first may have little time left, and others wait for the answer too.
            asking = asyncio.create_task(self._load(guild_id), context=Context())
            self._asking.put(guild_id, asking)
        return asking

    async def _load(self, guild_id: str) -> _Kept:
        request = conversation_pb2.GetGuildSettingsRequest(guild_id=guild_id)
        try:
            answer = await self._conversation.get_guild_settings(request, timeout_s=self._ask_s)
        except ParlourError as error:
            failures.ended(error, failures.Place.BACKGROUND, "a guild's settings are not known")
            before = self._kept.peek(guild_id)
            settings, known = (before.settings, before.known) if before is not None else (_defaults(guild_id), False)
            loaded = _Kept(settings, self._clock() + self._retry_s, known)
        else:
            loaded = _Kept(answer.settings, self._clock() + self._fresh_s, known=True)
        if self._asking.peek(guild_id) is asyncio.current_task():
            self._kept.put(guild_id, loaded)
            self._asking.pop(guild_id)
        return loaded


def _defaults(guild_id: str) -> conversation_pb2.GuildSettings:
    return conversation_pb2.GuildSettings(guild_id=guild_id, extraction=True)

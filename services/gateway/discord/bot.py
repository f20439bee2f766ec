"""The connection to Discord: kept up, renewed after whatever breaks it, and given up with one clear line where that is pointless."""

import asyncio
import logging
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, Protocol

import nextcord
import redis.asyncio as redis
from nextcord.ext import commands

from services.gateway.discord.answer_records import AnswerRecords
from services.gateway.discord.answering import ORIGIN, AssistantLike
from services.gateway.discord.api import rest_client
from services.gateway.discord.courier import DiscordCourier
from services.gateway.discord.event_reading import read_with_care
from services.gateway.discord.identify import IdentifyPace, StartLimit, asked_of_discord
from services.gateway.discord.register import TOKEN_REFUSED, DiscordRefused
from services.gateway.discord.replier import Replier
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.shard_connection import CONNECT_S, STABLE_S, ReconnectBackoff, SessionShard, SessionWebSocket
from services.runtime import failures
from services.runtime.errors import DependencyUnavailable
from services.runtime.health import Probe
from services.runtime.telemetry import get_logger

INTENTS_REFUSED = "Discord does not give this bot the text of messages: switch on Message Content Intent on the Bot page of your application."
SHARDS_REFUSED = "Discord does not accept the shards of this process: PARLOUR_GATEWAY_DISCORD_SHARD_COUNT or _IDS does not fit."
REFUSED_CLOSES = {4004: TOKEN_REFUSED, 4010: SHARDS_REFUSED, 4011: SHARDS_REFUSED, 4013: INTENTS_REFUSED, 4014: INTENTS_REFUSED}

_log = get_logger(__name__)


class HealthLike(Protocol):
    """What watches dependencies: services.runtime.health.Health."""

    def watch(self, dependency: str, probe: Probe) -> None:
        """Ask regularly whether a dependency is well."""


class Link:
    """Whether the shards of this process are connected."""

    def __init__(self) -> None:
        self._up: set[int] = set()
        self._expected = 1

    def expect(self, shards: int) -> None:
        """Say how many shards this process has."""
        self._expected = max(1, shards)

    def clear(self) -> None:
        """Note that no shard is up."""
        self._up.clear()

    def set(self, shard_id: int, up: bool) -> bool:
        """Note what became of a shard; return whether that is news."""
        news = up is not (shard_id in self._up)
        (self._up.add if up else self._up.discard)(shard_id)
        return news

    async def probe(self) -> None:
        """Raise ConnectionError unless every shard is connected."""
        if len(self._up) < self._expected:
            raise ConnectionError(f"{len(self._up)} of {self._expected} shards are connected")


class AssistantBot(commands.AutoShardedBot):
    """One life of the client. Registers no commands with Discord and deletes none."""

    def __init__(self, settings: DiscordSettings, replier: Replier, link: Link, pace: IdentifyPace, jitter: Callable[[], float]) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            intents=nextcord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True),
            shard_count=settings.discord_shard_count or None,
            shard_ids=settings.shard_ids() or None,
            allowed_mentions=nextcord.AllowedMentions.none(),
            max_messages=settings.discord_cached_messages_max,
            chunk_guilds_at_startup=False,
            lazy_load_commands=False,
            rollout_associate_known=False,
            rollout_delete_unknown=False,
            rollout_register_new=False,
            rollout_update_known=False,
        )
        self._replier = replier
        self._link = link
        self._pace = pace
        self._backoff = partial(ReconnectBackoff, settings.discord_reconnect_max_s, jitter)
        read_with_care(self._connection, self.http)
        if settings.discord_gateway_url:
            self._use_gateway(settings.discord_gateway_url)

    def _use_gateway(self, url: str) -> None:
        """Connect to this address, whatever GET /gateway says."""
        http = self.http
        recommended = http.get_bot_gateway

        async def get_gateway(**_: Any) -> str:
            return http.format_websocket_url(url)

        async def get_bot_gateway(**options: Any) -> tuple[int, str]:
            shards, _ = await recommended(**options)
            return shards, http.format_websocket_url(url)

        setattr(http, "get_gateway", get_gateway)  # noqa: B010 (mypy forbids assigning to a method)
        setattr(http, "get_bot_gateway", get_bot_gateway)  # noqa: B010

    async def launch_shards(self) -> None:
        """Connect the shards; how many they are may be Discord's to say."""
        self._link.expect(len(self.shard_ids or ()) or self.shard_count or 1)
        await super().launch_shards()
        self._link.expect(len(self.shards))

    async def launch_shard(self, gateway: str, shard_id: int, *, initial: bool = False) -> None:
        """Connect one shard, however often that fails: nextcord's own does not wait longer each time, nor for the day's IDENTIFYs."""
        backoff = self._backoff()
        while True:
            await self._pace.opened(self._ask_start_limit)
            coming = SessionWebSocket.from_client(self, initial=initial, gateway=gateway, shard_id=shard_id)
            try:
                websocket = await asyncio.wait_for(coming, CONNECT_S)
                break
            except Exception as error:  # whatever a server or a network can cause
                wait_s = backoff.delay()
                problem = f"{type(error).__name__}: {error}"[:200]
                _log.warning("a Discord shard could not connect; trying again", shard=shard_id, problem=problem, wait_s=round(wait_s, 1))
                await asyncio.sleep(wait_s)
        shards, queue = (getattr(self, f"_AutoShardedClient__{name}") for name in ("shards", "queue"))
        shards[shard_id] = shard = SessionShard(websocket, self, queue.put_nowait, self._backoff())
        shard.launch()

    async def _ask_start_limit(self) -> StartLimit:
        return await asked_of_discord(self.http)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keep Discord's pace for IDENTIFY, together with the bot's other processes. Raises IdentifyLater."""
        application_id = self.application_id or (self.user.id if self.user is not None else 0)
        await self._pace.granted(application_id, shard_id or 0, self._ask_start_limit)

    async def on_connect(self) -> None:
        """nextcord would register commands here."""

    async def on_guild_available(self, guild: nextcord.Guild) -> None:
        """nextcord would register a guild's commands here."""

    async def on_shard_connect(self, shard_id: int) -> None:
        """Note it for health."""
        self._link.set(shard_id, True)
        _log.info("Discord shard connected", shard=shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Note it for health."""
        self._link.set(shard_id, True)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Note it for health."""
        if self._link.set(shard_id, False):
            _log.warning("Discord shard disconnected", shard=shard_id)

    async def on_message(self, message: nextcord.Message) -> None:
        """Answer a message."""
        await self._replier.message(message, self)

    async def on_raw_message_edit(self, payload: nextcord.RawMessageUpdateEvent) -> None:
        """Deal with an edit, also of a message that nextcord does not remember."""
        await self._replier.updated({"guild_id": payload.guild_id, **payload.data}, self)

    async def on_raw_message_delete(self, payload: nextcord.RawMessageDeleteEvent) -> None:
        """Deal with a deletion."""
        await self._replier.deleted(payload.guild_id, payload.channel_id, [payload.message_id])

    async def on_raw_bulk_message_delete(self, payload: nextcord.RawBulkMessageDeleteEvent) -> None:
        """Deal with a deletion of many messages."""
        await self._replier.deleted(payload.guild_id, payload.channel_id, payload.message_ids)

    async def on_interaction(self, interaction: nextcord.Interaction[Any]) -> None:
        """Answer a slash command, a button, a menu or a form; nextcord would look for commands and views that it made itself."""
        await self._replier.interaction(interaction)

    async def on_error(self, event_method: str, *args: Any, **kwargs: Any) -> None:
        """Log what an event ended in, never what it carried."""
        failures.ended(sys.exception() or RuntimeError(), failures.Place.DISCORD, "a Discord event failed", discord_event=event_method)


async def run_bot(
    settings: DiscordSettings,
    assistant: AssistantLike,
    health: HealthLike,
    *,
    client: "redis.Redis | None" = None,
    instance: str = "",
    jitter: Callable[[], float] = random.random,
) -> None:
    """Be in Discord until cancelled: connect, answer, and connect anew after whatever ends a connection.

    Cancelled, it waits for answers under way (`discord_drain_s`) and closes. Raises DiscordRefused, whose message is one line for the
    operator, if Discord refuses the token, the intents or the shards: then trying again would only use up the day's IDENTIFYs.
    `client`: the Redis in which the bot's processes agree when to IDENTIFY, and keep which answer belongs to which message; `instance`: this one.
    """
    quiet_nextcord()
    link = Link()
    health.watch(ORIGIN, link.probe)
    http = rest_client(settings)
    records = AnswerRecords(client, size_max=settings.discord_answers_kept_max, keep_s=settings.discord_answers_kept_s, instance=instance)
    replier = Replier(settings, assistant, http, records)
    pace = IdentifyPace(client, interval_s=settings.discord_identify_interval_s)
    assistant.couriers.connect(ORIGIN, DiscordCourier(http, records))
    try:
        await _connect_forever(settings, replier, link, pace, jitter)
    finally:
        assistant.couriers.disconnect(ORIGIN)
        await replier.drain(settings.discord_drain_s)
        await http.close()


async def _connect_forever(settings: DiscordSettings, replier: Replier, link: Link, pace: IdentifyPace, jitter: Callable[[], float]) -> NoReturn:
    tries = 0
    while True:
        started_at = time.monotonic()
        problem = await _connect_once(AssistantBot(settings, replier, link, pace, jitter), settings, link)
        tries = 1 if time.monotonic() - started_at > STABLE_S else tries + 1
        wait_s = min(settings.discord_reconnect_max_s, 2.0 ** (tries - 1)) * (0.5 + jitter() / 2)
        ended = DependencyUnavailable(ORIGIN, problem)
        failures.ended(ended, failures.Place.DISCORD, "the connection to Discord ended; connecting anew", wait_s=round(wait_s, 1), tries=tries)
        await asyncio.sleep(wait_s)


async def _connect_once(bot: AssistantBot, settings: DiscordSettings, link: Link) -> str:
    """Live one life of the client and return what ended it."""
    try:
        await bot.start(settings.discord_token.strip())
    except nextcord.LoginFailure:
        raise DiscordRefused(TOKEN_REFUSED) from None
    except nextcord.PrivilegedIntentsRequired:
        raise DiscordRefused(INTENTS_REFUSED) from None
    except nextcord.ConnectionClosed as closed:
        if closed.code in REFUSED_CLOSES:
            raise DiscordRefused(REFUSED_CLOSES[closed.code]) from None
        return f"closed with {closed.code}"
    except Exception as error:  # nextcord lets pass whatever a server or a network can cause
        return f"{type(error).__name__}: {error}"[:200]
    finally:
        link.clear()
        await _close(bot)
    return "closed"


async def _close(bot: AssistantBot) -> None:
    try:
        await bot.close()
        await bot.http.close()
    except Exception as error:
        _log.warning("the Discord client did not close cleanly", problem=type(error).__name__)


def quiet_nextcord() -> None:
    """Let nextcord log warnings at most as single lines: it puts tracebacks behind each reconnect, and texts into its debug log."""
    for name in ("nextcord.client", "nextcord.gateway", "nextcord.http", "nextcord.shard", "nextcord.state", "nextcord.webhook.async_"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(_without_traceback)


def _without_traceback(record: logging.LogRecord) -> bool:
    if record.exc_info:
        record.msg, record.args = f"{record.getMessage()} ({record.exc_info[1]!r})", ()
        record.exc_info = None
    return True


__all__ = ["AssistantBot", "DiscordRefused", "Link", "run_bot"]

"""The Discord bot against the fake Discord, with an assistant that follows a script."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.bot import run_bot
from services.gateway.discord.settings import DiscordSettings
from tests.fakes.discord_server import Channel, FakeDiscord, Guild, User

Event = gateway_pb2.HandleMessageResponse
Script = Callable[[gateway_pb2.IncomingMessage], AsyncIterator[Event]]


def typing() -> Event:
    return Event(typing=gateway_pb2.Typing())


def delta(text: str) -> Event:
    return Event(delta=gateway_pb2.Delta(text=text))


def notice(text: str) -> Event:
    return Event(notice=gateway_pb2.Notice(kind="some", text=text))


def final(text: str) -> Event:
    return Event(final=gateway_pb2.Final(text=text, outcome=gateway_pb2.Final.OUTCOME_ANSWERED))


def ignored(reason: str = "not_addressed") -> Event:
    return Event(ignored=gateway_pb2.Ignored(reason=reason))


def saying(*events: Event) -> Script:
    """Answers with these events, at once."""

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        for event in events:
            yield event

    return script


def is_addressed(message: gateway_pb2.IncomingMessage) -> bool:
    """The rules of the real assistant that these tests need."""
    return not message.guild_id or message.mentions_assistant or message.replied_to.from_assistant


async def _echo(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
    """Does what the real assistant's rules do: answers what is addressed to it."""
    if not is_addressed(message):
        yield ignored()
        return
    if not (message.text or message.images or message.text_files or message.unread_files):
        yield ignored("empty")
        return
    yield typing()
    yield delta("You said: ")
    yield final(f"You said: {message.text}")


class RecordedCouriers:
    def __init__(self) -> None:
        self.connected: dict[str, Any] = {}

    def connect(self, origin: str, courier: Any) -> None:
        self.connected[origin] = courier

    def disconnect(self, origin: str) -> None:
        self.connected.pop(origin, None)


class ScriptedAssistant:
    """Answers by `script`, and records what it was asked."""

    def __init__(self) -> None:
        self.couriers = RecordedCouriers()
        self.script: Script = _echo
        self.messages: list[gateway_pb2.IncomingMessage] = []
        self.requests: list[gateway_pb2.HandleMessageRequest] = []
        self.origins: list[str] = []
        self.cut = 0
        self.under_way: set[str] = set()
        self.stops: list[gateway_pb2.StopAnswerRequest] = []
        self.withdrawals: list[gateway_pb2.WithdrawMessagesRequest] = []
        self.withdraw_problems: list[Exception] = []
        self.edits: list[gateway_pb2.IncomingMessage] = []
        self.again: list[bool] = []
        self.answer_given: gateway_pb2.Final | None = None

    async def handle(
        self, request: gateway_pb2.HandleMessageRequest, *, origin: str = "api", complete: Any = None, again: bool = False
    ) -> AsyncIterator[Event]:
        self.again.append(again)
        self.messages.append(request.message)
        self.requests.append(request)
        self.origins.append(origin)
        self.under_way.add(request.message.message_id)
        try:
            if complete is not None and is_addressed(request.message):
                await complete(request.message)
            async for event in self.script(request.message):
                yield event
        except (asyncio.CancelledError, GeneratorExit):
            self.cut += 1
            raise
        finally:
            self.under_way.discard(request.message.message_id)

    async def stop_answer(self, request: gateway_pb2.StopAnswerRequest) -> gateway_pb2.StopAnswerResponse:
        self.stops.append(request)
        return gateway_pb2.StopAnswerResponse(stopped=request.message_id in self.under_way)

    async def given(self, message: gateway_pb2.IncomingMessage) -> gateway_pb2.Final | None:
        return self.answer_given

    async def withdraw(self, request: gateway_pb2.WithdrawMessagesRequest) -> gateway_pb2.WithdrawMessagesResponse:
        if self.withdraw_problems:
            raise self.withdraw_problems.pop(0)
        self.withdrawals.append(request)
        return gateway_pb2.WithdrawMessagesResponse(withdrawn=len(request.message_ids))

    async def edited(self, message: gateway_pb2.IncomingMessage, *, request_id: str) -> bool:
        self.edits.append(message)
        return True

    async def still_mine(self, turn_id: str) -> bool:
        return True


class RecordedHealth:
    def __init__(self) -> None:
        self.probes: dict[str, Any] = {}

    def watch(self, dependency: str, probe: Any) -> None:
        self.probes[dependency] = probe

    async def is_up(self) -> bool:
        try:
            await self.probes["discord"]()
        except ConnectionError:
            return False
        return True


def settings_for(discord: FakeDiscord, **changes: Any) -> DiscordSettings:
    values: dict[str, Any] = {
        "discord_token": discord.token,
        "discord_api_url": discord.api_url,
        "discord_shard_count": 1,
        "discord_identify_interval_s": 0.0,
        "discord_edit_interval_s": 0.05,
        "discord_drain_s": 1.0,
    }
    return DiscordSettings(**(values | changes))


@dataclass
class Place:
    """A Discord with a guild, a channel, a person, and the bot in it."""

    discord: FakeDiscord
    guild: Guild
    general: Channel
    ada: User
    assistant: ScriptedAssistant = field(default_factory=ScriptedAssistant)
    health: RecordedHealth = field(default_factory=RecordedHealth)
    task: "asyncio.Task[None] | None" = None
    redis: Any = None
    instance: str = ""

    def run(self, **settings: Any) -> "asyncio.Task[None]":
        run = run_bot(
            settings_for(self.discord, **settings),
            self.assistant,
            self.health,
            client=self.redis,
            instance=self.instance,
            jitter=lambda: 0.0,
        )
        self.task = asyncio.create_task(run)
        return self.task

    async def run_connected(self, **settings: Any) -> None:
        """Run the bot until it has seen READY: before, it has no session to resume."""
        self.run(**settings)
        async with asyncio.timeout(10):
            while not (self.health.probes and await self.health.is_up()):
                await asyncio.sleep(0.005)

    async def stop(self) -> None:
        if self.task is not None and not self.task.done():
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """The bot is not running yet: `await place.run_connected()`."""
    async with FakeDiscord() as discord:
        guild = discord.create_guild("Book club")
        made = Place(discord, guild, discord.create_channel(guild, "general"), discord.create_user("ada", guilds=[guild], nick="Ada L."))
        yield made
        await made.stop()

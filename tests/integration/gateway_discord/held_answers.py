"""Answers that stop and go on when a test wants it, and what people do to them."""

import asyncio
from collections.abc import AsyncIterator

from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS
from tests.fakes.discord_server import Interaction, Message

from .conftest import Event, Place, Script, delta, final, ignored, typing

Final = gateway_pb2.Final
PATCHES = r"/messages/"


def numbered() -> Script:
    """Answers each attempt with its number."""

    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        if message.guild_id and not message.mentions_assistant:
            yield ignored()
            return
        yield typing()
        yield delta(f"attempt {message.attempt}: ")
        yield final(f"attempt {message.attempt}: {message.text}")

    return script


class Held:
    """An answer that stands at its first words until it is let go; `said` is its last event."""

    def __init__(self, text: str, said: Event) -> None:
        self.text = text
        self.said = said
        self.go_on = asyncio.Event()

    async def script(self, _: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield typing()
        yield delta(self.text)
        await self.go_on.wait()
        yield self.said


def stopped(text: str) -> Event:
    return Event(final=Final(text=text, outcome=Final.OUTCOME_CUT, stopped=True, reason="STOPPED"))


def refused(text: str, reason: str = "INSUFFICIENT_CREDIT") -> Event:
    return Event(final=Final(text=text, outcome=Final.OUTCOME_REFUSED, reason=reason))


def labels(message: Message) -> list[str]:
    return [button["label"] for row in message.components for button in row["components"]]


async def ask(place: Place, text: str = "hi") -> Message:
    return place.discord.person_says(place.general, place.ada, text, mentions=[place.discord.bot])


async def told(place: Place, pressed: Interaction, key: str) -> None:
    """Wait until whoever pressed is told something, for their eyes only."""
    [said] = await place.discord.until(lambda: [one for one in pressed.messages if one.content == WORDS[key]])
    assert said.visible_to == pressed.user.id

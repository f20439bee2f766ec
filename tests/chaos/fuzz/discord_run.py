"""Hostile events for the bot, and whether it is still itself afterwards."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.chaos.fuzz.discord_recipes import EventRecipe, changed, made_events
from tests.chaos.fuzz.discord_scene import KINDS, Scene
from tests.fakes.discord_server import FakeDiscord

_PART = 500
_BURST = 10
_BETWEEN_BURSTS_S = 0.1
"""So that the bot deals with events and does not just refuse most of them for being too many."""
_ANSWERED_WITHIN_S = 60.0
# What is no event at all. Each may cost the connection, which is then renewed once.
FRAMES = (
    "",
    "null",
    "[]",
    "{",
    "{}",
    '{"op": 0}',
    '{"op": 0, "d": null, "s": null, "t": null}',
    '{"op": 99, "d": {}, "s": null, "t": null}',
    '{"op": "0", "d": 1, "s": "x", "t": 7}',
    '{"op": 10, "d": null, "s": null, "t": null}',
    '{"op": 0, "d": ' + "[" * 2_000 + "]" * 2_000 + ', "s": 1, "t": "MESSAGE_CREATE"}',
)


@dataclass
class EventReport:
    """What came of the events. `reconnects` and `frame_reconnects`: connections begun anew, meanwhile and after what was no event."""

    events: int = 0
    reconnects: int = 0
    frames: int = 0
    frame_reconnects: int = 0
    unanswered: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.unanswered and not self.reconnects and self.frame_reconnects <= self.frames


class EventFuzzer:
    """Sends events to the bot of a fake Discord. The quiet server is the one in which it has to answer afterwards."""

    def __init__(self, discord: FakeDiscord) -> None:
        self._discord = discord
        self._quiet = discord.create_guild("Quiet")
        self._channel = discord.create_channel(self._quiet, "quiet")
        self._scene = Scene(discord)
        self.report = EventReport()

    async def run(self, seed: int, events: int) -> EventReport:
        """Send so many events, about, then what is no event, and ask something after each."""
        before = self._connections
        part = min(events, _PART)
        for number in range(-(-events // part)):
            # In a thread: meanwhile the fake has to answer.
            await self._send(await asyncio.to_thread(made_events, seed * 1_000 + number, KINDS, part))
        await self._answers("after the events")
        self.report.reconnects = self._connections - before
        before = self._connections
        for frame in FRAMES:
            self._discord.send_raw(frame)
            self.report.frames += 1
            await self._discord.wait_connected(timeout_s=_ANSWERED_WITHIN_S)
        await self._answers("after what was no event")
        self.report.frame_reconnects = self._connections - before
        return self.report

    @property
    def _connections(self) -> int:
        return len(self._discord.gateway.identifies) + self._discord.gateway.resumes

    async def _send(self, recipes: Sequence[EventRecipe]) -> None:
        for number, recipe in enumerate(recipes):
            self._scene.send(recipe, partial(changed, changes=recipe.changes))
            self.report.events += 1
            if number % _BURST == _BURST - 1:
                await asyncio.sleep(_BETWEEN_BURSTS_S)

    async def _answers(self, when: str) -> None:
        """A message and a command, by somebody nobody has met."""
        person = self._discord.create_user("quiet", guilds=[self._quiet])
        question = self._discord.person_says(self._channel, person, "what is a palfrey?", mentions=[self._discord.bot])
        try:
            await self._discord.wait_for_text(question, "answer.", timeout_s=_ANSWERED_WITHIN_S)
        except TimeoutError:
            self.report.unanswered.append(f"a message {when}")
        used = self._discord.person_uses(self._channel, person, "help")
        try:
            await self._discord.until(lambda: used.messages, timeout_s=_ANSWERED_WITHIN_S)
        except TimeoutError:
            self.report.unanswered.append(f"a command {when}")

"""One cell in which Discord breaks: the person asks and reads there, so the answer counts when it stands there, whole and once."""

import asyncio
import time

from tests.chaos.matrix.cells import Cell, Expected
from tests.chaos.matrix.stack import MatrixStack
from tests.chaos.matrix.turns import RECOVERY_MAX_S, MomentMissed, Ran, TurnUnderWay
from tests.fakes.discord_server import Message
from tests.fakes.model_server import DELTAS

OUTAGE_MIN_S = 2.0
"""How long Discord is away at least: its own gateway and people go on meanwhile."""
_OUTAGE_MAX_S = 4.0
_WHOLE_WAIT_S = 30.0


class DiscordTurns:
    """Runs cells on a stack, one after the other, in one channel of a server."""

    def __init__(self, stack: MatrixStack) -> None:
        self._stack = stack
        self._guild = stack.discord.create_guild("Book club")
        self._channel = stack.discord.create_channel(self._guild, "general")

    def say(self, text: str) -> Message:
        """Have a newcomer say something to the assistant."""
        discord = self._stack.discord
        person = discord.create_user("ada", guilds=[self._guild])
        return discord.person_says(self._channel, person, text, mentions=[discord.bot])

    async def run(self, cell: Cell, expected: Expected) -> Ran:
        """Run a cell; the stack is whole afterwards."""
        ran = Ran(cell, expected, "", "")
        turn = _DiscordTurn(self._stack, self, ran)
        try:
            await turn.hit_at_the_moment()
            await turn.sit_out()
        except MomentMissed as missed:
            ran.problems.append(f"never came to {cell.moment}: {missed}")
        finally:
            turn.release()
            await self._stack.clear(cell.dependency, cell.fault)
        cleared_s = time.monotonic()
        await turn.finish()
        whole_s = time.monotonic() - cleared_s
        ran.recovery_s = max(whole_s, await self.recovery_s())
        if ran.recovery_s > RECOVERY_MAX_S:
            ran.problems.append(f"all was normal only after {ran.recovery_s:.1f} s")
        return ran

    async def recovery_s(self) -> float:
        """Say something and return after how many seconds the whole answer stands, at most three times the bound."""
        started_s = time.monotonic()
        said = self.say("Are you well again?")
        while time.monotonic() - started_s < 3 * RECOVERY_MAX_S and not whole_answer(self._stack, said):
            await asyncio.sleep(0.02)
        return time.monotonic() - started_s


def whole_answer(stack: MatrixStack, said: Message) -> str:
    """The answer to a message as it stands, once it is all there."""
    text = "\n".join(reply.content for reply in stack.discord.replies_to(said))
    return text if len(text.split()) >= DELTAS else ""


class _DiscordTurn(TurnUnderWay):
    """A turn under way that was asked for in Discord."""

    def __init__(self, stack: MatrixStack, turns: DiscordTurns, ran: Ran) -> None:
        super().__init__(stack, ran)
        self._turns = turns
        self._said: Message | None = None

    def ask(self) -> None:
        self.asked_s = time.monotonic()
        self._said = self._turns.say("Tell me a story")
        self.ran.message_id, self.ran.account_id = self._said.id, f"user:{self._said.author_id}"

    def is_over(self) -> bool:
        return False

    def told(self) -> str:
        return " / ".join(reply.content for reply in self._replies) or "nothing was said"

    @property
    def _replies(self) -> list[Message]:
        assert self._said is not None
        return self.stack.discord.replies_to(self._said)

    async def first_words_have_come(self) -> bool:
        return bool(self._replies)

    async def sit_out(self) -> None:
        """Wait until the reply is stored, or could not come about for want of Discord."""
        started_s = time.monotonic()
        while time.monotonic() - started_s < _OUTAGE_MAX_S:
            if time.monotonic() - started_s > OUTAGE_MIN_S and await self.reply_is_stored():
                return
            await asyncio.sleep(0.02)

    async def finish(self) -> None:
        """Wait until the whole answer stands in the channel."""
        if self._said is None:
            return
        end = time.monotonic() + _WHOLE_WAIT_S
        while not whole_answer(self.stack, self._said) and time.monotonic() < end:
            await asyncio.sleep(0.02)
        self.ran.took_s = time.monotonic() - self.asked_s
        self.ran.text = whole_answer(self.stack, self._said)
        self.ran.seen = "answered" if self.ran.text else f"shown: {self.told()[:100]}"
        if self.ran.seen != self.ran.expected.text:
            self.ran.problems.append(f"expected {self.ran.expected.text}, {self.ran.seen}")
        if len(self._replies) > 1:
            self.ran.shown_twice = 1
            self.ran.problems.append(f"{len(self._replies)} answers stand in the channel")

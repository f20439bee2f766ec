"""Writes an answer only while it is ours to write: a gateway that was paused must not write over what another one has answered since."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.writers import ReplyWriter, WriteRefused
from services.runtime.bounded_map import BoundedMap


class WriteTurns:
    """Lets one write of a kind in one channel go out at a time, as nextcord does: nothing waits between the last look at a claim and the write.

    A turn that is evicted while it is used only lets a write wait inside nextcord again.
    """

    def __init__(self) -> None:
        self._turns: BoundedMap[tuple[str, str], asyncio.Lock] = BoundedMap("discord_write_turns")

    def of(self, channel_id: str, kind: str) -> asyncio.Lock:
        """Return the turn of a kind of write in a channel."""
        return self._turns.get_or_create((channel_id, kind), asyncio.Lock)


class ClaimedWriter:
    """A ReplyWriter that refuses once another gateway has taken the message over. `still_mine` is asked right before every write."""

    def __init__(self, writer: ReplyWriter, still_mine: Callable[[], Awaitable[bool]], turns: WriteTurns, channel_id: str) -> None:
        self._writer = writer
        self._still_mine = still_mine
        self._turns = turns
        self._channel_id = channel_id
        self.taken_over = False
        """Another gateway answers the message now."""
        self.wrote_late = False
        """And we wrote when it may have done so already: this process was paused between the last look at the claim and the write."""

    async def typing(self) -> None:
        """Show for some seconds that an answer is on its way."""
        await self._check()
        await self._writer.typing()

    async def send(self, part: int, page: AnswerPage) -> str:
        """Post message number `part` of the answer and return its id."""
        async with self._turn("send"):
            return await self._writer.send(part, page)

    async def edit(self, message_id: str, page: AnswerPage) -> None:
        """Change a message."""
        async with self._turn("edit"):
            await self._writer.edit(message_id, page)

    async def delete(self, message_id: str) -> None:
        """Remove a message."""
        async with self._turn("edit"):
            await self._writer.delete(message_id)

    @asynccontextmanager
    async def _turn(self, kind: str) -> AsyncIterator[None]:
        async with self._turns.of(self._channel_id, kind):
            await self._check()
            yield
            if not await self._still_mine():
                self.taken_over = self.wrote_late = True

    async def _check(self) -> None:
        if not await self._still_mine():
            self.taken_over = True
            raise WriteRefused("another gateway answers this message")

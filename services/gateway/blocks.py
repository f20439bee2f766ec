"""Whom operators have blocked, as this gateway knows it: the whole list, asked for again and again, so that no message waits for it.

A list fits: operators block a few, and conversation bounds them. While conversation is away the last list holds; a gateway that has not had one yet
blocks nobody.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

from prometheus_client import Counter, Gauge

from parlour.conversation.v1 import conversation_pb2
from services.conversation.client import ConversationClient
from services.runtime import failures
from services.runtime.errors import ParlourError

_PAGE_SIZE = 1_000
_PAGES_MAX = 1_000
"""More than conversation's own limit can fill."""

_known = Gauge("parlour_gateway_blocks", "Users and guilds that operators have blocked, as this gateway knows")
_silenced = Counter("parlour_gateway_blocked_messages_total", "Messages met with silence, by whose block it was", ["whose"])


class BlockList:
    """The blocks in force. `clock` gives seconds since 1970."""

    def __init__(self, conversation: ConversationClient, *, poll_s: float, ask_s: float, clock: Callable[[], float] = time.time) -> None:
        self._conversation = conversation
        self._poll_s = poll_s
        self._ask_s = ask_s
        self._clock = clock
        self._revision = ""
        self._ends: Mapping[str, float] = {}  # subject -> when its block ends; replaced as a whole, and as long as conversation's list

    def blocks(self, user_id: str, guild_id: str) -> bool:
        """Return whether nothing of this user's, here, is to be answered; count it."""
        if not self._ends:
            return False
        for whose, subject in (("user", f"user:{user_id}"), ("guild", f"guild:{guild_id}")):
            if self._ends.get(subject, 0.0) > self._clock():
                _silenced.labels(whose).inc()
                return True
        return False

    async def run(self) -> None:
        """Ask for the list every `poll_s` seconds."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._poll_s)

    async def refresh(self) -> None:
        """Ask for the list now; where it cannot be had, the one before holds. Raises nothing but CancelledError."""
        try:
            await self._load()
        except ParlourError as error:
            failures.ended(error, failures.Place.BACKGROUND, "the list of blocks cannot be had")
        _known.set(len(self._ends))

    async def _load(self) -> None:
        ends: dict[str, float] = {}
        token, revision = "", ""
        for page in range(_PAGES_MAX):
            known = self._revision if page == 0 else ""
            request = conversation_pb2.ListBlocksRequest(page_size=_PAGE_SIZE, page_token=token, known_revision=known)
            answer = await self._conversation.list_blocks(request, timeout_s=self._ask_s)
            if answer.unchanged:
                return
            revision = revision or answer.revision  # of the first page: what changes while we read is read the next time
            ends |= {_subject(block): _end(block) for block in answer.blocks}
            token = answer.next_page_token
            if not token:
                break
        self._ends, self._revision = ends, revision


def _subject(block: conversation_pb2.Block) -> str:
    return f"user:{block.user_id}" if block.user_id else f"guild:{block.guild_id}"


def _end(block: conversation_pb2.Block) -> float:
    return block.expire_time.ToMilliseconds() / 1000 if block.HasField("expire_time") else float("inf")

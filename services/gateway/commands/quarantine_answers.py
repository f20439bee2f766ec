"""Commands of moderators about memories that read like instructions, carried out: showing a guild's, and letting one be used after all.

People name a memory by its number in the page that they were shown; which memory that was is kept here by its id, never its text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.gateway import notices, requests
from services.gateway.commands import arguments
from services.gateway.commands.finals import Handler, quotable, said
from services.gateway.commands.moderators import refusal
from services.gateway.commands.parsing import Kind
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.memory.client import MemoryClient
from services.runtime.bounded_map import BoundedMap

_TEXT_SHOWN_MAX = 300


@dataclass(frozen=True, slots=True)
class _Page:
    """What a moderator was shown: the number of its first memory, the memories, and where it goes on."""

    first: int
    memory_ids: tuple[str, ...]
    next_page_token: str


class QuarantineAnswers:
    """Every method raises ParlourError, which is said in plain words by whoever calls."""

    away = "memory_command_unavailable"

    def __init__(self, memory: MemoryClient, settings: GatewaySettings) -> None:
        self._memory = memory
        self._settings = settings
        self._shown: BoundedMap[tuple[str, str], _Page] = BoundedMap("gateway_quarantine_pages", ttl_s=settings.quarantine_s)

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""
        return {Kind.QUARANTINE: self.quarantine}

    async def quarantine(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Show the first page of a guild's quarantine, the page behind the last one shown, or release a memory of that."""
        if refused := refusal(message):
            return refused
        match text.lower().split():
            case [] | ["list"]:
                return await self._page(message, "", 1)
            case ["more"]:
                shown = self._shown.get(_whose(message))
                if shown is None or not shown.next_page_token:
                    return said(message, notices.words("quarantine_no_more"), private=True)
                return await self._page(message, shown.next_page_token, shown.first + len(shown.memory_ids))
            case ["release", word]:
                return await self._release(message, arguments.number(word))
            case _:
                return said(message, notices.words("quarantine_form"), private=True)

    async def _page(self, message: gateway_pb2.IncomingMessage, token: str, first: int) -> Final:
        request = memory_pb2.ListQuarantineRequest(guild_id=message.guild_id, page_size=self._settings.quarantine_page, page_token=token)
        found = await self._memory.list_quarantine(request, timeout_s=self._settings.command_s)
        self._shown.put(_whose(message), _Page(first, tuple(memory.memory_id for memory in found.memories), found.next_page_token))
        return said(message, _page_words(found.memories, first, more=bool(found.next_page_token)), private=True)

    async def _release(self, message: gateway_pb2.IncomingMessage, number: int | None) -> Final:
        shown = self._shown.get(_whose(message))
        if shown is None or number is None or not shown.first <= number < shown.first + len(shown.memory_ids):
            return said(message, notices.words("quarantine_which"), private=True)
        request = memory_pb2.ReleaseQuarantinedRequest(
            request_id=f"{requests.turn_id_of(message)}:release-quarantined",
            memory_id=shown.memory_ids[number - shown.first],
            guild_id=message.guild_id,
        )
        released = await self._memory.release_quarantined(request, timeout_s=self._settings.command_s)
        return said(message, notices.words("quarantine_released", text=_shortened(released.memory.text)), private=True)


def _whose(message: gateway_pb2.IncomingMessage) -> tuple[str, str]:
    return message.guild_id, message.user_id


def _page_words(memories: Sequence[memory_pb2.Memory], first: int, *, more: bool) -> str:
    if not memories:
        return notices.words("quarantine_empty")
    lines = [notices.words("quarantine")]
    for number, memory in enumerate(memories, first):
        lines.append(notices.words("quarantine_row", number=number, text=_shortened(memory.text), author=_author(memory.provenance)))
    lines.append(notices.words("quarantine_more" if more else "quarantine_form"))
    return "\n".join(lines)


def _author(provenance: memory_pb2.Provenance) -> str:
    if provenance.author_name:
        return quotable(provenance.author_name)
    return f"<@{provenance.author_id}>" if provenance.author_id else notices.words("quarantine_nobody")


def _shortened(text: str) -> str:
    line = " ".join(quotable(text).split())
    return line if len(line) <= _TEXT_SHOWN_MAX else f"{line[:_TEXT_SHOWN_MAX]}…"

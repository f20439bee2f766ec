"""Commands about what is kept of a person, carried out: what it is, all of it as a file, opting out and in again, and erasing it everywhere.

All of it is for the person's own eyes.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import Counter, Histogram

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway import notices, requests
from services.gateway.commands import confirmations
from services.gateway.commands.conversation_answers import ask, confirmation
from services.gateway.commands.finals import Handler, Tell, said
from services.gateway.commands.parsing import Kind
from services.gateway.commands.questions import Questions
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.runtime import deadline, failures
from services.runtime.errors import ParlourError

_export_bytes = Histogram("parlour_gateway_export_bytes", "Size of exports handed to people", buckets=[1 << power for power in range(10, 25, 2)])
_exports_cut = Counter("parlour_gateway_exports_cut_total", "Exports that were cut, because they were larger than a file may be")
_erasures = Counter("parlour_gateway_erasures_total", "Erasures that people asked for, by whether they ended while the person waited", ["complete"])


_ANSWER_S = 2.0
"""Kept of a caller's deadline for one more look at an erasure, and the answer."""


class SettingsOfGuilds(Protocol):
    """Knows what guilds decided: services.gateway.guild_settings.GuildSettingsCache."""

    async def get(self, guild_id: str) -> conversation_pb2.GuildSettings:
        """Return a guild's settings, or the defaults."""


class PrivacyAnswers:
    """Carries out commands about what is kept of a person, in all services. Every method raises ParlourError."""

    away = "privacy_command_unavailable"

    def __init__(
        self,
        conversation: ConversationClient,
        guilds: SettingsOfGuilds,
        questions: Questions,
        settings: GatewaySettings,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._conversation = conversation
        self._guilds = guilds
        self._questions = questions
        self._settings = settings
        self._now_s = wall_clock

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""
        return {
            Kind.PRIVACY: self.explain,
            Kind.EXPORT: self.export,
            Kind.OPT_OUT: self.opt_out,
            Kind.OPT_IN: self.opt_in,
            Kind.ERASE: self.ask_erase,
        }

    async def explain(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Say what is kept here, where and for how long, and what a person can do about it."""
        if text:
            return said(message, notices.words("privacy_form"), private=True)
        return said(message, explained(await self._guilds.get(message.guild_id)), private=True)

    async def export(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Hand over everything that is stored about a person, as one file of JSON lines; what is too large for one file is cut, and said to be."""
        lines, cut = await self._exported(message.user_id)
        _export_bytes.observe(len(lines))
        if cut:
            _exports_cut.inc()
        size_text = f"{max(0.1, len(lines) / 1_000_000):,.1f}"
        final = said(message, notices.words("exported_cut" if cut else "exported", size=size_text), private=True)
        day = datetime.fromtimestamp(self._now_s(), UTC).date().isoformat()
        final.files.append(gateway_pb2.File(name=f"parlour-{day}.jsonl", media_type="application/x-ndjson", data=lines))
        return final

    async def _exported(self, user_id: str) -> tuple[bytes, bool]:
        """The export as whole lines, at most export_bytes_max of them, and whether that was not all."""
        lines = bytearray()
        request = conversation_pb2.ExportSubjectRequest(user_id=user_id)
        async with aclosing(self._conversation.export_subject(request, timeout_s=self._settings.export_s)) as chunks:
            async for chunk in chunks:
                lines += chunk.json_lines.encode()
                if len(lines) > self._settings.export_bytes_max:
                    return bytes(lines[: lines.rfind(b"\n", 0, self._settings.export_bytes_max) + 1]), True
        return bytes(lines), False

    async def opt_out(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """From now on nothing of what the person says is kept."""
        return await self._opt(message, opted_out=True)

    async def opt_in(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """From now on it is kept again."""
        return await self._opt(message, opted_out=False)

    async def _opt(self, message: gateway_pb2.IncomingMessage, *, opted_out: bool) -> Final:
        way = "opt-out" if opted_out else "opt-in"
        request = conversation_pb2.SetOptOutRequest(request_id=f"{requests.turn_id_of(message)}:{way}", user_id=message.user_id, opted_out=opted_out)
        stored = await self._conversation.set_opt_out(request, timeout_s=self._settings.command_s)
        return said(message, notices.words("opted_out" if stored.opted_out else "opted_in"), private=True)

    async def ask_erase(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Say what erasing means, and wait for a yes."""
        return await ask(
            self._questions, message, confirmations.ERASE, "erase_ask", now_s=self._now_s(), wait_s=self._settings.confirmation_s, private=True
        )

    async def erase(self, message: gateway_pb2.IncomingMessage, asked: confirmations.Asked, tell: Tell) -> Final:
        """Erase a person everywhere, after a yes, and wait as long as a person would; the job itself is durable and goes on without us.

        A yes said again begins nothing new: it tells how far the erasure is.
        """
        request = conversation_pb2.EraseSubjectRequest(request_id=asked.request_id, user_id=message.user_id)
        begun = await self._conversation.erase_subject(request, timeout_s=self._settings.command_s)
        shown = _Shown(tell)
        state = await self._watched(begun, shown)
        _erasures.labels(str(state.complete).lower()).inc()
        if state.complete:
            words = notices.words(
                "erased", count=_entries_text(state.erased_by_table.values()), receipt=state.receipt_hash, day=_day(state.backups_expire_time)
            )
            return said(message, shown.text + words, private=True)
        until_s = self._now_s() + self._settings.confirmation_s
        again = confirmations.look(asked, message, until_s)
        await self._questions.ask(message, confirmations.ERASING, again, until_s)
        final = said(message, shown.text + notices.words("erasing_on"), private=True)
        final.confirmation.CopyFrom(confirmation(again, "erase_look_label", until_s))
        return final

    async def _watched(self, begun: conversation_pb2.EraseSubjectResponse, shown: "_Shown") -> conversation_pb2.GetErasureResponse:
        """How far an erasure is when it is complete, or when the time is over that a person waits."""
        state = conversation_pb2.GetErasureResponse(
            complete=begun.complete,
            erased_by_table=begun.erased_by_table,
            receipt_hash=begun.receipt_hash,
            backups_expire_time=begun.backups_expire_time if begun.HasField("backups_expire_time") else None,
        )
        # Whoever calls with less time is told in time that it goes on.
        left_s = deadline.remaining_s()
        wait_s = min(self._settings.erasure_wait_s, self._settings.erasure_wait_s if left_s is None else left_s - _ANSWER_S)
        give_up_at = asyncio.get_running_loop().time() + wait_s
        while not state.complete and asyncio.get_running_loop().time() < give_up_at:
            await shown.progress(sum(state.erased_by_table.values()))
            await asyncio.sleep(self._settings.erasure_poll_s)
            try:
                state = await self._conversation.get_erasure(
                    conversation_pb2.GetErasureRequest(erasure_id=begun.erasure_id), timeout_s=self._settings.command_s
                )
            except ParlourError as error:
                failures.ended(error, failures.Place.COMMAND, "nobody can say how far an erasure is")
                continue  # it goes on, whether or not anybody can look at it
        return state


class _Shown:
    """The text that a person sees while they wait; it only grows, and only when there is news."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._erased = -1
        self.text = ""

    async def progress(self, erased: int) -> None:
        """Show how many entries are erased by now."""
        if erased == self._erased:
            return
        self._erased = erased
        words = notices.words("erasing", count=_entries_text([erased])) if self.text else notices.words("erasing_begun")
        self.text += f"{words} "
        await self._tell(f"{words} ")


def explained(settings: conversation_pb2.GuildSettings) -> str:
    """Return what is kept under a guild's settings, where and for how long, in a few lines. Pure."""
    learned = "privacy_learned" if settings.extraction else "privacy_stated"
    kept = [notices.words("privacy_kept", learned=notices.words(learned))]
    if settings.channel_context:
        kept.append(notices.words("privacy_context"))
    days = settings.retention_days
    how_long = notices.words("privacy_days", days=f"{days} day{'s' * (days != 1)}") if days else notices.words("privacy_forever")
    return "\n".join([" ".join(kept), notices.words("privacy_where"), how_long, notices.words("privacy_ways")])


def _entries_text(counts: Iterable[int]) -> str:
    count = sum(counts)
    return "1 entry" if count == 1 else f"{count:,} entries"


def _day(time_: Timestamp) -> str:
    return time_.ToDatetime(UTC).strftime("%-d %B %Y")

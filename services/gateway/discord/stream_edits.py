"""An answer that grows while it is shown: typing at once, the first text as it comes, then edits at the pace that Discord allows."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from services.gateway.discord.edit_steps import Delete, Edit, Pace, Send, Step, backoff_s, next_step
from services.gateway.discord.replies import split_for_discord, with_notices
from services.gateway.discord.writers import ReplyWriter, WriteFailed, WriteRefused
from services.runtime.telemetry import get_logger

TYPING_EVERY_S = 8.0  # Discord shows it for ten seconds

_log = get_logger(__name__)


class StreamedReply:
    """Shows the newest text that it was given. While a write is under way, texts in between are skipped; the final one never is.

    Use as a context manager: leaving it stops what is still going on.
    """

    def __init__(
        self,
        writer: ReplyWriter,
        *,
        edit_interval_s: float,
        delivery_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._writer = writer
        self._pace = Pace(edit_interval_s)
        self._delivery_s = delivery_s
        self._clock = clock
        self._sleep = sleep
        self._text = ""
        self._finished = False
        self._refused = False
        self._failing_since: float | None = None
        self._failures = 0
        self._ids: list[str] = []
        self._shown: list[str] = []
        self._changed = asyncio.Event()
        self._deliverer: asyncio.Task[None] | None = None
        self._typist: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        """The person has been shown typing or text."""
        return self._typist is not None or self._deliverer is not None

    @property
    def message_ids(self) -> Sequence[str]:
        """The messages of the answer so far."""
        return tuple(self._ids)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        tasks = [task for task in (self._typist, self._deliverer) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start_typing(self) -> None:
        """Show that an answer is on its way, until there is text."""
        if not self.begun:
            self._typist = asyncio.create_task(self._type())

    def show(self, text: str) -> None:
        """Show this text, the whole answer so far, as soon as the pace allows."""
        self._text = text
        self._changed.set()
        if self._deliverer is None and text.strip():
            self._deliverer = asyncio.create_task(self._deliver())

    async def finish(self, text: str, notices: Sequence[str] = ()) -> bool:
        """Show the final text with the notices under it, and wait until Discord has all of it.

        Returns False if Discord refused it or did not take it for `delivery_s` seconds.
        """
        self._finished = True
        self.show(with_notices(text, notices))
        if self._deliverer is not None:
            await self._deliverer
        self._stop_typing()
        return not self._refused and next_step(self._shown, split_for_discord(self._text)) is None

    async def _type(self) -> None:
        while not self._shown and not self._finished:
            try:
                await self._writer.typing()
            except (WriteFailed, WriteRefused):
                return  # only a courtesy
            await asyncio.sleep(TYPING_EVERY_S)

    def _stop_typing(self) -> None:
        if self._typist is not None:
            self._typist.cancel()

    async def _deliver(self) -> None:
        while not self._refused:
            self._changed.clear()
            step = next_step(self._shown, split_for_discord(self._text))
            if step is not None:
                await self._advance(step)
            elif self._finished:
                return
            else:
                await self._changed.wait()

    async def _advance(self, step: Step) -> None:
        """Wait for the pace and return to look again what is newest, or take the step."""
        wait_s = self._pace.wait_s(step, self._clock())
        if wait_s > 0:
            await self._sleep(wait_s)
            return
        try:
            await self._take(step)
        except WriteFailed as failure:
            await self._failed(failure)
        except WriteRefused as refusal:
            self._give_up(step, refusal)
        else:
            self._failures, self._failing_since = 0, None
        self._pace.wrote(self._clock())

    async def _take(self, step: Step) -> None:
        match step:
            case Send(part, text):
                self._ids.append(await self._writer.send(part, text))
                self._shown.append(text)
                self._stop_typing()
            case Edit(part, text):
                await self._writer.edit(self._ids[part], text)
                self._shown[part] = text
            case Delete(part):
                await self._writer.delete(self._ids[part])
                self._ids.pop()
                self._shown.pop()

    async def _failed(self, failure: WriteFailed) -> None:
        now = self._clock()
        self._failures += 1
        self._failing_since = now if self._failing_since is None else self._failing_since
        wait_s = backoff_s(self._failures, failure.retry_after_s)
        if now + wait_s - self._failing_since > self._delivery_s:
            _log.error("an answer could not be delivered to Discord", failures=self._failures)
            self._refused = True
            return
        await self._sleep(wait_s)

    def _give_up(self, step: Step, refusal: WriteRefused) -> None:
        _log.info("Discord refused a message of an answer", step=type(step).__name__, status=str(refusal))
        self._refused = True

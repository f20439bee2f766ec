"""An answer that grows while it is shown: typing at once, the first text as it comes, then edits at the pace that Discord allows."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import AnswerContent, AnswerPage, pages_of
from services.gateway.discord.edit_steps import Delete, Edit, Pace, Send, Step, backoff_s, next_step
from services.gateway.discord.writers import ReplyWriter, WriteFailed, WriteRefused
from services.runtime.telemetry import get_logger

TYPING_EVERY_S = 8.0  # Discord shows it for ten seconds
HALT_S = 3.0  # a write under way is waited for, because its message would be lost to us otherwise

_log = get_logger(__name__)


class StreamedReply:
    """Shows the newest text that it was given. While a write is under way, texts in between are skipped; the final one never is.

    `controls` stand under the last message until the answer is finished. `replaces` are the messages of an earlier answer: they are changed into
    this one, and those that are too many are removed. Use as a context manager: leaving it stops what is still going on.
    """

    def __init__(
        self,
        writer: ReplyWriter,
        *,
        edit_interval_s: float,
        delivery_s: float,
        messages_max: int,
        controls: Sequence[dict[str, Any]] = (),
        replaces: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._writer = writer
        self._pace = Pace(edit_interval_s)
        self._delivery_s = delivery_s
        self._messages_max = messages_max
        self._clock = clock
        self._sleep = sleep
        self._content = AnswerContent(components=controls)
        self._halted = False
        self._refused = False
        self._failing_since: float | None = None
        self._failures = 0
        self._ids: list[str] = list(replaces)
        self._shown: list[AnswerPage | None] = [None] * len(self._ids)
        self._changed = asyncio.Event()
        self._deliverer: asyncio.Task[None] | None = None
        self._typist: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        """The person has been shown typing or text."""
        return self._typist is not None or self._deliverer is not None

    @property
    def has_text(self) -> bool:
        """Text was given to be shown."""
        return self._deliverer is not None

    @property
    def finished(self) -> bool:
        """The final text was given to be shown."""
        return self._content.finished

    @property
    def halted(self) -> bool:
        """Somebody else goes on with it."""
        return self._halted

    @property
    def refused(self) -> bool:
        """Discord does not take this answer, or its messages were deleted: nothing more of it can be shown."""
        return self._refused

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
        self._show(replace(self._content, text=text))

    def _show(self, content: AnswerContent) -> None:
        self._content = content
        self._changed.set()
        if self._deliverer is None and self._wanted():
            self._deliverer = asyncio.create_task(self._deliver())

    def _wanted(self) -> list[AnswerPage]:
        return pages_of(self._content, self._messages_max)

    async def finish(
        self, text: str, notices: Sequence[str] = (), *, components: Sequence[dict[str, Any]] = (), files: Sequence[gateway_pb2.File] = ()
    ) -> bool:
        """Show the final text with the notices under it, these components and files, and wait until Discord has all of it.

        Returns False if Discord refused it or did not take it for `delivery_s` seconds.
        """
        content = AnswerContent(text, tuple(notices), tuple(components), tuple(files), finished=True, attaches=self._content.attaches)
        self._show(content)
        if self._deliverer is not None:
            await self._deliverer
        self._stop_typing()
        return not self._refused and not self._halted and next_step(self._shown, self._wanted()) is None

    async def halt(self) -> Sequence[str]:
        """Show nothing more, and return the messages that there are: somebody else goes on with them, or removes them."""
        self._halted = True
        self._changed.set()
        self._stop_typing()
        if self._deliverer is not None:
            await asyncio.wait([self._deliverer], timeout=HALT_S)
        return self.message_ids

    async def _type(self) -> None:
        while not any(self._shown) and not self._content.finished:
            try:
                await self._writer.typing()
            except (WriteFailed, WriteRefused):
                return  # only a courtesy
            await asyncio.sleep(TYPING_EVERY_S)

    def _stop_typing(self) -> None:
        if self._typist is not None:
            self._typist.cancel()

    async def _deliver(self) -> None:
        while not self._refused and not self._halted:
            self._changed.clear()
            step = next_step(self._shown, self._wanted())
            if step is not None:
                await self._advance(step)
            elif self._content.finished:
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
            if self._content.attaches and not isinstance(step, Delete) and step.page.files:
                # Often it is the files that it may not write there: the text alone, without the Stop button, is worth another try.
                self._content = replace(self._content, attaches=False)
            else:
                self._give_up(step, refusal)
        else:
            self._failures, self._failing_since = 0, None
        self._pace.wrote(self._clock())

    async def _take(self, step: Step) -> None:
        match step:
            case Send(part, page):
                self._ids.append(await self._writer.send(part, page))
                self._shown.append(page)
                self._stop_typing()
            case Edit(part, page):
                await self._writer.edit(self._ids[part], page)
                self._shown[part] = page
                self._stop_typing()
            case Delete(part):
                with suppress(WriteRefused):  # somebody else has removed it
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

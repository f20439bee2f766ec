import asyncio
import itertools

import pytest

from services.gateway.discord.stream_edits import StreamedReply
from services.gateway.discord.writers import WriteFailed, WriteRefused


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds


class RecordingWriter:
    """Keeps what it is told to write, with the time; `problems` are raised first, one a write."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.writes: list[tuple[float, str, str]] = []
        self.messages: dict[str, str] = {}
        self.problems: list[Exception] = []
        self.typed = 0

    def _note(self, kind: str, text: str) -> None:
        if self.problems:
            raise self.problems.pop(0)
        self.writes.append((self.clock.now, kind, text))

    async def typing(self) -> None:
        self.typed += 1

    async def send(self, part: int, text: str) -> str:
        await asyncio.sleep(0)
        self._note("send", text)
        self.messages[str(part)] = text
        return str(part)

    async def edit(self, message_id: str, text: str) -> None:
        await asyncio.sleep(0)
        self._note("edit", text)
        self.messages[message_id] = text

    async def delete(self, message_id: str) -> None:
        self._note("delete", "")
        del self.messages[message_id]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(clock: Clock) -> RecordingWriter:
    return RecordingWriter(clock)


@pytest.fixture
def reply(clock: Clock, writer: RecordingWriter) -> StreamedReply:
    return StreamedReply(writer, edit_interval_s=0.9, delivery_s=30.0, clock=clock, sleep=clock.sleep)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_first_text_goes_out_at_once_and_the_rest_at_the_pace(reply: StreamedReply, writer: RecordingWriter) -> None:
    async with reply:
        text = ""
        for number in range(100):
            text += f"{number} "
            reply.show(text)
            await asyncio.sleep(0)
        assert await reply.finish(text + "end")
    times = [at for at, _, _ in writer.writes]
    assert writer.writes[0][:2] == (0.0, "send")
    assert all(later - earlier >= 0.9 - 1e-9 for earlier, later in itertools.pairwise(times))
    assert writer.messages == {"0": text + "end"}


async def test_a_text_that_does_not_change_is_not_written_again(reply: StreamedReply, writer: RecordingWriter) -> None:
    async with reply:
        reply.show("same")
        await settle()
        reply.show("same ")
        await settle()
        await reply.finish("same")
    assert writer.writes == [(0.0, "send", "same")]


async def test_past_the_limit_the_answer_goes_on_in_a_further_message(reply: StreamedReply, writer: RecordingWriter) -> None:
    text = "\n\n".join("word " * 90 for _ in range(9))
    async with reply:
        reply.show(text[:1500])
        await settle()
        assert await reply.finish(text)
    assert len(writer.messages) == 3
    assert "".join("".join(writer.messages.values()).split()) == "".join(text.split())


async def test_a_final_text_shorter_than_what_was_shown_removes_the_messages_left_over(reply: StreamedReply, writer: RecordingWriter) -> None:
    async with reply:
        reply.show("word " * 900)
        await settle()
        assert len(writer.messages) == 3
        assert await reply.finish("short")
    assert writer.messages == {"0": "short"}


async def test_blank_text_posts_nothing(reply: StreamedReply, writer: RecordingWriter) -> None:
    async with reply:
        reply.show("  \n")
        await settle()
        assert await reply.finish("")
    assert writer.writes == []


async def test_a_failure_is_tried_again_after_the_time_discord_asked_for(reply: StreamedReply, writer: RecordingWriter) -> None:
    writer.problems = [WriteFailed(3.0), WriteFailed()]
    async with reply:
        assert await reply.finish("hello")
    assert writer.writes == [(3.0 + 1.0, "send", "hello")]


async def test_after_the_delivery_time_it_gives_up(reply: StreamedReply, writer: RecordingWriter) -> None:
    writer.problems = [WriteFailed() for _ in range(100)]
    async with reply:
        assert not await reply.finish("hello")
    assert writer.clock.now <= 30.0


async def test_a_refusal_ends_it_at_once(reply: StreamedReply, writer: RecordingWriter) -> None:
    writer.problems = [WriteRefused("403 50013")]
    async with reply:
        assert not await reply.finish("hello")
    assert writer.writes == []


async def test_typing_is_shown_once_at_first_and_not_after_text(reply: StreamedReply, writer: RecordingWriter) -> None:
    async with reply:
        assert not reply.begun
        reply.start_typing()
        reply.start_typing()
        await settle()
        assert reply.begun
        assert writer.typed == 1
        await reply.finish("hello")
    assert writer.typed == 1


async def test_leaving_it_unfinished_stops_what_goes_on(reply: StreamedReply) -> None:
    async with reply:
        reply.start_typing()
        reply.show("half")
    await settle()
    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks() if task.get_coro() is not None}  # type: ignore[union-attr]
    assert not any("StreamedReply" in name for name in names)

import asyncio
import itertools
from typing import Any

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import FILES_LEFT_OUT, AnswerPage
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
        self.pages: dict[str, AnswerPage] = {}
        self.problems: list[Exception] = []
        self.typed = 0

    def _note(self, kind: str, text: str) -> None:
        if self.problems:
            raise self.problems.pop(0)
        self.writes.append((self.clock.now, kind, text))

    async def typing(self) -> None:
        self.typed += 1

    async def send(self, part: int, page: AnswerPage) -> str:
        await asyncio.sleep(0)
        self._note("send", page.text)
        self.messages[str(part)] = page.text
        self.pages[str(part)] = page
        return str(part)

    async def edit(self, message_id: str, page: AnswerPage) -> None:
        await asyncio.sleep(0)
        self._note("edit", page.text)
        self.messages[message_id] = page.text
        self.pages[message_id] = page

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
    return streamed(clock, writer)


def streamed(clock: Clock, writer: RecordingWriter, **options: Any) -> StreamedReply:
    values = {"edit_interval_s": 0.9, "delivery_s": 30.0, "messages_max": 5, "clock": clock, "sleep": clock.sleep}
    return StreamedReply(writer, **(values | options))


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


async def test_what_is_refused_with_its_files_is_written_once_without_them(reply: StreamedReply, writer: RecordingWriter) -> None:
    async with reply:
        writer.problems = [WriteRefused("403 50013")]
        assert await reply.finish("Here it is.", files=[gateway_pb2.File(name="export.jsonl", data=b"{}")])
    assert FILES_LEFT_OUT in writer.messages["0"]
    assert not writer.pages["0"].files


async def test_what_is_refused_without_files_too_is_given_up(reply: StreamedReply, writer: RecordingWriter) -> None:
    async with reply:
        writer.problems = [WriteRefused("404 10008"), WriteRefused("404 10008")]
        assert not await reply.finish("Here it is.", files=[gateway_pb2.File(name="export.jsonl", data=b"{}")])
    assert reply.refused
    assert writer.messages == {}


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


STOP = [{"type": 1, "components": [{"label": "Stop"}]}]
AGAIN = [{"type": 1, "components": [{"label": "Regenerate"}]}]


async def test_controls_stand_under_the_last_message_until_the_answer_is_finished(clock: Clock, writer: RecordingWriter) -> None:
    reply = streamed(clock, writer, controls=STOP)
    async with reply:
        reply.show("word " * 500)
        await settle()
        assert [writer.pages[one].components for one in ("0", "1")] == [(), STOP]
        assert await reply.finish("word " * 500, components=AGAIN)
    assert [list(writer.pages[one].components) for one in ("0", "1")] == [[], AGAIN]


async def test_an_answer_that_is_whole_at_once_is_one_post_with_what_belongs_to_it(clock: Clock, writer: RecordingWriter) -> None:
    file = gateway_pb2.File(name="a.json", data=b"{}")
    async with streamed(clock, writer, controls=STOP) as reply:
        assert await reply.finish("Done.", components=AGAIN, files=[file])
    assert [kind for _, kind, _ in writer.writes] == ["send"]
    assert (list(writer.pages["0"].components), list(writer.pages["0"].files)) == (AGAIN, [file])


async def test_an_earlier_answer_is_changed_into_the_new_one_and_its_surplus_removed(clock: Clock, writer: RecordingWriter) -> None:
    writer.messages = {"a": "old", "b": "old", "c": "old"}
    async with streamed(clock, writer, replaces=["a", "b", "c"]) as reply:
        assert await reply.finish("new")
        assert list(reply.message_ids) == ["a"]
    assert writer.messages == {"a": "new"}


async def test_a_surplus_message_that_is_gone_already_is_no_problem(clock: Clock, writer: RecordingWriter) -> None:
    async def gone(message_id: str) -> None:
        raise WriteRefused("404 10008")

    writer.delete = gone  # type: ignore[method-assign]
    writer.messages = {"a": "old", "b": "old"}
    async with streamed(clock, writer, replaces=["a", "b"]) as reply:
        assert await reply.finish("new")


async def test_what_is_replaced_stays_until_there_is_new_text(clock: Clock, writer: RecordingWriter) -> None:
    writer.messages = {"a": "old"}
    async with streamed(clock, writer, replaces=["a"]) as reply:
        reply.start_typing()
        await settle()
    assert writer.messages == {"a": "old"}


async def test_halting_shows_nothing_more_and_knows_the_message_that_was_being_posted(clock: Clock, writer: RecordingWriter) -> None:
    async with streamed(clock, writer) as reply:
        reply.show("one")
        await asyncio.sleep(0)  # the post is under way
        assert list(await reply.halt()) == ["0"]
        reply.show("one two")
        await settle()
        assert not await reply.finish("one two three")
    assert writer.messages == {"0": "one"}


async def test_a_very_long_answer_ends_in_a_file_and_streams_no_further_than_its_messages(clock: Clock, writer: RecordingWriter) -> None:
    text = " ".join(f"word{number}" for number in range(4000))
    async with streamed(clock, writer, messages_max=2) as reply:
        reply.show(text[:9000])
        await settle()
        assert await reply.finish(text, ["Not kept."])
    assert set(writer.messages) == {"0", "1"}
    assert writer.messages["1"].endswith("-# Not kept.\n-# The whole answer is in answer.md.")
    [file] = writer.pages["1"].files
    assert (file.name, file.data.decode()) == ("answer.md", text)
    assert all(len(one) <= 2000 for one in writer.messages.values())
